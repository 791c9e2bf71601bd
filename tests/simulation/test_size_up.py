"""The size-up of the first officer and its effects: recall, second alarm, field command post, specialists.

Roads are driven at 10 m/s; an order at 90 s, on the road at 145 s; the report comes 60 s after the first arrival.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import NOON_S, Call, Place, Played, build, play, region, station_class, unified

NEAR_AND_FAR = region(
    (Place("甲乡"),),
    (
        ("一站", "small", 3.0, 0.0),
        ("二站", "class2", -9.0, 0.0),
        ("三站", "class2", -15.0, 0.0),
        ("四站", "logistics", 0.0, 20.0),
    ),
)
CREWS = {
    **station_class("small", 6, engine=1),
    **station_class("class2", 6, engine=1),
    **station_class("logistics", 6, tanker=1),
}


def fire(severity: int, reported: int, **more: Any) -> Call:
    more.setdefault("limited", severity == 1)
    return Call("residential_fire", NOON_S - 300, severity=severity, reported=reported, **more)


def happens(
    call: Call, changes: dict[str, Any] | None = None, levels: dict[str, Any] | None = None
) -> Played:
    """Return a fire at 0 km: 一站 there at 445 s, 二站 at 1,045 s, 三站 at 1,645 s; the report at 505 s."""
    return play(build(NEAR_AND_FAR, {**CREWS, **(changes or {})}, levels), call)


# -- less than reported -------------------------------------------------------------------------------------------


def test_size_up_recalls_units_that_are_not_needed() -> None:
    # three engines were sent to a fire told as serious; a small one needs two
    played = happens(fire(1, 2))
    assert played.incident()["size_up_s"] == pytest.approx(505)
    assert played.sent()["outcome"].tolist() == ["arrived", "withdrawn", "recalled"]
    # 三站: 360 s on the road, so 360 s home
    assert played.times("三站 engine 1")[3:] == pytest.approx((505, 865))
    # 二站, kept by the size-up, turns back when 一站's water has it under control, at 445 + 120 s
    assert played.times("二站 engine 1")[3:] == pytest.approx((565, 565 + 420))
    assert played.incident()["recalled"] == 2


def test_unit_on_scene_is_not_recalled() -> None:
    """The third engine, not needed, is there at 485 s, before the first officer's report at 505 s."""
    sites = (("一站", "small", 3.0, 0.0), ("二站", "small", -3.2, 0.0), ("三站", "small", 3.4, 0.0))
    played = play(build(region(sites=sites), CREWS), fire(1, 2))
    assert played.sent()["outcome"].tolist() == ["arrived"] * 3
    assert played.times("三站 engine 1")[2] == pytest.approx(485)


def test_units_are_not_recalled_before_control_when_recall_is_off() -> None:
    played = happens(fire(1, 2), {"dispatch.size_up.recall": False})
    assert played.sent()["outcome"].tolist() == ["arrived", "withdrawn", "withdrawn"]
    assert played.times("三站 engine 1")[3] == pytest.approx(565)


def test_recalled_unit_can_be_dispatched_en_route() -> None:
    # 三站's engine turns round 3.6 km from its station; at 605 s it is 2.6 km from it, at −12.4 km: a call there,
    # made 90 s before, finds it on the spot
    call = Call("social_assistance", NOON_S + 515, (-12.4, 0.0))
    world = build(NEAR_AND_FAR, CREWS)
    played = play(world, fire(1, 2), call)
    assert played.sent(1).index.tolist() == ["三站 engine 1"]
    assert played.times("三站 engine 1", 1)[:3] == pytest.approx((90, 90, 90))
    stay = play(build(NEAR_AND_FAR, {**CREWS, "dispatch.en_route": False}), fire(1, 2), call)
    assert stay.times(stay.sent(1).index[0], 1)[1] == pytest.approx(145)


