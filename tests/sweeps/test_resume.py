"""A sweep started again: what is complete stays, what is not is made, what is of other inputs is made again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from helpers.small_sweep import NAMES, SMALL, YEARS, made, sums
from helpers.store_samples import seal_again

from sim import cli
from sim.errors import SimError
from sim.locks import FileLock
from sim.sweeps import expand, record, run
from sim.sweeps.record import states


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete sweep, which every test copies."""
    folder = tmp_path_factory.mktemp("done") / "study"
    assert cli.main(["-m", YEARS, *SMALL, f"out={folder}"]) == 0
    return folder


@pytest.fixture
def study(done: Path, tmp_path: Path) -> Path:
    return shutil.copytree(done, tmp_path / "study")


def again(folder: Path, *more: str) -> int:
    return cli.main(["-m", YEARS, *SMALL, f"out={folder}", *more])


def test_a_complete_sweep_is_left_as_it_is(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = made(study)
    assert sorted(before) == NAMES
    left = study / ".sweep" / "running" / f"{NAMES[0]}.lock"
    left.touch()  # by one who was killed after his last write
    assert again(study) == 0
    assert made(study) == before
    assert not left.exists()
    assert "3 of 3 runs are complete already and stay" in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage",
    ["gone", "changed", *(pytest.param(damage, marks=pytest.mark.slow) for damage in ("cut", "no run.json"))],
)
def test_only_the_damaged_run_is_made_again(study: Path, damage: str) -> None:
    reference, before = sums(study), made(study)
    hurt = study / NAMES[1]
    table = hurt / "incidents.parquet"
    if damage == "gone":
        shutil.rmtree(hurt)
    elif damage == "changed":  # one bit, same size
        content = bytearray(table.read_bytes())
        content[len(content) // 2] ^= 1
        table.write_bytes(content)
    elif damage == "cut":
        table.write_bytes(table.read_bytes()[:-100])
    else:
        (hurt / "run.json").unlink()
    lacking = [item for item in states(record.load(study)) if item.status != "complete"]
    assert [(item.run.name, item.status) for item in lacking] == [(NAMES[1], "missing")]
    assert again(study) == 0
    after = made(study)
    assert {name for name in NAMES if after[name] != before.get(name)} == {NAMES[1]}
    assert sums(study) == reference


def test_another_configuration_under_the_same_name_is_made_again(tmp_path: Path) -> None:
    points = [["scenario=2025", "name=a"], ["scenario=2024", "name=b"]]
    given = [*SMALL, f"out={tmp_path}"]
    run.run([[*given, *point] for point in points])
    before = made(tmp_path)
    points[1].append("dispatch.centre.seats=1")
    found, _ = run.run([[*given, *point] for point in points])
    assert [item.status for item in found] == ["complete", "complete"]
    after = made(tmp_path)
    assert (after["a"] == before["a"], after["b"] == before["b"]) == (True, False)
    assert found[1].run.parameters["dispatch.centre.seats"] == 1


def test_another_version_of_the_code_or_of_a_table_is_made_again(study: Path) -> None:
    before = made(study)
    for name, fact in ((NAMES[0], "code_digest"), (NAMES[2], "region_digest")):
        seal_again(study / name, **{fact: "0123456789abcdef"})
    lacking = [item for item in states(record.load(study)) if item.status != "complete"]
    assert [item.run.name for item in lacking] == [NAMES[0], NAMES[2]]
    assert "another version of this program" in lacking[0].reason
    assert "another version of the region's tables" in lacking[1].reason
    assert again(study) == 0
    assert {name for name in NAMES if made(study)[name] == before[name]} == {NAMES[1]}


def test_the_tables_of_a_region_are_part_of_what_a_run_is_of(tmp_path: Path) -> None:
    from sim.config.city_file import tables_folder
    from sim.config.compose import compose
    from sim.runs.execute import facts

    plain = compose([])
    folder = shutil.copytree(tables_folder(plain.region.folder), tmp_path / "region")
    own = compose([f"region.folder={folder}"])
    assert facts(own)["region_digest"] == facts(plain)["region_digest"]
    stations = folder / "stations.csv"
    stations.write_text(stations.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert facts(own)["region_digest"] != facts(plain)["region_digest"]
    assert facts(own)["config_digest"] != facts(plain)["config_digest"]  # region.folder is a key


def test_what_changes_no_result_makes_nothing_again(study: Path) -> None:
    before = made(study)
    assert again(study, "workers=2", "max_memory=100000", "launch=laptop") == 0
    assert made(study) == before


def test_pictures_that_are_wanted_and_not_there_are_a_reason(study: Path) -> None:
    meant, common = expand.checked([["scenario=2023", *SMALL, f"out={study}", "figures=main"]])
    wanted = record.of(study, meant, common.launch)
    (item,) = states(wanted)
    assert item.status == "missing"
    assert "another choice of pictures (none, now main)" in item.reason


def test_two_sweeps_do_not_work_in_one_folder(study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = FileLock(study / ".sweep" / "lock")
    assert lock.acquire()
    try:
        assert again(study) == 2
    finally:
        lock.release()
    message = capsys.readouterr().err
    assert "is in use by the sweep of process" in message
    assert "choose another folder with out=..." in message


def test_a_run_that_fails_does_not_cost_the_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kpis = "precision_kpis=[first_arrival_mean],[no_such_kpi],[first_capable_mean]"
    assert cli.main(["-m", "scenario=2025", kpis, *SMALL, f"out={tmp_path}"]) == 1
    message = capsys.readouterr().err
    assert "1 of 3 runs are not complete" in message
    assert "no_such_kpi" in message
    assert "start the same command again" in message
    assert len(made(tmp_path)) == 2
    found = states(record.load(tmp_path))
    assert [item.status for item in found] == ["complete", "failed", "complete"]


def test_an_unexpected_error_leaves_its_traceback_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sim.runs import execute as studies

    def broken(*_: object) -> None:
        raise ZeroDivisionError("tried on purpose")

    with monkeypatch.context() as patch:
        patch.setattr(studies, "_kpis", broken)
        found, _ = run.run([["scenario=2025", "name=a", *SMALL, f"out={tmp_path}"]])
    assert found[0].status == "failed"
    assert found[0].reason.startswith("ZeroDivisionError: tried on purpose (traceback in ")
    note = tmp_path / ".sweep" / "failed" / "a.txt"
    assert "in broken" in note.read_text()
    found, _ = run.run([["scenario=2025", "name=a", *SMALL, f"out={tmp_path}"]])
    assert found[0].status == "complete"
    assert not note.exists()


@pytest.mark.parametrize("launch", ["basic", "array"])
def test_what_killed_writers_left_beside_complete_runs_goes(study: Path, launch: str) -> None:
    """As after a kill behind the exchange: the run stands, its lock, its forerunner and a note of failure stay."""
    before, name = made(study), NAMES[0]
    if launch == "array":
        assert again(study, "launch=array") == 0
    hidden = {path.name for path in study.glob(".*")}
    (study / f".{name}.swap").touch()
    (study / f".{name}.gone-1-0123abcd").mkdir()
    (study / ".notes.swap").touch()  # somebody else's
    (study / ".sweep" / "failed" / f"{name}.txt").write_text("cannot write: the disk is full\n")
    assert (cli.main(["array", str(study), "job=0"]) if launch == "array" else again(study)) == 0
    assert made(study) == before
    assert {path.name for path in study.glob(".*")} == {*hidden, ".notes.swap"}
    assert not list((study / ".sweep" / "failed").iterdir())


def test_nothing_is_written_for_a_sweep_that_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["-m", "scenario=2023,2031", *SMALL, f"out={tmp_path / 'study'}"]) == 2
    assert "2031" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_sweep_is_told(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"holds no sweep: sweep\.json is missing"):
        record.load(tmp_path)
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(SimError, match="has no seal"):
        record.load(tmp_path)
