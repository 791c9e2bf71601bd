"""Trials of every command: signals at random moments, and each write failing or being the last.

Before each trial the folder holds the results of an earlier call. After the fault it must hold either all earlier or all
new results, and each run that a reader accepts must be right. The same command, started again, must leave the new results
and nothing else, and must keep the runs of a sweep that were complete.
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from itertools import count
from pathlib import Path

import numpy as np

from experiments.faults import forks
from experiments.faults.trials import descendants, readable, survivors
from sim.errors import SimError
from sim.files import put_back
from sim.storage import run_folder
from sim.storage.files import sha256

STUDY = "../runs"  # the study that compare, report and collect are asked about
ONE = ("days=1", "replications=1", "workers=1", "out={out}")
TWO = ("days=1", "replications=2", "workers=1", "out={out}")
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
COLUMNS = (
    "trials", "at work then", "runs complete then", "of these lost or remade", "results of two calls mixed",
    "tracebacks", "processes left over", "files left over", "whole and identical after restart",
)  # fmt: skip


@dataclass(frozen=True)
class Command:
    """A command, what makes its earlier results differ, the file without which none stand, and a share of trials."""

    words: tuple[str, ...]  # {out} is the folder of results
    # Words in the place of those with the same key; a whole command if it begins with -m.
    earlier: tuple[str, ...]
    last: str = ""
    share: float = 0.1


LATER = "2025,replications=2,days=1"
SWEEP = ("-m", "scenario=2023,2025", "figures=none", *ONE)
COMMANDS: dict[str, Command] = {
    "run": Command(("scenario=2025", "figures=none", "name=a", "overwrite=true", *ONE), ("days=2",), share=0.18),
    "sweep": Command(SWEEP, (), share=0.12),
    "array": Command(("array", "{out}", "job=0"), (*SWEEP, "launch=array", "launch.runs=2"), share=0.12),
    "compare": Command(("compare", STUDY, "out={out}"), (f"baseline={LATER}",), "comparison.csv", 0.14),
    "report": Command(("report", STUDY, "out={out}/report.html"), (f"baseline={LATER}",), share=0.1),
    "export": Command(
        ("export", f"{STUDY}/{LATER}", "formats=csv,geojson,geopackage", "out={out}/export"),
        ("replication=1",), "export/run.gpkg", 0.02,
    ),
    "watch": Command(("watch", f"{STUDY}/{LATER}", "out={out}/day.html"), ("lang=zh",), share=0.02),
    "collect": Command(("collect", STUDY, "out={out}/collected.csv"), ("values=true",), share=0.16),
    "attribution": Command(("attribution", "groups=vehicles,patrol_cars", *TWO), ("days=2",), share=0.06),
    "siting": Command(("siting", "year=2027", "sites=1", *ONE), ("sites=2",), share=0.04),
    "sensitivity": Command(
        ("sensitivity", "parameters=m_seats", "trajectories=0", "samples=0", "points=0", *ONE),
        ("days=2",), "sensitivity.md", 0.04,
    ),
    "uncertainty": Command(
        ("uncertainty", "draws=16", "parameters=m_seats", *TWO), ("draws=17",), "uncertainty.md", 0.02,
    ),
    "portfolio": Command(
        ("portfolio", "objective=deaths", "budget=20", "design=8", "screen=1", "final=2", "most=4", "draws=0", "days=2",
         "region=grid", "plan=off", *ONE[2:]),
        ("days=3",), "portfolio/portfolio.md", 0.02,
    ),
    "effects": Command(("effects", *TWO), ("days=2",), "effects.md", 0.02),
}  # fmt: skip
Files = dict[str, str]  # checksum by name


@dataclass(frozen=True)
class Outcome:
    """What one trial showed, in the order of COLUMNS behind the first."""

    struck: bool  # the command was at work when the fault came
    kept: int
    lost: int
    mixed: bool  # results of two calls lay side by side, or a file was cut off, or a wrong run was believed
    traceback: bool
    orphans: int
    leftovers: int  # after the same command was started again, that an undisturbed call does not leave
    finished: bool  # the same command ended well, and its results are those of an undisturbed call

    @property
    def sound(self) -> bool:
        """Whether nothing was lost, mixed or left over."""
        return self.finished and not (
            self.lost or self.mixed or self.traceback or self.orphans or self.leftovers
        )


class Trials:
    """The trials of one command, in a folder of their own beside the folder `runs`."""

    def __init__(self, place: Path, name: str) -> None:
        self.place, self.name, self.command = place, name, COMMANDS[name]
        place.mkdir()
        (place / "old").mkdir()
        if earlier := self.command.earlier:
            keys = {word.partition("=")[0] for word in earlier}
            same = tuple(word for word in self.command.words if word.partition("=")[0] not in keys)
            self._undisturbed("old", earlier if earlier[0] == "-m" else (*same, *earlier))
        self.old = visible(place / "old")
        began = time.perf_counter()
        self.new = self._undisturbed("new", self.command.words)
        self.duration_s = time.perf_counter() - began
        again = self._undisturbed("again", self.command.words)
        self.steady = {file for file, digest in self.new.items() if again.get(file) == digest}
        # Of sensitivity, uncertainty and portfolio: it grows point by point, under a seal. Of attribution: how long it
        # took, which may be alike by chance.
        self.steady -= {"measured.csv", "attribution.json"}
        self.all = names(place / "new")

    def strike(self, rng: np.random.Generator) -> Outcome:
        """Send one of the signals at a random moment."""
        out = self._fresh()
        pid = forks.start(self._words(out), self.place, self._log)
        end, status = time.monotonic() + rng.uniform(0, self.duration_s), None
        while time.monotonic() < end and status is None:
            time.sleep(0.002)
            ended, code = os.waitpid(pid, os.WNOHANG)
            status = code if ended else None
        family = list(descendants(pid))
        if struck := status is None:
            os.killpg(os.getpgid(pid), int(rng.choice(SIGNALS)))
            os.waitpid(pid, 0)
        return self._outcome(out, struck=struck, orphans=survivors(family))

    def steps(self, what: int, every: int = 1) -> Iterator[Outcome]:
        """Let the first write fail or be the last, then the next, until a call comes to its end before."""
        for at in count(1, every):
            out = self._fresh()
            forks.call(self._words(out), self.place, self._log, what, at)
            if forks.steps() < at:
                shutil.rmtree(out)
                return
            yield self._outcome(out, struck=True, orphans=0)

    def _outcome(self, out: Path, *, struck: bool, orphans: int) -> Outcome:
        said = self._log.read_text(errors="replace")
        put_back(out)
        believed = run_folder.runs_in(out)
        left = visible(out)
        if self.name in ("sensitivity", "uncertainty", "portfolio"):
            left = {name: digest for name, digest in left.items() if name in self.old or name in self.new}
        mixed = not self._whole(left) or not all(map(readable, believed))
        kept = {path: (path / "run.json").stat().st_ino for path in believed}
        status = forks.call(self._words(out), self.place, self._log)
        lost = 0
        if self.name != "run":  # which makes its run anew
            lost = sum(inode != _inode(path) for path, inode in kept.items())
        spare = sorted(names(out) - self.all) + [path.name for path in self.place.glob(f".{out.name}.*")]
        finished = status == 0 and self._is(visible(out), self.new)
        outcome = Outcome(
            struck, len(kept), lost, mixed, "Traceback" in said, orphans, len(spare), finished
        )  # fmt: skip
        if not outcome.sound:
            print(
                f"{self.name}: {outcome} {spare}\n{said[-2000:]}\n{self._log.read_text(errors='replace')[-2000:]}",
                flush=True,
            )
        shutil.rmtree(out)
        return outcome

    def _whole(self, left: Files) -> bool:
        """Whether what lies there is of one call: for runs, each of them."""
        if self.command.last and self.command.last not in left:
            return True
        parts = [self._parts(files) for files in (left, self.old, self.new)]
        return all(
            any(self._is(parts[0].get(top, {}), whole.get(top, {})) for whole in parts[1:])
            for top in {*parts[0], *parts[1]}
        )

    def _parts(self, files: Files) -> dict[str, Files]:
        parts: dict[str, Files] = {}
        for name, digest in files.items():
            top = name.partition("/")[0]
            is_run = any(f"{top}/run.json" in known for known in (self.old, self.new))
            parts.setdefault(top if is_run else "", {})[name] = digest
        return parts

    def _is(self, files: Files, whole: Files) -> bool:
        return files.keys() == whole.keys() and all(
            digest == whole[name] for name, digest in files.items() if name in self.steady
        )

    def _undisturbed(self, name: str, words: tuple[str, ...]) -> Files:
        out = self.place / name
        if name != "old":
            shutil.copytree(self.place / "old", out)
        if status := forks.call([word.format(out=out) for word in words], self.place, self._log):
            raise SimError(f"{self.name}, undisturbed, ended with {status}: {self._log.read_text()[-500:]}")
        return visible(out)

    def _words(self, out: Path) -> list[str]:
        return [word.format(out=out) for word in self.command.words]

    def _fresh(self) -> Path:
        out = self.place / "trial"
        shutil.copytree(self.place / "old", out)
        return out

    @property
    def _log(self) -> Path:
        return self.place.with_name(f"{self.name}.log")


def _inode(run: Path) -> int:
    return (run / "run.json").stat().st_ino if (run / "run.json").exists() else 0


def names(folder: Path) -> set[str]:
    """Return every name below a folder, hidden ones too."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def visible(folder: Path) -> Files:
    """Return the checksums of the files that a user sees."""
    shown = (
        name for name in sorted(names(folder)) if not any(part.startswith(".") for part in name.split("/"))
    )
    return {name: sha256(folder / name) for name in shown if (folder / name).is_file()}


