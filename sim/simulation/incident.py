"""An open incident: what is known of it, which units were sent, and its present state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Final

from sim.simulation.fireground import Suppression
from sim.simulation.prepare.batch import Batch
from sim.simulation.records import Dispatch, MoveUp
from sim.simulation.story import NEVER, Story
from sim.terms import ABLE_TOO, BREATHING, FIRE_TYPES, KINDS, PROVIDERS, TIER_TABLE, TYPES

FALSE_ALARM: Final = TYPES.index("false_alarm")
IS_FIRE: Final = [kind in FIRE_TYPES for kind in TYPES]
# What the first capable unit must bring, by severity 1, 2, 3, where nothing burns. A fire needs four persons with
# breathing apparatus and a pump, on one engine or on several.
CAPABLE = {
    "traffic_rescue": ("rescue",) * 3, "hazmat_rescue": ("crew", "hazmat", "hazmat"),
    "water_rescue": ("water_rescue",) * 3, "mountain_rescue": ("mountain_rescue",) * 3,
    "other_rescue": ("rescue",) * 3,
}  # fmt: skip
SEVERITIES: Final = (1, 2, 3)
CAPABLE_NEED: Final = [
    ("engine",) * 3 if IS_FIRE[place] or kind == "false_alarm" else CAPABLE.get(kind, ("crew",) * 3)
    for place, kind in enumerate(TYPES)
]
CAPABLE_KINDS: Final = [
    [
        frozenset(PROVIDERS[need])
        if IS_FIRE[place]
        else frozenset((*PROVIDERS[need], *ABLE_TOO.get(need, ())))
        for need in needs
    ]
    for place, needs in enumerate(CAPABLE_NEED)
]
CREW_OF_FOUR: Final = 4
# The needs that each kind fills, first those that the fewest kinds can fill.
NEEDS_OF: Final = {
    kind: sorted(
        (need for need in PROVIDERS if kind in PROVIDERS[need]), key=lambda need: len(PROVIDERS[need])
    )
    for kind in KINDS
}
COUNTS_FOR_FULL_FORCE: Final = frozenset(tier.name for tier in TIER_TABLE if tier.full_force)
BY_ARRIVAL: Final = attrgetter("arrives")


def need_of(needs: Mapping[str, int], kind: str) -> str | None:
    """Return the open need that a unit of this kind fills; of several, the one that the fewest kinds can fill."""
    for need in NEEDS_OF[kind]:
        if needs.get(need):
            return need
    return None


class Incident:
    """An open incident: row `row` of its batch."""

    __slots__ = (
        "alarm_level", "arrival_m2", "batch", "brigade_s", "closed", "dispatches", "free_s", "free_travel_s",
        "kind", "last_review", "move_ups", "nearest_s", "ordered", "others_open", "pending", "reported", "row",
        "runs_saved", "severity", "short", "size_up", "size_up_gain", "size_up_tier", "story", "suppression",
        "suppression_count", "workload_row",
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
        self.arrival_m2 = math.nan  # of a fire, when the first unit with water arrived
        self.suppression: Suppression | None = None
        self.suppression_count = 0  # units sent when the fight was worked out
        self.closed = NEVER
        self.move_ups: list[MoveUp] = []
        self.brigade_s = NEVER  # expected from the order to the nearest free professional unit
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
        """Return the unit with whose arrival the force can begin, if any does.

        At a fire it is the one that makes four persons with breathing apparatus, elsewhere the first of the right kind.
        """
        kinds = CAPABLE_KINDS[self.kind][self.severity - 1]
        able = [o for o in self.dispatches if o.outcome == "arrived" and o.kind in kinds]
        if not IS_FIRE[self.kind]:
            return min(able, key=BY_ARRIVAL, default=None)
        persons = 0
        for dispatch in sorted(able, key=BY_ARRIVAL):
            if dispatch.tier in BREATHING:
                persons += dispatch.crew
                if persons >= CREW_OF_FOUR:
                    return dispatch
        return None

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

    def full_force(self, card: Mapping[str, int]) -> float:
        """Return when everything on the run card of the true severity had arrived; infinite if it never had."""
        there = [o for o in self.dispatches if o.outcome == "arrived" and o.tier in COUNTS_FOR_FULL_FORCE]
        missing = sum(card.values())
        if len(there) < missing:
            return NEVER
        needs, last = dict(card), self.ordered
        for dispatch in sorted(there, key=BY_ARRIVAL):
            need = need_of(needs, dispatch.kind)
            if need is not None:
                needs[need] -= 1
                missing -= 1
                last = dispatch.arrives
        return NEVER if missing else last
