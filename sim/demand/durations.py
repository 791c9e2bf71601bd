"""Random durations from ready draws: a standard normal number becomes the same quantile of any distribution."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from sim.config.groups.forces import Duration
from sim.libm import exp

Floats = NDArray[np.float64]


def draw(duration: Duration, z: Floats) -> Floats:
    """Return durations in seconds for standard normal numbers `z`, increasing in z."""
    if duration.law == "lognormal":
        return np.asarray(duration.scale * exp(duration.sd_log * np.asarray(z, dtype=np.float64)))
    if duration.law == "exponential":
        return np.asarray(-duration.scale * log_ndtr(-np.asarray(z, dtype=np.float64)))
    return np.full(np.shape(z), duration.scale)


def mean(duration: Duration) -> float:
    """Return the expected duration in seconds."""
    return (
        duration.scale * math.exp(duration.sd_log**2 / 2) if duration.law == "lognormal" else duration.scale
    )


class SingleDraws:
    """Single durations in seconds, as `draw` gives many."""

    def __init__(self, duration: Duration) -> None:
        self._lognormal, self._constant = duration.law == "lognormal", duration.law == "constant"
        self._scale: float = duration.scale
        self._sd_log: float = duration.sd_log

    def draw(self, z: float) -> float:
        """Return the duration for a standard normal number."""
        if self._lognormal:
            return self._scale * math.exp(self._sd_log * z)
        return self._scale if self._constant else -self._scale * float(log_ndtr(-z))
