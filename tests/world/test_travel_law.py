"""The travel law agrees with an independent scalar formula and has the right shape."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers.small_world import Place, region
from hypothesis import given
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.config.groups.travel import TravelConfig
from sim.terms import SETTINGS
from sim.world.travel.law import TravelLaw
from sim.world.travel.model import Destinations, Places

SHIPPED = compose(["scenario=2023"]).travel
LAND = region(tuple(Place(name, setting=name) for name in SETTINGS))  # cell = setting
LAW = TravelLaw(SHIPPED, LAND)
settings = st.integers(0, len(SETTINGS) - 1)
distances = st.floats(0, 120_000)


def seconds(config: TravelConfig, straight_m: float, setting: str) -> float:
    """Kolesar-Walker-Hausner on the first local_m of the route, trunk speed (parameter book T(d)), then main roads."""
    route_m = min(straight_m, config.far_m) * config.detour[setting]
    far_m = max(straight_m - config.far_m, 0) * config.far_detour
    v, a = config.local_kmh[setting] * 1000 / 3600, config.acceleration_ms2
    d = min(route_m, config.local_m)
    if a == 0:
        local_s = d / v
    elif d <= v * v / a:
        local_s = 2 * math.sqrt(d / a)
    else:
        local_s = v / a + d / v
    trunk_s = max(route_m - config.local_m, 0) / (config.trunk_kmh[setting] * 1000 / 3600)
    return local_s + trunk_s + far_m / (config.far_kmh * 1000 / 3600)


def trip_s(law: TravelLaw, distance_m: float, setting: int) -> float:
    """Return the expected seconds of one trip to the east."""
    return law.trip(0.0, 0.0, distance_m, 0.0, setting)[0]


def trips_s(law: TravelLaw, distance_m: list[float], setting: list[int]) -> list[float]:
    """Return the expected seconds of trips to the east, as arrays give them."""
    to = Destinations(np.column_stack([distance_m, np.zeros(len(distance_m))]), np.array(setting))
    return law.trips(np.zeros(2), to).drive_s.tolist()


@given(distances, settings)
def test_travel_time_follows_the_formula_of_the_parameter_book(distance_m: float, setting: int) -> None:
    expected = seconds(SHIPPED, distance_m, SETTINGS[setting])
    assert trip_s(LAW, distance_m, setting) == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_travel_time_of_a_worked_example() -> None:
    # 1 km in town streets: 1350 m, beyond v²/a = 197.5 m at 32 km/h: 22.22 s + 151.88 s
    assert trip_s(LAW, 1000.0, SETTINGS.index("urban")) == pytest.approx(22.222 + 151.875, abs=1e-3)
    # 10 km in the plain: 3 km at 45 km/h with its start, 11 km at 60 km/h: 31.25 + 240 + 660 s
    assert trip_s(LAW, 10_000.0, SETTINGS.index("plain")) == pytest.approx(31.25 + 240 + 660, abs=1e-3)
    # from 衢州 to a village in the hills of 开化, 57 km: 3 km at 28 km/h, 14 km at 45, 58.75 km of main roads at 70
    far = 7.778 / 0.4 + 3000 / 7.778 + 14_000 / 12.5 + 58_750 / 19.444
    assert trip_s(LAW, 57_000.0, SETTINGS.index("mountain")) == pytest.approx(far, abs=1)


@given(st.lists(st.tuples(distances, settings), min_size=1, max_size=20))
def test_arrays_and_single_trips_agree(trips: list[tuple[float, int]]) -> None:
    distance, setting = [trip[0] for trip in trips], [trip[1] for trip in trips]
    np.testing.assert_allclose(
        trips_s(LAW, distance, setting), [trip_s(LAW, *trip) for trip in trips], rtol=1e-12, atol=1e-9
    )


def test_arrays_broadcast_over_stations_and_cells() -> None:
    to = Destinations(np.array([[0.0, 0.0], [0.0, 3000.0]]), np.array([0, 3]))
    times = LAW.trips(np.array([[100.0, 0.0], [4000.0, 0.0]]), to.column).drive_s
    assert times.shape == (2, 2)
    assert times[1, 1] == pytest.approx(LAW.trip(4000.0, 0.0, 0.0, 3000.0, 3)[0])


@given(distances, st.floats(0, 5000), settings)
def test_longer_route_never_takes_less_time(distance_m: float, more_m: float, setting: int) -> None:
    assert trip_s(LAW, distance_m + more_m, setting) >= trip_s(LAW, distance_m, setting) - 1e-9


@pytest.mark.parametrize("setting", range(len(SETTINGS)))
def test_travel_time_is_continuous_where_its_parts_meet(setting: int) -> None:
    name = SETTINGS[setting]
    reach_m = (SHIPPED.local_kmh[name] / 3.6) ** 2 / SHIPPED.acceleration_ms2
    for route_m in (reach_m, SHIPPED.local_m, SHIPPED.far_m * SHIPPED.detour[name]):
        straight_m = route_m / SHIPPED.detour[name]
        before, after = (trip_s(LAW, straight_m + step, setting) for step in (-1e-4, 1e-4))
        assert 0 <= after - before < 1e-3


def test_zero_distance_takes_no_time() -> None:
    assert LAW.trip(5.0, 6.0, 5.0, 6.0, 0) == (0.0, 0.0)


@given(distances, settings)
def test_without_acceleration_cruise_speed_holds_from_the_start(distance_m: float, setting: int) -> None:
    config = replace(SHIPPED, acceleration_ms2=0.0)
    law = TravelLaw(config, LAND)
    expected = seconds(config, distance_m, SETTINGS[setting])
    assert trip_s(law, distance_m, setting) == pytest.approx(expected, rel=1e-12, abs=1e-9)
    assert trips_s(law, [distance_m], [setting])[0] == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_manhattan_distance_is_the_sum_of_both_axes() -> None:
    law, plain = TravelLaw(replace(SHIPPED, metric="manhattan"), LAND), SETTINGS.index("plain")
    origins = np.array([[3.0, -4.0], [-3.0, 4.0]])
    to, detour = Destinations(np.zeros((1, 2)), np.array([plain])), SHIPPED.detour["plain"]
    assert (law.trips(origins, to).route_m / detour).tolist() == pytest.approx([7, 7])
    assert (LAW.trips(origins, to).route_m / detour).tolist() == pytest.approx([5, 5])
    assert law.nearest(Places(origins), to, 2)[1].route_m.ravel() / detour == pytest.approx([7, 7])
    assert law.trip(3.0, -4.0, 0.0, 0.0, plain)[1] / detour == pytest.approx(7)


@given(
    st.lists(st.tuples(distances, distances), min_size=1, max_size=12, unique=True),
    st.tuples(distances, distances),
    settings,
)
def test_the_nearest_places_are_the_first_of_those_ranked(
    places: list[tuple[float, float]], point: tuple[float, float], setting: int
) -> None:
    origins = np.array(places)
    ranked = LAW.ranked(origins, *point, setting)
    _, trips = LAW.nearest(Places(origins), Destinations(np.array([point]), np.array([setting])), len(places))
    expected = [LAW.trip(*origins[index].tolist(), *point, setting) for index in ranked.tolist()]
    assert trips.drive_s[0] == pytest.approx([drive_s for drive_s, _ in expected])
    assert trips.route_m[0] == pytest.approx([route_m for _, route_m in expected])


@given(st.tuples(distances, distances), settings)
def test_nobody_beyond_reach_comes_in_time(origin: tuple[float, float], setting: int) -> None:
    drive_s, _ = LAW.trip(*origin, 0.0, 0.0, setting)
    assert LAW.reach_m(drive_s, setting) >= math.hypot(*origin) * (1 - 1e-12)


@pytest.mark.parametrize(
    ("hour", "setting", "bad", "factor"),
    [
        (7.5, "urban", False, 0.75),  # peak
        (7.5, "plain", False, 1.0),  # no peak in the country
        (23.0, "urban", False, 1.05),  # night
        (12.0, "urban", False, 1.0),
        (12.0, "urban", True, 0.85),  # bad weather
        (17.0, "town", True, 0.75 * 0.85),  # both
        (24.0 + 18.999, "urban", False, 0.75),  # the day after
    ],
)
def test_speed_depends_on_hour_and_weather(hour: float, setting: str, bad: bool, factor: float) -> None:
    mark = 1 - SHIPPED.bad_weather_share * (0.5 if bad else 1.5)
    found = LAW.speed_factor(np.array([hour * 3600]), np.array([SETTINGS.index(setting)]), np.array([mark]))
    assert found[0] == pytest.approx(factor)


def test_hours_of_the_week_take_the_place_of_peak_and_night() -> None:
    """1 January is a Wednesday: its 7 h is hour 55 of the week; a week later it is the same hour."""
    week = tuple(0.5 + hour / 1000 for hour in range(168))
    law = TravelLaw(replace(SHIPPED, week_factor=week, bad_weather_share=0.0), LAND)
    at = np.array([7.5, 23.0, 4 * 24 + 23.5, 5 * 24.0, 7 * 24 + 7.0]) * 3600
    found = law.speed_factor(at, np.zeros(5, dtype=np.int64), np.zeros(5))
    assert found.tolist() == pytest.approx([week[hour] for hour in (55, 71, 167, 0, 55)])
