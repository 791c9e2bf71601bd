"""Define an indicator and its inputs: the two tables of a replication and a few facts about its world."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.calendar import DAY_S, YEAR_DAYS, hour_of_day
from sim.config.groups.coverage import CoverageConfig
from sim.config.groups.outcome import OutcomeConfig
from sim.terms import BRIGADE, FIRE_TYPES, TIER_TABLE, TIERS
from sim.world.forces import Forces
from sim.world.region import Region

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
Value = tuple[str, str, str, str, float]  # kpi, by, group, unit, value
FIRE_SERVICE_TIERS = [code for code, tier in enumerate(TIER_TABLE) if tier.fire_service]


@dataclass(frozen=True)
class Facts:
    """What the indicators need to know of the world."""

    days: int
    population: float
    urban_cell: Truths
    units_by_station: dict[str, int]  # professional stations
    units: tuple[str, ...]  # their units
    crews_by_station: dict[str, float]  # crews on duty, expected
    outcome: OutcomeConfig
    main_urban_cell: Truths
    coverage: CoverageConfig

    @classmethod
    def of(
        cls, days: int, region: Region, forces: Forces, outcome: OutcomeConfig, coverage: CoverageConfig
    ) -> Self:
        """Return the facts of a world."""
        brigade = forces.by_tier[BRIGADE].tolist()
        stations = {forces.stations[index].name: len(forces.units_of[index]) for index in brigade}
        units = tuple(forces.units[unit].name for index in brigade for unit in forces.units_of[index])
        crews = {
            station.name: (station.roster * station.presence + 2) // forces.crew_per_vehicle
            for station in (forces.stations[index] for index in brigade)
        }
        cells = region.cells
        return cls(
            days, region.population, cells.urban, stations, units, crews, outcome, cells.main_urban, coverage
        )


@dataclass
class Observed:
    """The tables of a replication, with what several indicators need of them."""

    incidents: pd.DataFrame
    dispatches: pd.DataFrame
    facts: Facts

    @cached_property
    def per_year(self) -> float:
        """What a count is multiplied with to be one of a year."""
        return YEAR_DAYS / self.facts.days

    @cached_property
    def period_s(self) -> int:
        """Length of the replication."""
        return self.facts.days * DAY_S

    @cached_property
    def calls(self) -> int:
        """Number of incidents, at least 1."""
        return max(len(self.incidents), 1)

    @cached_property
    def fires(self) -> Truths:
        """Whether each incident is a fire."""
        return np.asarray(self.incidents["type"].isin(FIRE_TYPES))

    @cached_property
    def main_urban(self) -> Truths:
        """Whether each incident is in the main urban area."""
        return np.asarray(self.facts.main_urban_cell[self.column("cell")])

    @cached_property
    def hour(self) -> Floats:
        """Hour of the day of each call."""
        return hour_of_day(self.column("time_s"))

    @cached_property
    def first_tier(self) -> NDArray[np.int64]:
        """Tier that arrived first at each incident, -1 if no unit arrived."""
        return codes(self.incidents["first_arrival_tier"], TIERS)

    @cached_property
    def tier(self) -> NDArray[np.int64]:
        """Tier of each dispatch."""
        return codes(self.dispatches["tier"], TIERS)

    @cached_property
    def counted(self) -> Truths:
        """Whether the statistics count each dispatch: of the fire service, and not of a neighbouring county."""
        return np.asarray(np.isin(self.tier, FIRE_SERVICE_TIERS) & ~self.because("mutual_aid"))

    @cached_property
    def brigade(self) -> Truths:
        """Whether each dispatch is of a professional station of the region."""
        return np.asarray((self.tier == TIERS.index(BRIGADE)) & ~self.because("mutual_aid"))

    @cached_property
    def busy_s(self) -> Floats:
        """How long each dispatch kept its unit from the next call."""
        return np.asarray((self.dispatches["ready_s"] - self.dispatches["dispatched_s"]).fillna(0.0))

    def column(self, name: str) -> NDArray[Any]:
        """Return a column of the incidents."""
        return self.incidents[name].to_numpy()

    def because(self, reason: str) -> Truths:
        """Tell which dispatches have a reason: `mutual_aid` (neighbouring county), `waited` (nobody was free)."""
        return np.asarray(self.dispatches["reason"] == reason)

    def yearly(self, count: Any) -> float:
        """Return a count as one of a year."""
        return float(count * self.per_year)


@dataclass(frozen=True)
class Indicator:
    """A number, or one for each group of `by`, that a replication says.

    `of` returns it; with `by` (group, value) for every group. `{limit}` in the name stands for each of
    outcome.within_min, which `of` is then called with.
    """

    name: str
    unit: str
    population: str
    meaning: str
    of: Callable[..., Any]
    by: str = "all"

    @property
    def limited(self) -> bool:
        """Whether there is one for each limit in minutes."""
        return "{limit" in self.name

    def values(self, seen: Observed) -> list[Value]:
        """Return its values in a replication."""
        if self.limited:
            limits = seen.facts.outcome.within_min
            return [
                (self.name.format(limit=limit), self.by, "all", self.unit, self.of(seen, limit))
                for limit in limits
            ]
        found: Iterable[tuple[str, float]] = self.of(seen) if self.by != "all" else [("all", self.of(seen))]
        return [(self.name, self.by, group, self.unit, value) for group, value in found]


def codes(column: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each value among `names`, -1 for others and for none."""
    return np.asarray(pd.Index(list(names)).get_indexer_for(pd.Index(column)), dtype=np.int64)


def share(condition: Truths) -> float:
    """Return the share that is true, NaN of nothing."""
    return float(np.mean(condition)) if len(condition) else float("nan")


def mean(values: Floats) -> float:
    """Return the mean of the values that are not NaN; NaN if there are none."""
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
