"""Tell the user which runs of a sweep are complete, while jobs elsewhere make them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sim.storage.files import INFO
from sim.sweeps.record import Planned, Record

LOOK_EVERY_S = 0.5


@contextmanager
def announcing(record: Record, runs: Sequence[Planned]) -> Iterator[None]:
    """Print a line for each of these runs as it becomes complete or fails."""
    end = threading.Event()
    before = {run.name: _mark(record, run) for run in runs}
    waiting = {run.name: run for run in runs}

    def look() -> None:
        for name, run in list(waiting.items()):
            if record.note(run).exists():
                del waiting[name]
            elif _mark(record, run) not in (0, before[name]):
                del waiting[name]
                sys.stdout.write(f"{name}: complete ({len(runs) - len(waiting)} of {len(runs)})\n")
                sys.stdout.flush()

    def watch() -> None:
        while not end.wait(LOOK_EVERY_S):
            look()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
        look()


def _mark(record: Record, run: Planned) -> int:
    """Return what changes when a run is put in its folder; 0 where there is none."""
    try:
        return (record.run_folder(run) / INFO).stat().st_ino
    except OSError:
        return 0
