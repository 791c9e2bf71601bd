"""A simulation of fire and rescue response. This module is the interface for notebooks.

>>> import sim
>>> result = sim.run(scenario=2025, replications=2, days=3, workers=1)
>>> sorted(result.kpis.columns)
['by', 'group', 'high', 'kpi', 'low', 'mean', 'replications', 'unit']
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if sys.version_info < (3, 11):  # noqa: UP036 -- a checkout may be run by any Python
    _NEEDED = f"the program needs Python 3.11 or newer; {sys.executable} is {sys.version.split()[0]}."
    if sys.argv[:1] == ["-m"]:  # python -m sim
        sys.stderr.write(f"error: {_NEEDED}\n")
        sys.exit(2)
    raise ImportError(_NEEDED)

from typing import ParamSpec

from sim import compiled, loaded  # noqa: F401 -- loaded: it looks at the files before others are read
from sim.errors import SimError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Literal

    import pandas as pd

    from sim.reports.notebook import Runs, ShownResult
    from sim.storage.run_folder import Result

__all__ = ["SimError", "compare", "load", "report", "run", "sweep"]
__version__ = "0.2.0"

compiled.activate()

P = ParamSpec("P")
R = TypeVar("R")


def _without_traceback(function: Callable[P, R]) -> Callable[P, R]:
    """Raise a user's mistake here, without the calls below that led to it."""

    @functools.wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except SimError as mistake:
            problem = mistake.with_traceback(None)
        raise problem from None

    return checked


@_without_traceback
def run(*arguments: str, **options: Any) -> ShownResult:
    """Run a configuration in memory and return its tables: incidents, dispatches, kpis, values.

    The arguments are those of the command line, such as "scenario=2025", or keywords: `sim.run(scenario=2025)`,
    with dots `sim.run(**{"plan.patrol_cars.enabled": False})`. Nothing is written. Raises SimError for what the
    command line would refuse, in the same words.
    """
    from sim.options import as_arguments
    from sim.reports import terminal
    from sim.reports.notebook import ShownResult
    from sim.runs import execute
    from sim.sweeps.expand import single

    config = single(as_arguments(arguments, options))
    with terminal.progress(f"scenario {config.scenario.year}", config.replications_at_most) as done:
        return ShownResult.of(**vars(execute.in_memory(config, done)))


@_without_traceback
def sweep(*arguments: str, **options: Any) -> Runs:
    """Make the runs of a sweep in the folder `out`, as `python -m sim -m` does, and return them by name.

    A list means one run for each of its entries: `sim.sweep(scenario=[2023, 2025], out="results/mine")`. Runs that are
    complete stay. SimError when a run is refused, before anything runs, and afterwards when one is not complete.
    """
    from sim.options import as_arguments
    from sim.reports.notebook import Runs
    from sim.storage import run_folder
    from sim.sweeps import expand
    from sim.sweeps import run as sweeps

    given = as_arguments(arguments, options, sweep=True)
    expand.refuse_flags(given)
    if any(word.removeprefix("+") == "launch=array" for word in given):
        raise SimError("launch=array runs nothing by itself: start it with python -m sim -m (docs/hpc.md).")
    return Runs({folder.name: run_folder.load(folder) for folder in sweeps.points(expand.jobs(given))})


@_without_traceback
def compare(
    *runs: Path | str | Result,
    baseline: str | None = None,
    unpaired: bool = False,
    mixed: bool = False,
    by: str | list[str] | None = None,
    kpi: str | list[str] | None = None,
) -> pd.DataFrame:
    """Return the differences of runs from a baseline as a table (columns: sim.analysis.compare.compare).

    A run is a folder, a folder of runs, or what `sim.run` and `sim.load` return. Nothing is written.
    """
    from sim.analysis.compare import compare as differences
    from sim.studies import mixing
    from sim.studies.compare import selected
    from sim.studies.run_selection import find_runs

    found = find_runs(runs)
    mixing.notes(found.results, mixed=mixed)
    table = differences(found.runs, found.baseline(baseline), unpaired=unpaired)
    by, kpi = (names.split(",") if isinstance(names, str) else names for names in (by, kpi))
    return selected(table, by=by, kpi=kpi)


@_without_traceback
def report(
    *runs: Path | str | Result,
    out: Path | str = ".",
    lang: Literal["en", "zh"] = "en",
    baseline: str | None = None,
    unpaired: bool = False,
    mixed: bool = False,
) -> Path:
    """Write the page about runs that `python -m sim report` writes, and return its file."""
    from pathlib import Path

    from sim.studies import report as command
    from sim.studies.run_selection import LANG, find_runs

    language = LANG.read(lang)
    found = find_runs(runs, command.MOST_RUNS)
    options = {"lang": language, "baseline": baseline, "unpaired": unpaired, "mixed": mixed}
    path, _ = command.write(found, runs, Path(out), "sim.report(...)", **options)
    return path


@_without_traceback
def load(folder: Path | str) -> ShownResult:
    """Open a run that `python -m sim` left in `folder`; SimError if it is absent, incomplete or damaged."""
    from sim.reports.notebook import ShownResult
    from sim.storage import run_folder

    return ShownResult.of(**vars(run_folder.load(folder)))
