"""DMEXCLP: an idle engine goes where it adds most to the expected coverage.

Source: C. J. Jagtenberg, S. Bhulai and R. D. van der Mei, An efficient heuristic for real-time ambulance redeployment,
Operations Research for Health Care 4 (2015) 27-35. Coverage is that of MEXCLP (M. S. Daskin 1983): each engine is busy
with the same probability q (`dispatch.move_up.busy_share`), independently of the others. One more engine where there
are k covers (1 - q) q^k of the demand. All idle engines count where they stand or drive to, as in the source.

Differences: ambulances have no home, and only one that has just become idle is moved. Here the rule also applies when
engines have been sent out, to the one idle engine whose move gains most. The gain minus the loss at its present station
must be at least `LEAST_GAIN` of the demand. One engine moves at a time, as in the source.
Ties: the engine stays; of stations or engines that gain the same, the first in the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.simulation.dispatch.move_up.network import StationNetwork
from sim.simulation.dispatch.move_up.policy import Move, Situation

LEAST_GAIN = 0.001  # of the demand: for less, no engine moves


class Dmexclp:
    """Moves one engine at each decision."""

    asked_on_return = True

    def __init__(self, network: StationNetwork) -> None:
        self.network = network

    def decide(self, situation: Situation) -> Iterator[Move]:
        """Yield the best move, if one is worth while."""
        network, idle = self.network, situation.engines()
        cover = network.cover(engine.station for engine in (*idle, *situation.moving()))
        best, gain = None, LEAST_GAIN
        for engine in idle:
            if not situation.left and engine.unit not in situation.returned:
                continue  # on a return only those that have just become idle
            others = cover - network.covered[engine.station]
            here = network.marginal_coverage(others, engine.station)
            for station in network.stations:
                more = network.marginal_coverage(others, station) - here
                if more > gain:
                    best, gain = Move(engine.unit, station), more
        if best is not None:
            yield best
