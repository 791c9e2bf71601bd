"""Run a whole sweep: keep complete runs, launch the others, and report the state of every run."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from sim.config.compose import quoted
from sim.errors import SimError, explain
from sim.locks import FileLock
from sim.sweeps import record as records
from sim.sweeps import slurm
from sim.sweeps.expand import checked, jobs
from sim.sweeps.record import Record
from sim.sweeps.states import State, state, states
from sim.threads import one_each

NAMED = 10  # runs that a message names
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
    from sim.sweeps.watch import announcing

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
        record.write(meant)
        before = states(record)
        rest = [item.run for item in before if item.status != "complete"]
        _say_before(record, before)
        if record.how == "array":
            return before, NOTHING_RUN
        for planned in rest:
            record.note(planned).unlink(missing_ok=True)
        screens = screens and record.how == "basic"  # elsewhere the screens of several runs would mix
        with nullcontext() if screens else announcing(record, rest):
            complaint = through_hydra(record, rest, common, screens=screens)
        made = {planned.number: state(record, planned) for planned in rest}
        outcomes = [made.get(item.run.number, item) for item in before]
        if all(item.status == "complete" for item in outcomes):
            sys.stdout.write(
                f"{folder}: {len(outcomes)} runs complete; one table of them: python -m sim collect {folder}\n"
            )
        return outcomes, complaint
    finally:
        lock.release()


def summary(outcomes: Sequence[State], complaint: str = "") -> str:
    """Say how many runs are not complete, which, why, and what to do."""
    lacking = [item for item in outcomes if item.status != "complete"]
    named = [f"{item.run.name} ({item.status}: {item.reason})" for item in lacking[:NAMED]]
    more = f"; and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
    because = f" ({complaint})" if complaint else ""
    return (
        f"{len(lacking)} of {len(outcomes)} runs are not complete{because}: {'; '.join(named)}{more}. "
        "Start the same command again: it does only these."
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
            f"  sbatch --array=$(python -m sim array {shlex.quote(str(record.folder))} missing=true) "
            f"--wrap {shlex.quote(f'python -m sim array {shlex.quote(str(record.folder))}')}\n"
        )
    sys.stdout.flush()
