"""The interface of a dispatch policy, which chooses the free unit to send.

The policy `nearest` is built into the dispatcher: the unit that is expected first, ties to the first listed. Your own
class sees every free unit with the capability and chooses. It sees expected times, never the noise of a trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.simulation.dispatch.returning_units import ReturningUnit
from sim.simulation.records import Dispatch
from sim.world.forces import Station, Unit


@dataclass(frozen=True)
class Need:
    """The capability needed, and what is known of the incident at that moment."""

    capability: str
    reason: str  # as in the table of dispatches: run_card, second_alarm, waited, ...
    type: str  # of incident
    severity: int  # as reported by the caller
    county: str
    x: float  # metres
    y: float
    dispatches: Sequence[Dispatch]  # units sent so far; not to be changed


@dataclass(frozen=True)
class Option:
    """A free unit that meets the need: the first of its kind at a station, or one on its way home."""

    unit: Unit
    station: (
        Station  # where it stands, which for a moved-up engine is not its own; its own when it is on the road
    )
    expected_s: float  # from the order to the arrival
    crew: int
    drive_s: float  # by day and in good weather
    route_m: float
    returning: ReturningUnit | None = None  # if it is on its way home


class DispatchPolicy(Protocol):
    """Decides who is sent. A user's class is constructed with the configuration and the forces."""

    def choose(self, need: Need, options: Sequence[Option]) -> Option | None:
        """Return one of the options, or None to send nobody: then the need waits, or is lost.

        The options come in order of their expected time. There is at least one.
        """
