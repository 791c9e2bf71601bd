"""Run the draws: first the year before the plan for all, then the claims' worlds for those that are not ruled out.

A draw has replications of its own, and all its worlds are run on the workloads of these. What was measured is kept in
the study's folder, so a repeated command continues where it stopped, whatever the number of workers.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from sim.analysis.anchors import ANCHORS, Year
from sim.config.compose import compose
from sim.config.schema import Config
from sim.errors import SimError
from sim.files import write_text
from sim.reports import terminal
from sim.runs import replications
from sim.runs.processes import in_order
from sim.simulation import replication
from sim.storage import provenance
from sim.storage.seal import sealed_lines, unsealed_lines
from sim.studies.attribution import groups as attribution
from sim.studies.sensitivity.command import LAUNCHER
from sim.studies.sensitivity.parameters import Parameter
from sim.studies.sensitivity.stages import fingerprint
from sim.studies.uncertainty.claims import ALL, PLUS, Key, Point
from sim.studies.uncertainty.draws import Floats
from sim.world import regions
from sim.world.region import Region

MEASURED, PARTS = "measured.csv", "parts"  # a file; a folder with one of each job
BATCH = 32  # draws after which what was measured is kept
BEFORE = 2023  # whose published numbers rule draws out
FIRST = ["draw", "point", "replication"]


@dataclass(frozen=True)
class Ensemble:
    """What is run. `common` are options of every run; `drawn` are the values of the parameters, (draws, parameters)."""

    parameters: tuple[Parameter, ...]
    drawn: Floats
    keys: tuple[Key, ...]
    common: tuple[str, ...]
    replications: int
    out: Path

    def config(self, draw: int, year: int) -> Config:
        """Return the configuration of a draw in a year."""
        moved = zip(self.parameters, map(float, self.drawn[draw]), strict=True)
        return compose([f"scenario={year}", *self.common, *(w for p, at in moved for w in p.arguments(at))])

    @property
    def shipped(self) -> Config:
        """The year before the plan as shipped, a replication a draw."""
        return replace(_shipped(self.common, BEFORE), replications=len(self.drawn))

    @property
    def columns(self) -> list[str]:
        """The names of what is measured: the anchors, then the indicators."""
        return [anchor.symbol for anchor in ANCHORS] + ["/".join(key) for key in self.keys]


def known(config: Config) -> dict[Key, str]:
    """Return the indicators that a run has, with their units."""
    world = replication.build_world(replace(config, days=1, keep="kpis", figures="none"))
    table = replications.one(world, 0).indicators
    return dict(zip(zip(table["kpi"], table["by"], table["group"], strict=True), table["unit"], strict=True))


_ready: list[tuple[Ensemble, Region, tuple[Point, ...], tuple[int, ...]]] = []  # of a worker process


def start(ensemble: Ensemble, points: tuple[Point, ...], draws: tuple[int, ...]) -> None:
    """Make a process ready: the region that all draws share."""
    _ready[:] = [(ensemble, regions.load(ensemble.shipped.region), points, draws)]


def work(place: int) -> Floats:
    """Return what a draw makes of the points, (points, replications, columns); NaN if it cannot be run."""
    ensemble, region, points, draws = _ready[0]
    draw = draws[place]
    try:
        variants = configs(ensemble, draw, points)
        numbers = range(draw * ensemble.replications, (draw + 1) * ensemble.replications)
        runs = [
            attribution.coalition_values(variants, region, number, None, _of(ensemble)) for number in numbers
        ]
    except Exception as error:  # one draw that fails must not cost the others
        sys.stderr.write(f"draw {draw} is left out: {type(error).__name__}: {error}\n")
        return np.full((len(points), ensemble.replications, len(ensemble.columns)), np.nan)
    return np.swapaxes(np.array(runs), 0, 1)


def _of(ensemble: Ensemble) -> attribution.Of:
    def measured(year: Year) -> Floats:
        found = [year.known.get(key, np.nan) for key in ensemble.keys]
        return np.array([*(anchor.of(year) for anchor in ANCHORS), *found], dtype=float)

    return measured


def configs(ensemble: Ensemble, draw: int, points: Sequence[Point]) -> list[Config]:
    """Return the configuration of a draw in each world."""
    by_year: dict[int, Config] = {}
    for year in dict.fromkeys(point.year for point in points):
        first = next(iter(by_year.items()), None)
        if first and _alike(ensemble, first[0], year):
            by_year[year] = replace(first[1], scenario=_shipped(ensemble.common, year).scenario)
        else:
            by_year[year] = ensemble.config(draw, year)
    return [_with(by_year[point.year], point) for point in points]


def _alike(ensemble: Ensemble, year: int, other: int) -> bool:
    """Whether two years differ in nothing but the scenario: then a draw is composed once."""
    one, two = (_shipped(ensemble.common, which) for which in (year, other))
    return replace(one, scenario=two.scenario) == two


@cache
def _shipped(common: tuple[str, ...], year: int) -> Config:
    return compose([f"scenario={year}", *common])


def _with(config: Config, point: Point) -> Config:
    groups = attribution.groups_of(config.plan)
    off = {
        ALL: [],
        "last": [point.group],
        "alone": [name for name in groups if name not in point.group.split(PLUS)],
    }[point.way]
    plan = attribution.without(config.plan, [key for name in off for key in groups[name]])
    return replace(config, plan=plan)


class Measured:
    """What was measured of each draw, kept in the study's folder."""

    def __init__(self, ensemble: Ensemble) -> None:
        self.ensemble = ensemble
        self.file = ensemble.out / MEASURED
        self.code = fingerprint(ensemble.shipped)
        self.known: dict[tuple[str, str], Floats] = {}  # draw and point: (replications, columns)
        parts = sorted((ensemble.out / PARTS).glob(f"*/{MEASURED}"))
        for file in (*parts, *([self.file] if self.file.exists() else [])):
            self._read(file)
        if parts:
            self._write()

    def name(self, draw: int) -> str:
        """Return the name of a draw: a digest of everything that its numbers depend on."""
        e = self.ensemble
        values = list(map(float, e.drawn[draw]))
        common = [item for item in e.common if not LAUNCHER.match(item)]
        symbols = [parameter.symbol for parameter in e.parameters]
        return provenance.digest([self.code, common, symbols, values, draw, e.replications])

    def __call__(self, points: Sequence[Point], draws: Iterable[int], title: str) -> Floats:
        """Return what the draws make of the points, (draws, points, replications, columns), running what is missing."""
        names = {draw: self.name(draw) for draw in map(int, draws)}
        missing = tuple(
            d for d in names if any((names[d], point.label) not in self.known for point in points)
        )
        terminal.say(f"{title}: {len(names)} draws in {len(points)} worlds, {len(missing)} draws to run")
        arguments = (self.ensemble, tuple(points), missing)
        workers = replications.workers(self.ensemble.shipped)
        with terminal.progress(title, len(missing)) as done:
            results = in_order(work, range(len(missing)), workers, start, arguments)
            for number, (draw, found) in enumerate(zip(missing, results, strict=True), 1):
                for point, rows in zip(points, found, strict=True):
                    self.known[names[draw], point.label] = rows
                done(number)
                if number % BATCH == 0 or number == len(missing):
                    self._write()
                    terminal.say(f"{title}: {number} of {len(missing)} draws")
        return np.array([[self.known[names[d], point.label] for point in points] for d in names])

    def _write(self) -> None:
        rows = [
            (name, point, number, *row)
            for (name, point), found in sorted(self.known.items())
            for number, row in enumerate(found.tolist())
        ]
        table = pd.DataFrame(rows, columns=[*FIRST, *self.ensemble.columns])
        write_text(self.file, sealed_lines(table.to_csv(index=False, lineterminator="\n")))

    def _read(self, file: Path) -> None:
        again = "remove it to begin anew"
        try:
            lines = csv.reader(unsealed_lines(file, again).splitlines())
            if next(lines) != [*FIRST, *self.ensemble.columns]:
                return  # of claims about other indicators: measured anew
            for (name, point), rows in groupby(lines, key=lambda row: (row[0], row[1])):
                self.known[name, point] = np.array([[float(x or "nan") for x in row[3:]] for row in rows])
        except (OSError, ValueError, IndexError, StopIteration) as problem:
            raise SimError(f"{file} cannot be read ({problem}); {again}.") from None
