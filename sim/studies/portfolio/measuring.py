"""Run portfolios in the event model: common random numbers, kept in the study's folder, the same for any workers.

A replication draws its incidents once for all portfolios of a draw of what is not known. A repeated command continues
where it stopped.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.anchors import Year
from sim.analysis.indicators.times import CUT_MIN
from sim.config.compose import compose, written
from sim.config.schema import Config
from sim.errors import SimError
from sim.files import write_text
from sim.reports import terminal
from sim.runs import replications
from sim.runs.processes import in_order
from sim.simulation import replication
from sim.simulation.replication import World
from sim.storage import provenance
from sim.storage.seal import sealed_lines, unsealed_lines
from sim.studies.attribution import groups as attribution
from sim.studies.portfolio.search import Floats
from sim.studies.sensitivity.command import LAUNCHER
from sim.studies.sensitivity.stages import fingerprint
from sim.terms import LIFE_RISK
from sim.world import regions
from sim.world.region import Region

MEASURED = "measured.csv"
CHUNK = 8  # portfolios of a task: they share the incidents of a replication
BATCH = 8  # tasks after which what was measured is kept
EQUITY = (
    "worst_tenth"  # first capable arrival at life-risk calls in the townships that were last before the plan
)
Key = tuple[str, str, str]
NOMINAL = -1


@dataclass(frozen=True)
class Study:
    """What every point has in common: options of every run, what is measured, and the draws of what is not known."""

    common: tuple[str, ...]
    keys: tuple[Key, ...]
    worst: tuple[str, ...]  # townships
    draws: Mapping[int, tuple[str, ...]] = field(default_factory=dict)  # options of each

    def config(self, point: Point) -> Config:
        """Return the configuration of a point."""
        return compose([*self.common, *written(dict(point.scenario)), *self.draws.get(point.draw, ())])


@dataclass(frozen=True)
class Point:
    """A portfolio's scenario under a draw of what is not known."""

    scenario: tuple[tuple[str, Any], ...]
    draw: int = NOMINAL

    @classmethod
    def of(cls, scenario: Mapping[str, Any], draw: int = NOMINAL) -> Point:
        """Return the point of a scenario's keys."""
        return cls(tuple((key, tuple(v) if isinstance(v, list) else v) for key, v in scenario.items()), draw)


_ready: list[tuple[Study, Region, list[tuple[int, list[Point]]]]] = []  # of a worker process


def start(study: Study, tasks: list[tuple[int, list[Point]]]) -> None:
    """Make a process ready: the region that all points share but for their places."""
    bare = replace(compose(study.common).region, added=())
    _ready[:] = [(study, regions.load(bare), tasks)]
    _world.cache_clear()


def work(place: int) -> Floats:
    """Return what a replication makes of some points of one draw, (points, keys)."""
    study, _, tasks = _ready[0]
    number, points = tasks[place]
    worlds = [_world(point) for point in points]
    shared = replication.workload_of(worlds[0], number)
    return np.array([measured(attribution.simulated(world, number, shared), study) for world in worlds])


@lru_cache(2 * CHUNK)
def _world(point: Point) -> World:
    """Return the world of a point: the next replication of the same points asks for it again."""
    study, land, _ = _ready[0]
    config = study.config(point)
    return replication.build_world(config, regions.with_places(land, config.region.added))


def measured(year: Year, study: Study) -> list[float]:
    """Return the indicators of a replication."""
    known = dict(year.known)
    there = year.incidents["type"].isin(LIFE_RISK) & year.incidents["township"].isin(study.worst)
    minutes = np.fmin(year.incidents["first_capable_s"][there] / 60, CUT_MIN)
    known[EQUITY, "all", "all"] = float(minutes.mean()) if len(minutes) else np.nan
    return [known.get(key, np.nan) for key in study.keys]


class Measured:
    """What was measured, kept in a folder."""

    def __init__(self, study: Study, out: Path) -> None:
        self.study, self.file = study, out / MEASURED
        shipped = compose(study.common)
        self.workers = replace(shipped, replications=1000)
        common = [item for item in study.common if not LAUNCHER.match(item)]
        self.base = [fingerprint(shipped), common, study.keys, study.worst]
        self.known: dict[tuple[str, int], list[float]] = {}  # by name of a point and replication
        self.ran = 0
        if self.file.exists():
            self._read()

    def name(self, point: Point) -> str:
        """Return a digest of everything that a point's numbers depend on."""
        return provenance.digest([self.base, point.scenario, self.study.draws.get(point.draw, ())])

    def __call__(self, points: Sequence[Point], numbers: Iterable[int], title: str) -> Floats:
        """Return what the points give, (points, replications, keys), running what is missing."""
        numbers = list(numbers)
        names = {point: self.name(point) for point in points}
        tasks = []
        for draw in dict.fromkeys(point.draw for point in names):
            of_draw = [p for p in names if p.draw == draw]
            for some in (of_draw[at : at + CHUNK] for at in range(0, len(of_draw), CHUNK)):
                lacking = ((n, [p for p in some if (names[p], n) not in self.known]) for n in numbers)
                tasks += [task for task in lacking if task[1]]
        workers = min(replications.workers(self.workers), max(len(tasks), 1))
        with terminal.progress(title, len(tasks)) as done:
            results = (
                in_order(work, range(len(tasks)), workers, start, (self.study, tasks)) if tasks else iter(())
            )
            for place, ((number, some), rows) in enumerate(zip(tasks, results, strict=True), 1):
                for point, row in zip(some, rows.tolist(), strict=True):
                    self.known[names[point], number] = row
                    self.ran += 1
                done(place)
                if place % BATCH == 0 or place == len(tasks):
                    self._write()
        return np.array([[self.known[names[point], number] for number in numbers] for point in points])

    def _write(self) -> None:
        rows = [(name, number, *row) for (name, number), row in sorted(self.known.items())]
        columns = ["point", "replication", *map("/".join, self.study.keys)]
        text = pd.DataFrame(rows, columns=columns).to_csv(index=False, lineterminator="\n")
        write_text(self.file, sealed_lines(text))

    def _read(self) -> None:
        again = "remove it to begin anew"
        try:
            lines = csv.reader(unsealed_lines(self.file, again).splitlines())
            if next(lines)[2:] == list(map("/".join, self.study.keys)):
                self.known = {(r[0], int(r[1])): [float(x or "nan") for x in r[2:]] for r in lines}
        except (OSError, ValueError, IndexError, StopIteration) as problem:
            raise SimError(f"{self.file} cannot be read ({problem}); {again}.") from None
