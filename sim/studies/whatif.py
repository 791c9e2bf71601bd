"""What if: stations, nests, teams or patrol cars at given places, or measures changed, beside the scenario as it is.

Runs the scenario without and with the changes on the same incidents, and compares the two. Places are
longitude/latitude; kinds are station (a small one), nest, team and car. Stations of the region's tables close or move.
Measures and all other keys are those of a run; they count for the run with the changes alone, those in `alike` for
both. The region's tables with the changes are kept in OUT/tables, so that the run with them can be made again:
region.folder=OUT/tables. FILE holds such words, one a line: python -m sim app saves it.

    python -m sim whatif scenario=2027 add=station@118.86/28.97,nest@118.6/28.7 plan.patrol_cars.enabled=false
    python -m sim whatif close=府东街站 move=衢化路站@118.86/28.93 alike=travel.night_factor travel.night_factor=1.0
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sim.config import out_of_range
from sim.config.compose import compose
from sim.config.groups.region import RegionConfig
from sim.config.schema import Config
from sim.errors import SimError, did_you_mean, explain
from sim.files import only, publish_folder, read_regular
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
PLACE = re.compile(r"(?P<what>[^@]+)@(?P<lon>-?\d+(?:\.\d+)?)/(?P<lat>-?\d+(?:\.\d+)?)")
HOW = f"KIND@LONGITUDE/LATITUDE with a kind of {', '.join(KINDS)}"
MOVED = "STATION@LONGITUDE/LATITUDE"
CLASS = "small"  # of a station that is added
WITHOUT, WITH, TABLES = "without", "with", "tables"
MOST_BYTES = 1_000_000  # of a file of words
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
        Option("close", "stations of the region's tables that close", None, list),
        Option("move", f"stations of the region's tables that move: {MOVED}", None, list),
        Option("alike", "keys that count for both runs, such as an assumption", None, list),
        Option("file", "a file with such words, one a line", None, Path),
        Option("figures", "pictures of the comparison", "main", allowed=("none", "main", "all")),
        Option("out", "folder of the two runs, the comparison and the tables", Path("results/whatif"), Path),
    ),
    configuration=True,
    refused={"name": "name is set by the command: the runs are called without and with."},
)


@dataclass(frozen=True)
class Place:
    """A new place, or an old station at a new one."""

    name: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True)
class Changes:
    """What changes in the region's tables."""

    added: tuple[Place, ...] = ()
    moved: tuple[Place, ...] = ()
    closed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.moved or self.closed)


def run(asked: Asked) -> int:
    """Run without and with the changes, and compare."""
    asked = with_file(asked)
    out = asked["out"]
    configs, changes = pair(asked)
    for config in configs:
        out_of_range.tell(out_of_range.values(config), strict=config.strict)
    if changes:
        tables(configs[0].region, changes, out / TABLES)
    for config in configs:
        _run(config)
    folders = [str(out / name) for name in (WITHOUT, WITH)]
    asked_of = compare.USAGE.parse(
        [*folders, f"baseline={WITHOUT}", f"out={out}", f"figures={asked['figures']}", "mixed=true"]
    )
    return compare.run(asked_of)


def with_file(asked: Asked) -> Asked:
    """Return what is asked for with the words of the file, before those of the command line."""
    if asked["file"] is None:
        return asked
    with explain(asked["file"], "read", "name another file"):
        text = read_regular(asked["file"], MOST_BYTES).decode("utf-8-sig", "replace")
    words = [word for word in asked.line if not word.startswith("file=")]
    return USAGE.parse([*lines(text), *words])


