"""A sweep on a real Slurm: the same tables, also by plain sbatch, and a killed job is seen and made good."""

from __future__ import annotations

import fcntl
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.small_sweep import NAMES, ROOT, SMALL, YEARS, command, made, sums

from sim import cli
from sim.sweeps.slurm import ENDED


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tables of the study, made in one process."""
    folder = tmp_path_factory.mktemp("reference") / "study"
    assert cli.main(["-m", YEARS, *SMALL, f"out={folder}"]) == 0
    return sums(folder)


def slurm() -> str:
    """Say why there is no Slurm here to run a sweep on; empty when there is."""
    if shutil.which("sbatch") is None:
        return "sbatch is not installed"
    status = subprocess.run(
        ["bash", str(ROOT / "tests" / "helpers" / "slurm_node.sh"), "status"], check=False
    ).returncode
    return "no Slurm node answers: bash tests/helpers/slurm_node.sh start" if status else ""


NO_SLURM = slurm()
# They wait more than they work.
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(NO_SLURM), reason=NO_SLURM or "there is one")]


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Keep the node for one test: one drains it, one cancels what it finds in the queue."""
    with (Path(tempfile.gettempdir()) / "fire-response-sim-slurm-tests.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


ON_SLURM = ("launch=slurm", "launch.slurm.memory=512", "launch.slurm.minutes=10")


def test_slurm_leaves_the_same_tables(tmp_path: Path, reference: dict[str, str]) -> None:
    done = command("-m", YEARS, *SMALL, *ON_SLURM, f"out={tmp_path}")
    assert (done.returncode, done.stderr) == (0, "")
    assert sums(tmp_path) == reference
    (script,) = (tmp_path / ".sweep" / "slurm").glob(".submission_file_*.sh")
    asked = script.read_text()
    for line in ("--array=0-2%3", "--mem=512M", "--time=10", "--cpus-per-task=1"):
        assert f"#SBATCH {line}\n" in asked


def test_plain_sbatch_leaves_the_same_tables(tmp_path: Path, reference: dict[str, str]) -> None:
    folder = tmp_path / "study"
    assert cli.main(["-m", YEARS, *SMALL, "launch=array", f"out={folder}"]) == 0
    asked = command("array", str(folder), "missing=true")
    job = f"{sys.executable} -m sim array {folder}"
    submit = [
        "sbatch",
        "--wait",
        f"--array={asked.stdout.strip()}",
        f"--output={tmp_path}/%a.txt",
        "--wrap",
        job,
    ]
    done = subprocess.run(submit, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert sums(folder) == reference


KILL_THE_SECOND = """
# Also one that still waits: on a busy machine a running one may have ended before scancel comes.
# Slurm lists a job that was cancelled while it ran; one that waited is gone from its list at once.
until job=$(squeue --me --noheader --array --states=PENDING,RUNNING --format=%i | grep -m1 _1); do sleep 0.1; done
scancel "$job"
"""


def test_a_killed_job_is_seen_and_its_run_made_by_starting_again(
    tmp_path: Path, reference: dict[str, str]
) -> None:
    arguments = [sys.executable, "-m", "sim", "-m", YEARS, *SMALL, *ON_SLURM, f"out={tmp_path / 'study'}"]
    sweeping = subprocess.Popen(
        arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    killer = ["bash", "-c", KILL_THE_SECOND]
    try:
        subprocess.run(killer, timeout=120, check=True)
        _, told = sweeping.communicate(timeout=240)
    finally:
        sweeping.kill()
    assert sweeping.returncode == 1
    assert told.startswith("error: 1 of 3 runs are not complete (")
    assert any(f"({ENDED[state]})" in told for state in ("CANCELLED", "GONE")), told
    assert NAMES[1] in told
    kept = made(tmp_path / "study")
    assert sorted(kept) == [NAMES[0], NAMES[2]]
    again = command("-m", YEARS, *SMALL, *ON_SLURM, f"out={tmp_path / 'study'}")
    assert again.returncode == 0, again.stderr
    assert {name: inode for name, inode in made(tmp_path / "study").items() if name in kept} == kept
    assert sums(tmp_path / "study") == reference


def test_what_slurm_refuses_is_told_in_its_own_words_with_the_key(tmp_path: Path) -> None:
    for option, said, key in (
        ("launch.slurm.partition=nosuch", "Invalid partition name specified", "launch.slurm.partition"),
        ("launch.slurm.memory=16000000", "Memory specification can not be satisfied", "launch.slurm.memory"),
    ):
        done = command("-m", YEARS, *SMALL, "launch=slurm", option, f"out={tmp_path}")
        assert done.returncode == 2
        assert done.stderr.startswith("error: Slurm does not take the jobs: ")
        assert said in done.stderr
        assert key in done.stderr
        assert done.stderr.count("\n") == 1


WAIT_AND_RELEASE = """
until job=$(squeue --me --noheader --states=PENDING --format=%A | grep -m1 .); do sleep 0.1; done
scontrol hold "$job"
scontrol update nodename="$(hostname -s)" state=resume
until grep -q "lets 3 jobs wait" {told}; do sleep 0.5; done
scontrol release "$job"
"""


def test_held_jobs_are_told_of_and_the_sweep_goes_on_once_they_are_released(tmp_path: Path) -> None:
    node = ["scontrol", "update", f"nodename={socket.gethostname().split('.')[0]}"]
    told = tmp_path / "told.txt"
    subprocess.run([*node, "state=drain", "reason=test"], check=True)
    try:
        with told.open("w") as out:
            arguments = [
                sys.executable,
                "-m",
                "sim",
                "-m",
                YEARS,
                *SMALL,
                *ON_SLURM,
                f"out={tmp_path / 'study'}",
            ]
            sweeping = subprocess.Popen(arguments, cwd=ROOT, stdout=out)
        subprocess.run(["bash", "-c", WAIT_AND_RELEASE.replace("{told}", str(told))], timeout=240, check=True)
        assert sweeping.wait(240) == 0
    finally:
        subprocess.run([*node, "state=resume"], check=False)
        sweeping.kill()
    assert "JobHeld" in told.read_text()
    assert "scontrol release" in told.read_text()


@pytest.mark.slow
def test_a_job_at_its_time_limit_names_the_key(tmp_path: Path) -> None:
    long = ("scenario=2025", "replications=400", "figures=none", "launch=slurm", "launch.slurm.minutes=1")
    done = command("-m", *long, "launch.slurm.memory=512", f"out={tmp_path}")
    assert done.returncode == 1
    assert "a job came to its time limit: raise launch.slurm.minutes" in done.stderr
