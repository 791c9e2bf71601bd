"""Tell the story of single incidents of a run: every time of every unit, and a picture of it.

    python -m sim.studies.incident RESULTS_DIR --worst 5 [--by first_capable_s] [--replication 3]
    python -m sim.studies.incident RESULTS_DIR --replication 3 --number 1204

Times are minutes and seconds after the call.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pandas as pd

from sim.analysis.timeline import lines
from sim.errors import SimError
from sim.plots.style import new_figure, save, use_style
from sim.plots.timeline import draw_timeline
from sim.storage import run_folder

WORST_BY = (
    "first_arrival_s",
    "first_capable_s",
    "first_water_s",
    "full_force_s",
    "control_s",
    "burnt_m2",
    "deaths_a",
)
KEYS = ["replication", "incident"]


class _Parser(argparse.ArgumentParser):
    """Refuses what it does not understand in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong; the caller prints it."""
        raise SimError(f"{message}.")


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    options = _Parser(prog="python -m sim.studies.incident", description="Tell incidents of a run.")
    options.add_argument("folder", type=Path, help="folder of a run")
    options.add_argument("--worst", type=int, help="the so many worst incidents (default 5)")
    options.add_argument(
        "--by", choices=WORST_BY, help="what makes an incident bad (default first_capable_s)"
    )
    options.add_argument("--replication", type=int, help="of this replication only (default: of all)")
    options.add_argument(
        "--number", type=int, help="the incident of this number (replication 0 unless given)"
    )
    options.add_argument(
        "--out", type=Path, help="folder for pictures (default: beside the run, <run>-incidents)"
    )
    return options


def chosen(incidents: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    """Return the incidents asked for, worst first; SimError if there is none."""
    folder, replication, number = options.folder, options.replication, options.number
    if number is not None and (options.worst is not None or options.by is not None):
        raise SimError("--number names one incident; it does not go with --worst or --by.")
    if options.worst is not None and options.worst < 1:
        raise SimError(f"--worst is {options.worst}; allowed: 1 or more.")
    known = incidents["replication"].unique()
    if number is not None and replication is None:
        replication = 0
    if replication is not None:
        if replication not in known:
            raise SimError(
                f"--replication is {replication}; {folder} has replications {known.min()}..{known.max()}."
            )
        incidents = incidents[incidents["replication"] == replication]
    if number is not None:
        found = incidents[incidents["incident"] == number]
        if found.empty:
            raise SimError(
                f"{folder} has no incident {number} in replication {replication}; allowed: "
                f"0..{incidents['incident'].max()}, without those that did not happen in its scenario."
            )
        return found
    by = options.by or "first_capable_s"
    known_worst = incidents.dropna(subset=[by])
    if known_worst.empty:
        raise SimError(f"{folder} has no incident with {by}; allowed: another --by of {', '.join(WORST_BY)}.")
    return known_worst.nlargest(5 if options.worst is None else options.worst, by)


def tell(incidents: pd.DataFrame, dispatches: pd.DataFrame, out: Path) -> None:
    """Print the incidents and draw each; SimError if the pictures cannot be put into `out`."""
    by_incident = dict(iter(dispatches.merge(incidents[KEYS], on=KEYS).groupby(KEYS)))
    try:
        out.mkdir(parents=True, exist_ok=True)
        with use_style():
            for _, incident in incidents.iterrows():
                key = (incident["replication"], incident["incident"])
                sent = by_incident.get(key, dispatches.iloc[:0])
                print("\n".join(lines(incident, sent)), end="\n\n")
                figure = new_figure(11, 1.6 + 0.34 * max(len(sent), 6))
                draw_timeline(incident, sent, figure.subplots())
                save(figure, out, f"incident_{key[0]}_{key[1]}")
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise SimError(f"{out}: pictures cannot be put there ({problem.strerror or problem}).") from None
    print(f"Pictures {out}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print and draw the incidents asked for; return 0, or 2 for a mistake of the user."""
    try:
        options = parser().parse_args(arguments)
        result = run_folder.load(options.folder)
        found = chosen(result.incidents, options)
        folder = options.folder.resolve()
        tell(found, result.dispatches, options.out or folder.with_name(f"{folder.name}-incidents"))
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return 2
    except BrokenPipeError:  # the reader has seen enough
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 -- what is left goes nowhere
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
