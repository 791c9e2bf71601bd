"""Drones bring information, never water: nest, flight, weather, endurance, recharge, and what they report.

The nest stands at the brigade's station. Ordered at 90 s, the drone is in the air at 165 s and flies straight at
15 m/s: D km away it is over the scene at 165 + 66.7 D seconds.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import NOON_S, Call, Place, Played, build, play, region, station_class

AIR = {"platform": True, "nests_per_brigade": 1}
LAND = region((Place("甲乡"),), (("一站", "class1", 0.0, 0.0),))
NEST = "一站大队机巢1 drone"
ONE_ENGINE = {"dispatch.run_cards.residential_fire": ({"engine": 1},) * 3}


def fire(km: float = 3.0, after_s: float = 0.0, **more: Any) -> Call:
    more.setdefault("limited", True)
    return Call("residential_fire", NOON_S - 300 + after_s, (km, 0.0), **more)


def flown(played: Played, number: int = 0) -> bool:
    return "drone" in set(played.sent(number)["tier"])


# -- who flies, and how far ---------------------------------------------------------------------------------------


def test_drone_over_the_scene_is_not_a_first_arrival() -> None:
    # roads of a detour of 1.4, and 4 km of them at 10 m/s: 90 + 55 + 560 s; the drone flies the straight line
    world = build(LAND, {**ONE_ENGINE, "travel.detour.plain": 1.4}, AIR)
    played = play(world, fire(4.0))
    assert played.times(NEST)[:3] == pytest.approx((90, 165, 165 + 4000 / 15))
    row = played.incident()
    assert row["drone_s"] == pytest.approx(431.67, abs=0.01)
    assert (row["first_arrival_tier"], row["first_arrival_s"]) == ("professional", 705)
    assert played.sent().loc[NEST, ["crew", "route_m", "reason"]].tolist() == [0, 4000, "drone"]
    # and no water: the engine's, 120 s after it is there
    assert row["first_water_s"] == 825


def test_drone_turnout_has_its_own_random_draw() -> None:
    played = play(build(LAND, ONE_ENGINE, AIR), fire(unit_draws={"turnout": 1.0}))
    assert played.times(NEST)[1] == pytest.approx(90 + 75 * math.exp(0.4))


@pytest.mark.parametrize(
    ("km", "present", "weather", "levels", "flies"),
    [
        (3.9, 0.5, 0.0, AIR, True),
        (7.1, 0.5, 0.0, AIR, False),  # beyond the reach of 7 km
        (3.0, 0.94, 0.0, AIR, True),
        (3.0, 0.96, 0.0, AIR, False),  # one nest in twenty is out of order
        (3.0, 0.5, 0.83, AIR, True),
        (3.0, 0.5, 0.85, AIR, False),  # the foulest 16 % of the time
        (3.0, 0.5, 0.0, {"platform": False, "nests_per_brigade": 1}, False),  # nobody to send it
        (3.0, 0.5, 0.0, {"platform": True, "nests_per_brigade": 0}, False),
    ],
)
def test_drone_flies_only_in_range_in_order_in_fair_weather_and_on_the_platform(
    km: float, present: float, weather: float, levels: dict[str, Any], flies: bool
) -> None:
    played = play(build(LAND, ONE_ENGINE, levels), fire(km, unit_draws={"present": present}), weather=weather)
    assert flown(played) is flies


def test_social_assistance_gets_no_drone() -> None:
    played = play(build(LAND, levels=AIR), Call("social_assistance", km=(3.0, 0.0)))
    assert not flown(played)


# -- endurance, recharge, one sortie at a time --------------------------------------------------------------------


def test_drone_stays_until_the_crew_works_and_then_recharges() -> None:
    # 3 km: there at 365 s; the engine at 90 + 55 + 300 = 445; 300 s more, 200 s home, 1,800 s on the charger
    played = play(build(LAND, ONE_ENGINE, AIR), fire())
    assert played.times(NEST)[2:] == pytest.approx((365, 745, 745 + 200 + 1800))


def test_drone_returns_within_its_endurance() -> None:
    # a slow engine: 3 km at 1 m/s; the drone left at 165 s and must be home after 40 min: 165 + 2,400 − 200
    slow = {"travel.local_kmh.plain": 3.6, "travel.trunk_kmh.plain": 3.6}
    played = play(build(LAND, {**ONE_ENGINE, **slow}, AIR), fire())
    assert played.times(NEST)[3] == pytest.approx(2365)
    assert played.times(NEST)[4] == pytest.approx(2365 + 200 + 1800)


@pytest.mark.parametrize(("after_s", "flies"), [(60.0, False), (2600.0, False), (2700.0, True)])
def test_drone_flies_one_sortie_at_a_time(after_s: float, flies: bool) -> None:
    # ready again at 2,745 s; the second call's order comes 90 s after it
    played = play(build(LAND, ONE_ENGINE, AIR), fire(), fire(after_s=after_s))
    assert flown(played, 0)
    assert flown(played, 1) is flies


def test_next_nest_in_range_flies_when_the_first_is_out() -> None:
    land = region(sites=(("一站", "class1", 0.0, 0.0), ("二站", "class1", 6.0, 0.0)))
    played = play(build(land, ONE_ENGINE, AIR), fire(2.5), fire(2.5, after_s=60.0))
    assert NEST in played.sent(0).index
    assert "二站大队机巢1 drone" in played.sent(1).index


# -- what it sees -------------------------------------------------------------------------------------------------

FAR = region((Place("甲乡"),), (("一站", "class1", 12.0, 0.0), ("二站", "logistics", 0.0, 0.0)))


def far_away(levels: dict[str, Any], call: Call, **changes: Any) -> Played:
    """Return a call at 0.75 km: engines 11.25 km away, there at 90 + 55 + 1,125 = 1,270 s; a nest at 0 km, a drone

    over the scene at 90 + 75 + 50 = 215 s, which has reported at 275 s.
    """
    world = build(FAR, {**station_class("logistics", 0), **changes}, levels)
    return play(world, call)


def test_drone_sizes_up_a_false_alarm_before_the_crew_arrives() -> None:
    call = Call("false_alarm", km=(0.75, 0.0), reported=2)
    seen = far_away(AIR, call)
    assert seen.incident()["size_up_s"] == pytest.approx(275)
    # the first engine goes on to look; the second, 130 s on the road, turns round and is home at 405 s
    assert seen.sent().loc[["一站 engine 1", "一站 engine 2"], "outcome"].tolist() == ["arrived", "recalled"]
    assert seen.times("一站 engine 2")[3:] == pytest.approx((275, 405))
    blind = far_away({}, call)
    # unseen, both arrive at the same moment; nobody is left to recall
    assert blind.incident()["size_up_s"] == pytest.approx(1270 + 60)
    assert blind.sent()["outcome"].tolist() == ["arrived", "arrived"]


def test_drone_size_up_of_a_small_fire_recalls_units() -> None:
    call = Call("residential_fire", NOON_S - 300, (0.75, 0.0), severity=1, reported=2, limited=True)
    seen = far_away(AIR, call)
    # two engines for a small fire, three were sent
    engines = seen.sent()[seen.sent()["kind"] == "engine"]
    assert engines["outcome"].tolist() == ["arrived", "arrived", "recalled"]
    assert engines["released_s"].tolist()[2] == pytest.approx(275)
    assert far_away({}, call).sent()["outcome"].tolist() == ["arrived"] * 3


@pytest.mark.parametrize(("severity", "wait_s"), [(2, 0.0), (3, 180.0)])
def test_drone_calls_second_alarm_before_the_crew_arrives(severity: int, wait_s: float) -> None:
    call = Call("residential_fire", NOON_S - 300, (0.75, 0.0), severity=severity, reported=1)
    for levels, report in ((AIR, 275.0), ({}, 1330.0)):
        played = far_away(levels, call)
        more = played.sent()[played.sent()["reason"] == "second_alarm"]
        assert more["dispatched_s"].tolist() == pytest.approx([report + wait_s] * len(more))
        assert len(more) == severity - 1  # one engine; at severity 3 a tanker, too
        assert played.incident()["alarm_level"] >= 2  # the next alarm is another story
        assert played.incident()["size_up_s"] == pytest.approx(report)


def test_drone_confirms_a_correct_report_without_size_up() -> None:
    played = far_away(AIR, Call("residential_fire", NOON_S - 300, (0.75, 0.0), severity=2))
    assert set(played.sent()["reason"]) == {"run_card", "drone"}
    assert math.isnan(played.incident()["size_up_s"])


@pytest.mark.parametrize(("switch", "size_up_s"), [("recall", 275), ("by_drone", 1330)])
def test_drone_changes_nothing_when_its_rules_are_off(switch: str, size_up_s: float) -> None:
    call = Call("false_alarm", km=(0.75, 0.0), reported=2)
    played = far_away(AIR, call, **{f"dispatch.size_up.{switch}": False})
    assert flown(played)
    assert "recalled" not in set(played.sent()["outcome"])
    assert played.incident()["size_up_s"] == pytest.approx(size_up_s)
