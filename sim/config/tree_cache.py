"""A cache of composed configurations in the user's cache folder: composing takes most of the time of a start.

Each is kept as JSON under a digest of all that it is made from. A damaged or changed file is made again.
Numbers and texts are set in its plain values, thirteen times as fast as in the tree of OmegaConf.
"""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config import city_file
from sim.config.groups.plan import belongs
from sim.errors import SimError
from sim.files import cache_folder, write_text

KEPT = 100  # files of some 100 KB: the oldest go
REFERENCE = re.compile(r"\$\{\s*([^:{}$\s[]+)[^:{}$]*\}")


class Composed:
    """What files make together: the tree with its references, and the values that these lead to.

    `plain` is the tree as dictionaries and lists. `resolved` is None where the files need a value that they do not
    have; otherwise it holds `values`, the keys `tied` by references, and of what city.yaml the values are.
    """

    def __init__(self, plain: Any, resolved: dict[str, Any] | None) -> None:
        self.plain = plain
        self._tied: list[str] = resolved["tied"] if resolved else []
        self._city: str = resolved["city"] if resolved else ""
        self._values = pickle.dumps(resolved["values"]) if resolved else None

    @classmethod
    def of(cls, tree: DictConfig) -> Composed:
        """Take what Hydra composed."""
        plain = OmegaConf.to_container(tree, resolve=False)
        return cls(plain, _resolved(plain, tree))

    @cached_property
    def _pickled(self) -> bytes:
        return pickle.dumps(DictConfig(self.plain, flags={"struct": True}))  # as Hydra leaves it

    def tree(self) -> DictConfig:
        """Return a copy of the tree."""
        copy: DictConfig = pickle.loads(self._pickled)  # noqa: S301  made by this process
        return copy

    def with_values(self, given: Sequence[tuple[str, Any]]) -> dict[str, Any] | None:
        """Return the plain values with these set in them, or None where only the tree tells what comes out.

        That is where a value, or what it takes the place of, is more than a number, a text or a list of these, where a
        reference leads to the key or from it, and where the key is new.
        """
        if self._values is None:
            return None
        found: dict[str, Any] = pickle.loads(self._values)  # noqa: S301  made by this process
        if self._city != city_file.digest(found["region"]["folder"]):  # edited since
            return None
        for key, value in given:
            *path, last = key.split(".")
            inner: Any = found
            for part in path:
                inner = inner.get(part) if isinstance(inner, dict) else None
            if (
                not isinstance(inner, dict) or last not in inner or isinstance(inner[last], dict)
                or not _is_plain(value)
                or any(belongs(key, tied) or belongs(tied, key) for tied in self._tied)
            ):  # fmt: skip
                return None
            inner[last] = value
        return found


def kept(made_from: bytes, make: Callable[[], DictConfig]) -> Composed:
    """Return what the tree that `make` returns holds, from the cache if it was made from the same."""
    path = cache_folder() / f"configuration-{sha256(made_from).hexdigest()}.json"
    with suppress(OSError, ValueError):
        seal, _, text = path.read_text(encoding="utf-8").partition("\n")
        if seal == _seal(text):
            return Composed(*json.loads(text))
    tree = make()
    plain = OmegaConf.to_container(tree, resolve=False)
    content: list[Any] = [plain, _resolved(plain, tree)]
    text = json.dumps(content)
    if json.loads(text) == content:  # JSON knows no keys but texts
        with suppress(SimError, OSError):  # a cache that cannot be written costs time alone
            write_text(path, f"{_seal(text)}\n{text}")
            others = path.parent.glob("configuration-*.json")
            for old in sorted(others, key=lambda other: other.stat().st_mtime)[:-KEPT]:
                old.unlink(missing_ok=True)
    return Composed(*content)


def _seal(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "$" not in value and value != "???"
    scalar = value is None or type(value) in (bool, int, float)
    return scalar or (type(value) is list and all(map(_is_plain, value)))


def _resolved(plain: Any, tree: DictConfig) -> dict[str, Any] | None:
    """Return the values, the keys at and in references and the digest of city.yaml; None where there are none."""
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
            tied.extend([key, *REFERENCE.findall(item)])

    walk(plain, "")
    assert isinstance(values, dict)
    if "region" not in values or any(key.startswith(".") for key in tied):  # relative: from where it stands
        return None
    return {"values": values, "tied": tied, "city": city_file.digest(values["region"]["folder"])}
