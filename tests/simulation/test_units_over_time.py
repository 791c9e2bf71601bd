"""Units over several incidents: busy, returning, pending needs, mutual aid. Roads are driven at 10 m/s.

A social call at noon is dispatched at 90 s, its crew turns out at 145 s, works 1,500 s and is ready at home; after a
rescue or a fire, 1,200 s of recovery follow.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import (
    FIRE_CARD,
    HOUR_S,
    NOON_S,
    Call,
    Place,
    build,
    play,
    region,
    social,
    station_class,
    unified,
)

from sim.config.groups.forces import ComplementConfig
from sim.simulation.dispatch.fleet import Fleet

LAND = region(sites=(("一站", "small", 0.0, 0.0),))
ONE_CREW = station_class("small", 6, engine=1)
TWO_CREWS = station_class("small", 12, engine=2)
STAY = {"dispatch.en_route": False}


def test_unit_is_ready_at_home_after_a_call_without_recovery() -> None:
    played = play(build(LAND, ONE_CREW), social())
    # 90 + 55 + 600 = 745 there, 1500 s of work, 600 s home
    assert played.times("一站 engine 1") == (90, 145, 745, 2245, 2845)
    assert played.incident()["closed_s"] == 2245


def test_unit_recovers_at_home_after_a_rescue() -> None:
    world = build(LAND, station_class("small", 6, rescue=1))
    played = play(world, Call("traffic_rescue", km=(6.0, 0.0)))
    # 2700 s of work, 600 s home, 1200 s to clean and refill
    assert played.times("一站 rescue 1") == (90, 145, 745, 3445, 5245)


def test_returning_unit_is_dispatched_from_its_position() -> None:
    # Released at 2245 at 6 km. The second order comes 200 s later, when it is at 4 km: 2 km or 200 s to a scene
    # at 2 km; the second engine would need 57.5 s of turnout and 200 s.
    calls = [social(), social(2245 + 200 - 90, km=2.0)]
    played = play(build(LAND, TWO_CREWS), *calls)
    assert played.sent(1).index.tolist() == ["一站 engine 1"]
    dispatched, left, arrived, *_ = played.times("一站 engine 1", 1)
    assert (dispatched, left, arrived) == (90, 90, 290)
    assert played.sent(1).loc["一站 engine 1", "route_m"] == pytest.approx(2000)
    # its first turn ends there: a unit is in one place at a time, and busy once
    assert played.times("一站 engine 1", 0)[3:] == (2245, 2445)
    stayed = play(build(LAND, {**TWO_CREWS, **STAY}), *calls)
    assert stayed.times("一站 engine 2", 1)[:3] == (90, 145, 345)
    assert stayed.times("一站 engine 1", 0)[3:] == (2245, 2845)


def test_returning_unit_is_found_across_grid_cells() -> None:
    # Released at 2245 at 1 km, home to the east. 100 s later it is at 2 km, and 3 km away is an incident at -1 km,
    # in another square of the grid by which units on the road are found; the second engine would drive 11 km.
    land = region(sites=(("一站", "small", 10.0, 0.0),))
    out = 90 + 55 + 900 + 1500  # seconds from the first call to the release
    played = play(build(land, TWO_CREWS), social(km=1.0), social(out + 100 - 90, km=-1.0))
    assert played.sent(1).index.tolist() == ["一站 engine 1"]
    assert played.times("一站 engine 1", 1)[:3] == pytest.approx((90, 90, 390))


def test_returning_unit_keeps_its_crew_when_dispatched() -> None:
    # ten persons: engine 1 leaves with 6, engine 2 with 4; engine 2, released first, is sent on
    world = build(
        LAND, {**station_class("small", 10, engine=2), "dispatch.run_cards.standby": ({"engine": 1},) * 3}
    )
    played = play(world, Call("standby", km=(6.0, 0.0)), social(60.0), social(60.0 + 2245 + 100 - 90))
    assert played.sent(1)["crew"].tolist() == [4]
    assert played.sent(2).index.tolist() == ["一站 engine 2"]
    assert played.sent(2)["crew"].tolist() == [4]


def test_returning_team_outside_the_platform_is_not_dispatched() -> None:
    """In 2023 the centre commands the brigade alone, also when a team's engine is nearer on its way home."""
    land = region((Place("甲镇", "town"),), (("一站", "class1", 30.0, 0.0),))
    world = build(land, {"dispatch.run_cards.residential_fire": ({"engine": 2},) * 3})
    # a false alarm at 10 km: the team hears of it and rolls, the size-up by ... the brigade comes from 20 km
    # the team arrives first (90 + 150 + 90 + 1000 = 1330), reports at 1390; it is released at 1930 and rolls home
    played = play(
        world,
        Call("false_alarm", km=(10.0, 0.0)),
        Call("social_assistance", NOON_S + 1930 + 100 - 90, km=(9.0, 0.0)),
    )
    team = "甲镇专职队 engine 1"
    assert played.times(team, 0)[2:] == pytest.approx((1330, 1930, 2930))
    assert played.sent(1)["station"].tolist() == ["一站"]


