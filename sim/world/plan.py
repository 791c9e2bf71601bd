"""The levels in force in a scenario year: the only place where the year touches the model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from sim.calendar import YEAR_MONTHS
from sim.config.groups.plan import (
    LAST_YEAR,
    MECHANISM,
    ExtraStations,
    Measure,
    Phased,
    PlanConfig,
    StationMeasure,
    UnifiedDispatch,
    measures,
)
from sim.terms import TIERS

PROMISED, LAGGED, PARTIAL = "promised", "lagged", "partial"
SWITCHED_OFF = "switched off"  # the note on a measure


@dataclass(frozen=True)
class Levels:
    """What is in force at the end of a year, as numbers the mechanisms read."""

    patrol_share: float  # townships with a patrol car
    nests_per_brigade: int
    platform: bool  # drones are sent to calls and what they see is used
    integrated: dict[str, float]  # share of each tier on the 119 platform, those not named 0
    unified_share: float  # of the way to the handling time on one platform
    specialist_kit: bool
    command_post: bool
    availability_gain: float  # presence of full-time crews against before
    extra_teams_share: float  # remaining townships with a full-time team
    hydrant_serviceable: float
    water_coverage: float
    park_water: float
    intake_points: float
    lanes_cleared: float
    linked_elderly: float
    linked_premises: float
    awareness_gain: float  # awareness above the level before
    ignitions_avoided: float  # in premises and dwellings
    stations_open: tuple[str, ...]


@dataclass(frozen=True)
class InForce:
    """A line of the list of measures in force: measure, level and the clause behind it."""

    measure: str
    clauses: str
    level: str
    share: float
    note: str
    effect: str = MECHANISM


def shares(
    plan: PlanConfig, year: int, delivery: str = PROMISED, marks: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return, by measure, the share delivered by the end of `year`: 0 before or if off, 1 for the whole.

    `delivery` is promised, lagged or partial. For partial, `marks` has a number in [0, 1) for every measure,
    drawn once for all years, so that a measure delivered in one year is there in the next. Without marks a
    partial delivery is as promised.
    """
    delay_months = plan.slip_months if delivery == LAGGED else None
    delivered = {}
    for key, measure in measures(plan):
        share = measure.share_at(year, delay_months)
        if share and delivery == PARTIAL and marks is not None:
            share *= _part(measure, marks[key], plan.p_ontime)
        delivered[key] = share
    return delivered


def _part(measure: Measure, mark: float, p_ontime: float) -> float:
    """Return the final share of a measure that is delivered: a share between two bounds, or all or nothing."""
    if measure.delivered:
        least, most = measure.delivered
        return most - (most - least) * mark  # a low mark is favourable, here as below
    return float(mark < p_ontime)


def levels(
    plan: PlanConfig, year: int, delivery: str = PROMISED, marks: Mapping[str, float] | None = None
) -> Levels:
    """Return the levels of the plan at the end of `year` (see `shares` for the delivery and the marks)."""
    delivered = shares(plan, year, delivery, marks)

    def between(key: str, before: float, promised: float) -> float:
        return before + (promised - before) * delivered[key]

    def level(key: str) -> float:
        measure = getattr(plan, key)
        return between(key, measure.before, measure.level)

    water, unified = plan.urban_water, plan.unified_dispatch
    on_platform = dict.fromkeys(TIERS, 0.0) | asdict(unified.before)
    return Levels(
        patrol_share=between("patrol_cars", plan.patrol_cars.before, plan.patrol_cars.share),
        nests_per_brigade=int(between("drone_nests", plan.drone_nests.before, plan.drone_nests.per_brigade)),
        platform=delivered["platform"] >= 1,
        integrated={
            tier: between("unified_dispatch", share, max(share, unified.share))
            for tier, share in on_platform.items()
        },
        unified_share=level("call_handling"),
        specialist_kit=delivered["specialist_kit"] >= 1,
        command_post=delivered["command_post"] >= 1,
        availability_gain=level("career") - plan.career.before,
        extra_teams_share=level("township_teams"),
        hydrant_serviceable=between("urban_water", water.serviceable_before, water.serviceable),
        water_coverage=between("urban_water", water.coverage_before, water.coverage),
        park_water=level("park_water"),
        intake_points=between("rural_water", plan.rural_water.before, plan.rural_water.points),
        lanes_cleared=level("fire_lanes"),
        linked_elderly=level("elderly_alarms"),
        linked_premises=level("monitoring"),
        awareness_gain=level("awareness") - plan.awareness.before,
        ignitions_avoided=level("key_premises"),
        stations_open=tuple(
            station.name for key, station in plan.stations.items() if delivered[f"stations.{key}"] >= 1
        ),
    )


