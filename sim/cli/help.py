"""The text of python -m sim --help."""

from __future__ import annotations

from sim.cli.commands import COMMANDS
from sim.config.compose import READINGS, config_folder, options

HELP = """\
Simulate a city's fire and rescue response for a year of its plan.

  python -m sim [scenario=YEAR] [key=value ...]                     one run
  python -m sim -m scenario=YEAR,YEAR,... [key=value,value ...]     a sweep: every combination
  python -m sim COMMAND [FOLDER ...] [key=value ...]                a question about runs
  python -m sim COMMAND --help                                      what a command understands
  python -m sim --version

Years: {years} (the state at the END of the year)

Commands
{commands}

Options of a run
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
  overwrite=false     true: a run with a name= may take the place of one of another configuration
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


def help_text() -> str:
    """Return the text of --help with the years, commands and groups there are."""
    folders = sorted([*(path.name for path in config_folder().iterdir() if path.is_dir()), READINGS])
    groups = "; ".join(
        f"{name}: {', '.join(options(name))}"
        for name in folders
        if name not in ("scenario", "costs") and options(name)
    )
    commands = "\n".join(f"  {name:<19} {command.help}" for name, command in COMMANDS.items())
    return HELP.format(years=", ".join(options("scenario")), commands=commands, groups=groups)
