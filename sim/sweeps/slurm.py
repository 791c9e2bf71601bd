"""Follow Slurm jobs on clusters without an accounting database, and say what Slurm says of them.

submitit asks `sacct`, which answers nothing without such a database: if a job is killed, the submitting process
waits for ever. The queue itself always answers: `squeue` lists waiting and running jobs, and for some minutes
finished jobs with their state.
"""

from __future__ import annotations

import io
import math
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any

from sim.errors import SimError

ASK_EVERY_S = 10  # at most, after a quicker start
WAITING = {"PENDING", "SUSPENDED"}
UNFINISHED = {*WAITING, "CONFIGURING", "RUNNING", "COMPLETING", "REQUEUED"}
LISTED_WITHIN_S = 60.0  # a job that the queue has not shown this long after its submission is gone
SILENT_S = 20.0  # how long jobs may wait for one reason without a word
AT_LIMIT = "a job came to its time limit: raise launch.slurm.minutes"
ENDED = {
    "TIMEOUT": AT_LIMIT,
    "DEADLINE": AT_LIMIT,
    "OUT_OF_MEMORY": "a job took more memory than it asked for: raise launch.slurm.memory",
    "CANCELLED": "a job was cancelled",
    "GONE": "a job left the queue and Slurm says nothing of it: so does one that is cancelled while it waits",
}
LESS = "ask for less: launch.jobs, launch.cores, launch.slurm.minutes"
# Words of Slurm, in a refusal or as the reason why jobs wait, and what to do; the first that fits.
ADVICE = (
    ("policy", LESS),
    ("array", "raise launch.runs; scontrol show config says how long an array may be (MaxArraySize)"),
    ("held", "scontrol release JOB lets them go"),
    ("down|drain|notavail", "sinfo -R says why, or name another launch.slurm.partition"),
    ("memory", "lower launch.slurm.memory"),
    ("time ?limit|wall", "lower launch.slurm.minutes"),
    ("account", "name another launch.slurm.account"),
    ("config|cpu|processor", "lower launch.cores"),
    ("partition", "name another launch.slurm.partition; sinfo lists them"),
    ("qos|assoc", LESS),
    ("contact|connect", "Slurm does not answer, try again later"),
)


def refuse_absent() -> None:
    """Refuse a sweep through Slurm where there is none."""
    if shutil.which("sbatch") is None:
        raise SimError(
            "launch=slurm needs a machine from which jobs are submitted to Slurm, and there is no sbatch here: "
            "use launch=laptop."
        )


@contextmanager
def watched() -> Iterator[None]:
    """Let submitit ask the queue inside; a launcher that gives up at the first lost job waits for the others.

    SimError inside when Slurm does not take the jobs.
    """
    try:
        from submitit.core.utils import FailedJobError
        from submitit.slurm.slurm import SlurmExecutor, SlurmJob
    except ImportError:  # the extra is not installed, so no launcher of ours uses it
        yield
        return
    before, submit = SlurmJob.watcher, SlurmExecutor._submit_command

    def told(self: Any, command: str) -> Any:
        try:
            with redirect_stderr(io.StringIO()):  # where submitit writes what its error says too
                return submit(self, command)
        except FailedJobError as error:
            raise SimError(refusal(str(error))) from None

    SlurmJob.watcher = queue = _queue()
    SlurmExecutor._submit_command = told
    try:
        yield
        queue.wait()
    finally:
        SlurmJob.watcher, SlurmExecutor._submit_command = before, submit


def refusal(answer: str) -> str:
    """Say why sbatch did not take the jobs, and what to change."""
    lines = (
        re.sub(r"^sbatch: (error: )?(Batch job submission failed: )?", "", x) for x in answer.splitlines()
    )
    reason = "; ".join(line.strip().rstrip(".") for line in lines if line.strip())
    what = advice(reason) or "see docs/hpc.md for what a job asks for"
    return f"Slurm does not take the jobs: {reason or 'it gives no reason'}: {what}."


