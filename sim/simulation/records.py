"""Records of a unit during an open incident: its dispatch, and its move-up."""

from __future__ import annotations

import math
from dataclasses import dataclass

UNKNOWN = -1.0
REASONS = (
    "run_card", "professional", "relay", "first_aid", "drone", "second_alarm", "third_alarm", "waited", "mutual_aid",
)  # fmt: skip
OUTCOMES = ("arrived", "recalled", "withdrawn")


@dataclass(slots=True)
class Dispatch:
    """A unit sent to an incident; times in seconds of the year, infinite where not (yet) known."""

    unit: int
    station: int
    tier: str
    kind: str
    reason: str
    crew: int
    dispatched: float
    turned_out: float
    arrives: float
    route_m: float
    released: float = math.inf
    ready: float = math.inf
    waited: float = 0.0  # seconds that the need waited for a free unit
    outcome: str = "arrived"
    origin: tuple[float, float] | None = None  # where it was when ordered, if not at its station
    drive_s: float = UNKNOWN  # from its station without lights and noise, and so back again


@dataclass(slots=True)
class MoveUp:
    """An engine that covers another station."""

    unit: int
    home: int
    station: int
    travel_s: float
