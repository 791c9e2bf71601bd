"""Surge days: queues, waits and reduced coverage on New Year's Eve and in a flood, compared with the year's other days.

Uses scenario 2025 as shipped, which has all specialist teams, except for the date of the flood: it is fixed to two known days.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from experiments.validation.check import Check, over
from sim.calendar import YEAR_DAYS, day_of_year
from sim.config.compose import compose
from sim.config.schema import Config
from sim.runs import replications as replicate
from sim.runs.processes import in_order
from sim.simulation import replication, result_tables
from sim.simulation.replication import World

FLOOD_DAY = 180  # and the day after
FLOOD = f"demand.surges.flood_first_day={FLOOD_DAY}", f"demand.surges.flood_last_day={FLOOD_DAY + 1}"
KINDS = ("ordinary", "new_year_eve", "flood")
SEATS = (4, 1)  # as shipped, and a centre that is nearly alone

_worlds: list[World] = []  # of a worker process: one a number of seats


def config(replications: int, workers: int, *options: str) -> Config:
    """Return the scenario of these checks."""
    return compose(["scenario=2025", *FLOOD, f"replications={replications}", f"workers={workers}", *options])


def run(replications: int, workers: int) -> pd.DataFrame:
    """Return, by replication and kind of day: calls a day, and means over the calls of such days.

    They are the incidents open at the order, the calls whose nearest capable station is out, whose needs nobody free
    could meet, and that waited for one of so many seats.
    """
    own = config(replications, workers)
    tables = in_order(work, range(replications), replicate.workers(own), start, (replications,))
    return pd.concat(tables, ignore_index=True)


def start(replications: int) -> None:
    """Make a process ready."""
    _worlds[:] = [
        replication.build_world(config(replications, 1, f"dispatch.centre.seats={seats}")) for seats in SEATS
    ]


def work(number: int) -> pd.DataFrame:
    """Return the row of a replication for each kind of day."""
    incidents, queued = None, {}
    for world, seats in zip(_worlds, SEATS, strict=True):
        table, _ = result_tables.tables(world, replication.simulate(world, number))
        queued[f"queued_{seats}"] = (table["answered_s"] > 0).astype(float)
        incidents = table if incidents is None else incidents
    assert incidents is not None
    first = _worlds[0].config.demand.surges
    day = pd.Series(day_of_year(incidents["time_s"].to_numpy())) + 1
    flood = day.between(FLOOD_DAY, FLOOD_DAY + first.flood_days - 1)
    eve = day == first.new_year_eve_day
    qingming = day.between(first.qingming_first_day, first.qingming_first_day + first.qingming_days - 1)
    kind = pd.Series(np.select([flood, eve, qingming], ["flood", "new_year_eve", "qingming"], "ordinary"))
    days = {"flood": first.flood_days, "new_year_eve": 1, "qingming": first.qingming_days}
    days["ordinary"] = YEAR_DAYS - sum(days.values())
    values = pd.DataFrame(
        {
            "open": incidents["open_incidents"].astype(float),
            "nearest_out": (~(incidents["free_min"] <= incidents["nearest_min"] + 1e-9)).astype(float),
            "short": (incidents["short"] > 0).astype(float),
            **queued,
        }
    )
    found = values.groupby(kind).mean()
    found.insert(0, "calls", kind.value_counts() / pd.Series(days))
    return found.reindex(KINDS).rename_axis("day").reset_index().assign(replication=number)


def checks(table: pd.DataFrame) -> list[Check]:
    """Return the surge days as checks; `table` is what `run` returns."""

    def row(quantity: str, low: float, high: float, unit: str, source: str, values: ArrayLike) -> Check:
        return Check("surge", quantity, low, high, unit, source, *over(values))

    wide = table.pivot_table(index="replication", columns="day")
    calm, eve, flood = (wide.xs(day, axis=1, level="day") for day in KINDS)
    mean = 3500 / YEAR_DAYS
    little = "calls are rare against what there is: hardly any"
    return [
        row("calls on New Year's Eve against a mean day", 1.5, 2.7, "x", "k_nye 2.1", eve["calls"] / mean),
        row("calls on a flood day against a mean day", 2.8, 5.2, "x", "k_flood 4", flood["calls"] / mean),
        row("other incidents open at the order, New Year's Eve minus ordinary", 0.3, 2.0, "incidents", "in proportion to the calls (M/G/∞)", eve["open"] - calm["open"]),
        row("other incidents open at the order, flood minus ordinary", 1.0, 4.0, "incidents", "in proportion to the calls (M/G/∞)", flood["open"] - calm["open"]),
        row("calls whose nearest capable station is out, ordinary day", 0.0, 0.04, "share", little, calm["nearest_out"]),
        row("calls whose nearest capable station is out, flood minus ordinary", 0.015, 0.25, "share", "cover is stripped", flood["nearest_out"] - calm["nearest_out"]),
        row("calls with a need that nobody free could meet, ordinary day", 0.0, 0.003, "share", little, calm["short"]),
        row("calls with a need that nobody free could meet, flood minus ordinary", 0.001, 0.1, "share", "needs wait", flood["short"] - calm["short"]),
        row("calls that waited for one of four 119 seats, any day", 0.0, 0.001, "share", "four seats are ample for what is modelled", np.maximum(flood["queued_4"], calm["queued_4"])),
        row("calls that waited for a single 119 seat, ordinary day", 0.0, 0.06, "share", "M/G/1: the seat's load", calm["queued_1"]),
        row("calls that waited for a single 119 seat, flood minus ordinary", 0.01, 0.25, "share", "M/G/1: the seat's load", flood["queued_1"] - calm["queued_1"]),
    ]  # fmt: skip
