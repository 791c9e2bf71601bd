"""Records of a unit during an open incident: its dispatch, and its move-up."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = -1.0
REASONS = (
    "run_card", "professional", "relay", "first_aid", "drone", "second_alarm", "third_alarm", "waited", "mutual_aid",
)  # fmt: skip
OUTCOMES = ("arrived", "recalled", "withdrawn")


class Dispatch:
    """A unit sent to an incident; times in seconds of the year, infinite where not (yet) known."""

    __slots__ = (
        "arrives", "crew", "dispatched", "drive_s", "kind", "origin", "outcome", "ready", "reason", "released",
        "route_m", "station", "tier", "turned_out", "unit", "waited",
    )  # fmt: skip

    def __init__(
        self,
        unit: int,
        station: int,
        tier: str,
        kind: str,
        reason: str,
        crew: int,
        dispatched: float,
        turned_out: float,
        arrives: float,
        route_m: float,
        drive_s: float = UNKNOWN,
        origin: tuple[float, float] | None = None,
    ) -> None:
        self.unit = unit
        self.station = station
        self.tier = tier
        self.kind = kind
        self.reason = reason
        self.crew = crew
        self.dispatched = dispatched
        self.turned_out = turned_out
        self.arrives = arrives
        self.route_m = route_m
        self.released = math.inf
        self.ready = math.inf
        self.waited = 0.0  # seconds that the need waited for a free unit
        self.outcome = "arrived"
        self.origin = origin  # where it was when ordered, if not at its station
        self.drive_s = drive_s  # from its station without lights and noise, and so back again


@dataclass(slots=True)
class MoveUp:
    """An engine that covers another station."""

    unit: int
    home: int
    station: int
    travel_s: float
