"""An open incident: what is known of it, which units were sent, and its present state."""

from __future__ import annotations

import math
from typing import Final

from sim.simulation.fireground import Suppression
from sim.simulation.prepare.batch import Batch
from sim.simulation.records import Dispatch, MoveUp
from sim.simulation.story import NEVER, Story
from sim.terms import FIRE_TYPES, PROVIDERS, TYPES

FALSE_ALARM: Final = TYPES.index("false_alarm")
IS_FIRE: Final = [kind in FIRE_TYPES for kind in TYPES]
# What the first capable unit must bring, where nothing burns; a fire needs a pump and a crew of four.
CAPABLE = {
    "traffic_rescue": "rescue", "hazmat_rescue": "hazmat", "water_rescue": "water_rescue",
    "mountain_rescue": "mountain_rescue", "other_rescue": "rescue",
}  # fmt: skip
CAPABLE_NEED: Final = [
    "engine" if IS_FIRE[workload_row] or kind == "false_alarm" else CAPABLE.get(kind, "crew")
    for workload_row, kind in enumerate(TYPES)
]
CAPABLE_KINDS: Final = [frozenset(PROVIDERS[need]) for need in CAPABLE_NEED]
CREW_OF_FOUR: Final = 4


class Incident:
    """An open incident: row `row` of its batch."""

    __slots__ = (
        "alarm_level", "batch", "closed", "dispatches", "free_s", "free_travel_s", "kind", "last_review", "move_ups",
        "nearest_s", "ordered", "others_open", "pending", "reported", "row", "runs_saved", "severity", "short", "size_up",
        "size_up_gain", "size_up_tier", "story", "suppression", "suppression_count", "workload_row",
    )  # fmt: skip

    def __init__(
        self, batch: Batch, row: int, workload_row: int, ordered: float, others_open: int, story: Story
    ) -> None:
        self.batch = batch
        self.row = row
        self.workload_row = workload_row  # row of the workload
        self.kind = batch.kind[row]
        self.severity = batch.severity[row]
        self.reported = batch.reported[row]
        self.ordered = ordered
        self.others_open = others_open
        self.story = story
        self.dispatches: list[Dispatch] = []
        self.pending: dict[str, int] = {}
        self.size_up = NEVER
        self.size_up_tier: str | None = None
        self.size_up_gain = math.nan  # lead of a drone's report over the first crew's
        self.runs_saved = 0
        self.last_review = -NEVER  # when the officer in command last looked whether the fire is held
        self.alarm_level = 1
        self.short = 0
        self.suppression: Suppression | None = None
        self.suppression_count = 0  # units sent when the fight was worked out
        self.closed = NEVER
        self.move_ups: list[MoveUp] = []
        self.free_s = self.nearest_s = self.free_travel_s = math.nan

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
        best, time = None, NEVER
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
        return NEVER if best is None else best.arrives

    def size_up_time(self, tiers: frozenset[str]) -> float:
        """Return when the first unit of a tier that can size up has reported the true severity."""
        first = NEVER
        for dispatch in self.dispatches:
            if dispatch.arrives < first and dispatch.tier in tiers:
                first = dispatch.arrives
        return first + self.batch.report_s[self.row]
