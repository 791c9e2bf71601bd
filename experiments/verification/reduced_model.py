"""Run the model reduced by settings, and judge its results by a confidence interval over replications."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import chi2
from scipy.stats import t as student

from sim.calendar import DAY_S
from sim.config.city_file import CITY, tables_folder
from sim.config.compose import compose
from sim.config.schema import Config
from sim.simulation import replication, result_tables
from sim.world.projection import Projection

Counts = Sequence[float] | np.ndarray

LEVEL = 0.999  # of the intervals; with fixed seeds a verdict never changes by chance
WARM_S = 5 * DAY_S  # left out at the beginning: the system starts empty
SPEED_MS = 300 / 3.6  # of the reduced model
BRIEF = "fireground.on_scene.others.social_assistance={law: constant, scale: 1}"  # one second on scene


@dataclass(frozen=True)
class Run:
    """The two tables of a replication and its end; `since` and `until` are a unit's time away, seconds of the year."""

    incidents: pd.DataFrame
    dispatches: pd.DataFrame
    end_s: float


def configure(*arguments: str, experiment: str = "theory/queue") -> Config:
    """Return a configuration reduced by an experiment file and further arguments."""
    return compose([f"+experiment={experiment}", "workers=1", *arguments])


def simulate(*arguments: str, experiment: str = "theory/queue") -> list[Run]:
    """Return the replications of a configuration, the first days left out."""
    return replications(configure(*arguments, experiment=experiment))


def replications(config: Config) -> list[Run]:
    """Return the replications of a configuration, the first days left out."""
    world = replication.build_world(config)
    runs = []
    for number in range(config.replications_at_most):
        incidents, dispatches = result_tables.tables(world, replication.simulate(world, number))
        incidents = incidents.set_index("incident")
        call = dispatches["incident"].map(incidents["time_s"])
        dispatches["call_s"] = call
        dispatches["since"] = call + dispatches["dispatched_s"]
        dispatches["until"] = call + dispatches["ready_s"]
        warm = incidents["time_s"] >= WARM_S
        incidents["units"] = dispatches["incident"].value_counts().reindex(incidents.index).fillna(0)
        runs.append(Run(incidents[warm], dispatches, config.days * DAY_S))
    return runs


def interval(values: Iterable[float]) -> tuple[float, float]:
    """Return mean and half-width of the Student interval at LEVEL."""
    series = np.asarray(list(values), dtype=float)
    half = student.ppf((1 + LEVEL) / 2, len(series) - 1) * series.std(ddof=1) / math.sqrt(len(series))
    return float(series.mean()), float(half)


def agrees(values: Iterable[float], exact: float, *, widest: float, margin: float = 0.0) -> bool:
    """Tell whether the interval holds the exact value, give or take a relative `margin`.

    An interval wider than `widest` (relative) could hold anything: that is an error of the test.
    """
    mean, half = interval(values)
    print(f"simulated {mean:.6g} +- {half:.2g} (99.9 %), exact {exact:.6g}")  # pytest shows it with a failure
    assert half <= widest * abs(exact), f"the interval +-{half:.3g} is too wide to prove {exact:.6g}"
    return abs(mean - exact) <= half + margin * abs(exact)


def fits(observed: Counts, expected: Counts, *, fitted: int = 0) -> bool:
    """Tell whether counts agree with their expectations (chi-square at LEVEL); cells below 5 are pooled."""
    statistic, critical = chi_square(observed, expected, fitted=fitted)
    return statistic <= critical


def chi_square(observed: Counts, expected: Counts, *, fitted: int = 0) -> tuple[float, float]:
    """Return Pearson's statistic and the value that it exceeds by chance in one case of a thousand (LEVEL)."""
    seen, want = [0.0], [0.0]
    for count, mean in zip(observed, expected, strict=True):
        seen[-1] += count
        want[-1] += mean
        if want[-1] >= 5:
            seen.append(0.0)
            want.append(0.0)
    last_seen, last_want = seen.pop(), want.pop()
    seen[-1] += last_seen
    want[-1] += last_want
    assert len(want) > 2, "too few cells to judge by"
    statistic = sum((a - b) ** 2 / b for a, b in zip(seen, want, strict=True))
    return float(statistic), float(chi2.ppf(LEVEL, len(want) - 1 - fitted))


def workload(run: Run, unit: str) -> float:
    """Return the share of the time in which a unit was away, after the first days."""
    away = run.dispatches[run.dispatches["unit"] == unit]
    inside = away["until"].clip(upper=run.end_s) - away["since"].clip(lower=WARM_S)
    return float(inside.clip(lower=0).sum() / (run.end_s - WARM_S))


def busy(run: Run, moments: np.ndarray) -> np.ndarray:
    """Return how many units were away at each moment."""
    since, until = np.sort(run.dispatches["since"]), np.sort(run.dispatches["until"])
    return np.searchsorted(since, moments, side="right") - np.searchsorted(until, moments, side="right")


Point = tuple[float, float]


def region(
    folder: Path, cells: Sequence[Point], stations: Sequence[Point], weights: Sequence[float] | None = None
) -> list[str]:
    """Write a region's tables (metres about the origin) and return the arguments that choose it."""
    weights = [1000.0] * len(cells) if weights is None else weights
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(tables_folder("point") / CITY, folder / CITY)

    def write(file: str, points: Sequence[Point], /, **columns: object) -> None:
        x, y = np.array(points, dtype=float).T
        lon, lat = Projection(0.0, 0.0).degrees(x, y)
        places = pd.DataFrame({"lon": lon, "lat": lat}).map("{:.9f}".format)
        places.assign(**columns).to_csv(folder / f"{file}.csv", index=False)  # type: ignore[arg-type]

    write("counties", [(0.0, 0.0)], code=1, county="County", population_2020=1)
    township = {"code": 1, "name": "Township", "county": "County", "kind": "town", "population": 1}
    write("townships", [(0.0, 0.0)], **township, residents_committees=1, villages=1)
    write("cells", cells, township=1, setting="plain", urban=True, main_urban=True, population=weights)
    names = [f"S{number}" for number in range(len(stations))]
    write("stations", stations, brigade="Brigade", kind="class1", status="existing", name=names)
    return [f"region.folder={folder}", "region.checked=false"]


def unit_name(station: int) -> str:
    """Return the name of a station's engine."""
    return f"S{station} engine 1"


def preferences(
    cells: Sequence[Point], stations: Sequence[Point], share: Sequence[float], points: int = 200
) -> dict[tuple[int, ...], float]:
    """Return how the calls divide by order of stations, nearest first; points are uniform in each square cell."""
    edge = ((np.arange(points) + 0.5) / points - 0.5) * 1000.0
    share_of: dict[tuple[int, ...], float] = {}
    for (x, y), part in zip(cells, share, strict=True):
        here = np.stack(np.meshgrid(x + edge, y + edge), axis=-1).reshape(-1, 1, 2)
        distance = np.hypot(*np.moveaxis(here - np.array(stations), -1, 0))
        orders, count = np.unique(np.argsort(distance, axis=1), axis=0, return_counts=True)
        for order, number in zip(orders.tolist(), count.tolist(), strict=True):
            share_of[tuple(order)] = share_of.get(tuple(order), 0.0) + part * number / points**2
    return share_of
