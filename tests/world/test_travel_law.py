"""The travel law agrees with an independent scalar formula and has the right shape."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.config.groups.travel import TravelConfig
from sim.terms import SETTINGS
from sim.world.travel.law import TravelLaw

SHIPPED = compose(["scenario=2023"]).travel
LAW = TravelLaw(SHIPPED)
settings = st.integers(0, len(SETTINGS) - 1)
distances = st.floats(0, 120_000)


def seconds(config: TravelConfig, straight_m: float, setting: str) -> float:
    """Kolesar-Walker-Hausner on the first local_m of the route, trunk speed beyond (parameter book T(d))."""
    route_m = straight_m * config.detour[setting]
    v, a = config.local_kmh[setting] * 1000 / 3600, config.acceleration_ms2
    d = min(route_m, config.local_m)
    if a == 0:
        local_s = d / v
    elif d <= v * v / a:
        local_s = 2 * math.sqrt(d / a)
    else:
        local_s = v / a + d / v
    return local_s + max(route_m - config.local_m, 0) / (config.trunk_kmh[setting] * 1000 / 3600)


@given(distances, settings)
def test_travel_time_follows_the_formula_of_the_parameter_book(distance_m: float, setting: int) -> None:
    expected = seconds(SHIPPED, distance_m, SETTINGS[setting])
    assert LAW.trip(distance_m, setting) == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_travel_time_of_a_worked_example() -> None:
    # 1 km in town streets: 1350 m, beyond v²/a = 197.5 m at 32 km/h: 22.22 s + 151.88 s
    assert LAW.trip(1000.0, SETTINGS.index("urban")) == pytest.approx(22.222 + 151.875, abs=1e-3)
    # 10 km in the plain: 3 km at 45 km/h with its start, 11 km at 60 km/h: 31.25 + 240 + 660 s
    assert LAW.trip(10_000.0, SETTINGS.index("plain")) == pytest.approx(31.25 + 240 + 660, abs=1e-3)


@given(st.lists(st.tuples(distances, settings), min_size=1, max_size=20))
def test_arrays_and_single_trips_agree(trips: list[tuple[float, int]]) -> None:
    distance = np.array([trip[0] for trip in trips])
    setting = np.array([trip[1] for trip in trips], dtype=np.int8)
    np.testing.assert_allclose(
        LAW.seconds(distance, setting), [LAW.trip(*trip) for trip in trips], rtol=1e-12, atol=1e-9
    )


def test_arrays_broadcast_over_stations_and_cells() -> None:
    times = LAW.seconds(np.array([[100.0], [5000.0]]), np.array([0, 3], dtype=np.int8))
    assert times.shape == (2, 2)
    assert times[1, 1] == pytest.approx(LAW.trip(5000.0, 3))


@given(distances, st.floats(0, 5000), settings)
def test_longer_route_never_takes_less_time(distance_m: float, more_m: float, setting: int) -> None:
    assert LAW.trip(distance_m + more_m, setting) >= LAW.trip(distance_m, setting) - 1e-9


@pytest.mark.parametrize("setting", range(len(SETTINGS)))
def test_travel_time_is_continuous_where_its_parts_meet(setting: int) -> None:
    name = SETTINGS[setting]
    reach_m = (SHIPPED.local_kmh[name] / 3.6) ** 2 / SHIPPED.acceleration_ms2
    for route_m in (reach_m, SHIPPED.local_m):
        straight_m = route_m / SHIPPED.detour[name]
        before, after = LAW.trip(straight_m - 1e-4, setting), LAW.trip(straight_m + 1e-4, setting)
        assert 0 <= after - before < 1e-3


def test_zero_distance_takes_no_time() -> None:
    assert LAW.trip(0.0, 0) == 0.0


@given(distances, settings)
def test_without_acceleration_cruise_speed_holds_from_the_start(distance_m: float, setting: int) -> None:
    config = replace(SHIPPED, acceleration_ms2=0.0)
    law = TravelLaw(config)
    expected = seconds(config, distance_m, SETTINGS[setting])
    assert law.trip(distance_m, setting) == pytest.approx(expected, rel=1e-12, abs=1e-9)
    one = law.seconds(np.array([distance_m]), np.array([setting], dtype=np.int8))[0]
    assert one == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_manhattan_distance_is_the_sum_of_both_axes() -> None:
    law = TravelLaw(replace(SHIPPED, metric="manhattan"))
    assert law.distance(np.array([3.0, -3.0]), np.array([-4.0, 4.0])).tolist() == [7.0, 7.0]
    assert LAW.distance(np.array([3.0]), np.array([4.0])).tolist() == [5.0]


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
    found = LAW.speed_factor(
        np.array([hour * 3600]), np.array([SETTINGS.index(setting)], dtype=np.int8), np.array([bad])
    )
    assert found[0] == pytest.approx(factor)