def test_team_outside_the_platform_is_relayed_but_does_not_fill_the_need() -> None:
    """The brigade's only engine is out: the fire waits for it, and the town's team comes because it was told."""
    land = region((Place("甲镇", "town"),), (("一站", "small", 20.0, 0.0),))
    world = build(land, {**ONE_CREW, **STAY, **FIRE_CARD})
    played = play(
        world, social(km=26.0), Call("residential_fire", NOON_S + 300, (1.0, 0.0), limited=True, severity=2)
    )
    reasons = played.sent(1)["reason"].to_dict()
    assert reasons["甲镇专职队 engine 1"] == "relay"
    assert played.incident(1)["short"] == 1


def test_unit_recalled_on_its_second_trip_returns_from_its_position() -> None:
    # Unified: orders after 70 s. A tanker at a call 20 km away: there at 70 + 55 + 2000 = 2125, released at 3625.
    # Order to a false alarm at 10 km that sounds like two engines, at 3745: the tanker, 120 s on its way home, is at
    # 18.8 km, 880 s away; the station's engine needs 57.5 + 1000 s. That of the station at (10, 2) is there first.
    land = region(sites=(("一站", "small", 0.0, 0.0), ("二站", "class2", 10.0, 2.0)))
    changes = {
        **station_class("small", 12, engine=1, tanker=1),
        **station_class("class2", 6, engine=1),
        "dispatch.run_cards.social_assistance": ({"tanker": 1},) * 3,
    }
    played = play(
        build(land, changes, unified()),
        social(0.0, km=20.0),
        Call("false_alarm", NOON_S + 3675, (10.0, 0.0), reported=2),
    )
    assert played.sent(1).index.tolist() == ["二站 engine 1", "一站 tanker 1"]
    # engine: 70 + 55 + 200 = 325 there, report at 385: the tanker has driven 315 s and is at 15.65 km
    row = played.sent(1).loc["一站 tanker 1"]
    assert (row["outcome"], row["released_s"]) == ("recalled", pytest.approx(385))
    assert row["ready_s"] == pytest.approx(385 + 1565)


# -- needs that nobody free can meet ------------------------------------------------------------------------------


