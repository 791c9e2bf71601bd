"""The columns of dispatches.parquet: every unit sent, its purpose and its times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.demand.call_centre import Calls
from sim.demand.workload import Workload
from sim.simulation.columns import AFTER, Column, Floats, Kept, Text, each, finite
from sim.simulation.records import OUTCOMES, REASONS
from sim.terms import KINDS, TIERS
from sim.world.forces import Forces

ARRIVED = OUTCOMES.index("arrived")


@dataclass
class DispatchRows:
    """The dispatches of a replication in order of incident and sending, as the recorder kept them."""

    number: int  # of the replication
    workload: Workload
    calls: Calls
    forces: Forces
    kept: Kept

    @cached_property
    def call_s(self) -> Floats:
        """The call of each one's incident, in seconds of the year."""
        return self.calls.call_s[self.kept["i"]]

    @cached_property
    def arrived(self) -> NDArray[np.bool_]:
        """Whether each one arrived, that is, was not turned back on the way."""
        return np.asarray(self.kept["outcome"] == ARRIVED)

    def after(self, name: str, happened: NDArray[np.bool_] | None = None) -> Floats:
        """Return a kept time as seconds after the call, empty if the event never happened."""
        times = self.kept[name] if happened is None else np.where(happened, self.kept[name], np.nan)
        return finite(times) - self.call_s

    def turned_out(self) -> Floats:
        """Return when each one left; a unit that was released before did not."""
        left = self.arrived | (self.kept["turned_out_s"] < self.kept["released_s"])
        return self.after("turned_out_s", left)


def _after(name: str) -> Any:
    return lambda rows: rows.after(name)


DISPATCHES = (
    Column("replication", "int32", "-", "replication, from 0", lambda rows: np.full(len(rows.call_s), rows.number)),
    Column("incident", "int32", "-", "number of the incident", lambda rows: rows.workload.number[rows.kept["i"]]),
    Column(
        "unit", "text", "-", "unit sent", lambda rows: Text(rows.forces.unit_names, rows.kept["unit"]),
        each("unit"), code="int32",
    ),
    Column(  # where it was stationed: its own station, or that of a move-up
        "station", "text", "-", "its station or team", lambda rows: Text(rows.forces.station_names, rows.kept["station"]),
        each("station"), code="int32",
    ),
    Column(
        "tier", "text", "-", "professional, township, volunteer, micro, patrol, drone or civil",
        lambda rows: Text(TIERS, rows.forces.tier_codes[rows.kept["unit"]]),
    ),
    Column(
        "kind", "text", "-", "kind of unit: engine, tanker, ladder, rescue, ...",
        lambda rows: Text(KINDS, rows.forces.kind_codes[rows.kept["unit"]]),
    ),
    Column(
        "reason", "text", "-",
        "why: run_card, professional, relay, first_aid, drone, second_alarm, third_alarm, waited, mutual_aid",
        lambda rows: Text(REASONS, rows.kept["reason"]), each("reason", REASONS),
    ),
    Column("crew", "int32", "persons", "persons on it", lambda rows: rows.kept["crew"], each("crew")),
    Column(
        "waited_s", "float64", "s", "how long the need waited for a unit that was free",
        lambda rows: rows.kept["waited_s"], each("waited"),
    ),
    Column("dispatched_s", "float64", "s", f"ordered or told, {AFTER}", _after("dispatched_s"), each("dispatched")),
    Column("turned_out_s", "float64", "s", f"on its way, {AFTER}", DispatchRows.turned_out, each("turned_out")),
    Column(
        "arrived_s", "float64", "s", f"at the scene, {AFTER}",
        lambda rows: rows.after("arrived_s", rows.arrived), each("arrives"),
    ),
    Column(
        "released_s", "float64", "s", f"released, recalled or turned back, {AFTER}", _after("released_s"),
        each("released"),
    ),
    Column(
        "ready_s", "float64", "s", f"ready for the next call at its station, {AFTER}", _after("ready_s"), each("ready")
    ),
    Column(
        "route_m", "float64", "m", "length of the route", lambda rows: rows.kept["route_m"], each("route_m")
    ),
    Column(
        "outcome", "text", "-", "arrived, recalled (at size-up) or withdrawn (turned back when the incident was over)",
        lambda rows: Text(OUTCOMES, rows.kept["outcome"]), each("outcome", OUTCOMES),
    ),
)  # fmt: skip
