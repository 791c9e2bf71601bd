"""Record finished incidents as plain columns, a few bytes a value, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.config.groups.dispatch import DispatchConfig
from sim.simulation.columns import Kept, keep
from sim.simulation.dispatch_columns import DISPATCHES
from sim.simulation.incident import Incident
from sim.simulation.incident_columns import INCIDENTS


class Recorder:
    """Keeps the values that the columns need of a replication's incidents and dispatches."""

    def __init__(self, rules: DispatchConfig) -> None:
        self._rules = rules
        self._incidents: list[Kept] = []
        self._dispatches: list[Kept] = []

    def add(self, incidents: Sequence[Incident]) -> None:
        """Keep a batch of incidents to which nothing more can happen."""
        if not incidents:
            return
        row = np.array([incident.workload_row for incident in incidents], dtype=np.int32)
        dispatches = [dispatch for incident in incidents for dispatch in incident.dispatches]
        of = np.repeat(row, [len(incident.dispatches) for incident in incidents])
        self._incidents.append({"i": row, **keep(INCIDENTS, incidents, self._rules)})
        self._dispatches.append({"i": of, **keep(DISPATCHES, dispatches, self._rules)})

    def columns(self) -> tuple[Kept, Kept]:
        """Return the incidents in order of their row, and the dispatches in order of incident and sending."""
        return _joined(self._incidents), _joined(self._dispatches)


def _joined(batches: list[Kept]) -> Kept:
    if not batches:
        return {}
    order = np.argsort(np.concatenate([batch["i"] for batch in batches]), kind="stable")
    return {name: np.concatenate([batch[name] for batch in batches])[order] for name in batches[0]}
