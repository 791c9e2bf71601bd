"""Time one replication stage by stage, and two bare loops for comparison."""

from __future__ import annotations

import heapq
import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import simpy

from sim.analysis import indicators, outcome
from sim.analysis.accumulator import summarise
from sim.calendar import DAY_S
from sim.config.compose import compose
from sim.config.text import to_yaml
from sim.demand import call_centre, workload
from sim.demand.draws import Draws
from sim.runs import replications as replicate
from sim.simulation import replication, result_tables
from sim.simulation.columns import arrow, schema
from sim.simulation.dispatch_columns import DISPATCHES
from sim.simulation.model import Model
from sim.simulation.recorder import Recorder
from sim.simulation.replication import Replication, World
from sim.storage.writer import RunWriter
from sim.world import regions

T = TypeVar("T")

STAGES = ("workload", "preparation", "events", "tables", "statistics", "writing")
OPEN_AT_ONCE = 10  # processes in the bare loops: about as many as there are open incidents
MIB = 2**20


@dataclass(frozen=True)
class Year:
    """One replication of the configured days, timed: seconds by stage and what was done in them."""

    seconds: dict[str, float]
    peaks_mib: dict[str, float]  # most memory the process had held by the end of each stage
    completing_s: float  # closing, checking and moving a run's folder, once; elapsed, it waits for the disk
    generated: int  # incidents of the workload, before those that do not happen are left out
    incidents: int
    dispatches: int


def timed(work: Callable[[], T], clock: Callable[[], float] = time.process_time) -> tuple[T, float]:
    """Return what `work` returns and how many seconds of this process it took: others on the core do not count."""
    began = clock()
    result = work()
    return result, clock() - began


def prepare(world: World, made: workload.Workload, number: int) -> tuple[Replication, Model]:
    """Return a replication, and its model as it stands before the first event: calls answered."""
    config = world.config
    work = made.keep(made.onset_s < config.days * DAY_S)
    work = workload.thin(work, replication.demand_factor(config, world.levels))
    calls = call_centre.take(work, config, world.levels)
    response = Model(work, calls, world.region, world.forces, world.travel, config, world.levels)
    return Replication(number, work, calls, Recorder(config.dispatch)), response


def drawn(made: workload.Workload) -> workload.Workload:
    """Return the workload after every draw of every incident was made once; none is kept, as nobody may ask for it."""
    for table in (made.draws, made.unit_draws):
        assert isinstance(table, Draws), "a generated workload has draws that are yet to be made"
        for name in table:
            table.once(name)
    return made


def year(world: World, number: int, scratch: Path) -> Year:
    """Time a replication from its random numbers to its files, which go to a folder in `scratch`.

    The stage `workload` makes every draw; what the model asks for is drawn again where it does, so that the sum of the
    stages is a little too long. Each stage's result is given up when the next has used it, as in a run.
    """
    config = world.config
    seconds: dict[str, float] = {}
    peaks: dict[str, float] = {}

    def stage(name: str, work: Callable[..., T], *arguments: Any) -> T:
        result, seconds[name] = timed(lambda: work(*arguments))
        peaks[name] = max([peak_mib(), *peaks.values()])  # the kernel counts a little late
        return result

    def statistics(incidents: Any, dispatches: Any) -> tuple[Any, Any]:
        with_outcome = outcome.add(incidents, config.outcome)
        values = indicators.measure(with_outcome, dispatches, replicate.facts_of(world))
        values.insert(0, "replication", np.int32(number))
        return with_outcome, values

    made = stage(
        "workload", lambda: drawn(workload.generate(config.demand, world.region, config.seed, number))
    )
    generated = len(made)
    done, response = stage("preparation", prepare, world, made, number)
    del made
    batches, kept = _clocked(response.batches, "prepare"), _clocked(done.records, "add")
    stage("events", response.run, done.records.add)
    del response
    first, dispatches = stage("tables", result_tables.columns, world, done)
    del done
    # The model prepares its batches and hands on what is over as it goes.
    seconds["events"] -= sum(batches) + sum(kept)
    seconds["preparation"] += sum(batches)
    seconds["tables"] += sum(kept)
    with_outcome, values = stage("statistics", statistics, first, dispatches)
    del first
    schemas = schema(outcome.INCIDENTS), schema(DISPATCHES)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        run = Path(folder) / "run"
        with RunWriter(run, table_schemas=schemas) as writer:
            stage(
                "writing",
                lambda: writer.add(
                    values, arrow(outcome.INCIDENTS, with_outcome), arrow(DISPATCHES, dispatches)
                ),
            )
            summary, info = summarise(values), {"config_digest": "", "name": "benchmark"}
            _, completing = timed(lambda: writer.finish(info, to_yaml(config), summary), time.perf_counter)
    return Year(
        seconds, peaks, completing, generated, len(with_outcome["incident"]), len(dispatches["incident"])
    )


def _clocked(owner: Any, name: str) -> list[float]:
    """Time every call of a method; return the list to which the seconds are added."""
    plain, spent = getattr(owner, name), []

    def call(*given: Any) -> Any:
        found, seconds = timed(lambda: plain(*given))
        spent.append(seconds)
        return found

    setattr(owner, name, call)
    return spent


