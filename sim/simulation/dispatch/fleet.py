"""The state of the units: which are free, where they are, and which crews they have.

A unit is not tracked while it drives. Sending it fixes its arrival; releasing it fixes when it can be sent
again. A comparison of times tells whether it is free, so no event is needed.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.simulation.dispatch.returning_units import ReturningUnits
from sim.simulation.story import NEVER
from sim.terms import BRIGADE, KINDS_FOR, PROVIDERS, RUN_CARD_TIERS
from sim.world.forces import Forces


class Fleet:
    """Units and crews of all stations during a replication."""

    def __init__(self, forces: Forces) -> None:
        self.forces = forces
        self.free_from = [0.0] * len(forces.units)  # NEVER while the release is not known
        self.station_of = [unit.station for unit in forces.units]
        self._kind = [
            unit.kind if unit.tier == BRIGADE else "" for unit in forces.units
        ]  # needs are the brigade's
        self.returning_units = ReturningUnits(forces)
        self.away: set[int] = set()  # units that are not free, and some that are again
        self._out: list[list[int]] = [[] for _ in forces.stations]  # units away, cleaned when looked at
        self._able = _able(forces)
        self._per_vehicle = forces.crew_per_vehicle
        self.moved_up: dict[int, int] = {}  # engines that stand in elsewhere, and where
        self.move_ends: dict[int, float] = {}  # when an engine's last move ends, to stand in or home
        self._crews_moved = [0] * len(forces.stations)

    def able(self, capability: str) -> list[list[int]]:
        """Return the units with a capability by station, in the order of PROVIDERS (simplest kind first)."""
        return self._able[capability]

    def is_free(self, unit: int, now: float) -> bool:
        """Tell whether the unit stands ready at its station; this does not check its crew."""
        return self.free_from[unit] <= now

    def out(self, station: int, now: float) -> int:
        """Return how many of a station's units are out or on their way home, each with its crew."""
        out = self._out[station]
        if out:
            free_from = self.free_from
            for unit in out:
                if free_from[unit] <= now:
                    out = self._out[station] = [other for other in out if free_from[other] > now]
                    break
        return len(out)

    def crews(self, station: int, persons: int, now: float) -> int:
        """Return how many crews a professional station can still staff; the last crew may be two persons short."""
        return (persons + 2) // self._per_vehicle - self.out(station, now) - self._crews_moved[station]

    def send(self, unit: int) -> None:
        """Take the unit out of its station until it is released."""
        self.free_from[unit] = NEVER
        self.away.add(unit)
        if unit in self.moved_up:
            return  # its crew is away from home already
        out = self._out[self.station_of[unit]]
        if unit not in out:  # one that was on its way home is still counted as away
            out.append(unit)

    def release(self, unit: int, ready: float) -> None:
        """Fix when the unit can be sent again from its station."""
        self.free_from[unit] = ready

    def helps(self, unit: int, needs: Iterable[str]) -> bool:
        """Tell whether one of the needs can be met once a released unit is ready.

        The unit itself may meet it, or another unit of its station that had no crew.
        """
        free_from, ready, home = self.free_from, self.free_from[unit], self.station_of[unit]
        kind = self._kind[unit]
        return any(
            kind in PROVIDERS[need] or any(free_from[other] <= ready for other in self._able[need][home])
            for need in needs
        )

    def next_ready(self, now: float, needs: Iterable[str]) -> float:
        """Return when the next unit that can meet one of the needs is ready; infinite if no release is known."""
        free_from = self.free_from
        self.away = {unit for unit in self.away if free_from[unit] > now}
        released = sorted((free_from[unit], unit) for unit in self.away if free_from[unit] < NEVER)
        return next((ready for ready, unit in released if self.helps(unit, needs)), NEVER)

    def move_up(self, unit: int, station: int, ready: float) -> None:
        """Move a unit with its crew to another station, which it covers from `ready` on."""
        home = self.station_of[unit]
        self._move(unit, self.moved_up.get(unit, home), station)
        self._crews_moved[home] += unit not in self.moved_up
        self.moved_up[unit] = station
        self.free_from[unit] = self.move_ends[unit] = ready
        self.away.add(unit)

    def return_home(self, unit: int, ready: float) -> None:
        """Send a moved-up unit home, where it is ready from `ready` on."""
        home = self.station_of[unit]
        self._move(unit, self.moved_up.pop(unit), home)
        self._crews_moved[home] -= 1
        self.free_from[unit] = self.move_ends[unit] = ready
        self.away.add(unit)
        self._out[home].append(unit)  # its crew is on the road with it until then

    def _move(self, unit: int, origin: int, target: int) -> None:
        for by_station in self._able.values():
            if unit in by_station[origin]:
                by_station[origin] = [other for other in by_station[origin] if other != unit]
                by_station[target] = [*by_station[target], unit]


def _able(forces: Forces) -> dict[str, list[list[int]]]:
    """Return the units by capability and station. Stations without units share one empty list, which never changes."""
    nobody: list[int] = []
    found = {capability: [nobody] * len(forces.stations) for capability in KINDS_FOR}
    brigade = [unit for unit in forces.units if unit.tier == BRIGADE]
    others = [unit for unit in forces.units if unit.tier in RUN_CARD_TIERS and unit.tier != BRIGADE]
    for capability, by_station in found.items():
        kinds = KINDS_FOR[capability]
        able = [unit for unit in (brigade if capability in PROVIDERS else others) if unit.kind in kinds]
        for unit in sorted(able, key=lambda unit: kinds.index(unit.kind)):  # stable: then as they stand
            if by_station[unit.station] is nobody:
                by_station[unit.station] = []
            by_station[unit.station].append(unit.index)
    return found
