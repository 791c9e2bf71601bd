"""Face validity: the table of the model description (docs/model.md, section 4) for scenarios 2023 and 2025."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from experiments.validation.check import Check
from sim.analysis import outcome
from sim.analysis.accumulator import summarise
from sim.config.compose import compose
from sim.config.schema import Config
from sim.runs import replications as replicate
from sim.simulation import replication
from sim.simulation.replication import World
from sim.terms import BUILDING_FIRES, FIRE_TYPES
from sim.world import coverage, regions
from sim.world.travel import models

COLUMNS = [
    "replication", "type", "setting", "time_s", "ignition_s", "first_arrival_s", "first_arrival_tier", "first_capable_s",
    "first_capable_tier", "first_professional_s", "drone_s", "deaths_a", "cell", "incident", "dispatched_s", "township", "control_s",
    "severity", "burnt_m2", "arrival_m2", "alarm_level",
]  # fmt: skip
DISPATCH_COLUMNS = ["replication", "tier", "dispatched_s", "turned_out_s", "arrived_s", "incident"]


@dataclass(frozen=True)
class Run:
    """A scenario's indicators and the columns of its incidents that the checks look at."""

    config: Config
    world: World
    kpis: pd.DataFrame
    incidents: pd.DataFrame
    dispatches: pd.DataFrame

    def interval(self, name: str, by: str = "all", group: str = "all") -> tuple[float, float, float]:
        """Return mean, low and high of an indicator."""
        table = self.kpis
        row = table[(table["kpi"] == name) & (table["by"] == by) & (table["group"] == group)].iloc[0]
        return float(row["mean"]), float(row["low"]), float(row["high"])

    def fires(self) -> pd.DataFrame:
        """Return the incidents that burn."""
        return self.incidents[self.incidents["type"].isin(FIRE_TYPES)]


def run(year: int, replications: int, workers: int, *options: str) -> Run:
    """Simulate a scenario for the checks."""
    config = compose([f"scenario={year}", f"replications={replications}", f"workers={workers}", *options])
    world = replication.build_world(config)
    parts = [
        (
            tables.indicators, tables.incidents.select(COLUMNS).to_pandas(),
            tables.dispatches.select(DISPATCH_COLUMNS).to_pandas(),
        )
        for tables in replicate.run(world)
    ]  # fmt: skip
    values, *both = (pd.concat(part, ignore_index=True) for part in zip(*parts, strict=True))
    return Run(config, world, summarise(values), *both)


