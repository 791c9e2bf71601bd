"""`keep=kpis`: a run without tables of incidents has the same indicators, and who needs the tables says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim import cli
from sim.config.compose import compose
from sim.errors import SimError
from sim.runs import execute, replications
from sim.storage import run_folder

SHORT = ("scenario=2025", "days=4", "replications=2", "workers=1", "figures=none")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a run of each kind; that without tables was made without building one."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        for keep in ("tables", "kpis"):
            out = tmp_path_factory.mktemp(keep)
            found[keep] = execute.on_disk(compose([*SHORT, f"keep={keep}", f"out={out}"]))
            patch.setattr(replications, "arrow", None)
    return found


def test_indicators_are_the_bytes_of_a_run_with_tables(runs: dict[str, Path]) -> None:
    with_tables, without = (run_folder.load(folder, verify=True).info for folder in runs.values())
    gone = {"incidents.parquet", "dispatches.parquet"}
    assert {*with_tables["files"]} - {*without["files"]} == gone
    same = {*without["files"]} - {"config.yaml"}
    assert {name: without["files"][name] for name in same} == {
        name: with_tables["files"][name] for name in same
    }
    assert (without["keep"], without["config_digest"]) == ("kpis", with_tables["config_digest"])
    assert without["incidents"] == with_tables["incidents"]


def test_run_with_tables_stands_for_one_without_and_not_the_other_way(runs: dict[str, Path]) -> None:
    wanted = {keep: execute.facts(compose([*SHORT, f"keep={keep}"])) for keep in runs}
    assert run_folder.unfit(runs["tables"], wanted["kpis"]) == ""
    assert "another choice of what is kept (kpis, now tables)" in run_folder.unfit(
        runs["kpis"], wanted["tables"]
    )


@pytest.mark.parametrize("words", [["report"], ["incident"], ["compare", "figures=main"]])
def test_readers_that_need_the_tables_name_the_key(
    words: list[str], runs: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = list(map(str, runs.values())) if words[0] == "compare" else [str(runs["kpis"])]
    assert cli.main([words[0], *folders, *words[1:], f"out={tmp_path / 'new'}"]) == 2
    told = capsys.readouterr().err
    assert "holds no table of incidents: it was made with keep=kpis" in told
    assert not list(tmp_path.rglob("*.*"))


def test_run_in_memory_says_the_same() -> None:
    result = sim.run(*SHORT, "keep=kpis", replications=1, days=1)
    assert len(result.kpis) > 0
    with pytest.raises(SimError, match=r"the run in memory holds no table of dispatches"):
        _ = result.dispatches


def test_pictures_need_the_tables() -> None:
    with pytest.raises(SimError, match=r"keep is kpis and figures is main, .*; allowed: figures=none"):
        compose(["keep=kpis"])
