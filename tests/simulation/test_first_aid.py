"""First aid before the brigade: micro stations on foot, patrol cars with a reel, occupants.

Slow growth: 0.00293 t² kW, so 500 kW (2 m²), the largest that first aid puts out, after 413.1 s. The brigade is 20 km
away. On the unified platform an order comes after 70 s; a post 1 km away is there at 70 + 45 + 240 = 355 s and
applies its extinguishers 60 s later, at 415 s. Discovery is off.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import Call, Place, Played, build, play, region, unified

UNIFIED = unified()
STREET = region(
    (Place("甲街道", "subdistrict", setting="urban", committees=1),), (("一站", "class1", 20.0, 0.0),)
)
RULES = {
    "dispatch.run_cards.residential_fire": ({"engine": 1},) * 3,
    "fireground.discovery.enabled": False,
}


def street(
    km: float = 0.9, growth: str = "slow", changes: dict[str, Any] | None = None, **draws: float
) -> Played:
    """Return a fire so far from the post, with the mark 0.3 of those that first aid puts out (0.45)."""
    call = Call("residential_fire", km=(km, 0.0), growth=growth, draws={"first_aid": 0.3, **draws})
    return play(build(STREET, {**RULES, **(changes or {})}, UNIFIED), call)


def test_micro_station_puts_out_a_small_fire() -> None:
    # 0.9 km: 70 + 45 + 216 = 331 there, 391 applied: 0.00293 × 391² = 447.9 kW, 1.792 m²
    row = street().incident()
    assert row["first_arrival_s"] == pytest.approx(331)
    assert row["first_water_s"] == row["control_s"] == pytest.approx(391)
    assert row["burnt_m2"] == pytest.approx(1.79178, rel=1e-4)


@pytest.mark.parametrize(
    ("km", "growth", "changes", "draws", "why"),
    [
        (1.05, "slow", {}, {}, "applied at 427 s to 534 kW: too large"),
        (0.9, "medium", {}, {}, "391 s of medium growth is past flashover"),
        (0.9, "slow", {}, {"first_aid": 0.46}, "not among the 45 % that can be put out"),
        (0.9, "slow", {"fireground.growth.out_by_first_aid": 0.0}, {"first_aid": 0.0}, "switched off"),
        (0.9, "slow", {"fireground.growth.first_aid_s": 120.0}, {}, "applied at 451 s"),
        (0.9, "slow", {"forces.micro.per_committee": 0.0}, {}, "nobody near"),
        (0.9, "slow", {}, {"obstructed": 0.1, "obstruction": 0.0}, "the blocked lane costs them 45 s, too"),
    ],
)
def test_first_aid_fails_when_a_condition_is_missing(
    km: float, growth: str, changes: dict[str, Any], draws: dict[str, float], why: str
) -> None:
    row = street(km, growth, changes, **draws).incident()
    # the brigade: 70 + 55 + 1,910 or so + 120, and 180 for the lane
    assert row["first_water_s"] > 1900, why
    assert row["control_s"] >= row["first_water_s"], why


def test_brigade_still_attends_a_fire_put_out_by_first_aid() -> None:
    played = street()
    # control at 391 s, mop-up 2,400 s, 1.79 m² turned over by one crew at 2 m² a minute in 53.75 s
    assert played.incident()["closed_s"] == pytest.approx(391 + 2400 + 53.75, abs=0.01)
    # 70 + 55 + 1,910: it goes on, checks, and stays to the end
    assert played.times("一站 engine 1")[2:4] == pytest.approx((2035, 2844.75), abs=0.01)
    assert played.sent().loc["一站 engine 1", "outcome"] == "arrived"


# -- patrol cars: 0.3 m³ through a reel of 1 L/s, a sixth of a nozzle: 1.67 m² ------------------------------------

TOWNSHIP = region((Place("甲乡"),), (("一站", "class1", 20.0, 0.0),))
CARS = {"patrol_share": 1.0, **UNIFIED}


def patrolled(km: float, **more: Any) -> Played:
    """Return a fire so far from the parked car, with a mark beyond those that first aid puts out."""
    return play(build(TOWNSHIP, RULES, CARS), Call("residential_fire", km=(km, 0.0), **more))


def test_patrol_car_controls_a_small_fire_with_its_reel() -> None:
    # 70 + 120 + 1 km / 11.5 m/s = 276.96 there, reel after 60 s: 0.00293 × 336.96² = 332.7 kW, 1.331 m² < 1.667
    row = patrolled(1.0, growth="slow").incident()
    assert row["first_water_s"] == row["control_s"] == pytest.approx(336.957, abs=0.001)
    assert row["burnt_m2"] == pytest.approx(1.3307, rel=1e-4)
    assert row["first_capable_tier"] == "professional"


def test_reel_slows_but_does_not_control_a_larger_fire() -> None:
    # 3 km: 510.9 s: 764.7 kW, 3.06 m²: what is not held (1.39 m²) doubles until its 300 s of water are gone,
    # then all of it; 17 km away, the engine has water at 70 + 55 + 1700 + 120 = 1945
    row = patrolled(3.0, growth="slow").incident()
    first = 70 + 120 + 300 / 1.15 + 60
    assert row["first_water_s"] == pytest.approx(first)
    held = 10 / 6
    area = 0.00293 * first**2 / 250
    area = held + (area - held) * 2 ** (300 / 360)
    area = area * 2 ** ((1945 - first - 300) / 360)
    assert area == pytest.approx(36.8, abs=0.1)  # more than the engine's 20 m²
    assert row["control_s"] > 1945
    # unattacked, 4 m² burn at 584.2 s and 55 m² at 1,945 s: the reel has helped
    assert area < 4 * 2 ** ((1945 - math.sqrt(1000 / 0.00293)) / 360)


def test_patrol_car_crew_gives_first_aid() -> None:
    # with the mark 0.3 the car's crew puts out what the reel alone would not hold, up to 500 kW:
    # 1.6 km: 389.1 s: 443.7 kW, 1.775 m²
    there = 70 + 120 + 160 / 1.15 + 60
    by_hand = patrolled(1.6, growth="slow", draws={"first_aid": 0.3}).incident()
    assert by_hand["control_s"] == pytest.approx(there)
    assert by_hand["burnt_m2"] == pytest.approx(0.00293 * there**2 / 250)
    assert patrolled(1.6, growth="slow").incident()["control_s"] > there


def test_reel_without_water_on_board_does_nothing() -> None:
    dry = play(
        build(TOWNSHIP, {**RULES, "forces.patrol.water_m3": 0.0}, CARS),
        Call("residential_fire", km=(1.0, 0.0), growth="slow"),
    ).incident()
    assert dry["control_s"] > 336.957
