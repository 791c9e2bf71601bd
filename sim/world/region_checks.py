"""Refuse region tables that cannot be true, though every cell of them can be read.

Each check compares rows with each other or tables with each other: cells 1 km apart and none twice, people per cell and
per county, townships with cells, stations and seats near the people. All faults are told at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial import cKDTree

from sim.world.region import CELL_M, Region
from sim.world.tables import Row

SPACING = 0.1  # share by which the distance between cells may differ from 1 km
TWINS_M = 100.0  # two cells nearer than this are one place that stands twice
MOST_PER_KM2 = 200_000.0  # residents: above the densest quarters known
SUMS = 0.25  # share by which the people of a county may differ between tables
FAR_M = 50_000.0  # from a station or a seat to the nearest cell


def faults(
    counties: Sequence[Row],
    townships: Sequence[Row],
    cells: Sequence[Row],
    sites: Sequence[Row],
    region: Region,
) -> Iterator[str]:
    """Yield a sentence for each fault, none for tables that can be true."""
    yield from _distances(cells, region)
    yield from _people(counties, townships, cells, region)
    without = sorted(set(range(len(townships))) - set(region.cells.township.tolist()))
    if without:
        row = townships[without[0]]
        found = f"township {row['code']}{_and_more(without, 'townships')} has no cell in {cells[0].file.name}"
        yield str(row.error("code", found))
    tree = cKDTree(np.column_stack([region.cells.x, region.cells.y]))
    for rows, places, what in ((sites, region.sites, "station"), (townships, region.townships, "seat")):
        far, _ = tree.query([(place.x, place.y) for place in places[: len(rows)]])
        for place in np.flatnonzero(far > FAR_M).tolist():
            row = rows[place]
            found = f"the {what} of {row['name']} is {far[place] / 1000:.0f} km from the nearest cell"
            yield str(row.error("lon, lat", f"{found}; allowed: {FAR_M / 1000:.0f} km"))


def _distances(cells: Sequence[Row], region: Region) -> Iterator[str]:
    if len(cells) < 2:
        return
    where = np.column_stack([region.cells.x, region.cells.y])
    distance, other = (part[:, 1] for part in cKDTree(where).query(where, k=2))
    near = np.flatnonzero(distance < (1 - SPACING) * CELL_M)
    apart, allowed = (
        float(np.median(distance)),
        f"{(1 - SPACING) * CELL_M:.0f} to {(1 + SPACING) * CELL_M:.0f} m",
    )
    if near.size and not TWINS_M <= apart < (1 - SPACING) * CELL_M:  # some cells, or all of them twice
        last = int(near[-1])
        row, first = cells[last], cells[int(other[last])]
        found = f"this cell is {distance[last]:.0f} m from that of line {first.line}; {near.size} cells have one so near"
        yield str(row.error("lon, lat", f"{found}; allowed: {allowed}"))
    elif near.size or apart > (1 + SPACING) * CELL_M:
        yield (
            f"{cells[0].file}, columns lon, lat: the cells are {apart:.0f} m apart; allowed: {allowed}, "
            "as each stands for 1 km2."
        )


def _people(
    counties: Sequence[Row], townships: Sequence[Row], cells: Sequence[Row], region: Region
) -> Iterator[str]:
    dense = [row for row in cells if row["population"] > MOST_PER_KM2]
    if dense:
        found = f"{dense[0]['population']:,.0f} persons live on 1 km2{_and_more(dense, 'cells')}"
        yield str(dense[0].error("population", f"{found}; allowed: at most {MOST_PER_KM2:,.0f}"))
    county_of = np.array([region.counties.index(township.county) for township in region.townships])
    by_cell = np.bincount(county_of[region.cells.township], region.cells.population, len(counties))
    by_township = np.bincount(county_of, [row["population"] for row in townships], len(counties))
    for rows, sums in ((cells, by_cell), (townships, by_township)):
        wrong = [
            (county, people)
            for county, people in zip(counties, sums.tolist(), strict=True)
            if abs(people - county["population_2020"]) > SUMS * county["population_2020"]
        ]
        if wrong:
            county, people = wrong[0]
            yield (
                f"{rows[0].file}, column population: {people:,.0f} persons in {county['county']}"
                f"{_and_more(wrong, 'counties')}, where {county.file.name}, line {county.line}, column population_2020 "
                f"says {county['population_2020']:,.0f}; allowed: within {SUMS:.0%} of each other, in persons."
            )


def _and_more(found: Sequence[object], what: str) -> str:
    """Return how many others there are besides the first."""
    return f" (and {len(found) - 1} more {what})" if len(found) > 1 else ""
