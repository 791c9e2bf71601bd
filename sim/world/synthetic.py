"""A synthetic region of any size up to a country: counties, townships, stations (docs/performance.md).

It lies on its own plane, 5 wide and 3 high. Its counties are close together in the east and far apart in the west. Every
county has a seat: a cluster of people whose size follows Zipf's law, with subdistricts inside. Towns and townships lie
around it, and villages around those (`sim.world.settlement`). Nothing is copied from a map.

The region depends only on its options and their own seed, not on the seed of a run.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.region import RegionConfig, SyntheticConfig
from sim.libm import exp, power
from sim.world import settlement
from sim.world.projection import EqualArea
from sim.world.region import CELL_M, Cells, Region, Site, Township
from sim.world.settlement import EDGE, KM, Counties, Seats, ragged

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

GOLDEN = float(np.pi * (3 - np.sqrt(5)))  # the turn from one seed of a sunflower to the next
WIDE_TO_HIGH = 5 / 3
CLOSER = 3  # counties are as close together as the square of their share of the way from west to east
LARGEST_KM2 = 60_000.0  # no county of the west is larger
EASTERN = 0.35  # how far chance can bring a large city to the west
EMPTY = 0.3  # a county has fewer rural people the larger it is, by this power
SUBDISTRICTS_APART_M = 1500.0  # so that no two share a cell
FILLED = 0.85  # of a county's radius has townships
TOWNSHIP_SEAT = 0.1  # of a town's people live at the seat of a township that is no town
PREFECTURES = 0.12  # of the county seats, the largest: their first station is a special one
CLASS1_PEOPLE = 1e5  # at a smaller county seat the first station is of class 2
FURTHER_CLASSES = ("class2", "small", "class1", "class2")  # of the further stations, in turn
LOGISTICS = 5  # the station after so many others is one of logistics
STATION_OFF_SEAT_M = 500.0


def generate(config: RegionConfig, options: SyntheticConfig) -> Region:
    """Return the region of the options; a country of 2,850 counties takes some seconds."""
    plane = EqualArea((config.lon_min + config.lon_max) / 2, (config.lat_min + config.lat_max) / 2)
    counties = _counties(options)
    seats = _seats(options, counties)
    cells = settlement.settle(options, counties, seats, plane, stream(options, "villages"))
    names = [f"县{number:04d}" for number in range(1, options.counties + 1)]
    return Region(
        name=config.name,
        projection=plane,
        counties=tuple(names),
        townships=_townships(options, seats, cells, names),
        sites=_sites(options, counties, seats, names),
        cells=cells,
    )


def stream(options: SyntheticConfig, name: str) -> np.random.Generator:
    """Return the random stream of a purpose: by the options' own seed and the name alone."""
    digest = hashlib.sha256(f"region.synthetic.{name}".encode()).digest()
    words = np.frombuffer(digest[:16], dtype="<u4").tolist()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(options.seed, spawn_key=words)))


def allot(total: int, weight: Floats, least: int = 0) -> Indices:
    """Divide `total` items over places by weight, at least `least` each: largest remainders, ties to the earlier."""
    free = total - least * len(weight)
    total_weight = float(weight.sum())
    quota = weight / total_weight * free if total_weight > 0 else np.full(len(weight), free / len(weight))
    counts = np.floor(quota).astype(np.int64)
    rest = free - int(counts.sum())
    counts[np.argsort(counts - quota, kind="stable")[:rest]] += 1
    return counts + least


def _counties(options: SyntheticConfig) -> Counties:
    """Place the counties on a lattice that opens to the west, and divide the people over them."""
    count, draw = options.counties, stream(options, "counties")
    high_m = float(np.sqrt(count * options.area_km2_per_county / WIDE_TO_HIGH)) * KM
    number = np.arange(count)
    along = (number + 0.5) / count
    east = power(along, 1 / CLOSER)
    area = np.minimum(options.area_km2_per_county / (CLOSER * east ** (CLOSER - 1)), LARGEST_KM2)
    jitter = 0.5 * np.sqrt(area)[:, None] * KM * (draw.random((count, 2)) - 0.5)
    north = number * GOLDEN / (2 * np.pi) % 1  # with `along` a Fibonacci lattice: even, and no rows
    x = (east - 0.5) * high_m * WIDE_TO_HIGH + jitter[:, 0]
    y = (north - 0.5) * high_m + jitter[:, 1]
    people = count * options.people_per_county
    order = np.argsort(-(along + EASTERN * draw.standard_normal(count)), kind="stable")
    rank = np.empty(count)
    rank[order] = (number + 0.5) / count
    size = power(options.zipf_offset + rank, -options.zipf_exponent)
    country = exp(0.4 * draw.standard_normal(count)) * power(area, -EMPTY)
    urban = options.urban_share * people
    return Counties(
        x=x,
        y=y,
        area_km2=area,
        seat=size / size.sum() * urban * options.seat_share,
        towns=country / country.sum() * urban * (1 - options.seat_share),
        rural=country / country.sum() * (people - urban),
        rank=rank,
        scale_m=np.sqrt(size / size.sum() * urban * options.seat_share / (2 * np.pi * options.city_density))
        * KM,
    )


