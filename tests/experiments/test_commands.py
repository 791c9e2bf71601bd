"""Every command of experiments/ starts with `python -m`, tells what it does, and refuses what it does not know."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = ("benchmark", "calibration", "faults", "mutation", "validation", "verification.coverage_table")


def run(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", f"experiments.{name}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_how_it_is_called(name: str) -> None:
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"python -m experiments.{name}" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_refuses_an_unknown_option_in_a_sentence(name: str) -> None:
    done = run(name, "--unknown=1", "and more")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith(("error: ", f"python -m experiments.{name}: error: "))
    assert "Traceback" not in done.stderr
