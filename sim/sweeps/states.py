"""The state of each run of a sweep. Only result files count, never the word of a job or a queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sim.locks import is_held
from sim.storage import run_folder
from sim.sweeps.record import Planned, Record


@dataclass(frozen=True)
class State:
    """A run and what became of it; `reason` says why it is not complete."""

    run: Planned
    folder: Path
    status: Literal["complete", "failed", "under way", "missing"]
    reason: str = ""


def state(record: Record, run: Planned) -> State:
    """Return the state of one run; all its files are read and compared with their checksums."""
    folder = record.run_folder(run)
    reason = run_folder.unfit(folder, run.facts)
    if not reason:
        return State(run, folder, "complete")
    if is_held(record.lock(run)):
        return State(run, folder, "under way", "it is being made just now")
    if not folder.exists():
        reason = "it was not made, or its job was lost"
    note = record.note(run)
    try:
        return State(run, folder, "failed", note.read_text(encoding="utf-8").splitlines()[0])
    except (OSError, IndexError, ValueError):
        return State(run, folder, "missing", reason)


def states(record: Record, runs: Iterable[Planned] | None = None) -> list[State]:
    """Return what became of the runs of a sweep, in its order."""
    return [state(record, run) for run in (record.runs if runs is None else runs)]
