"""The interface of a move-up policy: its information and its moves.

It sees what a dispatcher knows: which engines stand where with a crew, expected travel times, where people live. A
move takes an engine with its crew to another station, or back home.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.schema import Config
from sim.demand.durations import mean
from sim.libm import power
from sim.simulation.dispatch.fleet import Fleet
from sim.terms import BRIGADE
from sim.world.forces import Forces
from sim.world.region import Region
from sim.world.travel.model import Destinations, Places, TravelModel

Floats = NDArray[np.float64]


class Engine(NamedTuple):
    """An engine at a station, or on its way there."""

    unit: int
    home: int
    station: int


class Move(NamedTuple):
    """An engine goes to another station to cover it, or returns home."""

    unit: int
    station: int


class StationNetwork:
    """The fixed data: the professional stations, travel between them, and the places that they reach.

    A station covers a place if an engine is expected there within `dispatch.move_up.target_min` of the order. Demand is
    taken to be where people live. The table of coverage has stations x cells entries: for a city or a province, not for
    a country.
    """

    def __init__(self, forces: Forces, region: Region, travel: TravelModel, config: Config) -> None:
        self.forces, self.region, self.travel, self.config = forces, region, travel, config
        self.rules = config.dispatch.move_up
        self.stations: list[int] = forces.by_tier[BRIGADE].tolist()
        self.names = {forces.stations[station].name: station for station in self.stations}
        self.turnout_s = mean(config.forces.professional.turnout)
        self._travel_s: dict[tuple[int, int], float] = {}

    @cached_property
    def _homes(self) -> dict[int, Destinations]:
        """Return where each station stands, and in which cell."""
        xy, cells = self.forces.xy[self.stations], self.region.cells
        _, cell = cKDTree(np.column_stack([cells.x, cells.y])).query(xy)
        return {
            station: Destinations(xy[row : row + 1], cell[row : row + 1])
            for row, station in enumerate(self.stations)
        }

    def travel_s(self, origin: int, target: int) -> float:
        """Return the expected travel time between two stations, by day."""
        known = self._travel_s.get((origin, target))
        if known is None:
            known = float(self.travel.trips(self.forces.xy[origin], self._homes[target]).drive_s[0])
            self._travel_s[origin, target] = known
        return known

    def nearest(self, station: int, count: int) -> list[int]:
        """Return the other stations that reach a station first."""
        found, _ = self.travel.nearest(self._places, self._homes[station], min(count + 1, len(self.stations)))
        near = [self.stations[place] for place in found[0].tolist()]
        return [other for other in near if other != station]

    @cached_property
    def _places(self) -> Places:
        return Places(self.forces.xy[self.stations])

    @cached_property
    def demand(self) -> Floats:
        """Return the share of the demand in each cell, (cells,)."""
        people = self.region.cells.population
        return np.asarray(people / max(people.sum(), 1e-9))

    @cached_property
    def covered(self) -> dict[int, NDArray[np.bool_]]:
        """Return the cells that each station covers, (cells,) each."""
        cells, limit = self.region.cells, self.rules.target_min * 60 - self.turnout_s
        centres = Destinations(np.column_stack([cells.x, cells.y]), np.arange(len(cells.x)))
        return {
            station: self.travel.trips(self.forces.xy[station], centres).drive_s <= limit
            for station in self.stations
        }

    def marginal_coverage(self, engines: Floats, station: int) -> float:
        """Return what one more engine at a station adds to the expected coverage.

        `engines` says how many cover each cell already. If each is busy with chance q, one more where there are k is
        needed and free with chance (1 - q) q^k: the marginal contribution of MEXCLP (Daskin 1983).
        """
        q, covered = self.rules.busy_share, self.covered[station]
        return float((self.demand[covered] * (1 - q) * power(q, engines[covered])).sum())

    def cover(self, stations: Iterable[int]) -> Floats:
        """Return how many of the engines at these stations cover each cell, (cells,)."""
        found = np.zeros(len(self.demand))
        for station in stations:
            found += self.covered[station]
        return found


@dataclass(frozen=True)
class Situation:
    """The engines at a moment. It is live: after a move has been yielded it shows the move."""

    now: float
    left: frozenset[int]  # stations that engines have just left for an incident; empty when engines came back
    returned: frozenset[int]  # engines that have just become ready again
    network: StationNetwork
    fleet: Fleet
    persons: list[int]  # on duty, by station

    def engines_at(self, station: int) -> list[Engine]:
        """Return the engines that could go out from a station now, as far as crews allow; moved-up ones first."""
        fleet = self.fleet
        free = [unit for unit in fleet.able("engine")[station] if fleet.is_free(unit, self.now)]
        guests = [unit for unit in free if unit in fleet.moved_up]
        own = [unit for unit in free if unit not in fleet.moved_up]
        own = own[: max(fleet.crews(station, self.persons[station], self.now), 0)] if own else own
        return [Engine(unit, fleet.station_of[unit], station) for unit in guests + own]

    def engines(self) -> list[Engine]:
        """Return all engines that could go out now."""
        return [engine for station in self.network.stations for engine in self.engines_at(station)]

    def moving(self) -> list[Engine]:
        """Return the engines on their way to a move-up; they cannot be moved again before they arrive."""
        fleet = self.fleet
        return [
            Engine(unit, fleet.station_of[unit], station)
            for unit, station in sorted(fleet.moved_up.items())
            if self.now < fleet.free_from[unit] == fleet.move_ends.get(unit)
        ]


class MoveUpPolicy(Protocol):
    """Decides about move-ups. A user's class is constructed with the station network.

    It is asked when engines have been sent to an incident of a type that takes long (`dispatch.move_up.least_min`).
    If its attribute `asked_on_return` is true, it is also asked when engines are ready again, and it sends moved engines
    home itself; all return when no engine is at an incident any more. Otherwise a moved engine returns when one of the
    station's own engines is back.
    """

    def decide(self, situation: Situation) -> Iterable[Move]:
        """Return or yield the moves, which are carried out one by one."""
