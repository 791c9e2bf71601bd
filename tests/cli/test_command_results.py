"""What the command leaves: the same tables from any number of workers, from anywhere, and from `sim.run`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from helpers.command_line import environment, sim

import sim as package
from sim import cli

TABLES = (
    "incidents.parquet",
    "dispatches.parquet",
    "kpi_values.parquet",
    "kpis.csv",
    "in_force.csv",
    "targets.csv",
    "config.yaml",
)
OPTIONS = ("scenario=2025", "replications=3", "days=5", "figures=none")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one worker, made in a process of its own in another working directory."""
    folder = tmp_path_factory.mktemp("elsewhere")
    done = sim(*OPTIONS, "workers=1", "name=run", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder / "results" / "run"


def content(folder: Path) -> dict[str, bytes]:
    """The bytes of every table; the configuration without the keys that say how and where."""
    found = {name: (folder / name).read_bytes() for name in TABLES}
    lines = found["config.yaml"].splitlines()
    found["config.yaml"] = b"\n".join(x for x in lines if not x.startswith((b"workers:", b"out:", b"name:")))
    return found


def test_results_stand_in_the_working_directory_and_are_complete(run: Path) -> None:
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert info["status"] == "complete"
    assert (info["scenario"], info["replications"], info["days"]) == (2025, 3, 5)
    assert sorted(path.name for path in run.iterdir()) == sorted([*TABLES, "run.json"])
    assert [path.name for path in run.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_workers_does_not_change_a_byte(workers: int, run: Path, tmp_path: Path) -> None:
    assert cli.main([*OPTIONS, f"workers={workers}", f"out={tmp_path}", "name=run"]) == 0
    assert content(tmp_path / "run") == content(run)


def test_another_seed_changes_the_tables(run: Path, tmp_path: Path) -> None:
    assert cli.main([*OPTIONS, "workers=1", "seed=7", f"out={tmp_path}", "name=run"]) == 0
    other = content(tmp_path / "run")
    assert other["incidents.parquet"] != content(run)["incidents.parquet"]


def test_in_memory_gives_the_tables_of_the_command(run: Path) -> None:
    memory = package.run(*OPTIONS, "workers=1")
    disk = package.load(run)
    for name in ("incidents", "dispatches", "values"):
        pd.testing.assert_frame_equal(getattr(memory, name), getattr(disk, name), check_categorical=False)
    pd.testing.assert_frame_equal(memory.kpis, disk.kpis, check_dtype=False, check_categorical=False)


def test_a_plain_script_without_a_main_guard_can_use_workers(tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text(
        "import sim\n"
        "r = sim.run('scenario=2025', 'replications=2', 'days=2', 'workers=2')\n"
        "print('replications', r.incidents['replication'].nunique())\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["replications 2"]


def test_the_last_of_two_values_counts(tmp_path: Path) -> None:
    assert (
        cli.main(
            ["replications=1", "days=2", "replications=2", "workers=1", "figures=none", f"out={tmp_path}"]
        )
        == 0
    )
    info = json.loads(next(tmp_path.glob("*/run.json")).read_text(encoding="utf-8"))
    assert info["replications"] == 2


@pytest.mark.parametrize("name", ["衢州 2025", "a,b=c", "x*?", "2025"])
def test_unusual_names_are_names_of_folders(name: str, tmp_path: Path) -> None:
    options = ["days=1", "replications=1", "workers=1", "figures=none", f"out={tmp_path}", f"name='{name}'"]
    assert cli.main(options) == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_sweep_leaves_a_folder_for_each_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(
        [
            "-m",
            "scenario=range(2023,2025)",
            "days=1",
            "replications=1",
            "workers=1",
            "figures=none",
            f"out={tmp_path}",
        ]
    )
    assert status == 0
    runs = sorted(path.parent.name for path in tmp_path.glob("*/run.json"))
    assert runs == ["2023,replications=1,days=1", "2024,replications=1,days=1"]
    out = capsys.readouterr().out
    assert all(run in out for run in runs)


def test_a_reader_who_leaves_early_sees_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sim", "days=1", "replications=1", "workers=1", "figures=none"]
    with subprocess.Popen(
        [*command, f"out={tmp_path}"],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()  # as `| head` does
        assert process.stderr.read() == ""
    assert len(list(tmp_path.glob("*/run.json"))) == 1