def test_recall_keeps_the_only_capable_crew() -> None:
    """A team of three is there, no crew of four: the brigade's first engine goes on, its others are recalled."""
    land = region((Place("甲镇", "town"),), (("一站", "class1", 30.0, 0.0),))
    changes = {
        "forces.township.staff": 3,
        "forces.township.availability": 1.0,
        "dispatch.run_cards.residential_fire": ({"engine": 1}, {"engine": 3}, {"engine": 3}),
        "dispatch.local_teams.residential_fire": (2, 2, 2),
    }
    played = play(build(land, changes, unified()), fire(1, 2))
    # the team of the town reports at 70 + 90 + 60 = 220 s; the brigade, 30 km away, has rolled for 95 s
    assert played.sent()["crew"].tolist() == [6, 6, 6, 3]
    assert played.sent()["outcome"].tolist() == ["arrived", "recalled", "recalled", "arrived"]
    assert played.incident()["first_capable_tier"] == "professional"


def test_two_crews_of_three_with_breathing_apparatus_make_a_crew_of_four() -> None:
    land = region(
        (Place("甲镇", "town"), Place("乙镇", "town", km=(3.0, 0.0))), (("一站", "class1", 30.0, 0.0),)
    )
    changes = {
        "forces.township.staff": 3,
        "forces.township.availability": 1.0,
        "dispatch.local_teams.residential_fire": (2, 2, 2),
    }
    row = play(build(land, changes, unified()), fire(1, 1)).incident()
    assert (row["first_arrival_s"], row["first_capable_s"]) == (70 + 90, 70 + 90 + 300)
    assert row["first_capable_tier"] == "township"


# -- worse than reported ------------------------------------------------------------------------------------------


def second_alarm(played: Played) -> list[tuple[str, float]]:
    more = played.sent()[played.sent()["reason"] == "second_alarm"]
    return [(str(name), float(time)) for name, time in more["dispatched_s"].items()]


def test_serious_fire_calls_second_alarm_at_size_up() -> None:
    # two engines came for a small fire; a serious one needs three: the third is ordered at 505 s
    played = happens(fire(2, 1))
    assert second_alarm(played) == [("三站 engine 1", pytest.approx(505))]
    assert played.incident()["alarm_level"] == 2
    # on the road for 5 s when 一站's water holds the fire's 12 m², at 565 s
    assert played.times("三站 engine 1")[3:] == pytest.approx((565, 570))
    assert math.isnan(played.incident()["full_force_s"])
    # where the work takes its hour whatever burns, it arrives, and the force of a serious fire is complete
    working = happens(fire(2, 1), {"fireground.growth.enabled": False})
    assert working.times("三站 engine 1")[1:3] == pytest.approx((560, 2060))
    assert working.incident()["full_force_s"] == pytest.approx(2060)


@pytest.mark.parametrize(("command_post", "request_s"), [(False, 180.0), (True, 90.0)])
def test_command_post_shortens_the_second_alarm_of_a_major_fire(command_post: bool, request_s: float) -> None:
    # a tanker besides the third engine
    played = happens(fire(3, 1), levels={"command_post": command_post})
    ordered = pytest.approx(505 + request_s)
    assert second_alarm(played) == [("三站 engine 1", ordered), ("四站 tanker 1", ordered)]
    # the command post makes no difference to a serious one
    assert second_alarm(happens(fire(2, 1), levels={"command_post": command_post}))[0][1] == pytest.approx(
        505
    )


def test_incident_served_late_can_call_a_second_alarm() -> None:
    """The only engine, away until 2,845 s, brings its water to a hall of thousands of m² at 3,620 s.

    The officer looks 60 s after the report of 3,560 s and asks for more, which nobody has: that waits in turn.
    """
    changes = {
        **station_class("small", 6, engine=1),
        "dispatch.run_cards.premises_fire": ({"engine": 1},) * 3,
        "dispatch.alarms.after_s": 60.0,
        "dispatch.en_route": False,
        "fireground.discovery.enabled": False,
    }
    hall = Call("premises_fire", NOON_S + 300, (6.0, 0.0), draws={"cluster": 0.27})
    world = build(region(sites=(("一站", "small", 0.0, 0.0),)), changes)
    played = play(world, Call("social_assistance", NOON_S, (6.0, 0.0)), hall)
    row = played.incident(1)
    assert played.times("一站 engine 1", 1)[0] == 2_845 - 300
    assert row["first_water_s"] == pytest.approx(3_620 - 300)
    assert row["alarm_level"] == 2
    assert row["short"] > 1