def _seats(options: SyntheticConfig, counties: Counties) -> Seats:
    """Place the seats of all townships, county by county: subdistricts, then the others from the inside out."""
    count = options.counties
    total = max(count, round(count * options.townships_per_county))
    subdistricts = min(total, max(count, round(options.subdistrict_share * total)))
    others = total - subdistricts
    inside = allot(subdistricts, counties.seat, least=1)
    outside = allot(others, counties.rural, least=int(others >= count))
    block, number = ragged(np.column_stack([inside, outside]).ravel())
    county, other = block // 2, block % 2 == 1
    draw = stream(options, "townships")
    turn = 2 * np.pi * draw.random(count)
    shake = draw.random((total, 2)) - 0.5
    rank = number / np.where(other, outside[county], inside[county])
    scale = counties.scale_m[county]
    radius = np.sqrt(counties.area_km2 / np.pi)[county] * FILLED * KM
    inner = np.minimum(EDGE * scale, radius / 2)
    half = 0.5 / np.maximum(outside[county], 1)
    far = np.sqrt(inner**2 + (radius**2 - inner**2) * (rank + half)) * (1 + 0.3 * shake[:, 0])
    near = np.maximum(1.8 * scale * np.sqrt(rank), SUBDISTRICTS_APART_M * np.sqrt(number))
    distance_m = np.where(other, far, near)
    angle = number * GOLDEN + turn[county] + np.where(other, 0.5 * shake[:, 1], 0.0)
    x = counties.x[county] + distance_m * np.cos(angle)
    y = counties.y[county] + distance_m * np.sin(angle)
    town = other & (draw.random(total) < options.town_share)
    size = exp(0.6 * draw.standard_normal(total)) * np.where(town, 1.0, TOWNSHIP_SEAT)
    return Seats(
        x=_apart(x, y),
        y=y,
        county=county,
        number=number,
        other=other,
        town=town,
        size=np.where(other, size, 0.0),
        reach_m=radius / np.sqrt(np.maximum(outside[county], 1)),
    )


def _apart(x: Floats, y: Floats) -> Floats:
    """Return x such that no seats share a cell: later seats in a shared cell are moved to the east."""
    x = x.copy()
    while True:
        cells = np.column_stack([np.floor(x / CELL_M), np.floor(y / CELL_M)])
        _, first = np.unique(cells, axis=0, return_index=True)
        again = np.ones(len(x), dtype=np.bool_)
        again[first] = False
        if not again.any():
            return x
        x[again] += CELL_M


def _townships(
    options: SyntheticConfig, seats: Seats, cells: Cells, names: list[str]
) -> tuple[Township, ...]:
    """Return the townships, with residents' committees where urban people live and villages where rural ones do."""
    total = len(seats.x)
    people = np.where([cells.urban, ~cells.urban], cells.population, 0.0)
    urban, rural = (
        np.bincount(cells.township, weight, minlength=total).astype(np.float64) for weight in people
    )
    committees = allot(round(options.counties * options.committees_per_county), urban)
    villages = allot(round(options.counties * options.village_committees_per_county), rural)
    kinds = [
        "town" if town else "township" if other else "subdistrict"
        for town, other in zip(seats.town.tolist(), seats.other.tolist(), strict=True)
    ]
    chinese = {"subdistrict": "街道", "town": "镇", "township": "乡"}
    counties = [names[county] for county in seats.county.tolist()]
    township_names = [
        f"{county}{chinese[kind]}{number + 1:02d}"
        for county, kind, number in zip(counties, kinds, seats.number.tolist(), strict=True)
    ]
    codes = [f"{number:06d}" for number in range(1, total + 1)]
    columns = (seats.x, seats.y, committees, villages)
    return tuple(
        map(Township, codes, township_names, counties, kinds, *(column.tolist() for column in columns))
    )


def _sites(options: SyntheticConfig, counties: Counties, seats: Seats, names: list[str]) -> tuple[Site, ...]:
    """Return the stations: one or more a county by the size of its seat, near the seats of its townships in turn."""
    count = options.counties
    total = max(count, round(count * options.stations_per_county))
    county, number = ragged(allot(total, counties.seat, least=1))
    first = np.searchsorted(seats.county, np.arange(count))
    townships = np.diff(np.append(first, len(seats.county)))
    seat = first[county] + number % townships[county]
    x = seats.x[seat] + STATION_OFF_SEAT_M * np.cos(number)
    y = seats.y[seat] + STATION_OFF_SEAT_M * np.sin(number)
    head = np.where(
        counties.rank < PREFECTURES, "special", np.where(counties.seat < CLASS1_PEOPLE, "class2", "class1")
    )
    further = np.array(FURTHER_CLASSES)[(number - 1) % len(FURTHER_CLASSES)]
    classes = np.where(number == 0, head[county], np.where(number == LOGISTICS, "logistics", further))
    home = [names[index] for index in county.tolist()]
    station_names = [f"{name}站{index + 1}" for name, index in zip(home, number.tolist(), strict=True)]
    planned = [False] * len(station_names)
    return tuple(map(Site, station_names, home, classes.tolist(), planned, x.tolist(), y.tolist()))
