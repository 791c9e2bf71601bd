"""The professional stations and the travel between them, which a move-up policy knows, and the places they reach."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.schema import Config
from sim.demand.durations import mean
from sim.libm import power
from sim.terms import BRIGADE
from sim.world.forces import Forces
from sim.world.region import Region
from sim.world.travel.model import Destinations, Places, TravelModel

Floats = NDArray[np.float64]


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
        self._near: dict[tuple[int, int], list[int]] = {}

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
        known = self._near.get((station, count))
        if known is None:
            most = min(count + 1, len(self.stations))
            found, _ = self.travel.nearest(self._places, self._homes[station], most)
            near = [self.stations[place] for place in found[0].tolist()]
            known = self._near[station, count] = [other for other in near if other != station]
        return known

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

    @cached_property
    def _reached(self) -> dict[int, tuple[NDArray[np.int64], Floats]]:
        """Return the places of the cells that each station covers, and their demand times 1 - q."""
        free = 1 - self.rules.busy_share
        return {
            station: (np.flatnonzero(covered), self.demand[covered] * free)
            for station, covered in self.covered.items()
        }

    def marginal_coverage(self, engines: Floats, station: int) -> float:
        """Return what one more engine at a station adds to the expected coverage.

        `engines` says how many cover each cell already. If each is busy with chance q, one more where there are k is
        needed and free with chance (1 - q) q^k: the marginal contribution of MEXCLP (Daskin 1983).
        """
        places, weight = self._reached[station]
        return float((weight * power(self.rules.busy_share, engines[places])).sum())

    def cover(self, stations: Iterable[int]) -> Floats:
        """Return how many of the engines at these stations cover each cell, (cells,)."""
        found = np.zeros(len(self.demand))
        for station in stations:
            found += self.covered[station]
        return found
