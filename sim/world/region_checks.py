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
ON_ONE_SPOT = 3  # stations that cannot share a yard; two can, as one of logistics does
FEWEST_PEOPLE = 20  # of a village or committee, mean of a township that has that many of them
ALTERNATE = 0.8  # share of the neighbours in a row or column of cells of which only one has people
FEW_PAIRS = 20  # of neighbours say nothing


def faults(
    counties: Sequence[Row],
    townships: Sequence[Row],
    cells: Sequence[Row],
    sites: Sequence[Row],
    region: Region,
) -> Iterator[str]:
    """Yield a sentence for each fault, none for tables that can be true."""
    spacing = list(_distances(cells, region))
    yield from spacing or _alternate(cells, region)
    yield from _people(counties, townships, cells, region)
    without = sorted(set(range(len(townships))) - set(region.cells.township.tolist()))
    if without:
        row = townships[without[0]]
        found = f"township {row['code']}{_and_more(without, 'townships')} has no cell in {cells[0].file.name}"
        yield str(row.error("code", found))
    yield from _villages(townships)
    yield from _on_one_spot(sites, region)
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


def _villages(townships: Sequence[Row]) -> Iterator[str]:
    """Yield the township with more villages and committees than its people can be in."""
    counted = [(row, row["residents_committees"] + row["villages"]) for row in townships]
    wrong = [
        (row, places)
        for row, places in counted
        if places >= FEWEST_PEOPLE and row["population"] < FEWEST_PEOPLE * places
    ]
    if wrong:
        row, places = wrong[0]
        found = f"{row['population']:,.0f} persons have {places:,} villages and committees"
        found += _and_more(wrong, "townships")
        yield str(row.error("villages", f"{found}; allowed: {FEWEST_PEOPLE} or more in each, on average"))


def _on_one_spot(sites: Sequence[Row], region: Region) -> Iterator[str]:
    """Yield the first station that stands where others do: what is left when an address was not found."""
    standing = [number for number, site in enumerate(region.sites[: len(sites)]) if not site.planned]
    where = np.array([(region.sites[number].x, region.sites[number].y) for number in standing]).reshape(-1, 2)
    nearest, _ = cKDTree(where).query(where, k=ON_ONE_SPOT)
    crowd = np.flatnonzero(nearest[:, -1] < TWINS_M).tolist()
    if crowd:
        found = f"{len(crowd)} stations stand within {TWINS_M:.0f} m of {ON_ONE_SPOT - 1} others or more"
        yield str(sites[standing[crowd[0]]].error("lon, lat", f"{found}; allowed: at most 1 other there"))


def _alternate(cells: Sequence[Row], region: Region) -> Iterator[str]:
    """Yield a sentence if people live in every other cell of the rows or columns only."""
    where = np.column_stack([region.cells.x, region.cells.y])
    pairs = cKDTree(where).query_pairs((1 + SPACING) * CELL_M, output_type="ndarray")
    across, along = np.abs(where[pairs[:, 0]] - where[pairs[:, 1]]).T
    lived_in = region.cells.population > 0
    apart = lived_in[pairs[:, 0]] != lived_in[pairs[:, 1]]
    for part in (apart[across > along], apart[across <= along]):
        if len(part) >= FEW_PAIRS and part.mean() > ALTERNATE:
            yield f"{cells[0].file}, column population: people live in every other cell only; neighbours are alike."
            return


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
