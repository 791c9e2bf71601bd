"""The command `python -m sim` starts a run, a sweep or a study. A user's mistake gives one sentence and status 2."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

from sim.threads import one_each

one_each()

from sim.cli.commands import COMMANDS  # noqa: E402 -- numpy reads the environment when it is first imported
from sim.errors import SimError, did_you_mean  # noqa: E402

USAGE_ERROR = 2
BROKEN_PIPE = 1
INTERRUPTED = 130
MULTIRUN = {"-m", "--multirun"}
HELP = {"-h", "--help"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 not complete, 2 a mistake of the user, 130 Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    interrupted = ["no result was left behind."]  # a study keeps what it has, and says so
    try:
        return _main(given, interrupted)
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
        sys.stderr.write(f"interrupted: {interrupted[0]}\n")
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left goes nowhere
        return BROKEN_PIPE


def _main(arguments: list[str], interrupted: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        module = importlib.import_module(COMMANDS[name].module)
        if HELP & set(arguments):
            sys.stdout.write(module.USAGE.help(name, module.__doc__))
            return 0
        from sim.config.compose import known_keys

        interrupted[0] = module.USAGE.interrupted
        return int(module.run(module.USAGE.parse(arguments[1:], known_keys)))
    if HELP & set(arguments):
        from sim.cli.help import help_text

        sys.stdout.write(help_text())
        return 0
    if name == "--version":
        from sim import __version__, compiled

        sys.stdout.write(f"fire-response-sim {__version__}, event model {compiled.status()}\n")
        return 0
    if name and "=" not in name and name[0] not in "-~":
        raise SimError(
            f"unknown command {name}{did_you_mean(name, COMMANDS)}: commands are {', '.join(COMMANDS)}, "
            "options of a run are of the form key=value; see python -m sim --help."
        )
    if later := [word for word in arguments if word in COMMANDS]:
        raise SimError(f"the command {later[0]} goes first: python -m sim {later[0]} ...; see its --help.")
    if MULTIRUN & set(arguments):
        return _sweep([item for item in arguments if item not in MULTIRUN], interrupted)
    from sim.reports.terminal import run_and_show
    from sim.sweeps.expand import single

    run_and_show(single(arguments))
    return 0


def _sweep(arguments: Sequence[str], interrupted: list[str]) -> int:
    """Hand a sweep to Hydra's launcher, after every run of it was checked."""
    from sim.sweeps import expand, run

    expand.refuse_flags(arguments)
    interrupted[0] = (
        "what is complete stays; start the same command again for the rest "
        "(jobs handed to Slurm go on: scancel stops them)."
    )
    return run.start(arguments)
