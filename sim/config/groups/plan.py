"""Schema of the group `plan`: the measures of the policy with their dates and levels, and its register of clauses.

A measure that is off, or not yet delivered, keeps its `before` level. `phase` gives the share of the way from
`before` to the promised level that is done at the END of a year. It is constant between the years named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import Any, Literal

from sim.calendar import YEAR_MONTHS
from sim.config.fields import fraction, number, value, vector
from sim.errors import SimError

FIRST_YEAR, LAST_YEAR = 2023, 2050
STATED = "stated"
MECHANISM, ASSUMED = "mechanism", "assumed"
BOTH = f"{MECHANISM}, and {ASSUMED}: "  # and what of it is assumed


@dataclass(frozen=True)
class Measure:
    """What every measure has."""

    enabled: bool = value("the measure is carried out")
    clauses: tuple[str, ...] = value("clauses of the policy that put it there")
    group: str = value("group of measures for attribution")
    effect: str = value(
        f"whether the model makes its effect or its size is typed in: {MECHANISM}, {ASSUMED}, or {BOTH}and what"
    )
    delivered: tuple[float, ...] = vector(
        "least and most share delivered with delivery=partial; empty: all or nothing, by p_ontime", "-", 0, 1,
        book="m_delivered",
    )  # fmt: skip

    def check(self, path: str) -> None:
        """Refuse a measure without a clause, a group or a kind of effect, and a range of delivery that is none."""
        if not self.clauses:
            raise SimError(f"{path}.clauses is empty: a measure needs the clause that put it there.")
        if not self.group:
            raise SimError(
                f"{path}.group is empty: a measure needs the group to which its effect is attributed."
            )
        if self.effect not in (MECHANISM, ASSUMED) and not self.effect.startswith(BOTH):
            raise SimError(
                f"{path}.effect is {self.effect!r}; allowed: {MECHANISM}, {ASSUMED}, or {BOTH}and what."
            )
        if self.delivered and (len(self.delivered) != 2 or self.delivered[0] > self.delivered[1]):
            found = ", ".join(f"{share:g}" for share in self.delivered)
            raise SimError(f"{path}.delivered is [{found}]; allowed: [least, most] or an empty list.")

    def share_at(self, year: int, late_months: float | None = None) -> float:
        """Return the share delivered at the end of `year`, 0 if the measure is off.

        `late_months` is None for the dates as promised; a number for delivery=lagged, the slip in months.
        """
        raise NotImplementedError

    def first(self) -> tuple[str, int]:
        """Return the key that dates its first effect, and the year."""
        raise NotImplementedError


@dataclass(frozen=True)
class Phased(Measure):
    """A measure delivered in steps, each promised (or assumed) for the end of a year."""

    phase: dict[str, float] = fraction("share delivered at the end of a year")

    def check(self, path: str) -> None:
        """Refuse years out of range and a delivery that goes backwards."""
        super().check(path)
        if not self.phase:
            raise SimError(f"{path}.phase is empty: a measure needs the year in which it is delivered.")
        before = 0.0
        for year, share in sorted(self.phase.items()):
            if not (year.isdecimal() and FIRST_YEAR <= int(year) <= LAST_YEAR):
                raise SimError(f"{path}.phase has the year {year}; allowed: {FIRST_YEAR}..{LAST_YEAR}.")
            if share < before:
                raise SimError(f"{path}.phase falls to {share:g} in {year}; a delivery cannot go backwards.")
            before = share

    def share_at(self, year: int, late_months: float | None = None) -> float:
        """Return the share of the last step whose month, and the slip, have passed."""
        if not self.enabled:
            return 0.0
        late = late_months or 0.0
        done = [share for key, share in self.phase.items() if (year - int(key)) * YEAR_MONTHS >= late]
        return max(done, default=0.0)

    def first(self) -> tuple[str, int]:
        """Return the year of the first step that delivers anything."""
        return "phase", min((int(year) for year, share in self.phase.items() if share), default=LAST_YEAR)


@dataclass(frozen=True)
class PatrolCars(Phased):
    """Emergency-fire patrol cars."""

    before: float = fraction("share of townships with a patrol car before", "y_pc")
    share: float = fraction("share of townships with a patrol car", "y_pc")


@dataclass(frozen=True)
class DroneNests(Phased):
    """Fixed drone nests."""

    before: int = number("nests per brigade before", "nests", 0, 20, "n_nest_per_bde")
    per_brigade: int = number("nests per brigade", "nests", 0, 20, "n_nest_per_bde")


@dataclass(frozen=True)
class Switch(Phased):
    """Something that is there or not."""


@dataclass(frozen=True)
class OnPlatform:
    """Share of each tier's teams on the 119 platform. Other tiers have none; the brigade and drones are always on it."""

    township: float = fraction("full-time teams of townships", "b_int_t")
    volunteer: float = fraction("volunteer teams", "b_int_v")
    micro: float = fraction("micro stations", "b_int_m")
    civil: float = fraction("civil rescue teams", "b_int_c")


