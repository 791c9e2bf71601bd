"""Make larger regions for measuring speed, by copying the tables of a region.

`whole` places the copies over each other, a few hundred metres apart: calls and forces grow by the same factor,
at the same utilisation. `stations` adds only professional stations, spread over the population.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

APART_DEG = 0.002  # largest shift of a copy, about 200 m
NAMED = {  # the columns that a copy gets a number in
    "counties": ["code", "county"],
    "townships": ["code", "name", "county"],
    "cells": ["township"],
    "stations": ["name", "brigade"],
    "further_posts": ["name"],
}


def whole(source: Path, target: Path, copies: int, opened: Collection[str]) -> None:
    """Write the region in `source` `copies` times over itself; copies of planned stations stand if `opened`."""
    tables = _read(source)
    for name, first in tables.items():
        copied = first
        if "status" in first:
            copied = first[(first["status"] != "planned") | first["name"].isin(list(opened))]
            copied = copied.assign(status="existing")
        parts = [first]
        for copy in range(1, copies):
            other = copied.copy()
            other[NAMED[name]] += f"-{copy}"
            if "lon" in other:
                # points of a sunflower, evenly over a small disc
                radius, angle = APART_DEG * math.sqrt(copy / copies), copy * math.pi * (3 - math.sqrt(5))
                for axis, shift in (("lon", math.cos(angle)), ("lat", math.sin(angle))):
                    other[axis] = (other[axis].astype(float) + radius * shift).map("{:.6f}".format)
            parts.append(other)
        tables[name] = pd.concat(parts)
    _write(source, target, tables)


def stations(source: Path, target: Path, times: int) -> None:
    """Write the region in `source` with `times` as many standing stations, the further ones where people live."""
    tables = _read(source)
    cells = tables["cells"]
    standing = tables["stations"][tables["stations"]["status"] == "existing"]
    number = np.arange(len(standing) * (times - 1))
    steps = cells["population"].astype(float).cumsum().to_numpy()
    places = np.searchsorted(steps, (number + 0.5) / max(len(number), 1) * steps[-1])
    more = standing.iloc[number % len(standing)].reset_index(drop=True)
    more["name"] += "-" + pd.Series(number // len(standing) + 1).astype(str)
    for axis in ("lon", "lat"):
        more[axis] = cells[axis].to_numpy()[places]
    _write(source, target, tables | {"stations": pd.concat([tables["stations"], more])})


def _read(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(folder / f"{name}.csv", dtype=str, keep_default_na=False) for name in NAMED}


def _write(source: Path, folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source / "city.yaml", folder / "city.yaml")
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
