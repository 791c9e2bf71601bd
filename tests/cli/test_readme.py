"""The commands of the README run, one after the other, on a few days."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from sim import cli
from sim.cli.commands import COMMANDS

README = Path(__file__).resolve().parents[2] / "README.md"
SMALL = ["days=2", "replications=2", "workers=1"]
LESS = {  # what makes a command of the table short
    "attribution": ["groups=vehicles,patrol_cars", *SMALL],
    "effects": SMALL,
    "uncertainty": ["draws=16", "parameters=v_mtn", "days=2", "workers=1"],
    "portfolio": ["design=8", "screen=1", "final=2", "most=4", "draws=0", "days=2", "workers=1"],
    "siting": ["replications=0"],
    "whatif": [*SMALL, "figures=none"],
    "replay": ["replications=1", "workers=1"],
    "sensitivity": [
        "parameters=m_seats",
        "trajectories=0",
        "samples=0",
        "points=0",
        "days=2",
        "replications=1",
    ],
}


def commands() -> list[str]:
    """Return the commands of python -m sim in the README, in their order."""
    return re.findall(r"`(python -m sim [^`]*)`", README.read_text(encoding="utf-8"))


def test_readme_shows_the_main_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert "python -m sim scenario=2025" in text
    assert "python -m sim -m +experiment=rollout" in commands()


def test_every_command_of_the_readme_exists() -> None:
    words = {line.split()[3] for line in commands()} - {"-m", "--help", "COMMAND"}
    names = set(COMMANDS)
    assert {word for word in words if "=" not in word} <= names


@pytest.mark.parametrize(
    "file", [README, *sorted((README.parent / "docs").glob("*.md"))], ids=lambda path: path.name
)
def test_python_examples_import_what_exists(file: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL):
        for statement in ast.parse(block).body:
            if isinstance(statement, ast.Import | ast.ImportFrom):
                exec(compile(ast.Module([statement], []), str(file), "exec"), {})


@pytest.mark.slow
def test_commands_of_the_readme_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["scenario=2025", *SMALL, "name=2025"]) == 0
    for line in commands():
        words = shlex.split(line)[3:]
        if "COMMAND" in words or "--help" in words or words == ["app"]:  # which serves until Ctrl-C
            continue
        first = words[0]
        if first == "-m" or "=" in first:
            name = [] if first == "-m" or any(word.startswith("name=") for word in words) else ["name=2023"]
            words += [*SMALL, "figures=main", *(name if first == "scenario=2023" else [])]
        words += LESS.get(first, [])
        if first == "replay":  # its file is in the checkout
            words[1] = str(README.parent / words[1])
        status = cli.main(words)
        assert status == 0, f"{line}: {capsys.readouterr().err}"
