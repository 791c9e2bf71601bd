"""Statistics over replications: intervals, differences, many-to-one comparisons.

Replications lie along the last axis, so one call handles one series or a whole table of them: results are
numbers for an array of shape (replications,) and arrays of shape (...) for (..., replications). NaN marks an
indicator without a value in a replication (an empty group). It is left out, and every result reports the
remaining n. A bound or p-value that cannot be computed is NaN. Infinite values raise a ValueError.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVEL = 0.95
# Sums of thousands of seconds differ in the last digits with the order of summation. A difference below this
# share of the values is rounding: without the rule its t statistic, noise over noise, could be "significant".
ROUNDING = 1e-12
MOST_REPLICATIONS = 2**53


@dataclass(frozen=True)
class Interval:
    """An estimate with its two-sided confidence interval, in the unit of the values, and the n behind it."""

    estimate: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray

    @property
    def half_width(self) -> FloatArray:
        """Half the length of the interval, in the unit of the values."""
        return (self.high - self.low) / 2

    @property
    def relative_half_width(self) -> FloatArray:
        """Half-width as a share of the estimate's size; infinite or NaN where the estimate is zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return _number(self.half_width / np.abs(self.estimate))


@dataclass(frozen=True)
class Difference:
    """A scenario's mean minus its baseline's, with the Student law that the estimate follows.

    `n` and `baseline_n` are the replications used on either side (equal when paired), `freedom` the degrees
    of freedom. `variance_reduction` is the variance that the difference would have with independent
    replications over the variance that it has with paired ones: NaN if unpaired or if nothing varies.
    """

    baseline_mean: FloatArray
    mean: FloatArray
    difference: FloatArray
    standard_error: FloatArray
    freedom: FloatArray
    n: IntArray
    baseline_n: IntArray
    variance_reduction: FloatArray

    def interval(self, level: ArrayLike = LEVEL) -> tuple[FloatArray, FloatArray]:
        """Low and high bound of the difference at a confidence level (one, or one for each difference)."""
        half_width = _t_quantile(level, self.freedom) * self.standard_error
        return self.difference - half_width, self.difference + half_width

    @property
    def p(self) -> FloatArray:
        """Two-sided p-value of "no difference": 1 where all replications agree exactly, NaN below two."""
        size = np.abs(self.difference)
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(
                size > 0, size / self.standard_error, np.where(np.isnan(self.standard_error), np.nan, 0.0)
            )
        from scipy import special  # half a second to import: not for those who only read a run

        return _number(2 * special.stdtr(self.freedom, -t))


def student(values: ArrayLike) -> Interval:
    """Mean over replications with its 95 % Student interval; below two values the bounds are NaN."""
    n, mean, variance = _moments(_checked(values))
    half_width = _t_quantile(LEVEL, _freedom(n)) * np.sqrt(variance / np.maximum(n, 1))
    return Interval(mean, mean - half_width, mean + half_width, n)


def replications_needed(values: ArrayLike, precision: float) -> int | None:
    """Replications in total for a half-width of at most `precision` times the mean's size, or None.

    The mean and the spread are those of the values so far (one series), so this is a step of a sequential
    procedure: run, ask, run what is missing, ask again, stop when the answer is no more than what was run.
    None: fewer than two values, or a mean of zero that varies and can have no relative precision.
    """
    if not precision > 0:
        raise ValueError(f"precision must be a positive share of the mean, not {precision}")
    n, mean, variance = _moments(_checked(values))
    if n < 2:
        return None
    target = precision * abs(float(mean))
    deviation = float(np.sqrt(variance))

    def is_precise(replications: int) -> bool:
        half_width = float(_t_quantile(LEVEL, replications - 1)) * deviation / math.sqrt(replications)
        return half_width <= target

    if not is_precise(MOST_REPLICATIONS):
        return None
    return 2 + bisect_left(range(2, MOST_REPLICATIONS + 1), True, key=is_precise)  # noqa: FBT003