def lines(text: str) -> list[str]:
    """Return the words of such a file: a line each, without the comments."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def pair(asked: Asked) -> tuple[tuple[Config, Config], Changes]:
    """Return the configurations without and with the changes, and the changes of tables."""
    alike = (*ALIKE, *(asked["alike"] or ()))
    shared = [
        word for word in asked.others if {word.split("=")[0], word.split(".")[0].split("=")[0]} & {*alike}
    ]
    fixed = [f"out={asked['out']}", "figures=none", "overwrite=true"]
    before = compose([*shared, *fixed, f"name={WITHOUT}"])
    changes = changes_of(asked, before.region)
    if not changes and len(shared) == len(asked.others):
        raise SimError(
            f"nothing is changed; allowed: add= with {HOW}, close=, move=, or a key of the plan or of the model."
        )
    own = [f"region.folder={asked['out'] / TABLES}"] if changes else []
    return (before, compose([*asked.others, *fixed, *own, f"name={WITH}"])), changes


def _run(config: Config) -> None:
    with terminal.progress(f"{config.name} the changes", config.replications_at_most) as done:
        execute.on_disk(config, done)


def changes_of(asked: Asked, config: RegionConfig) -> Changes:
    """Return the changes of tables; SimError for a kind or a station that is none and a place not in the region."""
    added = [_place(text, "add", HOW) for text in asked["add"] or ()]
    for item in added:
        if item.name not in KINDS:
            hint = did_you_mean(item.name, KINDS)
            raise SimError(f"add holds {item.name!r}, which is no kind{hint}; allowed: {', '.join(KINDS)}.")
    moved = [_place(text, "move", MOVED) for text in asked["move"] or ()]
    closed = asked["close"] or []
    if not (added or moved or closed):
        return Changes()
    region = regions.load(config)
    standing = [site.name for site in region.sites if not site.planned]
    for option, names in (("close", closed), ("move", [item.name for item in moved])):
        for number, name in enumerate(names):
            if name not in standing or name in names[:number] or (option == "move" and name in closed):
                hint = did_you_mean(name, standing)
                raise SimError(
                    f"{option} holds {name!r}{hint}; allowed, each once in close or move: {', '.join(standing)}."
                )
    for item in (*added, *moved):
        _refuse_far(item, region)
    named = [replace(item, name=f"whatif {item.kind} {row}") for row, item in enumerate(added, 1)]
    return Changes(tuple(named), tuple(moved), tuple(closed))


def _place(text: str, option: str, how: str) -> Place:
    parts = PLACE.fullmatch(text)
    if parts is None:
        raise SimError(f"{option} holds {text!r}; allowed: {how}.")
    return Place(parts["what"], parts["what"], float(parts["lon"]), float(parts["lat"]))


def _refuse_far(item: Place, region: Region) -> None:
    cells = region.cells
    east = (cells.lon - item.lon) * np.cos(np.radians(item.lat)) * 111.2
    away = float(np.hypot(east, (cells.lat - item.lat) * 111.2).min())
    if away > FAR_KM:
        raise SimError(
            f"{item.kind}@{item.lon:g}/{item.lat:g} is {away:,.0f} km from {region.name}; "
            "allowed: a place in the region, longitude first."
        )


def tables(config: RegionConfig, changes: Changes, target: Path) -> None:
    """Write the region's tables with the changes into a folder."""
    if config.synthetic is not None:
        raise SimError("add, close and move change tables, and a synthetic region has none; leave them out.")
    source = tables_folder(config.folder)
    tables_of = [*(file.name for file in source.glob("*.csv")), POSTS]
    with publish_folder(target, only(tables_of, "table of the region", "cells.csv")) as scratch:
        for file in sorted(source.glob("*.csv")):
            shutil.copyfile(file, scratch / file.name)
        posts = [
            f"{item.name},{KINDS[item.kind]},{item.lon},{item.lat}"
            for item in changes.added
            if KINDS[item.kind]
        ]
        if posts:
            _append(scratch / POSTS, "name,tier,lon,lat", posts)
        _change_stations(scratch / "stations.csv", changes)


def _append(file: Path, header: str, lines: Sequence[str]) -> None:
    known = file.read_text(encoding="utf-8-sig").rstrip() if file.is_file() else header
    if known.splitlines()[0].strip() != header:
        raise SimError(f"{file.name}, line 1: {known.splitlines()[0]!r} found; allowed: {header}.")
    file.write_text("\n".join([known, *lines, ""]), encoding="utf-8")


def _change_stations(file: Path, changes: Changes) -> None:
    """Close, move and add stations; a new one stands, in the brigade of the nearest."""
    header, *lines = file.read_text(encoding="utf-8-sig").rstrip().splitlines()
    columns = header.strip().split(",")
    name, lon, lat, brigade = (columns.index(column) for column in ("name", "lon", "lat", "brigade"))
    known = [line.strip().split(",") for line in lines]
    rows = [list(row) for row in known if row[name] not in changes.closed]
    for item in changes.moved:
        row = next(row for row in rows if row[name] == item.name)
        row[lon], row[lat] = str(item.lon), str(item.lat)
    for item in changes.added:
        if not KINDS[item.kind]:
            away = [(float(row[lon]) - item.lon) ** 2 + (float(row[lat]) - item.lat) ** 2 for row in known]
            own = {"name": item.name, "kind": CLASS, "lon": item.lon, "lat": item.lat, "status": "existing"}
            own["brigade"] = known[int(np.argmin(away))][brigade]
            rows.append([str(own.get(column, "")) for column in columns])
    file.write_text("\n".join([header.strip(), *map(",".join, rows), ""]), encoding="utf-8")
