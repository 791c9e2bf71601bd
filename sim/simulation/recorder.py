"""What is kept of the incidents that are over: plain columns, a few bytes a value, in batches as they come."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.dispatch import DispatchConfig
from sim.simulation.dispatch.orders import need_of
from sim.simulation.incident import Incident
from sim.simulation.records import Dispatch
from sim.terms import TIER, TIERS, TYPES

REASONS = (
    "run_card", "professional", "relay", "first_aid", "drone", "second_alarm", "third_alarm", "waited", "mutual_aid",
)  # fmt: skip
OUTCOMES = ("arrived", "recalled", "withdrawn")
NONE = -1  # code of what there is not
_REASON = {name: code for code, name in enumerate(REASONS)}
_OUTCOME = {name: code for code, name in enumerate(OUTCOMES)}
_TIER: dict[str | None, int] = {None: NONE, **{name: code for code, name in enumerate(TIERS)}}

Columns = dict[str, NDArray[Any]]


class Recorder:
    """Keeps the incidents of a replication and their orders, as columns of numbers and codes."""

    def __init__(self, rules: DispatchConfig) -> None:
        self._cards = [rules.run_cards[kind] for kind in TYPES]
        self._incidents: list[Columns] = []
        self._orders: list[Columns] = []

    def add(self, incidents: Sequence[Incident]) -> None:
        """Keep a batch of incidents to which nothing more can happen."""
        if incidents:
            self._incidents.append(self._incident_columns(incidents))
            self._orders.append(_order_columns(incidents))

    def columns(self) -> tuple[Columns, Columns]:
        """Return the incidents in order of their row, and the orders in order of incident and sending."""
        incidents, orders = _joined(self._incidents), _joined(self._orders)
        for table in (incidents, orders):
            order = np.argsort(table["i"], kind="stable") if table else None
            for name, column in table.items():
                table[name] = column[order]
        return incidents, orders

    def _incident_columns(self, incidents: Sequence[Incident]) -> Columns:
        fights = [incident.suppression for incident in incidents]
        floats: dict[str, list[float]] = {
            "size_up": [o.size_up for o in incidents],
            "size_up_gain": [o.size_up_gain for o in incidents],
            "closed": [o.closed for o in incidents],
            "free_s": [o.free_s for o in incidents],
            "nearest_s": [o.nearest_s for o in incidents],
            "free_travel_s": [o.free_travel_s for o in incidents],
            "full_force": [self._full_force(o) for o in incidents],
            "first_water": [suppression.first_water if suppression else math.inf for suppression in fights],
            "control": [suppression.control if suppression else math.inf for suppression in fights],
            "area_m2": [suppression.area_m2 if suppression else math.nan for suppression in fights],
        }
        whole: dict[str, tuple[type, list[int]]] = {
            "i": (np.int32, [o.workload_row for o in incidents]),
            "size_up_tier": (np.int8, [_TIER[o.size_up_tier] for o in incidents]),
            "alarm_level": (np.int8, [o.alarm_level for o in incidents]),
            "runs_saved": (np.int32, [o.runs_saved for o in incidents]),
            "cover_moves": (np.int32, [len(o.move_ups) for o in incidents]),
            "short": (np.int32, [o.short for o in incidents]),
            "others_open": (np.int32, [o.others_open for o in incidents]),
            "source": (
                np.int8,
                [
                    o.batch.scenes.source[o.row] if suppression else NONE
                    for o, suppression in zip(incidents, fights, strict=True)
                ],
            ),
        }
        return {name: np.array(values, dtype=np.float64) for name, values in floats.items()} | {
            name: np.array(values, dtype=dtype) for name, (dtype, values) in whole.items()
        }

    def _full_force(self, incident: Incident) -> float:
        """Return when everything on the run card of the true severity had arrived, infinite if that never was."""
        card = self._cards[incident.kind][incident.severity - 1]
        there = [
            order
            for order in incident.dispatches
            if order.outcome == "arrived" and TIER[order.tier].full_force
        ]
        if len(there) < sum(card.values()):
            return math.inf
        needs, last = dict(card), incident.ordered
        for order in sorted(there, key=_arrival):
            need = need_of(needs, order.kind)
            if need is not None:
                needs[need] -= 1
                last = order.arrives
        return math.inf if any(needs.values()) else last


def _arrival(order: Dispatch) -> float:
    return order.arrives


def _order_columns(incidents: Sequence[Incident]) -> Columns:
    orders = [order for incident in incidents for order in incident.dispatches]
    count = [len(incident.dispatches) for incident in incidents]
    floats = {
        "dispatched": [o.dispatched for o in orders],
        "turned_out": [o.turned_out for o in orders],
        "arrives": [o.arrives for o in orders],
        "released": [o.released for o in orders],
        "ready": [o.ready for o in orders],
        "waited": [o.waited for o in orders],
        "route_m": [o.route_m for o in orders],
    }
    whole = {
        "i": (np.int32, np.repeat([incident.workload_row for incident in incidents], count)),
        "unit": (np.int32, [o.unit for o in orders]),
        "station": (np.int32, [o.station for o in orders]),  # where it stood, its own or one it covered
        "crew": (np.int32, [o.crew for o in orders]),
        "reason": (np.int8, [_REASON[o.reason] for o in orders]),
        "outcome": (np.int8, [_OUTCOME[o.outcome] for o in orders]),
    }
    return {name: np.array(values, dtype=np.float64) for name, values in floats.items()} | {
        name: np.array(values, dtype=dtype) for name, (dtype, values) in whole.items()
    }


def _joined(batches: list[Columns]) -> Columns:
    if not batches:
        return {}
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
