"""Scene conditions of each incident: access, water supply, fire growth and cap. Sources: parameter book 5."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.fireground import FiregroundConfig
from sim.config.schema import Config
from sim.demand.durations import draw
from sim.demand.workload import Workload
from sim.libm import exp, power
from sim.simulation.prepare.batch import Scenes
from sim.terms import BUILDING_FIRES, FIRE_TYPES, GROWTH_CLASSES, SETTINGS, TYPES
from sim.world.plan import Levels
from sim.world.region import Region

Floats = NDArray[np.float64]
WATER_SOURCES = ("hydrant", "hydrant_failed", "park", "draft", "shuttle")
SHUTTLE = WATER_SOURCES.index("shuttle")


def prepare(workload: Workload, region: Region, config: Config, levels: Levels) -> Scenes:
    """Return the scenes of all incidents."""
    rules, draws = config.fireground, workload.draws
    access, light = _access(workload, region, rules, levels)
    supply, source = _supply(workload, region, rules, levels)
    alpha, limited, cap, liquid = _fires(workload, region, rules)
    doubling_s = draw(rules.growth.doubling, draws["doubling"])
    durations = {**rules.on_scene.others, **({} if rules.growth.enabled else rules.on_scene.fires)}
    work, mop_up = np.zeros(len(workload)), np.zeros(len(workload))
    for index, name in enumerate(TYPES):
        here = workload.kind == index
        if name in durations:
            work[here] = draw(durations[name], draws["scene"][here])
        if name in FIRE_TYPES:
            mop_up[here] = draw(rules.on_scene.mop_up[name], draws["scene"][here])
    return Scenes(
        access=access.tolist(),
        access_light=light.tolist(),
        tank=draw(rules.water.from_tank, draws["tank"]).tolist(),
        supply=supply.tolist(),
        source=source.tolist(),
        alpha=alpha.tolist(),
        limited_kw=limited.tolist(),
        rate=(math.log(2) / workload.or_given("doubling_s", doubling_s)).tolist(),
        cap_m2=cap.tolist(),
        liquid=liquid.tolist(),
        first_aid=(draws["first_aid"] < rules.growth.out_by_first_aid).tolist(),
        mop_up=mop_up.tolist(),
        work=work.tolist(),
    )


def _access(
    workload: Workload, region: Region, rules: FiregroundConfig, levels: Levels
) -> tuple[Floats, Floats]:
    """Return the delay between kerb and fire of heavy and of light units, at building fires."""
    access, draws = rules.access, workload.draws
    none = np.zeros(len(workload))
    if not access.enabled:
        return none, none
    building = np.isin(workload.kind, [TYPES.index(name) for name in BUILDING_FIRES])
    chance = np.array([access.obstructed[name] for name in SETTINGS])[region.cells.setting[workload.cell]]
    blocked = building & (draws["obstructed"] < chance * (1 - levels.lanes_cleared))
    lane = np.where(blocked, draw(access.delay, draws["obstruction"]), 0.0)
    floor = 1 + np.floor(draws["floor"] * access.floors)
    climb = (access.base_s + access.per_floor_s * floor) * np.maximum(
        1 + access.vertical_cv * draws["vertical"], 0.2
    )
    climb = np.where(workload.kind == TYPES.index("highrise_fire"), climb, 0.0)
    return lane + climb, lane * access.light + climb


def _supply(
    workload: Workload, region: Region, rules: FiregroundConfig, levels: Levels
) -> tuple[Floats, NDArray[np.int8]]:
    """Return the time from first water to a lasting supply, and its source."""
    water, draws = rules.water, workload.draws
    if not water.enabled:
        return np.zeros(len(workload)), np.zeros(len(workload), dtype=np.int8)
    streets = np.isin(
        region.cells.setting[workload.cell], [SETTINGS.index(n) for n in water.hydrant_settings]
    )
    covered = streets & (draws["covered"] < levels.water_coverage)
    works = draws["hydrant_works"] < levels.hydrant_serviceable
    park = ~covered & (workload.kind == TYPES.index("premises_fire")) & (draws["park"] < levels.park_water)
    # Points in a village are Poisson about their mean; each is within hose reach with its own chance.
    reach = 1 - math.exp(-levels.intake_points * water.intake_reach)
    drafted = ~covered & (draws["village"] < water.large_village) & (draws["intake"] < reach)
    hydrant = draw(water.hydrant, draws["hydrant"])
    failed = hydrant + draw(water.hydrant_failed, draws["hydrant_failed"])
    source = np.select([covered & works, covered, park, drafted], [0, 1, 2, 3], SHUTTLE).astype(np.int8)
    delay = np.select(
        [source == 0, source == 1, source == 2, source == 3],
        [hydrant, failed, hydrant, draw(water.draft, draws["draft"])],
        draw(water.shuttle, draws["shuttle"]),
    )
    return delay, source


def _fires(
    workload: Workload, region: Region, rules: FiregroundConfig
) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Return growth coefficient, limit of the heat release, cap of the area, and whether liquids burn."""
    growth = rules.growth
    alpha = np.array([growth.alpha[name] for name in GROWTH_CLASSES])[workload.growth_class]
    limited = np.where(workload.self_limiting, growth.self_limited_kw, np.inf)
    cap = np.array([growth.cap_m2.get(name, 0.0) for name in TYPES])[workload.kind]
    rural = region.cells.setting[workload.cell] >= SETTINGS.index("plain")
    cluster = (
        rural
        & (workload.kind == TYPES.index("residential_fire"))
        & (workload.draws["cluster"] < growth.cap_village_share)
    )
    # Halls are of all sizes: log-uniform from other premises up to the largest.
    share = growth.cap_factory_share
    factory = (workload.kind == TYPES.index("premises_fire")) & (workload.draws["cluster"] < share)
    size = np.clip(workload.draws["cluster"] / max(share, 1e-12), 0, 1)
    hall = growth.cap_m2["premises_fire"] * power(
        growth.cap_factory_m2 / growth.cap_m2["premises_fire"], size
    )
    building = np.isin(workload.kind, [TYPES.index(name) for name in BUILDING_FIRES])
    held = np.array([growth.confined[name] for name in SETTINGS])[region.cells.setting[workload.cell]]
    confined = building & (workload.draws["confined"] < held)
    room = np.minimum(growth.room_m2 * exp(growth.room_sd_log * workload.draws["room"]), cap)
    chosen = [cluster, factory, confined], [growth.cap_village_m2, hall, room]
    liquid = factory & ~workload.self_limiting & (workload.draws["liquid"] < growth.liquid_share)
    return alpha, limited, workload.or_given("cap_m2", np.select(*chosen, cap)), liquid
