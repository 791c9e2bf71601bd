"""Compliance table and DMEXCLP on three stations 12 km apart, each among its own people. Roads are driven at 10 m/s.

An engine is expected to turn out after 55 exp(0.3² / 2) = 57.5 s and to drive 12 km in 1,200 s. With a target of 10
minutes a station covers its own place alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.small_world import (
    FIRE_CARD,
    NOON_S,
    Call,
    Place,
    Played,
    build,
    play,
    region,
    social,
    station_class,
)

from sim.errors import SimError
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.move_up.compliance_table import ComplianceTable
from sim.simulation.dispatch.move_up.network import StationNetwork

PLACES = (
    Place("甲乡", population=500.0),
    Place("乙乡", km=(12.0, 0.0), population=3000.0),
    Place("丙乡", km=(24.0, 0.0), population=1500.0),
)
SITES = (("一站", "small", 0.0, 0.0), ("二站", "small", 12.0, 0.0), ("三站", "small", 24.0, 0.0))
LAND = region(PLACES, SITES)
TURNOUT_S = 55 * np.exp(0.3**2 / 2)
HOME_S = 265 + 2400 + 36 + 1200  # the fire's engine is ready again, after the call; see test_move_up_nearest
NAMES = ("一站", "二站", "三站")


def rules(policy: str, **more: Any) -> dict[str, Any]:
    return {
        **station_class("small", 6, engine=1), **FIRE_CARD, "dispatch.move_up.policy": policy,
        "dispatch.move_up.least_level": 1,
        **{f"dispatch.move_up.{name}": value for name, value in more.items()},
    }  # fmt: skip


def fire(km: float, after_s: float = 0.0) -> Call:
    return Call("residential_fire", NOON_S - 300 + after_s, (km, 0.0), cell=round(km / 12), limited=True)


def network(policy: str = "none", land: Any = LAND, **more: Any) -> StationNetwork:
    world = build(land, rules(policy, **more))
    return StationNetwork(world.forces, world.region, world.travel, world.config)


def moves(played: Played, number: int = 0) -> list[tuple[str, str]]:
    """Return unit and station of an incident's move-ups."""
    forces = played.response.fleet.forces
    story = next(story for story in played.stories if story.workload_row == number)
    return [(forces.units[m.unit].name, forces.stations[m.station].name) for m in story.move_ups]


# -- what a policy knows ------------------------------------------------------------------------------------------


def test_one_more_engine_counts_what_it_covers_while_the_others_are_busy() -> None:
    known = network(busy_share=0.2)
    second = known.names["二站"]
    assert known.marginal_coverage(known.cover([]), second) == pytest.approx(0.8 * 0.6)
    assert known.marginal_coverage(known.cover([second, second]), second) == pytest.approx(0.8 * 0.04 * 0.6)


@pytest.mark.parametrize(("target_min", "share"), [(10, 0.6), (20, 0.6), (21, 1.0)])
def test_a_station_covers_what_turnout_and_drive_reach(target_min: float, share: float) -> None:
    """The neighbouring places are reached after 57.5 + 1,200 s = 20.96 minutes."""
    known = network(target_min=target_min)
    assert known.demand[known.covered[known.names["二站"]]].sum() == pytest.approx(share)


# -- compliance table ---------------------------------------------------------------------------------------------


def test_greedy_table_adds_the_station_with_the_most_people_left() -> None:
    known = network()
    table = ComplianceTable(known)
    two, three, one = (known.names[name] for name in ("二站", "三站", "一站"))
    assert table.rows == {1: (two,), 2: (two, three), 3: (two, three, one)}


def test_row_for_more_engines_than_the_table_has_is_the_last() -> None:
    table = ComplianceTable(network(table={"1": ("三站",)}))
    assert table.row(5) == table.row(1) == (table.network.names["三站"],)
    assert table.row(0) == ()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"1": ("四站",)}, "names 四站, which is not in the region's stations.csv"),
        ({"2": ("一站", "一站")}, "must name as many stations as it says, each once, found 1"),
        ({"one": ("一站",)}, "must name as many stations"),
    ],
)
def test_table_that_does_not_fit_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(SimError, match=message):
        ComplianceTable(network(table=table))


@pytest.mark.parametrize("policy", ["compliance_table", "dmexclp"])
def test_engine_of_the_least_place_moves_to_the_empty_station_with_most_people(policy: str) -> None:
    played = play(build(LAND, rules(policy)), fire(12.0), social(1500, km=12.0))
    assert moves(played) == [("一站 engine 1", "二站")]
    # it stands in from 90 + 57.5 + 1,200 s after the fire's call at noon, and is ordered at 1,590 s
    assert played.sent(1).index.tolist() == ["一站 engine 1"]
    assert played.sent(1)["station"].tolist() == ["二站"]
    assert played.times("一站 engine 1", 1)[:3] == (90, 145, 145)