def checks(base: Run, later: Run) -> list[Check]:
    """Return the face-validity rows; `base` is scenario 2023, `later` 2025 (for the drones)."""
    travel = _travel_within_standard(base)
    reach, reach_planned = _reach(base)
    curves = base.config.outcome.curves
    fall = 1 - float(outcome.risk(np.array(5.0), curves, "a") / outcome.risk(np.array(15.0), curves, "a"))
    fires = base.fires()
    dwelling = fires.loc[fires["type"].isin(["residential_fire", "highrise_fire"]), "burnt_m2"]
    building = fires[fires["type"].isin(BUILDING_FIRES)]
    serious = building[building["setting"].isin(["plain", "mountain"]) & (building["severity"] >= 2)]
    large = fires[fires["burnt_m2"] > 1000]
    same = building["burnt_m2"] <= 1.1 * building["arrival_m2"]
    statistics = "national rates × population (N23, N24)"
    geography = "geography of the region's tables"
    return [
        Check("model 4.1", "calls a year", 3325, 3675, "/yr", statistics, *base.interval("calls")),
        Check("model 4.1", "fires a year", 1377.5, 1522.5, "/yr", statistics, *base.interval("fires")),
        Check("model 4.2", "fires that are rural", 0.63, 0.71, "share", "rates by residence (N24)", *base.interval("fires_rural")),
        Check("model 4.2", "fires at 0-6 h", 0.093, 0.113, "share", "N24: 10.3 %, ± 1 point", *base.interval("fires_0_6h")),
        Check("model 4.2", "fires at 10-20 h", 0.599, 0.629, "share", "N24: 61.4 %, ± 1.5 points", *base.interval("fires_10_20h")),
        Check("model 4.3", "fire-service vehicles per call", 1.82, 2.02, "vehicles", "N21-N25", *base.interval("vehicles_per_call")),
        Check("model 4.3", "persons per call", 9.6, 11.6, "persons", "N21-N25", *base.interval("persons_per_call")),
        Check("model 4.4", "professional utilisation (manned units)", 0.02, 0.08, "share", "3,500 calls over 13 stations", *base.interval("utilisation"),
              why="5,500 brigade sorties a year of 87 minutes each keep about 59 crews busy for 1.6 %, and published vehicles a "
                  "call leave no room for more; the second review believes 1 to 2 %"),
        Check("model 4.5", "call to professional arrival, all calls, mean", 14, 24, "min", "England 9:13; geography", *base.interval("first_professional_mean")),
        Check("model 4.6", "call to first capable arrival at fires, mean", 10, 15, "min", geography, *base.interval("first_capable_mean", "category", "fire")),
        Check("model 4.7", "main urban area within 4 min of a station", 0.25, 0.40, "share", geography, reach),
        Check("model 4.7", "the same with the three planned stations", 0.45, 0.60, "share", geography, reach_planned),
        Check("model 4.8", "city travel within the 4-minute standard", 0.0, 0.75, "share", "Nanjing 8 %, Changsha 47 %", travel),
        Check("model 4.9", "fire deaths a year, curve A (calibrated)", 2.185, 2.415, "/yr", "Zhejiang 2016-20: 2.3, ± 5 %", *base.interval("deaths_a")),
        Check("model 4.10", "fewer deaths if 15 min to capable arrival become 5", 0.21, 0.25, "share", "Jaldell, Runefors (curve A)", fall),
        Check("model 4.11", "drone over the scene before the first crew (2025)", 0.5, 1.0, "share", "Jiaxing 4.5 against 9 min", *later.interval("drone_first")),
        Check("review 1", "serious rural building fires without the brigade", 0.0, 0.02, "share", "run cards", float(serious["first_professional_s"].isna().mean())),
        Check("review 6", "mean area of dwelling fires", 10, 25, "m2", "England 2020/21: 14.8 (calibrated)", float(dwelling.mean())),
        Check("review 6", "dwelling fires beyond 20 m2", 0.10, 0.25, "share", "Wales 2018/19: 13 % (calibrated)", float((dwelling > 20).mean())),
        Check("review 6", "final area equals that at arrival", 0.65, 0.85, "share", "Särdqvist and Holmstedt 2000 (calibrated)", float(same.mean())),
        Check("review 7", "fires above 1,000 m2 that draw a further alarm", 0.95, 1.0, "share", "alarms by what is seen", float((large["alarm_level"] > 1).mean()) if len(large) else 1.0),
    ]  # fmt: skip


def _travel_within_standard(base: Run) -> float:
    """Return the share of city calls whose first professional unit drove no longer than the standard's 240 s."""
    sent = base.dispatches[base.dispatches["tier"] == "professional"]
    first = sent.sort_values("arrived_s").groupby(["replication", "incident"], sort=False).first()
    drive = (first["arrived_s"] - first["turned_out_s"]).rename("drive_s")
    city = base.incidents[base.incidents["setting"] == "urban"]
    joined = city.merge(drive, left_on=["replication", "incident"], right_index=True)
    return float((joined["drive_s"].dropna() <= 240).mean())


def _reach(base: Run) -> tuple[float, float]:
    """Return the share of the main urban area within 240 s of travel, without and with the planned stations."""
    region = regions.load(base.config.region)
    travel, cells = models.build(base.config.travel, region), coverage.main_urban(region)
    shares = []
    for planned in (False, True):
        sites = [site for site in region.sites if not site.proposed and (planned or not site.planned)]
        x, y = (np.array([getattr(site, axis) for site in sites]) for axis in ("x", "y"))
        seconds = coverage.travel_s(region, travel, x, y, cells).min(axis=0)
        shares.append(float((seconds <= 240).mean()))
    return shares[0], shares[1]
