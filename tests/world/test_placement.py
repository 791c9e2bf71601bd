"""Placement of micro stations and drone nests."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.placement import micro_posts, nest_sites
from sim.world.region import Region


def land(population: list[float], township: list[int] | None = None) -> Any:
    """A region of which only the cells count."""
    return SimpleNamespace(
        cells=SimpleNamespace(
            township=np.array(township or [0] * len(population), dtype=np.int32),
            population=np.array(population, dtype=np.float64),
        )
    )


def test_highest_averages_of_a_worked_example() -> None:
    # quotients of 90: 90 45 30 22.5; of 50: 50 25; of 20: 20 -> 90 50 45 30 25 22.5 20
    found = list(micro_posts(land([20, 90, 50]), [7]))
    assert [cell for _, cell, _ in found] == [1, 2, 1, 1, 2, 1, 0]
    assert [number for _, _, number in found] == [1, 2, 3, 4, 5, 6, 7]


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=12), st.integers(1, 40))
def test_no_single_move_serves_more_people(population: list[int], count: int) -> None:
    """D'Hondt: the residents per station of every cell are at least what any cell would have with one more."""
    here = np.zeros(len(population), dtype=int)
    for _, cell, _ in micro_posts(land([float(p) for p in population]), [count]):
        here[cell] += 1
    assert here.sum() == count
    people = np.array(population)
    served = min(people[c] / here[c] for c in range(len(people)) if here[c])
    assert served >= max(people / (here + 1)) - 1e-9


def test_stations_are_placed_in_cells_of_their_township() -> None:
    found = list(micro_posts(land([5, 8, 3, 9], township=[1, 0, 1, 0]), [2, 1]))
    assert [(township, cell) for township, cell, _ in found] == [(0, 3), (0, 1), (1, 0)]


def test_township_without_cells_places_no_station() -> None:
    assert list(micro_posts(land([5.0], township=[1]), [3, 1])) == [(1, 0, 1)]


def test_tie_goes_to_the_earlier_cell() -> None:
    assert [cell for _, cell, _ in micro_posts(land([4, 4, 4]), [3])] == [0, 1, 2]


def test_first_nests_stand_at_stations_of_their_brigade(region: Region) -> None:
    stations = {(site.brigade, site.x, site.y) for site in region.sites if not site.planned}
    nests = list(nest_sites(region, 1))
    assert sorted(brigade for brigade, *_ in nests) == sorted(region.brigades)
    assert len(nests) == 8
    assert all((brigade, x, y) in stations for brigade, _, x, y in nests)


@pytest.mark.parametrize("per_brigade", [0, 1, 2, 4])
def test_more_nests_keep_earlier_places_and_share_none(region: Region, per_brigade: int) -> None:
    fewer, more = list(nest_sites(region, per_brigade)), list(nest_sites(region, per_brigade + 1))
    assert set(fewer) <= set(more)
    for brigade in region.brigades:
        places = [(x, y) for b, _, x, y in more if b == brigade]
        assert len(set(places)) == len(places) <= per_brigade + 1


def test_further_nests_stand_at_the_most_populous_seats(region: Region) -> None:
    standing = [site for site in region.sites if not site.planned]
    people = np.bincount(region.cells.township, region.cells.population, minlength=len(region.townships))

    def nearest(index: int) -> str:
        seat = region.townships[index]
        return min(standing, key=lambda site: math.hypot(site.x - seat.x, site.y - seat.y)).brigade

    for brigade in region.brigades:
        stations = {(site.x, site.y) for site in standing if site.brigade == brigade}
        own = len(stations)
        beyond = [(x, y) for b, number, x, y in nest_sites(region, own + 1) if b == brigade and number > own]
        seats = [
            index
            for index, seat in enumerate(region.townships)
            if nearest(index) == brigade and (seat.x, seat.y) not in stations
        ]
        if seats:
            top = region.townships[max(seats, key=lambda index: people[index])]
            assert beyond == [(top.x, top.y)]


def test_region_without_stations_has_no_nests(region: Region) -> None:
    empty: Any = SimpleNamespace(sites=(), brigades=(), cells=region.cells, townships=region.townships)
    assert list(nest_sites(empty, 2)) == []
