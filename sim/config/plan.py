"""Schema of the group `plan`: the measures of the policy, each with its clauses, dates and levels.

A measure that is off, or not yet delivered, leaves the world at its `before` level. `phase` says which share of
the way from `before` to the promised level is done at the END of a year; between the years named it stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.config.fields import number, value
from sim.errors import SimError


@dataclass(frozen=True)
class Measure:
    """What every measure has."""

    enabled: bool = value("the measure is carried out")
    clauses: tuple[str, ...] = value("clauses of the policy that put it there")
    group: str = value("group of measures for attribution")
    phase: dict[str, float] = number("share delivered at the end of a year", "-", 0, 1)

    def check(self, path: str) -> None:
        """Refuse a measure without a clause, years out of range and a delivery that goes backwards."""
        if not self.clauses:
            raise SimError(f"{path}.clauses is empty: a measure needs the clause that put it there.")
        if not self.phase:
            raise SimError(f"{path}.phase is empty: a measure needs the year in which it is delivered.")
        before = 0.0
        for year, share in sorted(self.phase.items()):
            if not (year.isdigit() and 2023 <= int(year) <= 2050):
                raise SimError(f"{path}.phase has the year {year}; allowed: 2023..2050.")
            if share < before:
                raise SimError(f"{path}.phase falls to {share:g} in {year}; a delivery cannot go backwards.")
            before = share

    def share_at(self, year: int) -> float:
        """Return the share delivered at the end of `year`, 0 if the measure is off."""
        done = [share for key, share in self.phase.items() if int(key) <= year]
        return max(done, default=0.0) if self.enabled else 0.0


@dataclass(frozen=True)
class PatrolCars(Measure):
    """Emergency-fire patrol cars."""

    before: float = number("share of townships with a patrol car before", "-", 0, 1, "y_pc")
    share: float = number("share of townships with a patrol car", "-", 0, 1, "y_pc")


@dataclass(frozen=True)
class DroneNests(Measure):
    """Fixed drone nests."""

    before: int = number("nests per brigade before", "nests", 0, 20, "n_nest_per_bde")
    per_brigade: int = number("nests per brigade", "nests", 0, 20, "n_nest_per_bde")


@dataclass(frozen=True)
class Switch(Measure):
    """Something that is there or not."""


@dataclass(frozen=True)
class UnifiedDispatch(Measure):
    """Teams on the 119 platform."""

    before: float = number("share of other teams on the platform before", "-", 0, 1, "m_integrated")
    share: float = number("share of other teams on the platform", "-", 0, 1, "m_integrated")


@dataclass(frozen=True)
class UrbanWater(Measure):
    """Hydrants and mains."""

    serviceable_before: float = number("working municipal hydrants before", "-", 0, 1, "hyd_ok23")
    serviceable: float = number("working municipal hydrants", "-", 0, 1, "hyd_ok25")
    coverage_before: float = number("built-up area with fire water before", "-", 0, 1, "wat_cov23")
    coverage: float = number("built-up area with fire water", "-", 0, 1, "wat_cov25")


@dataclass(frozen=True)
class RuralWater(Measure):
    """Intake points of villages above 1,000 people."""

    before: float = number("intake points per village before", "points", 0, 20, "n_wp23")
    points: float = number("intake points per village", "points", 0, 20, "n_wp")


@dataclass(frozen=True)
class Share(Measure):
    """A share or factor that moves from one level to another."""

    before: float = number("level before", "-", 0, 1)
    level: float = number("level promised or assumed", "-", 0, 1)


@dataclass(frozen=True)
class Station(Measure):
    """A planned station. Its clause promises the START of works; opening follows after the lead time."""

    name: str = value("name in the region's table of stations")
    works_start: int = number("year in which works start", "year", 2023, 2050, "y_sc2")
    works_month: float = number("month in which works start", "month", 1, 12, "m_start")
    lead_months: float = number("start of works to in service", "months", 0, 120, "lt_st2")


@dataclass(frozen=True)
class ExtraStations(Measure):
    """Stations that coverage needs beyond the plan's: the model's own proposal (`experiments.siting`), no commitment."""

    definition: Literal["nominal", "reach", "demand"] = value(
        "definition of coverage the sites are proposed for"
    )


@dataclass(frozen=True)
class Plan:
    """The policy as measures."""

    name: str = value("name of the plan")
    in_force: str = value("date from which the policy holds")
    patrol_cars: PatrolCars = value("patrol cars in townships")
    drone_nests: DroneNests = value("drone nests of brigades")
    platform: Switch = value("air-ground command platform")
    unified_dispatch: UnifiedDispatch = value("one 119 dispatch for all forces")
    specialist_kit: Switch = value("specialist teams with vehicles and equipment")
    command_post: Switch = value("field command post")
    career: Share = value("presence of full-time crews (availability)")
    township_teams: Share = value("share of the remaining townships that get a full-time team")
    urban_water: UrbanWater = value("hydrants and built-up fire water")
    park_water: Share = value("industrial parks with enough water")
    rural_water: RuralWater = value("water intake points of large villages")
    fire_lanes: Share = value("share of blocked fire lanes cleared")
    elderly_alarms: Share = value("homes of the elderly with a linked smoke detector")
    monitoring: Share = value("premises and high-rises with linked detection")
    awareness: Share = value("fire-safety awareness of the public")
    key_premises: Share = value("ignitions avoided in premises and rented dwellings")
    extra_stations: ExtraStations = value("stations beyond the plan's, proposed by the model")
    stations: dict[str, Station] = value("planned stations")
