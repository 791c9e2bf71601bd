"""Ready draws of incidents, made at first use.

Each column has its own named stream. So its numbers do not depend on the order of use, for a whole year or a part.
Columns that are never used cost neither time nor memory; for a whole country they would fill gigabytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]
Rows = NDArray[np.int64]
SKIPPED = 65_536  # rows drawn and dropped at once on the way to a later part


@dataclass(frozen=True)
class Recipe:
    """How a column is drawn: its stream, its distribution, and the numbers per row (0: one, without an axis)."""

    start: Callable[[], np.random.Generator]  # the stream at its beginning, any number of times
    law: Literal["normal", "uniform"]
    dtype: type[np.float64] | type[np.float32] = np.float64
    width: int = 0

    def draw(self, generator: np.random.Generator, count: int) -> Column:
        """Return the next `count` rows."""
        shape = (count, self.width) if self.width else count
        if self.law == "normal":
            return np.asarray(generator.standard_normal(shape, dtype=self.dtype))
        return np.asarray(generator.random(shape, dtype=self.dtype))


class _Reader:
    """The rows of a column in any order. Forward order is fastest: a stream must pass all earlier rows first."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._generator: np.random.Generator | None = None
        self._next = 0

    def rows(self, first: int, last: int) -> Column:
        """Return the rows `first` to `last` - 1."""
        if self._generator is None or first < self._next:
            self._generator, self._next = self._recipe.start(), 0
        while self._next < first:
            skipped = min(SKIPPED, first - self._next)
            self._recipe.draw(self._generator, skipped)
            self._next += skipped
        self._next = last
        return self._recipe.draw(self._generator, last - first)


class Draws(Mapping[str, Column]):
    """Columns by name, each of shape (incidents,) or (incidents, width), drawn at first use and then kept."""

    def __init__(self, recipes: Mapping[str, Recipe], incidents: int) -> None:
        self._readers = {name: _Reader(recipe) for name, recipe in recipes.items()}
        self._size = incidents  # of the year as generated
        self._rows: Rows | None = None  # those of it that are here, in order; nothing means all
        self._known: dict[str, Column] = {}
        self._above: tuple[Draws, Rows] | None = None  # of which these are a part, and which

    def __getitem__(self, name: str) -> Column:
        """Return a column."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self.once(name)
        return found

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._readers)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self._readers)

    def once(self, name: str) -> Column:
        """Return a column without keeping it for later use."""
        if name in self._known:
            return self._known[name]
        if self._above is not None and name in self._above[0]._known:
            whole, chosen = self._above
            return whole._known[name][chosen]
        if self._rows is None:
            return self._readers[name].rows(0, self._size)
        if not len(self._rows):
            return self._readers[name].rows(0, 0)
        first, last = int(self._rows[0]), int(self._rows[-1]) + 1
        part = self._readers[name].rows(first, last)
        return part if len(part) == len(self._rows) else part[self._rows - first]

    def part(self, chosen: Rows) -> Draws:
        """Return the draws of the chosen rows, which are in order."""
        found = object.__new__(Draws)
        found._readers, found._size = self._readers, self._size
        found._rows = chosen if self._rows is None else self._rows[chosen]
        found._known, found._above = {}, (self, chosen)
        return found
