"""Run a sweep by plain `sbatch --array`, for clusters where no process may stay on the login node.

    python -m sim -m +experiment=rollout launch=array             lists the runs, starts none
    sbatch --array=$(python -m sim array results/rollout missing=true) --wrap "python -m sim array results/rollout"
    python -m sim collect results/rollout

Job K makes the K-th run (with launch.runs=5 the K-th five runs). K is SLURM_ARRAY_TASK_ID or given by hand.
Complete runs are kept, so you may repeat the last two lines until nothing is missing.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sim.errors import SimError
from sim.options import Asked, Option, Usage
from sim.reports.terminal import say
from sim.sweeps import job, record
from sim.sweeps.record import states

TASK = "SLURM_ARRAY_TASK_ID"
USAGE = Usage(
    (
        Option("job", f"number of the job; without it {TASK}", None, int, 0, 10**9),
        Option("missing", "print the jobs that have something to do, for sbatch --array", type=bool),
    ),
    words="SWEEP",
    least=1,
    most=1,
    interrupted="runs that are complete stay.",
)


def run(asked: Asked) -> int:
    """Make the runs of a job, or print the jobs with something to do: 0, or 1 when a run failed."""
    sweep = record.load(Path(asked.words[0]))
    if asked["missing"]:
        say(ranges(missing(sweep)))
        return 0
    return 1 if job.work(sweep, numbers(sweep, asked["job"])) else 0


def numbers(sweep: record.Record, given: int | None) -> list[int]:
    """Return the numbers of the runs of a job, given by hand or by Slurm."""
    text = os.environ.get(TASK, "") if given is None else str(given)
    jobs = -(-len(sweep.runs) // sweep.each)
    if not text.isdecimal() or int(text) >= jobs:
        raise SimError(f"job is {text or 'not given'}; allowed: 0..{jobs - 1}, as {TASK} or as job=...")
    first = int(text) * sweep.each
    return list(range(first, min(first + sweep.each, len(sweep.runs))))


def missing(sweep: record.Record) -> list[int]:
    """Return the jobs with a run that is not complete; SimError where they could not make it any more."""
    lacking = [item.run for item in states(sweep) if item.status != "complete"]
    if lacking:  # the same code is wanted by all
        job.refuse_changed(sweep, lacking[0], sweep.config(lacking[0]))
    return sorted({run.number // sweep.each for run in lacking})


def ranges(jobs: Sequence[int]) -> str:
    """Return whole numbers in order as sbatch wants them, such as 0,3-5."""
    parts: list[list[int]] = []
    for number in jobs:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
