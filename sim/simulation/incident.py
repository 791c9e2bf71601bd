"""An incident while it is open: what is known of it, who was sent, how it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import simpy

from sim.simulation.fireground import Fight
from sim.simulation.prepare.batch import Page
from sim.simulation.records import Cover, Sent
from sim.terms import FIRE_TYPES, PROVIDERS, TYPES

FALSE_ALARM = TYPES.index("false_alarm")
IS_FIRE = [kind in FIRE_TYPES for kind in TYPES]
# What the first capable unit must bring, where nothing burns; a fire needs a pump and a crew of four.
CAPABLE = {
    "traffic_rescue": "rescue", "hazmat_rescue": "hazmat", "water_rescue": "water_rescue",
    "mountain_rescue": "mountain_rescue", "other_rescue": "rescue",
}  # fmt: skip
CAPABLE_NEED = [
    "engine" if IS_FIRE[i] or kind == "false_alarm" else CAPABLE.get(kind, "crew")
    for i, kind in enumerate(TYPES)
]
CAPABLE_KINDS = [frozenset(PROVIDERS[need]) for need in CAPABLE_NEED]
CREW_OF_FOUR = 4
# Tiers with vehicles and a leader who can size up.
APPLIANCE_TIERS = frozenset(("professional", "township", "volunteer"))


@dataclass(slots=True, eq=False)
class Incident:
    """An incident: row `k` of the page `at`."""

    at: Page
    k: int
    i: int  # row of the workload
    kind: int
    severity: int
    reported: int
    ordered: float
    others_open: int = 0
    sent: list[Sent] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    size_up: float = math.inf
    size_up_tier: str | None = None
    size_up_gain: float = math.nan  # what a drone's report was ahead of the first crew's
    runs_saved: int = 0
    looked: float = -math.inf  # when the officer in command last looked whether the fire is held
    alarm_level: int = 1
    short: int = 0
    fight: Fight | None = None
    fought_by: int = 0  # units sent when the fight was worked out
    closed: float = math.inf
    covers: list[Cover] = field(default_factory=list)
    news: simpy.Event | None = None
    free_s: float = math.nan
    nearest_s: float = math.nan
    free_travel_s: float = math.nan

    def first(self, tiers: frozenset[str]) -> Sent | None:
        """Return the first to arrive of the tiers, if any does."""
        best: Sent | None = None
        for order in self.sent:
            if (
                order.tier in tiers
                and order.outcome == "arrived"
                and (not best or order.arrives < best.arrives)
            ):
                best = order
        return best

    def first_capable(self) -> Sent | None:
        """Return the first capable unit to arrive, if any does."""
        kinds, least = CAPABLE_KINDS[self.kind], CREW_OF_FOUR if IS_FIRE[self.kind] else 0
        best, time = None, math.inf
        for order in self.sent:
            if (
                order.arrives < time
                and order.outcome == "arrived"
                and order.kind in kinds
                and order.crew >= least
            ):
                best, time = order, order.arrives
        return best

    def capable_time(self) -> float:
        """Return when the first capable unit arrives, infinite if none does."""
        best = self.first_capable()
        return math.inf if best is None else best.arrives

    def size_up_time(self, eyes: frozenset[str]) -> float:
        """Return when the first of the tiers that can tell has reported what it really is."""
        first = math.inf
        for order in self.sent:
            if order.arrives < first and order.tier in eyes:
                first = order.arrives
        return first + self.at.report_s[self.k]
