"""Further alarms: the officer in command reviews a fire, and a policy decides what else to ask for.

The model asks the policy `dispatch.alarms.after_s` after each report or review. It asks only while the fire is not
under control and no earlier request is rolling or pending, up to the alarm level `dispatch.alarms.most`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.config.schema import Config
from sim.simulation.records import Dispatch


@dataclass(frozen=True)
class Fire:
    """What the officer in command knows of a fire that is not under control."""

    type: str
    severity: int
    alarm_level: int
    since_order_s: float
    area_m2: float  # burning now
    can_spread: bool  # it will take more than it has now, with the force that is there
    dispatches: Sequence[Dispatch]  # so far; not to be changed


class AlarmPolicy(Protocol):
    """Decides about further alarms. A user's class is constructed with the configuration."""

    def further(self, fire: Fire) -> Mapping[str, int]:
        """Return how many units to ask for by capability. If there are none, this fire is not reviewed again."""


class StandardAlarms:
    """Asks for the same again (`dispatch.alarms.needs`) while the fire can spread; else for no more."""

    def __init__(self, config: Config) -> None:
        self._needs = config.dispatch.alarms.needs

    def further(self, fire: Fire) -> Mapping[str, int]:
        """Return what a further alarm asks for."""
        return self._needs if fire.can_spread else {}
