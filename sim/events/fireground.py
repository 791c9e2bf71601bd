"""At the scene: access, water, fire growth and control. Sources: parameter book 5.

A fire's heat release grows as α t² from ignition, its area is that over the heat release per area. A fire that
limits itself stays small. Others flash over, then double their area every few minutes up to a cap and burn out
an hour after that. Water holds the area that its flow covers: growth goes on in the part not held,
dA/dt = r (A − held), until what is held exceeds what burns: control.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.fireground import Fireground as FiregroundConfig
from sim.config.schema import Config
from sim.events.durations import draw
from sim.events.workload import Workload
from sim.terms import BUILDING_FIRES, FIRE_TYPES, GROWTH_CLASSES, SETTINGS, TYPES
from sim.world.plan import Levels
from sim.world.region import Region

Floats = NDArray[np.float64]
WATER_SOURCES = ("hydrant", "hydrant_failed", "park", "draft", "shuttle")
SHUTTLE = WATER_SOURCES.index("shuttle")


@dataclass(frozen=True)
class Scenes:
    """What each incident's place and fire hold ready; lists by incident, seconds unless named otherwise."""

    access: list[float]  # blocked lane and stairs, heavy vehicles
    access_light: list[float]  # the same for light vehicles and crews on foot
    tank: list[float]  # access to water from the tank with a crew of four
    supply: list[float]  # first water to a lasting supply
    source: list[int]  # index into WATER_SOURCES
    alpha: list[float]  # kW/s2
    limited_kw: list[float]  # heat release that is never exceeded; infinite for fires that grow
    rate: list[float]  # growth rate of the area after flashover, 1/s
    cap_m2: list[float]
    first_aid: list[bool]  # first aid would put it out while small
    mop_up: list[float]  # control to release at a small fire
    work: list[float]  # time on scene where nothing burns


def prepare(workload: Workload, region: Region, config: Config, levels: Levels) -> Scenes:
    """Return the scenes of all incidents."""
    rules, draws = config.fireground, workload.draws
    access, light = _access(workload, region, rules, levels)
    supply, source = _supply(workload, region, rules, levels)
    alpha, limited, cap = _fires(workload, region, rules)
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
        rate=(math.log(2) / draw(rules.growth.doubling, draws["doubling"])).tolist(),
        cap_m2=cap.tolist(),
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
    reach = 1 - np.exp(-levels.intake_points * water.intake_reach)
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


def _fires(workload: Workload, region: Region, rules: FiregroundConfig) -> tuple[Floats, Floats, Floats]:
    """Return growth coefficient, limit of the heat release and cap of the area."""
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
    hall = growth.cap_m2["premises_fire"] * (growth.cap_factory_m2 / growth.cap_m2["premises_fire"]) ** size
    return alpha, limited, np.select([cluster, factory], [growth.cap_village_m2, hall], cap)


@dataclass(slots=True)
class Water:
    """A unit that brings water: when it arrives, how many persons, how much, and whether it is a light vehicle."""

    arrives: float
    crew: int
    water_m3: float
    light: bool


@dataclass(slots=True)
class Fight:
    """How a fire ends, in seconds of the year."""

    first_water: float
    control: float
    area_m2: float


