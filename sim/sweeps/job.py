"""A job of a sweep: make runs by their numbers, one after another, each complete or absent."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.config.schema import Config
from sim.errors import SimError, beyond_a_limit, explain
from sim.files import clear_up, write_text
from sim.locks import FileLock
from sim.runs import execute
from sim.storage import run_folder
from sim.sweeps import record as records
from sim.sweeps import slurm
from sim.sweeps.record import Planned, Record

WAIT_S = 7 * 86_400.0  # for another process that is making the same run; its end frees the lock

LOOK_EVERY_S = 0.5
Make = Callable[[Config], object]


def hydra_job(tree: Any, *, folder: str, token: str, screens: bool) -> list[str]:
    """Make the runs that a Hydra launcher hands to a job; returns the failures, which the notes hold too."""
    path = Path(folder, records.RECORD)
    record = _loaded(Path(folder), path.stat().st_mtime_ns if path.exists() else 0)
    if record.token != token:
        raise SimError(
            f"{folder} holds another sweep by now, nothing was run: start the other one again, or choose another out=..."
        )
    return work(record, list(tree.runs), screens=screens)


@lru_cache(maxsize=1)  # a process makes many jobs of a sweep, whose list may be long
def _loaded(folder: Path, _: int) -> Record:
    """Return the record that was written into the folder at this time."""
    return records.load(folder)


def work(record: Record, numbers: Sequence[int], *, screens: bool = False) -> list[str]:
    """Make the runs with these numbers where they are not complete, and return a sentence for each failure."""
    make: Make = execute.on_disk
    if screens:
        from sim.reports.terminal import run_and_show

        make = run_and_show
    for number in numbers:
        if not 0 <= number < len(record.runs):
            raise SimError(
                f"{record.folder} holds runs 0..{len(record.runs) - 1}, there is no run {number}: "
                "give sbatch --array numbers in that range"
            )
    failures = [
        f"{record.runs[number].name}: {make_run(record, record.runs[number], make)}" for number in numbers
    ]
    return [failure for failure in failures if not failure.endswith(": ")]


def make_run(record: Record, run: Planned, make: Make = execute.on_disk) -> str:
    """Make one run unless it is complete, and return why it failed; empty when it is complete.

    Whoever else makes the same run is waited for: a job of a sweep whose command was killed, for example.
    """
    try:
        with _alone(record, run):
            record.note(run).unlink(missing_ok=True)
            if not run_folder.unfit(record.run_folder(run), run.facts):
                clear_up(record.folder, [run.name])
                return ""
            config = record.config(run)
            refuse_changed(record, run, config)
            make(config)
            return ""
    except SimError as error:
        return _note(record, run, str(error))
    except Exception as error:  # one run that fails must not cost the others
        # Slurm's signal that the time is up, wherever it struck
        if type(error).__module__.startswith("submitit"):
            return _note(record, run, slurm.lost(error))
        if limit := beyond_a_limit(error):
            return _note(record, run, limit)
        return _note(record, run, f"{type(error).__name__}: {error}", traceback.format_exc())


def refuse_changed(record: Record, run: Planned, config: Config) -> None:
    """Refuse what would not be the run that the sweep is to make, before the work and not after it."""
    if name := run_folder.differing(execute.facts(config), run.facts):
        what = run_folder.MEANING.get(name, name)
        again = (
            "write its list anew with the same launch=array command"
            if record.how == "array"
            else "start it again"
        )
        raise SimError(f"the {what} was changed since the sweep of {record.folder} began: {again}")


def end_with(parent: int) -> None:
    """Make this process end with the one that started it, however that ends; Ctrl-C is for the other one."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_EVERY_S)
        os._exit(1)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _alone(record: Record, run: Planned) -> Iterator[None]:
    lock = FileLock(record.lock(run))
    with explain(record.folder):
        lock.path.parent.mkdir(parents=True, exist_ok=True)
        if not lock.acquire():
            sys.stderr.write(f"{run.name} is being made by {lock.holder()}: waiting for it\n")
            if not lock.acquire(WAIT_S):
                raise SimError(
                    f"{run.name} is being made by {lock.holder()}; stop that process or wait for it"
                )
    try:
        yield
    finally:
        lock.release()


def _note(record: Record, run: Planned, sentence: str, trace: str = "") -> str:
    sentence = " ".join(sentence.split())
    path = record.note(run)
    if trace:
        sentence = f"{sentence} (traceback in {path})"
    with suppress(SimError):  # a full disk, which is then what failed
        write_text(path, f"{sentence}\n\n{trace}".rstrip() + "\n")
    sys.stderr.write(f"{run.name} failed: {sentence}\n")
    return sentence
