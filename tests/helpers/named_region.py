"""A region on disk with names of one's own: two counties of 50 cells, four townships, four stations."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

GRID = Path(str(resources.files("sim") / "data" / "grid"))
SMALL = ("region=grid", "plan=off", "demand.calls_per_year=20000", "workers=1", "replications=2", "days=3")


def write(
    folder: Path,
    townships: Sequence[str],
    counties: Sequence[str] = ("East", "West"),
    stations: Sequence[str] = ("Station 1", "Station 2", "Station 3", "Station 4"),
    codes: Sequence[str] = ("1", "2", "3", "4"),
) -> list[str]:
    """Write the tables; return the arguments of a short run there. Townships 1 and 3 lie in the first county."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(GRID / "city.yaml", folder)
    rows = {}
    for name in ("counties", "townships", "cells", "stations"):
        with (GRID / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows[name] = list(csv.DictReader(file))
    (whole,) = rows["counties"]
    half = float(whole["population_2020"]) / 2
    rows["counties"] = [
        {**whole, "code": f"0{number}", "county": county, "population_2020": str(half)}
        for number, county in enumerate(counties)
    ]
    code_of = dict(zip((row["code"] for row in rows["townships"]), codes, strict=True))
    for number, (row, name) in enumerate(zip(rows["townships"], townships, strict=True)):
        row |= {"name": name, "county": counties[number % 2], "code": codes[number]}
    for row in rows["cells"]:
        row["township"] = code_of[row["township"]]
    for row, name in zip(rows["stations"], stations, strict=True):
        row["name"] = name
    for name, lines in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(lines[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(lines)
    return [*SMALL, f"region.folder={folder}"]
