"""Make larger regions for measuring speed, by copying the tables of a region.

`whole` places the copies over each other, a few hundred metres apart: calls and forces grow by the same factor,
at the same utilisation. `stations` adds only professional stations, spread over the population.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Container, Iterable, Sequence
from pathlib import Path

import numpy as np

Rows = list[dict[str, str]]

APART_DEG = 0.002  # largest shift of a copy, about 200 m
TABLES = ("counties", "townships", "cells", "stations")


def whole(source: Path, target: Path, copies: int, opened: Container[str]) -> None:
    """Write the region in `source` `copies` times over itself; copies of planned stations stand if `opened`."""
    tables = {name: _read(source / f"{name}.csv") for name in TABLES}
    names = {
        "counties": ("code", "county"),
        "townships": ("code", "name", "county"),
        "cells": ("township",),
        "stations": ("name", "brigade"),
    }
    for name, rows in tables.items():
        found = list(rows)
        for copy in range(1, copies):
            east, north = _shift(copy, copies)
            for row in rows:
                if row.get("status") == "planned" and row["name"] not in opened:
                    continue
                other = row | {column: f"{row[column]}-{copy}" for column in names[name]}
                if "lon" in row:
                    other["lon"] = f"{float(row['lon']) + east:.6f}"
                    other["lat"] = f"{float(row['lat']) + north:.6f}"
                if "status" in row:
                    other["status"] = "existing"
                found.append(other)
        _write(target / f"{name}.csv", found)


def stations(source: Path, target: Path, times: int) -> None:
    """Write the region in `source` with `times` as many standing stations, the further ones where people live."""
    tables = {name: _read(source / f"{name}.csv") for name in TABLES}
    standing = [row for row in tables["stations"] if row["status"] == "existing"]
    more = len(standing) * (times - 1)
    cells = tables["cells"]
    steps = np.cumsum([float(row["population"]) for row in cells])
    places = np.searchsorted(steps, (np.arange(more) + 0.5) / max(more, 1) * steps[-1])
    for number, place in enumerate(places.tolist()):
        model = standing[number % len(standing)]
        where = {column: cells[place][column] for column in ("lon", "lat")}
        tables["stations"].append(model | where | {"name": f"{model['name']}-{number // len(standing) + 1}"})
    for name, rows in tables.items():
        _write(target / f"{name}.csv", rows)


def _shift(copy: int, copies: int) -> tuple[float, float]:
    """Return the shift of a copy in degrees: points of a sunflower, evenly over a small disc."""
    radius, angle = APART_DEG * math.sqrt(copy / copies), copy * math.pi * (3 - math.sqrt(5))
    return radius * math.cos(angle), radius * math.sin(angle)


def _read(file: Path) -> Rows:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(file: Path, rows: Sequence[dict[str, str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, _columns(rows), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _columns(rows: Iterable[dict[str, str]]) -> list[str]:
    return list(next(iter(rows)))
