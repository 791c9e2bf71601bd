"""A simulation of fire and rescue response: what a notebook uses.

>>> import sim
>>> result = sim.run("scenario=2025", "replications=2", "days=3", "workers=1")
>>> sorted(result.kpis.columns)
['by', 'group', 'high', 'kpi', 'low', 'mean', 'replications', 'unit']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import SimError

if TYPE_CHECKING:
    from pathlib import Path

    from sim.storage.run_folder import Result

__all__ = ["SimError", "load", "run"]
__version__ = "0.1.0"


def run(*arguments: str) -> Result:
    """Run a configuration in memory and return its tables: incidents, dispatches, kpis, values.

    The arguments are those of the command line, such as "scenario=2025" and "replications=5". Nothing is written.
    Raises SimError for what the command line would refuse.
    """
    from sim.config.compose import compose
    from sim.runs import execute

    return execute.in_memory(compose(arguments))


def load(folder: Path | str) -> Result:
    """Open a run that `python -m sim` left in `folder`; SimError if it is absent, incomplete or damaged."""
    from sim.storage import run_folder

    return run_folder.load(folder)
