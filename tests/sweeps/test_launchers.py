"""One study by every way to run it leaves the same tables, and options that do not fit are refused."""

from __future__ import annotations

import multiprocessing
import shlex
from pathlib import Path

import pytest
from helpers.small_sweep import NAMES, SMALL, YEARS, command, made, sums

from sim import cli
from sim.config.compose import compose
from sim.errors import SimError
from sim.runs import execute, processes
from sim.sweeps import expand, launch, record
from sim.sweeps.launch import batches, spread


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tables of the study, made in one process."""
    folder = tmp_path_factory.mktemp("reference") / "study"
    assert cli.main(["-m", YEARS, *SMALL, f"out={folder}"]) == 0
    return sums(folder)


def test_a_laptop_leaves_the_same_tables(tmp_path: Path, reference: dict[str, str]) -> None:
    done = command("-m", YEARS, *SMALL, "launch=laptop", "launch.jobs=2", f"out={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "2024,replications=2,days=3: complete" in done.stdout
    assert sums(tmp_path) == reference


@pytest.mark.slow
def test_jobs_on_a_laptop_may_have_workers_of_their_own(tmp_path: Path, reference: dict[str, str]) -> None:
    small = [item for item in SMALL if not item.startswith("workers=")]
    done = command("-m", YEARS, *small, "workers=2", "launch=laptop", "launch.jobs=2", f"out={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert sums(tmp_path) == reference


def test_jobs_by_hand_leave_the_same_tables(
    tmp_path: Path,
    reference: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "study"
    assert cli.main(["-m", YEARS, *SMALL, "launch=array", "launch.runs=2", f"out={folder}"]) == 0
    assert "sbatch --array=" in capsys.readouterr().out
    assert made(folder) == {}
    assert cli.main(["array", str(folder), "missing=true"]) == 0
    assert capsys.readouterr().out == "0-1\n"  # two jobs, of two runs and of one
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "1")
    assert cli.main(["array", str(folder)]) == 0
    assert list(made(folder)) == [NAMES[2]]
    assert cli.main(["collect", str(folder)]) == 1
    told = capsys.readouterr().err
    assert all(f"missing: {name}" in told for name in NAMES[:2])
    assert cli.main(["array", str(folder), "missing=true"]) == 0
    assert capsys.readouterr().out == "0\n"
    assert cli.main(["array", str(folder), "job=0"]) == 0
    assert sums(folder) == reference
    for wrong in ("2", "-1"):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", wrong)
        assert cli.main(["array", str(folder)]) == 2
        assert "allowed: 0..1" in capsys.readouterr().err


def test_jobs_after_an_edit_of_the_code_are_refused_before_they_are_submitted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "my study"
    sweep = ["-m", YEARS, *SMALL, "launch=array", f"out='{folder}'"]
    assert cli.main(sweep) == 0
    told = capsys.readouterr().out
    assert f"sbatch --array=$(python -m sim array '{folder}' missing=true)" in told
    wrap = shlex.split(told.splitlines()[-1])[-1]
    assert shlex.split(wrap) == ["python", "-m", "sim", "array", str(folder)]
    monkeypatch.setattr(execute, "code_digest", lambda: "another")
    assert cli.main(["array", str(folder), "missing=true"]) == 2
    assert "write its list anew with the same launch=array command" in capsys.readouterr().err
    assert cli.main(["collect", str(folder)]) == 1
    assert "start its launch=array command again, which says what to submit" in capsys.readouterr().err
    assert cli.main(sweep) == 0  # and then the jobs can be submitted
    capsys.readouterr()
    assert cli.main(["array", str(folder), "missing=true"]) == 0
    assert capsys.readouterr().out == "0-2\n"


def test_without_semaphores_the_work_is_done_in_one_process(
    tmp_path: Path,
    reference: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none(self: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    processes.semaphores.cache_clear()
    monkeypatch.setattr(multiprocessing.context.BaseContext, "Lock", none)
    try:
        assert cli.main(["-m", "scenario=2023", *SMALL, "launch=laptop", f"out={tmp_path}"]) == 0
        assert list(processes.in_order(abs, range(3), 2, list, ())) == [0, 1, 2]
    finally:
        processes.semaphores.cache_clear()
    assert capsys.readouterr().err.splitlines() == [
        (
            "no semaphores for worker processes (/dev/shm: [Errno 2] No such file or directory): "
            "one process does the work"
        )
    ]
    assert sums(tmp_path).items() <= reference.items()


def test_a_launcher_that_is_none_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = "hydra.launcher._target_=nowhere.Such"
    assert cli.main(["-m", YEARS, *SMALL, "launch=laptop", target, f"out={tmp_path}"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: hydra.launcher._target_ is 'nowhere.Such', which cannot be used here")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["launch=slurm", "launch.slurm.minutes=soon"], ["launch.slurm.minutes", "'soon'", "1..43200"]),
        (["launch=slurm", "launch.slurm.memory=10"], ["launch.slurm.memory is 10 MiB", "256..16777216"]),
        (["launch=slurm", "launch.jobs=0"], ["launch.jobs is 0", "1 or more"]),
        (["launch=slurm", "launch.slurm.queue=long"], ["unknown key launch.slurm.queue"]),
        (["launch=laptop", "launch.slurm.partition=long"], ["launch.slurm.partition"]),
        (["launch=basic", "launch.jobs=4"], ["launch.jobs is 4", "launch=laptop"]),
        (["launch=laptop", "launch.jobs=1.5"], ["launch.jobs", "whole number"]),
        (["max_memory=-1"], ["max_memory is -1 MiB"]),
    ],
)
def test_options_that_do_not_fit_are_refused(options: list[str], words: list[str]) -> None:
    with pytest.raises(SimError) as refusal:
        compose(options)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_a_laptop_has_never_more_processes_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "all_cores", lambda: 8)
    assert spread(compose(["launch=laptop"])) == (8, 1)
    assert spread(compose(["launch=laptop", "workers=3"])) == (2, 3)
    assert spread(compose(["launch=laptop", "launch.cores=4"])) == (2, 4)
    assert spread(compose(["launch=laptop", "workers=16"])) == (1, 16)
    assert spread(compose(["launch=laptop", "launch.jobs=3"])) == (3, 1)


def test_replications_of_a_job_share_its_cores_only(monkeypatch: pytest.MonkeyPatch) -> None:
    from sim.runs import replications

    monkeypatch.setattr(replications, "cores", lambda: 8)
    assert replications.workers(compose(["launch=basic"])) == 8
    assert replications.workers(compose(["launch=laptop"])) == 1
    assert replications.workers(compose(["launch=slurm", "launch.cores=4"])) == 4
    assert replications.workers(compose(["launch=laptop", "workers=2"])) == 2


def test_runs_go_to_jobs_in_parts(tmp_path: Path) -> None:
    meant, common = expand.checked([[f"seed={seed}"] for seed in range(5)])
    runs = record.of(tmp_path, meant, common.launch).runs
    assert [run.parameters for run in runs[:2]] == [
        {"scenario.year": 2025, "seed": 0},
        {"scenario.year": 2025, "seed": 1},
    ]
    assert batches(runs, 2) == [[0, 1], [2, 3], [4]]
    assert batches(runs[1:4], 5) == [[1, 2, 3]]


def test_without_sbatch_slurm_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["-m", YEARS, *SMALL, "launch=slurm", f"out={tmp_path / 'study'}"]) == 2
    assert "there is no sbatch here: use launch=laptop" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()
