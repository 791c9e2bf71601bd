"""Which units are sent and when they arrive: tiers, platform, crews, rosters. Distances are driven at 10 m/s.

A call at noon is dispatched after 90 s (fragmented) or 70 s (unified). Turnout medians: professional 55 s, township
90 s, volunteer 300 s, micro 45 s, patrol car 120 s parked and 10 s on the move, civil 900 s; the relay takes 150 s.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.small_world import (
    HOUR_S,
    NOON_S,
    Call,
    Place,
    Played,
    build,
    play,
    region,
    run,
    station_class,
    unified,
    workload,
)

ONE_ENGINE = {"dispatch.run_cards.residential_fire": ({"engine": 1},) * 3}
UNIFIED = unified()


def fire(km: float = 1.0, hour: float = 12.0, **unit_draws: float) -> Call:
    """Return a small dwelling fire called in at an hour (300 s after ignition by day)."""
    return Call("residential_fire", hour * HOUR_S - 300, (km, 0.0), limited=True, unit_draws=unit_draws)


def units(played: Played, number: int = 0) -> list[str]:
    return played.sent(number).index.tolist()


# -- the platform -------------------------------------------------------------------------------------------------

TOWN = region((Place("甲镇", "town"),), (("一站", "class1", 10.0, 0.0),))
HAMLET = region((Place("甲乡", "township"),), (("一站", "class1", 10.0, 0.0),))


def test_fragmented_dispatch_sends_the_brigade_and_relays_to_teams() -> None:
    played = play(build(TOWN), fire())
    # brigade: 90 + 55 + 9 km / 10 m/s = 1045; team: 90 + 150 + 90 + 100 = 430, four of five there
    assert units(played) == ["一站 engine 1", "一站 engine 2", "甲镇专职队 engine 1"]
    assert played.times("一站 engine 1")[:3] == (90, 145, 1045)
    assert played.times("甲镇专职队 engine 1")[:3] == pytest.approx((90, 330, 430))
    sent = played.sent()
    assert sent["reason"].tolist() == ["run_card", "run_card", "relay"]
    assert sent["crew"].tolist() == [6, 6, 4]
    assert sent["route_m"].tolist() == [9000, 9000, 1000]
    row = played.incident()
    assert (row["first_arrival_tier"], row["first_arrival_s"]) == ("township", pytest.approx(430))
    assert (row["first_capable_tier"], row["first_capable_s"]) == ("township", pytest.approx(430))
    assert row["first_professional_s"] == 1045


def test_unified_dispatch_sends_the_nearest_team_at_once_beside_the_brigade() -> None:
    played = play(build(TOWN, ONE_ENGINE, UNIFIED), fire())
    # team: 70 + 90 + 100 = 260; the brigade: 70 + 55 + 900 = 1025
    assert units(played) == ["一站 engine 1", "甲镇专职队 engine 1"]
    assert played.times("甲镇专职队 engine 1")[:3] == pytest.approx((70, 160, 260))
    assert played.times("一站 engine 1")[:3] == pytest.approx((70, 125, 1025))
    assert set(played.sent()["reason"]) == {"run_card"}


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("severity", [1, 2, 3])
def test_no_other_tier_replaces_the_brigade(share: float, severity: int) -> None:
    """What the brigade sends follows from type and severity, whoever else is nearer or on the platform."""
    call = replace(fire(), severity=severity, limited=severity == 1)
    sent = play(build(TOWN, levels=unified(share)), call).sent()
    assert (sent["tier"] == "professional").sum() == [2, 3, 4][severity - 1]


def test_teams_beside_the_brigade_come_to_types_that_ask_for_them() -> None:
    assert units(play(build(TOWN, levels=UNIFIED), Call("social_assistance"))) == ["一站 engine 1"]
    asked = {"dispatch.local_teams.social_assistance": (1, 1, 1)}
    helped = play(build(TOWN, asked, UNIFIED), Call("social_assistance"))
    assert units(helped) == ["一站 engine 1", "甲镇专职队 engine 1"]


def test_team_expected_after_the_brigade_is_not_sent() -> None:
    # at 9 km the team is expected after 997 s, the brigade after 158 s
    assert "甲镇专职队 engine 1" not in units(play(build(TOWN, levels=UNIFIED), fire(9.0)))


def test_team_is_the_same_on_the_platform_and_off_it() -> None:
    """Two towns, one team asked for: the nearer is rung up, and the farther, which is on the platform, stays."""
    towns = (Place("甲镇", "town"), Place("乙镇", "town", (3.0, 0.0)))
    land = region(towns, (("一站", "class1", 20.0, 0.0),))
    world = build(land, ONE_ENGINE)
    mixed = replace(
        world.forces,
        stations=tuple(
            replace(station, integrated=station.integrated or station.name == "乙镇专职队")
            for station in world.forces.stations
        ),
    )
    assert units(play(replace(world, forces=mixed), fire())) == ["一站 engine 1", "甲镇专职队 engine 1"]
    assert units(play(build(land, ONE_ENGINE, UNIFIED), fire())) == ["一站 engine 1", "甲镇专职队 engine 1"]


@pytest.mark.parametrize(("heard", "told"), [(0.01, False), (0.03, True)])
def test_relay_fails_for_a_share_of_teams(heard: float, told: bool) -> None:
    # a full-time team misses 2 % of the relays; on the platform it misses none
    assert ("甲镇专职队 engine 1" in units(play(build(TOWN), fire(heard=heard)))) is told
    assert "甲镇专职队 engine 1" in units(play(build(TOWN, levels=UNIFIED), fire(heard=heard)))


def test_relay_goes_only_to_teams_expected_before_the_brigade() -> None:
    # at 9 km: team 90·e^0.08 + 900 = 997 s expected; brigade 55·e^0.045 + 100 = 158 s
    assert units(play(build(TOWN), fire(9.0))) == ["一站 engine 1", "一站 engine 2"]
    # the relay counts: at 4.5 km, team 97 + 450 = 547, brigade 58 + 550 = 608: not after 150 s of relay
    assert units(play(build(TOWN), fire(4.5))) == ["一站 engine 1", "一站 engine 2"]
    assert len(units(play(build(TOWN, {"dispatch.relay.delay.scale": 30.0}), fire(4.5)))) == 3


def test_volunteers_go_only_if_enough_turn_up() -> None:
    land = {"forces.volunteer.kinds": ("township",)}
    played = play(build(HAMLET, land), fire())
    # 90 + 150 + 300 + 100 = 640; six of eight turn up (median of the binomial with 0.7)
    assert played.times("甲乡志愿队 pump")[:3] == pytest.approx((90, 540, 640))
    assert played.sent().loc["甲乡志愿队 pump", "crew"] == 6
    # P(at most 1 of 8) = 0.0013, P(at most 2) = 0.0113: at 0.001 one comes, too few; at 0.005 two
    assert "甲乡志愿队 pump" not in units(play(build(HAMLET, land), fire(present=0.001)))
    two = play(build(HAMLET, land), fire(present=0.005))
    assert two.sent().loc["甲乡志愿队 pump", "crew"] == 2
    # two with a pump are there first, but the first capable crew is the brigade's
    assert (two.incident()["first_arrival_tier"], two.incident()["first_capable_tier"]) == (
        "volunteer",
        "professional",
    )


def test_relay_to_volunteers_uses_travel_times_of_the_weather() -> None:
    """At half the speed: 300·e^0.125 + 150 + 200 s a km against 55·e^0.045 + 200 s a km from 10 km: up to 3.9 km."""
    foul = {"travel.bad_weather_share": 0.5, "travel.bad_weather_factor": 0.5}
    world = build(HAMLET, {"forces.volunteer.kinds": ("township",), **foul})
    for km, weather, told in ((2.5, 0.1, True), (3.5, 0.1, False), (3.5, 0.9, True), (5.0, 0.9, False)):
        assert ("甲乡志愿队 pump" in units(play(world, fire(km), weather=weather))) == told, (km, weather)


def test_route_length_follows_the_metric() -> None:
    for metric, metres in (("euclid", 5000.0), ("manhattan", 7000.0)):
        played = play(build(HAMLET, {"travel.metric": metric}), fire(1.0))
        story, orders = played.stories[0], played.response.dispatcher.orders
        seconds, distance = orders.trip(story.batch, story.row, 1000.0 - 3000.0, -4000.0)
        assert (distance, seconds) == pytest.approx((metres, metres / 10))


def test_need_that_no_unit_can_meet_is_not_waited_for() -> None:
    """No station has a ladder: the need is short for ever, nobody comes, and the incident is over all the same."""
    cards = {"dispatch.run_cards.social_assistance": ({"ladder": 1},) * 3}
    played = play(
        build(HAMLET, {**station_class("class1", 12, engine=2), **cards}), Call("social_assistance")
    )
    row = played.incident()
    assert (row["short"], len(played.sent())) == (1, 0)
    assert np.isfinite(row["closed_s"])


# -- crews and rosters --------------------------------------------------------------------------------------------


def test_ladder_uses_the_crew_of_the_engine() -> None:
    """Eight persons man one of the two vehicles; fourteen man both."""
    land = region(sites=(("一站", "small", 0.0, 0.0), ("二站", "class2", 30.0, 0.0)))
    for crew, second in ((8, "二站 engine 1"), (14, "一站 engine 1")):
        changes = {
            **station_class("small", crew, engine=1, ladder=1),
            **ONE_ENGINE,
            "dispatch.run_cards.other_rescue": ({"ladder": 1},) * 3,
        }
        played = play(build(land, changes), Call("other_rescue", NOON_S - 400), fire())
        assert units(played, 0) == ["一站 ladder 1"]
        assert played.sent(0).loc["一站 ladder 1", "crew"] == 4
        assert units(played, 1) == [second]


def test_last_crew_may_be_two_persons_short() -> None:
    # ten persons: (10 + 2) // 6 = 2 crews, of 6 and of 4; the third engine stays, though it is there
    land = region(sites=(("一站", "small", 0.0, 0.0),))
    changes = {
        **station_class("small", 10, engine=3),
        "dispatch.run_cards.residential_fire": ({"engine": 3},) * 3,
    }
    played = play(build(land, changes), fire())
    assert played.sent()["crew"].tolist() == [6, 4]
    assert played.incident()["short"] == 1


@pytest.mark.parametrize(
    ("roster", "gain", "crew"),
    [
        (0.5, 0.0, 4),  # median of Binomial(5, 0.85)
        (0.5, 0.1, 5),  # career protection: 0.95
        (0.01, 0.0, 2),  # P(at most 1) = 0.0022, P(at most 2) = 0.0266
        (0.001, 0.0, 0),  # one person takes no engine out
    ],
)
def test_township_team_needs_enough_persons_present(roster: float, gain: float, crew: int) -> None:
    world = build(TOWN, levels={"availability_gain": gain})
    played = play(world, fire(), roster=roster)
    team = played.sent()[played.sent()["tier"] == "township"]
    assert team["crew"].tolist() == ([crew] if crew else [])
    # a fire needs a crew of four
    assert played.incident()["first_capable_tier"] == ("township" if crew >= 4 else "professional")


@pytest.mark.parametrize(("staff", "crews"), [(5, [5]), (7, [6]), (10, [6, 4]), (14, [6, 6])])
def test_township_team_sends_as_many_engines_as_crews(staff: int, crews: list[int]) -> None:
    """The same five cannot take two engines: a second one goes with those whom the first leaves at the house.

    A telephone call brings one of them out, the platform as many as the card asks for.
    """
    changes = {
        "forces.township.vehicles": 2,
        "forces.township.staff": staff,
        "forces.township.availability": 1.0,
        "dispatch.local_teams.residential_fire": (2, 2, 2),
    }
    for levels, out in ((None, crews[:1]), (UNIFIED, crews)):
        sent = play(build(TOWN, changes, levels), fire()).sent()
        assert sent[sent["station"] == "甲镇专职队"]["crew"].tolist() == out


def test_day_and_night_shifts_have_separate_rosters() -> None:
    """Shifts change at 8 and 20 h: row 0 is the first night, row 1 the first day, row 2 the night after."""
    calls = [fire(hour=hour) for hour in (7.9, 8.0, 19.9, 20.0, 31.9, 32.0)]
    work = workload(calls)
    rows = np.zeros_like(work.roster)
    rows[1] = 0.5
    rows[3] = 0.5
    # the order is given 90 s after the call, so 7.9 h and 19.9 h are well before the change
    played = run(build(TOWN), replace(work, roster=rows))
    there = [(played.sent(n)["tier"] == "township").any() for n in range(6)]
    assert there == [False, True, True, False, False, True]


def test_township_team_has_fewer_persons_at_night() -> None:
    # by night 0.85 × 0.2 = 0.17 of five: the median is one person, too few
    world = build(TOWN, {"forces.township.night_factor": 0.2})
    assert "甲镇专职队 engine 1" in units(play(world, fire(hour=12)))
    assert "甲镇专职队 engine 1" not in units(play(world, fire(hour=22)))


def test_professional_turnout_is_longer_at_night() -> None:
    world = build(HAMLET, ONE_ENGINE)
    # asleep at 23 h, awake (0.85) here, so that only the turnout differs: 15 s at night
    call = replace(fire(hour=23.5), draws={"asleep": 0.85})
    assert play(world, call).times("一站 engine 1")[1] == 90 + 55 + 15
    assert play(world, fire(hour=12)).times("一站 engine 1")[1] == 90 + 55


def test_turnout_and_travel_have_their_own_random_draws() -> None:
    # z = 1: turnout 55·e^0.3 = 74.24; trip noise with mean 1: e^(0.25 − 0.03125) = 1.2445 times 900 s
    world = build(HAMLET, {**ONE_ENGINE, "travel.noise_sd_log": 0.25})
    _, left, arrived, *_ = play(world, fire(turnout=1.0, travel=1.0)).times("一站 engine 1")
    assert left == pytest.approx(90 + 55 * np.exp(0.3))
    assert arrived - left == pytest.approx(900 * np.exp(0.25 - 0.25**2 / 2), rel=1e-6)


# -- micro stations -----------------------------------------------------------------------------------------------

STREET = region(
    (Place("甲街道", "subdistrict", setting="urban", committees=1),), (("一站", "class1", 10.0, 0.0),)
)
POST = "甲街道微型站1 crew"


def test_micro_station_walks_after_a_relay_or_an_order() -> None:
    # 1 km at 15 km/h is 240 s: 90 + 150 + 45 + 240 = 525 by relay; 70 + 45 + 240 = 355 on the platform
    by_relay = play(build(STREET), fire())
    assert by_relay.times(POST)[:3] == pytest.approx((90, 285, 525))
    assert by_relay.sent().loc[POST, ["reason", "crew", "tier"]].tolist() == ["relay", 2, "micro"]
    at_once = play(build(STREET, levels=UNIFIED), fire())
    assert at_once.times(POST)[:3] == pytest.approx((70, 115, 355))
    row = at_once.incident()
    assert row["first_arrival_tier"] == "micro"
    assert row["first_capable_tier"] == "professional"  # two on foot are no crew with a pump


@pytest.mark.parametrize(
    ("km", "detour", "hour", "heard", "comes"),
    [
        (1.4, 1.0, 12, 0.5, True),
        (1.6, 1.0, 12, 0.5, False),  # beyond 1.5 km
        (1.4, 1.35, 12, 0.5, False),  # 1.4 km as the crow flies, 1.89 km by road
        (1.0, 1.0, 22, 0.5, False),  # 0.5 is within the 0.7 manned by day, not within 0.42 by night
        (1.0, 1.0, 12, 0.2, False),  # 0.3 never hear
    ],
)
def test_micro_station_needs_radius_presence_and_relay(
    km: float, detour: float, hour: float, heard: float, comes: bool
) -> None:
    world = build(STREET, {"travel.detour.urban": detour})
    assert (POST in units(play(world, fire(km, hour, heard=heard)))) is comes


def test_at_most_two_micro_stations_are_sent() -> None:
    street = replace(STREET.townships[0], committees=3)
    world = build(replace(STREET, townships=(street,)))
    assert (play(world, fire(0.0)).sent()["tier"] == "micro").sum() == 2


# -- patrol cars --------------------------------------------------------------------------------------------------

PATROLLED = region(
    (
        Place("甲乡", more_cells=((3.0, 0.0, 1000.0),)),
        Place("乙乡", km=(5.0, 0.0)),
    ),
    (("一站", "class1", 20.0, 0.0),),
)
CARS = {"patrol_share": 1.0}
CAR = "甲乡巡逻车 car"


def test_parked_patrol_car_starts_from_the_township_seat() -> None:
    # 90 + 150 + 120 + 3 km / 11.5 m/s = 620.87
    played = play(build(PATROLLED, levels=CARS), fire(3.0))
    assert played.times(CAR)[:3] == pytest.approx((90, 360, 360 + 300 / 1.15))
    row = played.incident()
    assert row["first_arrival_tier"] == "patrol"
    assert row["first_capable_tier"] == "professional"  # never capable
    assert played.sent().loc[CAR, "reason"] == "relay"
    _, _, _, released, ready = played.times(CAR)
    assert ready == pytest.approx(released + 300)  # home at 10 m/s, without lights, and nothing to clean


def test_patrol_car_returns_to_the_seat_after_an_incident_on_its_beat() -> None:
    played = play(build(PATROLLED, levels=CARS), fire(3.0, position=0.2))
    _, _, _, released, ready = played.times(CAR)
    assert ready == pytest.approx(released + 300)


def test_mobile_patrol_car_starts_from_its_beat() -> None:
    # 0.2 < 0.25: on the move, at rank 0.2 / 0.25 = 0.8 of the township's people: the second cell, at 3 km
    played = play(build(PATROLLED, levels=CARS), fire(3.0, position=0.2))
    assert played.times(CAR)[:3] == pytest.approx((90, 250, 250))
    # rank 0.1 / 0.25 = 0.4: in the first cell, at 0 km
    played = play(build(PATROLLED, levels=CARS), fire(3.0, position=0.1))
    assert played.times(CAR)[:3] == pytest.approx((90, 250, 250 + 300 / 1.15))


@pytest.mark.parametrize(
    ("hour", "staffed_hours", "comes"),
    [
        (7.9, 12, False),
        (8.0, 12, True),
        (19.9, 12, True),
        (20.0, 12, False),
        (3.0, 24, True),
        (3.0, 18, False),
    ],
)
def test_patrol_car_is_sent_only_in_its_staffed_hours(hour: float, staffed_hours: float, comes: bool) -> None:
    world = build(PATROLLED, {"forces.patrol.staffed_hours": staffed_hours}, CARS)
    call = Call("traffic_rescue", hour * HOUR_S, (3.0, 0.0))
    assert (CAR in units(play(world, call))) is comes


def test_patrol_car_needs_two_of_three_posts_on_duty() -> None:
    # Binomial(3, 0.8): P(at most 1) = 0.104, so at 0.2 two are there and at 0.05 one
    assert CAR in units(play(build(PATROLLED, levels=CARS), fire(3.0), roster=0.2))
    assert CAR not in units(play(build(PATROLLED, levels=CARS), fire(3.0), roster=0.05))


def test_patrol_car_of_a_neighbour_is_sent_only_on_the_platform() -> None:
    # a fire at 4 km in 甲乡 (seat at 0): the neighbour's car at 5 km is nearer
    call = replace(fire(4.0), cell=1)
    alone = play(build(PATROLLED, levels=CARS), call)
    assert [name for name in units(alone) if "car" in name] == [CAR]
    together = play(build(PATROLLED, levels={**CARS, **UNIFIED}), call)
    assert [name for name in units(together) if "car" in name] == ["乙乡巡逻车 car"]
    assert together.sent().loc["乙乡巡逻车 car", "reason"] == "first_aid"
    # 70 + 120 + 1 km / 11.5 m/s
    assert together.times("乙乡巡逻车 car")[2] == pytest.approx(190 + 100 / 1.15)


# -- civil teams --------------------------------------------------------------------------------------------------


def test_only_one_civil_team_is_sent_to_a_water_rescue() -> None:
    land = region(
        (Place("甲乡"), Place("乙乡", km=(10.0, 0.0), county="乙县")), (("一站", "class1", 20.0, 0.0),)
    )
    world = build(land, {"forces.civil.per_county": 1})
    calls = [Call("water_rescue", NOON_S + 60 * n) for n in range(3)]
    played = play(world, *calls)
    # nearest first: 90 + 150 + 900 + 0 for the county's own, + 1000 for the neighbour's; nobody for the third
    assert played.times("甲县民间救援队1 team", 0)[:3] == pytest.approx((90, 1140, 1140))
    civil = [[name for name in units(played, n) if "team" in name] for n in range(3)]
    assert civil == [["甲县民间救援队1 team"], ["乙县民间救援队1 team"], []]
    assert played.times("乙县民间救援队1 team", 1)[2] == pytest.approx(2140)


def test_civil_team_can_be_sent_again_when_it_is_home() -> None:
    land = region(
        (Place("甲乡"), Place("乙乡", km=(10.0, 0.0), county="乙县")), (("一站", "class1", 20.0, 0.0),)
    )
    world = build(land, {"forces.civil.per_county": 1})
    played = play(world, *[Call("water_rescue", NOON_S + day * 24 * HOUR_S) for day in range(4)])
    assert all("甲县民间救援队1 team" in units(played, day) for day in range(4))
