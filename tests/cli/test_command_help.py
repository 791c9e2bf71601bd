"""--help: the years, the options, and examples that run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sim import cli
from sim.cli.help import help_text
from sim.config.compose import options


@pytest.fixture(scope="module")
def text() -> str:
    return help_text()


def examples() -> list[str]:
    lines = help_text().split("Examples\n")[1].splitlines()
    return [line.strip() for line in lines if line.strip().startswith("python -m sim")]


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_goes_to_standard_output(flag: str, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert cli.main([flag, "scenario=1999"]) == 0
    out, err = capsys.readouterr()
    assert out == text
    assert err == ""


def test_help_names_the_years_the_options_and_the_groups(text: str) -> None:
    assert ", ".join(options("scenario")) in text
    for option in ("scenario", "replications", "days", "seed", "workers", "out", "name", "figures"):
        assert re.search(rf"^  {option}=\S+ +\w", text, re.MULTILINE), option
    for group in (
        "plan",
        "region",
        "demand",
        "forces",
        "dispatch",
        "travel",
        "fireground",
        "outcome",
        "launch",
    ):
        assert f"{group}: " in text
    assert len(examples()) == 3


def test_help_fits_a_terminal_but_for_the_list_of_groups(text: str) -> None:
    assert all(len(line) <= 100 for line in text.splitlines() if not line.startswith("Groups"))


@pytest.mark.parametrize("example", examples())
def test_the_examples_run(example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = shlex.split(example)[3:]
    small = [item for item in arguments if not item.startswith("replications=")]
    status = cli.main([*small, "days=2", "replications=1", "workers=1", "figures=none", f"out={tmp_path}"])
    assert (status, capsys.readouterr().err) == (0, "")
    years = [year for item in arguments if item.startswith("scenario=") for year in item[9:].split(",")]
    runs = sorted(path.parent.name for path in tmp_path.glob("*/run.json"))
    assert [run.split(",")[0] for run in runs] == years
