"""Help from the neighbouring prefectures: specialist teams, and columns of engines for large fires."""

from __future__ import annotations

import math

from sim.config.groups.forces import MutualAidConfig
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.orders import Orders
from sim.simulation.prepare.batch import Batch
from sim.simulation.records import Dispatch
from sim.terms import SPECIALISTS
from sim.world.forces import OUTSIDE, Forces


class Outside:
    """Sends units from beyond the region. They form up, then drive in a column from their city's seat."""

    def __init__(self, forces: Forces, fleet: Fleet, orders: Orders, rules: MutualAidConfig) -> None:
        self.fleet, self.orders = fleet, orders
        self._form_up_s, self._detour = rules.form_up_s, rules.detour
        homes = [station for station in forces.stations if station.area == OUTSIDE]
        self._places = [(station.x, station.y, list(forces.units_of[station.index])) for station in homes]
        self._kind = [unit.kind for unit in forces.units]

    def send(self, batch: Batch, row: int, kind: str, now: float) -> Dispatch | None:
        """Send the nearest team of a kind that is free."""
        for seconds, units in self._by_time(batch, row):
            for unit in units:
                if self._kind[unit] == kind and self.fleet.free_from[unit] <= now:
                    return self.orders.send_from_outside(unit, now, seconds)
        return None

    def columns(self, batch: Batch, row: int, count: int, now: float) -> list[Dispatch]:
        """Send the columns of the nearest `count` places that have one at home."""
        sent: list[Dispatch] = []
        for seconds, units in self._by_time(batch, row):
            free = [
                unit
                for unit in units
                if self._kind[unit] not in SPECIALISTS and self.fleet.free_from[unit] <= now
            ]
            if count and free:
                count -= 1
                sent += [self.orders.send_from_outside(unit, now, seconds) for unit in free]
        return sent

    def _by_time(self, batch: Batch, row: int) -> list[tuple[float, list[int]]]:
        """Return how long each place takes to the incident, and its units, the nearest first."""
        pace = batch.column_s[row]
        found: list[tuple[float, list[int]]] = []
        for x, y, units in self._places:
            away_m = math.hypot(batch.x[row] - x, batch.y[row] - y) * self._detour
            found.append((self._form_up_s + away_m * pace, units))
        return sorted(found)
