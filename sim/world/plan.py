"""The levels in force in a scenario year: the only place where the year touches the model."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sim.config.plan import ExtraStations, Measure, Plan, Station


@dataclass(frozen=True)
class Levels:
    """What is in force at the end of a year, as numbers the mechanisms read."""

    patrol_share: float  # townships with a patrol car
    nests_per_brigade: int
    platform: bool  # drones are sent to calls and what they see is used
    integrated_share: float  # other teams on the 119 platform
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
    """A line of the list of what is in force: measure, level and the clause that put it there."""

    measure: str
    clauses: str
    level: str
    share: float
    note: str


def levels(plan: Plan, year: int) -> Levels:
    """Return the levels that `plan` promises by the end of `year`."""

    def way(measure: Measure, before: float, promised: float) -> float:
        return before + (promised - before) * measure.share_at(year)

    return Levels(
        patrol_share=way(plan.patrol_cars, plan.patrol_cars.before, plan.patrol_cars.share),
        nests_per_brigade=int(way(plan.drone_nests, plan.drone_nests.before, plan.drone_nests.per_brigade)),
        platform=plan.platform.share_at(year) >= 1,
        integrated_share=way(
            plan.unified_dispatch, plan.unified_dispatch.before, plan.unified_dispatch.share
        ),
        specialist_kit=plan.specialist_kit.share_at(year) >= 1,
        command_post=plan.command_post.share_at(year) >= 1,
        availability_gain=way(plan.career, plan.career.before, plan.career.level) - plan.career.before,
        extra_teams_share=way(plan.township_teams, plan.township_teams.before, plan.township_teams.level),
        hydrant_serviceable=way(
            plan.urban_water, plan.urban_water.serviceable_before, plan.urban_water.serviceable
        ),
        water_coverage=way(plan.urban_water, plan.urban_water.coverage_before, plan.urban_water.coverage),
        park_water=way(plan.park_water, plan.park_water.before, plan.park_water.level),
        intake_points=way(plan.rural_water, plan.rural_water.before, plan.rural_water.points),
        lanes_cleared=way(plan.fire_lanes, plan.fire_lanes.before, plan.fire_lanes.level),
        linked_elderly=way(plan.elderly_alarms, plan.elderly_alarms.before, plan.elderly_alarms.level),
        linked_premises=way(plan.monitoring, plan.monitoring.before, plan.monitoring.level),
        awareness_gain=way(plan.awareness, plan.awareness.before, plan.awareness.level)
        - plan.awareness.before,
        ignitions_avoided=way(plan.key_premises, plan.key_premises.before, plan.key_premises.level),
        stations_open=tuple(
            station.name for station in plan.stations.values() if station.share_at(year) >= 1
        ),
    )


def measures(plan: Plan) -> dict[str, Measure]:
    """Return every measure by its key, stations as `stations.<key>`."""
    found: dict[str, Measure] = {}
    for field in fields(plan):
        item: Any = getattr(plan, field.name)
        if isinstance(item, Measure):
            found[field.name] = item
    found.update({f"stations.{key}": station for key, station in plan.stations.items()})
    return found


def in_force(plan: Plan, year: int) -> list[InForce]:
    """Return what is in force at the end of `year`, measure by measure, with the clause that put it there."""
    lines = []
    for key, measure in measures(plan).items():
        share = measure.share_at(year)
        note = "" if measure.enabled else "switched off"
        if isinstance(measure, Station) and share > 0:
            note = "the clause promises the start of works, not the opening"
        if isinstance(measure, ExtraStations) and share > 0:
            note = "the model's own proposal: the clause names a share of coverage, no sites"
        lines.append(InForce(key, " ".join(measure.clauses), _describe(measure, share), share, note))
    return lines


def _describe(measure: Measure, share: float) -> str:
    """Return the level that a share of the measure amounts to, in words."""
    own = [field for field in fields(measure) if field.name not in {f.name for f in fields(Measure)}]
    if isinstance(measure, Station):
        return f"{measure.name} {'counted as open' if share >= 1 else 'not open'}"
    if isinstance(measure, ExtraStations):
        return f"sites proposed for {measure.definition} coverage {'open' if share >= 1 else 'not open'}"
    if not own:
        return "in use" if share >= 1 else "not in use"
    parts = []
    for start, end in zip(own[::2], own[1::2], strict=True):
        before, promised = float(getattr(measure, start.name)), float(getattr(measure, end.name))
        now = before + (promised - before) * share
        parts.append(f"{end.name.replace('_', ' ')} {before:g} → {now:g}")
    return ", ".join(parts)
