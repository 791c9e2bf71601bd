"""Worlds changed in ways whose effect is known, and the replications they give on the same workload."""

from __future__ import annotations

import dataclasses
from dataclasses import is_dataclass, replace
from typing import Any

import pandas as pd

from sim.config.compose import compose
from sim.config.schema import Config
from sim.demand.workload import Workload
from sim.simulation import replication, result_tables
from sim.simulation.replication import World
from sim.world import forces
from sim.world.region import Region
from sim.world.travel import models

# Nothing that depends on the clock, the calendar or a station's name: what is left has no scale of its own.
SCALELESS = (
    "forces.professional.availability=1", "forces.professional.turnout_night_s=0",
    "forces.township.availability=1", "forces.township.night_factor=1", "forces.volunteer.turn_up=1",
    "forces.micro.availability=1", "forces.micro.night_factor=1",
    "forces.patrol.staffed_hours=24", "forces.patrol.post_present=1", "forces.patrol.mobile_day=0",
    "forces.patrol.mobile_night=0", "forces.patrol.weekend_factor=1", "forces.civil.availability=1",
    "forces.enterprise.availability=1",
    "dispatch.relay.never={township: 0, volunteer: 0, micro: 0, patrol: 0, civil: 0}",
    "fireground.discovery.asleep_share={residential_fire: 0, highrise_fire: 0, premises_fire: 0}",
    "travel.peak_factor={urban: 1, town: 1, plain: 1, mountain: 1}", "travel.night_factor=1",
    "travel.bad_weather_share=0",
    "plan.platform.enabled=false",  # a drone stays for five minutes, whatever the scale
)  # fmt: skip
# And the same luck for every unit at an incident.
NO_LUCK = (
    "travel.noise_sd_log=0",
    "forces.professional.turnout={law: constant, scale: 60}",
    "forces.township.turnout={law: constant, scale: 90}",
    "forces.volunteer.turnout={law: constant, scale: 300}",
    "forces.micro.turnout={law: constant, scale: 45}",
    "forces.civil.turnout={law: constant, scale: 900}",
    "forces.enterprise.turnout={law: constant, scale: 60}",
    "forces.patrol.turnout_parked={law: constant, scale: 120}",
)


@dataclasses.dataclass(frozen=True)
class Tables:
    """The two tables of a replication."""

    incidents: pd.DataFrame
    dispatches: pd.DataFrame


def world_of(*arguments: str) -> World:
    """Return the world of a configuration of a few weeks."""
    return replication.build_world(compose([*arguments, "workers=1"]))


def tables(world: World, work: Workload | None = None) -> Tables:
    """Return replication 0 of a world, on a given workload or its own."""
    return Tables(*result_tables.tables(world, replication.simulate(world, 0, work)))


def rebuilt(world: World, *, config: Config | None = None, region: Region | None = None) -> World:
    """Return the world with another configuration or region, its stations and travel model made anew."""
    config, region = config or world.config, region or world.region
    built = forces.build(region, config.forces, world.levels)
    travel = models.build(config.travel, region)
    return replace(world, config=config, region=region, forces=built, travel=travel)


def scaled(item: Any, factors: dict[str, float]) -> Any:
    """Return a configuration with every number multiplied by the factor of its unit, where there is one."""
    changed = {}
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        factor = factors.get(field.metadata.get("unit", ""), 1.0)
        changed[field.name] = _scaled(value, factor, factors)
    return replace(item, **changed)


def _scaled(value: Any, factor: float, factors: dict[str, float]) -> Any:
    if is_dataclass(value):
        return scaled(value, factors)
    if isinstance(value, dict):
        return {key: _scaled(part, factor, factors) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(_scaled(part, factor, factors) for part in value)
    if isinstance(value, int | float) and not isinstance(value, bool) and factor != 1.0:
        return value * factor
    return value


def stretched(region: Region, factor: float) -> Region:
    """Return a region with all distances multiplied by a factor."""
    cells = replace(region.cells, x=region.cells.x * factor, y=region.cells.y * factor)
    townships = tuple(replace(place, x=place.x * factor, y=place.y * factor) for place in region.townships)
    sites = tuple(replace(place, x=place.x * factor, y=place.y * factor) for place in region.sites)
    posts = tuple(replace(post, x=post.x * factor, y=post.y * factor) for post in region.posts)
    seats = tuple(replace(seat, x=seat.x * factor, y=seat.y * factor) for seat in region.neighbours)
    return replace(region, cells=cells, townships=townships, sites=sites, posts=posts, neighbours=seats)


def alike(first: pd.DataFrame, second: pd.DataFrame, *, apart: tuple[str, ...] = ()) -> None:
    """Assert that two tables are equal in every column but those named."""
    pd.testing.assert_frame_equal(
        first.drop(columns=list(apart)).reset_index(drop=True),
        second.drop(columns=list(apart)).reset_index(drop=True),
        check_exact=True,
    )


def by_rows(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table in an order that does not depend on how units are numbered."""
    return table.sort_values(["incident", "dispatched_s", "arrived_s", "station", "kind"], kind="stable")
