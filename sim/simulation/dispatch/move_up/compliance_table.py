"""A compliance table gives the stations to occupy for each number of free engines.

Source: M. Gendreau, G. Laporte and F. Semet, The maximal expected coverage relocation problem for emergency vehicles,
Journal of the Operational Research Society 57 (2006) 22-28. There the rows of the table come from an integer program.
Here the user gives a row (`dispatch.move_up.table`), or it is the row below plus one station: the station that adds
most to the expected coverage. Such a table is nested, so few engines move from one row to the next.

Assumptions: an engine is free if it could go out with a crew or is on its way to a move-up. One engine per station is
enough; with more engines than stations the rest stay where they are. Engines that are not needed at their present
station fill the empty ones, at the least total travel time. Moved engines that are no longer needed return home.
Ties: of stations that add the same, the first in the table of stations.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linear_sum_assignment

from sim.errors import SimError
from sim.simulation.dispatch.move_up.network import StationNetwork
from sim.simulation.dispatch.move_up.policy import Engine, Move, Situation


class ComplianceTable:
    """Follows the row of the table for the number of free engines."""

    asked_on_return = True

    def __init__(self, network: StationNetwork) -> None:
        self.network = network
        self.rows = self._given() or self._greedy()

    def row(self, engines: int) -> tuple[int, ...]:
        """Return the stations for this number of engines: the row for the number, or the next one below it."""
        known = [count for count in self.rows if count <= engines]
        return self.rows[max(known)] if known else ()

    def decide(self, situation: Situation) -> Iterator[Move]:
        """Yield the moves that fill the row's empty stations, then those home."""
        free, moving = situation.engines(), situation.moving()
        row = self.row(len(free) + len(moving))
        held = {engine.station for engine in moving}
        spare: list[Engine] = []
        for engine in sorted(
            free, key=lambda engine: engine.home != engine.station
        ):  # its own engines keep a station
            if engine.station in row and engine.station not in held:
                held.add(engine.station)
            else:
                spare.append(engine)
        empty = [station for station in row if station not in held]
        travel = np.array([[self.network.travel_s(e.station, to) for e in spare] for to in empty])
        used = set()
        if empty and spare:
            for place, engine in zip(*linear_sum_assignment(travel), strict=True):
                used.add(spare[engine])
                yield Move(spare[engine].unit, empty[place])
        for engine in spare:
            if engine not in used and engine.home != engine.station:
                yield Move(engine.unit, engine.home)

    def _given(self) -> dict[int, tuple[int, ...]]:
        names, rows = {site.name for site in self.network.region.sites}, {}
        for count, stations in self.network.rules.table.items():
            key = f"dispatch.move_up.table.{count}"
            if not count.isdigit() or len(set(stations)) != int(count):
                raise SimError(
                    f"{key} must name as many stations as it says, each once, found {len(set(stations))}."
                )
            if unknown := set(stations) - names:
                raise SimError(f"{key} names {min(unknown)}, which is not in the region's stations.csv.")
            known = self.network.names  # a station may not be open yet
            rows[int(count)] = tuple(known[name] for name in stations if name in known)
        return rows

    def _greedy(self) -> dict[int, tuple[int, ...]]:
        network = self.network
        row: list[int] = []
        rows: dict[int, tuple[int, ...]] = {}
        while len(row) < len(network.stations):
            cover = network.cover(row)
            left = [station for station in network.stations if station not in row]
            row.append(max(left, key=lambda station: network.marginal_coverage(cover, station)))
            rows[len(row)] = tuple(row)
        return rows
