"""Run a whole sweep: keep complete runs, launch the others, and report the state of every run."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sim.config.compose import quoted
from sim.errors import SimError, explain, pasteable
from sim.files import clear_up
from sim.locks import FileLock
from sim.storage.files import INFO, refuse_foreign
from sim.sweeps import record as records
from sim.sweeps import slurm
from sim.sweeps.expand import checked, jobs
from sim.sweeps.record import Planned, Record, State, state, states
from sim.threads import one_each

NAMED = 10  # runs that a message names
LOOK_EVERY_S = 0.5
NOT_COMPLETE = 1  # exit status
NOTHING_RUN = "launch=array writes down what is to run, and runs nothing"


def start(arguments: Sequence[str]) -> int:
    """Run the sweep that the arguments describe, report incomplete runs, and return the exit status."""
    outcomes, complaint = run(jobs(arguments), screens=True)
    if complaint != NOTHING_RUN and any(item.status != "complete" for item in outcomes):
        sys.stderr.write(f"error: {summary(outcomes, complaint)}\n")
        return NOT_COMPLETE
    return 0


def run(arguments: Sequence[Sequence[str]], *, screens: bool = False) -> tuple[list[State], str]:
    """Make the runs with these arguments, except those that are complete, and return what became of each.

    Also returns what the launcher complained of. SimError, before anything runs, for a run that is refused,
    a folder that cannot be written, or another sweep at work in it. With launch=array nothing is run.
    With `screens` each run made in this process prints its screen, otherwise a line.
    """
    from sim.sweeps.launch import through_hydra

    one_each()  # for the processes of the jobs
    arguments = [quoted(job) for job in arguments]
    meant, common = checked(arguments)
    if common.launch.how == "slurm":
        slurm.refuse_absent()
    folder = Path(common.out)
    record = records.of(folder, meant, common.launch)
    with explain(folder):
        record.hidden.mkdir(parents=True, exist_ok=True)
        lock = FileLock(record.hidden / "lock")
        if not lock.acquire():
            raise SimError(
                f"{folder} is in use by the sweep of {lock.holder()}; "
                "wait until it ends, stop it, or choose another folder with out=..."
            )
    try:
        if common.name and not common.overwrite:
            _refuse_to_replace(record)
        record.write(meant)
        with explain(folder):
            clear_up(folder, [run.name for run in record.runs])
            before = states(record)
            for item in before:
                left = FileLock(record.lock(item.run))  # of a maker that was killed after its last write
                if item.status == "complete" and left.path.exists() and left.acquire():
                    left.release()
        rest = [item.run for item in before if item.status != "complete"]
        _say_before(record, before)
        if record.how == "array":
            return before, NOTHING_RUN
        for planned in record.runs:  # of complete ones, too: what failed may have been the end of the writing
            record.note(planned).unlink(missing_ok=True)
        screens = screens and record.how == "basic"  # elsewhere the screens of several runs would mix
        with nullcontext() if screens else announcing(record, rest):
            complaint = through_hydra(record, rest, common, screens=screens)
        made = {planned.number: state(record, planned) for planned in rest}
        outcomes = [made.get(item.run.number, item) for item in before]
        if all(item.status == "complete" for item in outcomes):
            sys.stdout.write(
                f"{folder}: {len(outcomes)} runs complete; one table of them: {pasteable('collect', folder)}\n"
            )
        return outcomes, complaint
    finally:
        lock.release()


def _refuse_to_replace(record: Record) -> None:
    """Refuse a run with a name where a finished one of another configuration stands that is not of this sweep."""
    try:
        own = {run.name for run in records.load(record.folder).runs}
    except SimError:
        own = set()
    for run in record.runs:
        if run.name not in own:
            refuse_foreign(record.run_folder(run), run.facts["config_digest"])


def points(arguments: Sequence[Sequence[str]], given: Sequence[str] = ()) -> list[Path]:
    """Run every point that is not complete, and return the folders of all points in their order.

    A point holds the arguments of one run, such as ["scenario=2025", "dispatch.centre.seats=2", "name=p0001"];
    `given` holds those common to all, launch=... and out=... among them. Arguments of a point win. Points are
    those of one sweep: started again, complete ones stay, a changed one is run again. SimError, before anything
    runs, for a point that is refused or has the name of another; and afterwards when a point is not complete,
    with which and why. Then the same call again does only those.
    """
    if not arguments:
        return []
    found, complaint = run([[*given, *point] for point in arguments])
    if any(item.status != "complete" for item in found):
        raise SimError(summary(found, complaint))
    return [item.folder for item in found]


def summary(outcomes: Sequence[State], complaint: str = "") -> str:
    """Say how many runs are not complete, which, why, and what to do."""
    lacking = [item for item in outcomes if item.status != "complete"]
    named = [f"{item.run.name} ({item.status}: {item.reason})" for item in lacking[:NAMED]]
    more = f"; and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
    start = "Mend what a reason names, then start" if any(x.status == "failed" for x in lacking) else "Start"
    because = f" ({complaint})" if complaint else ""
    return (
        f"{len(lacking)} of {len(outcomes)} runs are not complete{because}: {'; '.join(named)}{more}. "
        f"{start} the same command again: it does only these."
    )


def _say_before(record: Record, before: Sequence[State]) -> None:
    done = sum(item.status == "complete" for item in before)
    again = [item for item in before if "was made with another" in item.reason]
    if done:
        sys.stdout.write(f"{record.folder}: {done} of {len(before)} runs are complete already and stay\n")
    for item in again[:NAMED]:
        sys.stdout.write(f"{item.reason}: it is made again\n")
    if len(again) > NAMED:
        sys.stdout.write(f"and {len(again) - NAMED} more are made again\n")
    if record.how == "array":
        sys.stdout.write(
            f"{record.folder}: {len(before) - done} runs to do. For Slurm:\n"
            f"  sbatch --array=$({pasteable('array', record.folder, 'missing=true')}) "
            f"--wrap {shlex.quote(pasteable('array', record.folder))}\n"
        )
    sys.stdout.flush()


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
