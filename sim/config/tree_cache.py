"""The configuration that some files make together, kept in the user's cache: to compose it is most of a start.

It is kept as JSON under a digest of all that it is made from. What is there and not as it was written is made again.
Numbers and texts are set in its plain values, thirteen times as fast as in Hydra's tree.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config import city_file
from sim.config.groups.plan import belongs
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


def set_plainly(tree: bytes, values: Sequence[tuple[str, Any]]) -> dict[str, Any] | None:
    """Return a pickled tree's plain values with these set in them, or None where Hydra has to set them.

    That is where a value, or what it takes the place of, is more than a number, a text or a list of these, where a
    reference leads to the key or from it, and where the key is new.
    """
    held = _resolved(tree)
    if held is None or held[2] != city_file.of_region(held[1]):  # which may have been edited
        return None
    found: dict[str, Any] = pickle.loads(held[0])  # noqa: S301  made by this process
    for key, value in values:
        *path, last = key.split(".")
        inner: Any = found
        for part in path:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if (
            not isinstance(inner, dict) or last not in inner or isinstance(inner[last], dict)
            or not _is_plain(value)
            or any(belongs(key, tied) or belongs(tied, key) for tied in held[3])
        ):  # fmt: skip
            return None
        inner[last] = value
    return found


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "$" not in value and value != "???"
    return (
        value is None
        or type(value) in (bool, int, float)
        or (type(value) is list and all(map(_is_plain, value)))
    )


@lru_cache(maxsize=64)
def _resolved(pickled: bytes) -> tuple[bytes, str | None, city_file.City, tuple[str, ...]] | None:
    """Return a tree's values, its region's folder and what that says, and the keys at or in references; None without."""
    tree = pickle.loads(pickled)  # noqa: S301  made by this process
    try:
        values = OmegaConf.to_container(tree, resolve=True)
    except OmegaConfBaseException:  # the files need a value
        return None
    tied: list[str] = []

    def walk(item: Any, key: str) -> None:
        if isinstance(item, dict | list):
            for name, inner in item.items() if isinstance(item, dict) else enumerate(item):
                walk(inner, f"{key}.{name}".lstrip("."))
        elif isinstance(item, str) and "${" in item:
            tied.extend([key, *re.findall(r"\$\{\s*([^:{}$\s[]+)[^:{}$]*\}", item)])

    walk(OmegaConf.to_container(tree, resolve=False), "")
    assert isinstance(values, dict)
    if "region" not in values or any(key.startswith(".") for key in tied):  # relative: from where it stands
        return None
    folder = values["region"]["folder"]
    return pickle.dumps(values), folder, city_file.of_region(folder), tuple(tied)
