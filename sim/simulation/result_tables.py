"""Turn the records of a replication into the two result tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.simulation.columns import Data, frame, table
from sim.simulation.dispatch_columns import DISPATCHES, DispatchRows
from sim.simulation.incident_columns import INCIDENTS, LOSS_DRAW, IncidentRows
from sim.simulation.replication import Replication, World, delivered

if TYPE_CHECKING:
    import pandas as pd


def columns(world: World, replication: Replication) -> tuple[Data, Data]:
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


def tables(world: World, replication: Replication) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the same as frames of pandas."""
    incidents, dispatches = columns(world, replication)
    return frame(incidents), frame(dispatches)