class Fireground:
    """Fire growth and control of single incidents, with the configuration's numbers ready."""

    def __init__(self, scenes: Scenes, config: Config) -> None:
        rules = config.fireground
        self.scenes = scenes
        growth, water = rules.growth, rules.water
        self.per_area = growth.per_area_kw
        self.flashover_kw = growth.flashover_kw
        self.first_aid_kw, self.first_aid_s = growth.first_aid_kw, growth.first_aid_s
        self.burn_out = growth.burn_out_min * 60
        self.crew_factor = {int(size): factor for size, factor in water.crew_factor.items()}
        self.crew_per_nozzle, self.nozzle_ls, self.reel = (
            water.crew_per_nozzle,
            water.nozzle_ls,
            water.reel_ls / water.nozzle_ls,
        )
        self.held_m2 = water.nozzle_mw * 1000 / growth.per_area_kw  # area that one nozzle holds
        self.limited_supply = water.enabled

    def area(self, i: int, age: float) -> float:
        """Return the burning area in m2 of incident `i`, `age` seconds after ignition, unattacked."""
        scenes = self.scenes
        age = age if age > 0 else 0.0
        alpha, cap = scenes.alpha[i], scenes.cap_m2[i]
        heat = alpha * age * age
        limit = scenes.limited_kw[i]
        if limit < math.inf:
            return min(heat, limit, cap * self.per_area) / self.per_area
        if heat <= self.flashover_kw:
            return min(heat / self.per_area, cap)
        since = age - math.sqrt(self.flashover_kw / alpha)
        exponent = scenes.rate[i] * since
        start = self.flashover_kw / self.per_area
        return cap if exponent > 50 else min(start * math.exp(exponent), cap)

    def fight(
        self, i: int, ignition: float, waters: list[Water], first_aid: float, until: float = math.inf
    ) -> Fight:
        """Return how the fire of incident `i` ends given who brings water when.

        `first_aid` is when micro station or patrol car arrives, infinite if none does. A fire that is not over by
        `until` is returned as it is then, with infinite control.
        """
        scenes = self.scenes
        waters = sorted(waters, key=lambda unit: unit.arrives)
        flow = self._flow(i, waters)
        first_water = flow[0][0] if flow else math.inf
        if first_aid < math.inf and scenes.first_aid[i]:
            applied = first_aid + scenes.access_light[i] + self.first_aid_s
            area = self.area(i, applied - ignition)
            if applied <= first_water and area * self.per_area <= self.first_aid_kw:
                return Fight(min(first_water, applied), applied, area)
        return self._until_held(i, ignition, first_water, flow, until)

    def _flow(self, i: int, waters: list[Water]) -> list[tuple[float, float]]:
        """Return when how many nozzles start (or, with empty tanks, stop): (time, change), in order of time."""
        scenes, steps = self.scenes, []
        lasting = math.inf
        for unit in waters:
            if unit.light:
                begin = unit.arrives + scenes.access_light[i] + self.first_aid_s
                nozzles, flow_ls = self.reel, self.reel * self.nozzle_ls
            else:
                factor = self.crew_factor.get(min(max(unit.crew, 2), 4), 1.0)
                begin = unit.arrives + scenes.access[i] + scenes.tank[i] * factor
                nozzles = float(max(1, unit.crew // self.crew_per_nozzle))
                flow_ls = nozzles * self.nozzle_ls
                if lasting == math.inf:
                    lasting = begin + scenes.supply[i]
            steps.append((begin, nozzles))
            empty = begin + unit.water_m3 * 1000 / flow_ls
            if not self.limited_supply or (
                not unit.light and lasting <= empty and scenes.source[i] != SHUTTLE
            ):
                continue
            if unit.light:
                steps.append((empty, -nozzles))
            elif scenes.source[i] == SHUTTLE:
                shuttled = min(nozzles, unit.water_m3 * 1000 / scenes.supply[i] / self.nozzle_ls)
                steps.append((empty, shuttled - nozzles))
            else:
                steps += [(empty, -nozzles), (lasting, nozzles)]
        steps.sort()
        return steps

    def _until_held(
        self, i: int, ignition: float, first_water: float, flow: list[tuple[float, float]], until: float
    ) -> Fight:
        """Let the fire grow against the flow until the flow holds it, or it has burnt out, or it is `until`."""
        scenes = self.scenes
        cap = scenes.cap_m2[i]
        grows = scenes.limited_kw[i] == math.inf
        rate = scenes.rate[i] if grows else 0.0
        burnt_out = ignition + self._age_at_cap(i) + self.burn_out
        if until < min(first_water, burnt_out):
            return Fight(first_water, math.inf, self.area(i, until - ignition))
        if first_water >= burnt_out:
            return Fight(first_water, burnt_out, self.area(i, burnt_out - ignition))
        area, now, nozzles = self.area(i, first_water - ignition), first_water, 0.0
        for place, (time, change) in enumerate(flow):
            if time >= burnt_out or time > until:
                break
            area = self._grow(area, nozzles, rate, time - now, cap)
            now, nozzles = time, nozzles + change
            if nozzles * self.held_m2 >= area and not self._same_time(flow, place):
                return Fight(first_water, now, area)
        if until < burnt_out:
            return Fight(first_water, math.inf, self._grow(area, nozzles, rate, until - now, cap))
        left = burnt_out - now
        return Fight(first_water, burnt_out, self._grow(area, nozzles, rate, left, cap))

    @staticmethod
    def _same_time(flow: list[tuple[float, float]], place: int) -> bool:
        return place + 1 < len(flow) and flow[place + 1][0] == flow[place][0]

    def _grow(self, area: float, nozzles: float, rate: float, seconds: float, cap: float) -> float:
        """Return the area after `seconds` against a steady flow: dA/dt = rate (A − held)."""
        held = max(nozzles, 0.0) * self.held_m2
        if area <= held or rate == 0.0:
            return area
        exponent = rate * seconds
        return cap if exponent > 50 else min(held + (area - held) * math.exp(exponent), cap)

    def _age_at_cap(self, i: int) -> float:
        """Return the age in seconds at which an unattacked fire reaches its cap (or its limit)."""
        scenes = self.scenes
        alpha, limit, cap = scenes.alpha[i], scenes.limited_kw[i], scenes.cap_m2[i]
        start = self.flashover_kw / self.per_area
        if limit < math.inf or cap <= start:
            return math.sqrt(min(limit, cap * self.per_area) / alpha)
        return math.sqrt(self.flashover_kw / alpha) + math.log(cap / start) / scenes.rate[i]
