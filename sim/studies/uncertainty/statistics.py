"""What is not known told apart from chance, the inputs that decide, and what it is worth to know one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.analysis.anchors import Target
from sim.analysis.statistics import holm
from sim.studies.uncertainty.draws import Floats

CUT = 3.0  # a draw is ruled out above this implausibility (Craig et al. 1997): Pukelsheim's three sigma
LEVEL = 0.90  # of the intervals of what is not known, and of the chance from which a sentence is printed
Z = 1.644854  # of that level, two-sided
CURVE = 2  # degree of the regression of a result on one input
SHUFFLES = 1000  # of an input, for what the regression finds in noise
HOLDS, FAILS, OPEN = "holds", "does_not_hold", "cannot_be_told"
TENTHS = 10  # parts of the draws, of which one in turn is left out
ROUNDING = 1e-9  # of a benefit: a gain below this share of the largest is none
COLUMNS = ("parameter", "share", "p")


def implausibility(found: Floats, anchors: Sequence[Target]) -> Floats:
    """Return the distance of each draw from each anchor in standard deviations, (draws, anchors).

    `found` is (draws, replications, anchors). The variance is that of the published number and of the model's own
    discrepancy, and the Monte Carlo error of a draw. The published range is read as plus and minus two sigma; the
    discrepancy (another country, what the model leaves out) is taken to be as large again.
    """
    chance = error(found) ** 2
    columns = []
    for place, anchor in enumerate(anchors):
        distance, half = anchor.off(found[:, :, place].mean(axis=1))
        columns.append(np.abs(distance) / np.sqrt(2 * (half / 2) ** 2 + chance[place]))
    return np.array(columns).T


def error(found: Floats) -> Floats:
    """Return the Monte Carlo error of a draw's mean by column of (draws, replications, columns), pooled over draws."""
    variance = np.var(found, axis=1, ddof=1)
    known = np.isfinite(variance)
    pooled = np.where(known, variance, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return np.asarray(np.sqrt(pooled / found.shape[1]))


@dataclass(frozen=True)
class Split:
    """A quantity over the draws: its values without the Monte Carlo error, and the variances of its two parts."""

    draws: Floats
    chance: float  # variance of a draw's mean over its replications
    not_known: float  # variance between draws

    @property
    def interval(self) -> tuple[float, float, float]:
        """The middle draw, and between what the middle 90 % of the draws lie, with the Monte Carlo error of them all."""
        low, middle, high = np.quantile(self.draws, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
        below, above = (float(np.hypot(middle - end, Z * self.error)) for end in (low, high))
        return float(middle), float(middle) - below, float(middle) + above

    @property
    def error(self) -> float:
        """The Monte Carlo error of the mean over all draws, without which pure chance would look certain."""
        return math.sqrt(self.chance / len(self.draws))

    def holds(self, bound: float, *, above: bool, closed: bool = False) -> Floats:
        """Return the chance of each draw to lie on a side of a bound; `closed` bounds count as that side."""
        from scipy import special

        off = (self.draws - bound) * (1 if above else -1)
        if self.error == 0:
            return np.asarray(off >= 0 if closed else off > 0, dtype=float)
        return np.asarray(special.ndtr(off / self.error))

    @property
    def chance_share(self) -> float:
        """The share of chance in the variance of what was run; 0 where nothing varies."""
        total = self.chance + self.not_known
        return self.chance / total if total > 0 else 0.0


def split(runs: Floats) -> Split:
    """Split a quantity, (draws, replications), by one-way analysis of variance with random effects.

    The variance of the draws' means is that of what is not known plus that within draws over the replications. The
    means are drawn together about their mean until they have the variance of what is not known alone.
    """
    means = runs.mean(axis=1)
    chance = float(np.var(runs, axis=1, ddof=1).mean()) / runs.shape[1]
    total = float(np.var(means, ddof=1)) if len(means) > 1 else 0.0
    not_known = max(total - chance, 0.0)
    centre = float(means.mean())
    shrink = np.sqrt(not_known / total) if total > 0 else 0.0
    return Split(centre + shrink * (means - centre), chance, not_known)


def verdict(share: float) -> str:
    """Return what is printed of a claim that holds in this share of the draws."""
    return HOLDS if share >= LEVEL else FAILS if share <= 1 - LEVEL + 1e-12 else OPEN


def left_out(runs: Floats, bound: float, *, above: bool) -> tuple[float, float]:
    """Try interval and sentence on draws that they are not made of: every tenth of `runs`, (draws, replications).

    Both are made of the other nine tenths. Returns the share of the draws left out that lie in the interval, and the
    share that contradicts the sentence (of the tenths for which one is printed; NaN if none is).
    """
    values, held, against = split(runs).draws, [], []
    for first in range(min(TENTHS, len(runs))):
        out = np.arange(len(runs)) % TENTHS == first
        rest = split(runs[~out])
        _, low, high = rest.interval
        held += ((low <= values[out]) & (values[out] <= high)).tolist()
        said = verdict(float(np.mean(rest.holds(bound, above=above))))
        if said != OPEN:
            against += ((values[out] > bound) != (above == (said == HOLDS))).tolist()
    return float(np.mean(held)), float(np.mean(against)) if against else math.nan


def chance(holds: Floats) -> tuple[float, float, float]:
    """Return the share of draws in which a claim holds, with Wilson's 95 % interval."""
    count, share = len(holds), float(np.mean(holds))
    z2 = 1.959964**2 / count
    middle, half = (share + z2 / 2) / (1 + z2), np.sqrt(z2 * (share * (1 - share) + z2 / 4)) / (1 + z2)
    return share, max(float(middle - half), 0.0), min(max(float(middle + half), share), 1.0)


def fitted(shares: Floats, values: Floats) -> Floats:
    """Return the regression of values, (draws, ...), on one input as a share of its law, (draws,)."""
    return np.asarray(np.polynomial.legendre.legvander(2 * shares - 1, CURVE) @ curves(shares, values))


def curves(shares: Floats, values: Floats) -> Floats:
    """Return the coefficients of that regression, (terms, ...), of Legendre's polynomials."""
    design = np.polynomial.legendre.legvander(2 * shares - 1, CURVE)
    return np.asarray(np.linalg.lstsq(design, values, rcond=None)[0])


def first_order(names: Sequence[str], shares: Floats, values: Floats) -> pd.DataFrame:
    """Return the share of the variance that goes with each input alone, the largest first.

    It is the R² of a curve over the input's ranks, adjusted for its terms; p is that of the F test, after Holm.
    """
    from scipy import special

    free = len(values) - CURVE - 1
    total = float(np.var(values)) * len(values)
    if free < 1 or total <= 0:
        return pd.DataFrame(columns=list(COLUMNS))
    rest = np.array([np.sum((values - fitted(column, values)) ** 2) for column in shares.T])
    tests = (total - rest) / CURVE / np.maximum(rest / free, 1e-300)
    p = holm(special.fdtrc(CURVE, free, tests))
    share = np.clip(1 - rest / free / (total / (len(values) - 1)), 0.0, 1.0)
    table = pd.DataFrame({"parameter": list(names), "share": share, "p": p})
    return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)


def worth(names: Sequence[str], shares: Floats, benefit: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    """Return what it is worth to know each input before one of the options is chosen, the largest first.

    The expected value of partial perfect information by regression (Strong and Oakley 2014), less what the same
    regression finds on average when the draws are shuffled; nothing where one of the shuffles finds as much. In the
    unit of the benefits.
    """
    matrix = np.array(list(benefit.values())).T
    now = matrix.mean(axis=0).max()
    rng = np.random.default_rng(seed)
    orders = [np.arange(len(matrix)), *(rng.permutation(len(matrix)) for _ in range(SHUFFLES))]
    shuffled = np.moveaxis(matrix[np.array(orders)], 0, 1).reshape(
        len(matrix), -1
    )  # (draws, shuffles × options)
    least, rows = ROUNDING * float(np.abs(matrix).max()), []
    for name, column in zip(names, shares.T, strict=True):
        curves = fitted(column, shuffled).reshape(len(matrix), len(orders), -1)
        gain, *noise = (curves.max(axis=2).mean(axis=0) - now).tolist()
        rows.append((name, gain - float(np.mean(noise)) if gain > max(noise) + least else 0.0))
    table = pd.DataFrame(rows, columns=["parameter", "worth"])
    return table.sort_values("worth", ascending=False, kind="stable", ignore_index=True)


def choices(benefit: Mapping[str, Floats]) -> pd.DataFrame:
    """Return what speaks for each option: its benefit, how often it is the best, and its regret."""
    matrix = np.array(list(benefit.values())).T
    regret = matrix.max(axis=1, keepdims=True) - matrix
    best = matrix.argmax(axis=1)
    low, middle, high = np.quantile(matrix, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2], axis=0)
    return pd.DataFrame({
        "option": list(benefit), "benefit": middle, "low": low, "high": high,
        "best": [float((best == place).mean()) for place in range(len(benefit))],
        "regret_mean": regret.mean(axis=0), "regret_95": np.quantile(regret, 0.95, axis=0),
    })  # fmt: skip
