"""Tell the story of single incidents of a run: every time of every unit, and a picture of it.

python -m experiments.incident RESULTS_DIR --worst 5 [--by first_capable_s]
python -m experiments.incident RESULTS_DIR --replication 3 --number 1204
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from sim.errors import SimError
from sim.findings import store
from sim.findings.plot.story import story
from sim.findings.plot.style import new_figure, save, use_style
from sim.findings.story import lines

WORST_BY = (
    "first_arrival_s",
    "first_capable_s",
    "first_water_s",
    "full_force_s",
    "control_s",
    "burnt_m2",
    "deaths_a",
)


def chosen(incidents: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    """Return the incidents asked for; SimError if there is no such incident."""
    if options.number is not None:
        found = incidents[
            (incidents["replication"] == options.replication) & (incidents["incident"] == options.number)
        ]
        if found.empty:
            raise SimError(
                f"{options.folder} has no incident {options.number} in replication {options.replication}; "
                f"replications 0..{incidents['replication'].max()}, numbers 0..{incidents['incident'].max()}."
            )
        return found
    return incidents.nlargest(options.worst, options.by)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print and draw the incidents asked for; return 0, or 2 for a mistake of the user."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.incident", description="Tell incidents of a run."
    )
    parser.add_argument("folder", type=Path, help="folder of a run")
    parser.add_argument("--worst", type=int, default=5, help="the so many worst incidents (default 5)")
    parser.add_argument(
        "--by", choices=WORST_BY, default="first_capable_s", help="what makes an incident bad"
    )
    parser.add_argument("--replication", type=int, default=0)
    parser.add_argument("--number", type=int, help="number of the incident in its replication")
    parser.add_argument(
        "--out", type=Path, help="folder for pictures (default: beside the run, <run>-incidents)"
    )
    options = parser.parse_args(arguments)
    try:
        if options.worst < 1:
            raise SimError(f"--worst is {options.worst}; allowed: 1 or more.")
        result = store.load(options.folder)
        incidents, dispatches = result.incidents, result.dispatches
        out = options.out or options.folder.with_name(f"{options.folder.name}-incidents")
        with use_style():
            for _, incident in chosen(incidents, options).iterrows():
                same = (dispatches["replication"] == incident["replication"]) & (
                    dispatches["incident"] == incident["incident"]
                )
                sent = dispatches[same]
                print("\n".join(lines(incident, sent)), end="\n\n")
                figure = new_figure(11, 1.6 + 0.34 * max(len(sent), 4))
                story(incident, sent, figure.subplots())
                out.mkdir(parents=True, exist_ok=True)
                name = f"incident_{incident['replication']}_{incident['incident']}"
                save(figure, out, name)
        print(f"Pictures {out}")
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
