"""How the units of a service work, as fitted from its own log. Without a log (Quzhou) there is none of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
LEVELS = (np.arange(200) + 0.5) / 200  # levels of a quantile table
Z = ndtri(LEVELS)
STEPS_Z, STEPS_A_Z = 4, 50


@dataclass(frozen=True)
class Quantiles:
    """A distribution as its quantiles at the levels `LEVELS`: any law, fitted or observed."""

    at: Floats  # (levels,), increasing

    def draw(self, z: NDArray[np.floating]) -> Floats:
        """Return the quantiles for standard normal numbers, of their shape."""
        return np.asarray(np.interp(z, Z, self.at))

    @property
    def steps(self) -> list[float]:
        """Return the quantiles at standard normal numbers from -STEPS_Z to STEPS_Z, for single draws (`at_step`)."""
        grid: list[float] = self.draw(np.linspace(-STEPS_Z, STEPS_Z, 2 * STEPS_Z * STEPS_A_Z + 1)).tolist()
        return grid

    @property
    def mean(self) -> float:
        """Return the mean of the table."""
        return float(self.at.mean())


@dataclass(frozen=True)
class Shared:
    """Shares of the variance of a unit's luck that it has in common with others; the rest is its own."""

    incident: float
    station: float

    @property
    def weights(self) -> tuple[float, float, float]:
        """Return the weights of the draws of the incident, the station and the unit: squares that sum to one."""
        return self.incident**0.5, self.station**0.5, max(1 - self.incident - self.station, 0.0) ** 0.5


@dataclass(frozen=True)
class Service:
    """Numbers of a service.

    A trip takes expected + (noise_s + noise_share × expected) × a draw of `noise`; so noise has an additive part.
    Each vehicle has a draw of its own. It shares some of its luck with the others of its station at the same incident,
    and some with all units there.
    """

    turnout_s: Floats  # (stations,) mean by station
    turnout_hour: Floats  # (24,) factor by the hour of the day
    turnout: Quantiles  # factor, mean 1
    noise: Quantiles
    noise_s: float
    noise_share: float
    trip_shared: Shared
    turnout_shared: Shared
    choice_s: float  # sd of what the dispatcher knows about expected times and the log does not tell
    own_s: float  # lead that the dispatcher gives to the station in whose ground the incident lies
    stay: tuple[Quantiles, ...]  # seconds at the scene by type of incident
    cancelled: tuple[
        float, ...
    ]  # share turned back on the way: one sent alone, the first of several, all others


@dataclass(frozen=True)
class Absence:
    """A unit out for other reasons than the incidents of the log, such as an inspection or training."""

    unit: int
    from_s: float
    until_s: float