def study(scratch: Path) -> None:
    """Make the runs that compare, report and collect are asked about."""
    words = [
        *(word.format(out=scratch / "runs") for word in ("-m", "scenario=2023,2025", "figures=none", *TWO))
    ]
    if forks.call(words, scratch, scratch / "runs.log"):
        raise SimError("the study that the commands are asked about was not made.")


def trials(scratch: Path, which: Sequence[str], signals: int, seed: int) -> tuple[list[list[str]], bool]:
    """Return a row for each of these commands with what `signals` trials in all showed, and whether all went well."""
    study(scratch)
    found = {}
    for name in which:
        # The same moments whatever other commands there are.
        rng = np.random.default_rng([seed, *name.encode()])
        tried = Trials(scratch / name, name)
        found[name] = [tried.strike(rng) for _ in range(max(1, round(signals * COMMANDS[name].share)))]
        print(_row(name, found[name]), flush=True)
    return [_row(*item) for item in found.items()], all(o.sound for each in found.values() for o in each)


def writes(scratch: Path, which: Sequence[str], every: int = 1) -> tuple[list[list[str]], bool]:
    """Return a row for each command and fault with what it showed at its writes, and whether all went well."""
    which_ones = "each" if every == 1 else f"one in {every}"
    study(scratch)
    rows, sound = [], True
    for name in which:
        tried = Trials(scratch / name, name)
        for what, fault in ((forks.DIES, "is the last"), (forks.FAILS, "fails")):
            outcomes = list(tried.steps(what, every))
            sound &= all(outcome.sound for outcome in outcomes)
            rows.append(_row(f"{name}: {which_ones} {fault}", outcomes))
            print(rows[-1], flush=True)
    return rows, sound


def _row(name: str, outcomes: list[Outcome]) -> list[str]:
    columns = zip(*map(astuple, outcomes), strict=True)
    return [name, str(len(outcomes)), *(str(sum(map(int, column))) for column in columns)]
