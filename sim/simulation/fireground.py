"""Fire growth and control at the scene. Sources: parameter book 5.

After its incubation a fire's heat release grows as α t²; its area is that divided by the heat release per area. A
self-limiting fire stays small. Others flash over, then double their area every few minutes up to a cap, and burn
out an hour later. Water holds the area that its flow covers. Growth continues in the rest,
dA/dt = r (A − held). The fire is under control when the area held exceeds the burning area.
"""

from __future__ import annotations

import math
from operator import attrgetter

from sim.config.schema import Config
from sim.simulation.prepare.batch import Scenes
from sim.simulation.prepare.scenes import SHUTTLE
from sim.simulation.story import NEVER

_ARRIVES = attrgetter("arrives")


class Water:
    """A unit that brings water: when it arrives, its persons, how much, if it is a light vehicle, if they are trained."""

    __slots__ = ("arrives", "crew", "light", "trained", "water_m3")

    def __init__(self, arrives: float, crew: int, water_m3: float, light: bool, trained: bool = True) -> None:
        self.arrives = arrives
        self.crew = crew
        self.water_m3 = water_m3
        self.light = light
        self.trained = trained


class Suppression:
    """How a fire ends, in seconds of the year."""

    __slots__ = ("area_m2", "control", "first_water", "trained_water")

    def __init__(self, first_water: float, control: float, area_m2: float) -> None:
        self.first_water = first_water
        self.control = control
        self.area_m2 = area_m2
        self.trained_water = NEVER  # by a full-time crew, whether the fire is held by then or not


