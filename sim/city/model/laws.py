"""Laws of durations: fitted with censored values, chosen by the score on records that the fit has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.service import LEVELS, Quantiles

Floats = NDArray[np.float64]
FEW = 30  # values; with fewer the law is the one of all
LAWS = ("lognormal", "loglogistic", "gamma", "empirical")
CLEARLY = 0.005  # share of the score by which a law must be better than the observed distribution
BLOCKS = 5  # of time, each left out once
SMALLEST = 0.005  # share of the mean: a time of nothing, rounded to the second, is no number for a logarithm


@dataclass(frozen=True)
class Fitted:
    """A law with its quantiles."""

    law: str
    quantiles: Quantiles
    size: int  # values that it was fitted on
    censored: int = 0  # of them known to be longer only

    @property
    def plain(self) -> dict[str, Any]:
        """Return it for a file."""
        return {
            "law": self.law,
            "values": self.size,
            "censored": self.censored,
            "at": rounded(self.quantiles.at),
        }


def of_plain(plain: dict[str, Any]) -> Fitted:
    """Return a law from a file."""
    return Fitted(plain["law"], Quantiles(np.array(plain["at"])), plain["values"], plain["censored"])


def rounded(values: Floats) -> list[float]:
    """Return numbers with six digits, as a file keeps them."""
    return [float(f"{value:.6g}") for value in values]


def quantiles(law: str, values: Floats, longer: Floats) -> Quantiles:
    """Return the quantiles of a law fitted on values, and on others known to be longer than `longer`."""
    from scipy import stats

    if law == "empirical":
        return Quantiles(_kaplan_meier(values, longer))
    values = np.maximum(values, SMALLEST * values.mean())
    family = {"lognormal": stats.lognorm, "loglogistic": stats.fisk, "gamma": stats.gamma}[law]
    data = stats.CensoredData(uncensored=values, right=longer) if len(longer) else values
    if law == "lognormal" and not len(longer):
        logs = np.log(values)
        return Quantiles(np.exp(logs.mean() + logs.std() * stats.norm.ppf(LEVELS)))
    return Quantiles(np.asarray(family.ppf(LEVELS, *family.fit(data, floc=0)), dtype=np.float64))


def _kaplan_meier(values: Floats, longer: Floats) -> Floats:
    """Return the quantiles of the product-limit estimate (Kaplan and Meier 1958)."""
    if not len(longer):
        return np.asarray(np.quantile(values, LEVELS))
    every = np.concatenate([values, longer])
    seen = np.concatenate([np.ones(len(values)), np.zeros(len(longer))])
    order = np.lexsort((-seen, every))
    every, seen = every[order], seen[order]
    at_risk = len(every) - np.arange(len(every))
    gone = 1 - np.cumprod(1 - seen / at_risk)
    return np.asarray(np.interp(LEVELS, gone[seen > 0], every[seen > 0]))


def crps(at: Floats, values: Floats) -> Floats:
    """Return the continuous ranked probability score of each value under quantiles at `LEVELS`.

    Twice the mean pinball loss over the levels (Laio and Tamea 2007).
    """
    gap = values[:, None] - at
    return np.asarray(2 * np.mean(np.where(gap >= 0, LEVELS * gap, (LEVELS - 1) * gap), axis=1))


def crps_each(expected: Floats, spread: Floats, values: Floats) -> Floats:
    """Return the score of each value under expected × spread, the factor's quantiles at `LEVELS`."""
    return np.asarray(expected * crps(spread, values / expected))


def fit(values: Floats, longer: Floats | None = None) -> Fitted:
    """Return the law with the best score on blocks that it was not fitted on; values are in order of time."""
    longer = np.empty(0) if longer is None else longer
    if len(values) < FEW:
        return Fitted("lognormal", quantiles("lognormal", values, longer), len(values), len(longer))
    block = np.arange(len(values)) * BLOCKS // len(values)
    score = dict.fromkeys(LAWS, 0.0)
    for law in LAWS:
        for left_out in range(BLOCKS):
            at = quantiles(law, values[block != left_out], longer).at
            score[law] += float(crps(at, values[block == left_out]).sum())
    best = min(LAWS, key=lambda law: score[law])
    if score[best] > (1 - CLEARLY) * score["empirical"]:
        best = "empirical"  # a score hardly sees the tails
    return Fitted(best, quantiles(best, values, longer), len(values), len(longer))
