"""Delays between arrival and first water: blocked lanes by setting, and stairs of a high-rise.

The engine is there at 90 + 55 + 200 = 345 s and has water 120 s later, at 465 s, if nothing is in its way.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import Call, Place, build, play, region

RULES = {
    "dispatch.run_cards.residential_fire": ({"engine": 1},) * 3,
    "fireground.discovery.enabled": False,
}
FREE_S = 465.0


def first_water(
    kind: str,
    setting: str = "urban",
    changes: dict[str, Any] | None = None,
    cleared: float = 0.0,
    **draws: float,
) -> float:
    """Return seconds from the call to first water at a fire that limits itself."""
    land = region((Place("甲街道", "subdistrict", setting=setting),), (("一站", "class1", 2.0, 0.0),))
    world = build(land, {**RULES, **(changes or {})}, {"lanes_cleared": cleared})
    row = play(world, Call(kind, limited=True, draws=draws)).incident()
    assert row["first_arrival_s"] == 345  # obstruction is after arrival
    return float(row["first_water_s"])


@pytest.mark.parametrize(
    ("setting", "mark", "blocked"),
    [
        ("urban", 0.19, True),
        ("urban", 0.21, False),
        ("town", 0.19, True),
        ("plain", 0.24, True),
        ("plain", 0.26, False),
        ("mountain", 0.24, True),
    ],
)
def test_share_of_blocked_lanes_depends_on_setting(setting: str, mark: float, blocked: bool) -> None:
    found = first_water("residential_fire", setting, obstructed=mark)
    assert found == pytest.approx(FREE_S + (180 if blocked else 0))


def test_blocked_lane_delay_is_log_normal() -> None:
    # z = 1: 180 × e^0.8 = 400.6 s
    found = first_water("residential_fire", obstructed=0.0, obstruction=1.0)
    assert found == pytest.approx(FREE_S + 180 * math.exp(0.8))


@pytest.mark.parametrize(("mark", "blocked"), [(0.09, True), (0.11, False)])
def test_cleared_lanes_reduce_the_share_of_blocked_lanes(mark: float, blocked: bool) -> None:
    # half of them cleared: 0.2 × 0.5
    found = first_water("residential_fire", cleared=0.5, obstructed=mark)
    assert found == pytest.approx(FREE_S + (180 if blocked else 0))


@pytest.mark.parametrize("kind", ["vehicle_fire", "outdoor_fire"])
def test_outdoor_and_vehicle_fires_have_no_blocked_lanes(kind: str) -> None:
    assert first_water(kind, obstructed=0.0) == pytest.approx(FREE_S)


@pytest.mark.parametrize(
    ("floor_mark", "luck", "climb_s"),
    [
        (0.5, 0.0, 60 + 15 * 10),  # floor 1 + ⌊0.5 × 18⌋ = 10
        (0.0, 0.0, 60 + 15 * 1),
        (0.999, 0.0, 60 + 15 * 18),
        (0.5, 1.0, 210 * 1.3),  # a coefficient of variation of 0.3
        (0.5, -5.0, 210 * 0.2),  # never below a fifth
    ],
)
def test_high_rise_delay_depends_on_the_floor(floor_mark: float, luck: float, climb_s: float) -> None:
    found = first_water("highrise_fire", floor=floor_mark, vertical=luck)
    assert found == pytest.approx(FREE_S + climb_s)


def test_lane_and_stairs_delays_add_up_and_can_be_switched_off() -> None:
    both = {"obstructed": 0.0, "floor": 0.5}
    assert first_water("highrise_fire", **both) == pytest.approx(FREE_S + 180 + 210)
    off = {"fireground.access.enabled": False}
    assert first_water("highrise_fire", changes=off, **both) == pytest.approx(FREE_S)


def test_light_vehicle_has_a_quarter_of_the_lane_delay_and_all_of_the_stairs() -> None:
    """A patrol car's reel: there at 90 + 150 + 120 = 360 s, reel after 60 s, a quarter of the lane's 180 s."""
    land = region((Place("甲街道", "subdistrict", setting="urban"),), (("一站", "class1", 20.0, 0.0),))
    world = build(land, RULES, {"patrol_share": 1.0})
    for kind, extra in (("residential_fire", 45.0), ("highrise_fire", 45.0 + 210.0)):
        row = play(world, Call(kind, limited=True, draws={"obstructed": 0.0})).incident()
        assert row["first_arrival_tier"] == "patrol"
        assert row["first_water_s"] == pytest.approx(360 + 60 + extra)
