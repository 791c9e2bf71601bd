"""One table over the runs of a sweep, and who is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
from helpers.small_sweep import NAMES, SMALL, YEARS

from sim import cli
from sim.storage import run_folder


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done") / "study"
    seats = "dispatch.centre.seats=2,4"
    assert cli.main(["-m", "scenario=2023,2025", seats, *SMALL, f"out={folder}"]) == 0
    return folder


@pytest.fixture
def study(done: Path, tmp_path: Path) -> Path:
    return shutil.copytree(done, tmp_path / "study")


def test_a_row_for_each_indicator_of_each_run_with_its_parameters(
    study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["collect", str(study)]) == 0
    assert "of 4 runs" in capsys.readouterr().out
    table = pd.read_csv(study / "collected.csv", keep_default_na=False)
    assert list(table.columns) == [
        "number", "run", "scenario.year", "dispatch.centre.seats",
        "kpi", "by", "group", "unit", "mean", "low", "high", "replications",
    ]  # fmt: skip
    assert len(table) == sum(len(run_folder.load(folder).kpis) for folder in run_folder.runs_in(study))
    told = table.drop_duplicates("number")[["scenario.year", "dispatch.centre.seats"]].to_numpy().tolist()
    assert told == [[2023, 2], [2023, 4], [2025, 2], [2025, 4]]
    for number, folder in enumerate(sorted(run_folder.runs_in(study), key=lambda path: path.name)):
        own = run_folder.load(folder).kpis
        rows = table[table["run"] == folder.name]
        assert pd.to_numeric(rows["mean"]).tolist() == pytest.approx(own["mean"].tolist(), nan_ok=True), (
            number
        )


def test_the_values_of_each_replication_of_chosen_indicators(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "values.csv"
    assert cli.main(["collect", str(study), "values=true", "kpi=calls", "by=all", f"out={out}"]) == 0
    table = pd.read_csv(out)
    assert len(table) == 4 * 2
    same = table.groupby(["scenario.year", "replication"])["value"].nunique()
    assert same.tolist() == [1, 1, 1, 1]  # the same workload whatever the seats
    assert not (study / "collected.csv").exists()


def test_what_is_missing_damaged_or_failed_is_named(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = sorted(run_folder.runs_in(study), key=lambda path: path.name)
    shutil.rmtree(runs[0])
    with (runs[1] / "kpis.csv").open("a") as file:
        file.write("calls,all,all,calls,1,1,1,2\n")
    shutil.rmtree(runs[2])
    (study / ".sweep" / "failed" / f"{runs[2].name}.txt").write_text("the reason\n\nTraceback")
    assert cli.main(["collect", str(study)]) == 1
    told = capsys.readouterr()
    assert f"missing: {runs[0].name}: it was not made" in told.err
    assert f"missing: {runs[1].name}: {runs[1] / 'kpis.csv'} has" in told.err
    assert f"failed: {runs[2].name}: the reason\n" in told.err
    assert "error: 3 of 4 runs" in told.err
    assert "of 1 runs" in told.out
    assert pd.read_csv(study / "collected.csv")["run"].unique().tolist() == [runs[3].name]


def test_what_the_sweep_does_not_name_is_left_out(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(run_folder.runs_in(study)[0], study / "stranger")
    assert cli.main(["collect", str(study)]) == 0
    assert "left out, since the sweep does not name them: stranger" in capsys.readouterr().out
    assert "stranger" not in set(pd.read_csv(study / "collected.csv")["run"])


def test_mistakes_are_one_sentence(study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    for arguments, words in (
        ([str(tmp_path / "nowhere")], "holds no sweep"),
        ([str(study), f"out={tmp_path / 'file' / 'x.csv'}"], "a file stands where a folder is needed"),
        ([str(study), "kpi=no_such"], "no run has such an indicator"),
    ):
        assert cli.main(["collect", *arguments]) == 2
        told = capsys.readouterr().err
        assert words in told
        assert len(told.splitlines()) == 1


def test_a_sweep_in_progress_is_no_failure_to_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["-m", YEARS, *SMALL, "launch=array", f"out={tmp_path}"]) == 0
    capsys.readouterr()
    assert cli.main(["collect", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert [name for name in NAMES if f"missing: {name}: it was not made" in told] == NAMES
    assert not (tmp_path / "collected.csv").exists()
