"""Run replications over processes: the same tables in the same order, whatever the number of workers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sim.analysis import indicators, outcome
from sim.config.schema import Config
from sim.runs.processes import cores, in_order, is_daemon
from sim.simulation import replication, result_tables
from sim.simulation.columns import arrow
from sim.simulation.dispatch_columns import DISPATCHES
from sim.simulation.replication import World

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_world: World | None = None  # the world of a worker process, built once


@dataclass(frozen=True)
class Tables:
    """What one replication leaves."""

    number: int
    calls: int  # incidents
    indicators: pd.DataFrame  # as in kpi_values.parquet
    kept: tuple[pa.Table, ...]  # incidents and dispatches; nothing with keep=kpis

    @property
    def incidents(self) -> pa.Table:
        """The incidents."""
        return self.kept[0]

    @property
    def dispatches(self) -> pa.Table:
        """The dispatches."""
        return self.kept[1]


def one(world: World, number: int) -> Tables:
    """Return the tables and indicator values of one replication."""
    config = world.config
    world = replication.delivered(world, number)
    incidents, dispatches = result_tables.columns(world, replication.simulate(world, number))
    incidents = outcome.add(incidents, config.outcome)
    values = indicators.measure(incidents, dispatches, facts_of(world))
    values.insert(0, "replication", number)
    values["replication"] = values["replication"].astype("int32")
    tables = ((outcome.INCIDENTS, incidents), (DISPATCHES, dispatches)) if config.keep == "tables" else ()
    return Tables(number, len(incidents["incident"]), values, tuple(arrow(*table) for table in tables))


def facts_of(world: World) -> indicators.Facts:
    """Return what the indicators need to know of a world."""
    return indicators.Facts.of(world.config, world.region, world.forces)


def workers(config: Config) -> int:
    """Return the number of processes: as configured, else the cores of a job of this kind; never more than work."""
    count = 1 if is_daemon() else config.workers or config.launch.cores or cores()
    return max(1, min(count, config.replications_at_most))


def run(world: World) -> Generator[Tables]:
    """Yield the tables of all replications in order; SimError if a worker process is lost.

    With replications=auto these are as many as the bound allows: who has enough closes the iterator.
    """
    count = workers(world.config)
    if count == 1:
        for number in range(world.config.replications_at_most):
            yield one(world, number)
        return
    numbers = range(world.config.replications_at_most)
    yield from in_order(_work, numbers, count, _start, (world.config,))


def _start(config: Config) -> None:
    global _world  # noqa: PLW0603 -- a worker process builds its world once
    _world = replication.build_world(config)


def _work(number: int) -> Tables:
    assert _world is not None
    return one(_world, number)
