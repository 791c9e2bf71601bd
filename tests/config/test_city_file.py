"""A region is a folder: its tables, and in city.yaml what they do not say. Nothing of Quzhou is a default there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers.command_line import sim

from sim.config.city_file import CITY, tables_folder
from sim.config.compose import _refusal, compose
from sim.config.naming import run_name
from sim.errors import SimError

OPTIONS = "options: [plan=off, demand.calls_per_year=153, dispatch.centre.seats=2]\n"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A region of one's own: the grid, elsewhere and with options."""
    folder = shutil.copytree(tables_folder("grid"), tmp_path / "mine")
    text = (folder / CITY).read_text(encoding="utf-8")
    (folder / CITY).write_text(text.replace("name: Grid", "name: Gridton") + OPTIONS, encoding="utf-8")
    return folder


def test_name_and_edges_and_neighbours_are_those_of_the_folder(mine: Path) -> None:
    region = compose([f"region.folder={mine}"]).region
    assert (region.name, region.lon_min, region.lat_max, region.neighbours) == ("Gridton", -0.5, 0.5, ())
    quzhou = compose([]).region
    assert (quzhou.name, quzhou.lon_min, len(quzhou.neighbours)) == ("Quzhou 衢州", 117.9, 6)
    assert compose([f"region.folder={mine}", "region.name=Other"]).region.name == "Other"


def test_a_run_is_named_by_the_folder_and_not_by_all_that_it_says(mine: Path) -> None:
    name = run_name(compose([f"region.folder={mine}", "seed=7"]))
    assert name.startswith("2025,region.folder=")
    assert name.endswith("mine,seed=7")


def test_options_of_the_folder_hold_unless_the_command_line_gives_the_key(mine: Path) -> None:
    plain = compose([f"region.folder={mine}"])
    assert (plain.plan.name, plain.demand.calls_per_year, plain.dispatch.centre.seats) == (
        "Quzhou 2024, nothing carried out",
        153.0,
        2,
    )
    given = compose(["demand.calls_per_year=900", f"region.folder={mine}", "plan=quzhou_2024"])
    assert (given.plan.name, given.demand.calls_per_year, given.dispatch.centre.seats) == (
        "Quzhou 2024",
        900.0,
        2,
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("name: Gridton\n", "", "city.yaml: key name is missing"),
        ("crs: degrees", "crs: metres", "city.yaml: a region has crs degrees and edges.*found crs metres"),
        ("edges: {", "other: {", "city.yaml: .*other"),
        ("lon_min: -0.5", "lon_min: west", "city.yaml: .*lon_min.*west"),
        ("plan=off", "region.folder=x", "city.yaml: options holds 'region.folder=x'; allowed: key=value"),
        ("plan=off", "plan", "city.yaml: options holds 'plan'; allowed: key=value"),
        ("plan=off", "plan=of", "plan is 'of'"),
        ("UTC", "Mars", "city.yaml: time_zone is 'Mars'"),
    ],
)
def test_what_does_not_fit_in_city_yaml_is_named(mine: Path, before: str, after: str, words: str) -> None:
    text = (mine / CITY).read_text(encoding="utf-8")
    assert before in text
    (mine / CITY).write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(SimError, match=words):
        compose([f"region.folder={mine}"])


def test_a_folder_without_city_yaml_is_refused_with_what_belongs_in_it(mine: Path) -> None:
    (mine / CITY).unlink()
    with pytest.raises(
        SimError, match=r"city.yaml is missing: it gives name, crs, time_zone, kinds and edges"
    ):
        compose([f"region.folder={mine}"])


@pytest.mark.parametrize("name", ["quzhou", "grid"])
def test_check_tells_what_a_region_holds(name: str) -> None:
    told = sim("city", "check", name)
    assert told.returncode == 0, told.stderr
    residents = {"quzhou": "2,276,184 in 8,845 cells", "grid": "100,000 in 100 cells"}
    assert residents[name] in told.stdout
    assert "none: nothing to fit, replay or validate" in told.stdout
    assert ("Quzhou" in told.stdout.replace("Quzhou has", "").replace("set for Quzhou", "")) == (
        name == "quzhou"
    )


def test_check_says_all_that_is_wrong_in_a_regions_tables(mine: Path) -> None:
    for file, found, wrong in (("cells.csv", "plain", "hill"), ("stations.csv", "class1", "class9")):
        text = (mine / file).read_text(encoding="utf-8")
        (mine / file).write_text(text.replace(found, wrong, 1), encoding="utf-8")
    told = sim("city", "check", str(mine))
    assert (told.returncode, told.stdout) == (2, "")
    assert "cells.csv, line 2" in told.stderr
    assert "stations.csv, line 2" in told.stderr


def test_errors_whose_causes_lead_in_a_circle_are_looked_through_once() -> None:
    outer, inner = ValueError("outer"), TypeError("inner")
    outer.__cause__, inner.__context__ = inner, outer
    assert _refusal(outer) is None
    inner.__context__ = SimError("a sentence")
    assert str(_refusal(outer)) == "a sentence"
