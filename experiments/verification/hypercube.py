"""Proofs with several stations of one engine each: Larson's hypercube model, solved as a Markov chain."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.verification import exact, reduced_model
from experiments.verification.proof import Proof, by_interval
from experiments.verification.queues import lost
from experiments.verification.reduced_model import Point, Run, simulate
from sim.calendar import YEAR_S

SERVICE_S = 36_000.0
ONE_ENGINE = "forces.professional.classes.class1={crew: 6, vehicles: {engine: 1}}"
# The trips, half a minute in ten hours, lengthen the service by up to 0.3 %: so much more work, twice as much more loss.
LONGER, LOST_MORE = 0.003, 0.006

# Urban Operations Research 5.4: calls of areas 1, 2, 3; area 1 in two parts that differ in their second choice.
LARSON: dict[tuple[int, ...], float] = {(0, 1, 2): 0.50, (0, 2, 1): 0.25, (1, 0, 2): 0.35, (2, 0, 1): 0.40}
LARSON_STATIONS: list[Point] = [(0.0, 0.0), (6000.0, 0.0), (-6000.0, 0.0)]
LARSON_CELLS: list[Point] = [(1500.0, 0.0), (-1500.0, 0.0), (5000.0, 0.0), (-5000.0, 0.0)]


def arguments(load: float, kind: str, service_s: float = SERVICE_S, replications: int = 20) -> list[str]:
    """Return the arguments of a system with `load` erlang (at SERVICE_S) whose calls wait or are lost."""
    return [
        f"demand.calls_per_year={load * YEAR_S / SERVICE_S}",
        f"fireground.on_scene.others.social_assistance.scale={service_s}",
        f"dispatch.queue={kind}",
        ONE_ENGINE,
        f"replications={replications}",
    ]


def larson_runs(
    folder: Path, *, service_s: float = SERVICE_S, order: tuple[int, ...] = (0, 1, 2), replications: int = 30
) -> list[Run]:
    """Return replications of the example, with the stations in any order."""
    stations = [LARSON_STATIONS[index] for index in order]
    chosen = reduced_model.region(folder, LARSON_CELLS, stations, [500, 250, 350, 400])
    return simulate(*chosen, *arguments(1.5, "wait", service_s, replications))


def warm(run: Run) -> pd.Series:
    """Tell which dispatches are for calls after the first days."""
    return run.dispatches["incident"].isin(run.incidents.index)


def waited(run: Run) -> float:
    """Return the share of the calls that found every engine out."""
    late = run.dispatches["dispatched_s"] > 1e-3
    return float((late & warm(run)).sum() / warm(run).sum())


def share_of(run: Run, cell: int, unit: int) -> float:
    """Return the share of a cell's served calls that a station's engine went to."""
    cells = run.dispatches["incident"].map(run.incidents["cell"])
    here = run.dispatches[cells == cell]
    return float((here["unit"] == reduced_model.unit_name(unit)).mean())


def larson() -> Iterator[Proof]:
    """Prove the three-unit example of Larson and Odoni: workloads, waits and who goes where."""
    model = exact.Hypercube(LARSON, queue=True)
    law, method = "hypercube, Larson & Odoni 5.4", "Markov chain"
    with tempfile.TemporaryDirectory() as folder:
        runs = larson_runs(Path(folder))
    loads = [model.workload(unit) for unit in range(3)]
    for unit, load in enumerate(loads):
        values = [reduced_model.workload(run, reduced_model.unit_name(unit)) for run in runs]
        others = f"workload of unit {1 if unit else 2}", loads[0 if unit else 1]
        yield by_interval(law, f"workload of unit {unit + 1}", method, load, values, *others)
    yield by_interval(
        law, "all units busy", method, model.all_busy, [waited(run) for run in runs],
        "calls lost instead", exact.Hypercube(LARSON, queue=False).all_busy,
    )  # fmt: skip
    areas = ("area 1, second choice 2", "area 1, second choice 3", "area 2", "area 3")
    for cell, (order, area) in enumerate(zip(LARSON, areas, strict=True)):
        for unit in range(3):
            values = [share_of(run, cell, unit) for run in runs]
            other = order[1] if unit == order[0] else order[0]
            yield by_interval(
                law, f"{area}: dispatches of unit {unit + 1}", method, model.dispatches(order, unit), values,
                f"those of unit {other + 1}", model.dispatches(order, other),
            )  # fmt: skip


def made_up(units: int) -> tuple[list[Point], list[Point], np.ndarray]:
    """Return stations and cells (metres) and the cells' shares of the calls, always the same."""
    draw = np.random.default_rng(units)
    stations, cells = (draw.uniform(-4000, 4000, (count, 2)).tolist() for count in (units, units + 2))
    return stations, cells, draw.dirichlet(np.full(units + 2, 2.0))


def several(units: int, kind: str, replications: int = 30) -> Iterator[Proof]:
    """Prove a system drawn at random once: every unit's workload, lost calls, who goes to the busiest area."""
    stations, cells, share = made_up(units)
    load = 0.6 * units
    shares = reduced_model.preferences(cells, stations, share.tolist())
    orders = {order: part * load for order, part in shares.items()}
    model = exact.Hypercube(orders, queue=kind == "wait")
    with tempfile.TemporaryDirectory() as folder:
        chosen = reduced_model.region(Path(folder), cells, stations, (share * 1e6).tolist())
        runs = simulate(*chosen, *arguments(load, kind, replications=replications))
    law = f"hypercube, {units} units, {'queue' if kind == 'wait' else 'loss'}"
    method, mistake = f"Markov chain, {2**units} states", "service longer by a tenth"
    higher = {
        order: 1.1 * part for order, part in orders.items()
    }  # a longer service is the same as a higher load
    longer = exact.Hypercube(higher, queue=kind == "wait")
    for unit in range(units):
        loads = [reduced_model.workload(run, reduced_model.unit_name(unit)) for run in runs]
        yield by_interval(
            law, f"workload of unit {unit + 1}", method, model.workload(unit), loads,
            mistake, longer.workload(unit), LONGER,
        )  # fmt: skip
    quantity, seen = (
        ("calls lost", lost(runs)) if kind == "loss" else ("calls that wait", list(map(waited, runs)))
    )
    yield by_interval(law, quantity, method, model.all_busy, seen, mistake, longer.all_busy, LOST_MORE)
    busiest = int(np.argmax(share))
    here = reduced_model.preferences([cells[busiest]], stations, [1.0])
    expected = [
        sum(part * model.dispatches(order, unit) for order, part in here.items()) for unit in range(units)
    ]
    for unit, fraction in enumerate(expected):
        if fraction > 0.05:  # rarer ones have wide intervals, which prove nothing
            seen = [share_of(run, busiest, unit) for run in runs]
            other = int(np.argmax(np.abs(np.array(expected) - fraction)))  # the one that differs most
            yield by_interval(
                law, f"dispatches of unit {unit + 1} to the busiest area", method, fraction, seen,
                f"those of unit {other + 1}", expected[other], LOST_MORE,
            )  # fmt: skip
