"""When an incident leaves a station empty, an engine moves up from the nearest station that can spare one.

Source: an assumption (`m_moveup`), modelled on dispatchers who work without a tool. A station is empty if none of its
engines could go out. No engine moves if one already covers the area from its own station (`dispatch.move_up.gain_min`).
The donor keeps one engine. Of several empty stations the one farthest from help comes first. Ties of distance go to the
first in the table of stations.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.simulation.dispatch.move_up.network import StationNetwork
from sim.simulation.dispatch.move_up.policy import Move, Situation

DONORS = 8  # stations looked at, nearest first
KEEP = 1  # engines that stay at the station that lends


class NearestMoveUp:
    """Fills empty stations from the nearest donors."""

    def __init__(self, network: StationNetwork) -> None:
        self.network = network
        self.gain_s = network.rules.gain_min * 60

    def decide(self, situation: Situation) -> Iterator[Move]:
        """Yield a move to each station that has just been left without an engine."""
        empty = [
            station
            for station in sorted(situation.left & set(self.network.stations))
            if not situation.engines_at(station)
        ]
        for station in sorted(empty, key=lambda station: -self._help_s(station, situation)):
            for donor in self.network.nearest(station, DONORS):
                engines = situation.engines_at(donor)
                if not engines:
                    continue
                if self.network.travel_s(donor, station) < self.gain_s:
                    break  # a near engine covers the area from home
                if len(engines) > KEEP and engines[-1].home == donor:  # a moved-up engine is not moved on
                    yield Move(engines[-1].unit, station)
                    break

    def _help_s(self, station: int, situation: Situation) -> float:
        """Return the seconds from the nearest other station that has an engine."""
        near = self.network.nearest(station, DONORS)
        return min(
            (self.network.travel_s(d, station) for d in near if situation.engines_at(d)), default=math.inf
        )
