"""The record of a sweep: the list of runs, written into its folder before the first job.

sweep.json                the list: every run with its name, arguments, parameters and digests
.sweep/configs/NAME.json  the composed and checked configuration of each run, which is what a job reads
.sweep/failed/NAME.txt    why a run failed, until it succeeds
.sweep/lock, .sweep/running/NAME.lock   held by the sweep process and by the process that makes a run
.sweep/slurm/             what Slurm jobs print

The state of a run is read from its result files, never from the word of a job or a queue.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from sim.config.groups.launch import LaunchConfig
from sim.config.naming import flat
from sim.config.schema import Config, is_parameter, read
from sim.errors import SimError, explain
from sim.files import clear_up, sync, write_text
from sim.locks import FileLock, is_held
from sim.storage import run_folder
from sim.storage.provenance import digest
from sim.storage.seal import SEAL, sealed, unsealed
from sim.sweeps.expand import Checked

RECORD, HIDDEN = "sweep.json", ".sweep"
FORMAT = "fire-response-sim sweep 2"
INDENT = 1


@dataclass(frozen=True)
class Planned:
    """One run that is meant to be: its place in the sweep, and what it takes to make or recognise it."""

    number: int
    name: str  # of its folder
    arguments: tuple[str, ...]
    parameters: dict[str, Any]  # the year, and each key by which the runs of the sweep differ
    facts: dict[str, str]  # what run.json must say


@dataclass(frozen=True)
class Record:
    """The runs of a sweep that are meant to be in `folder`."""

    folder: Path
    how: str  # the way it was launched
    each: int  # runs of a job
    begun: str
    runs: tuple[Planned, ...]

    @property
    def hidden(self) -> Path:
        """The folder for files about the sweep that are not results."""
        return self.folder / HIDDEN

    @cached_property
    def token(self) -> str:
        """Digest of the list of runs. It shows whether a job belongs to a sweep that has since been replaced."""
        return digest([[run.name, run.facts] for run in self.runs])

    def run_folder(self, run: Planned) -> Path:
        """Return the folder of a run."""
        return self.folder / run.name

    def note(self, run: Planned) -> Path:
        """Return the file that says why a run failed."""
        return self.hidden / "failed" / f"{run.name}.txt"

    def lock(self, run: Planned) -> Path:
        """Return the file that is locked while a run is made."""
        return self.hidden / "running" / f"{run.name}.lock"

    def config(self, run: Planned) -> Config:
        """Return the configuration of a run, as it was checked."""
        path = self._config(run)
        try:
            raw = unsealed(path, "start the sweep again", INDENT)
            raw.pop(SEAL)
        except (OSError, AttributeError, KeyError) as error:
            raise SimError(f"{path} cannot be read ({error}): start the sweep again") from error
        return replace(read(raw), out=str(self.folder), name=run.name, overwrite=True)

    def _config(self, run: Planned) -> Path:
        return self.hidden / "configs" / f"{run.name}.json"

    def write(self, checked: Sequence[Checked]) -> None:
        """Write the record and the configuration of each run; SimError when the folder cannot be written."""
        with explain(self.folder):
            for name in ("configs", "failed", "running"):
                (self.hidden / name).mkdir(parents=True, exist_ok=True)
            for run, configured in zip(self.runs, checked, strict=True):
                _write(self._config(run), configured.plain)
            wanted = {self._config(run).name for run in self.runs}
            for path in (self.hidden / "configs").iterdir():  # of a sweep that this one takes the place of
                if path.name not in wanted:
                    path.unlink(missing_ok=True)
            content = {"format": FORMAT, "how": self.how, "each": self.each, "begun": self.begun}
            _write(self.folder / RECORD, {**content, "runs": [asdict(run) for run in self.runs]})
            sync(self.folder)


def of(folder: Path, checked: Sequence[Checked], launch: LaunchConfig) -> Record:
    """Return the record of a sweep of these runs."""
    first = flat(checked[0].plain)
    apart: dict[str, None] = {}  # in the order met first
    for run in checked[1:]:
        own = flat(run.plain)
        keys = {**first, **own}
        apart |= {key: None for key in keys if is_parameter(key) and own.get(key) != first.get(key)}
    runs = []
    for number, run in enumerate(checked):
        own = flat(run.plain)
        parameters = {"scenario.year": run.year, **{key: own.get(key) for key in apart}}
        runs.append(Planned(number, run.name, run.arguments, parameters, run.facts))
    begun = datetime.now(UTC).isoformat(timespec="seconds")
    return Record(folder, launch.how, launch.runs or len(runs), begun, tuple(runs))


def load(folder: Path) -> Record:
    """Return the record in `folder`; SimError when there is none."""
    path = Path(folder) / RECORD
    try:
        raw = unsealed(path, "start the sweep again", INDENT)
        if SEAL not in raw:
            raise SimError(
                f"{path} has no seal: another version wrote it, or it was changed; start the sweep again"
            )
        if raw["format"] != FORMAT:
            raise SimError(
                f"{path} has the format {raw['format']!r}, this version reads {FORMAT!r}; start the sweep again"
            )
        runs = tuple(Planned(**{**run, "arguments": tuple(run["arguments"])}) for run in raw["runs"])
        return Record(Path(folder), raw["how"], raw["each"], raw["begun"], runs)
    except FileNotFoundError:
        raise SimError(
            f"{folder} holds no sweep: {RECORD} is missing; name the folder (out=...) of python -m sim -m ..."
        ) from None
    except (OSError, KeyError, TypeError) as error:
        raise SimError(f"{path} cannot be read ({error}): start the sweep again") from error


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write sealed JSON that is whole or not there."""
    write_text(path, sealed(content, INDENT))


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


def forget(folder: Path, names: Iterable[str]) -> None:
    """Remove runs of a sweep that are kept in another form, and what was written about them."""
    names = list(names)
    left = FileLock(folder / HIDDEN / "lock")  # of a sweep that could not let go of it
    with explain(folder):
        if names and left.path.exists() and left.acquire():
            left.release()
        clear_up(folder, names)
        for name in names:
            if (folder / name).exists():
                shutil.rmtree(folder / name)
            for place in (f"failed/{name}.txt", f"running/{name}.lock"):
                (folder / HIDDEN / place).unlink(missing_ok=True)
