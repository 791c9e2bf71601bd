"""Readable names for run folders: the year, and the differences from the default configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

from sim.config.city_file import CITY, tables_folder
from sim.config.schema import LONGEST, Config, is_parameter
from sim.config.text import plain


def run_name(config: Config) -> str:
    """Return the name of a run's folder, such as `2025` or `2025,dispatch.centre.seats=2`."""
    if config.name:
        return config.name
    changed, gone = changes(config)
    words = [
        *(f"{_short(key.removeprefix('plan/'))}={_short(item)}" for key, item in changed.items()),
        *(f"~{key}" for key in gone),
    ]
    name = ",".join([str(config.scenario.year), *words])
    if len(name.encode()) > LONGEST:
        name = f"{name.encode()[: LONGEST - 9].decode(errors='ignore')}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return name


def changes(config: Config) -> tuple[dict[str, Any], list[str]]:
    """Return what differs from the year's configuration as shipped, by dotted key: changed values, keys gone.

    A synthetic region is compared with region=synthetic, a region of one's own with its folder, and a reading of the plan
    with plan/readings=..., which set many values themselves.
    """
    files: dict[str, Any] = {"region": "synthetic"} if config.region.synthetic is not None else {}
    if (folder := config.region.folder) and (tables_folder(folder) / CITY).is_file():
        files["region.folder"] = folder
    if readings := [name for name in config.plan.readings if name in _readings()]:
        files["plan/readings"] = readings
    own = files.get("region.folder", "")
    before = flat(
        plain(asdict(shipped(config.scenario.year, made_up="region" in files, readings=readings, folder=own)))
    )
    here = flat(plain(asdict(config)))
    changed = {key: here[key] for key in here if here[key] != before.get(key) and is_parameter(key)}
    return files | changed, _gone(before, here)


def _readings() -> list[str]:
    from sim.config.compose import READINGS, options

    return options(READINGS)


def shipped(year: int, *, made_up: bool = False, readings: Sequence[str] = (), folder: str = "") -> Config:
    """Return a year as shipped: of Quzhou, a made-up region or a region's folder, with readings of the plan."""
    from sim.config.compose import compose, options

    # Nothing that need not be said: where a run chooses the same files, they are read once.
    given = [f"scenario={year}"] * (str(year) in options("scenario")) + ["region=synthetic"] * made_up
    given += [f"region.folder={json.dumps(folder, ensure_ascii=False)}"] * bool(folder)
    given += [f"plan/readings=[{','.join(readings)}]"] * bool(readings)
    return _shipped(compose, *given)


@cache
def _shipped(compose: Any, *given: str) -> Config:
    """Return the configuration as shipped for a year; for one without a file, such as 2040, the default."""
    found: Config = compose(given)
    return found


def _gone(shipped: dict[str, Any], here: dict[str, Any]) -> list[str]:
    """Return the keys that are missing here; where a whole group is, the group alone."""
    groups = {".".join(key.split(".")[:depth]) for key in here for depth in range(1, key.count(".") + 2)}
    found = []
    for key in shipped:
        parts = key.split(".")
        prefixes = (".".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        missing = next((prefix for prefix in prefixes if prefix not in groups), None)
        if missing is not None and is_parameter(key):
            found.append(missing)
    return list(dict.fromkeys(found))


def flat(item: Any, path: str = "") -> dict[str, Any]:
    """Return nested values by dotted key; lists are values."""
    if isinstance(item, dict):
        return {
            k: v
            for key, inner in item.items()
            for k, v in flat(inner, f"{path}.{key}" if path else key).items()
        }
    return {path: item}


def _short(item: Any) -> str:
    text = "-".join(map(str, item)) if isinstance(item, list) else str(item)
    return "".join(letter if letter.isalnum() or letter in "._-+" else "_" for letter in text)
