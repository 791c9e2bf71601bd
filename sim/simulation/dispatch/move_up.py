"""Cover moves: an engine from a well-manned station stands in where an incident has stripped another.

A policy, off by default (dispatch.move_up). It sees what a dispatcher sees: who is free, expected travel times and
how long units of a type usually stay away.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from sim.config.schema import Config
from sim.demand.durations import mean
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.records import MoveUp
from sim.terms import BRIGADE, FIRE_TYPES, TYPES
from sim.world.forces import Forces
from sim.world.region import Region
from sim.world.travel.law import TravelLaw

DONORS = 8  # stations looked at, nearest first
KEEP = 1  # engines that stay at the station that lends


class NearestMoveUp:
    """Chooses cover moves among the professional stations."""

    def __init__(
        self, forces: Forces, fleet: Fleet, region: Region, travel_model: TravelLaw, config: Config
    ) -> None:
        self.fleet = fleet
        self.on = config.dispatch.move_up == "nearest"
        self.gain_s = config.dispatch.move_up_gain_min * 60
        self.turnout_s = mean(config.forces.professional.turnout)
        scene = config.fireground.on_scene
        away = [mean((scene.fires if kind in FIRE_TYPES else scene.others)[kind]) for kind in TYPES]
        self.long = [seconds >= config.dispatch.move_up_least_min * 60 for seconds in away]
        self._neighbours: dict[int, list[tuple[float, int]]] = {}
        stations = forces.by_tier[BRIGADE]
        if self.on and len(stations) > 1:
            count = min(DONORS + 1, len(stations))
            distance, found = cKDTree(forces.xy[stations]).query(forces.xy[stations], k=count)
            _, cell = cKDTree(np.column_stack([region.cells.x, region.cells.y])).query(forces.xy[stations])
            travel = travel_model.seconds(distance, region.cells.setting[cell][:, None])
            for row, station in enumerate(stations.tolist()):
                others = zip(travel[row].tolist(), stations[found[row]].tolist(), strict=True)
                self._neighbours[station] = [
                    (seconds, other) for seconds, other in others if other != station
                ]

    def decide(self, kind: int, stripped: set[int], persons: list[int], now: float) -> list[MoveUp]:
        """Make the cover moves for stations that an incident of a long kind has left without an engine."""
        if not (self.on and self.long[kind]):
            return []
        covers = []
        for station in sorted(stripped & self._neighbours.keys()):
            if self._engines(station, persons, now):
                continue
            for travel_s, donor in self._neighbours[station]:
                engines = self._engines(donor, persons, now)
                if not engines:
                    continue
                if travel_s < self.gain_s:
                    break  # somebody near covers the area from home
                unit = engines[-1]
                if len(engines) > KEEP and unit not in self.fleet.lent:  # who stands in is not lent on
                    self.fleet.lend(unit, station, now + self.turnout_s + travel_s)
                    covers.append(MoveUp(unit, donor, station, travel_s))
                    break
        return covers

    def _engines(self, station: int, persons: list[int], now: float) -> list[int]:
        """Return the station's engines that could go out now, as far as crews allow."""
        free = [unit for unit in self.fleet.able("engine")[station] if self.fleet.is_free(unit, now)]
        lent = [unit for unit in free if unit in self.fleet.lent]
        own = [unit for unit in free if unit not in self.fleet.lent]
        return lent + own[: max(self.fleet.crews(station, persons[station], now), 0)]
