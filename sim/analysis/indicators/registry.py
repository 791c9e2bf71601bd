"""Define an indicator and its inputs: the two tables of a replication and a few facts about its world."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.calendar import DAY_S, hour_of_day
from sim.config.groups.coverage import CoverageConfig
from sim.config.groups.outcome import OutcomeConfig
from sim.config.schema import Config
from sim.demand.arrivals import share_of_year
from sim.simulation.columns import Data, Text, filled
from sim.terms import BRIGADE, FIRE_TYPES, TIER_TABLE, TIERS, TYPES
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
    per_year: Floats  # what a call counts for in a whole year, by type
    population: float
    urban_cell: Truths
    units_by_station: dict[str, int]  # professional stations
    units: tuple[str, ...]  # their units
    crews_by_station: dict[str, float]  # crews on duty, expected
    outcome: OutcomeConfig
    main_urban_cell: Truths
    coverage: CoverageConfig

    @classmethod
    def of(cls, config: Config, region: Region, forces: Forces) -> Self:
        """Return the facts of a world."""
        brigade = forces.by_tier[BRIGADE].tolist()
        stations = {forces.stations[index].name: len(forces.units_of[index]) for index in brigade}
        units = tuple(forces.units[unit].name for index in brigade for unit in forces.units_of[index])
        crews = {
            station.name: (station.roster * station.presence + 2) // forces.crew_per_vehicle
            for station in (forces.stations[index] for index in brigade)
        }
        cells = region.cells
        with np.errstate(divide="ignore"):  # a type that these days have no call of
            per_year = 1 / share_of_year(config.demand, config.days)
        return cls(
            config.days, per_year, region.population, cells.urban, stations, units, crews, config.outcome,
            cells.main_urban, config.coverage,
        )  # fmt: skip


@dataclass
class Observed:
    """The tables of a replication, with what several indicators need of them."""

    incidents: Data
    dispatches: Data
    facts: Facts

    @cached_property
    def kind(self) -> NDArray[np.int64]:
        """Type of each incident."""
        return self.text("type").places(TYPES)

    @cached_property
    def period_s(self) -> int:
        """Length of the replication."""
        return self.facts.days * DAY_S

    @cached_property
    def calls(self) -> int:
        """Number of incidents, at least 1."""
        return max(len(self.column("incident")), 1)

    @cached_property
    def fires(self) -> Truths:
        """Whether each incident is a fire."""
        return self.text("type").isin(FIRE_TYPES)

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
        return self.text("first_arrival_tier").places(TIERS)

    @cached_property
    def tier(self) -> NDArray[np.int64]:
        """Tier of each dispatch."""
        tier: Text = self.dispatches["tier"]
        return tier.places(TIERS)

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
        return filled(self.dispatches["ready_s"] - self.dispatches["dispatched_s"], 0.0)

    def column(self, name: str) -> NDArray[Any]:
        """Return a column of the incidents."""
        found: NDArray[Any] = self.incidents[name]
        return found

    def text(self, name: str) -> Text:
        """Return a column of names of the incidents."""
        found: Text = self.incidents[name]
        return found

    def sent(self, name: str, value: str) -> Truths:
        """Tell which dispatches have a name in a column."""
        found: Text = self.dispatches[name]
        return found.isin([value])

    def because(self, reason: str) -> Truths:
        """Tell which dispatches have a reason: `mutual_aid` (neighbouring county), `waited` (nobody was free)."""
        return self.sent("reason", reason)

    def yearly(self, amounts: Any) -> float:
        """Return the sum of an amount of every incident, as one of a year."""
        return float(np.nansum(amounts * self.facts.per_year[self.kind]))

    def yearly_sent(self, amounts: Any) -> float:
        """Return the sum of an amount of every dispatch, as one of a year."""
        return float(np.nansum(amounts * self._sent_per_year))

    @cached_property
    def _sent_per_year(self) -> Floats:
        incident = np.searchsorted(self.column("incident"), self.dispatches["incident"])
        return np.asarray(self.facts.per_year[self.kind][incident])


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


def share(condition: Truths) -> float:
    """Return the share that is true, NaN of nothing."""
    return float(np.mean(condition)) if len(condition) else float("nan")


def mean(values: Floats) -> float:
    """Return the mean of the values that are not NaN; NaN if there are none."""
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
