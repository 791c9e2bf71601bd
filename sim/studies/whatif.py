"""What if: stations, nests, teams or patrol cars at given places, or measures changed, beside the scenario as it is.

Runs the scenario without and with the changes on the same incidents, and compares the two. Places are
longitude/latitude; kinds are station (a small one), nest, team and car. Measures and all other keys are those of a run;
they count for the run with the changes alone. The region's tables with the new places are kept in OUT/tables, so that
the run with them can be made again: region.folder=OUT/tables.

    python -m sim whatif scenario=2027 add=station@118.86/28.97,nest@118.6/28.7 plan.patrol_cars.enabled=false
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.config import out_of_range
from sim.config.compose import compose
from sim.config.groups.region import RegionConfig
from sim.config.schema import Config
from sim.errors import SimError, did_you_mean
from sim.files import only, publish_folder
from sim.options import Asked, Option, Usage
from sim.reports import terminal
from sim.runs import execute
from sim.studies import compare
from sim.world import regions
from sim.world.region import Region
from sim.world.region_tables import POSTS, tables_folder

KINDS = {
    "station": "",
    "nest": "drone",
    "team": "township",
    "car": "patrol",
}  # with the tier of a further post
PLACE = re.compile(r"(?P<kind>\w+)@(?P<lon>-?\d+(?:\.\d+)?)/(?P<lat>-?\d+(?:\.\d+)?)")
HOW = f"KIND@LONGITUDE/LATITUDE with a kind of {', '.join(KINDS)}"
CLASS = "small"  # of a station that is added
WITHOUT, WITH, TABLES = "without", "with", "tables"
FAR_KM = 30.0  # from every cell: so far away a place is a slip of the pen
ALIKE = (
    "scenario",
    "replications",
    "days",
    "seed",
    "workers",
    "delivery",
    "demand",
    "out",
    "region",
)  # of both runs
USAGE = Usage(
    (
        Option("add", f"new places: {HOW}", None, list),
        Option("figures", "pictures of the comparison", "main", allowed=("none", "main", "all")),
        Option("out", "folder of the two runs, the comparison and the tables", Path("results/whatif"), Path),
    ),
    configuration=True,
    refused={"name": "name is set by the command: the runs are called without and with."},
)


@dataclass(frozen=True)
class Added:
    """A new place."""

    name: str
    kind: str
    lon: float
    lat: float


def run(asked: Asked) -> int:
    """Run without and with the changes, and compare."""
    shared = [word for word in asked.others if word.split("=")[0].split(".")[0] in ALIKE]
    fixed = [f"out={asked['out']}", "figures=none", "overwrite=true"]
    before = compose([*shared, *fixed, f"name={WITHOUT}"])
    added = places(asked["add"] or [], before.region)
    if not added and len(shared) == len(asked.others):
        raise SimError(f"nothing is changed; allowed: add= with {HOW}, or a key of the plan or of the model.")
    own = [f"region.folder={asked['out'] / TABLES}"] if added else []
    after = compose([*asked.others, *fixed, *own, f"name={WITH}"])
    for config in (before, after):
        out_of_range.tell(out_of_range.values(config), strict=config.strict)
    if added:
        tables(before.region, added, asked["out"] / TABLES)
    for config in (before, after):
        _run(config)
    folders = [str(asked["out"] / name) for name in (WITHOUT, WITH)]
    asked_of = compare.USAGE.parse(
        [*folders, f"baseline={WITHOUT}", f"out={asked['out']}", f"figures={asked['figures']}", "mixed=true"]
    )
    return compare.run(asked_of)


def _run(config: Config) -> None:
    with terminal.progress(f"{config.name} the changes", config.replications_at_most) as done:
        execute.on_disk(config, done)


def places(texts: Sequence[str], config: RegionConfig) -> list[Added]:
    """Return the new places; SimError for a kind that is none and a place that is not in the region."""
    found: list[Added] = []
    for text in texts:
        parts = PLACE.fullmatch(text)
        if parts is None:
            raise SimError(f"add holds {text!r}; allowed: {HOW}.")
        kind, lon, lat = parts["kind"], float(parts["lon"]), float(parts["lat"])
        if kind not in KINDS:
            hint = did_you_mean(kind, KINDS)
            raise SimError(f"add holds {text!r}: {kind} is no kind{hint}; allowed: {', '.join(KINDS)}.")
        found.append(Added(f"whatif {kind} {len(found) + 1}", kind, lon, lat))
    if found:
        region = regions.load(config)
        for item in found:
            _refuse_far(item, region)
    return found


def _refuse_far(item: Added, region: Region) -> None:
    cells = region.cells
    east = (cells.lon - item.lon) * np.cos(np.radians(item.lat)) * 111.2
    away = float(np.hypot(east, (cells.lat - item.lat) * 111.2).min())
    if away > FAR_KM:
        raise SimError(
            f"add holds {item.kind}@{item.lon:g}/{item.lat:g}, {away:,.0f} km from {region.name}; "
            "allowed: a place in the region, longitude first."
        )


def tables(config: RegionConfig, added: Sequence[Added], target: Path) -> None:
    """Write the region's tables with the new places into a folder."""
    if config.synthetic is not None:
        raise SimError("add has no meaning for a synthetic region, which has no tables; leave it out.")
    source = tables_folder(config.folder)
    tables_of = [*(file.name for file in source.glob("*.csv")), POSTS]
    with publish_folder(target, only(tables_of, "table of the region", "cells.csv")) as scratch:
        for file in sorted(source.glob("*.csv")):
            shutil.copyfile(file, scratch / file.name)
        posts = [
            f"{item.name},{KINDS[item.kind]},{item.lon},{item.lat}" for item in added if KINDS[item.kind]
        ]
        if posts:
            _append(scratch / POSTS, "name,tier,lon,lat", posts)
        for item in added:
            if not KINDS[item.kind]:
                _add_station(scratch / "stations.csv", item)


def _append(file: Path, header: str, lines: Sequence[str]) -> None:
    known = file.read_text(encoding="utf-8-sig").rstrip() if file.is_file() else header
    if known.splitlines()[0].strip() != header:
        raise SimError(f"{file.name}, line 1: {known.splitlines()[0]!r} found; allowed: {header}.")
    file.write_text("\n".join([known, *lines, ""]), encoding="utf-8")


def _add_station(file: Path, item: Added) -> None:
    """Add a standing station of the brigade whose station is nearest."""
    header, *lines = file.read_text(encoding="utf-8-sig").rstrip().splitlines()
    columns = header.strip().split(",")
    lon, lat = (columns.index(axis) for axis in ("lon", "lat"))
    rows = [line.split(",") for line in lines]
    away = [(float(row[lon]) - item.lon) ** 2 + (float(row[lat]) - item.lat) ** 2 for row in rows]
    near = rows[int(np.argmin(away))]
    own = {"name": item.name, "kind": CLASS, "lon": item.lon, "lat": item.lat, "status": "existing"}
    own["brigade"] = near[columns.index("brigade")]
    line = ",".join(str(own.get(column, "")) for column in columns)
    file.write_text(
        "\n".join([header.strip(), *(each.strip() for each in lines), line, ""]), encoding="utf-8"
    )
