"""Proofs of travel times, by integration, and of fire growth, in closed form."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.verification import exact, reduced_model
from experiments.verification.arrivals import ENGINES
from experiments.verification.proof import Proof, by_interval
from experiments.verification.reduced_model import BRIEF, Point, Run, simulate

CRUISE, TRUNK, ACCELERATION, LOCAL_M, DETOUR = 45 / 3.6, 60 / 3.6, 0.4, 3000.0, 1.4
LINE: list[Point] = [(500.0 + 1000.0 * number, 0.0) for number in range(12)]
TRAVEL = [
    "travel.local_m=3000", "travel.local_kmh.plain=45", "travel.trunk_kmh.plain=60",
    "travel.acceleration_ms2=0.4", "travel.detour.plain=1.4",
]  # fmt: skip


def seconds(distance: np.ndarray, acceleration: float = ACCELERATION) -> np.ndarray:
    """Kolesar, Walker and Hausner on the local part, trunk speed beyond; written out from the paper."""
    route = DETOUR * distance
    local = np.minimum(route, LOCAL_M)
    full = CRUISE**2 / acceleration  # speeding up and slowing down take this route
    drive = np.where(
        local < full, 2 * np.sqrt(local / acceleration), full / CRUISE * 2 + (local - full) / CRUISE
    )
    return np.asarray(drive + (route - local) / TRUNK)


def travel_expected(metric: str, acceleration: float = ACCELERATION) -> float:
    """Return the mean travel time over the line of cells, by integration."""

    def value(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        total = np.zeros_like(x)
        for east, north in LINE:
            dx, dy = x + east, y + north
            distance = np.hypot(dx, dy) if metric == "euclid" else np.abs(dx) + np.abs(dy)
            total = total + seconds(distance, acceleration)
        return total / len(LINE)

    return exact.over_square(1000.0, value)


def travel_seen(folder: Path, metric: str, noise: float) -> list[float]:
    """Return the mean travel time by replication."""
    runs = simulate(
        *reduced_model.region(folder, LINE, [(0.0, 0.0)]), *TRAVEL, f"travel.metric={metric}",
        f"travel.noise_sd_log={noise}", ENGINES, BRIEF, "demand.calls_per_year=3000", "replications=6",
    )  # fmt: skip
    return [float((run.dispatches["arrived_s"] - run.dispatches["dispatched_s"]).mean()) for run in runs]


def travel(metric: str, noise: float) -> Iterator[Proof]:
    """Prove the mean travel time to calls along a line of 12 km."""
    with tempfile.TemporaryDirectory() as folder:
        means = travel_seen(Path(folder), metric, noise)
    noise_label = f", trip noise {noise:g}" if noise else ""
    yield by_interval(
        f"travel law on a line, {metric.title()}{noise_label}", "mean travel time, s", "integration",
        travel_expected(metric), means, "no acceleration", travel_expected(metric, 1e9),
    )  # fmt: skip


# -- fires --------------------------------------------------------------------------------------------------------

ALPHA, PER_AREA = 0.01172, 250.0  # kW/s2 of medium growth, kW/m2
DISCOVERY_S = 120.0  # mean of the exponential discovery
FIXED_S = 60.0 + 120.0  # call, and access to water


def fire_runs() -> list[Run]:
    """Return replications of fires that grow with the square of time until the first water."""
    return simulate("replications=8", experiment="theory/fire")


def fire_area(discovery_s: float) -> float:
    """E[alpha T2 / q] of T = exponential + constant + a trip from the centre of a square kilometre."""
    trip = exact.over_square(1000.0, np.hypot) / reduced_model.SPEED_MS
    trip_2 = exact.over_square(1000.0, lambda x, y: x**2 + y**2) / reduced_model.SPEED_MS**2
    first, second = FIXED_S + trip, FIXED_S**2 + 2 * FIXED_S * trip + trip_2
    return ALPHA / PER_AREA * (2 * discovery_s**2 + 2 * discovery_s * first + second)


def fire() -> Iterator[Proof]:
    """Prove the mean area of fires that grow with the square of time until the first water."""
    means = [float(run.incidents["burnt_m2"].mean()) for run in fire_runs()]
    yield by_interval(
        "fire growth t2", "mean burnt area, m2", "closed form", fire_area(DISCOVERY_S), means,
        "discovery later by a tenth", fire_area(1.1 * DISCOVERY_S),
    )  # fmt: skip
