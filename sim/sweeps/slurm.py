"""Follow Slurm jobs on clusters without an accounting database.

submitit asks `sacct`, which answers nothing without such a database: if a job is killed, the submitting process
waits for ever. The queue itself always answers: `squeue` lists waiting and running jobs, and for some minutes
finished jobs with their state.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim.errors import SimError

ASK_EVERY_S = 10  # at most, after a quicker start
UNFINISHED = {"PENDING", "CONFIGURING", "RUNNING", "SUSPENDED", "COMPLETING", "REQUEUED"}
LISTED_WITHIN_S = 60.0  # a job that the queue has not shown this long after its submission is gone


def refuse_absent() -> None:
    """Refuse a sweep through Slurm where there is none."""
    if shutil.which("sbatch") is None:
        raise SimError(
            "launch=slurm needs a machine from which jobs are submitted to Slurm, and there is no sbatch here: "
            "use launch=laptop."
        )


@contextmanager
def watched() -> Iterator[None]:
    """Let submitit ask the queue inside; a launcher that gives up at the first lost job waits for the others."""
    try:
        from submitit.slurm.slurm import SlurmJob
    except ImportError:  # the extra is not installed, so no launcher of ours uses it
        yield
        return
    before = SlurmJob.watcher
    SlurmJob.watcher = queue = _queue()
    try:
        yield
        queue.wait()
    finally:
        SlurmJob.watcher = before


def states(listing: str) -> dict[str, str]:
    """Return the state of each job from lines such as `12_3|RUNNING`."""
    lines = (line.strip().split("|") for line in listing.splitlines() if "|" in line)
    return {line[0]: line[1] for line in lines}


def _queue() -> Any:
    from submitit.slurm.slurm import SlurmInfoWatcher

    class Queue(SlurmInfoWatcher):  # type: ignore[misc]
        """What `squeue` says of the jobs of this user."""

        def __init__(self) -> None:
            super().__init__(delay_s=ASK_EVERY_S)
            self._since: dict[str, float] = {}

        def register_job(self, job_id: str) -> None:
            self._since.setdefault(job_id, time.monotonic())
            super().register_job(job_id)

        def _make_command(self) -> list[str] | None:
            if not self._registered - self._finished:
                return None
            return ["squeue", "--me", "--noheader", "--array", "--states=all", "--format=%i|%T"]

        def read_info(self, string: bytes | str) -> dict[str, dict[str, str]]:
            found = states(string.decode() if isinstance(string, bytes) else string)
            seen = {job: {"JobID": job, "State": state} for job, state in found.items()}
            now = time.monotonic()
            for job in self._registered - set(seen):
                parts = [state for name, state in found.items() if name.startswith(f"{job}_")]
                if parts:  # an array as a whole
                    waiting = [state for state in parts if state in UNFINISHED]
                    seen[job] = {"JobID": job, "State": (waiting or parts)[0]}
                elif job in self._info_dict or now - self._since[job] > LISTED_WITHIN_S:
                    seen[job] = {"JobID": job, "State": "GONE"}
            return seen

        def is_done(self, job_id: str, mode: str = "standard") -> bool:
            return self.get_state(job_id, mode=mode) not in {"UNKNOWN", *UNFINISHED}

        def wait(self) -> None:
            """Wait until no job of the sweep waits or runs any more."""
            while any(not self.is_done(job) for job in set(self._registered)):
                time.sleep(1)

    return Queue()
