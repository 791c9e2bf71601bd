"""An open incident: what is known of it, which units were sent, and its present state."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import simpy

from sim.simulation.fireground import Suppression
from sim.simulation.prepare.batch import Batch
from sim.simulation.records import Dispatch, MoveUp
from sim.terms import FIRE_TYPES, PROVIDERS, TYPES

FALSE_ALARM = TYPES.index("false_alarm")
IS_FIRE = [kind in FIRE_TYPES for kind in TYPES]
# What the first capable unit must bring, where nothing burns; a fire needs a pump and a crew of four.
CAPABLE = {
    "traffic_rescue": "rescue", "hazmat_rescue": "hazmat", "water_rescue": "water_rescue",
    "mountain_rescue": "mountain_rescue", "other_rescue": "rescue",
}  # fmt: skip
CAPABLE_NEED = [
    "engine" if IS_FIRE[workload_row] or kind == "false_alarm" else CAPABLE.get(kind, "crew")
    for workload_row, kind in enumerate(TYPES)
]
CAPABLE_KINDS = [frozenset(PROVIDERS[need]) for need in CAPABLE_NEED]
CREW_OF_FOUR = 4


@dataclass(slots=True, eq=False)
class Incident:
    """An open incident: row `row` of its batch."""

    batch: Batch
    row: int
    workload_row: int  # row of the workload
    kind: int
    severity: int
    reported: int
    ordered: float
    others_open: int = 0
    dispatches: list[Dispatch] = field(default_factory=list)
    pending: dict[str, int] = field(default_factory=dict)
    size_up: float = math.inf
    size_up_tier: str | None = None
    size_up_gain: float = math.nan  # lead of a drone's report over the first crew's
    runs_saved: int = 0
    last_review: float = -math.inf  # when the officer in command last looked whether the fire is held
    alarm_level: int = 1
    short: int = 0
    suppression: Suppression | None = None
    suppression_count: int = 0  # units sent when the fight was worked out
    closed: float = math.inf
    move_ups: list[MoveUp] = field(default_factory=list)
    pending_met: simpy.Event | None = None
    free_s: float = math.nan
    nearest_s: float = math.nan
    free_travel_s: float = math.nan

    def first_of(self, tier: str) -> Dispatch | None:
        """Return the first to arrive of a tier, if any does."""
        best: Dispatch | None = None
        for dispatch in self.dispatches:
            if (
                dispatch.tier == tier
                and dispatch.outcome == "arrived"
                and (not best or dispatch.arrives < best.arrives)
            ):
                best = dispatch
        return best

    def first_capable(self) -> Dispatch | None:
        """Return the first capable unit to arrive, if any does."""
        kinds, least = CAPABLE_KINDS[self.kind], CREW_OF_FOUR if IS_FIRE[self.kind] else 0
        best, time = None, math.inf
        for dispatch in self.dispatches:
            if (
                dispatch.arrives < time
                and dispatch.outcome == "arrived"
                and dispatch.kind in kinds
                and dispatch.crew >= least
            ):
                best, time = dispatch, dispatch.arrives
        return best

    def capable_time(self) -> float:
        """Return when the first capable unit arrives, infinite if none does."""
        best = self.first_capable()
        return math.inf if best is None else best.arrives

    def size_up_time(self, tiers: frozenset[str]) -> float:
        """Return when the first unit of a tier that can size up has reported the true severity."""
        first = math.inf
        for dispatch in self.dispatches:
            if dispatch.arrives < first and dispatch.tier in tiers:
                first = dispatch.arrives
        return first + self.batch.report_s[self.row]
