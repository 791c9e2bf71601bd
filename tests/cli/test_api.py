"""sim.run, sweep, compare, report and load: the checks of the command line, tables in a notebook, no long traceback."""

from __future__ import annotations

import traceback
from pathlib import Path

import pandas as pd
import pytest

import sim
from sim import cli

SMALL = {"replications": 2, "days": 2, "workers": 1, "figures": "none"}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, object]:
    folder = tmp_path_factory.mktemp("api") / "study"
    return folder, sim.sweep(scenario=[2023, 2025], out=folder, **SMALL)


def test_keywords_and_lists_of_texts_are_options() -> None:
    result = sim.run(["scenario=2025"], "seed=7", **SMALL, **{"plan.patrol_cars.enabled": False})
    same = sim.run(
        "scenario=2025", "seed=7", "plan.patrol_cars.enabled=false", "replications=2", "days=2", "workers=1"
    )
    pd.testing.assert_frame_equal(result.kpis, same.kpis)


@pytest.mark.parametrize(
    "arguments",
    [
        ["experiment=rollout"],
        ["launch=slurm"],
        ["--fast"],
        ["scenario=2052"],
        ["scenario=2023,2025"],
        ["replicatons=2"],
        ["days"],
    ],
)
def test_a_run_is_refused_in_the_words_of_the_command_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(sim.SimError) as refusal:
        sim.run(*arguments)
    if arguments == ["days"]:  # the first plain word of a command line would be a command
        arguments = ["seed=1", *arguments]
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err == f"error: {refusal.value}\n"


def test_a_mistake_has_a_short_traceback_and_ipython_shows_the_sentence_alone() -> None:
    with pytest.raises(sim.SimError) as refusal:
        sim.run(scenario=2052)
    assert len(traceback.extract_tb(refusal.value.__traceback__)) == 2  # here, and the call into sim
    assert refusal.value.__suppress_context__
    assert refusal.value._render_traceback_() == [f"SimError: {refusal.value}"]


def test_a_sweep_gives_its_runs_by_name(runs: tuple[Path, object], tmp_path: Path) -> None:
    folder, found = runs
    assert list(found) == [f"{year},replications=2,days=2" for year in (2023, 2025)]
    assert all(result.folder.parent == folder for result in found.values())
    for words in ("launch=array", "scenario=2023,1999"):
        with pytest.raises(sim.SimError):
            sim.sweep(words, out=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert sim.sweep(scenario=[2023], out=folder, **SMALL).keys() == {"2023,replications=2,days=2"}


def test_results_show_their_headline_indicators(runs: tuple[Path, object]) -> None:
    _, found = runs
    for shown in (next(iter(found.values())), found, sim.run(scenario=2025, **SMALL)):
        assert "first_arrival_mean" in repr(shown)
        html = shown._repr_html_()
        assert "<table" in html
        assert "<th>first_arrival_mean</th>" in html
    assert repr(next(iter(found.values()))).startswith("<Result ")
    assert "2025,replications=2,days=2" in repr(found)


def test_a_comparison_is_the_table_of_the_command(
    runs: tuple[Path, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, found = runs
    table = sim.compare(folder, by=["all"])
    assert cli.main(["compare", str(folder), "by=all", "figures=none", f"out={tmp_path}"]) == 0
    capsys.readouterr()
    written = pd.read_csv(tmp_path / "comparison.csv")
    assert table["difference"].tolist() == pytest.approx(written["difference"].tolist(), nan_ok=True)
    assert len(sim.compare(folder, kpi="first_arrival_mean,deaths_a", by="all")) == 2
    in_memory = sim.run(scenario=2025, seed=2024, name="mine", **SMALL)
    mixed = sim.compare(next(iter(found.values())), in_memory, kpi=["first_arrival_mean"], by=["all"])
    assert mixed["scenario"].tolist() == ["mine"]
    for wrong in ({"baseline": "1999"}, {"kpi": ["speed"]}):
        with pytest.raises(sim.SimError):
            sim.compare(folder, **wrong)
    with pytest.raises(sim.SimError, match="no run is named"):
        sim.compare()


def test_a_report_is_written_where_it_is_wanted(runs: tuple[Path, object], tmp_path: Path) -> None:
    folder, _ = runs
    file = sim.report(folder, out=tmp_path, lang="zh")
    assert file == tmp_path / "report.zh.html"  # that of the other language stays
    assert file.stat().st_size > 100_000
    with pytest.raises(sim.SimError, match="allowed: en, zh"):
        sim.report(folder, lang="fr")
    with pytest.raises(sim.SimError, match="a report is about runs on disk"):
        sim.report(sim.run(scenario=2025, **SMALL), out=tmp_path)


def test_load_refuses_what_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(sim.SimError, match="does not exist"):
        sim.load(tmp_path / "nowhere")
