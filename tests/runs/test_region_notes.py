"""A run in another region says what is still Quzhou's, from its configuration, and how many calls a resident makes."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path

import pytest
from helpers.small_world import shipped

from sim import cli
from sim.config.city_file import tables_folder
from sim.config.schema import Config
from sim.runs import region_notes
from sim.storage import run_folder
from sim.world import regions

GRID = ("region=grid", "plan=off")
ALL = "Another region, still with the values set for Quzhou: demand; forces; dispatch; travel; outcome."
CALLS = (
    "3,500 calls a year for 100,000 residents are 35.00 per 1,000, Quzhou has 1.53: "
    "at its rate demand.calls_per_year is 153."
)


def told(*arguments: str) -> list[str]:
    return of(shipped(*arguments))


def of(config: Config) -> list[str]:
    return region_notes.notes(config, regions.load(config.region))


def test_quzhou_itself_has_nothing_to_say() -> None:
    assert told("demand.calls_per_year=6000") == []


def test_another_region_tells_the_groups_and_the_number_of_calls() -> None:
    assert told(*GRID) == [ALL, CALLS]
    assert told("region=point", "plan=off")[1].startswith("3,500 calls a year for 1,000 residents")


@pytest.mark.parametrize(
    ("calls", "said"), [(75, True), (80, False), (153, False), (450, False), (470, True)]
)
def test_calls_are_told_outside_half_to_three_times_quzhous_rate(calls: int, said: bool) -> None:
    assert (len(told(*GRID, f"demand.calls_per_year={calls}")) == 2) == said


def test_what_a_user_changed_is_no_longer_told() -> None:
    (line,) = told(*GRID, "demand.calls_per_year=153", "dispatch.centre.seats=1")
    assert "demand except in calls_per_year; forces; dispatch except in centre; travel" in line
    config = shipped(*GRID, "demand.calls_per_year=153")
    for group in region_notes.GROUPS:
        own = getattr(config, group)
        if group != "plan":  # of which every measure is off
            mine = {field.name: object() for field in fields(own) if field.name != "calls_per_year"}
            config = replace(config, **{group: replace(own, **mine)})
            assert not any(group in line for line in of(config))
    assert of(config) == []


def test_the_plan_is_told_while_a_measure_of_it_is_in_use() -> None:
    measures = ("plan.career.enabled=true", "plan.awareness.enabled=true")
    assert "plan (career, awareness)" in told(*GRID, *measures)[0]
    assert "plan" not in told(*GRID)[0]


def test_a_made_up_country_tells_only_what_it_does_not_bring_itself() -> None:
    (line,) = told("region=synthetic", "region.synthetic.counties=3")
    assert "demand except in calls_per_year, mix, dispersion, surges;" in line
    assert "dispatch except in centre;" in line
    assert "region.name" not in line


def test_an_edited_copy_of_quzhous_tables_is_quzhou(tmp_path: Path) -> None:
    shutil.copytree(tables_folder("quzhou"), tmp_path / "mine")
    assert told(f"region.folder={tmp_path / 'mine'}") == []
    (line,) = told(f"region.folder={tmp_path / 'mine'}", "demand.calls_per_year=350")
    assert line.startswith("350 calls a year for 2,2")


def test_tables_of_ones_own_under_quzhous_name_say_so(tmp_path: Path) -> None:
    shutil.copytree(tables_folder("grid"), tmp_path / "mine")
    line, _ = told("plan=off", f"region.folder={tmp_path / 'mine'}", "region.name='Quzhou 衢州'")
    assert "Quzhou: region.name; demand;" in line


def test_terminal_and_run_tell_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ("replications=1", "days=1", "workers=1", "figures=none")
    assert cli.main([*GRID, *short, f"out={tmp_path}", "name=a"]) == 0
    assert run_folder.load(tmp_path / "a").info["region_notes"] == [ALL, CALLS]
    assert capsys.readouterr().out.splitlines()[-1:0:-1].count(CALLS) == 1
