"""Coverage of the main urban area as indicators: static coverage by three definitions, and operational coverage.

Static coverage counts every open station and takes the travel time at speed factor 1. Operational coverage is the
share of incidents in the area with a free, capable professional unit within the same expected travel time, at the
speed of that hour and weather (`coverage_operational`). Places are thus weighted by their number of incidents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis.statistics import student
from sim.config.groups.demand import DemandConfig
from sim.demand.arrivals import place_weights, type_shares
from sim.terms import COVERAGES, FIRE_TYPES, TYPES
from sim.world import coverage
from sim.world.region import Region, Site

if TYPE_CHECKING:
    import pandas as pd

    from sim.simulation.replication import World

MAIN_URBAN = "main_urban"  # the group of by=area


def demand_weight(demand: DemandConfig, region: Region, incidents: str) -> NDArray[np.float64]:
    """Return the expected share of each cell in the region's calls or fires, (cells,)."""
    chosen = [TYPES.index(kind) for kind in (FIRE_TYPES if incidents == "fires" else TYPES)]
    weight = (type_shares(demand)[chosen, None] * place_weights(demand, region)[chosen]).sum(axis=0)
    total = float(weight.sum())
    return np.asarray(weight / total if total > 0 else weight)


def open_sites(world: World) -> list[Site]:
    """Return the sites of the professional stations that are open in a world."""
    names = {world.forces.stations[index].name for index in world.forces.by_tier["professional"].tolist()}
    return [site for site in world.region.sites if site.name in names]


def static(world: World) -> coverage.Shares:
    """Return the static coverage of the main urban area in a world."""
    rules = world.config.coverage
    weight = demand_weight(world.config.demand, world.region, rules.demand)
    return coverage.shares(world.region, world.travel, rules, open_sites(world), weight)


def static_rows(world: World, replications: int) -> pd.DataFrame:
    """Return the static coverage as rows of the indicators.

    It is certain and has no interval, unless the plan's delivery is drawn in every replication.
    """
    import pandas as pd

    from sim.simulation.replication import delivered

    columns = ["kpi", "by", "group", "unit", "mean", "low", "high", "replications"]
    found: list[coverage.Shares] = []
    for number in range(replications):  # one world at a time: a drawn delivery makes one for each
        own = delivered(world, number)
        if own is not world or not found:
            found.append(static(own))
    rows = []
    for name in COVERAGES:
        interval = student([getattr(shares, name) for shares in found])
        if np.isfinite(interval.estimate):
            bounds = (float(interval.estimate), float(interval.low), float(interval.high))
            rows.append((f"coverage_{name}", "area", MAIN_URBAN, "share", *bounds, replications))
    return pd.DataFrame(rows, columns=columns)
