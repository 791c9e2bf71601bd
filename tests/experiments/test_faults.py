"""Every write of a command may fail or be its last, and every signal may come: whole results or none, and no rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A process of its own: the calls are forks of it, and pictures are made cheap there.
TRY = """
import json, sys
from pathlib import Path
from experiments.faults import commands
place, names, signals = Path(sys.argv[1]), sys.argv[2].split(","), int(sys.argv[3])
rows, sound = commands.trials(place, names, signals, 1) if signals else commands.writes(place, names)
Path(sys.argv[4]).write_text(json.dumps([rows, sound]))
"""


def tried(tmp_path: Path, names: str, signals: int = 0) -> list[list[str]]:
    place, answer = tmp_path / "trials", tmp_path / "answer.json"
    place.mkdir()
    words = [sys.executable, "-c", TRY, str(place), names, str(signals), str(answer)]
    done = subprocess.run(
        words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    rows, sound = json.loads(answer.read_text())
    assert sound, done.stdout
    return rows


@pytest.mark.slow
def test_every_write_of_a_command_may_be_its_last_or_fail(tmp_path: Path) -> None:
    rows = tried(tmp_path, "run,report,collect")  # the others: docs/reliability.md
    assert len(rows) == 6
    assert min(int(row[1]) for row in rows) >= 4


@pytest.mark.slow
def test_a_signal_at_any_moment_leaves_whole_results_and_no_rest(tmp_path: Path) -> None:
    rows = tried(tmp_path, "run,sweep,array,collect", signals=60)
    assert sum(int(row[1]) for row in rows) > 30