def test_pending_needs_are_served_by_priority() -> None:
    # The only engine is away until 2845 (see above). A standby call comes at 600 s, a fire at 1200 s.
    # The fire is the more urgent: its engine is ordered at 2845, the standby waits for the engine's next return.
    world = build(LAND, {**ONE_CREW, **STAY, **FIRE_CARD})
    played = play(
        world,
        social(),
        Call("standby", NOON_S + 600, (6.0, 0.0)),
        Call("residential_fire", NOON_S + 900, (6.0, 0.0), limited=True),
    )
    fire, standby = played.sent(2), played.sent(1)
    assert fire["reason"].tolist() == standby["reason"].tolist() == ["waited"]
    dispatched, left, arrived, _, ready = played.times("一站 engine 1", 2)
    assert (dispatched, left, arrived) == (2845 - 1200, 1700, 2300)  # seconds after the fire's call at 1200 s
    # the standby's order comes when the engine is back and clean again
    assert played.times("一站 engine 1", 1)[0] == pytest.approx(1200 + ready - 600)
    assert played.incidents["short"].tolist() == [0, 1, 1]
    # the engine was the nearest, but not free
    row = played.incident(2)
    assert math.isnan(row["free_min"])
    # expected: mean turnout 55·e^0.045 and 600 s
    assert row["nearest_min"] * 60 == pytest.approx(55 * math.exp(0.045) + 600)


def test_pending_needs_of_equal_priority_are_served_in_order_of_call() -> None:
    world = build(LAND, {**ONE_CREW, **STAY})
    played = play(world, social(), social(500), social(400))
    # sorted by onset: number 1 called at 400, number 2 at 500
    assert played.times("一站 engine 1", 1)[0] == 2845 - 400
    assert played.times("一站 engine 1", 2)[0] == pytest.approx(2845 + 55 + 600 + 1500 + 600 - 500)


def test_simultaneous_pending_needs_are_both_served() -> None:
    """Two fires of one account, sized up at the same instant, ask for further engines that are not there."""
    land = region((Place("甲乡"),), (("一站", "small", 0.0, 0.0), ("二站", "small", 12.0, 0.0)))
    changes = {
        **station_class("small", 6, engine=1),
        "dispatch.run_cards.vehicle_fire": ({"engine": 1}, {"engine": 2}, {"engine": 2}),
    }
    calls = [
        Call("vehicle_fire", NOON_S, (km, 0.0), severity=2, reported=1, limited=True) for km in (5.0, 7.0)
    ]
    played = play(build(land, changes), *calls)
    assert played.incidents["short"].tolist() == [1, 1]
    assert played.incidents["closed_s"].notna().all()


def test_cancelled_need_does_not_block_the_queue() -> None:
    """The ladder is out until 2,845 s (see above); a standby and a burning car wait for it, the car as the more urgent.

    The first crew at the car reports that it needs no ladder, so the standby, called at 1,000 s, has it at 2,845 s.
    """
    cards = {
        "social_assistance": ({"ladder": 1},) * 3,
        "standby": ({"ladder": 1},) * 3,
        "vehicle_fire": ({"engine": 1}, {"engine": 1, "ladder": 1}, {"engine": 1, "ladder": 1}),
    }
    changes = {
        **station_class("small", 12, engine=1, ladder=1),
        **STAY,
        **{f"dispatch.run_cards.{kind}": card for kind, card in cards.items()},
    }
    played = play(
        build(LAND, changes),
        social(),
        Call("standby", NOON_S + 1_000, (6.0, 0.0)),
        Call("vehicle_fire", NOON_S + 1_900, (2.0, 0.0), severity=1, reported=2, limited=True),
    )
    car = played.incident(2)
    called = car["time_s"] - NOON_S
    assert car["short"] == 1
    assert (
        2_245 < called + car["size_up_s"] < 2_845 < called + car["closed_s"]
    )  # between the job's end and the return
    assert played.times("一站 ladder 1", 0)[4] == pytest.approx(2_845)
    assert played.times("一站 ladder 1", 1)[0] == pytest.approx(2_845 - 1_000)


def test_returning_crew_mans_an_engine_for_a_pending_need() -> None:
    """One crew for two vehicles: out with the ladder until 2,845 s (see above) while a standby waits for the engine."""
    changes = {
        **station_class("small", 6, engine=1, ladder=1),
        **STAY,
        "dispatch.run_cards.social_assistance": ({"ladder": 1},) * 3,
        "dispatch.run_cards.standby": ({"engine": 1},) * 3,
    }
    played = play(build(LAND, changes), social(), Call("standby", NOON_S + 600, (6.0, 0.0)))
    assert played.times("一站 ladder 1", 0)[4] == 2_845
    assert played.times("一站 engine 1", 1)[0] == 2_845 - 600


