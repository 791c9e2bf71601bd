"""One proof: an exact value by a method independent of the simulation, and the value of the reduced model."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from experiments.verification.reduced_model import interval


@dataclass(frozen=True)
class Proof:
    """A law and how the model keeps it: by a Student interval over replications, or by a chi-square statistic.

    For the chi-square `exact` is the critical value at LEVEL, `simulated` the statistic, and `half` is nan.
    `wrong` is what a deliberate mistake would have made of the exact value (or of the statistic): it must be refused.
    """

    law: str
    quantity: str
    method: str  # how the exact value was found
    exact: float
    simulated: float
    half: float  # half-width of the interval at LEVEL
    mistake: str
    wrong: float
    replications: int
    margin: float = 0.0  # known bias of the reduction, relative
    seconds: float = math.nan

    @property
    def by_interval(self) -> bool:
        """Tell whether the judgement is by interval, not by chi-square."""
        return math.isfinite(self.half)

    @property
    def met(self) -> bool:
        """Tell whether the model keeps the law."""
        return self._agrees(self.exact) if self.by_interval else self.simulated <= self.exact

    @property
    def refused(self) -> bool:
        """Tell whether the deliberate mistake is seen."""
        return not self._agrees(self.wrong) if self.by_interval else self.wrong > self.exact

    @property
    def width(self) -> float:
        """Half-width of the interval against the exact value."""
        return self.half / abs(self.exact)

    def _agrees(self, value: float) -> bool:
        return abs(self.simulated - value) <= self.half + self.margin * abs(value)


def by_interval(
    law: str, quantity: str, method: str, exact: float, values: Iterable[float], mistake: str, wrong: float,
    margin: float = 0.0,
) -> Proof:  # fmt: skip
    """Return the proof by a Student interval at LEVEL over the values of the replications."""
    values = list(values)
    mean, half = interval(values)
    return Proof(law, quantity, method, exact, mean, half, mistake, wrong, len(values), margin)


def by_chi_square(
    law: str, quantity: str, method: str, fit: tuple[float, float], mistake: str, wrong: tuple[float, float],
    replications: int,
) -> Proof:  # fmt: skip
    """Return the proof by Pearson's statistic, given with its critical value, and the one under the mistake."""
    statistic, critical = fit
    # The mistake's statistic is held against its own critical value; in the table both stand for this one.
    other = wrong[0] * critical / wrong[1]
    return Proof(law, quantity, method, critical, statistic, math.nan, mistake, other, replications)
