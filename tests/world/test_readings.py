"""Readings of the plan's open clauses: each has a name that a run carries, and changes its own clause alone."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim.config.compose import READINGS, compose, options
from sim.config.groups.plan import effect_of, measures
from sim.config.naming import changes, run_name
from sim.errors import SimError
from sim.reports.report_runs import translated
from sim.runs import execute
from sim.world.plan import in_force, levels

STATED = compose(["scenario=2025"])
YEARS = range(2023, 2031)
OTHERS = [name for name in options(READINGS) if name != "stated"]
# typed in, by the parameter book; what of a measure that is mechanism otherwise
TYPED_IN = {
    "call_handling", "command_post", "career", "fire_lanes", "elderly_alarms", "monitoring", "awareness", "key_premises",
}  # fmt: skip


@cache
def read_as(*names, year=2025):
    return compose([f"scenario={year}", f"{READINGS}=[{','.join(names)}]"])


def test_open_clauses_have_another_reading():
    assert {clause for name in OTHERS for clause in read_as(name).plan.readings.values()} == {
        "六(一)b", "六(二)a", "六(三)a", "六(三)b", "七(二)e",
    }  # fmt: skip
    assert STATED.plan.reading == "stated"
    assert read_as("teams_none", "kit_2025").plan.reading == "teams_none+kit_2025"


@pytest.mark.parametrize("name", OTHERS)
def test_reading_changes_its_own_clause_alone(name):
    config = read_as(name)
    (clause,) = config.plan.readings.values()
    assert list(config.plan.readings) == [name]
    assert config.plan.register[clause].reading != STATED.plan.register[clause].reading
    stated = dict(measures(STATED.plan))
    moved = [key for key, measure in measures(config.plan) if measure != stated[key]]
    assert moved
    assert all(clause in stated[key].clauses for key in moved)
    seen = [
        (levels(plan, year), plan.extra_stations.share_at(year))
        for plan in (STATED.plan, config.plan)
        for year in YEARS
    ]
    assert seen[: len(YEARS)] != seen[len(YEARS) :]
    # the calls, their draws, the forces and the roads are the same: runs pair
    for group in ("demand", "forces", "fireground", "travel", "region", "seed"):
        assert getattr(config, group) == getattr(STATED, group)


def test_reading_names_the_run_and_makes_it_again():
    config = read_as("teams_none", "stations_2027", year=2027)
    assert run_name(config) == "2027,readings=teams_none-stations_2027"
    changed, gone = changes(config)
    assert changed == {READINGS: ["teams_none", "stations_2027"]}
    assert gone == []
    made_up = compose([f"{READINGS}=teams_none", "region=synthetic", "seed=7"])
    assert run_name(made_up) == "2025,region=synthetic,readings=teams_none,seed=7"


def test_targets_follow_the_date_that_is_read():
    due = {
        name: [read_as(name, year=year).scenario.targets.specialist_teams for year in (2023, 2024, 2025)]
        for name in ("stated", "kit_2025")
    }
    assert due == {"stated": [None, 5, 5], "kit_2025": [None, None, 5]}
    before = read_as("command_post_2023", year=2023)  # the post stands before the plan: no promise of it
    assert before.dispatch.size_up.request_s == STATED.dispatch.size_up.request_command_post_s
    assert read_as("command_post_2023", year=2024).scenario.targets.command_posts is None


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("plan/readings=[dispatch_2025,dispatch_2030]", "dispatch_2030 of 六(三)a; allowed: one reading of a clause"),
        ("plan/readings=teams_nun", "'teams_nun' (did you mean teams_none?); allowed: command_post_2023"),
        ("plan/readings=[stated,never]", "plan/readings is 'never'; allowed:"),
        ("plan=readings/teams_none", "allowed: off, quzhou_2024."),
        ("+plan.readings.mine=九", "plan.readings has mine of 九; allowed: one reading of a clause of plan.register"),
        ("plan.career.effect=guessed", "plan.career.effect is 'guessed'; allowed: mechanism, assumed,"),
    ],
)  # fmt: skip
def test_wrong_reading_or_effect_is_refused(argument, said):
    with pytest.raises(SimError) as refused:
        compose([argument])
    assert said in str(refused.value)


def test_typed_in_effects_are_assumed_and_others_mechanism():
    effects = {key: measure.effect for key, measure in measures(STATED.plan)}
    assert {key for key, effect in effects.items() if effect == "assumed"} == TYPED_IN
    assert {effects[key] for key in effects.keys() - TYPED_IN} == {"mechanism"}
    assert effect_of(STATED.plan, ["awareness", "career"]) == "assumed"
    assert effect_of(STATED.plan, ["drone_nests", "platform"]) == "mechanism"
    both = effect_of(STATED.plan, ["unified_dispatch", "call_handling", "career", "patrol_cars"])
    assert both == "mechanism, and assumed: call_handling, career"


def test_tables_take_the_effect_from_the_plan():
    career = replace(STATED.plan.career, effect="mechanism")
    lines = {line.measure: line.effect for line in in_force(replace(STATED.plan, career=career), 2027)}
    assert (lines["career"], lines["awareness"]) == ("mechanism", "assumed")
    assert translated("effects", "mechanism, and assumed: x", "zh") == "机制，另有假定：x"


def test_register_lists_readings_and_effects():
    page = (Path(sim.__file__).parents[1] / "docs" / "policy-register.md").read_text(encoding="utf-8")
    for name in OTHERS:
        (clause,) = read_as(name).plan.readings.values()
        assert f"| {clause} | `{name}` | {read_as(name).plan.register[clause].reading} |" in page
    assert "| `career` | 六(五) | township_teams | assumed |" in page


def test_run_says_its_reading_and_what_is_assumed(tmp_path):
    small = [f"{READINGS}=teams_none", "days=1", "replications=1", "workers=1", "keep=kpis", "figures=none"]
    folder = execute.on_disk(compose([*small, f"out={tmp_path}"]))
    assert folder.name.startswith("2025,readings=teams_none,")
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["reading"] == "teams_none"
    effects = pd.read_csv(folder / "in_force.csv").set_index("measure")["effect"]
    assert (effects["career"], effects["patrol_cars"]) == ("assumed", "mechanism")
