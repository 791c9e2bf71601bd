"""Trials of faults on a real sweep: start it, break something, check what remains, start it again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sim.errors import SimError
from sim.storage import run_folder
from sim.storage.files import REQUIRED, sha256
from sim.sweeps import record
from sim.sweeps.record import states

STUDY = ("scenario=2023,2024,2025", "replications=2", "days=4", "figures=none")
RUNS = 3
TABLES = tuple(name for name in REQUIRED if name != "config.yaml")  # which says where and how, too
PATIENCE_S = 300.0
PROC = Path("/proc")


@dataclass
class Trial:
    """A sweep of its own folder and what became of it."""

    folder: Path
    options: tuple[str, ...]
    process: subprocess.Popen[str] | None = None
    output: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    log: Path | None = None  # what the command says; nothing means beside the folder

    def start(self) -> subprocess.Popen[str]:
        """Start the sweep in a process group of its own."""
        command = [sys.executable, "-m", "sim", "-m", *STUDY, f"out={self.folder}", *self.options]
        self.log = self.log or self.folder.with_suffix(".log")
        with self.log.open("w", encoding="utf-8") as log:
            self.process = subprocess.Popen(  # noqa: S603 -- our own command
                command, stdout=log, stderr=log, start_new_session=True, text=True,
                env={**os.environ, **self.variables},
            )  # fmt: skip
        return self.process

    def run(self) -> int:
        """Start the sweep unless it has been, and wait for its end; return its status."""
        process, self.process = self.process or self.start(), None
        status = process.wait(PATIENCE_S)
        assert self.log is not None
        self.output = self.log.read_text(encoding="utf-8")
        return status

    def complete(self) -> dict[str, int]:
        """Return the complete runs with the inode of their run.json, which tells a run that was made anew."""
        try:
            found = states(record.load(self.folder))
        except SimError:
            return {}  # it had not come to its record
        return {
            item.run.name: (item.folder / "run.json").stat().st_ino for item in found if item.status == "complete"
        }  # fmt: skip

    def partial(self) -> int:
        """Return the number of unfinished folders."""
        return len(list(self.folder.glob(".*.partial-*"))) if self.folder.exists() else 0

    def believed(self) -> list[Path]:
        """Return the runs that a reader takes for complete."""
        return run_folder.runs_in(self.folder) if self.folder.exists() else []

    def sums(self) -> dict[str, str]:
        """Return the checksums of the tables of all runs."""
        return {
            f"{folder.name}/{name}": sha256(folder / name) for folder in self.believed() for name in TABLES
        }


@dataclass(frozen=True)
class Outcome:
    """What one trial showed."""

    struck: bool  # the sweep was at work when the fault came
    kept: int  # runs complete at that moment
    partial: int  # unfinished folders at that moment
    lost: int  # complete runs that were gone or made anew afterwards
    believed: int  # runs taken for complete whose tables are not those of an undisturbed sweep
    orphans: int  # processes that outlived the fault for more than their time
    finished: bool  # everything complete after starting again
    identical: bool  # and the tables are those of an undisturbed sweep
    again: int  # times that the command was started again
    output: str


def after(trial: Trial, reference: dict[str, str], *, struck: bool = True, orphans: int = 0) -> Outcome:
    """Check the remains after a fault, start the sweep again, and check again."""
    kept, partial = trial.complete(), trial.partial()
    wrong = sum(
        any(sha256(folder / name) != reference[f"{folder.name}/{name}"] for name in TABLES)
        for folder in trial.believed()
        if readable(folder)
    )
    output, started, status = trial.output, 0, 1
    while status and started < 2:
        status = trial.run()
        started += 1
    now = trial.complete()
    lost = sum(now.get(name) != inode for name, inode in kept.items())
    return Outcome(
        struck, len(kept), partial, lost, wrong, orphans,
        status == 0 and len(now) == RUNS and trial.partial() == 0, trial.sums() == reference, started, output,
    )  # fmt: skip


def readable(folder: Path) -> bool:
    """Whether a reader gets every table of a run without a complaint."""
    try:
        result = run_folder.load(folder)
        return all(len(getattr(result, name)) >= 0 for name in ("incidents", "dispatches", "kpis", "values"))
    except SimError:
        return False


def kill(
    trial: Trial, victims: Callable[[Trial], Sequence[int]], rng: np.random.Generator, delay_s: float,
    reference: dict[str, str], group: bool = False,
) -> Outcome:  # fmt: skip
    """Start a sweep, kill one of the victims after a delay (or as soon as there is one), start it again."""
    process = trial.start()
    end = time.monotonic() + delay_s
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    found: Sequence[int] = ()
    while process.poll() is None and not (found := victims(trial)):
        time.sleep(0.02)
    struck = process.poll() is None and bool(found)
    family = list(descendants(process.pid))
    if found:
        pid = int(rng.choice(found))
        try:
            os.killpg(pid, signal.SIGKILL) if group else os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            struck = False
    trial.run()
    return after(trial, reference, struck=struck, orphans=survivors(family))


def survivors(family: Sequence[int], within_s: float = 20.0) -> int:
    """Return how many of the processes are still there after the time that they have to notice."""
    end = time.monotonic() + within_s
    while left := [pid for pid in family if alive(pid)]:
        if time.monotonic() > end:
            return len(left)
        time.sleep(0.1)
    return 0


def told(pid: int, name: str) -> str:
    """Return what the kernel tells of a process; nothing of one that has ended."""
    try:
        return (PROC / str(pid) / name).read_text()
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    return told(pid, "stat").rpartition(")")[2].split()[:1] not in ([], ["Z"])


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes below one."""
    try:
        tasks = [(task / "children").read_text() for task in (PROC / str(pid) / "task").iterdir()]
    except OSError:
        return
    for child in " ".join(tasks).split():
        yield int(child)
        yield from descendants(int(child))


def words(pid: int) -> str:
    """Return the command line of a process."""
    return told(pid, "cmdline").replace("\0", " ")


def sweeper(trial: Trial) -> list[int]:
    """Return the sweeping process itself; with killpg, its whole group."""
    assert trial.process is not None
    return [trial.process.pid]


def workers(trial: Trial) -> list[int]:
    """Return the worker processes."""
    below = list(descendants(sweeper(trial)[0]))
    return [pid for pid in below if not any(True for _ in descendants(pid)) and "tracker" not in words(pid)]


def slurm_jobs(trial: Trial) -> list[int]:
    """Return the processes of the Slurm jobs of this sweep."""
    lines = {
        int(folder.name): words(int(folder.name)) for folder in PROC.iterdir() if folder.name.isdecimal()
    }
    ours = ("submitit.core._submit", str(trial.folder))
    return [pid for pid, line in lines.items() if all(word in line for word in ours) and "srun" not in line]
