"""One check: the expected value, its source, and the simulated value."""

from __future__ import annotations

import math
from dataclasses import dataclass


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
