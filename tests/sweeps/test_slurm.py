"""A sweep on a real Slurm: the same tables, also by plain sbatch, and a killed job is seen and made good."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.small_sweep import NAMES, ROOT, SMALL, YEARS, command, made, sums

from sim import cli


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
pytestmark = pytest.mark.skipif(bool(NO_SLURM), reason=NO_SLURM or "there is one")
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
until job=$(squeue --me --noheader --array --states=RUNNING --format=%i | grep -m1 _1); do sleep 0.1; done
scancel --signal=KILL --full "$job"
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
    assert "1 of 3 runs are not complete (a job was lost" in told
    assert NAMES[1] in told
    kept = made(tmp_path / "study")
    assert sorted(kept) == [NAMES[0], NAMES[2]]
    again = command("-m", YEARS, *SMALL, *ON_SLURM, f"out={tmp_path / 'study'}")
    assert again.returncode == 0, again.stderr
    assert {name: inode for name, inode in made(tmp_path / "study").items() if name in kept} == kept
    assert sums(tmp_path / "study") == reference
