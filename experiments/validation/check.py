"""One check: the expected value, its source, and the simulated value."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.typing import ArrayLike

from sim.analysis.statistics import student


@dataclass(frozen=True)
class Check:
    """A quantity with the band it must lie in and what the simulation or the formulas give."""

    number: str  # where the expectation stands: "model 4.1", "fact 7"
    quantity: str
    low: float
    high: float
    unit: str
    source: str
    found: float
    found_low: float = math.nan  # 95 % interval over replications, where there is one
    found_high: float = math.nan
    why: str = ""  # for a band that is missed: the reason, as far as it is known
    seconds: float = math.nan  # its share of the simulation that serves it

    @property
    def met(self) -> bool:
        """Tell whether the mean lies in the band."""
        return self.low <= self.found <= self.high


def over(values: ArrayLike) -> tuple[float, float, float]:
    """Return mean, low and high of the 95 % interval over replications."""
    interval = student(values)
    return float(interval.estimate), float(interval.low), float(interval.high)
