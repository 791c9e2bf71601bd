"""Where the people of a synthetic region live: the 1-km cells around its county seats, towns and villages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.groups.region import SyntheticConfig
from sim.libm import exp, power
from sim.terms import SETTINGS
from sim.world.projection import Plane
from sim.world.region import CELL_M, Cells

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

KM = 1000.0
EDGE = 2.5  # scales from the centre of a county seat to its edge, where the density has fallen to exp(-EDGE)
URBAN_KM2 = 1500.0  # residents per km2 from which the roads of a county seat are urban, below those of a town
TOWN = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]])  # cells of a town ...
TOWN_WEIGHTS = np.array([1.0, 0.35, 0.35, 0.35, 0.35])  # ... and how its people divide over them
CROWDED = 0.7  # villages lie closer to their seat the higher the power above 0.5
VILLAGE, TOWN_CELL, CITY = 0, 1, 2  # what made a cell, the greater the more built up
APART = 1e9  # metres between the layers of a tree that must not mix counties
STRIDE = 10**6  # columns and rows of cells in one number


@dataclass(frozen=True)
class Counties:
    """The counties of a synthetic region, each column of shape (counties,)."""

    x: Floats
    y: Floats
    area_km2: Floats
    seat: Floats  # residents of the county seat
    towns: Floats  # urban residents of its towns
    rural: Floats
    rank: Floats  # of the seat by size, 0 the largest .. 1
    scale_m: Floats  # distance over which the density of the seat falls by e


@dataclass(frozen=True)
class Seats:
    """The seats of its townships, county by county, each column of shape (townships,)."""

    x: Floats
    y: Floats
    county: Indices
    number: Indices  # among the subdistricts, or among the others, of its county
    other: NDArray[np.bool_]  # a town or a township, no subdistrict
    town: NDArray[np.bool_]
    size: Floats  # weight in the town people of its county
    reach_m: Floats  # how far its villages lie


@dataclass(frozen=True)
class _Part:
    """People in cells, not yet summed: a row for every inhabited place."""

    column: Indices
    row: Indices
    people: Floats
    township: Indices
    made: int
    seat: bool = False


def ragged(counts: Indices) -> tuple[Indices, Indices]:
    """Return owner and number of each of `counts` items: (0, 0), (0, 1), ..., (1, 0), ..."""
    owner = np.repeat(np.arange(len(counts)), counts)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)


def settle(
    options: SyntheticConfig, counties: Counties, seats: Seats, plane: Plane, draw: np.random.Generator
) -> Cells:
    """Return the inhabited cells, west to east; every township has at least the cell of its seat."""
    parts = [
        _cities(counties, seats),
        _towns(counties, seats),
        _villages(options, counties, seats, draw),
        _at(seats),
    ]
    column, row, people, township = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("column", "row", "people", "township")
    )
    made, seat = (
        np.concatenate([np.full(len(part.column), getattr(part, name)) for part in parts])
        for name in ("made", "seat")
    )
    key = column * STRIDE + row
    order = np.lexsort((-people, ~seat, key))  # first the seat, then who brings most people
    key = key[order]
    starts = np.flatnonzero(np.append(True, key[1:] != key[:-1]))
    first = order[starts]
    residents = np.add.reduceat(people[order], starts)
    kind = np.maximum.reduceat(made[order], starts)
    x, y = (column[first] + 0.5) * CELL_M, (row[first] + 0.5) * CELL_M
    lon, lat = plane.degrees(x, y)
    setting = _settings(options, x, y, residents, kind)
    return Cells(
        x=x,
        y=y,
        lon=lon,
        lat=lat,
        township=township[first].astype(np.int32),
        population=residents,
        setting=setting,
        urban=_densest(residents, options.urban_share),
        main_urban=setting == SETTINGS.index("urban"),
    )


def _cities(counties: Counties, seats: Seats) -> _Part:
    """Spread the people of the county seats: density falls exponentially; each cell is the nearest subdistrict's."""
    edge_km = EDGE * counties.scale_m / KM
    most = int(np.ceil(edge_km.max()))
    side = np.arange(-most, most + 1)
    east, north = (axis.ravel() for axis in np.meshgrid(side, side, indexing="ij"))
    distance_km = np.hypot(east, north)
    order = np.argsort(distance_km, kind="stable")
    east, north, distance_km = east[order], north[order], distance_km[order]
    owner, rank = ragged(np.searchsorted(distance_km, edge_km, side="right"))
    column = _cell(counties.x)[owner] + east[rank]
    row = _cell(counties.y)[owner] + north[rank]
    weight = exp(-distance_km[rank] * KM / counties.scale_m[owner])
    people = weight / np.bincount(owner, weight)[owner] * counties.seat[owner]
    inside = np.flatnonzero(~seats.other)
    tree = cKDTree(np.column_stack([seats.x, seats.y, seats.county * APART])[inside])
    _, nearest = tree.query(np.column_stack([(column + 0.5) * CELL_M, (row + 0.5) * CELL_M, owner * APART]))
    return _Part(column, row, people, inside[nearest], CITY)


