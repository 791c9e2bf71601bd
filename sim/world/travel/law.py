"""Expected travel by a law of distance.

Route = distance × detour. The first `local_m` of the route follow the law of Kolesar, Walker and Hausner: on a route
shorter than v²/a, accelerate at `a` for half the way; else reach the cruise speed v. The rest is driven at trunk
speed. These values depend on the setting of the destination's cell (parameter book 5 and 8). Beyond `far_m` of the
straight line the way leads by main roads, which have a detour and a speed of their own.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.calendar import DAY_HOURS, WEEK_HOURS, hour_of_week
from sim.config.groups.travel import TravelConfig
from sim.libm import exp
from sim.terms import SETTINGS
from sim.world.region import Region
from sim.world.travel.model import Cells, Destinations, Floats, Places, Trips, Whole


class TravelLaw:
    """The law of Kolesar, Walker and Hausner. The nearest is the quickest: time grows with distance alone."""

    def __init__(self, config: TravelConfig, region: Region) -> None:
        self.config = config
        self.notes: list[str] = []
        self._setting = region.cells.setting
        self._euclid = config.metric == "euclid"
        self._detour = np.array([config.detour[name] for name in SETTINGS])
        self._local_m: float = config.local_m
        self._cruise = np.array([config.local_kmh[name] / 3.6 for name in SETTINGS])
        self._trunk = np.array([config.trunk_kmh[name] / 3.6 for name in SETTINGS])
        acceleration = config.acceleration_ms2
        self._far_m: float = config.far_m
        self._far_detour, self._far_ms = config.far_detour, config.far_kmh / 3.6
        self._acceleration: float = acceleration if acceleration > 0 else math.inf
        self._cruise_from_m = self._cruise**2 / self._acceleration  # route that just reaches cruise speed
        self._hours = self._hour_factors()
        # the same by cell as plain numbers, for single trips inside the event model
        columns = (self._detour, self._cruise, self._trunk, self._cruise_from_m)
        rows = list(zip(*(column.tolist() for column in columns), strict=True))
        self._rows: list[tuple[float, float, float, float]] = [
            rows[setting] for setting in self._setting.tolist()
        ]

    def _hour_factors(self) -> Floats:
        """Return the speed factor by hour of the week and setting, (168, settings)."""
        if self.config.week_factor is not None:
            return np.repeat(np.array(self.config.week_factor)[:, None], len(SETTINGS), axis=1)
        factors = np.ones((DAY_HOURS, len(SETTINGS)))
        for hour in self.config.night_hours:
            factors[hour] *= self.config.night_factor
        for hour in self.config.peak_hours:
            factors[hour] *= [self.config.peak_factor[name] for name in SETTINGS]
        return np.tile(factors, (WEEK_HOURS // DAY_HOURS, 1))

    def trips(self, origins: Floats, to: Destinations) -> Trips:
        """Return the trips from origins to points; see `TravelModel`."""
        return self._by_distance(self._distance_m(origins, to.xy), to.cell)

    def nearest(self, places: Places, to: Destinations, count: int) -> tuple[Whole, Trips]:
        """Return the places that reach each point first, by spatial index: no table of places × points."""
        ranks, power = list(range(1, count + 1)), 2 if self._euclid else 1
        distance_m, found = places.tree.query(to.xy, k=ranks, p=power)
        return found, self._by_distance(distance_m, to.cell[:, None])

    def ranked(self, origins: Floats, x: float, y: float, cell: int) -> Whole:
        """Return the order in which origins reach one point."""
        del cell  # the same roads for all of them
        return np.argsort(self._distance_m(origins, np.array([x, y])), kind="stable")

    def trip(self, from_x: float, from_y: float, x: float, y: float, cell: int) -> tuple[float, float]:
        """Return seconds and route metres of one trip; the same law as `trips`."""
        dx, dy = x - from_x, y - from_y
        detour, cruise, trunk, cruise_from_m = self._rows[cell]
        distance = math.hypot(dx, dy) if self._euclid else abs(dx) + abs(dy)
        far = (distance - self._far_m) * self._far_detour if distance > self._far_m else 0.0
        route = (distance if distance < self._far_m else self._far_m) * detour
        local = route if route < self._local_m else self._local_m
        if local <= cruise_from_m:
            drive: float = 2 * math.sqrt(local / self._acceleration)
        else:
            drive = cruise / self._acceleration + local / cruise
        return drive + (route - local) / trunk + far / self._far_ms, route + far

    def home_s(self, x: float, y: float, home_x: float, home_y: float, cell: int) -> float:
        """Return the seconds home, on the incident's roads as on the way out."""
        return self.trip(x, y, home_x, home_y, cell)[0]

    def reach_m(self, drive_s: float, cell: int) -> float:
        """Return a straight distance; no unit from farther away reaches the cell within this time."""
        detour, cruise, trunk, _ = self._rows[cell]
        near_ms = max(cruise, trunk) / detour
        beyond_s = drive_s - self._far_m / near_ms
        return (
            drive_s * near_ms if beyond_s <= 0 else self._far_m + beyond_s * self._far_ms / self._far_detour
        )

    def speed_factor(self, time_s: Floats, cell: Cells, weather: Floats) -> Floats:
        """Return the factor on the speed by hour, setting and weather."""
        factor = self._hours[hour_of_week(np.asarray(time_s)), self._setting[cell]]
        bad = weather > 1 - self.config.bad_weather_share
        return np.asarray(np.where(bad, factor * self.config.bad_weather_factor, factor))

    def noise(self, z: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return the factor on the time of trips: log-normal, mean 1."""
        sigma = self.config.noise_sd_log
        return np.asarray(exp(sigma * z - sigma**2 / 2))

    def _distance_m(self, origins: Floats, points: Floats) -> Floats:
        """Return metres between points before the detour."""
        dx, dy = points[..., 0] - origins[..., 0], points[..., 1] - origins[..., 1]
        return np.asarray(np.hypot(dx, dy) if self._euclid else np.abs(dx) + np.abs(dy))

    def _by_distance(self, distance_m: Floats, cell: Cells) -> Trips:
        """Return trips of these distances; the arrays broadcast."""
        setting = self._setting[cell]
        far = np.maximum(distance_m - self._far_m, 0.0) * self._far_detour
        route = np.minimum(distance_m, self._far_m) * self._detour[setting]
        local = np.minimum(route, self._local_m)
        cruise, cruise_from_m = self._cruise[setting], self._cruise_from_m[setting]
        with np.errstate(invalid="ignore"):
            short = 2 * np.sqrt(local / self._acceleration)
        drive = np.where(local <= cruise_from_m, short, cruise / self._acceleration + local / cruise)
        drive = drive + np.maximum(route - self._local_m, 0.0) / self._trunk[setting]
        return Trips(drive + far / self._far_ms, route + far)
