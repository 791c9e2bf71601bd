"""Move-up: an engine covers a station that an incident has emptied. Roads are driven at 10 m/s.

A social call is dispatched 90 s after it comes in, its crew turns out after 55 s, works 1,500 s and is ready at home.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.small_world import FIRE_CARD, NOON_S, Call, build, play, region, social, station_class

from sim.config.groups.forces import ComplementConfig

PAIR = region(sites=(("一站", "small", 0.0, 0.0), ("二站", "class2", 12.0, 0.0)))
COVER = {
    **station_class("small", 6, engine=1),
    **station_class("class2", 18, engine=3),
    **FIRE_CARD,
    "dispatch.move_up.policy": "nearest",
    "dispatch.move_up.least_level": 1,
}


def long_fire(after_s: float = 0.0) -> Call:
    return Call("residential_fire", NOON_S - 300 + after_s, (0.0, 0.0), limited=True)


def test_engine_moves_up_to_a_station_emptied_by_an_incident() -> None:
    played = play(build(PAIR, COVER), long_fire(), social(1500, km=1.0))
    assert played.incident(0)["cover_moves"] == 1
    # 二站's last engine turns out (57.5 s expected) and drives 1200 s; it stands at 一站 from 1347.5 on.
    # The second order, at 1590, is its: 1590 + 55 + 100; from 二站 it would be 1590 + 55 + 1100.
    assert played.sent(1).index.tolist() == ["二站 engine 3"]
    assert played.times("二站 engine 3", 1)[:3] == (90, 145, 245)
    assert played.sent(1)["station"].tolist() == ["一站"]
    without = play(
        build(PAIR, {**COVER, "dispatch.move_up.policy": "none"}), long_fire(), social(1500, km=1.0)
    )
    assert without.times("二站 engine 1", 1)[:3] == (90, 145, 1245)


def test_moved_up_engine_returns_when_the_stations_own_engine_is_back() -> None:
    # the fire's engine is ready again after: control at 90 + 55 + 120 = 265, mop-up 2400 s, overhaul 1.2 m2 at
    # 2 m2 a minute and crew 36 s, home at once, recovery 1200 s: 3901. The engine that stood in is then 1200 s on
    # its way: of four calls at 5 km, ordered from 4200 on,
    # 一站's engine takes the first, 二站's two the next.
    played = play(build(PAIR, COVER), long_fire(), *[social(4110 + n, km=5.0) for n in range(4)])
    assert played.times("一站 engine 1", 0)[4] == 265 + 2400 + 36 + 1200
    names = [played.sent(n).index.tolist() for n in range(1, 5)]
    assert names[:3] == [["一站 engine 1"], ["二站 engine 1"], ["二站 engine 2"]]
    # it is home at 3901 + 1200 = 5101 and then sent to the one who waits (called at 4113)
    assert played.times("二站 engine 3", 4)[0] == pytest.approx(5101 - 4113)


def test_moved_up_engine_stays_when_an_engine_of_another_station_is_back() -> None:
    """The fire ends at 2,701 s. 三站's engine turned back before and is ready at 385 s; 一站's own is at 3,901 s."""
    land = region(
        sites=(("一站", "small", 0.0, 0.0), ("二站", "class2", 12.0, 0.0), ("三站", "small", 6.0, 0.0))
    )
    two = {"dispatch.run_cards.residential_fire": ({"engine": 2},) * 3}
    played = play(build(land, {**COVER, **two}), long_fire(), social(3000, km=1.0))
    assert played.times("三站 engine 1", 0)[4] == 385
    assert played.times("一站 engine 1", 0)[4] == 265 + 2400 + 36 + 1200
    assert played.times("二站 engine 3", 1)[:3] == (90, 145, 245)  # from 一站, a kilometre away


def test_engine_moves_up_to_a_station_whose_engine_has_no_crew() -> None:
    # 一站 has two engines and one crew: the fire takes the crew, the second engine stands there unmanned
    changes = {**COVER, **station_class("small", 6, engine=2)}
    played = play(build(PAIR, changes), long_fire(), social(1500, km=1.0))
    assert played.incident(0)["cover_moves"] == 1
    assert played.sent(1).index.tolist() == ["二站 engine 3"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"dispatch.move_up.least_min": 120.0}, "dwelling fires are not expected to take so long"),
        ({"dispatch.move_up.gain_min": 30.0}, "20 minutes of travel is no gain worth the move"),
        ({"dispatch.move_up.least_level": 2}, "a fire told as small calls for none"),
        (station_class("class2", 6, engine=3), "the only crew stays at home"),
    ],
)
def test_no_engine_moves_up_without_enough_time_gain_or_crews(change: dict[str, Any], why: str) -> None:
    played = play(build(PAIR, {**COVER, **change}), long_fire())
    assert played.incident()["cover_moves"] == 0, why


@pytest.mark.parametrize(("reported", "moves"), [(2, 0), (3, 1)])
def test_a_fire_told_as_major_calls_for_move_ups(reported: int, moves: int) -> None:
    fire = Call("residential_fire", NOON_S - 300, severity=3, reported=reported, limited=True)
    played = play(build(PAIR, {**COVER, "dispatch.move_up.least_level": 3}), fire)
    assert played.incident()["cover_moves"] == moves


def test_nearest_station_with_a_spare_engine_lends_it() -> None:
    """The nearest neighbour has nothing but a support vehicle."""
    land = region(
        sites=(("一站", "small", 0.0, 0.0), ("三站", "logistics", 10.0, 0.0), ("二站", "class2", 12.0, 0.0))
    )
    changes = {**COVER, "forces.professional.classes.logistics": ComplementConfig({"support": 1}, 6)}
    played = play(build(land, changes), long_fire(), social(1500, km=1.0))
    assert played.incident(0)["cover_moves"] == 1
    assert played.sent(1)["station"].tolist() == ["一站"]
    assert played.sent(1).index.tolist() == ["二站 engine 3"]


def test_station_with_two_engines_can_lend_one() -> None:
    played = play(build(PAIR, {**COVER, **station_class("class2", 12, engine=2)}), long_fire())
    assert played.incident(0)["cover_moves"] == 1


def test_moved_up_engine_is_available_only_after_arrival() -> None:
    """It stands at 一站 from 1,347.5 s on (see above): to an order at 590 s, 二站 sends another from home."""
    played = play(build(PAIR, COVER), long_fire(), social(500, km=1.0))
    assert played.sent(1).index.tolist() == ["二站 engine 1"]
    assert played.times("二站 engine 1", 1)[:3] == (90, 145, 1245)


@pytest.mark.parametrize(("ordered_s", "from_now"), [(4_799, True), (4_803, False)])
def test_busy_moved_up_engine_returns_only_when_free(ordered_s: float, from_now: bool) -> None:
    """The fire's engine is back at 3,901 s (see above), the one that stood in is out from 3,000 to 4,755 s.

    Every 300 s somebody looks whether it is free: at 4,801 s it leaves for home, 1,200 s away. Everybody else is out.
    """
    played = play(
        build(PAIR, COVER),
        long_fire(),
        social(3_000 - 90, km=1.0),
        *[social(4_300 - 90 + n, km=5.0) for n in range(3)],
        social(ordered_s - 90, km=1.0),
    )
    engine = "二站 engine 3"
    assert played.times(engine, 1)[4] == pytest.approx(4_755 - 2_910)
    ordered, *_ = played.times(engine, 5)
    assert ordered == pytest.approx(90 if from_now else 4_801 + 1_200 - (ordered_s - 90))
