"""The configuration that some files make together, kept in the user's cache: to compose it is most of a start.

It is kept as JSON under a digest of all that it is made from. What is there and not as it was written is made again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256

from omegaconf import DictConfig, OmegaConf

from sim.errors import SimError
from sim.files import cache_folder, write_text

KEPT = 100  # files of some 50 KB: the oldest go


def kept(made_from: bytes, make: Callable[[], DictConfig]) -> DictConfig:
    """Return the tree that `make` returns, from the cache if it was made from the same."""
    path = cache_folder() / f"configuration-{sha256(made_from).hexdigest()}.json"
    with suppress(OSError, ValueError):
        seal, _, text = path.read_text(encoding="utf-8").partition("\n")
        if seal == _seal(text):
            return DictConfig(json.loads(text), flags={"struct": True})  # as Hydra leaves it
    tree = make()
    plain = OmegaConf.to_container(tree, resolve=False)
    text = json.dumps(plain)
    if json.loads(text) == plain:  # JSON knows no keys but texts
        with suppress(SimError, OSError):  # a cache that cannot be written costs time alone
            write_text(path, f"{_seal(text)}\n{text}")
            others = path.parent.glob("configuration-*.json")
            for old in sorted(others, key=lambda other: other.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)
    return tree


def _seal(text: str) -> str:
    return sha256(text.encode()).hexdigest()