def due_year(plan: PlanConfig, year: int, delivery: str = PROMISED) -> int:
    """Return the year whose promises are kept by the end of `year`: an earlier one if everything is late."""
    return year - math.ceil(plan.slip_months / YEAR_MONTHS) if delivery == LAGGED else year


def works_started(
    plan: PlanConfig, year: int, delivery: str = PROMISED, marks: Mapping[str, float] | None = None
) -> tuple[str, ...]:
    """Return the stations with construction started by the end of `year`, open or not."""
    delay_months = plan.slip_months if delivery == LAGGED else 0.0
    delivered = shares(plan, LAST_YEAR, delivery, marks)
    return tuple(
        station.name
        for key, station in plan.stations.items()
        if delivered[f"stations.{key}"] and station.begin(delay_months) < year + 1
    )


def in_force(
    plan: PlanConfig, year: int, delivery: str = PROMISED, drawn: Mapping[str, list[float]] | None = None
) -> list[InForce]:
    """Return the measures in force at the end of `year`, each with its level and the clause behind it.

    For a partial delivery `drawn` has the share of every measure in each replication; the list then gives
    their mean.
    """
    lines = []
    promised = shares(plan, year, delivery)
    for key, measure in measures(plan):
        share = promised[key]
        parts = drawn[key] if drawn is not None else [share]
        mean = sum(parts) / len(parts) if len(set(parts)) > 1 else parts[0]
        note = _why(plan, measure, share, year, delivery)
        lines.append(
            InForce(
                key, " ".join(measure.clauses), _describe(measure, mean, delivery, parts), mean, note, measure.effect
            )
        )  # fmt: skip
    return lines


def _why(plan: PlanConfig, measure: Measure, share: float, year: int, delivery: str) -> str:
    """Return the note on a level: switched off, a start of works counted as a station, lateness."""
    if not measure.enabled:
        return SWITCHED_OFF
    late = plan.slip_months
    if isinstance(measure, StationMeasure):
        start = "the clause promises the start of works, not the opening"
        if delivery != LAGGED or share > 0:
            return start if share > 0 else ""
        opening = f"in service {measure.opening(late):.1f} ({measure.lead_months:g} months after it)"
        return f"{start}; {opening}" if measure.begin(late) < year + 1 else ""
    if isinstance(measure, ExtraStations) and share > 0:
        return "the model's own proposal: the clause names a share of coverage, no sites"
    if delivery == LAGGED and late and isinstance(measure, Phased) and measure.share_at(year) > share:
        return f"{late:g} months late"
    return ""


def _describe(measure: Measure, share: float, delivery: str, parts: list[float]) -> str:
    """Return the level for a share of the measure, in words; `parts` are the shares of the replications."""
    varies = min(parts) < max(parts)
    share_text = f" in {sum(part >= 1 for part in parts)} of {len(parts)} replications" if varies else ""
    delivered = max(parts) >= 1
    if isinstance(measure, StationMeasure):
        open_word = "open" if delivery == LAGGED else "counted as open"
        return f"{measure.name} {open_word if delivered else 'not open'}{share_text}"
    if isinstance(measure, ExtraStations):
        return f"sites proposed for {measure.definition} coverage {'open' if delivered else 'not open'}{share_text}"
    if isinstance(measure, UnifiedDispatch):
        shares = asdict(measure.before).items()
        now = [
            f"{tier} {old:g} → {old + (max(old, measure.share) - old) * share:.3g}" for tier, old in shares
        ]
        return f"share {', '.join(now)}{_between(measure, varies, parts, share_text)}"
    level_fields = [field for field in fields(measure) if field.name not in {f.name for f in fields(Phased)}]
    if not level_fields:
        return f"{'in use' if delivered else 'not in use'}{share_text}"
    level_texts = []
    for start, end in zip(level_fields[::2], level_fields[1::2], strict=True):
        before, promised = getattr(measure, start.name), getattr(measure, end.name)
        level = before + (promised - before) * share
        if not varies and isinstance(promised, int):
            level = int(level)  # half a nest is none
        level_texts.append(f"{end.name.replace('_', ' ')} {before:g} → {level:.3g}")
    return f"{', '.join(level_texts)}{_between(measure, varies, parts, share_text)}"


def unchanged(level: str) -> bool:
    """Tell whether a level in words is what it was before the plan, such as `per brigade 0 → 0`."""
    steps = re.findall(r"(\S+) → ([^\s,]+)", level)
    return bool(steps) and all(before == now for before, now in steps)


def _between(measure: Measure, varies: bool, parts: list[float], share_text: str) -> str:
    if not varies:
        return ""
    return (
        f" ({f'delivered {min(parts):.0%} to {max(parts):.0%}' if measure.delivered else share_text.strip()})"
    )
