"""Every command that the documentation shows is understood; those of the how-tos run, on a few days."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from sim import cli
from sim.cli.commands import COMMANDS
from sim.config.compose import known_keys
from sim.sweeps.expand import jobs
from tests.cli.test_readme import LESS, SMALL, commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
    if page.stem != "CHANGELOG"
]
SHOWN = re.compile(r"python -m sim((?: +(?:'[^'\n]*'|[^\s`|;#)'\"，。；：、）<]+))+)")
PLACEHOLDER = re.compile(r"\b[A-Z]{2,}\b|=K\b|\$|方案")  # a file of the reader's own
ELSEWHERE = (  # executed by other tests: the tutorial's, the page's, those of a city, of Slurm; or they rewrite docs
    "docs/tutorial.md", "docs/zh/tutorial.md", "docs/city.md", "README.md", "README.zh.md",
)  # fmt: skip
NOT_HERE = (
    "app",
    "launch=slurm",
    "publish=docs",
    "file=what-if.txt",
    "counties",
    "region=synthetic",
    "--version",
    "city",
)


def shown(page: Path) -> list[list[str]]:
    """Return the commands on a page with nothing to be filled in, as words; those named in passing have none."""
    found = SHOWN.findall(page.read_text(encoding="utf-8"))
    return [shlex.split(line) for line in dict.fromkeys(found) if not PLACEHOLDER.search(line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_shown_command_is_understood(page: Path) -> None:
    for words in shown(page):
        first = words[0]
        if first in COMMANDS:
            usage = importlib.import_module(COMMANDS[first].module).USAGE
            if len(words) > 1 and "--help" not in words:  # else it is named in passing
                usage.parse(words[1:], known_keys)
        elif not first.startswith("--"):
            told = [word for word in words if word != "-m" and not word.startswith("portfolio=")]
            assert jobs(told) or not told, words


@pytest.mark.slow
def test_the_how_tos_run_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    known = [shlex.split(line)[3:] for line in commands()]  # the README's, which another test runs
    done = set()
    for page in PAGES:
        if page.relative_to(ROOT).as_posix() in ELSEWHERE:
            continue
        for words in shown(page):
            first = words[0]
            if (
                (words in known and first != "portfolio")  # whose results another command takes
                or (len(words) == 1 and "=" not in first)
                or any(word in " ".join(words) for word in NOT_HERE)
            ):
                continue
            few = [*SMALL, "figures=none"] if first == "-m" or "=" in first else LESS.get(first, [])
            keys = [word.partition("=")[0] for word in few]
            given = [*(word for word in words if word.partition("=")[0] not in keys), *few]
            if first == "array" and len(words) == 2:  # Slurm says which job it is
                given.append("job=0")
            if tuple(given) in done:
                continue
            status = cli.main(given)
            assert status == 0, f"{page.name}: {shlex.join(given)}: {capsys.readouterr().err}"
            done.add(tuple(given))
    assert len(done) >= 8
