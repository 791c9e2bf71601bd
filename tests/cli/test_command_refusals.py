"""Mistakes on the command line: status 2, one or two lines on standard error, no traceback, no result."""

from __future__ import annotations

import os
import shutil
import stat
from importlib import resources
from pathlib import Path

import pytest
from helpers.command_line import sim

from sim import cli

SMALL = ("days=2", "replications=1", "workers=1", "figures=none")
SHIPPED = Path(str(resources.files("sim") / "data" / "quzhou"))


def refused(status: int, out: str, err: str, *words: str) -> None:
    """Assert what every refusal has in common."""
    assert status == 2, err
    assert out == ""
    assert err.startswith("error: ")
    assert 1 <= len(err.splitlines()) <= 2, err
    assert "Traceback" not in err
    assert all(word in err for word in words), err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scenario=2031"], ["2031", "2023, 2024, 2025, 2026, 2027, 2028, 2029, 2030"]),
        (["+scenario.foo=1"], ["scenario.foo", "year, title"]),
        (["replications=0"], ["replications", "0", "1..100000"]),
    ],
)
def test_the_command_refuses_in_a_process_of_its_own(
    arguments: list[str], words: list[str], tmp_path: Path
) -> None:
    done = sim(*arguments, f"out={tmp_path / 'results'}")
    refused(done.returncode, done.stdout, done.stderr, *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["foo=1"], ["foo"]),
        (["+foo=1"], ["foo"]),
        (["++foo=1"], ["foo"]),
        (["days=many"], ["days", "'many'", "1..365"]),
        (["days=366"], ["days", "366", "1..365"]),
        (["~seed"], ["seed"]),
        (["days"], ["days", "key=value"]),
        (["report"], ["the command report goes first"]),
        (["=3"], ["=3"]),
        (["plan=other"], ["plan", "'other'", "quzhou_2024"]),
        (["--fast"], ["--fast", "--help"]),
        (["-x", "scenario=2025"], ["-x", "--help"]),
        (["scenario=2025", "launch=laptop"], ["launch=laptop is for sweeps", "add -m"]),
        (["-m", "scenario=2023,2024", "out=a,b"], ["out differs"]),
        (["name=../x"], ["name", "../x"]),
        (["-m", "scenario=2023,2031"], ["2031", "2030"]),
        (["-m", "scenario=2023,2024", "name=x"], ["two runs"]),
        (["-m", "scenario=2023,2024", "--fast"], ["--fast"]),
        (["plan.stations.zhihui_class2.name=无名站"], ["plan.stations", "无名站", "stations.csv"]),
        (["forces.specialists.chemical=无名站"], ["forces.specialists.chemical", "无名站"]),
    ],
)
def test_every_kind_of_mistake(
    arguments: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = [item for item in arguments if item == "-m"]
    rest = [item for item in arguments if item != "-m"]
    status = cli.main([*flags, *SMALL, f"out={tmp_path / 'results'}", *rest])
    refused(status, *capsys.readouterr(), *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("file", "line", "old", "new", "words"),
    [
        (
            "townships.csv",
            1,
            "population",
            "people",
            ["townships.csv, line 1", "column population", "missing"],
        ),
        ("cells.csv", 2, "2460.22", "many", ["cells.csv, line 2, column population", "'many'"]),
        ("cells.csv", 2, "2460.22", "nan", ["cells.csv, line 2, column population", "nan"]),
        ("cells.csv", 2, "2460.22", "-1", ["cells.csv, line 2, column population", "-1", "0 or more"]),
        (
            "cells.csv",
            2,
            "330802005",
            "999",
            ["cells.csv, line 2, column township", "'999'", "townships.csv"],
        ),
        ("cells.csv", 2, "118.91327", "12", ["cells.csv, line 2, column lon", "12", "117.9..119.5"]),
        ("cells.csv", 2, ",True,True", ",True", ["cells.csv, line 2", "6 cells", "7 columns"]),
        ("townships.csv", 3, "330802006", "330802005", ["townships.csv, line 3, column code", "line 2"]),
    ],
)
def test_mistakes_in_a_region_name_file_line_and_column(
    file: str,
    line: int,
    old: str,
    new: str,
    words: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "region"
    shutil.copytree(SHIPPED, folder)
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    (folder / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    status = cli.main([*SMALL, f"region.folder={folder}", f"out={tmp_path / 'results'}"])
    refused(status, *capsys.readouterr(), *words)
    assert not (tmp_path / "results").exists()


def test_a_region_that_is_not_there_or_not_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [*SMALL, f"out={tmp_path / 'results'}", f"region.folder={tmp_path / 'region'}"]
    refused(cli.main(options), *capsys.readouterr(), "region.folder", "no such folder")
    shutil.copytree(SHIPPED, tmp_path / "region")
    (tmp_path / "region" / "stations.csv").write_bytes("衢州,kind\n".encode("gb18030"))
    refused(cli.main(options), *capsys.readouterr(), "stations.csv, line 1", "UTF-8")
    (tmp_path / "region" / "stations.csv").unlink()
    refused(cli.main(options), *capsys.readouterr(), "stations.csv is missing")
    assert not (tmp_path / "results").exists()


def test_out_that_is_a_file_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results"
    file.write_text("mine", encoding="utf-8")
    refused(cli.main([*SMALL, f"out={file}"]), *capsys.readouterr(), "file", "out=")
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_no_run_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"x")
    status = cli.main([*SMALL, f"out={tmp_path}", "name=photos"])
    refused(status, *capsys.readouterr(), "photos", "not a run")
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["a.jpg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_place_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        refused(cli.main([*SMALL, f"out={tmp_path / 'results'}"]), *capsys.readouterr(), "results")
    finally:
        tmp_path.chmod(stat.S_IRWXU)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system that refuses everybody")
def test_a_place_that_takes_no_folders_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    refused(cli.main([*SMALL, "out=/proc/results"]), *capsys.readouterr(), "/proc/results")
