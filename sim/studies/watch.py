"""Write one HTML page on which a day of a run is watched: vehicles move, incidents open and close.

Clock, speed and slider; a click on an incident shows its timeline. Without `day` it is the day with the most calls.
A unit moves at one speed on a straight line: the tables hold its times, no routes. The page opens without a network.

    python -m sim watch results/2025 day=2025-02-08
"""

from __future__ import annotations

import time
from pathlib import Path

from sim.calendar import DAY_S, YEAR_DAYS
from sim.errors import SimError
from sim.files import a_page
from sim.options import Asked, Option, Usage
from sim.reports.terminal import progress, say
from sim.storage import run_folder
from sim.studies import mixing
from sim.studies.days import number_of_day

LANG = Option("lang", "language of the page", "en", allowed=("en", "zh"))
USAGE = Usage(
    (
        Option("day", "a date such as 2025-02-08, or the number of a day of the year, 1 for 1 January"),
        Option("replication", "of this replication; without it of the one in which the day is busiest", None, int, 0),
        LANG,
        Option("out", "a file, or a folder for the page; without it beside the run, RUN-DAY.html", None, Path),
    ),
    words="RUN",
    least=1,
    most=1,
)  # fmt: skip


def run(asked: Asked) -> int:
    """Write the page and say where it is."""
    began = time.perf_counter()
    folder = Path(asked.words[0])
    result = run_folder.load(folder)
    day = None if asked["day"] is None else number_of_day(asked["day"], result.info)
    incidents = result.incidents
    number = asked["replication"]
    known = int(result.info["replications"])
    if number is not None and number >= known:
        raise SimError(f"replication is {number}; {folder} has replications 0..{known - 1}.")
    mixing.refuse_later_tables(result)
    path = a_page(asked["out"] or folder.absolute().parent)
    # Matplotlib takes a second to import: only after everything that can be refused was.
    from sim.reports import watch

    if number is not None:
        incidents = incidents[incidents["replication"] == number]
    if day is not None:
        of_day = incidents[(incidents["time_s"] // DAY_S).astype(int) == day]
        number = (watch.busiest(of_day, YEAR_DAYS)[0] if len(of_day) else 0) if number is None else number
    else:
        number, day = watch.busiest(incidents, int(result.info["days"]))
    if path.is_dir() or not path.suffix:
        ending = "" if asked["lang"] == "en" else f".{asked['lang']}"
        path = path / f"{folder.resolve().name}-day{day + 1}{ending}.html"
    with progress("day"):
        size = watch.write(result, day, number, asked["lang"], path)
    say(
        f"Day {day + 1} of replication {number}: {path} ({size / 1e6:.1f} MB, {time.perf_counter() - began:.1f} s)"
    )
    return 0
