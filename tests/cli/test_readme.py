"""The command lines of the README run as they stand there, on a few days."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from sim import cli

README = Path(__file__).resolve().parents[2] / "README.md"


def commands() -> list[str]:
    lines = (line.split("#")[0].strip() for line in README.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line.startswith("python -m sim")]


def test_the_readme_shows_the_main_commands() -> None:
    assert "python -m sim scenario=2025" in commands()
    assert any(" -m scenario=" in line for line in commands())


@pytest.mark.parametrize("line", [line for line in commands() if "--help" not in line])
def test_a_command_of_the_readme_runs(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["days=2", "replications=1", "workers=1", "figures=none", f"out={tmp_path}"]
    assert cli.main([*shlex.split(line)[3:], *small]) == 0, capsys.readouterr().err
    assert any(path.name == "run.json" for path in tmp_path.rglob("run.json"))
