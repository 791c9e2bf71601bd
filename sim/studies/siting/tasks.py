"""Location problems on the region's cells: the possible sites, the cells each covers, and the weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.coverage import CoverageConfig
from sim.errors import SimError
from sim.studies.siting import covering
from sim.world.coverage import CELL_KM2, main_urban, reached, travel_s
from sim.world.region import Region, Site
from sim.world.travel.model import TravelModel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Truths = NDArray[np.bool_]
SHORT = {"nominal": "标称", "reach": "可达", "demand": "需求"}
BLOCK = 256  # candidates worked out at once: bounds the memory of a table of candidates × cells


@dataclass(frozen=True)
class Task:
    """Candidates and the places they could cover; `before` says which are covered as it is."""

    x: Floats  # (candidates,)
    y: Floats
    cells: Indices  # (places,)
    reach: Truths  # (candidates, places)
    weight: Floats  # (places,)
    before: Truths  # (places,)

    @property
    def share_before(self) -> float:
        """Return the share of the weight covered as it is."""
        return float(self.weight[self.before].sum() / self.weight.sum())

    def greatest(self, sites: int, limit_s: float) -> covering.Siting:
        """Return so many sites that cover most."""
        return covering.greatest(self.reach, self.weight, sites, before=self.before, limit_s=limit_s)

    def fewest(self, target: float, limit_s: float) -> covering.Siting:
        """Return the fewest sites that cover a share of the weight."""
        return covering.fewest(self.reach, self.weight, target, before=self.before, limit_s=limit_s)


def for_stations(
    region: Region,
    travel: TravelModel,
    rules: CoverageConfig,
    sites: Sequence[Site],
    demand: Floats,
    definition: str,
) -> Task:
    """Return the task of covering the main urban area from its own cells, by travel time.

    Places weigh by area, or by `demand` (cells,) for that definition.
    """
    cells = main_urban(region)
    if not len(cells):
        raise SimError(f"{region.name} has no main urban area: no cell of cells.csv has main_urban True.")
    x, y = region.cells.x[cells], region.cells.y[cells]
    reach = travel_s(region, travel, x, y, cells) <= rules.travel_s
    weight = demand[cells] if definition == "demand" else np.full(len(cells), CELL_KM2)
    return Task(x, y, cells, reach, weight, reached(region, travel, rules, sites))


def by_radius(region: Region, radius_m: float, standing: Floats, candidates: Floats, weight: Floats) -> Task:
    """Return the task of covering all cells from points (x, y) by straight flight within a radius."""
    x, y = region.cells.x, region.cells.y

    def near(points: Floats) -> Truths:
        return np.asarray(np.hypot(x - points[:, :1], y - points[:, 1:]) <= radius_m)

    return _task(region, near, standing, candidates, weight)


def by_road(
    region: Region, travel: TravelModel, within_s: float, standing: Floats, candidates: Floats, weight: Floats
) -> Task:
    """Return the task of covering all cells from points (x, y) within an expected travel time."""
    cells = np.arange(len(region.cells.x))

    def near(points: Floats) -> Truths:
        return np.asarray(travel_s(region, travel, points[:, 0], points[:, 1], cells) <= within_s)

    return _task(region, near, standing, candidates, weight)


def stations_needed(missing_km2: float, rules: CoverageConfig, station_class: str) -> tuple[str, ...]:
    """Return the classes of the fewest stations of a class whose jurisdictions add up to the missing area.

    The last one is of the smallest class that is enough.
    """
    area = rules.area_km2[station_class]
    if area <= 0:
        raise SimError(
            f"kind is {station_class}: coverage.area_km2 gives this class no jurisdiction to count."
        )
    number = math.ceil(missing_km2 / area - covering.SLACK)
    if number <= 0:
        return ()
    rest = missing_km2 - (number - 1) * area - covering.SLACK
    _, last = min((km2, name) for name, km2 in rules.area_km2.items() if km2 >= rest and km2 > 0)
    last = station_class if rules.area_km2[last] == area else last
    return (*[station_class] * (number - 1), last)


def as_sites(
    region: Region,
    task: Task,
    chosen: Sequence[int],
    classes: Sequence[str],
    definition: str,
    year: int,
    first: int,
) -> tuple[Site, ...]:
    """Return chosen candidates as planned sites of the model's own, numbered from `first`.

    A site belongs to the brigade of the nearest standing station.
    """
    standing = [site for site in region.sites if not site.planned]
    sites = []
    for number, (candidate, station_class) in enumerate(zip(chosen, classes, strict=True), first):
        x, y = float(task.x[candidate]), float(task.y[candidate])
        brigade = min(standing, key=lambda site: (site.x - x) ** 2 + (site.y - y) ** 2).brigade
        name = f"拟建{number}（{SHORT[definition]}）"
        sites.append(Site(name, brigade, station_class, True, x, y, definition, year))  # noqa: FBT003 -- planned
    return tuple(sites)


def _task(
    region: Region, near: Callable[[Floats], Truths], standing: Floats, candidates: Floats, weight: Floats
) -> Task:
    cells = np.arange(len(region.cells.x))
    before = np.zeros(len(cells), dtype=np.bool_)
    for start in range(0, len(standing), BLOCK):
        before |= near(standing[start : start + BLOCK]).any(axis=0)
    blocks = [near(candidates[start : start + BLOCK]) for start in range(0, len(candidates), BLOCK)]
    reach = np.concatenate([np.zeros((0, len(cells)), dtype=np.bool_), *blocks])
    return Task(candidates[:, 0], candidates[:, 1], cells, reach, weight, before)
