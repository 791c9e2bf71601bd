"""Policies from a user's own file: dispatch, further alarms, move-ups. What does not fit is refused in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.command_line import sim
from helpers.small_world import (
    FIRE_CARD,
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

from sim.config.compose import compose
from sim.errors import SimError
from sim.simulation.dispatch import plugins

OWN = """
class First:
    '''The same as the built-in policy.'''
    def __init__(self, config, forces): pass
    def choose(self, need, options): return options[0]

class Last(First):
    def choose(self, need, options): return options[-1]

class Nobody(First):
    def choose(self, need, options): return None

class Wrong(First):
    def choose(self, need, options): return "engine"

class FewNeighbours(First):
    '''At most one team of another county.'''
    def choose(self, need, options):
        for option in options:
            other = option.station.tier == "township" and option.station.area != need.county
            if not other or not any(sent.tier == "township" for sent in need.dispatches):
                return option
        return None

class Alarms:
    def __init__(self, config): pass
    def further(self, fire): return {"engine": 1} if fire.alarm_level == 1 else {}

class Looking(Alarms):
    looks = []
    def further(self, fire):
        self.looks.append((fire.area_m2, fire.can_spread))
        return {}

class Noting(First):
    noted = []
    def choose(self, need, options):
        self.noted.append([(option.returning is not None, option.expected_s) for option in options])
        return options[0]

class ToFirst:
    def __init__(self, network): self.network = network
    def decide(self, situation):
        engines = situation.engines()
        return [(type("Move", (), {"unit": engines[-1].unit, "station": self.network.stations[0]}))]

class Away(ToFirst):
    def decide(self, situation):
        return [type("Move", (), {"unit": -1, "station": 0})]

class NoMethod:
    def __init__(self, network): pass

class OneTooMany:
    def __init__(self, network): pass
    def decide(self, situation, more): return []

