"""Named random streams: one for every decision, seeded by its name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial

import numpy as np

from sim.errors import SimError


class Streams:
    """The streams of one replication.

    A stream's seed depends on the root seed, the replication and the stream's name alone, so that adding,
    removing or reordering streams moves no other stream.
    """

    def __init__(self, root: int, replication: int) -> None:
        self.root = root
        self.replication = replication
        self._given: dict[tuple[int, ...], str] = {}

    def get(self, name: str) -> np.random.Generator:
        """Return the generator of `name`. It is an error to ask twice, or to use a name with the seed of another."""
        return self.later(name)()

    def later(self, name: str) -> Callable[[], np.random.Generator]:
        """Return a function that makes the generator of `name` from its start, any number of times.

        This reserves the name: asking for it again, here or with `get`, is an error.
        """
        digest = hashlib.sha256(name.encode()).digest()
        words = tuple(int.from_bytes(digest[place : place + 4], "little") for place in range(0, 16, 4))
        if words in self._given:
            raise SimError(
                f"random stream {name!r} has the seed of {self._given[words]!r}; streams must differ."
            )
        self._given[words] = name
        return partial(_generator, self.root, (self.replication, *words))


def _generator(root: int, key: tuple[int, ...]) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(root, spawn_key=key)))
