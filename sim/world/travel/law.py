"""Expected travel times: what a dispatcher knows before the wheels roll.

Route = distance × detour. The first `local_m` of the route are driven by the law of Kolesar, Walker and Hausner
(accelerate at `a` for half the way while the route is shorter than v²/a, else reach the cruise speed v), the
rest at trunk speed. All by the setting of the destination (parameter book 5 and 8).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.travel import TravelConfig
from sim.terms import SETTINGS

Floats = NDArray[np.float64]
DAY_S = 86_400


class TravelLaw:
    """The travel law of a region, for arrays and for single trips."""

    def __init__(self, config: TravelConfig) -> None:
        self.config = config
        self.euclid = config.metric == "euclid"
        self.detour = np.array([config.detour[name] for name in SETTINGS])
        self._local_m = config.local_m
        self._cruise = np.array([config.local_kmh[name] / 3.6 for name in SETTINGS])
        self._trunk = np.array([config.trunk_kmh[name] / 3.6 for name in SETTINGS])
        acceleration = config.acceleration_ms2
        self._acceleration = acceleration if acceleration > 0 else math.inf
        self._reach_m = self._cruise**2 / self._acceleration  # route on which cruise speed is just reached
        self._hours = self._hour_factors()
        # the same as plain numbers, for single trips inside the event model
        self._rows: list[tuple[float, float, float, float]] = list(
            zip(
                self.detour.tolist(),
                self._cruise.tolist(),
                self._trunk.tolist(),
                self._reach_m.tolist(),
                strict=True,
            )
        )

    def _hour_factors(self) -> Floats:
        """Return the speed factor by hour and setting, (24, settings)."""
        factors = np.ones((24, len(SETTINGS)))
        for hour in self.config.night_hours:
            factors[hour] *= self.config.night_factor
        for hour in self.config.peak_hours:
            factors[hour] *= [self.config.peak_factor[name] for name in SETTINGS]
        return factors

    def distance(self, dx: Floats, dy: Floats) -> Floats:
        """Return metres between points whose coordinates differ by dx and dy, before the detour."""
        return np.hypot(dx, dy) if self.euclid else np.abs(dx) + np.abs(dy)

    def seconds(self, distance_m: Floats, setting: NDArray[np.int8]) -> Floats:
        """Return the expected travel times in seconds at speed factor 1; the arrays broadcast."""
        route = distance_m * self.detour[setting]
        local = np.minimum(route, self._local_m)
        cruise, reach = self._cruise[setting], self._reach_m[setting]
        with np.errstate(invalid="ignore"):
            short = 2 * np.sqrt(local / self._acceleration)
        drive = np.where(local <= reach, short, cruise / self._acceleration + local / cruise)
        return np.asarray(drive + np.maximum(route - self._local_m, 0.0) / self._trunk[setting])

    def trip(self, distance_m: float, setting: int) -> float:
        """Return the expected travel time of one trip; the same law as `seconds`."""
        drive: float
        detour, cruise, trunk, reach = self._rows[setting]
        route = distance_m * detour
        local = route if route < self._local_m else self._local_m
        if local <= reach:
            drive = 2 * math.sqrt(local / self._acceleration)
        else:
            drive = cruise / self._acceleration + local / cruise
        return drive + (route - local) / trunk

    def farthest(self, seconds: float, setting: int, speed: float) -> float:
        """Return a distance in metres that no trip goes beyond in this time at this speed factor."""
        detour, cruise, trunk, _ = self._rows[setting]
        return seconds * speed * max(cruise, trunk) / detour

    def speed_factor(
        self, time_s: Floats, setting: NDArray[np.int8], bad_weather: NDArray[np.bool_]
    ) -> Floats:
        """Return the factor on the speed at a time of the year, by hour and weather."""
        hour = (np.asarray(time_s) % DAY_S // 3600).astype(np.int64)
        factor = self._hours[hour, setting]
        return np.asarray(np.where(bad_weather, factor * self.config.bad_weather_factor, factor))
