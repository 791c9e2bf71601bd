"""Units on their way home: where they are, and which of them could be diverted to an incident.

A unit drives the straight line from the scene to its station. It is listed in every square of a coarse grid that this
line touches. So units near an incident are found without a search through all units of a country.
"""

from __future__ import annotations

from typing import Final

from sim.simulation.records import Dispatch
from sim.world.forces import Forces

SQUARE_M: Final = 50_000
MANY: Final = 100  # squares in a row that are not looked up one by one
FEW: Final = 4

Square = tuple[float, float]  # whole numbers


class ReturningUnit:
    """A unit on its way home that can be sent again."""

    __slots__ = ("dispatch", "home_s", "home_x", "home_y", "left_s", "unit", "x", "y")

    def __init__(
        self,
        unit: int,
        left_s: float,
        home_s: float,
        x: float,
        y: float,
        home_x: float,
        home_y: float,
        dispatch: Dispatch,
    ) -> None:
        self.unit = unit
        self.left_s, self.home_s = left_s, home_s
        self.x, self.y = x, y
        self.home_x, self.home_y = home_x, home_y
        self.dispatch = dispatch

    def place(self, now: float) -> tuple[float, float]:
        """Return where the unit is now."""
        done = min(max((now - self.left_s) / max(self.home_s - self.left_s, 1e-9), 0.0), 1.0)
        return self.x + (self.home_x - self.x) * done, self.y + (self.home_y - self.y) * done


class ReturningUnits:
    """The units on their way home, by squares of the grid."""

    def __init__(self, forces: Forces) -> None:
        homes = [forces.stations[unit.station] for unit in forces.units]
        self._x, self._y = [home.x for home in homes], [home.y for home in homes]
        self._squares: dict[Square, list[ReturningUnit]] = {}
        self.last_home_s = 0.0  # from then on no unit is on the road
        self._many: dict[Square, int] = {}  # length at which a square's list is gone through

    def add(
        self, unit: int, now: float, left_s: float, home_s: float, x: float, y: float, dispatch: Dispatch
    ) -> None:
        """Add a unit that leaves (x, y) for home now or later: one still on its way there turns round at the scene."""
        if home_s > self.last_home_s:
            self.last_home_s = home_s
        home_x, home_y = self._x[unit], self._y[unit]
        item = ReturningUnit(unit, left_s, home_s, x, y, home_x, home_y, dispatch)
        for square in _squares(x, y, home_x, home_y):
            there = self._squares.setdefault(square, [])
            there.append(item)
            if len(there) > self._many.get(square, FEW):  # some are home by now
                there[:] = [other for other in there if other.home_s > now or other is item]
                self._many[square] = 2 * len(there) + FEW

    def remove(self, item: ReturningUnit) -> None:
        """Remove a unit that is sent again."""
        for square in _squares(item.x, item.y, item.home_x, item.home_y):
            self._squares[square].remove(item)

    def near(self, x: float, y: float, reach_m: float, now: float) -> list[ReturningUnit]:
        """Return units now on their way home: at least all within `reach_m` of a point in a straight line."""
        if now >= self.last_home_s:
            return []
        squares = self._squares
        if reach_m > MANY * SQUARE_M:
            wanted = list(squares)
        else:
            wanted = _squares(x - reach_m, y - reach_m, x + reach_m, y + reach_m)
        found: list[ReturningUnit] = []
        for square in wanted:
            there = squares.get(square)
            if there is None:
                continue
            still = [item for item in there if item.home_s > now]
            if not still:
                del squares[square]  # most have driven through by the time that somebody looks
                continue
            squares[square] = still
            found += [item for item in still if item.left_s <= now]
        return found


def _squares(x: float, y: float, other_x: float, other_y: float) -> list[Square]:
    """Return the squares that the box between two points touches."""
    west, south, east, north = x // SQUARE_M, y // SQUARE_M, other_x // SQUARE_M, other_y // SQUARE_M
    if west == east and south == north:
        return [(west, south)]
    if west > east:
        west, east = east, west
    if south > north:
        south, north = north, south
    columns, rows = range(int(west), int(east) + 1), range(int(south), int(north) + 1)
    return [(i, j) for i in columns for j in rows]
