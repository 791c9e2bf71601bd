"""What is published, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.analysis import outcome
from sim.config.compose import compose
from sim.config.schema import Config
from sim.simulation import replication, result_tables
from sim.simulation.columns import Data
from sim.terms import BUILDING_FIRES, FIRE_TYPES

DWELLINGS = ("residential_fire", "highrise_fire")
ROOM_M2 = 20.0  # a larger fire has left the room of origin
SAME = 1.1  # final area over that at arrival, up to which they count as equal
LARGE_M2 = 1000.0


@dataclass(frozen=True)
class Year:
    """The tables of a replication of scenario 2023."""

    config: Config
    incidents: Data
    dispatches: Data

    def burnt(self, types: Sequence[str]) -> np.ndarray:
        """Return the burnt areas of fires of these types, m2."""
        return np.asarray(self.incidents["burnt_m2"][self.incidents["type"].isin(types)])

    def sent(self) -> np.ndarray:
        """Tell which dispatches the statistics of the fire service count."""
        own = self.dispatches["tier"].isin(["professional", "township"])
        return np.asarray(own & ~self.dispatches["reason"].isin(["mutual_aid"]))


@dataclass(frozen=True)
class Target:
    """A published number, its range, and how the model's is found."""

    symbol: str
    name: str
    unit: str
    value: float
    low: float
    high: float
    source: str
    of: Callable[[Year], float]
    fitted: bool = True


def _same(year: Year) -> float:
    building = year.incidents["type"].isin(BUILDING_FIRES)
    final, first = (year.incidents[name][building] for name in ("burnt_m2", "arrival_m2"))
    return float(np.mean(final <= SAME * first))


def _raw_loss(year: Year) -> float:
    fires, rules = year.incidents["type"].isin(FIRE_TYPES), year.config.outcome
    scaled = float(year.incidents["loss_cny"][fires].mean())
    return scaled * rules.baseline_loss_cny / rules.loss_mean_cny**2


def _alarms(year: Year) -> float:
    large = year.incidents["burnt_m2"] > LARGE_M2
    return float((year.incidents["alarm_level"][large] > 1).mean()) if large.any() else np.nan


TARGETS = (
    Target("A_dw", "mean area of dwelling fires", "m2", 15, 10, 25, "England 2020/21: 14.8",
           lambda year: float(year.burnt(DWELLINGS).mean())),
    Target("p_room", "dwelling fires beyond the room of origin (20 m2)", "-", 0.15, 0.10, 0.25, "Wales 2018/19: 13 %",
           lambda year: float((year.burnt(DWELLINGS) > ROOM_M2).mean())),
    Target("A_ob", "mean area of other building fires", "m2", 29, 20, 45, "England 2020/21: 28.7",
           lambda year: float(year.burnt(["premises_fire"]).mean())),
    Target("p_same", "final area equals area at arrival (within a tenth)", "-", 0.75, 0.65, 0.85,
           "Särdqvist and Holmstedt 2000", _same),
    Target("L_mean", "mean loss before scaling, over the published one", "x", 1, 0.5, 2, "N24, N25", _raw_loss),
    Target("veh_call", "fire vehicles a call", "vehicles", 1.92, 1.82, 2.02, "national, 2021 to 2025",
           lambda year: float(year.sent().sum() / len(year.incidents["incident"]))),
    Target("pers_call", "persons a call", "persons", 10.6, 9.6, 11.6, "national, 2021 to 2025",
           lambda year: float(year.dispatches["crew"][year.sent()].sum() / len(year.incidents["incident"]))),
    Target("alarms", "fires above 1,000 m2 that draw a further alarm", "-", 1, 0.95, 1, "docs/model.md", _alarms,
           fitted=False),
    Target("A_max", "largest fire", "m2", 2000, 500, 10000, "face validity", fitted=False,
           of=lambda year: float(np.nanmax(year.incidents["burnt_m2"]))),
)  # fmt: skip


def found(options: Sequence[str], replications: int) -> dict[str, float]:
    """Return what the model makes of each target in scenario 2023, the mean over replications; the largest of A_max."""
    config = compose(["scenario=2023", f"replications={replications}", *options])
    world = replication.build_world(config)
    values: dict[str, list[float]] = {target.symbol: [] for target in TARGETS}
    for number in range(replications):
        incidents, dispatches = result_tables.columns(world, replication.simulate(world, number))
        year = Year(config, outcome.add(incidents, config.outcome), dispatches)
        for target in TARGETS:
            values[target.symbol].append(target.of(year))
    means = {symbol: float(np.nanmean(each)) for symbol, each in values.items() if not np.isnan(each).all()}
    return means | {"A_max": max(values["A_max"])}


def misfit(values: dict[str, float]) -> float:
    """Return the sum over the fitted targets of the squared distance from the published value, in half-ranges."""
    total = 0.0
    for target in TARGETS:
        if target.fitted:
            off = values[target.symbol] - target.value
            half = target.high - target.value if off > 0 else target.value - target.low
            total += (off / half) ** 2
    return total
