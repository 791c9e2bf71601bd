"""Replications over processes: the same tables whatever the number of workers, in order of replication.

Memory is bounded: at most two replications a worker are under way or waiting to be taken.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

import pandas as pd

from sim.config.schema import Config
from sim.errors import SimError
from sim.events import records, replication, tabulate
from sim.events.replication import World
from sim.findings import kpi, outcome

if TYPE_CHECKING:
    import pyarrow as pa

_world: World | None = None  # the world of a worker process, built once


@dataclass(frozen=True)
class Tables:
    """What one replication leaves."""

    number: int
    incidents: pa.Table
    dispatches: pa.Table
    indicators: pd.DataFrame  # as in kpi_values.parquet


def one(world: World, number: int) -> Tables:
    """Return the tables and indicator values of one replication."""
    import pyarrow as pa

    config = world.config
    world = replication.delivered(world, number)
    incidents, dispatches = tabulate.tables(world, replication.simulate(world, number))
    incidents = outcome.add(incidents, config.outcome)
    values = kpi.measure(incidents, dispatches, facts_of(world))
    values.insert(0, "replication", number)
    values["replication"] = values["replication"].astype("int32")
    # One table after the other, each given up once it is an Arrow table: a country's fill gigabytes.
    first = pa.Table.from_pandas(incidents, schema=records.schema(records.INCIDENTS), preserve_index=False)
    del incidents
    second = pa.Table.from_pandas(dispatches, schema=records.schema(records.DISPATCHES), preserve_index=False)
    return Tables(number, first, second, values)


def facts_of(world: World) -> kpi.Facts:
    """Return what the indicators need to know of a world."""
    config = world.config
    return kpi.Facts.of(config.days, world.region, world.forces, config.outcome, config.coverage)


def workers(config: Config) -> int:
    """Return the number of processes: as configured, else all cores this process may use; never more than work."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    return max(1, min(config.workers or cores, config.replications_at_most))


def run(world: World) -> Generator[Tables]:
    """Yield the tables of all replications in order; SimError if a worker process is lost.

    With replications=auto these are as many as the bound allows: who has enough closes the iterator.
    """
    count = workers(world.config)
    if count == 1:
        for number in range(world.config.replications_at_most):
            yield one(world, number)
        return
    yield from _parallel(world.config, count)


def _parallel(config: Config, count: int) -> Iterator[Tables]:
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if context.get_start_method() == "forkserver":
        context.set_forkserver_preload(["sim.findings.replicate"])
    pool = ProcessPoolExecutor(count, mp_context=context, initializer=_start, initargs=(config,))
    numbers = iter(range(config.replications_at_most))
    under_way: deque[Future[Tables]] = deque()
    try:
        for number in numbers:
            under_way.append(_submit(pool, number))
            if len(under_way) >= 2 * count:
                break
        while under_way:
            tables = under_way.popleft().result()
            for number in numbers:
                under_way.append(_submit(pool, number))
                break
            yield tables
        pool.shutdown()
    except BrokenProcessPool:
        raise SimError(
            "a worker process ended before its replication was done (killed, or out of memory): "
            "start the command again, with fewer workers if memory was short."
        ) from None
    finally:
        _stop(pool)


def _submit(pool: ProcessPoolExecutor, number: int) -> Future[Tables]:
    """Hand out a replication; a worker that starts for it does not run the caller's script again.

    Workers need nothing of it, and a plain script that calls `sim.run` has no `if __name__ == "__main__"`.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        return pool.submit(_work, number)
    finally:
        sys.modules["__main__"] = script


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the worker processes at once; nothing they have not delivered is wanted."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _start(config: Config) -> None:
    global _world  # noqa: PLW0603 -- a worker process builds its world once
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    _world = replication.build_world(config)


def _work(number: int) -> Tables:
    assert _world is not None
    return one(_world, number)
