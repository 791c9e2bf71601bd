"""Expected trips of a city: a fitted law of distance, or a fitted multiple of the time through the streets.

A cell is a place of the log. From a station the way to a place is known exactly; from elsewhere, such as a unit on its
way home, the law of distance gives it, stretched as that of the nearest station.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.world.travel.model import Cells, Destinations, Floats, Places, Trips, Whole

ROUTE = 1.3  # length of a route over the straight line, for the column route_m alone (m_city_route)


@dataclass(frozen=True)
class Law:
    """Seconds by kilometres in a straight line: base + slope × km ** power."""

    base_s: float
    slope_s: float
    power: float

    def seconds(self, straight_m: Floats) -> Floats:
        """Return the expected seconds."""
        return np.asarray(self.base_s + self.slope_s * (straight_m / 1000) ** self.power)


class CityTravel:
    """A travel model over stations and places; see `sim.world.travel.model.TravelModel`."""

    def __init__(
        self, stations: Floats, places: Floats, law: Law, streets: Floats | None, hour: Floats
    ) -> None:
        """`streets` are fitted seconds through the streets, (stations, places); `hour` the factor on times by hour."""
        self.notes: list[str] = []
        self._law, self._hour = law, hour
        self._xy = stations
        straight = np.hypot(*(stations[:, None] - places[None]).transpose(2, 0, 1))
        by_law = law.seconds(straight)
        self._seconds = by_law if streets is None else streets
        self._stretch = self._seconds / np.maximum(by_law, 1.0)
        self._metres = straight * ROUTE
        self._tree = cKDTree(stations)
        self._row = {tuple(point): row for row, point in reversed(list(enumerate(stations.tolist())))}
        self._plain: list[list[float]] = self._seconds.tolist()

    def trips(self, origins: Floats, to: Destinations) -> Trips:
        """Return the trips from origins to places."""
        gap, row = self._tree.query(origins)
        straight = np.hypot(*(np.moveaxis(origins - to.xy, -1, 0)))
        known = np.broadcast_to(gap == 0, straight.shape)
        seconds = np.where(
            known, self._seconds[row, to.cell], self._law.seconds(straight) * self._stretch[row, to.cell]
        )
        return Trips(seconds, straight * ROUTE)

    def nearest(self, places: Places, to: Destinations, count: int) -> tuple[Whole, Trips]:
        """Return the places that reach each point first."""
        _, rows = self._tree.query(places.xy)
        seconds = self._seconds[rows][:, to.cell].T
        first = np.argsort(seconds, axis=1, kind="stable")[:, :count]
        metres = self._metres[rows][:, to.cell].T
        return first, Trips(
            np.take_along_axis(seconds, first, axis=1), np.take_along_axis(metres, first, axis=1)
        )

    def ranked(self, origins: Floats, x: float, y: float, cell: int) -> Whole:
        """Return the order in which origins reach one point."""
        return np.argsort(
            self.trips(origins, Destinations(np.array([x, y]), np.array(cell))).drive_s, kind="stable"
        )

    def trip(self, from_x: float, from_y: float, x: float, y: float, cell: int) -> tuple[float, float]:
        """Return seconds and route metres of one trip."""
        straight = float(np.hypot(x - from_x, y - from_y))
        row = self._row.get((from_x, from_y))
        if row is not None:
            return self._plain[row][cell], straight * ROUTE
        row = int(self._tree.query((from_x, from_y))[1])
        law = self._law
        by_law = law.base_s + law.slope_s * (straight / 1000) ** law.power
        return by_law * float(self._stretch[row, cell]), straight * ROUTE

    def home_s(self, x: float, y: float, home_x: float, home_y: float, cell: int) -> float:
        """Return the seconds home."""
        return self.trip(home_x, home_y, x, y, cell)[0]

    def reach_m(self, drive_s: float, cell: int) -> float:
        """Return a straight distance; no unit from farther away reaches the place within this time."""
        law, least = self._law, float(self._stretch[:, cell].min()) / float(self._hour.max())
        left = drive_s / max(least, 1e-6) - law.base_s
        return 0.0 if left <= 0 else 1000 * (left / max(law.slope_s, 1e-6)) ** (1 / law.power)

    def speed_factor(self, time_s: Floats, cell: Cells, weather: Floats) -> Floats:
        """Return the factor on the speed by the hour of the day."""
        return np.asarray(1 / self._hour[(np.asarray(time_s) // 3600 % 24).astype(np.int64)])

    def noise(self, z: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return the draws as they are: the noise is that of the service (`sim.simulation.prepare.luck`)."""
        return z
