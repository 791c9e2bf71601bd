"""python -m sim effects: every switch switches, differences are those of separate runs, mistakes are refused."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache

import pandas as pd
import pytest

import sim
from sim import cli
from sim.config.compose import compose
from sim.config.schema import Config
from sim.studies.effects import command
from sim.studies.effects.mechanisms import MECHANISMS, Mechanism

SMALL = ("replications=3", "days=20", "workers=1")
TWO = tuple(item for item in MECHANISMS if item.name in ("patrol cars", "surges"))


@cache
def full() -> Config:
    """Return the full model's configuration."""
    return compose(command.GIVEN)


def differing(one: object, other: object, path: str = "") -> set[str]:
    """Return the keys in which two configurations differ."""
    if is_dataclass(one):
        return {
            key
            for field in fields(one)
            for key in differing(getattr(one, field.name), getattr(other, field.name), f"{path}.{field.name}")
        }
    if isinstance(one, dict) and isinstance(other, dict):
        names = {*one, *other}
        return {key for name in names for key in differing(one.get(name), other.get(name), f"{path}.{name}")}
    return set() if one == other else {path.removeprefix(".")}


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda item: item.name)
def test_every_switch_changes_what_it_names_and_nothing_else(mechanism: Mechanism) -> None:
    named = {option.partition("=")[0] for option in mechanism.options}
    changed = differing(full(), compose([*command.GIVEN, *mechanism.options]))
    assert changed
    assert changed <= named
    # a level that is as good as off already need not change, but not more than one in three
    assert len(changed) >= len(named) / 3


def test_names_are_told_apart() -> None:
    assert len({item.name for item in MECHANISMS}) == len(MECHANISMS) >= 25


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The command on two mechanisms: its CSV and the page."""
    folder = tmp_path_factory.mktemp("effects")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command.study_of, "__defaults__", (TWO,))
        assert cli.main(["effects", *SMALL, f"out={folder}", f"publish={folder / 'docs'}"]) == 0
    return pd.read_csv(folder / "effects.csv"), (folder / "docs" / "effects.md").read_text(encoding="utf-8")


def test_differences_are_those_of_two_separate_runs(written):
    table, _ = written
    with_cars = sim.run("scenario=2025", *SMALL).values  # noqa: PD011 -- a table of the run
    without = sim.run("scenario=2025", *SMALL, "plan.patrol_cars.enabled=false").values  # noqa: PD011
    for name in ("first_arrival_mean", "deaths_a", "burnt_area"):
        one, other = (
            run[(run["kpi"] == name) & (run["by"] == "all")].sort_values("replication")["value"].to_numpy()
            for run in (with_cars, without)
        )
        row = table[(table["mechanism"] == "patrol cars") & (table["kpi"] == name)].iloc[0]
        assert row["full"] == pytest.approx(one.mean())
        assert row["difference"] == pytest.approx((other - one).mean())
        # Student with two degrees of freedom: 4.302653 × s / √3
        half = 4.302653 * (other - one).std(ddof=1) / 3**0.5
        assert (row["high"] - row["low"]) / 2 == pytest.approx(half, rel=1e-5)
        assert row["replications"] == 3


def test_the_page_has_every_mechanism_and_says_which_meet_other_fires(written):
    table, page = written
    assert set(table["mechanism"]) == {"patrol cars", "surges"}
    assert list(table.columns) == list(command.COLUMNS)
    assert page.count("| patrol cars |") == page.count("| surges |") == 2  # its effect and its switch
    assert "Not the same incidents: surges." in page
    assert "`plan.patrol_cars.enabled=false`" in page


@pytest.mark.parametrize(
    ("low", "high", "mean", "text"),
    [
        (0.0, 0.0, 0.0, "0"),
        (-0.3, 0.5, 0.1, "+0.10 ±0.40"),
        (0.1, 0.3, 0.2, "**+0.20 ±0.10**"),
        (-1200.0, -800.0, -1000.0, "**-1,000 ±200**"),
        (-4e-6, 2e-6, -1e-6, "< 0.0001"),
        (float("nan"), float("nan"), float("nan"), "–"),
    ],
)
def test_how_a_difference_is_written(low, high, mean, text):
    assert command.cell(pd.Series({"difference": mean, "low": low, "high": high})) == text


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["replications=1"], "replications is 1; allowed: 2 or more, for an interval."),
        (["replications=auto"], "replications is auto; allowed: 2 or more, for an interval."),
        (["scenario=1999"], "scenario is '1999'"),
        (["colour=red"], "unknown key colour"),
    ],
)
def test_mistakes_are_refused_in_one_sentence(capsys, tmp_path, options, sentence):
    assert cli.main(["effects", *options, f"out={tmp_path / 'here'}"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "here").exists()