@dataclass(frozen=True)
class UnifiedDispatch(Phased):
    """Teams on the 119 platform."""

    before: OnPlatform = value("shares on the platform before")
    share: float = fraction("share of other teams on the platform", "m_integrated")


@dataclass(frozen=True)
class UrbanWater(Phased):
    """Hydrants and mains."""

    serviceable_before: float = fraction("working municipal hydrants before", "hyd_ok23")
    serviceable: float = fraction("working municipal hydrants", "hyd_ok25")
    coverage_before: float = fraction("built-up area with fire water before", "wat_cov23")
    coverage: float = fraction("built-up area with fire water", "wat_cov25")


@dataclass(frozen=True)
class RuralWater(Phased):
    """Intake points of villages above 1,000 people."""

    before: float = number("intake points per village before", "points", 0, 20, "n_wp23")
    points: float = number("intake points per village", "points", 0, 20, "n_wp")


@dataclass(frozen=True)
class Share(Phased):
    """A share or factor that moves from one level to another."""

    before: float = fraction("level before", "m_levels")
    level: float = fraction("level promised or assumed", "m_levels")


@dataclass(frozen=True)
class StationMeasure(Measure):
    """A planned station. Its clause promises the START of works; opening follows after the lead time."""

    name: str = value("name in the region's table of stations")
    works_start: int = number("year in which works start", "year", FIRST_YEAR, LAST_YEAR, "y_sc2")
    works_month: float = number("month in which works start, at its beginning", "month", 1, 12, "m_start")
    lead_months: float = number("start of works to in service", "months", 0, 120, "lt_st2")

    def share_at(self, year: int, late_months: float | None = None) -> float:
        """Return 1 if open: as promised at the end of the year in which works start, else after the lead time."""
        if not self.enabled:
            return 0.0
        if late_months is None:
            return float(self.works_start <= year)
        return float(self.opening(late_months) <= year + 1)

    def first(self) -> tuple[str, int]:
        """Return the year of the start of works."""
        return "works_start", self.works_start

    def begin(self, late_months: float) -> float:
        """Return when works start, as a year with its fraction, if they do so `late_months` late."""
        return self.works_start + (self.works_month - 1 + late_months) / YEAR_MONTHS

    def opening(self, late_months: float) -> float:
        """Return when it is in service, as a year with its fraction, if works start `late_months` late."""
        return self.begin(late_months) + self.lead_months / YEAR_MONTHS


@dataclass(frozen=True)
class Clause:
    """A clause of the policy: what it commits to, and where that is in the model or why it, or a part, is not."""

    title: str = value("heading")
    commitment: str = value("the commitment in a line")
    deadline: str = value("when, as in the text; none where it names no date")
    quantity: str = value("how much, as in the text; none where it names no number")
    responsible: str = value("responsible bodies, the leading one first")
    quotes: tuple[str, ...] = value(
        "the words of the policy that give the number or the date, or the commitment"
    )
    sets: tuple[str, ...] = value("keys of the configuration that it sets")
    reading: str = value("how the model reads it")
    outside: str = value("why it, or the part named, is outside the model; empty if nothing is")

    def concerns(self, measure: str) -> bool:
        """Return whether it sets a key of a measure of the plan."""
        return any(belongs(key, f"plan.{measure}") for key in self.sets)

    def check(self, path: str) -> None:
        """Refuse a clause that is neither in the model nor outside."""
        if not (self.sets or self.outside):
            raise SimError(
                f"{path} has neither sets nor outside: a clause sets keys, or says why it is outside the model."
            )


@dataclass(frozen=True)
class Targets:
    """The numbers that the plan promises by the end of the year; nothing where it promises none yet."""

    death_rate: float | None = number(
        "fire deaths a year, strictly below", "per 100,000 residents", 0, 100, "kpi_death"
    )
    awareness: float | None = fraction("public that knows fire-safety basics", "kpi_aware")
    patrol_share: float | None = fraction("townships with a patrol car", "y_pc")
    nests_per_brigade: int | None = number("drone nests in every brigade", "nests", 0, 20, "n_nest_per_bde")
    platforms: int | None = number("air-ground command platforms", "platforms", 0, 10, "y_platform")
    command_posts: int | None = number("field command posts", "posts", 0, 10, "y_comm")
    specialist_teams: int | None = number("specialist teams with their kit", "teams", 0, 100, "y_spec")
    hydrants_serviceable: float | None = fraction("working municipal hydrants", "hyd_ok25")
    water_coverage: float | None = fraction("built-up area with fire water", "wat_cov25")
    intake_points: float | None = number(
        "intake points in every village above 1,000 people", "points", 0, 20, "n_wp"
    )
    works_started: int | None = number(
        "named stations of which works have started", "stations", 0, 100, "y_sc2"
    )
    station_coverage: float | None = fraction("main urban area covered by fire stations", "kpi_cov27")


