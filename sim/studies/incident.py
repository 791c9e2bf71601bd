"""Describe single incidents of a run: every time of every unit, and a figure.

Times are minutes and seconds after the call. Without `number` it describes the worst incidents.

    python -m sim incident results/2025 worst=5 by=first_capable_s
    python -m sim incident results/2025 type=residential_fire township=白石镇 day=2025-02-08
    python -m sim incident results/2025 replication=3 number=1204
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from sim.analysis.timeline import lines
from sim.calendar import day_of_year
from sim.errors import SimError, did_you_mean
from sim.files import not_a_run, publish_files
from sim.options import Asked, Option, Usage
from sim.plots.style import use_style
from sim.plots.timeline import save_timeline
from sim.reports.terminal import say
from sim.storage import run_folder
from sim.studies.days import number_of_day
from sim.terms import TYPES

WORST_BY = (
    "first_arrival_s", "first_capable_s", "first_water_s", "full_force_s", "control_s", "burnt_m2", "deaths_a",
)  # fmt: skip
KEYS = ["replication", "incident"]
FILTERS = ("type", "township", "day")
USAGE = Usage(
    (
        Option("worst", "how many of the worst incidents", 5, int, 1, 1000),
        Option("by", "what makes an incident bad", "first_capable_s", allowed=WORST_BY),
        Option("type", "only incidents of this type", allowed=TYPES),
        Option("township", "only incidents in this township"),
        Option(
            "day", "only incidents of this day: a date such as 2025-02-08, or the number of a day of the year"
        ),
        Option("replication", "of this replication only; without it of all", None, int, 0),
        Option("number", "the incident of this number, of replication 0 unless given", None, int, 0),
        Option("out", "folder of the pictures; without it beside the run, RUN-incidents", None, Path),
    ),
    words="RUN",
    least=1,
    most=1,
)


def run(asked: Asked) -> int:
    """Print and draw the incidents asked for."""
    folder = Path(asked.words[0])
    result = run_folder.load(folder)
    beside = folder.resolve()
    out = not_a_run(asked["out"] or beside.with_name(f"{beside.name}-incidents"))
    show(chosen(result.incidents, folder, asked, result.info), result.dispatches, out)
    return 0


def chosen(incidents: pd.DataFrame, folder: Path, asked: Asked, info: dict[str, Any]) -> pd.DataFrame:
    """Return the incidents asked for, worst first; SimError if there is none."""
    replication, number, by = asked["replication"], asked["number"], asked["by"]
    if number is not None and {"worst", "by", *FILTERS} & asked.given:
        raise SimError(f"number names one incident; it does not go with worst, by, {', '.join(FILTERS)}.")
    known = incidents["replication"].unique()
    if number is not None and replication is None:
        replication = 0
    if replication is not None:
        if replication not in known:
            raise SimError(
                f"replication is {replication}; {folder} has replications {known.min()}..{known.max()}."
            )
        incidents = incidents.loc[incidents["replication"] == replication]
    if number is not None:
        named: pd.DataFrame = incidents.loc[incidents["incident"] == number]
        if named.empty:
            raise SimError(
                f"{folder} has no incident {number} in replication {replication}; allowed: "
                f"0..{incidents['incident'].max()}, without those that did not happen in its scenario."
            )
        return named
    incidents = filtered(incidents, asked, info, folder)
    with_value = incidents.dropna(subset=[by])
    if with_value.empty:
        raise SimError(f"{folder} has no incident with {by}; allowed: another by of {', '.join(WORST_BY)}.")
    worst: pd.DataFrame = with_value.nlargest(asked["worst"], by)
    return worst


def filtered(incidents: pd.DataFrame, asked: Asked, info: dict[str, Any], folder: Path) -> pd.DataFrame:
    """Return the incidents of the type, the township and the day asked for; SimError if there is none."""
    kept = pd.Series(data=True, index=incidents.index)
    if asked["township"] is not None and asked["township"] not in set(incidents["township"]):
        names = list(dict.fromkeys(incidents["township"]))
        hint = did_you_mean(asked["township"], names)
        known = ", ".join(names[:3])
        raise SimError(f"township is {asked['township']!r}{hint}; {folder} has incidents in {known}, ...")
    for column in ("type", "township"):
        if asked[column] is not None:
            kept &= incidents[column] == asked[column]
    if asked["day"] is not None:
        kept &= day_of_year(incidents["time_s"].to_numpy()) == number_of_day(asked["day"], info)
    if incidents.empty:
        raise SimError(f"{folder} holds no incident: make it with more days or calls.")
    if not kept.any():
        told = ", ".join(f"{name}={asked[name]}" for name in FILTERS if asked[name] is not None)
        raise SimError(f"{folder} has no incident with {told}; leave one of them out.")
    found: pd.DataFrame = incidents[kept]
    return found


def show(incidents: pd.DataFrame, dispatches: pd.DataFrame, out: Path) -> None:
    """Print the incidents and draw each; SimError if the pictures cannot be put into `out`."""
    by_incident = dict(iter(dispatches.merge(incidents[KEYS], on=KEYS).groupby(KEYS)))
    first = "incident_{}_{}.png".format(*incidents.iloc[0][KEYS])
    with publish_files(out, last=first) as scratch, use_style():
        for _, incident in incidents.iterrows():
            key = (incident["replication"], incident["incident"])
            sent = by_incident.get(key, dispatches.iloc[:0])
            say("\n".join(lines(incident, sent)) + "\n")
            save_timeline(incident, sent, scratch, f"incident_{key[0]}_{key[1]}")
    say(f"Pictures {out}")
