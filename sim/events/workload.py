"""The workload of a replication: its incidents and every draw they can need.

It depends on the demand, the region, the seed and the replication, never on the scenario: all years and measures
see the same fires on the same days with the same luck (common random numbers). Measures that lower demand
*thin* it: an incident whose mark exceeds the level is left out, and nothing else moves.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from sim.config.demand import Demand
from sim.events import arrivals
from sim.events.arrivals import DAY_S, YEAR_DAYS
from sim.events.streams import Streams
from sim.terms import FIRE_TYPES, TYPES
from sim.world.forces import ROSTER_SLOTS, SLOTS
from sim.world.region import Region

Floats = NDArray[np.float64]

# Draws of an incident: a standard normal number (z) or a uniform one (u) for each decision it may face.
NORMAL = (
    "discovery", "call", "handling", "size_up", "obstruction", "vertical", "tank", "hydrant", "hydrant_failed",
    "draft", "shuttle", "doubling", "scene", "mutual", "recovery", "relay", "loss",
)  # fmt: skip
UNIFORM = (
    "thin", "growth", "self_limiting", "severity", "report", "asleep", "elderly", "linked", "obstructed", "floor",
    "covered", "hydrant_works", "village", "intake", "park", "first_aid", "cluster",
)  # fmt: skip
NORMAL_BY_UNIT = ("turnout", "travel")
UNIFORM_BY_UNIT = ("present", "heard", "position")
MOST_REPEATS = 8  # further callers about one incident
WEATHER_BLOCK_S = 10_800  # weather keeps for three hours ...
WEATHER_PERSISTENCE = 0.8  # ... and leans on the three before


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
    draws: dict[str, Floats]  # NORMAL and UNIFORM
    unit_draws: dict[str, NDArray[np.float32]]  # (incidents, SLOTS)
    repeats: Floats  # mark for the number of further callers, (incidents,)
    repeat_gaps: NDArray[np.float32]  # marks for the gaps between callers, (incidents, MOST_REPEATS)
    roster: NDArray[np.float64]  # (shifts of the year, ROSTER_SLOTS)
    weather: Floats  # 0 fair .. 1 foul, by block of three hours

    def __len__(self) -> int:
        """Return the number of incidents."""
        return len(self.number)

    def keep(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> Workload:
        """Return the workload with the chosen incidents only, a mask or rows; their numbers and draws stay."""
        if chosen.dtype == np.bool_ and bool(chosen.all()):
            return self
        rows = {
            field.name: getattr(self, field.name)[chosen]
            for field in fields(self)
            if field.name not in ("draws", "unit_draws", "roster", "weather")
        }
        return replace(
            self,
            **rows,
            draws={name: column[chosen] for name, column in self.draws.items()},
            unit_draws={name: column[chosen] for name, column in self.unit_draws.items()},
        )


def generate(demand: Demand, region: Region, seed: int, replication: int) -> Workload:
    """Return the workload of a whole year."""
    streams = Streams(seed, replication)
    found = arrivals.generate(demand, region, streams)
    total = len(found.onset_s)
    draws = {name: streams.get(f"z.{name}").standard_normal(total) for name in NORMAL}
    draws |= {name: streams.get(f"u.{name}").random(total) for name in UNIFORM}
    unit_draws = {
        name: streams.get(f"unit.{name}").standard_normal((total, SLOTS), dtype=np.float32)
        for name in NORMAL_BY_UNIT
    }
    unit_draws |= {
        name: streams.get(f"unit.{name}").random((total, SLOTS), dtype=np.float32) for name in UNIFORM_BY_UNIT
    }
    severity, growth_class, self_limiting = _severity(demand, found.kind, draws)
    return Workload(
        number=np.arange(total, dtype=np.int32),
        onset_s=found.onset_s,
        kind=found.kind,
        cell=found.cell,
        x=found.x,
        y=found.y,
        severity=severity,
        reported=_reported(demand, found.kind, severity, draws["report"]),
        growth_class=growth_class,
        self_limiting=self_limiting,
        draws=draws,
        unit_draws=unit_draws,
        repeats=streams.get("u.repeats").random(total),
        repeat_gaps=streams.get("u.repeat_gaps").random((total, MOST_REPEATS), dtype=np.float32),
        roster=streams.get("roster").random((2 * YEAR_DAYS + 2, ROSTER_SLOTS)),
        weather=_weather(streams),
    )


def thin(workload: Workload, factor_by_type: Floats) -> Workload:
    """Return the workload with each incident kept if its mark is below the factor of its type."""
    return workload.keep(workload.draws["thin"] < factor_by_type[workload.kind])


def _severity(
    demand: Demand, kind: NDArray[np.int8], draws: dict[str, Floats]
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.bool_]]:
    """Return true severity, growth class and whether a fire stays small by itself.

    A fire that limits itself is small (1); one that grows is serious (2), or major (3) with fast growth.
    """
    rules = demand.severity
    severity = np.ones(len(kind), dtype=np.int8)
    growth = np.zeros(len(kind), dtype=np.int8)
    limiting = draws["self_limiting"] < rules.self_limiting
    for index, name in enumerate(TYPES):
        here = kind == index
        if name in FIRE_TYPES:
            growth[here] = np.searchsorted(
                np.cumsum(rules.growth[name])[:-1], draws["growth"][here], side="right"
            )
            potential = np.where(limiting, 1, np.where(growth >= 2, 3, 2))
            severity[here] = np.minimum(potential[here], rules.most[name])
        else:
            severity[here] = 1 + np.searchsorted(
                np.cumsum(rules.others[name])[:-1], draws["severity"][here], side="right"
            )
    return severity, growth, limiting & np.isin(kind, [TYPES.index(name) for name in FIRE_TYPES])


def _reported(
    demand: Demand, kind: NDArray[np.int8], severity: NDArray[np.int8], mark: Floats
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
    """Return how foul the weather is, uniform on 0..1 with persistence, by block of three hours."""
    from scipy.special import ndtr

    shocks = streams.get("weather").standard_normal((YEAR_DAYS + 2) * DAY_S // WEATHER_BLOCK_S)
    level = np.empty_like(shocks)
    level[0] = shocks[0]
    fresh = (1 - WEATHER_PERSISTENCE**2) ** 0.5
    for block in range(1, len(shocks)):
        level[block] = WEATHER_PERSISTENCE * level[block - 1] + fresh * shocks[block]
    return np.asarray(ndtr(level))
