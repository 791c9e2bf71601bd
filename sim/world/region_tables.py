"""Read a region from its tables: counties, townships, cells, stations, and two optional tables of further sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.city_file import tables_folder
from sim.config.groups.plan import LAST_YEAR
from sim.config.groups.region import RegionConfig
from sim.errors import SimError
from sim.terms import COVERAGES, SETTINGS, STATION_CLASSES
from sim.world import region_checks, tables
from sim.world.projection import Projection
from sim.world.region import POST_TIERS, Cells, Neighbour, Post, Region, Site, Township
from sim.world.tables import Faults, Parser, Row

MOST_PEOPLE = 1e10  # persons in all cells
MOST_PLACES = 10_000  # committees or villages of a township
PROPOSALS = "proposed_sites.csv"  # optional table of the model's own proposals, written by the siting study
POSTS = "further_posts.csv"  # optional table of nests, teams and patrol cars beyond the plan's


def read(config: RegionConfig) -> Region:
    """Return the region with tables in `config.folder`: a path, or the name of a region shipped with the package.

    SimError names file, line and column of invalid data.
    """
    folder = tables_folder(config.folder)
    if not folder.is_dir():
        raise SimError(f"region.folder is {folder}: there is no such folder.")
    where = {
        "lon": tables.real(config.lon_min, config.lon_max, "a longitude inside the region"),
        "lat": tables.real(config.lat_min, config.lat_max, "a latitude inside the region"),
    }
    people = tables.real(0, what="a population")
    station = {"name": tables.text, "brigade": tables.text, "kind": tables.one_of(*STATION_CLASSES), **where}

    faults = Faults()

    def table(name: str, columns: Mapping[str, Parser]) -> list[Row]:
        rows: list[Row] = []
        with faults.noted():
            rows = tables.read(folder / name, columns)
            if not rows:
                raise SimError(f"{folder / name} has no rows; a region needs one or more.")
            if "code" in columns:
                _refuse_twins(rows, "code")
            if "population_2020" in columns:
                _refuse_twins(
                    rows, "county", ", as townships.csv names it: add its city's name there and here"
                )
        return rows

    def optional(name: str, columns: Mapping[str, Parser]) -> list[Row]:
        with faults.noted():
            return tables.read(folder / name, columns) if (folder / name).is_file() else []
        return []

    columns = {"code": tables.text, "county": tables.text, "population_2020": people}
    counties = table("counties.csv", columns)
    county = tables.one_of(*(row["county"] for row in counties)) if counties else tables.text
    columns = {
        "code": tables.text, "name": tables.text, "county": county,
        "kind": tables.one_of("subdistrict", "town", "township"), **where, "population": people,
        "residents_committees": tables.whole(0, MOST_PLACES), "villages": tables.whole(0, MOST_PLACES),
    }  # fmt: skip
    townships = table("townships.csv", columns)
    columns = {
        **where, "township": tables.text, "population": people, "setting": tables.one_of(*SETTINGS),
        "urban": tables.truth, "main_urban": tables.truth,
    }  # fmt: skip
    cells = table("cells.csv", columns)
    sites = table("stations.csv", {**station, "status": tables.one_of("existing", "planned")})
    brigades = tables.one_of(*dict.fromkeys(row["brigade"] for row in sites)) if sites else tables.text
    due = {"year": tables.whole(2023, LAST_YEAR), "definition": tables.one_of(*COVERAGES)}
    proposals = optional(PROPOSALS, {**station, "brigade": brigades, **due})
    posts = optional(POSTS, {"name": tables.text, "tier": tables.one_of(*POST_TIERS), **where})
    with faults.noted():
        _refuse_twins([*sites, *proposals, *posts], "name")
    faults.refuse()
    projection = Projection((config.lon_min + config.lon_max) / 2, (config.lat_min + config.lat_max) / 2)
    settled = _cells(projection, cells, townships)
    region = Region(
        name=config.name,
        projection=projection,
        counties=tuple(str(row["county"]) for row in counties),
        townships=_townships(projection, townships),
        sites=_sites(projection, sites) + _sites(projection, proposals),
        cells=settled,
        posts=_posts(projection, posts, settled),
        neighbours=_neighbours(projection, config),
    )
    if config.checked:
        faults.found += region_checks.faults(counties, townships, cells, sites, region)
        faults.refuse()
    return region


def unique_names(townships: Sequence[Row]) -> list[str]:
    """Return a name for each township that no other has, as tables and pictures know it by its name.

    Townships of one name get their county's in brackets, and where that is not enough their code.
    """
    names = [str(row["name"]) for row in townships]
    for column in chain(["county"], repeat("code")):
        times = Counter(names)
        if len(times) == len(names):
            break
        names = [
            f"{name}（{row[column]}）" if times[name] > 1 else name
            for name, row in zip(names, townships, strict=True)
        ]
    return names


def _townships(projection: Projection, rows: Sequence[Row]) -> tuple[Township, ...]:
    return tuple(
        Township(
            row["code"], name, row["county"], row["kind"], x, y, row["residents_committees"], row["villages"],
        )
        for name, (row, x, y) in zip(unique_names(rows), _placed(projection, rows), strict=True)
    )  # fmt: skip


def _neighbours(projection: Projection, config: RegionConfig) -> tuple[Neighbour, ...]:
    lon, lat = (np.array([getattr(seat, axis) for seat in config.neighbours]) for axis in ("lon", "lat"))
    x, y = projection.metres(lon, lat)
    return tuple(map(Neighbour, (seat.name for seat in config.neighbours), x.tolist(), y.tolist()))


def _sites(projection: Projection, rows: Sequence[Row]) -> tuple[Site, ...]:
    """Return stations; those that the model proposes have a definition of coverage and a year, and no status."""
    return tuple(
        Site(
            row["name"], row["brigade"], row["kind"], row.get("status") != "existing", x, y,
            row.get("definition", ""), row.get("year", 0),
        )
        for row, x, y in _placed(projection, rows)
    )  # fmt: skip


def _posts(projection: Projection, rows: Sequence[Row], cells: Cells) -> tuple[Post, ...]:
    if not rows:
        return ()
    x, y = _metres(projection, rows)
    _, near = cKDTree(np.column_stack([cells.x, cells.y])).query(np.column_stack([x, y]))
    columns = (x.tolist(), y.tolist(), cells.township[near].tolist())
    return tuple(Post(row["name"], row["tier"], *place) for row, *place in zip(rows, *columns, strict=True))


def _cells(projection: Projection, rows: Sequence[Row], townships: Sequence[Row]) -> Cells:
    index = {row["code"]: number for number, row in enumerate(townships)}
    for row in rows:
        if row["township"] not in index:
            raise row.error("township", f"township {row['township']!r} is not in {townships[0].file.name}")
    x, y = _metres(projection, rows)
    people = sum(row["population"] for row in rows)
    if people <= 0:
        raise SimError(f"{rows[0].file}, column population: nobody lives in the region.")
    if people > MOST_PEOPLE:
        raise SimError(
            f"{rows[0].file}, column population: {people:g} persons in all; allowed: {MOST_PEOPLE:g}."
        )
    return Cells(
        x=x,
        y=y,
        lon=np.array([row["lon"] for row in rows]),
        lat=np.array([row["lat"] for row in rows]),
        township=np.array([index[row["township"]] for row in rows], dtype=np.int32),
        population=np.array([row["population"] for row in rows], dtype=np.float64),
        setting=np.array([SETTINGS.index(row["setting"]) for row in rows], dtype=np.int8),
        urban=np.array([row["urban"] for row in rows], dtype=np.bool_),
        main_urban=np.array([row["main_urban"] for row in rows], dtype=np.bool_),
    )


def _metres(projection: Projection, rows: Sequence[Row]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return projection.metres(np.array([row["lon"] for row in rows]), np.array([row["lat"] for row in rows]))


def _placed(projection: Projection, rows: Sequence[Row]) -> Iterator[tuple[Row, float, float]]:
    """Yield each row with x and y in metres."""
    x, y = _metres(projection, rows)
    return zip(rows, x.tolist(), y.tolist(), strict=True)


def _refuse_twins(rows: Sequence[Row], column: str, why: str = "") -> None:
    first: dict[str, int] = {}
    for row in rows:
        if row[column] in first:
            raise row.error(
                column, f"{row[column]} stands already on line {first[row[column]]}; each may stand once{why}"
            )
        first[row[column]] = row.line