def _towns(counties: Counties, seats: Seats) -> _Part:
    """Spread the people of the towns over the cell of the seat and its four neighbours."""
    people = _shared(seats.size, seats.county, counties.towns)
    township = np.flatnonzero(people > 0)
    owner, neighbour = ragged(np.full(len(township), len(TOWN)))
    of_township = township[owner]
    share = TOWN_WEIGHTS / TOWN_WEIGHTS.sum()
    column, row = (
        _cell(seats.x)[of_township] + TOWN[neighbour, 0],
        _cell(seats.y)[of_township] + TOWN[neighbour, 1],
    )
    return _Part(column, row, people[of_township] * share[neighbour], of_township, TOWN_CELL)


def _villages(options: SyntheticConfig, counties: Counties, seats: Seats, draw: np.random.Generator) -> _Part:
    """Scatter the rural people of a county over the villages of its townships; of subdistricts if it has no others."""
    rural = np.bincount(seats.county, seats.other, minlength=len(counties.x)) > 0
    at = np.repeat(np.flatnonzero(seats.other | ~rural[seats.county]), options.village_cells)
    angle = 2 * np.pi * draw.random(len(at))
    away = seats.reach_m[at] * power(draw.random(len(at)), CROWDED)
    weight = exp(0.7 * draw.standard_normal(len(at)))
    people = _shared(weight, seats.county[at], counties.rural + np.where(rural, 0.0, counties.towns))
    column, row = _cell(seats.x[at] + away * np.cos(angle)), _cell(seats.y[at] + away * np.sin(angle))
    return _Part(column, row, people, at, VILLAGE)


def _at(seats: Seats) -> _Part:
    """Return the cells of the seats; each belongs to its township, even if others live there."""
    return _Part(
        _cell(seats.x), _cell(seats.y), np.zeros(len(seats.x)), np.arange(len(seats.x)), VILLAGE, seat=True
    )


def _cell(metres: Floats) -> Indices:
    return np.floor(metres / CELL_M).astype(np.int64)


def _shared(weight: Floats, group: Indices, total: Floats) -> Floats:
    """Divide the total of each group over its members by weight; nothing where the weights are 0."""
    whole = np.bincount(group, weight, minlength=len(total))
    return np.asarray(weight / np.where(whole > 0, whole, 1.0)[group] * total[group])


def _densest(people: Floats, share: float) -> NDArray[np.bool_]:
    """Return the most populous cells up to a share of all people."""
    order = np.argsort(-people, kind="stable")
    chosen = np.empty(len(people), dtype=np.bool_)
    chosen[order] = np.cumsum(people[order]) <= share * people.sum()
    return chosen


def _settings(
    options: SyntheticConfig, x: Floats, y: Floats, people: Floats, kind: Indices
) -> NDArray[np.int8]:
    """Return the road setting of each cell: by its kind of settlement and, for villages, by the terrain."""
    village = kind == VILLAGE
    height = _terrain(x, y)
    line = np.quantile(height[village], 1 - options.mountain_share) if village.any() else np.inf
    names = np.select(
        [(kind == CITY) & (people >= URBAN_KM2), ~village, height > line],
        [SETTINGS.index("urban"), SETTINGS.index("town"), SETTINGS.index("mountain")],
        SETTINGS.index("plain"),
    )
    return names.astype(np.int8)


def _terrain(x: Floats, y: Floats) -> Floats:
    """Return a height without unit: waves of 270 to 900 km, so that mountains are ranges and not single cells."""
    height = np.zeros(len(x))
    for number in range(1, 7):
        angle, length = 2.4 * number, 900 * KM / number ** (2 / 3)
        phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / length
        height += np.sin(phase + 1.7 * number**2) / np.sqrt(number)
    return height
