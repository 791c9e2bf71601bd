"""What is published or believed of a year before the plan, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.analysis import indicators
from sim.analysis.indicators.registry import mean, share
from sim.config.schema import Config
from sim.simulation.columns import Data
from sim.simulation.replication import World
from sim.terms import BUILDING_FIRES, FIRE_TYPES

DWELLINGS = ("residential_fire", "highrise_fire")
ROOM_M2 = 20.0  # a larger fire has left the room of origin
SAME = 1.1  # final area over that at arrival, up to which they count as equal
LARGE_M2 = 1000.0
Known = dict[tuple[str, str, str], float]  # kpi, by, group: value


@dataclass(frozen=True)
class Year:
    """The tables of a replication of scenario 2023."""

    world: World
    incidents: Data
    dispatches: Data

    @property
    def config(self) -> Config:
        """The configuration."""
        return self.world.config

    @cached_property
    def known(self) -> Known:
        """The indicators by kpi, by and group."""
        facts = indicators.Facts.of(self.config, self.world.region, self.world.forces)
        table = indicators.measure(self.incidents, self.dispatches, facts)
        # As lists: going through columns of text one by one took a tenth of a draw.
        kpi, by, group, value = (table[name].tolist() for name in ("kpi", "by", "group", "value"))
        return dict(zip(zip(kpi, by, group, strict=True), value, strict=True))

    def burnt(self, types: Sequence[str]) -> np.ndarray:
        """Return the burnt areas of fires of these types, m2."""
        return np.asarray(self.incidents["burnt_m2"][self.incidents["type"].isin(types)])


@dataclass(frozen=True)
class Target:
    """A published number, its range, and how the model's is found. `zh` is its name in Chinese."""

    symbol: str
    name: str
    zh: str
    unit: str
    value: float
    low: float
    high: float
    source: str
    of: Callable[[Year], float]
    fitted: bool = True

    def off(self, value: float | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the distance from the published number, and the half-range on that side."""
        distance = np.asarray(value, dtype=float) - self.value
        return distance, np.where(distance > 0, self.high - self.value, self.value - self.low)


def _same(year: Year) -> float:
    building = year.incidents["type"].isin(BUILDING_FIRES)
    final, first = (year.incidents[name][building] for name in ("burnt_m2", "arrival_m2"))
    return share(final <= SAME * first)


def _raw_loss(year: Year) -> float:
    fires, rules = year.incidents["type"].isin(FIRE_TYPES), year.config.outcome
    scaled = mean(year.incidents["loss_cny"][fires])
    return scaled * rules.baseline_loss_cny / rules.loss_mean_cny**2


def _alarms(year: Year) -> float:
    large = year.incidents["burnt_m2"] > LARGE_M2
    return share(year.incidents["alarm_level"][large] > 1)


def _indicator(kpi: str, by: str = "all", group: str = "all") -> Callable[[Year], float]:
    return lambda year: float(year.known[kpi, by, group])


TARGETS = (  # of the calibration
    Target("A_dw", "mean area of dwelling fires", "住宅火灾平均过火面积", "m2", 15, 10, 25, "England 2020/21: 14.8",
           lambda year: mean(year.burnt(DWELLINGS))),
    Target("p_room", "dwelling fires beyond the room of origin (20 m2)", "蔓延出房间的住宅火灾", "-", 0.15, 0.1, 0.25,
           "Wales 2018/19: 13 %", lambda year: share(year.burnt(DWELLINGS) > ROOM_M2)),
    Target("A_ob", "mean area of other building fires", "其他建筑火灾平均过火面积", "m2", 29, 20, 45,
           "England 2020/21: 28.7", lambda year: mean(year.burnt(["premises_fire"]))),
    Target("p_same", "final area equals area at arrival (within a tenth)", "到场后不再扩大的火灾", "-", 0.75, 0.65, 0.85,
           "Särdqvist and Holmstedt 2000", _same),
    Target("L_mean", "mean loss before scaling, over the published one", "平均损失与公布值之比", "x", 1, 0.5, 2,
           "N24, N25", _raw_loss),
    Target("veh_call", "fire vehicles a call", "每次警情出动车辆", "vehicles", 1.92, 1.82, 2.02, "national, 2021 to 2025",
           _indicator("vehicles_per_call")),
    Target("pers_call", "persons a call", "每次警情出动人数", "persons", 10.6, 9.6, 11.6, "national, 2021 to 2025",
           _indicator("persons_per_call")),
    Target("alarms", "fires above 1,000 m2 that draw a further alarm", "大火升级率", "-", 1, 0.95, 1,
           "docs/model.md", _alarms, fitted=False),
    Target("A_max", "largest fire", "最大过火面积", "m2", 2000, 500, 10000, "face validity", fitted=False,
           of=lambda year: float(np.nanmax(year.burnt(FIRE_TYPES)))),
)  # fmt: skip
FACE = (  # of the face validity of docs/model.md: the middle of the band, and its ends
    Target("T_prof", "call to professional arrival, all calls, mean", "国家消防队平均到场时间", "min", 19, 14, 24,
           "England 9:13; geography", _indicator("first_professional_mean"), fitted=False),
    Target("T_cap", "call to first capable arrival at fires, mean", "火灾首个有效力量平均到场时间", "min", 12.5, 10, 15,
           "geography", _indicator("first_capable_mean", "category", "fire"), fitted=False),
    Target("rural", "fires that are rural", "农村火灾占比", "-", 0.67, 0.63, 0.71, "rates by residence (N24)",
           _indicator("fires_rural"), fitted=False),
)  # fmt: skip
# What is known apart from the model: a single fire and the model's own rule say nothing about a draw.
ANCHORS = (*(target for target in TARGETS if target.fitted), *FACE)