number = 3
"""
PAIR = region(
    (Place("甲乡"), Place("乙乡", km=(12.0, 0.0))),
    (("一站", "small", 0.0, 0.0), ("二站", "class2", 12.0, 0.0)),
)
ENGINES = {**station_class("small", 6, engine=1), **station_class("class2", 18, engine=3), **FIRE_CARD}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file own_rules.py in the current folder."""
    (tmp_path / "own_rules.py").write_text(OWN, encoding="utf-8")
    (tmp_path / "broken_rules.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("own_rules", "broken_rules"):
        sys.modules.pop(name, None)


def units(changes: dict[str, Any], *calls: Call) -> list[list[str]]:
    played = play(build(PAIR, {**ENGINES, **changes}), *calls)
    return [played.sent(number).index.tolist() for number in range(len(calls))]


@pytest.mark.usefixtures("own")
def test_own_dispatch_policy_chooses_among_all_free_units() -> None:
    assert units({"dispatch.policy": "own_rules:First"}, social(km=1.0)) == [["一站 engine 1"]]
    assert units({"dispatch.policy": "own_rules:Last"}, social(km=1.0)) == [["二站 engine 1"]]
    assert units({"dispatch.policy": "own_rules:Nobody"}, social(km=1.0)) == [[]]


@pytest.mark.usefixtures("own")
def test_own_policy_that_takes_the_first_option_is_the_built_in_one() -> None:
    calls = [social(200.0 * n, km=0.7 * n) for n in range(20)]
    built_in = play(build(PAIR, ENGINES), *calls)
    same = play(build(PAIR, {**ENGINES, "dispatch.policy": "own_rules:First"}), *calls)
    assert built_in.dispatches.equals(same.dispatches)


@pytest.mark.usefixtures("own")
def test_limit_on_teams_of_other_counties_is_one_policy() -> None:
    land = region(
        (
            Place("甲乡"),
            Place("乙镇", "town", (3.0, 0.0), county="乙县"),
            Place("丙镇", "town", (4.0, 0.0), county="乙县"),
        ),
        (("一站", "small", 20.0, 0.0),),
    )  # fmt: skip
    changes = {
        **station_class("small", 12, engine=2), "forces.township.kinds": ("town",),
        "dispatch.run_cards.residential_fire": ({"engine": 1},) * 3,
        "dispatch.local_teams.residential_fire": (2, 2, 2),
    }  # fmt: skip
    call = Call("residential_fire", NOON_S, limited=True)
    on_platform = unified()
    free = play(build(land, changes, on_platform), call).sent()
    limited = play(
        build(land, {**changes, "dispatch.policy": "own_rules:FewNeighbours"}, on_platform), call
    ).sent()
    assert free["tier"].tolist() == ["professional", "township", "township"]
    assert limited["tier"].tolist() == ["professional", "township"]


@pytest.mark.usefixtures("own")
def test_own_alarm_policy_says_what_else_comes() -> None:
    changes = {"dispatch.alarms.policy": "own_rules:Alarms", "fireground.water.held_m2": 0.04}
    call = Call("residential_fire", NOON_S - 300, growth="ultrafast", km=(0.0, 0.0))
    played = play(build(PAIR, {**ENGINES, **changes}), call)
    assert (played.sent()["reason"] == "second_alarm").sum() == 1
    none = play(build(PAIR, {**ENGINES, **changes, "dispatch.alarms.policy": "none"}), call)
    assert none.incident()["alarm_level"] == 1


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(("km", "can_spread"), [(9.40, True), (9.45, False), (9.50, False)])
def test_a_fire_that_will_take_less_than_a_square_metre_more_does_not_spread(
    km: float, can_spread: bool
) -> None:
    """The floor has 120 m2; an engine without water comes so late that the fire has 118.5, 119.6 and all of them."""
    land = region(sites=(("一站", "small", 0.0, 0.0),))
    changes = {
        **station_class("small", 6, engine=1), **FIRE_CARD, "dispatch.alarms.policy": "own_rules:Looking",
        "fireground.water.held_m2": 0.02,
    }  # fmt: skip
    played = play(build(land, changes), Call("residential_fire", NOON_S - 300, growth="slow", km=(km, 0.0)))
    ((area_m2, told),) = sys.modules["own_rules"].Looking.looks
    assert played.incident()["burnt_m2"] == 120
    assert told is can_spread
    assert (120 - area_m2 > 1) is can_spread


@pytest.mark.usefixtures("own")
def test_own_policy_is_told_when_an_engine_on_its_way_home_would_be_there() -> None:
    """It left 6 km away at 2,245 s; at 2,490 s it has 3.55 km to go, and the next call is at 3 km: 55 s at 10 m/s."""
    land = region(sites=(("一站", "small", 0.0, 0.0),))
    changes = {**station_class("small", 6, engine=1), "dispatch.policy": "own_rules:Noting"}
    played = play(build(land, changes), social(km=6.0), social(2400, km=3.0))
    assert played.times("一站 engine 1", 0)[3] == 2245
    second = sys.modules["own_rules"].Noting.noted[1]
    assert second == [(True, pytest.approx(55.0))]
    assert played.times("一站 engine 1", 1)[2] == pytest.approx(90 + 55)


@pytest.mark.usefixtures("own")
def test_own_move_up_policy_moves_engines() -> None:
    changes = {**ENGINES, "dispatch.move_up.policy": "own_rules:ToFirst", "dispatch.move_up.least_level": 1}
    played = play(
        build(PAIR, changes), Call("residential_fire", NOON_S - 300, limited=True), social(1500, km=1.0)
    )
    assert played.incident()["cover_moves"] == 1
    assert played.sent(1)["station"].tolist() == ["一站"]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("key", "policy", "message"),
    [
        (
            "policy",
            "own_rules:Wrong",
            "dispatch.policy=own_rules:Wrong chose 'engine'; allowed: an option, or None",
        ),
        (
            "move_up.policy",
            "own_rules:Away",
            "moves unit -1 to station 0; allowed: an engine that could go out",
        ),
    ],
)
def test_impossible_decision_is_refused(key: str, policy: str, message: str) -> None:
    world = build(PAIR, {**ENGINES, "dispatch.move_up.least_level": 1, f"dispatch.{key}": policy})
    with pytest.raises(SimError, match=message):
        play(world, Call("residential_fire", NOON_S - 300, limited=True))


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (
            "closest",
            "is closest; allowed: none, nearest, compliance_table, dmexclp, or a class of your own as module:Class",
        ),
        ("my rules:Mine", "allowed: none, nearest"),
        ("missing_rules:Mine", "there is no module missing_rules in "),
        ("broken_rules:Mine", "broken_rules cannot be imported: No module named 'nothing_of_this_name'"),
        ("own_rules:Mine", "own_rules has no class Mine"),
        ("own_rules:number", "own_rules has no class number"),
        ("own_rules:NoMethod", "the class NoMethod has no method decide"),
        ("own_rules:OneTooMany", r"OneTooMany.decide\(self, ...\) must take 1 argument: "),
        ("own_rules:First", r"First\(...\) must take 1 argument: "),
    ],
)
def test_policy_that_cannot_be_loaded_is_refused(policy: str, message: str) -> None:
    config = compose(["scenario=2025", f"dispatch.move_up.policy='{policy}'"])
    with pytest.raises(SimError, match=f"dispatch.move_up.policy .*{message}"):
        plugins.check(config)


def test_command_refuses_a_wrong_policy_in_one_sentence(own: Path) -> None:
    done = sim("dispatch.policy=own_rules:Mine", "replications=1", "days=1", f"out={own / 'out'}", cwd=own)
    assert done.returncode == 2
    assert done.stderr.strip() == "error: dispatch.policy is own_rules:Mine: own_rules has no class Mine."
    assert not (own / "out").exists()


def test_command_takes_a_policy_from_the_current_folder(own: Path) -> None:
    policy = "dispatch.policy=own_rules:Nobody"
    done = sim(
        policy, "replications=2", "workers=2", "days=1", "figures=none", "name=own", "out=out", cwd=own
    )
    assert done.returncode == 0, done.stderr
    assert (own / "out" / "own" / "run.json").exists()
