"""How far scenario 2023 is from what is published."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.analysis import outcome
from sim.analysis.anchors import TARGETS, Year
from sim.config.compose import compose
from sim.simulation import replication, result_tables


def found(options: Sequence[str], replications: int) -> dict[str, float]:
    """Return what the model makes of each target in scenario 2023, the mean over replications; the largest of A_max."""
    config = compose(["scenario=2023", f"replications={replications}", *options])
    world = replication.build_world(config)
    values: dict[str, list[float]] = {target.symbol: [] for target in TARGETS}
    for number in range(replications):
        incidents, dispatches = result_tables.columns(world, replication.simulate(world, number))
        year = Year(world, outcome.add(incidents, config.outcome), dispatches)
        for target in TARGETS:
            values[target.symbol].append(target.of(year))
    means = {symbol: float(np.nanmean(each)) for symbol, each in values.items() if not np.isnan(each).all()}
    return means | {"A_max": max(values["A_max"])}


def misfit(values: dict[str, float]) -> float:
    """Return the sum over the fitted targets of the squared distance from the published value, in half-ranges."""
    offs = (target.off(values[target.symbol]) for target in TARGETS if target.fitted)
    return sum(float(distance / half) ** 2 for distance, half in offs)
