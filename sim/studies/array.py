r"""Run a sweep by plain `sbatch --array`, where no process may stay on the login node to submit it.

    python -m sim -m +experiment=rollout launch=array             writes down the runs, runs none
    sbatch --array=$(python -m sim.studies.array results/rollout --missing) \
        --wrap "python -m sim.studies.array results/rollout"
    python -m sim.studies.collect results/rollout

Job K makes the K-th run (with launch.runs=5 the K-th five runs), K being SLURM_ARRAY_TASK_ID or given by hand.
Runs that are complete are left alone, so the two last lines may be repeated until nothing is missing.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from sim.errors import SimError
from sim.sweep import job, record
from sim.sweep.states import states

TASK = "SLURM_ARRAY_TASK_ID"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0, 1 when a run failed, 2 and one sentence for a mistake."""
    options = _parser().parse_args(arguments)
    try:
        sweep = record.load(options.folder)
        if options.missing:
            print(ranges(missing(sweep)))
            return 0
        failures = job.work(sweep, numbers(sweep, options.job))
    except SimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 1 if failures else 0


def numbers(sweep: record.Record, given: int | None) -> list[int]:
    """Return the numbers of the runs of a job, given by hand or by Slurm."""
    text = os.environ.get(TASK, "") if given is None else str(given)
    jobs = -(-len(sweep.runs) // sweep.each)
    if not text.isdecimal() or int(text) >= jobs:
        raise SimError(
            f"the job is {text or 'not given'}; allowed: 0..{jobs - 1}, as {TASK} or after the folder."
        )
    first = int(text) * sweep.each
    return list(range(first, min(first + sweep.each, len(sweep.runs))))


def missing(sweep: record.Record) -> list[int]:
    """Return the jobs with a run that is not complete."""
    return sorted({item.run.number // sweep.each for item in states(sweep) if item.status != "complete"})


def ranges(found: Sequence[int]) -> str:
    """Return whole numbers in order as sbatch wants them, such as 0,3-5."""
    parts: list[list[int]] = []
    for number in found:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def _parser() -> argparse.ArgumentParser:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m sim.studies.array",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="folder of the sweep")
    parser.add_argument("job", type=int, nargs="?", help=f"number of the job; without it {TASK}")
    parser.add_argument(
        "--missing", action="store_true", help="print the jobs that have something to do, for sbatch --array"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
