"""Readable names for the folders of runs: the year, and what differs from the configuration as shipped."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import cache
from typing import Any

from sim.config.schema import Config
from sim.config.text import plain

LONGEST = 120  # characters of a folder's name
NOT_IN_NAME = ("workers", "out", "name", "figures", "scenario")


def run_name(config: Config) -> str:
    """Return the name of a run's folder, such as `2025` or `2025,dispatch.centre.seats=2`."""
    if config.name:
        return config.name
    from sim.config.compose import compose

    shipped = _flat(plain(asdict(_shipped(compose, config.scenario.year))))
    here = _flat(plain(asdict(config)))
    changed = [
        f"{key}={_short(here[key])}" for key in here if here[key] != shipped.get(key) and not _skipped(key)
    ]
    gone = [f"{key}=" for key in shipped if key not in here and not _skipped(key)]
    name = ",".join([str(config.scenario.year), *changed, *gone])
    if len(name.encode()) > LONGEST:
        name = f"{name.encode()[: LONGEST - 9].decode(errors='ignore')}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    return name


@cache
def _shipped(compose: Any, year: int) -> Config:
    found: Config = compose([f"scenario={year}"])
    return found


def _skipped(key: str) -> bool:
    return key.split(".")[0] in NOT_IN_NAME


def _flat(item: Any, path: str = "") -> dict[str, Any]:
    if isinstance(item, dict):
        return {
            k: v
            for key, inner in item.items()
            for k, v in _flat(inner, f"{path}.{key}" if path else key).items()
        }
    return {path: item}


def _short(item: Any) -> str:
    text = "-".join(map(str, item)) if isinstance(item, list) else str(item)
    return "".join(letter if letter.isalnum() or letter in "._-+" else "_" for letter in text)
