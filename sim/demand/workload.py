"""The workload of a replication: its incidents and every draw they can need.

It depends on the demand, the region, the seed and the replication, never on the scenario. So all years and measures
see the same fires on the same days with the same draws (common random numbers). Measures that lower demand
*thin* it: an incident whose mark exceeds the level is left out, and nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calendar import DAY_S, YEAR_DAYS
from sim.config.given import Course
from sim.config.groups.demand import DemandConfig
from sim.demand import arrivals
from sim.demand.arrivals import FIRE
from sim.demand.draws import Draws, Recipe
from sim.demand.streams import Streams
from sim.terms import FIRE_TYPES, TYPES
from sim.world.forces import ROSTER_SLOTS, SLOTS
from sim.world.region import Region

Floats = NDArray[np.float64]

# Draws of an incident: a standard normal number (z) or a uniform one (u) for each decision it may face.
NORMAL = (
    "discovery", "call", "handling", "size_up", "obstruction", "vertical", "tank", "hydrant", "hydrant_failed",
    "draft", "shuttle", "incubation", "room", "doubling", "scene", "mutual", "recovery", "relay", "loss",
)  # fmt: skip
UNIFORM = (
    "thin", "growth", "self_limiting", "severity", "report", "asleep", "elderly", "linked", "obstructed", "floor",
    "covered", "hydrant_works", "village", "intake", "park", "first_aid", "cluster", "confined", "liquid",
)  # fmt: skip
NORMAL_BY_UNIT = ("turnout", "travel", "choice", "stay", "station_turnout", "station_travel")
UNIFORM_BY_UNIT = ("present", "heard", "position")
MOST_REPEATS = 8  # further callers about one incident
APART = ("draws", "unit_draws", "roster", "weather", "courses", "log")  # fields of a workload, no columns
WEATHER_BLOCK_S = 10_800  # weather keeps for three hours ...
WEATHER_PERSISTENCE = 0.8  # ... and leans on the three before


@dataclass(frozen=True)
class LogRows:
    """What a log says of each incident beyond the other columns."""

    type: NDArray[np.int32]  # (incidents,) index into the types of the city
    needs: tuple[Mapping[str, int], ...]  # what was sent at first
    own: NDArray[np.int32]  # (incidents,) station in whose ground it lies, -1 if that is not known

    def part(self, rows: NDArray[np.int64]) -> LogRows:
        """Return some of the rows."""
        return LogRows(self.type[rows], tuple(self.needs[row] for row in rows.tolist()), self.own[rows])


@dataclass(frozen=True)
class Workload:
    """Incidents of a replication, one row each in order of onset; every column has shape (incidents,)."""

    number: NDArray[np.int32]
    onset_s: Floats  # ignition of fires, event of the others
    kind: NDArray[np.int8]  # index into TYPES
    cell: NDArray[np.int32]
    x: Floats
    y: Floats
    severity: NDArray[np.int8]  # true: 1, 2, 3
    reported: NDArray[np.int8]  # as the caller tells it
    growth_class: NDArray[np.int8]  # index into GROWTH_CLASSES
    self_limiting: NDArray[np.bool_]
    draws: Mapping[str, Floats]  # NORMAL and UNIFORM
    unit_draws: Mapping[str, NDArray[np.float32]]  # (incidents, SLOTS)
    repeats: Floats  # mark for the number of further callers, (incidents,)
    repeat_gaps: NDArray[np.float32]  # marks for the gaps between callers, (incidents, MOST_REPEATS)
    roster: NDArray[np.float64]  # (shifts of the year, ROSTER_SLOTS)
    weather: Floats  # 0 fair .. 1 foul, by block of three hours
    courses: Mapping[int, Course] = field(default_factory=dict)  # of incidents that are given, by number
    log: LogRows | None = None  # of a city with a log of its own

    def __len__(self) -> int:
        """Return the number of incidents."""
        return len(self.number)

    def keep(self, chosen: NDArray[np.bool_]) -> Workload:
        """Return the workload with the chosen incidents only; their numbers and draws stay."""
        if bool(chosen.all()):
            return self
        return self._part(np.flatnonzero(chosen))

    def between(self, first: int, last: int) -> Workload:
        """Return the workload of the incidents in rows `first` to `last` - 1.

        If parts are taken in order, nothing is drawn twice, and each part holds only its own draws.
        """
        return self._part(np.arange(first, min(last, len(self))))

    def or_given(self, key: str, drawn: Floats) -> Floats:
        """Return drawn values, one an incident, with those in their place that an incident's course gives."""
        for number, course in self.courses.items():
            if (given := getattr(course, key)) is not None:
                drawn[self.number == number] = given
        return drawn

    def _part(self, rows: NDArray[np.int64]) -> Workload:
        columns = {
            item.name: getattr(self, item.name)[rows] for item in fields(self) if item.name not in APART
        }
        return replace(
            self, **columns, draws=_part_of(self.draws, rows), unit_draws=_part_of(self.unit_draws, rows),
            log=None if self.log is None else self.log.part(rows),
        )  # fmt: skip