def advice(words: str) -> str:
    """Return what to do where Slurm says such words; empty where only waiting helps."""
    return next((what for sign, what in ADVICE if re.search(sign, words, re.IGNORECASE)), "")


def lost(error: Exception) -> str:
    """Say what became of a job that left no result."""
    lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if "timed-out" in str(error):  # Slurm warns a job before it ends it
        return AT_LIMIT
    state = re.search(r"\(state: (\w+)", str(error))
    return ENDED.get(state.group(1) if state else "", f"a job was lost: {lines[0]}")


def states(listing: str) -> dict[str, tuple[str, str]]:
    """Return the state of each job, and the reason for it, from lines such as `12_3|PENDING|Priority`."""
    lines = (line.strip().split("|") for line in listing.splitlines() if line.count("|") > 1)
    return {line[0]: (line[1], line[2]) for line in lines}


def waits(jobs: Sequence[str], reason: str) -> str:
    """Say for the user that jobs wait, why, and what to do."""
    what = advice(reason).replace("JOB", jobs[0].split("_")[0])
    return f"Slurm lets {len(jobs)} job{'s' * (len(jobs) > 1)} wait: {reason}{f': {what}' if what else ''}"


def _queue() -> Any:
    from submitit.slurm.slurm import SlurmInfoWatcher

    class Queue(SlurmInfoWatcher):  # type: ignore[misc]
        """What `squeue` says of the jobs of this user."""

        def __init__(self) -> None:
            super().__init__(delay_s=ASK_EVERY_S)
            self._since: dict[str, float] = {}
            self._waiting: dict[str, float] = {}  # reasons for which jobs wait, since when

        def register_job(self, job_id: str) -> None:
            self._since.setdefault(job_id, time.monotonic())
            super().register_job(job_id)

        def _make_command(self) -> list[str] | None:
            if not self._registered - self._finished:
                return None
            return ["squeue", "--me", "--noheader", "--array", "--states=all", "--format=%i|%T|%r"]

        def read_info(self, string: bytes | str) -> dict[str, dict[str, str]]:
            listed = states(string.decode() if isinstance(string, bytes) else string)
            found = {job: state for job, (state, _) in listed.items()}
            seen = {job: {"JobID": job, "State": state} for job, state in found.items()}
            now = time.monotonic()
            reasons: dict[str, list[str]] = {}
            for job in sorted(self._registered & set(found)):
                if found[job] in WAITING:
                    reasons.setdefault(listed[job][1], []).append(job)
            self._tell(reasons, now)
            for job in self._registered - set(seen):
                parts = [state for name, state in found.items() if name.startswith(f"{job}_")]
                if parts:  # an array as a whole
                    waiting = [state for state in parts if state in UNFINISHED]
                    seen[job] = {"JobID": job, "State": (waiting or parts)[0]}
                elif job in self._info_dict or now - self._since[job] > LISTED_WITHIN_S:
                    seen[job] = {"JobID": job, "State": "GONE"}
            return seen

        def _tell(self, reasons: dict[str, list[str]], now: float) -> None:
            """Print once which reason has let jobs wait for a while."""
            self._waiting = {reason: self._waiting.get(reason, now) for reason in reasons}
            for reason, since in self._waiting.items():
                if now - since >= SILENT_S:
                    self._waiting[reason] = math.inf
                    sys.stdout.write(f"{waits(reasons[reason], reason)}\n")
                    sys.stdout.flush()

        def is_done(self, job_id: str, mode: str = "standard") -> bool:
            return self.get_state(job_id, mode=mode) not in {"UNKNOWN", *UNFINISHED}

        def wait(self) -> None:
            """Wait until no job of the sweep waits or runs any more."""
            while any(not self.is_done(job) for job in set(self._registered)):
                time.sleep(1)

    return Queue()
