"""python -m sim replay: one given incident among the others of a scenario, its story, and what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import small_world
from helpers.small_world import KM, NOON_S, Call

from sim import cli
from sim.config import given as files
from sim.config.compose import compose
from sim.config.given import Course
from sim.demand import given
from sim.demand.streams import Streams
from sim.demand.workload import APART
from sim.simulation import replication, result_tables
from sim.simulation.prepare import scenes
from sim.studies import replay

STORED = Path(__file__).parents[2] / "experiments" / "validation" / "2020-11-09.yaml"
CASE = """\
name: a works
what: it burnt
time: 2020-01-03 09:10
lon: 118.87
lat: 28.90
type: premises_fire
severity: 3
reported: 2
course: {growth: ultrafast, incubation_s: 0, doubling_s: 60, cap_m2: 8000}
known: {vehicles: 26, hours: 2.5}
"""
SHORT = ["scenario=2023", "days=5", "workers=1"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    file = tmp_path_factory.mktemp("case") / "case.yaml"
    file.write_text(CASE, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def world():
    return replication.build_world(compose(["scenario=2023", "days=5"]))


@pytest.fixture(scope="module")
def both(case, world):
    """The workload of replication 1 without and with the incident, and its number."""
    others = replication.workload_of(world, 1)
    return others, *given.insert(others, files.read(case), world.region, Streams(world.config.seed, 1))


def test_all_other_incidents_keep_their_numbers_times_places_and_draws(both):
    others, workload, number = both
    rest = workload.number != number
    assert len(workload) == len(others) + 1
    for item in dataclasses.fields(others):
        if item.name not in APART:
            np.testing.assert_array_equal(getattr(workload, item.name)[rest], getattr(others, item.name))
    for name in ("draws", "unit_draws"):
        before, after = getattr(others, name), getattr(workload, name)
        assert set(after) == set(before)
        for column in before:
            np.testing.assert_array_equal(after[column][rest], before[column])
            assert after[column].dtype == before[column].dtype
    assert np.all(np.diff(workload.onset_s) >= 0)


def test_its_time_and_place_are_those_of_the_file_and_no_measure_thins_it(both, world):
    _, workload, number = both
    (row,) = np.flatnonzero(workload.number == number)
    assert workload.onset_s[row] == (2 * 24 + 9) * 3600 + 600
    lon, lat = world.region.projection.degrees(workload.x[row], workload.y[row])
    assert (lon, lat) == pytest.approx((118.87, 28.90), abs=1e-4)
    centre = world.region.cells.x[workload.cell[row]], world.region.cells.y[workload.cell[row]]
    assert np.hypot(workload.x[row] - centre[0], workload.y[row] - centre[1]) < 0.75 * KM
    assert (workload.severity[row], workload.reported[row], workload.self_limiting[row]) == (3, 2, False)
    assert workload.draws["thin"][row] < 0


def test_its_draws_have_streams_of_their_own_in_each_replication(both, case, world):
    others, workload, number = both
    again, _ = given.insert(others, files.read(case), world.region, Streams(world.config.seed, 1))
    other, _ = given.insert(others, files.read(case), world.region, Streams(world.config.seed, 2))
    (row,) = np.flatnonzero(workload.number == number)
    for name in ("discovery", "growth"):
        assert again.draws[name][row] == workload.draws[name][row]
        assert other.draws[name][row] != workload.draws[name][row]
        assert workload.draws[name][row] not in others.draws[name]


def test_what_happens_before_it_is_the_same_and_it_happens_itself(both, world):
    others, workload, number = both
    plain, with_it = (
        result_tables.tables(world, replication.simulate(world, 1, work))[0].set_index("incident")
        for work in (others, workload)
    )
    before = plain.index[plain["time_s"] + plain["closed_s"] < with_it.loc[number, "time_s"]]
    assert len(before) > 5
    pd.testing.assert_frame_equal(plain.loc[before], with_it.loc[before], check_index_type=False)
    assert set(with_it.index) - set(plain.index) == {number}


def test_a_given_course_takes_the_place_of_the_drawn_one_for_its_incident_alone(both, world):
    others, workload, number = both
    rest = workload.number != number
    (row,) = np.flatnonzero(~rest)
    drawn, made = (
        scenes.prepare(work, world.region, world.config, world.levels) for work in (others, workload)
    )
    assert (made.cap_m2[row], made.rate[row]) == (8000, pytest.approx(np.log(2) / 60))
    assert made.alpha[row] == world.config.fireground.growth.alpha["ultrafast"]
    for name in ("cap_m2", "rate", "alpha"):
        np.testing.assert_array_equal(np.array(getattr(made, name))[rest], getattr(drawn, name))
    np.testing.assert_array_equal(workload.or_given("incubation_s", np.ones(len(workload)))[rest], 1)
    assert workload.between(row, row + 1).or_given("incubation_s", np.ones(1)) == 0


@pytest.mark.parametrize(
    ("severity", "course", "growth", "limited"),
    [
        (1, "", 1, True),
        (2, "", 1, False),
        (3, "", 2, False),
        (1, "course: {growth: slow, self_limiting: false}", 0, False),
    ],
)
def test_a_course_that_is_not_given_follows_from_the_severity(
    tmp_path, world, severity, course, growth, limited
):
    text = CASE.replace("severity: 3", f"severity: {severity}").partition("course:")[0] + course
    (tmp_path / "case.yaml").write_text(text, encoding="utf-8")
    told = files.read(tmp_path / "case.yaml")
    others = replication.workload_of(world, 0)
    workload, number = given.insert(others, told, world.region, Streams(1, 0))
    (row,) = np.flatnonzero(workload.number == number)
    assert (workload.growth_class[row], workload.self_limiting[row]) == (growth, limited)
    assert course or workload.courses == {number: Course()}


def test_a_station_counts_as_stripped_until_an_engine_is_back():
    """甲 sends its only engine, 乙 one of two with crews for both; a station that sends nothing does not count."""
    stations = (("甲", "small", 2.0, 0.0), ("乙", "class1", 4.0, 0.0), ("丙", "small", 90.0, 0.0))
    classes = small_world.station_class("small", 6, engine=1) | small_world.station_class(
        "class1", 12, engine=2
    )
    cards = {"dispatch.run_cards.residential_fire": ({"engine": 2},) * 3}
    place = small_world.Place("甲乡", more_cells=((90.0, 0.0, 1000.0),))
    small = small_world.build(small_world.region((place,), stations), classes | cards)
    work = small_world.workload([Call("residential_fire", NOON_S, severity=2)])
    work.draws["thin"][:] = 0.0
    made = replication.simulate(small, 0, work)
    _, dispatches = result_tables.tables(small, made)
    sent = dispatches.set_index("station")
    assert sorted(sent.index) == ["乙", "甲"]
    call_s = float(made.calls.call_s[0])
    assert replay.stripped(small, made, 0) == (1, pytest.approx(call_s + sent.loc["甲", "ready_s"]))


def test_the_story_is_told_beside_what_is_known_and_kept(case, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["replications=2", f"out={out}", *SHORT]
    assert cli.main(["replay", str(case), *options]) == 0
    said = capsys.readouterr().out
    assert said.startswith("a works\nit burnt\nPut into scenario 2023: call on 03 January 09:")
    assert "Replication 0, incident " in said
    assert "衢化路站 engine 1 [professional]" in said
    assert sorted(path.name for path in out.iterdir()) == ["story.csv", "story.png", "story.svg"]
    table = pd.read_csv(out / "story.csv")
    assert set(table["replication"]) == {0, 1}
    force = table[table["quantity"] == "vehicles"].pivot_table(
        "value", ["replication", "when"], "who", aggfunc="sum"
    )
    parts = force[["professional", "other tiers", "from outside"]].sum(axis=1)
    assert (parts == force["all"]).all()
    for number in (0, 1):
        times = force["all"].loc[number]
        assert 0 < times["15 min"] <= times["30 min"] <= times["60 min"] <= times["in all"]
    units = [line for line in said.splitlines() if line.endswith("arrived") and "[micro]" not in line]
    assert len(units) == force["all"].loc[0, "in all"]
    assert set(table.loc[table["known"].notna(), "quantity"]) == {"vehicles", "call to control, h"}
    real = next(line.split() for line in said.splitlines() if line.startswith("known of the real one"))
    assert real[-1] == "26"
    stripped = table[table["quantity"] == "stations stripped"]["value"]
    assert (stripped >= 1).all()


def test_the_stored_case_lies_in_the_park_beside_the_station_that_came_first(world):
    told = files.read(STORED)
    given.refuse_outside(told, world.region, 365)
    cell, x, y = given.place_of(told, world.region)
    assert world.region.townships[world.region.cells.township[cell]].name == "衢化街道"
    nearest = min(
        (site for site in world.region.sites if not site.planned),
        key=lambda site: np.hypot(site.x - x, site.y - y),
    )
    assert nearest.name == "衢化路站"
    assert (told.known.vehicles_first, told.known.persons_first, told.known.vehicles, told.known.persons) == (
        27, 131, 126, 548,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: a works", "nmae: a works", "unknown key nmae (did you mean name?)"),
        ("name: a works\n", "", "key name is missing: its name."),
        ("severity: 3", "severity: 4", "severity is 4; allowed: 1..3."),
        (
            "type: premises_fire",
            "type: premise_fire",
            "(did you mean premises_fire?); allowed: residential_fire",
        ),
        ("growth: ultrafast", "growth: quick", "course.growth is 'quick'"),
        ("cap_m2: 8000", "cap_m2: 0", "course.cap_m2 is 0 m2; allowed: 0.1..1000000 m2."),
        ("cap_m2: 8000", "cap: 8000", "unknown key course.cap"),
        ("premises_fire", "traffic_rescue", "course has no meaning for type traffic_rescue"),
        ("2020-01-03 09:10", "3 January", "time is '3 January'; allowed: a day and a time such as"),
        ("2020-01-03 09:10", "2020-02-29 09:10", "the model's year has no 29 February"),
        ("2020-01-03 09:10", "2020-01-06 00:00", "after the 5 days that are simulated"),
        ("lat: 28.90", "lat: 30.90", "km from the nearest cell of "),
        ("lat: 28.90", "lat: 98.90", "lat is 98.9 °; allowed: -90..90 °."),
        ("hours: 2.5", "hours: long", "known.hours must be a number in 0..10000 h, found 'long'."),
        (CASE, "[1, 2]", "the incident is not a table"),
        (CASE, "name: [", "the incident is not readable as YAML"),
    ],
)
def test_mistakes_in_the_file_are_one_sentence_and_leave_nothing(tmp_path, capsys, old, new, said):
    file = tmp_path / "case.yaml"
    file.write_text(CASE.replace(old, new), encoding="utf-8")
    assert cli.main(["replay", str(file), f"out={tmp_path / 'out'}", *SHORT]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_mistakes_on_the_command_line_are_one_sentence(case, tmp_path, capsys):
    for words, said in (
        ([str(tmp_path / "none.yaml")], "none.yaml"),
        ([], "this command needs 1 FILE, found 0"),
        ([str(case), "replications=0"], "replications is '0'"),
        ([str(case), "dispatch.move_up.polcy=nearest"], "did you mean dispatch.move_up.policy?"),
        ([str(case), "replication=2"], "unknown option replication (did you mean replications?)"),
    ):
        assert cli.main(["replay", *words]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert len(error.splitlines()) == 1