@dataclass(frozen=True)
class ExtraStations(Phased):
    """Stations that coverage needs beyond the plan's: proposed by `python -m sim siting`, no commitment."""

    definition: Literal["nominal", "reach", "demand"] = value(
        "definition of coverage the sites are proposed for"
    )


@dataclass(frozen=True)
class PlanConfig:
    """The policy as measures, and its clauses."""

    name: str = value("name of the plan")
    in_force: str = value("date from which the policy holds")
    slip_months: float = number(
        "months by which everything is late with delivery=lagged", "months", 0, 60, "m_slip"
    )
    p_ontime: float = fraction("chance that a commitment is met with delivery=partial", "p_ontime")
    readings: dict[str, str] = value(
        "readings of open clauses other than the stated ones, each with its clause"
    )
    patrol_cars: PatrolCars = value("patrol cars in townships")
    drone_nests: DroneNests = value("drone nests of brigades")
    platform: Switch = value("air-ground command platform")
    unified_dispatch: UnifiedDispatch = value("one 119 dispatch for all forces")
    call_handling: Share = value("calls handled in the time of one platform, instead of that before")
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
    stations: dict[str, StationMeasure] = value("planned stations")
    register: dict[str, Clause] = value("every clause of the policy, by its number")

    @property
    def reading(self) -> str:
        """The name of the reading: those of its clauses that are not read as stated."""
        return "+".join(self.readings) or STATED

    @property
    def first_year(self) -> int:
        """The first year in which the policy holds."""
        return date.fromisoformat(self.in_force).year

    def check(self, path: str) -> None:
        """Refuse two readings of a clause, measures and clauses that do not point at each other, and early effects."""
        try:
            first = self.first_year
        except ValueError:
            raise SimError(
                f"{path}.in_force is {self.in_force!r}; allowed: a date such as 2024-04-30."
            ) from None
        register = f"{path}.register"
        read = set(self.readings.values())
        if len(read) < len(self.readings) or not read <= set(self.register):
            found = ", ".join(f"{name} of {clause}" for name, clause in self.readings.items())
            raise SimError(f"{path}.readings has {found}; allowed: one reading of a clause of {register}.")
        for key, measure in measures(self):
            where = f"{path}.{key}"
            name, year = measure.first()
            if year < first:
                raise SimError(
                    f"{where}.{name} has the year {year}, before the plan holds "
                    f"({path}.in_force is {self.in_force}); allowed: {first}..{LAST_YEAR}."
                )
            for clause in measure.clauses:
                if clause not in self.register:
                    raise SimError(f"{where}.clauses has {clause!r}, which is no clause of {register}.")
                if not self.register[clause].concerns(key):
                    raise SimError(
                        f"{where}.clauses has {clause!r}, but {register}.{clause}.sets has no key of it: add one."
                    )
        for clause, entry in self.register.items():
            for key, measure in measures(self):
                if clause not in measure.clauses and entry.concerns(key):
                    raise SimError(
                        f"{register}.{clause}.sets has a key of plan.{key}, whose clauses lack {clause!r}: add it there."
                    )


def effect_of(plan: PlanConfig, keys: Collection[str]) -> str:
    """Return the effect of several measures together; what is assumed is named where others are mechanism."""
    found = {key: measure.effect for key, measure in measures(plan) if key in keys}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    typed = [effect.partition(BOTH)[2] or key for key, effect in found.items() if effect != MECHANISM]
    return BOTH + ", ".join(typed)


def measures(plan: PlanConfig) -> Iterator[tuple[str, Measure]]:
    """Yield every measure with its key below `plan`, stations as `stations.<key>`."""
    for field in fields(plan):
        item: Any = getattr(plan, field.name)
        if isinstance(item, Measure):
            yield field.name, item
    for key, station in plan.stations.items():
        yield f"stations.{key}", station


def belongs(key: str, group: str) -> bool:
    """Return whether a dotted key is `group` or lies in it."""
    return key == group or key.startswith(f"{group}.")


def check_keys(config: Any, plan: PlanConfig, targets: Targets) -> None:
    """Refuse a register that names keys that there are not, and a target that no clause promises."""
    promised = set()
    for clause, entry in plan.register.items():
        for key in entry.sets:
            if not _known(config, key):
                raise SimError(
                    f"plan.register.{clause}.sets has {key!r}, which is no key of the configuration."
                )
        promised |= set(entry.sets)
    for field in fields(targets):
        if getattr(targets, field.name) is not None and f"scenario.targets.{field.name}" not in promised:
            raise SimError(
                f"scenario.targets.{field.name} has no clause: none in plan.register sets it; "
                "a target is a number that the plan promises."
            )


def _known(item: Any, key: str) -> bool:
    name, _, rest = key.partition(".")
    if is_dataclass(item):
        if name not in {field.name for field in fields(item)}:
            return False
        inner = getattr(item, name)
    elif isinstance(item, dict) and name in item:
        inner = item[name]
    else:
        return False
    return not rest or _known(inner, rest)