def _part_of(table: Mapping[str, Any], rows: NDArray[np.int64]) -> Mapping[str, Any]:
    """Return some rows of draws, already drawn or not."""
    if isinstance(table, Draws):
        return table.part(rows)
    return {name: column[rows] for name, column in table.items()}


def generate(demand: DemandConfig, region: Region, seed: int, replication: int) -> Workload:
    """Return the workload of a whole year."""
    streams = Streams(seed, replication)
    found = arrivals.generate(demand, region, streams)
    total = len(found.onset_s)
    draws, unit_draws = draws_of(streams, total)
    severity, growth_class, self_limiting = _severity(demand, found.kind, draws)
    return Workload(
        number=np.arange(total, dtype=np.int32),
        onset_s=found.onset_s,
        kind=found.kind,
        cell=found.cell,
        x=found.x,
        y=found.y,
        severity=severity,
        reported=_reported(demand, found.kind, severity, draws.once("report")),
        growth_class=growth_class,
        self_limiting=self_limiting,
        draws=draws,
        unit_draws=unit_draws,
        repeats=streams.get("u.repeats").random(total),
        repeat_gaps=streams.get("u.repeat_gaps").random((total, MOST_REPEATS), dtype=np.float32),
        roster=streams.get("roster").random((2 * YEAR_DAYS + 2, ROSTER_SLOTS)),
        weather=_weather(streams),
    )


def draws_of(streams: Streams, total: int, prefix: str = "") -> tuple[Draws, Draws]:
    """Return the draws of so many incidents, and those by unit; the names of their streams begin with the prefix."""

    def later(name: str) -> Callable[[], np.random.Generator]:
        return streams.later(f"{prefix}{name}")

    recipes = {name: Recipe(later(f"z.{name}"), "normal") for name in NORMAL}
    recipes |= {name: Recipe(later(f"u.{name}"), "uniform") for name in UNIFORM}
    by_unit = {name: Recipe(later(f"unit.{name}"), "normal", np.float32, SLOTS) for name in NORMAL_BY_UNIT}
    by_unit |= {name: Recipe(later(f"unit.{name}"), "uniform", np.float32, SLOTS) for name in UNIFORM_BY_UNIT}
    return Draws(recipes, total), Draws(by_unit, total)


def thin(workload: Workload, factor_by_type: Floats) -> Workload:
    """Return the workload with each incident kept if its mark is below the factor of its type."""
    return workload.keep(workload.draws["thin"] < factor_by_type[workload.kind])


def _severity(
    demand: DemandConfig, kind: NDArray[np.int8], draws: Draws
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.bool_]]:
    """Return true severity, growth class and whether a fire stays small by itself.

    A fire that limits itself is small (1); one that grows is serious (2), or major (3) with fast growth.
    """
    rules = demand.severity
    severity = np.ones(len(kind), dtype=np.int8)
    growth = np.zeros(len(kind), dtype=np.int8)
    limiting = FIRE[kind] & (draws.once("self_limiting") < rules.self_limiting)
    by_growth, by_severity = draws.once("growth"), draws.once("severity")
    for index, name in enumerate(TYPES):
        here = np.flatnonzero(kind == index)
        if FIRE[index]:
            steps = np.cumsum(rules.growth[name])[:-1]
            growth[here] = np.searchsorted(steps, by_growth[here], side="right")
            potential = np.where(limiting[here], 1, np.where(growth[here] >= 2, 3, 2))
            severity[here] = np.minimum(potential, rules.most[name])
        else:
            steps = np.cumsum(rules.others[name])[:-1]
            severity[here] = 1 + np.searchsorted(steps, by_severity[here], side="right")
    return severity, growth, limiting


def _reported(
    demand: DemandConfig, kind: NDArray[np.int8], severity: NDArray[np.int8], mark: Floats
) -> NDArray[np.int8]:
    """Return the severity that the caller's account suggests: right, or one step off to either side."""
    right = demand.severity.reported_right
    step = np.where(mark < right, 0, np.where(mark < (1 + right) / 2, 1, -1))
    rules = demand.severity
    most = np.array(
        [
            rules.most[name] if name in FIRE_TYPES else np.flatnonzero(rules.others[name])[-1] + 1
            for name in TYPES
        ]
    )
    reported = np.clip(severity + step, 1, most[kind])
    # A false alarm has no true size; half of them sound serious enough for a second engine (assumption n_rs).
    reported = np.where(kind == TYPES.index("false_alarm"), np.where(mark < 0.5, 1, 2), reported)
    return reported.astype(np.int8)


def _weather(streams: Streams) -> Floats:
    """Return how bad the weather is, uniform on 0..1 with persistence, by block of three hours."""
    from scipy.special import ndtr

    fresh = (1 - WEATHER_PERSISTENCE**2) ** 0.5
    shocks = streams.get("weather").standard_normal((YEAR_DAYS + 2) * DAY_S // WEATHER_BLOCK_S)
    later = (fresh * shocks[1:]).tolist()
    level = accumulate(
        later, lambda before, new: WEATHER_PERSISTENCE * before + new, initial=float(shocks[0])
    )
    return np.asarray(ndtr(np.fromiter(level, dtype=np.float64, count=len(shocks))))
