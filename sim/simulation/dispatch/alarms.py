"""Further alarms: the officer in command reviews a fire, and a policy decides what else to ask for.

The model asks the policy `dispatch.alarms.after_s` after each report or review. It asks only while the fire is not
under control, up to the alarm level `dispatch.alarms.most`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sim.config.schema import Config
from sim.simulation.records import Dispatch
from sim.terms import PROVIDERS

COLUMN = "column"  # beside the capabilities: a column of vehicles from a neighbouring prefecture


@dataclass(frozen=True)
class Fire:
    """What the officer in command knows of a fire that is not under control."""

    type: str
    severity: int
    alarm_level: int
    since_order_s: float
    area_m2: float  # burning now
    can_spread: bool  # it will take more than it has now, with the force that is there
    rolling: bool  # appliances asked for before are still on the way, or not yet found
    first_look: bool  # the look of the first report, at large fires
    dispatches: Sequence[Dispatch]  # so far; not to be changed


class AlarmPolicy(Protocol):
    """Decides about further alarms. A user's class is constructed with the configuration."""

    def further(self, fire: Fire) -> Mapping[str, int]:
        """Return how many units to ask for by capability, and how many columns from outside (COLUMN).

        If none and nothing rolls, this fire is not reviewed again.
        """


class StandardAlarms:
    """Asks for the same again (`dispatch.alarms.needs`) where a fire can spread with all that was asked for there.

    At a large fire it goes by what is seen: engines to hold the whole edge, less those that were sent; from a certain
    area on, columns from the neighbouring prefectures.
    """

    def __init__(self, config: Config) -> None:
        self._rules = config.dispatch.alarms

    def further(self, fire: Fire) -> Mapping[str, int]:
        """Return what a further alarm asks for."""
        rules = self._rules
        if fire.area_m2 < rules.large_m2:
            return rules.needs if fire.can_spread and not fire.rolling and not fire.first_look else {}
        edge_m = 2 * math.sqrt(math.pi * fire.area_m2)
        sent = sum(
            order.kind in PROVIDERS["engine"] and order.outcome == "arrived" for order in fire.dispatches
        )
        engines = max(rules.needs.get("engine", 0), math.ceil(edge_m / rules.edge_m) - sent)
        columns = rules.outside_columns if fire.area_m2 >= rules.outside_m2 else 0
        return {**rules.needs, "engine": engines, COLUMN: columns}
