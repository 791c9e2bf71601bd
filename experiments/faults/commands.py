"""Trials of signals on the commands that publish: compare, report, collect and the studies.

Before each trial the results of an earlier call lie there. The signal comes at a random moment. What is left must be
the earlier results or the new ones, as a whole. The same command, started again, must leave the new ones and nothing
else. Files that differ between two undisturbed calls (they name times) must be there and readable.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.faults.trials import PATIENCE_S, descendants, survivors
from sim.errors import SimError
from sim.storage.files import sha256

RUNS = "runs"  # the study that compare, report and collect are asked about
SMALL = ("days=2", "replications=2", "workers=1")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# Command, arguments, and what makes the earlier results differ from the new ones; {out} is the folder of results.
COMMANDS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("compare", (RUNS, "out={out}"), ("baseline=2025,replications=2,days=2",)),
    ("report", (RUNS, "out={out}/report.html"), ("lang=zh",)),
    ("collect", (RUNS, "out={out}/collected.csv"), ("values=true",)),
    ("attribution", ("groups=vehicles,patrol_cars", *SMALL, "out={out}"), ("days=3",)),
    ("effects", (*SMALL, "out={out}"), ("days=3",)),
    ("siting", ("replications=1", "days=2", "workers=1", "out={out}"), ("days=3",)),
    ("sensitivity",
     ("parameters=m_seats", "trajectories=0", "samples=0", "points=0", "days=2", "replications=1", "out={out}"),
     ("days=3",)),
)  # fmt: skip

Files = dict[str, str]  # checksum by name


@dataclass(frozen=True)
class CommandOutcome:
    """What one trial showed."""

    struck: bool  # the command was at work when the signal came
    mixed: bool  # results of two calls lay side by side, or a file was cut off
    orphans: int
    leftovers: int  # files after the same command was started again that an undisturbed call does not leave
    finished: bool  # the same command ended well, and its results are those of an undisturbed call


class CommandTrials:
    """The trials of one command, in a folder that holds `runs`."""

    def __init__(self, place: Path, name: str, arguments: Sequence[str], earlier: Sequence[str]) -> None:
        self.place, self.name, self.arguments = place, name, list(arguments)
        self.old = self._undisturbed("old", earlier)
        began = time.perf_counter()
        self.new = self._undisturbed("new", ())
        self.duration_s = time.perf_counter() - began
        again = self._undisturbed("again", ())
        self.steady = {file for file, digest in self.new.items() if again.get(file) == digest}

    def strike(self, rng: np.random.Generator, number: int) -> CommandOutcome:
        """Send one of the signals at a random moment, look at what is left, and start the command again."""
        out = self.place / f"trial-{number}"
        shutil.copytree(self.place / "old", out)
        process = self._start(out)
        end = time.monotonic() + rng.uniform(0, self.duration_s)
        while time.monotonic() < end and process.poll() is None:
            time.sleep(0.01)
        family = list(descendants(process.pid))
        struck = process.poll() is None
        if struck:
            os.killpg(process.pid, int(rng.choice(SIGNALS)))
        process.wait(PATIENCE_S)
        orphans = survivors(family)
        left = visible(out)
        mixed = not any(self._is(left, whole) for whole in (self.old, self.new))
        finished = self._start(out).wait(PATIENCE_S) == 0
        now, hidden = visible(out), [path for path in out.rglob(".*") if path.name not in self.hidden]
        spare = len(now.keys() - self.new.keys()) + len(hidden)
        shutil.rmtree(out)
        return CommandOutcome(struck, mixed, orphans, spare, finished and self._is(now, self.new))

    def _is(self, files: Files, whole: Files) -> bool:
        return files.keys() == whole.keys() and all(files[name] == whole[name] for name in self.steady)

    def _undisturbed(self, name: str, more: Sequence[str]) -> Files:
        out = self.place / name
        process = self._start(out, more)
        if process.wait(PATIENCE_S):
            raise SimError(f"{self.name}, undisturbed, ended with status {process.returncode}.")
        self.hidden = {path.name for path in out.rglob(".*")}
        return visible(out)

    def _start(self, out: Path, more: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        out.mkdir(exist_ok=True)
        words = [word.format(out=out) for word in self.arguments]
        keys = {word.partition("=")[0] for word in more}
        kept = [word for word in words if word.partition("=")[0] not in keys]
        return subprocess.Popen(  # noqa: S603 -- our own command
            [sys.executable, "-m", "sim", self.name, *kept, *more], cwd=self.place, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def visible(folder: Path) -> Files:
    """Return the checksums of the files that a user sees."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    shown = (
        path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    return {path.relative_to(folder).as_posix(): sha256(path) for path in shown}


def trials(scratch: Path, count: int, seed: int) -> tuple[list[list[str]], bool]:
    """Return a row for each command with what `count` trials in all showed, and whether all went well."""
    rng, rows, sound = np.random.default_rng(seed), [], True
    study = [sys.executable, "-m", "sim", "-m", "scenario=2023,2025", *SMALL, f"out={scratch / RUNS}"]
    if subprocess.run(study, capture_output=True, check=False).returncode:  # noqa: S603 -- our own command
        raise SimError("the study that the commands are asked about was not made.")
    for name, arguments, earlier in COMMANDS:
        place = scratch / name
        place.mkdir()
        shutil.copytree(scratch / RUNS, place / RUNS)
        tried = CommandTrials(place, name, arguments, earlier)
        outcomes = [tried.strike(rng, number) for number in range(max(1, round(count / len(COMMANDS))))]
        facts = [(o.struck, o.mixed, o.orphans, o.leftovers, o.finished) for o in outcomes]
        rows.append([name, str(len(outcomes)), *(str(sum(column)) for column in zip(*facts, strict=True))])
        sound &= all(o.finished and not (o.mixed or o.orphans or o.leftovers) for o in outcomes)
        print(", ".join(rows[-1]), flush=True)
    return rows, sound
