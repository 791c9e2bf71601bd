"""The command `python -m sim` starts a run, a sweep or a study. A user's mistake gives one sentence and status 2."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sim.threads import one_each

one_each()

from sim.cli.commands import COMMANDS  # noqa: E402 -- numpy reads the environment when it is first imported
from sim.cli.screen import complaint, screens  # noqa: E402
from sim.errors import SimError, beyond_a_limit, did_you_mean, was_interrupted  # noqa: E402
from sim.garbage_collection import rare_garbage_collections  # noqa: E402
from sim.runs import processes  # noqa: E402

USAGE_ERROR = 2
CLOSED_OUTPUT = 1
INTERRUPTED = 130
MULTIRUN = {"-m", "--multirun"}
HELP = {"-h", "--help"}
ONE_PROCESS = {"workers=1", "replications=1"}  # of a run
# What worker processes of a run need and what takes long to import; the last for pictures.
READ_FIRST = ("sim.runs.replications", "pandas", "sim.plots.data")
# Libraries that every installation has; one is missing where the program is run by another Python.
NEEDED = ("rich", "numpy", "pandas", "hydra", "omegaconf", "scipy", "pyarrow", "simpy", "matplotlib", "yaml")
KIB = 1024
LEAST = (  # of each limit of the system, so that numerical libraries load: they end the process where they cannot
    ("RLIMIT_AS", 900 * KIB**2, "memory (ulimit -v)", KIB, "KiB"),
    ("RLIMIT_NOFILE", 64, "open files (ulimit -n)", 1, "files"),
    ("RLIMIT_NPROC", 64, "processes (ulimit -u)", 1, "processes"),
    ("RLIMIT_FSIZE", KIB**2, "the size of a file (ulimit -f)", KIB, "KiB"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0, 1 not complete, 2 a mistake of the user, 130 Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    interrupted = ["no result was left behind."]  # a study keeps what it has, and says so
    with screens() as screen:
        status = _checked(given, interrupted)
    if screen.lost is None or status:
        return status
    sys.stderr.write(complaint(screen.lost))
    return CLOSED_OUTPUT


def _checked(given: list[str], interrupted: list[str]) -> int:
    try:
        return _main(given, interrupted)
    except (Exception, KeyboardInterrupt) as problem:
        if was_interrupted(problem):  # an import that Ctrl-C cut short may end with an error of its own
            sys.stderr.write(f"interrupted: {interrupted[0]}\n")
            return INTERRUPTED
        sentence = str(problem) if isinstance(problem, SimError) else beyond_a_limit(problem)
        if isinstance(problem, ModuleNotFoundError) and problem.name in NEEDED:
            sentence = (
                f"{sys.executable} has no library {problem.name}: activate the environment that make run has made "
                "(source .venv/bin/activate), or install the program there (pip install .)."
            )
        if not sentence:
            raise
        # what stands in a table or a path must not steer the terminal
        shown = "".join(
            letter if letter.isprintable() or letter == "\n" else repr(letter)[1:-1] for letter in sentence
        )
        sys.stderr.write(f"error: {shown}\n")
        processes.abandon()
        return USAGE_ERROR


def _refuse_small_limits() -> None:
    """Refuse to begin under a limit of the system under which no command can end well."""
    try:
        import resource
    except ImportError:  # Windows has none
        return
    for name, least, what, unit, told in LEAST:
        limit = resource.getrlimit(getattr(resource, name))[0]
        if limit != resource.RLIM_INFINITY and limit < least:
            raise SimError(
                f"the limit on {what} is {limit // unit:,} {told}; a command needs {least // unit:,} or more: raise it."
            )


def _main(arguments: list[str], interrupted: list[str]) -> int:
    name = arguments[0] if arguments else ""
    if not (HELP | {"--version"}) & set(arguments):
        _refuse_small_limits()
    if name in COMMANDS:
        with _starting():
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
    if not ONE_PROCESS & set(arguments):
        processes.prepare(READ_FIRST[: -1 if "figures=none" in arguments else None])
    with _starting():
        from sim.reports.terminal import run_and_show
        from sim.sweeps.expand import single

        config = single(arguments)
    run_and_show(config)
    return 0


@contextmanager
def _starting() -> Iterator[None]:
    """Collect no garbage for a start's sake: modules and configuration stay, and are never looked at again."""
    with rare_garbage_collections():
        yield
    gc.freeze()


def _sweep(arguments: Sequence[str], interrupted: list[str]) -> int:
    """Hand a sweep to Hydra's launcher, after every run of it was checked."""
    from sim.sweeps import expand, run

    expand.refuse_flags(arguments)
    interrupted[0] = (
        "what is complete stays; start the same command again for the rest "
        "(jobs handed to Slurm go on: scancel stops them)."
    )
    return run.start(arguments)
