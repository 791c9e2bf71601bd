"""The interface of a move-up policy: its information and its moves.

It sees what a dispatcher knows: which engines stand where with a crew, expected travel times, where people live. A
move takes an engine with its crew to another station, or back home.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.move_up.network import StationNetwork


class Engine(NamedTuple):
    """An engine at a station, or on its way there."""

    unit: int
    home: int
    station: int


class Move(NamedTuple):
    """An engine goes to another station to cover it, or returns home."""

    unit: int
    station: int


class Situation:
    """The engines at a moment. It is live: after a move has been yielded it shows the move."""

    __slots__ = ("fleet", "left", "network", "now", "persons", "returned")

    def __init__(
        self,
        now: float,
        left: frozenset[int],
        returned: frozenset[int],
        network: StationNetwork,
        fleet: Fleet,
        persons: list[int],
    ) -> None:
        self.now = now
        self.left = left  # stations that engines have just left for an incident; empty when engines came back
        self.returned = returned  # engines that have just become ready again
        self.network = network
        self.fleet = fleet
        self.persons = persons  # on duty, by station

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