class Fireground:
    """Fire growth and control of single incidents, with the configuration's numbers ready."""

    def __init__(self, config: Config) -> None:
        rules = config.fireground
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
        self.held_m2 = water.held_m2
        self.limited_supply = water.enabled

    def area(self, scenes: Scenes, row: int, age: float) -> float:
        """Return the burning area in m2 of incident `i`, `age` seconds after its incubation, unattacked."""
        age = age if age > 0 else 0.0
        alpha, cap = scenes.alpha[row], scenes.cap_m2[row]
        heat = alpha * age * age
        limit = scenes.limited_kw[row]
        if limit < NEVER:
            return min(heat, limit, cap * self.per_area) / self.per_area
        if heat <= self.flashover_kw:
            return min(heat / self.per_area, cap)
        since = age - math.sqrt(self.flashover_kw / alpha)
        exponent = scenes.rate[row] * since
        start = self.flashover_kw / self.per_area
        return cap if exponent > 50 else min(start * math.exp(exponent), cap)

    def suppress(
        self,
        scenes: Scenes,
        row: int,
        flaming: float,
        waters: list[Water],
        first_aid: float,
        until: float = NEVER,
    ) -> Suppression:
        """Return how the fire of incident `i` ends, given the units that bring water and their times.

        `flaming` is when its incubation ends, `first_aid` is when a micro station or patrol car arrives, infinite if
        none does. A fire that is not over at `until` is returned in its state at that time, with an infinite control
        time.
        """
        first_water, nozzles, trained_water = NEVER, 0.0, NEVER
        for unit in waters:
            begin, more = self._water_on(scenes, row, unit)
            if begin < first_water:
                first_water, nozzles = begin, more if unit.water_m3 or not self.limited_supply else 0.0
            if unit.trained and begin < trained_water:
                trained_water = begin
        found = self._suppress(scenes, row, flaming, waters, first_aid, until, first_water, nozzles)
        found.trained_water = trained_water
        return found

    def _suppress(
        self,
        scenes: Scenes,
        row: int,
        flaming: float,
        waters: list[Water],
        first_aid: float,
        until: float,
        first_water: float,
        nozzles: float,
    ) -> Suppression:
        """Return how the fire ends, when the first water and its nozzles are known."""
        if first_aid < NEVER and scenes.first_aid[row]:
            applied = first_aid + scenes.access_light[row] + self.first_aid_s
            area = self.area(scenes, row, applied - flaming)
            if applied <= first_water and area * self.per_area <= self.first_aid_kw:
                return Suppression(min(first_water, applied), applied, area)
        if first_water <= until and first_water < NEVER:
            area = self.area(scenes, row, first_water - flaming)
            if nozzles * self.held_m2 >= area and first_water < self._burnt_out(scenes, row, flaming):
                return Suppression(first_water, first_water, area)  # the first to come holds it, as most do
        flow = self._flow(scenes, row, sorted(waters, key=_ARRIVES))
        return self._grow_until_held(scenes, row, flaming, first_water, flow, until)

    def _water_on(self, scenes: Scenes, row: int, unit: Water) -> tuple[float, float]:
        """Return when a unit's water is on, and from how many nozzles."""
        if unit.light:
            return unit.arrives + scenes.access_light[row] + self.first_aid_s, self.reel
        crew = unit.crew
        factor = self.crew_factor.get(2 if crew < 2 else 4 if crew > 4 else crew, 1.0)
        begin = unit.arrives + scenes.access[row] + scenes.tank[row] * factor
        return begin, float(max(1, crew // self.crew_per_nozzle))

    def _burnt_out(self, scenes: Scenes, row: int, flaming: float) -> float:
        """Return when the fire has burnt out by itself."""
        return flaming + self._age_at_cap(scenes, row) + self.burn_out

    def _flow(self, scenes: Scenes, row: int, waters: list[Water]) -> list[tuple[float, float]]:
        """Return when nozzles start (or stop because tanks are empty) and how many: (time, change), sorted by time."""
        steps: list[tuple[float, float]] = []
        lasting = NEVER
        for unit in waters:
            begin, nozzles = self._water_on(scenes, row, unit)
            flow_ls = nozzles * self.nozzle_ls
            if lasting == NEVER and not unit.light:
                lasting = begin + scenes.supply[row]
            steps.append((begin, nozzles))
            empty = begin + unit.water_m3 * 1000 / flow_ls
            if not self.limited_supply or (
                not unit.light and lasting <= empty and scenes.source[row] != SHUTTLE
            ):
                continue
            if unit.light:
                steps.append((empty, -nozzles))
            elif scenes.source[row] == SHUTTLE:
                shuttled = min(nozzles, unit.water_m3 * 1000 / scenes.supply[row] / self.nozzle_ls)
                steps.append((empty, shuttled - nozzles))
            else:
                steps += [(empty, -nozzles), (lasting, nozzles)]
        steps.sort()
        return steps

    def _grow_until_held(
        self,
        scenes: Scenes,
        row: int,
        flaming: float,
        first_water: float,
        flow: list[tuple[float, float]],
        until: float,
    ) -> Suppression:
        """Let the fire grow against the flow until it is held, has burnt out, or the time is `until`."""
        cap = scenes.cap_m2[row]
        grows = scenes.limited_kw[row] == NEVER
        rate = scenes.rate[row] if grows else 0.0
        burnt_out = self._burnt_out(scenes, row, flaming)
        if until < min(first_water, burnt_out):
            return Suppression(first_water, NEVER, self.area(scenes, row, until - flaming))
        if first_water >= burnt_out:
            return Suppression(first_water, burnt_out, self.area(scenes, row, burnt_out - flaming))
        area, now, nozzles = self.area(scenes, row, first_water - flaming), first_water, 0.0
        for place, (time, change) in enumerate(flow):
            if time >= burnt_out or time > until:
                break
            area = self._grow(area, nozzles, rate, time - now, cap)
            now, nozzles = time, nozzles + change
            if nozzles * self.held_m2 >= area and not self._same_time(flow, place):
                return Suppression(first_water, now, area)
        if until < burnt_out:
            return Suppression(first_water, NEVER, self._grow(area, nozzles, rate, until - now, cap))
        left = burnt_out - now
        return Suppression(first_water, burnt_out, self._grow(area, nozzles, rate, left, cap))

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

    def _age_at_cap(self, scenes: Scenes, row: int) -> float:
        """Return the age in seconds at which an unattacked fire reaches its cap (or its limit)."""
        alpha, limit, cap = scenes.alpha[row], scenes.limited_kw[row], scenes.cap_m2[row]
        start = self.flashover_kw / self.per_area
        if limit < NEVER or cap <= start:
            return math.sqrt(min(limit, cap * self.per_area) / alpha)
        return math.sqrt(self.flashover_kw / alpha) + math.log(cap / start) / scenes.rate[row]