def test_unmeetable_need_does_not_block_queue() -> None:
    """Nobody has a hazmat vehicle; the engine, the second of the needs, comes when it is back at 2,845 s (see above)."""
    changes = {
        **ONE_CREW,
        **STAY,
        "dispatch.run_cards.residential_fire": ({"hazmat": 1, "engine": 1},) * 3,
    }
    played = play(
        build(LAND, changes), social(), Call("residential_fire", NOON_S + 300, (6.0, 0.0), limited=True)
    )
    assert played.incident(1)["short"] == 2
    assert played.times("一站 engine 1", 1)[0] == 2_845 - 600


def test_only_a_unit_or_crew_that_fits_a_pending_need_helps() -> None:
    """A unit helps by itself or by the crew that it brings back to a vehicle that stands ready."""
    land = region(sites=(("一站", "class1", 0.0, 0.0), ("二站", "small", 12.0, 0.0)))
    changes = {
        **station_class("class1", 12, engine=1, ladder=1),
        "forces.professional.classes.small": ComplementConfig({"engine": 1}, 6),
    }
    world = build(land, changes)
    fleet = Fleet(world.forces)
    engine, ladder, other = (
        next(unit.index for unit in world.forces.units if unit.name == name)
        for name in ("一站 engine 1", "一站 ladder 1", "二站 engine 1")
    )
    for unit, ready in ((engine, 500.0), (other, 300.0)):
        fleet.send(unit)
        fleet.release(unit, ready)
    assert fleet.helps(engine, ["engine"])
    assert fleet.helps(engine, ["ladder"])  # the ladder stands there: with the engine comes a crew
    assert not fleet.helps(other, ["ladder"])
    assert not fleet.helps(engine, ["tanker"])  # nobody has one
    assert fleet.next_ready(100.0, ["ladder"]) == 500
    assert fleet.next_ready(100.0, ["ladder", "engine"]) == 300
    fleet.send(ladder)
    fleet.release(ladder, 900.0)
    assert not fleet.helps(engine, ["ladder"])  # it brings a crew, but there is no ladder before 900 s
    assert fleet.next_ready(100.0, ["ladder"]) == 900
    assert (
        fleet.next_ready(600.0, ["engine"]) == 900
    )  # the engine is back, and the ladder's crew could man it
    assert fleet.next_ready(600.0, ["tanker"]) == math.inf


def test_unmet_need_is_lost_when_queue_is_loss() -> None:
    world = build(LAND, {**ONE_CREW, "dispatch.queue": "loss"})
    played = play(world, social(), social(600), social(4000))
    assert [len(played.sent(number)) for number in range(3)] == [1, 0, 1]
    assert played.incidents["short"].tolist() == [0, 1, 0]
    lost = played.incident(1)
    assert math.isnan(lost["first_arrival_s"])
    assert lost["first_arrival_tier"] is None or lost["first_arrival_tier"] != lost["first_arrival_tier"]
    assert math.isfinite(lost["closed_s"])


def test_lost_call_has_no_size_up_and_no_second_alarm() -> None:
    """A lost call has no size-up, so there is no second alarm either."""
    card = {"dispatch.run_cards.residential_fire": ({"engine": 1}, {"engine": 1}, {"engine": 2})}
    world = build(LAND, {**ONE_CREW, **card, "dispatch.queue": "loss"})
    call = Call("residential_fire", NOON_S, (6.0, 0.0), severity=3, reported=1)
    played = play(world, social(), call)
    row = played.incident(1)
    assert (row["alarm_level"], row["short"]) == (1, 1)
    assert math.isnan(row["size_up_s"])


# -- specialists and mutual aid -----------------------------------------------------------------------------------

