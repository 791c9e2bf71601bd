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
from sim.world.regions import with_places


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


RADIUS_M = 7000.0


def _reached(region: Region, places: list[tuple[float, float]]) -> float:
    """Return the residents within the radius of any of the places."""
    x, y = np.array(places).T
    away = np.hypot(region.cells.x[:, None] - x, region.cells.y[:, None] - y).min(axis=1)
    return float(region.cells.population[away <= RADIUS_M].sum())


def _places(region: Region) -> dict[str, set[tuple[float, float]]]:
    """Return the stations of each brigade, and the seats that are nearer to it than to any other."""
    standing = [site for site in region.sites if not site.planned]
    found: dict[str, set[tuple[float, float]]] = {brigade: set() for brigade in region.brigades}
    for place in [*standing, *region.townships]:
        near = min(standing, key=lambda site: math.hypot(site.x - place.x, site.y - place.y))
        found[getattr(place, "brigade", near.brigade)].add((place.x, place.y))
    return found


def test_each_brigade_has_one_nest_at_a_station_or_seat_of_its_own(region: Region) -> None:
    places, nests = _places(region), list(nest_sites(region, 1, RADIUS_M))
    assert sorted(brigade for brigade, *_ in nests) == sorted(region.brigades)
    assert all((x, y) in places[brigade] for brigade, _, x, y in nests)


def test_each_nest_brings_most_residents_of_all_places_that_are_left(region: Region) -> None:
    places, taken = _places(region), []
    for brigade, _, x, y in nest_sites(region, 1, RADIUS_M):
        best = max(_reached(region, [*taken, place]) for own in places.values() for place in own)
        taken.append((x, y))
        assert _reached(region, taken) == pytest.approx(best)
        del places[brigade]


def test_nests_reach_more_residents_than_nests_at_the_first_station_of_each_brigade(region: Region) -> None:
    first = {site.brigade: (site.x, site.y) for site in reversed(region.sites) if not site.planned}
    nests = [(x, y) for _, _, x, y in nest_sites(region, 1, RADIUS_M)]
    assert _reached(region, nests) > 1.05 * _reached(region, list(first.values()))


@pytest.mark.parametrize("per_brigade", [0, 1, 2, 4])
def test_more_nests_keep_earlier_places_and_share_none(region: Region, per_brigade: int) -> None:
    fewer, more = (list(nest_sites(region, per_brigade + more, RADIUS_M)) for more in (0, 1))
    assert set(fewer) <= set(more)
    for brigade in region.brigades:
        places = [(x, y) for b, _, x, y in more if b == brigade]
        assert len(set(places)) == len(places) <= per_brigade + 1


def test_a_station_that_is_tried_moves_no_nest(region: Region) -> None:
    tried = with_places(region, ["station@118.30/28.60"])
    assert len(tried.sites) == len(region.sites) + 1
    assert list(nest_sites(tried, 2, RADIUS_M)) == list(nest_sites(region, 2, RADIUS_M))


def test_region_without_stations_has_no_nests(region: Region) -> None:
    empty: Any = SimpleNamespace(sites=(), brigades=(), cells=region.cells, townships=region.townships)
    assert list(nest_sites(empty, 2, RADIUS_M)) == []
