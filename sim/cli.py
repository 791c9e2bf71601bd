"""The command `python -m sim`: options in, a run or a sweep of runs out; mistakes are one sentence, status 2."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from sim.threads import one_each

one_each()

from sim.errors import SimError  # noqa: E402 -- numpy reads the environment when it is first imported

USAGE_ERROR = 2
INTERRUPTED = 130

HELP = """\
Simulate a city's fire and rescue response for a year of its plan.

  python -m sim [scenario=YEAR] [key=value ...]
  python -m sim -m scenario=YEAR,YEAR,... [key=value,value ...]

Years: {years} (the state at the END of the year)

Options
  scenario=2025       year of the plan
  delivery=promised   the plan at its dates; lagged: works open after a lead time; partial: in part
  replications=20     how many years of chance; more makes the intervals narrower
  replications=auto precision=0.02
                      as many as bring the main indicators' 95 % intervals to ±2 % (10 to 200)
  days=365            days simulated, from 1 January
  seed=2024           root of all random streams; the same seed gives the same tables
  workers=0           processes, 0 for all cores; does not change any result
  out=results         folder for results; each run gets a folder of its own in it
  name=...            name of that folder, if the readable one is not wanted
  figures=main        pictures: none, main, all
  max_memory=0        MiB that a run may take; 0 for no limit
  launch=laptop       how a sweep is run: basic, laptop, slurm, array (docs/hpc.md)
Everything else is a key of a configuration group (docs/configuration.md), such as
  plan.patrol_cars.enabled=false   dispatch.centre.seats=6   outcome=national
Groups and their choices: {groups}
A study sweeps what its file in configs/experiment says: python -m sim -m +experiment=NAME

Examples
  python -m sim scenario=2025
  python -m sim scenario=2030 replications=50 plan.drone_nests.per_brigade=2
  python -m sim -m scenario=2023,2024,2025,2026,2027,2030
"""

MULTIRUN = ("-m", "--multirun")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 2 for a mistake of the user, 130 for Ctrl-C."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if {"--help", "-h"} & set(arguments):
            sys.stdout.write(help_text())
            return 0
        if set(MULTIRUN) & set(arguments):
            return _sweep([item for item in arguments if item not in MULTIRUN])
        _refuse_flags(arguments)
        _run(arguments)
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return USAGE_ERROR
    except MemoryError as problem:
        sys.stderr.write(
            f"error: memory ran out ({str(problem) or 'no more is given'}), no result was left behind: "
            "use fewer workers or fewer days, or raise the limit (ulimit -v).\n"
        )
        return USAGE_ERROR
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: no result was left behind.\n")
        return INTERRUPTED
    return 0


def help_text() -> str:
    """Return the text of --help with the years and groups there are."""
    from sim.config.compose import config_folder, options

    folders = sorted(path.name for path in config_folder().iterdir() if path.is_dir())
    groups = "; ".join(
        f"{name}: {', '.join(options(name))}" for name in folders if name != "scenario" and options(name)
    )
    return HELP.format(years=", ".join(options("scenario")), groups=groups)


def _refuse_flags(arguments: Sequence[str]) -> None:
    for argument in arguments:
        if argument.startswith("-"):
            raise SimError(
                f"unknown flag {argument}: options are of the form key=value; see python -m sim --help."
            )


def _run(arguments: Sequence[str]) -> None:
    from sim.config.compose import compose

    if any("experiment=" in argument for argument in arguments):
        from sim.sweep import refuse_single

        refuse_single(arguments)
    config = compose(arguments)
    if config.launch.how != "basic":
        raise SimError(f"launch={config.launch.how} is for sweeps, this is one run: add -m, or leave it out.")
    from sim.report.terminal import run_and_show

    run_and_show(config)


def _sweep(arguments: Sequence[str]) -> int:
    """Hand a sweep to Hydra's launcher, after every run of it was checked."""
    from sim import sweep

    _refuse_flags(arguments)
    try:
        return sweep.start(arguments)
    except KeyboardInterrupt:
        sys.stderr.write(
            "interrupted: what is complete stays; start the same command again for the rest "
            "(jobs handed to Slurm go on: scancel stops them).\n"
        )
        return INTERRUPTED
