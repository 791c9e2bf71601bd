"""Persons on duty: vacancies, the AB roster, day and night, crews before vehicles. Binomial quantiles by hand.

A shift's roster mark m says how good its luck is: the persons present are the least n with P(at most n) > m.
"""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest
from helpers.small_world import NOON_S, Call, Place, Played, build, play, region, station_class, unified

from sim.calendar import DAY_S, HOUR_S
from sim.simulation.prepare.rosters import Rosters
from sim.world.forces import ROSTER_SLOTS

LAND = region(sites=(("一站", "class2", 0.0, 0.0),))
TOWN = region((Place("甲镇", "town"),), (("一站", "class1", 30.0, 0.0),))


def at_most(persons: int, of: int, chance: float) -> float:
    """Return P(X <= persons) of a binomial number by its definition."""
    return sum(comb(of, k) * chance**k * (1 - chance) ** (of - k) for k in range(persons + 1))


def many_engines(roster: float, gain: float = 0.0, crew: int = 20, **changes: Any) -> list[int]:
    """Return the crews that a station with six engines sends to a fire that asks for six."""
    own = {
        **station_class("class2", crew, engine=6),
        "dispatch.run_cards.residential_fire": ({"engine": 6},) * 3,
    }
    own["forces.professional.availability"] = 0.85
    world = build(LAND, {**own, **changes}, {"availability_gain": gain})
    call = Call("residential_fire", NOON_S - 300, (1.0, 0.0), limited=True)
    return [int(crew) for crew in play(world, call, roster=roster).sent()["crew"]]


@pytest.mark.parametrize(
    ("roster", "gain", "present", "crews"),
    [
        (0.5, 0.0, 17, [6, 6, 5]),  # (17 + 2) // 6 = 3 crews, the last with what is left
        (0.1, 0.0, 15, [6, 6]),  # 15: a third crew of three is none
        (0.9, 0.0, 19, [6, 6, 6]),
        (0.5, 0.10, 19, [6, 6, 6]),  # careers: 0.95 of them are there
        (0.01, 0.10, 16, [6, 6, 4]),
    ],
)
def test_vacancies_reduce_the_crews_of_a_professional_station(
    roster: float, gain: float, present: int, crews: list[int]
) -> None:
    chance = 0.85 + gain
    assert at_most(present - 1, 20, chance) <= roster < at_most(present, 20, chance)
    assert many_engines(roster, gain) == crews


def test_full_availability_has_everybody_present() -> None:
    assert many_engines(0.5, **{"forces.professional.availability": 1.0}) == [
        6,
        6,
        6,
    ]  # 20 persons: two are over


def test_roster_too_small_for_a_crew_sends_nobody() -> None:
    assert many_engines(0.5, crew=0) == []
    assert many_engines(0.5, crew=3) == []  # three of them are no crew


def team(roster: float, hour: float = 12.0, **changes: Any) -> Played:
    """Return a fire in a town with a team, on the platform, the brigade 30 km away."""
    call = Call("vehicle_fire", hour * 3600 - 300, limited=True)
    return play(build(TOWN, changes, unified()), call, roster=roster)


@pytest.mark.parametrize(("staff", "roster", "crew"), [(5, 0.3, 4), (10, 0.3, 8), (5, 0.8, 5)])
def test_half_of_a_township_team_is_on_duty(staff: int, roster: float, crew: int) -> None:
    """AB roster: five of ten; with all ten on duty at once twice as many come."""
    assert at_most(crew - 1, staff, 0.85) <= roster < at_most(crew, staff, 0.85)
    sent = team(roster, **{"forces.township.staff": staff}).sent()
    assert sent.loc["甲镇专职队 engine 1", "crew"] == crew


@pytest.mark.parametrize(("hour", "crew"), [(12.0, 4), (22.0, 3)])
def test_township_team_is_smaller_at_night(hour: float, crew: int) -> None:
    # 0.85 × 0.7 = 0.595 at night: P(at most 2) = 0.324, P(at most 3) = 0.672
    chance = 0.85 if hour == 12.0 else 0.595
    assert at_most(crew - 1, 5, chance) <= 0.5 < at_most(crew, 5, chance)
    played = team(0.5, hour, **{"forces.township.night_factor": 0.7})
    assert played.sent().loc["甲镇专职队 engine 1", "crew"] == crew


def test_tanker_uses_one_of_the_stations_crews() -> None:
    """Fourteen persons are two crews: engine and tanker go, the second engine stays though six persons are left."""
    changes = {
        **station_class("class2", 14, engine=2, tanker=1),
        "dispatch.run_cards.residential_fire": ({"engine": 1, "tanker": 1},) * 3,
    }
    call = Call("residential_fire", NOON_S - 300, (1.0, 0.0), limited=True)
    played = play(build(LAND, changes), call, Call("social_assistance", NOON_S + 60))
    assert played.sent(0)["crew"].tolist() == [6, 4]
    assert played.incident(1)["short"] == 1


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    """Patrol cars without staff at weekends: Saturday at 02:00 is Friday's night, Monday at 02:00 is Sunday's."""
    changes = {"forces.patrol.weekend_factor": 0.0, "forces.patrol.post_present": 1.0}
    world = build(TOWN, changes, {"patrol_share": 1.0})
    rosters = Rosters(np.full((30, ROSTER_SLOTS), 0.5), world.forces, world.config)
    saturday = 3  # every year begins on a Wednesday
    times = [(0, 2.0), (0, 12.0), (1, 2.0), (2, 2.0), (2, 12.0)]
    on_duty = rosters.of(np.array([(saturday + day) * DAY_S + hour * HOUR_S for day, hour in times]))
    (car,) = world.forces.by_tier["patrol"].tolist()
    assert (on_duty.table[on_duty.row, car] > 0).tolist() == [True, False, False, False, True]
