"""Values outside the parameter book's own range: a note for each key, at once and once, or one refusal."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from helpers.small_world import changed

import sim
from sim import cli
from sim.config.book import _BESIDE, book, parse, walk
from sim.config.compose import compose, options
from sim.config.out_of_range import LISTED_KEYS, notes, ranges, values
from sim.errors import SimError
from sim.runs import execute
from sim.storage import run_folder
from sim.sweeps import expand

CASE = Path(__file__).parents[2] / "experiments" / "validation" / "2020-11-09.yaml"
SHORT = ("replications=1", "days=1", "workers=1", "figures=none")
RADIUS, TURNOUT = "forces.drones.radius_m=7", "forces.professional.turnout.scale=1"  # km, min
TURNOUT_TOLD = (
    "forces.professional.turnout.scale is 1 s, outside the parameter book's range of 35 to 120 s "
    "(t_to_p; did you mean 60 s?)"
)
RADIUS_TOLD = (
    "forces.drones.radius_m is 7 m, outside the parameter book's range of 5000 to 10000 m "
    "(r_d_out; did you mean 7000 m?)"
)
TOLD = {TURNOUT_TOLD, RADIUS_TOLD}
HELD = 249  # keys that are held against a range of the book

# Keys whose row has a range that is about something else, so that their shipped value lies outside or has another
# unit: each with its reason. A pattern without such a key fails.
NOT_HELD = {
    "demand.mix.*": "relative: only the proportions count",
    "demand.places.*_rate": "relative: only the proportions between places count",
    "demand.surges.*_days": "the row is the factor",
    "demand.surges.flood_sd_log": "the row is the factor",
    "demand.surges.flood_*_day": "the row is the factor",
    "demand.growth_from": "the row is the growth",
    "forces.professional.classes.*.vehicles.*": "the row is the sum over the kinds",
    "forces.professional.classes.small.crew": "the row is another class's crew",
    "forces.professional.classes.logistics.crew": "the row is another class's crew",
    "forces.professional.turnout_night_s": "the row is the turnout by day",
    "forces.micro.per_committee": "the row is the number of all stations",
    "forces.micro.per_village": "the row is the number of all stations",
    "forces.patrol.mobile_night": "the row is the share by day",
    "forces.drones.technical": "the row is both together",
    "forces.drones.weather_hold": "the row is both together",
    "forces.drones.recharge_min": "the row is the endurance; the second range has its unit before it",
    "dispatch.centre.repeat_gap_s": "the row is the number of calls",
    "dispatch.centre.repeat_handling.scale": "the row is the number of calls",
    "dispatch.alarms.most": "the row is the units of an alarm",
    "travel.peak_factor.*": "no rush hour in villages and mountains",
    "fireground.discovery.asleep_*_h": "the row is the chance",
    "fireground.access.base_s": "the row is the time per floor",
    "fireground.access.vertical_cv": "the row is the time per floor",
    "fireground.growth.room_sd_log": "the row is the median",
    "forces.mutual_aid.speed_sd_log": "the row is the speed",
    "forces.mutual_aid.column.*": "the row is the engines",
    "dispatch.alarms.outside_columns": "the row is the area",
    "outcome.curves.*_c*": "the row is a formula",
    "outcome.type_weight.*": "relative: only the proportions count",
}
# Rows with two numbers beside each other that are no range, as the list of unread rows (test_ranges.py) says.
NUMERIC = {
    "A", "t_micro", "y_platform", "wat_cov25", "w_hour_fire", "w_hour_oth", "w_mon_fire", "p_d60", "k_crew", "erf_res",
    "b_nz", "tau_A",
}  # fmt: skip


def told(*arguments: str) -> list[str]:
    return notes(values(compose(arguments)))


def shipped_files() -> Iterator[str]:
    """Every file of configs/ as a run: studies apart, which leave the shipped values on purpose."""
    for group in (
        "plan",
        "plan/readings",
        "demand",
        "forces",
        "dispatch",
        "fireground",
        "outcome",
        "coverage",
        "region",
        "launch",
    ):
        for name in options(group):
            made_up = " region=synthetic" * (name == "national" and group == "demand")
            yield f"{group}={name}{made_up}"


@pytest.mark.parametrize("choice", [*(f"scenario={year}" for year in options("scenario")), *shipped_files()])
def test_shipped_values_make_no_note(choice: str) -> None:
    assert told(*choice.split()) == []


@pytest.mark.slow  # Hydra reads every study anew
def test_shipped_studies_outside_the_book_are_known() -> None:
    found = {}
    for name in options("experiment"):
        points = expand.jobs([f"experiment={name}"])
        ends = (compose(points[end]) for end in (0, -1))  # of what it sweeps
        found[name] = len(notes(chain.from_iterable(map(values, ends))))
    reduced = {
        "theory/fire": 34,
        "theory/queue": 28,
        "theory/ordinary_days": 1,
        "theory/city": 1,
    }  # mechanisms are switched off
    beyond = {"nests": 1}  # 10 km, farther than any source has a drone fly
    assert {name: count for name, count in found.items() if count} == reduced | beyond


def test_every_key_whose_row_has_a_range_is_held_against_it_or_listed_with_its_reason() -> None:
    held = {bounds.key for bounds in ranges(2025, made_up=False)}
    assert len(held) == HELD
    rows = {symbol: row["range"] for symbol, row in book().items()}
    with_range = {leaf.key for leaf in walk(compose()) if leaf.row in rows and parse(rows[leaf.row])}
    left = with_range - held
    assert [key for key in left if not any(fnmatch.fnmatchcase(key, item) for item in NOT_HELD)] == []
    assert [item for item in NOT_HELD if not fnmatch.filter(left, item)] == []


def test_no_range_that_looks_like_numbers_is_unread() -> None:
    unread = {
        symbol
        for symbol, row in book().items()
        if re.search(r"\d\s*(?:[–−-]|to|…|\.\.)\s*\.?\d", row["range"])
        and not any(map(parse, [row["range"], *_BESIDE.split(row["range"])]))
    }
    assert unread == NUMERIC


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("forces.patrol.turnout_mobile.scale=60", "of 5 to 30 s (t_to_pc)"),  # a row of two ranges
        ("forces.patrol.turnout_parked.scale=1", "of 45 to 360 s (t_to_pc; did you mean 60 s?)"),
        ("forces.recovery.scale=20", "of 600 to 3600 s (t_rec; did you mean 1200 s?)"),  # minutes in the book
        (
            "outcome.deaths_per_year=230",
            "is 230 /yr, outside the parameter book's range of 1.07 to 3.25 /yr (D_zj)",
        ),
        ("fireground.growth.burn_out_min=600", "of 30 to 120 min (m_burn_out)"),
        ("dispatch.centre.seats=1000", "dispatch.centre.seats is 1000 seats, outside"),
        (
            "outcome.loss_base_cny.vehicle_fire=50000",
            "of 5000 to 20000 CNY (m_loss_base)",
        ),  # a range of factors
        ("fireground.on_scene.fires.highrise_fire.scale=1", "of 3600 to 43200 s (os_big)"),  # its own row
        ("demand.calls_per_year=35000", "of 2400 to 6000 /yr (Lam)"),
    ],
)
def test_a_note_says_key_value_range_row_and_the_unit_that_was_meant(argument: str, said: str) -> None:
    (note,) = told(argument)
    assert said in note


def test_every_range_has_its_ends_inside_and_what_lies_beyond_outside() -> None:
    config = compose()
    for bounds in ranges(2025, made_up=False):
        given = (bounds.low, bounds.high, bounds.low - 1, bounds.high + 1)
        found = [notes(values(changed(config, {bounds.key: value}))) for value in given]
        assert [len(note) for note in found] == [0, 0, 1, 1], bounds


def test_quzhous_number_of_calls_is_no_range_for_another_region() -> None:
    assert told("region=grid", "plan=off", "demand.calls_per_year=150") == []
    assert len(told("region=grid", "plan=off", "demand.calls_per_year=150", RADIUS)) == 1


def test_a_run_says_it_before_it_runs_and_keeps_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*SHORT, RADIUS, TURNOUT, f"out={tmp_path}", "name=a"]) == 0
    assert set(capsys.readouterr().err.splitlines()) == {f"note: {note}" for note in TOLD}
    assert set(run_folder.load(tmp_path / "a").info["outside_book"]) == TOLD


def test_a_program_hears_the_same_and_can_be_strict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {RADIUS.partition("=")[0]: 7, "days": 1, "replications": 1, "workers": 1}
    result = sim.run(**keys)
    assert result.info["outside_book"] == [RADIUS_TOLD]
    assert capsys.readouterr().err.count("note: ") == 1
    monkeypatch.setattr(execute, "in_memory", lambda *_: pytest.fail("a run began"))
    with pytest.raises(SimError, match="did you mean 7000 m"):
        sim.run(**keys, strict=True)


def test_a_sweep_says_it_once_for_all_its_runs(capsys: pytest.CaptureFixture[str]) -> None:
    points = expand.jobs([TURNOUT, "forces.drones.radius_m=6,7,6000", "seed=1,2"])
    expand.checked(points)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert any("forces.drones.radius_m is 6, 7 m, outside" in line for line in lines)
    assert any("did you mean 6000, 7000 m?" in line for line in lines)
    expand.checked(expand.jobs(["forces.drones.radius_m=range(1,8)"]))
    assert "is 1 … 7 (7 values) m, outside" in capsys.readouterr().err


def test_many_notes_are_cut_on_the_terminal_alone(capsys: pytest.CaptureFixture[str]) -> None:
    expand.single(["+experiment=theory/fire"])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == LISTED_KEYS + 1
    assert lines[-1] == "note: 24 more values are outside: run.json lists all"


@pytest.mark.parametrize(
    "command",
    [
        [], ["-m", "seed=1,2"], ["attribution", "year=2025"], ["effects"], ["siting"],
        ["sensitivity", "parameters=v_mtn"], ["replay", str(CASE)],
    ],
    ids=lambda command: (command or ["run"])[0],
)  # fmt: skip
def test_strict_refuses_all_of_them_at_once_before_anything_runs(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main([*command, RADIUS, TURNOUT, "strict=true"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert all(note in line for note in TOLD)
    assert list(tmp_path.rglob("run.json")) == []


def test_strict_changes_no_run_whose_values_are_inside() -> None:
    plain, strict = compose(), expand.single(["strict=true"])
    assert execute.config_digest(plain) == execute.config_digest(strict)