@pytest.mark.parametrize("policy", ["compliance_table", "dmexclp"])
def test_nobody_moves_when_the_least_place_loses_its_engine(policy: str) -> None:
    assert moves(play(build(LAND, rules(policy)), fire(0.0))) == []


def test_given_table_says_where_engines_stand() -> None:
    """With two engines free the table wants 一站 and 二站, so the engine of 三站 comes."""
    table = {"1": ("一站",), "2": ("一站", "二站"), "3": NAMES}
    played = play(build(LAND, rules("compliance_table", table=table)), fire(12.0))
    assert moves(played) == [("三站 engine 1", "二站")]


def test_moved_engine_goes_home_when_all_are_back() -> None:
    """The fire's engine is ready at 3,901 s after the call; then 一站's drives home, 1,200 s."""
    late = [social(4110 + n, km=12.0) for n in range(3)]
    played = play(build(LAND, rules("compliance_table")), fire(12.0), *late)
    names = [played.sent(n).index.tolist() for n in range(1, 4)]
    assert names[:2] == [["二站 engine 1"], ["三站 engine 1"]]
    assert names[2] == ["一站 engine 1"]  # waits until it is home, at 5,101 s
    assert played.times("一站 engine 1", 3)[0] == pytest.approx(HOME_S + 1200 - 4112)


# -- DMEXCLP ------------------------------------------------------------------------------------------------------


def test_a_second_engine_moves_before_an_only_one() -> None:
    """Of 三站's two engines one is worth 0.8 x 0.2 x 0.3 of the demand where it stands; 一站's only one 0.8 x 0.1."""
    sites = (*SITES[:2], ("三站", "class2", 24.0, 0.0))
    changes = {**rules("dmexclp"), **station_class("class2", 12, engine=2)}
    assert moves(play(build(region(PLACES, sites), changes), fire(12.0))) == [("三站 engine 1", "二站")]


def test_engine_that_has_become_idle_goes_where_it_adds_most() -> None:
    """一站's engine stands in at 二站. 二站's comes back while 三站's is out for long.

    At 二站 it would add 0.8 x 0.2 x 0.6 of the demand, at 三站 0.8 x 0.3. It is there at 3,901 + 57.5 + 1,200 s.
    """
    long_call = Call("residential_fire", NOON_S - 300 + 2000, (24.0, 0.0), cell=2, limited=True)
    played = play(build(LAND, rules("dmexclp")), fire(12.0), long_call, social(5500, km=24.0))
    assert moves(played, 0) == [("一站 engine 1", "二站")]
    assert played.sent(2).index.tolist() == ["二站 engine 1"]
    assert played.sent(2)["station"].tolist() == ["三站"]


# -- every policy -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", ["none", "nearest", "compliance_table", "dmexclp"])
def test_engines_are_sent_once_at_a_time_and_all_are_home_in_the_end(policy: str) -> None:
    sites = (*SITES[:2], ("三站", "class2", 24.0, 0.0))
    changes = {
        **rules(policy, least_min=0.0), **station_class("class2", 12, engine=2),
        "dispatch.move_up.gain_min": 1.0,
    }  # fmt: skip
    world = build(region(PLACES, sites), changes)
    random = np.random.default_rng(7)
    calls = [
        Call(
            "residential_fire" if number % 3 else "social_assistance",
            NOON_S + 1300.0 * number, (12.0 * cell, 0.0), cell=cell, limited=True,
        )
        for number, cell in enumerate(random.integers(0, 3, 60).tolist())
    ]  # fmt: skip
    played = play(world, *calls)
    moved = int(played.incidents["cover_moves"].sum())
    assert (moved == 0) == (policy == "none")
    start = played.incidents.set_index("incident")["time_s"]
    rows = played.dispatches.assign(call=start.loc[played.dispatches["incident"]].to_numpy())
    for _, sent in rows.groupby("unit"):
        begin, end = (sent["call"] + sent[name] for name in ("dispatched_s", "ready_s"))
        order = np.argsort(begin.to_numpy(), kind="stable")
        assert (end.to_numpy()[order][:-1] <= begin.to_numpy()[order][1:] + 1e-6).all()
    fleet = played.response.fleet
    assert fleet.moved_up == {}
    for station, units in enumerate(fleet.able("engine")):
        assert all(fleet.station_of[unit] == station for unit in units)
    assert [sorted(units) for units in fleet.able("engine")] == Fleet(world.forces).able("engine")
