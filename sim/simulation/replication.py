"""Run one replication, from configuration to the two result tables."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.calendar import DAY_S
from sim.config.groups.plan import measures
from sim.config.schema import Config
from sim.demand import call_centre, workload
from sim.demand.call_centre import Calls
from sim.demand.streams import Streams
from sim.demand.workload import Workload
from sim.simulation.dispatch import plugins
from sim.simulation.model import Model
from sim.simulation.recorder import Recorder
from sim.terms import FIRE_TYPES, TYPES
from sim.world import forces, plan, proposals, regions
from sim.world.forces import Forces
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel import models
from sim.world.travel.model import TravelModel


@dataclass(frozen=True)
class World:
    """The world of a scenario: the same for all its replications, except with delivery=partial (`delivered`)."""

    config: Config
    region: Region
    levels: Levels
    forces: Forces
    travel: TravelModel


@dataclass(frozen=True)
class Replication:
    """What happened in one replication."""

    number: int
    workload: Workload
    calls: Calls
    records: Recorder


def build_world(config: Config, land: Region | None = None) -> World:
    """Return the world of a configuration; SimError for region tables that do not fit.

    `land` is its region if the caller has it already.
    """
    plugins.check(config)
    land = regions.load(config.region) if land is None else land
    levels = levels_of(config, land)
    built = forces.build(land, config.forces, levels)
    return World(config, land, levels, built, models.build(config.travel, land))


def demand_factor(config: Config, levels: Levels) -> np.ndarray:
    """Return the share of the workload's incidents that happens in the scenario, by type."""
    demand, year = config.demand, config.scenario.year
    from sim.demand.arrivals import LAST_GROWTH_YEAR

    ceiling = (1 + max(demand.growth, 0.0)) ** max(LAST_GROWTH_YEAR - demand.growth_from, 0)
    grown = (1 + demand.growth) ** (year - demand.growth_from) / ceiling
    before = config.plan.awareness.before
    aware = ((before + levels.awareness_gain) / before) ** demand.awareness_elasticity if before > 0 else 1.0
    factor = np.full(len(TYPES), grown)
    for kind in FIRE_TYPES:
        factor[TYPES.index(kind)] *= aware
    for kind in ("premises_fire", "highrise_fire"):
        factor[TYPES.index(kind)] *= 1 - levels.ignitions_avoided
    return factor


def marks(config: Config, number: int) -> dict[str, float]:
    """Return the draws of a replication for a partial delivery: one in [0, 1) per measure, the same in every year."""
    streams = Streams(config.seed, number)
    return {key: streams.get(f"plan.{key}").random() for key, _ in measures(config.plan)}


def levels_of(config: Config, land: Region, number: int | None = None) -> Levels:
    """Return the levels of a scenario, or those of one replication."""
    policy, year, delivery = config.plan, config.scenario.year, config.delivery
    drawn = None if number is None else marks(config, number)
    levels = plan.levels(policy, year, delivery, drawn)
    proposed = plan.shares(policy, year, delivery, drawn)["extra_stations"]
    due = plan.due_year(policy, year, delivery)
    return proposals.opened(levels, policy.extra_stations, proposed, due, land)


def delivered(world: World, number: int) -> World:
    """Return the world of a replication: with delivery=partial each has its own levels and forces.

    Asking again for the world of the same replication changes nothing.
    """
    config = world.config
    if config.delivery != plan.PARTIAL:
        return world
    levels = levels_of(config, world.region, number)
    if levels == world.levels:
        return world
    return replace(world, levels=levels, forces=forces.build(world.region, config.forces, levels))


def workload_of(world: World, number: int) -> Workload:
    """Return the workload of a replication before the scenario thins it."""
    config = world.config
    work = workload.generate(config.demand, world.region, config.seed, number)
    return work.keep(work.onset_s < config.days * DAY_S)


def simulate(world: World, number: int, work: Workload | None = None) -> Replication:
    """Return replication `number`, which depends on the configuration, the seed and the number alone.

    `work` is its workload if the caller has it already (`workload_of`), to share it between scenarios.
    """
    world = delivered(world, number)
    config = world.config
    work = workload_of(world, number) if work is None else work
    work = workload.thin(work, demand_factor(config, world.levels))
    calls = call_centre.take(work, config, world.levels)
    response = Model(work, calls, world.region, world.forces, world.travel, config, world.levels)
    records = Recorder(config.dispatch)
    response.run(records.add)
    return Replication(number, work, calls, records)