def paired(values: ArrayLike, baseline: ArrayLike) -> Difference:
    """Compare replications that met the same workloads: the i-th value of either is the same replication.

    A replication that lacks a value on one side is left out on both, so the difference is exactly that of
    the two means reported.
    """
    a, b = _checked(values), _checked(baseline)
    missing = np.isnan(a) | np.isnan(b)
    a, b = np.where(missing, np.nan, a), np.where(missing, np.nan, b)
    d = a - b
    d = np.where(np.abs(d) <= ROUNDING * np.maximum(np.abs(a), np.abs(b)), 0.0, d)
    n, difference, variance = _moments(d)
    _, mean, variance_a = _moments(a)
    _, baseline_mean, variance_b = _moments(b)
    with np.errstate(divide="ignore", invalid="ignore"):
        reduction = _number((variance_a + variance_b) / variance)
    error = np.sqrt(variance / np.maximum(n, 1))
    return Difference(baseline_mean, mean, difference, error, _freedom(n), n, n, reduction)


def welch(values: ArrayLike, baseline: ArrayLike) -> Difference:
    """Compare independent replications, which may differ in number and in variance (Welch, Satterthwaite)."""
    a, b = _checked(values), _checked(baseline)
    n_a, mean_a, variance_a = _moments(a)
    n_b, mean_b, variance_b = _moments(b)
    part_a, part_b = variance_a / np.maximum(n_a, 1), variance_b / np.maximum(n_b, 1)
    total = part_a + part_b
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = total**2 / (part_a**2 / (n_a - 1) + part_b**2 / (n_b - 1))
    # Where neither side varies the formula is 0/0; any law will do, since the standard error is zero.
    freedom = _number(np.where(total == 0, n_a + n_b - 2, freedom))
    reduction = _number(np.full(np.shape(total), np.nan))
    return Difference(mean_b, mean_a, mean_a - mean_b, np.sqrt(total), freedom, n_a, n_b, reduction)


def holm(p: ArrayLike) -> FloatArray:
    """Holm's step-down p-values over the first axis (the comparisons of one family); NaN is no comparison.

    Controls the chance of any false finding in the family whatever the dependence of the comparisons, and
    scenarios on common random numbers that share a baseline are very dependent.
    """
    p = np.asarray(p, dtype=np.float64)
    order = np.argsort(p, axis=0, kind="stable")  # NaN last
    rank = np.arange(len(p)).reshape(-1, *[1] * (p.ndim - 1))
    stepped = np.take_along_axis(p, order, axis=0) * (family_size(p) - rank)
    stepped = np.minimum(np.maximum.accumulate(stepped, axis=0), 1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, stepped, axis=0)
    return adjusted


def family_size(p: ArrayLike) -> IntArray:
    """Count the comparisons that were possible (p is not NaN) over the first axis."""
    return _count((~np.isnan(np.asarray(p, dtype=np.float64))).sum(axis=0))


def bonferroni_level(comparisons: ArrayLike) -> FloatArray:
    """Level at which each of several intervals must be built so that together they all hold with 95 %.

    Needs no assumption on the dependence of the comparisons. The sharper exact intervals for common random
    numbers (Nelson and Matejcik 1995) need all paired differences to have one variance, which scenarios of
    very different reach do not, and are liberal where it fails.
    """
    return _number(1 - (1 - LEVEL) / np.maximum(comparisons, 1))


def _checked(values: ArrayLike) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim == 0:
        raise ValueError("values must have an axis of replications, not be a single number")
    if np.isinf(x).any():
        raise ValueError("values must be finite, or NaN where a replication has none")
    return x


def _moments(x: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """Count, mean and variance (n - 1) of what is not NaN; NaN where the count is too small."""
    known = ~np.isnan(x)
    n = _count(known.sum(axis=-1))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(known, x, 0).sum(axis=-1) / n
        square = np.where(known, x - np.expand_dims(mean, -1), 0) ** 2
        variance = _number(np.where(n > 1, square.sum(axis=-1) / (n - 1), np.nan))
    return n, mean, variance


def _freedom(n: IntArray) -> FloatArray:
    return _number(np.where(n > 1, n - 1, np.nan))


def _t_quantile(level: ArrayLike, freedom: ArrayLike) -> FloatArray:
    """Two-sided quantile of Student's law: the multiple of the standard error at a confidence level."""
    from scipy import special

    return _number(special.stdtrit(freedom, (1 + np.asarray(level)) / 2))


def _number(x: ArrayLike) -> FloatArray:
    """Turn a zero-dimensional array into the number it is, so that it prints and formats as one."""
    number: FloatArray = np.asarray(x, dtype=np.float64)[()]
    return number


def _count(x: ArrayLike) -> IntArray:
    count: IntArray = np.asarray(x, dtype=np.int64)[()]
    return count