CHEMICAL: dict[str, Any] = {
    "dispatch.run_cards.hazmat_rescue": ({"hazmat": 1}, {"hazmat": 1}, {"hazmat": 1, "chemical_team": 1}),
    "forces.specialists": {"chemical": "一站"},
    **station_class("special", 18, hazmat=1, engine=1),
}
PLANT = region(sites=(("一站", "special", 0.0, 0.0),))


def test_specialist_team_comes_by_mutual_aid_until_there_is_a_local_one() -> None:
    call = Call("hazmat_rescue", km=(6.0, 0.0), severity=3)
    away = play(build(PLANT, CHEMICAL), call)
    # 90 + 5400 s of mutual aid; work (10800 s) begins when the specialists are there
    assert away.times("外市增援 chemical team")[:4] == (90, 90, 5490, 16290)
    assert away.sent().loc["外市增援 chemical team", "reason"] == "mutual_aid"
    assert away.times("外市增援 chemical team")[4] == 16290 + 5400 + 1200  # back as long, and cleaned
    assert away.incident()["first_professional_s"] == 745
    assert away.incident()["full_force_s"] == 5490
    home = play(build(PLANT, CHEMICAL, {"specialist_kit": True}), call)
    assert home.times("一站 chemical team")[:4] == (90, 145, 745, 745 + 10800)
    assert "外市增援 chemical team" not in home.sent().index


def test_nobody_waits_for_a_team_that_never_comes() -> None:
    """Neither a hazmat vehicle nor a chemical team is in the city, and at a serious leak no other city is asked."""
    changes = {
        "dispatch.run_cards.hazmat_rescue": (
            {"engine": 1},
            {"engine": 1, "hazmat": 1, "chemical_team": 1},
            {"engine": 1},
        ),
        "forces.specialists": {},
        **station_class("special", 18, engine=1),
    }
    row = play(build(PLANT, changes), Call("hazmat_rescue", km=(6.0, 0.0), severity=2)).incident()
    assert (row["short"], row["closed_s"]) == (2, 745 + 10800)


def test_work_goes_on_without_specialists_when_mutual_aid_is_off() -> None:
    world = build(PLANT, {**CHEMICAL, "forces.mutual_aid.enabled": False})
    played = play(world, Call("hazmat_rescue", km=(6.0, 0.0), severity=3))
    row = played.incident()
    assert (row["short"], row["closed_s"]) == (1, 745 + 10800)
    assert math.isnan(row["full_force_s"])


def test_specialist_team_uses_one_of_the_stations_crews() -> None:
    # twelve persons, two crews: hazmat and specialists go, the engine stays
    changes = {**CHEMICAL, **station_class("special", 12, hazmat=1, engine=1)}
    world = build(PLANT, changes, {"specialist_kit": True})
    played = play(world, Call("hazmat_rescue", km=(6.0, 0.0), severity=3), social(60))
    assert played.sent(0).index.tolist() == ["一站 hazmat 1", "一站 chemical team"]
    assert played.incident(1)["short"] == 1


# -- surges -------------------------------------------------------------------------------------------------------


def test_burst_of_calls_waits_for_units() -> None:
    world = build(LAND, TWO_CREWS)
    burst = play(world, *[social(10.0 * n, km=6.0) for n in range(6)])
    ordinary = play(world, *[social(n * HOUR_S, km=6.0) for n in range(6)])
    assert burst.incidents["short"].sum() == 4
    assert ordinary.incidents["short"].sum() == 0
    # two engines serve in turns of 1500 s, at the same place: there at 745, 2245 and 3745 s
    assert burst.incidents["first_arrival_s"].tolist() == [
        745,
        735 + 10,
        2245 - 20,
        2255 - 30,
        3745 - 40,
        3755 - 50,
    ]
    assert ordinary.incidents["first_arrival_s"].tolist() == [745] * 6
    assert burst.incidents["open_incidents"].tolist() == [0, 1, 2, 3, 4, 5]
    assert ordinary.incidents["open_incidents"].tolist() == [0] * 6
