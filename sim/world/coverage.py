"""Static coverage of the main urban area by any set of station sites, under three definitions.

The policy promises shares of coverage without a definition. *Nominal*: the standard jurisdictions of the stations
in the main urban area over its area (建标152-2017). *Reach*: the share of its 1-km cells whose centre is within
the expected travel time of a station, inside the area or not. *Demand*: the same, each cell weighted by its calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.groups.coverage import CoverageConfig
from sim.world.region import CELL_M, Region, Site
from sim.world.travel.model import Destinations, Places, TravelModel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
CELL_KM2 = (CELL_M / 1000) ** 2


@dataclass(frozen=True)
class Shares:
    """Coverage of the main urban area by the three definitions, shares of 1."""

    nominal: float
    reach: float
    demand: float


def main_urban(region: Region) -> Indices:
    """Return the cells of the main urban area."""
    return np.flatnonzero(region.cells.main_urban)


def travel_s(region: Region, travel: TravelModel, x: Floats, y: Floats, cells: Indices) -> Floats:
    """Return expected seconds from points to cell centres at speed factor 1, turnout apart, (points, cells)."""
    return travel.trips(np.column_stack([x, y])[:, None], _centres(region, cells)).drive_s


def _centres(region: Region, cells: Indices) -> Destinations:
    return Destinations(np.column_stack([region.cells.x, region.cells.y])[cells], cells)


def reached(
    region: Region, travel: TravelModel, rules: CoverageConfig, sites: Sequence[Site]
) -> NDArray[np.bool_]:
    """Return for each cell of the main urban area whether a site covers it by travel time."""
    cells = main_urban(region)
    reaching = [site for site in sites if site.station_class in rules.reach_classes]
    if not reaching:
        return np.zeros(len(cells), dtype=np.bool_)
    # The nearest alone, without a table of sites x cells, which a country has no room for.
    positions, centres = np.array([(site.x, site.y) for site in reaching]), _centres(region, cells)
    nearest, _ = travel.nearest(Places(positions), centres, 1)
    return travel.trips(positions[nearest[:, 0]], centres).drive_s <= rules.travel_s


def in_main_urban(region: Region, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Return for each point whether the nearest cell belongs to the main urban area."""
    centres = np.column_stack([region.cells.x, region.cells.y])
    _, cell = cKDTree(centres).query(np.column_stack([x, y]))
    return np.asarray(region.cells.main_urban[cell])


def jurisdiction_km2(region: Region, rules: CoverageConfig, sites: Sequence[Site]) -> float:
    """Return the total standard jurisdiction of the sites in the main urban area, km2."""
    if not sites:
        return 0.0
    x, y = np.array([(site.x, site.y) for site in sites], dtype=np.float64).T
    areas_km2 = [rules.area_km2[site.station_class] for site in sites]
    return float(sum(np.array(areas_km2)[in_main_urban(region, x, y)]))


def shares(
    region: Region, travel: TravelModel, rules: CoverageConfig, sites: Sequence[Site], weight: Floats
) -> Shares:
    """Return the coverage by `sites`; `weight` is the demand of every cell of the region, (cells,).

    Nominal coverage is capped at 1. The result is NaN without a main urban area, or without calls in it.
    """
    cells = main_urban(region)
    if not len(cells):
        return Shares(np.nan, np.nan, np.nan)
    covered = reached(region, travel, rules, sites)
    total = float(weight[cells].sum())
    return Shares(
        nominal=min(1.0, jurisdiction_km2(region, rules, sites) / (len(cells) * CELL_KM2)),
        reach=float(covered.mean()),
        demand=float(weight[cells][covered].sum()) / total if total > 0 else np.nan,
    )
