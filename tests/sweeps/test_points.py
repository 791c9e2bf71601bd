"""Points of a design, run from a program."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.small_sweep import SMALL, made

from sim.errors import SimError
from sim.sweeps import run as sweeps


def test_points_come_back_in_their_order_and_stay_when_asked_again(tmp_path: Path) -> None:
    given = [*SMALL, f"out={tmp_path}"]
    design = [
        ["scenario=2025", "dispatch.centre.seats=2", "name=p0002"],
        ["scenario=2025", "dispatch.centre.seats=6", "name=p0001"],
        ["scenario=2023", "name=p0003"],
    ]
    folders = sweeps.points(design, given)
    assert [folder.name for folder in folders] == ["p0002", "p0001", "p0003"]
    before = made(tmp_path)
    assert sweeps.points(design[:2], given) == folders[:2]
    assert made(tmp_path) == before
    first, second, third = (pd.read_parquet(folder / "kpi_values.parquet") for folder in folders)
    calls = [
        table.query("kpi == 'calls' and by == 'all'")["value"].tolist() for table in (first, second, third)
    ]
    assert calls[0] == calls[1]  # the same incidents in every point of a year
    assert not first.equals(third)
    pd.testing.assert_index_equal(first.columns, third.columns)


def test_no_points_are_no_work() -> None:
    assert sweeps.points([], ["out=nowhere"]) == []


def test_a_point_that_is_refused_or_meets_another_is_told_before_anything_runs(tmp_path: Path) -> None:
    given = [*SMALL, f"out={tmp_path / 'study'}"]
    for design, words in (
        ([["name=a"], ["name=b", "days=0"]], "days is 0"),
        ([["name=a"], ["name=a", "seed=3"]], "two runs"),
        ([["name=a"], ["name=b", "scenario=2023,2024"]], "several values"),
    ):
        with pytest.raises(SimError, match=words):
            sweeps.points(design, given)
    assert not (tmp_path / "study").exists()


def test_a_point_that_fails_is_named_with_its_reason(tmp_path: Path) -> None:
    design = [["name=a"], ["name=b", "precision_kpis=[no_such_kpi]"]]
    with pytest.raises(SimError, match=r"1 of 2 runs are not complete: b \(failed: precision_kpis holds"):
        sweeps.points(design, [*SMALL, f"out={tmp_path}"])
    assert list(made(tmp_path)) == ["a"]
