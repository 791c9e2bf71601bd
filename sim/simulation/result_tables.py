"""Turn the records of a replication into the two result tables."""

from __future__ import annotations

import pandas as pd

from sim.simulation.columns import table
from sim.simulation.dispatch_columns import DISPATCHES, DispatchRows
from sim.simulation.incident_columns import INCIDENTS, LOSS_DRAW, IncidentRows
from sim.simulation.replication import Replication, World, delivered


def tables(world: World, replication: Replication) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents and dispatches of a replication, with the inputs of `sim.analysis.outcome.add`."""
    number, work, calls = replication.number, replication.workload, replication.calls
    forces = delivered(world, number).forces
    incidents, dispatches = replication.records.columns()
    kept = bool(incidents)
    return (
        table(
            (*INCIDENTS, LOSS_DRAW),
            IncidentRows(number, work, calls, world.region, forces, incidents, dispatches) if kept else None,
        ),
        table(DISPATCHES, DispatchRows(number, work, calls, forces, dispatches) if kept else None),
    )