def events_of(world: World) -> int:
    """Return how many events the event model of a replication processes."""
    config = world.config
    made = workload.generate(config.demand, world.region, config.seed, 0)
    done, response = prepare(world, made, 0)
    steps = _clocked(response.env, "step")  # run() calls it for every event
    response.run(done.records.add)
    return len(steps)


def bare_simpy(events: int) -> None:
    """Run a SimPy model that does nothing but wait, `events` times."""
    environment = simpy.Environment()

    def wait(gaps: list[float]) -> Iterator[simpy.Event]:
        for gap in gaps:
            yield environment.timeout(gap)

    for gaps in _gaps(events):
        environment.process(wait(gaps))
    environment.run()


def plain_heap(events: int) -> None:
    """Do the same with the standard library's heap alone."""
    gaps = _gaps(events)
    queue = [(row[0], index) for index, row in enumerate(gaps) if row]
    heapq.heapify(queue)
    rows = [iter(row[1:]) for row in gaps]
    while queue:
        now, index = queue[0]
        gap = next(rows[index], None)
        if gap is None:
            heapq.heappop(queue)
        else:
            heapq.heapreplace(queue, (now + gap, index))


def _gaps(events: int) -> list[list[float]]:
    generator = np.random.Generator(np.random.PCG64(1))
    gaps = generator.exponential(1.0, events)
    return [part.tolist() for part in np.array_split(gaps, OPEN_AT_ONCE)]


# -- the whole command in a process of its own ------------------------------------------------------------------


def pure_events_s(arguments: Sequence[str]) -> float:
    """Return the seconds of the event model in pure Python, of a second year in a process of its own."""
    before = os.environ.get("SIM_COMPILED")
    os.environ["SIM_COMPILED"] = "0"  # the process begins with it
    try:
        return _in_a_process_of_its_own(_events_s, list(arguments))
    finally:
        if before is None:
            del os.environ["SIM_COMPILED"]
        else:
            os.environ["SIM_COMPILED"] = before


def _events_s(arguments: list[str]) -> float:
    world = replication.build_world(compose(arguments))
    with tempfile.TemporaryDirectory() as folder:
        return [year(world, 0, Path(folder)) for _ in range(2)][-1].seconds["events"]


def command(arguments: Sequence[str]) -> dict[str, float]:
    """Run `python -m sim` with the arguments in a process of its own, its result in a folder that is thrown away.

    Return the seconds from its start to the model's first event, and its peak memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = [*arguments, f"out={folder}", "figures=none", "workers=1", "replications=1"]
        began = time.time()
        first_event, peak = _in_a_process_of_its_own(_run, words)
    return {"first_event_s": first_event - began, "peak_mib": peak}


def _in_a_process_of_its_own(function: Callable[[list[str]], T], arguments: list[str]) -> T:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, arguments).result()


def _run(arguments: list[str]) -> tuple[float, float]:
    """Run the command in this process, without a word; return when its first event came, and its peak memory."""
    from sim.cli import main

    plain = simpy.Environment.step
    first: list[float] = []

    def step(environment: simpy.Environment) -> None:
        if not first:
            first.append(time.time())
        plain(environment)

    simpy.Environment.step = step
    with redirect_stdout(io.StringIO()):
        if main(arguments) != 0:
            raise SystemExit(1)
    return first[0], peak_mib()


def country(counties: int, scenario: str) -> dict[str, Any]:
    """Return what one replication of a made-up country of so many counties costs, in a process of its own.

    Sizes, then seconds of processor time and the most memory held by the end of each stage, and the elapsed seconds.
    """
    words = [f"scenario={scenario}", "region=synthetic", f"region.synthetic.counties={counties}"]
    return _in_a_process_of_its_own(_country, words)


def _country(arguments: list[str]) -> dict[str, Any]:
    began = time.perf_counter()
    config = compose(arguments)
    seconds, peaks = {}, {}
    region, seconds["region"] = timed(lambda: regions.load(config.region))
    peaks["region"] = peak_mib()
    world, seconds["forces"] = timed(lambda: replication.build_world(config, region))
    peaks["forces"] = peak_mib()
    with tempfile.TemporaryDirectory() as folder:
        found = year(world, 0, Path(folder))
    return {
        "counties": len(region.counties),
        "townships": len(region.townships),
        "cells": len(region.cells.x),
        "stations": len(world.forces.stations),
        "units": len(world.forces.units),
        "incidents": found.incidents,
        "dispatches": found.dispatches,
        "seconds": seconds | found.seconds,
        "peaks_mib": peaks | found.peaks_mib,
        "completing_s": found.completing_s,
        "peak_mib": peak_mib(),
        "elapsed_s": time.perf_counter() - began,
    }


def peak_mib() -> float:
    """Return the most memory this process has held, in MiB."""
    status = Path("/proc/self/status")  # getrusage would count what the parent process held before exec
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (MIB if sys.platform == "darwin" else 1024)


def throughput(world: World, workers: int, replications: int) -> float:
    """Return incidents a second of whole replications over processes, their start included."""
    config = replace(world.config, workers=workers, replications=replications)
    began = time.perf_counter()
    total: int = sum(tables.incidents.num_rows for tables in replicate.run(replace(world, config=config)))
    return total / (time.perf_counter() - began)