def test_no_second_alarm_when_escalation_is_off() -> None:
    played = happens(fire(3, 1), {"dispatch.size_up.escalate": False})
    assert played.incident()["alarm_level"] == 1
    assert second_alarm(played) == []
    assert math.isnan(played.incident()["full_force_s"])  # the card of a major fire is never filled


def test_correct_report_calls_no_second_alarm() -> None:
    played = happens(fire(2, 2))
    assert played.incident()["alarm_level"] == 1
    assert played.sent()["reason"].tolist() == ["run_card"] * 3


def test_first_arrival_sizes_up_unless_it_is_a_micro_station() -> None:
    """A township engine's leader can size up; two neighbours with extinguishers cannot."""
    land = region(
        (Place("甲镇", "town", committees=1), Place("乙镇", "town", km=(40.0, 0.0))),
        (("一站", "class1", 12.0, 0.0),),
    )
    played = play(build(land, levels=unified()), fire(2, 1))
    # post: 70 + 45 + 0; team: 70 + 90 + 0 = 160 there, report at 220
    assert played.incident()["first_arrival_tier"] == "micro"
    assert played.incident()["size_up_s"] == pytest.approx(220)


# -- specialists of a second alarm --------------------------------------------------------------------------------

PLANT: dict[str, Any] = {
    "dispatch.run_cards.hazmat_rescue": (
        {"hazmat": 1},
        {"hazmat": 1, "chemical_team": 1},
        {"hazmat": 1, "chemical_team": 1},
    ),
    "forces.specialists": {"chemical": "二站"},
    **station_class("small", 6, hazmat=1),
}


def leak(**draws: float) -> Call:
    return Call("hazmat_rescue", severity=3, reported=1, draws=draws)


def test_specialists_come_by_mutual_aid_until_equipped_locally() -> None:
    before = happens(leak(), PLANT)
    # asked for at 505 + 180 s, there 6,000 s later (51 km); only then can the work begin
    assert before.times("外市增援 chemical team")[:4] == pytest.approx((685, 685, 6685, 6685 + 10800))
    after = happens(leak(), PLANT, {"specialist_kit": True})
    assert after.times("二站 chemical team")[:4] == pytest.approx((685, 740, 1640, 1640 + 10800))
    nobody = happens(leak(), {**PLANT, "forces.mutual_aid.enabled": False})
    assert nobody.incident()["short"] == 1
    assert nobody.incident()["closed_s"] == pytest.approx(445 + 10800)


def test_mutual_aid_time_has_its_own_random_draw() -> None:
    found = happens(leak(mutual=-1.0), PLANT).times("外市增援 chemical team")
    assert found[2] == pytest.approx(685 + 900 + 5100 * math.exp(-0.3))


def test_mutual_aid_turns_back_at_control() -> None:
    changes = {
        "dispatch.run_cards.highrise_fire": ({"engine": 1}, {"engine": 1}, {"engine": 1, "highrise_team": 1})
    }
    played = happens(Call("highrise_fire", NOON_S - 300, severity=3, reported=1, limited=True), changes)
    # 一站's water after stairs: 445 + 120 + 210 = 775 s; 90 s on the road, 90 s back, 1,200 s of cleaning not
    row = played.sent().loc["外市增援 highrise team"]
    assert (row["outcome"], row["released_s"], row["ready_s"]) == ("withdrawn", 775, 775 + 90)
