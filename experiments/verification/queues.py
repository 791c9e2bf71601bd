"""Proofs without geography: one station with lost or waiting calls, and calls for one engine or two."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from experiments.verification import exact, reduced_model
from experiments.verification.proof import Proof, by_interval
from experiments.verification.reduced_model import Run, simulate, workload
from sim.calendar import YEAR_S

SERVICE_S = 14_400.0
# There and back: the mean distance from the centre of a square kilometre is 0.38260 km.
TRIP_S = 2 * exact.over_square(1000.0, np.hypot) / reduced_model.SPEED_MS
SD_LOG = 0.8
LAWS = {
    "exponential": "{law: exponential, scale: %.6f, sd_log: 0}",
    # the median that gives the same mean
    "lognormal": f"{{law: lognormal, scale: %.6f, sd_log: {SD_LOG}}}",
}
CLOCK_S = 1e-3  # who waits less than this was served at once

PAIR_S = 28_800.0
SINGLES, PAIRS = 1.0 / 14_400, 0.5 / 14_400  # calls a second for one engine, and for two


def queue(
    load: float, servers: int, law: str = "exponential", *, kind: str = "loss", replications: int = 20,
    days: int = 182,
) -> list[Run]:  # fmt: skip
    """Return replications of one station with `load` erlang for `servers` engines; calls that find none wait or are lost."""
    median = (SERVICE_S - TRIP_S) * (1 if law == "exponential" else math.exp(-(SD_LOG**2) / 2))
    return simulate(
        f"demand.calls_per_year={load * YEAR_S / SERVICE_S:.6f}",
        f"forces.professional.classes.class1.vehicles.engine={servers}",
        f"fireground.on_scene.others.social_assistance={LAWS[law] % median}",
        f"dispatch.queue={kind}",
        f"replications={replications}",
        f"days={days}",
    )


def lost(runs: Sequence[Run]) -> list[float]:
    """Return the share of the calls that no unit reached, by replication."""
    return [float((run.incidents["units"] == 0).mean()) for run in runs]


def waits(runs: Sequence[Run]) -> list[np.ndarray]:
    """Return the seconds from each call to its engine's departure, by replication."""
    waits_s = []
    for run in runs:
        there = run.dispatches.set_index("incident")
        travel = (there["arrived_s"] - there["dispatched_s"]).reindex(run.incidents.index)
        waits_s.append((run.incidents["first_arrival_s"] - travel).to_numpy())
    return waits_s


def erlang_b(load: float, servers: int, law: str, replications: int) -> Iterator[Proof]:
    """Prove how many calls find every engine out and are lost, whatever the law of the service."""
    yield by_interval(
        f"Erlang B, {law.replace('logn', 'log-n')} service", f"calls lost: {load:g} erlang, {servers} engines",
        "closed form", exact.erlang_b(load, servers), lost(queue(load, servers, law, replications=replications, days=365)),
        "an engine more", exact.erlang_b(load, servers + 1),
    )  # fmt: skip


def erlang_c(load: float, servers: int, replications: int) -> Iterator[Proof]:
    """Prove how many calls find every engine out, and how long they wait, first come first served."""
    waits_s = waits(queue(load, servers, kind="wait", replications=replications, days=365))
    law, method, size = "Erlang C", "closed form", f"{load:g} erlang, {servers} engines"
    yield by_interval(
        law, f"calls that wait: {size}", method, exact.erlang_c(load, servers),
        [float((wait > CLOCK_S).mean()) for wait in waits_s],
        "lost calls taken for waiting ones", exact.erlang_b(load, servers),
    )  # fmt: skip
    yield by_interval(
        law, f"mean wait in service times: {size}", method, exact.mean_wait(load, servers),
        [float(wait.mean()) / SERVICE_S for wait in waits_s],
        "load higher by a tenth", exact.mean_wait(1.1 * load, servers),
    )  # fmt: skip


def pairs_runs(replications: int = 20) -> list[Run]:
    """Return replications of four engines: fires take two of them, other calls one; what finds none is lost."""
    return simulate(
        f"demand.calls_per_year={(SINGLES + PAIRS) * YEAR_S}",
        f"demand.mix={{fire: {PAIRS / SINGLES}, social_assistance: 1}}",
        "forces.professional.classes.class1.vehicles.engine=4",
        f"fireground.on_scene.others.social_assistance.scale={SERVICE_S}",
        f"fireground.on_scene.fires.residential_fire.scale={PAIR_S}",
        f"replications={replications}",
    )


def pairs_chain(engines: int, pair_s: float = PAIR_S) -> dict[str, float]:
    """Return the exact chances and the mean busy engines of the same system as a Markov chain."""
    return exact.pairs_and_singles(engines, SINGLES, PAIRS, SERVICE_S, pair_s)


def share(runs: Sequence[Run], kind: str, units: int) -> list[float]:
    """Return the share of the calls of a kind that got so many engines, by replication."""
    chosen = [run.incidents[run.incidents["type"] == kind] for run in runs]
    return [float((incidents["units"] == units).mean()) for incidents in chosen]


def pairs() -> Iterator[Proof]:
    """Prove two-unit dispatches: a fire takes two engines, or the one that is left."""
    runs, right, wrong = pairs_runs(), pairs_chain(4), pairs_chain(5)
    loads = [sum(workload(run, f"Station 1 engine {number}") for number in range(1, 5)) for run in runs]
    law, method, mistake = "two-unit dispatches, 4 engines", "Markov chain", "an engine more"
    for quantity, key, values in (
        ("calls for one engine that get none", "lost", share(runs, "social_assistance", 0)),
        ("calls for two engines that get none", "lost", share(runs, "residential_fire", 0)),
        ("calls for two engines that get one", "half", share(runs, "residential_fire", 1)),
        ("mean engines busy", "busy", loads),
    ):
        yield by_interval(law, quantity, method, right[key], values, mistake, wrong[key])
