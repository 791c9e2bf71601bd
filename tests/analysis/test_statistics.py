"""Intervals and differences agree with scipy.stats, with worked examples and with their nominal level."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from sim.analysis.statistics import (
    bonferroni_level,
    family_size,
    holm,
    paired,
    replications_needed,
    student,
    welch,
)

# Milliseconds, so that no difference is mistaken for rounding, which has a test of its own.
seconds = st.integers(-3_600_000, 3_600_000).map(lambda thousandths: thousandths / 1000)


def series(least: int = 2) -> st.SearchStrategy[np.ndarray]:
    return st.integers(least, 30).flatmap(lambda n: arrays(np.float64, n, elements=seconds))


def pairs() -> st.SearchStrategy[tuple[np.ndarray, np.ndarray]]:
    return st.integers(2, 30).flatmap(
        lambda n: st.tuples(arrays(np.float64, n, elements=seconds), arrays(np.float64, n, elements=seconds))
    )


def test_student_interval_of_a_worked_example():
    # mean 5, s² = 10, s/√n = √2, t(4; 0.975) = 2.7764
    interval = student([1, 3, 5, 7, 9])
    assert interval.estimate == 5
    assert interval.n == 5
    assert interval.half_width == pytest.approx(2.7764451 * np.sqrt(2))
    assert interval.relative_half_width == pytest.approx(2.7764451 * np.sqrt(2) / 5)


def test_student_interval_agrees_with_scipy():
    x = np.random.default_rng(3).gamma(2, 300, 25)
    expected = stats.ttest_1samp(x, 0).confidence_interval(0.95)
    interval = student(x)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_table_rows_equal_single_series():
    x = np.random.default_rng(4).normal(600, 60, (3, 2, 8))
    x[1, 0, 2:5] = np.nan
    table = student(x)
    for index in np.ndindex(3, 2):
        row = student(x[index])
        assert (table.low[index], table.high[index], table.n[index]) == (row.low, row.high, row.n)


def test_nan_is_excluded_and_counted():
    with_gap, without = student([4.0, np.nan, 6.0, 11.0]), student([4.0, 6.0, 11.0])
    assert with_gap == without
    assert with_gap.n == 3


@pytest.mark.parametrize(("values", "estimate", "n"), [([7.0], 7.0, 1), ([np.nan, 7.0], 7.0, 1)])
def test_single_value_has_a_mean_but_no_interval(values, estimate, n):
    interval = student(values)
    assert interval.estimate == estimate
    assert interval.n == n
    assert np.isnan([interval.low, interval.high]).all()


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_empty_series_has_no_mean(values):
    interval = student(values)
    assert interval.n == 0
    assert np.isnan([interval.estimate, interval.low, interval.high]).all()


@pytest.mark.parametrize(
    "call",
    [
        lambda: student([1.0, np.inf]),
        lambda: student(3.0),
        lambda: paired([1.0, 2.0], [1.0, 2.0, 3.0]),
        lambda: welch([1.0, 2.0], [1.0, -np.inf]),
        lambda: replications_needed([1.0, 2.0], 0),
    ],
)
def test_invalid_values_are_errors(call):
    with pytest.raises(ValueError, match=r"must be|broadcast|axis"):
        call()


def test_paired_difference_agrees_with_scipy():
    random = np.random.default_rng(5)
    b = random.normal(800, 90, 17)
    a = b - 40 + random.normal(0, 25, 17)
    expected = stats.ttest_rel(a, b)
    difference = paired(a, b)
    assert difference.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert difference.interval(0.99) == pytest.approx(tuple(expected.confidence_interval(0.99)))
    assert difference.p == pytest.approx(expected.pvalue)
    assert difference.difference == pytest.approx(a.mean() - b.mean())
    assert difference.variance_reduction == pytest.approx((a.var() + b.var()) / (a - b).var())
    assert difference.n == difference.baseline_n == 17


def test_paired_difference_with_gaps_agrees_with_scipy_on_the_whole_pairs():
    random = np.random.default_rng(6)
    a, b = random.normal(10, 3, (2, 12))
    a[[1, 4]], b[[4, 7]] = np.nan, np.nan
    whole = [i for i in range(12) if i not in (1, 4, 7)]
    expected = stats.ttest_rel(a, b, nan_policy="omit")
    difference = paired(a, b)
    assert difference.n == 9
    assert difference.p == pytest.approx(expected.pvalue)
    assert difference.mean == pytest.approx(a[whole].mean())
    assert difference.baseline_mean == pytest.approx(b[whole].mean())
    assert difference.variance_reduction == pytest.approx(
        (a[whole].var() + b[whole].var()) / (a[whole] - b[whole]).var()
    )


def test_welch_difference_agrees_with_scipy():
    random = np.random.default_rng(7)
    a, b = random.normal(700, 20, 9), random.normal(760, 140, 23)
    expected = stats.ttest_ind(a, b, equal_var=False)
    difference = welch(a, b)
    assert difference.interval() == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert difference.p == pytest.approx(expected.pvalue)
    assert difference.freedom == pytest.approx(expected.df)
    assert (difference.n, difference.baseline_n) == (9, 23)
    assert np.isnan(difference.variance_reduction)


def test_welch_excludes_gaps_on_each_side_separately():
    a, b = [3.0, np.nan, 5.0, 9.0], [1.0, 2.0, 2.5, np.nan]
    difference = welch(a, b)
    expected = stats.ttest_ind(a, b, equal_var=False, nan_policy="omit")
    assert difference.p == pytest.approx(expected.pvalue)
    assert (difference.n, difference.baseline_n) == (3, 3)


def test_constant_values_have_a_zero_width_interval():
    same, apart = welch([2.0, 2.0], [2.0, 2.0, 2.0]), welch([5.0, 5.0], [2.0, 2.0, 2.0])
    assert (same.difference, *same.interval(), same.p) == (0, 0, 0, 1)
    assert (apart.difference, *apart.interval(), apart.p) == (3, 3, 3, 0)
    shifted = paired([5.0, 6.0, 8.0], [2.0, 3.0, 5.0])
    assert (shifted.difference, *shifted.interval(), shifted.p) == (3, 3, 3, 0)
    assert shifted.variance_reduction == np.inf
    assert np.isnan(paired([5.0, 5.0], [2.0, 2.0]).variance_reduction)


def test_single_pair_has_a_difference_without_interval_or_p_value():
    difference = paired([5.0, np.nan], [3.0, 4.0])
    assert (difference.difference, difference.n) == (2, 1)
    assert np.isnan([*difference.interval(), difference.p, difference.variance_reduction]).all()


def test_rounding_difference_is_not_significant():
    # The same sum in two orders: a difference of a few units in the last place in every replication.
    b = np.random.default_rng(8).uniform(500, 900, 20)
    a = b * (1 + 4e-16)
    assert (a != b).all()
    difference = paired(a, b)
    assert (difference.difference, *difference.interval(), difference.p) == (0, 0, 0, 1)


@given(series())
def test_difference_of_a_series_with_itself_is_zero(x):
    difference = paired(x, x)
    assert (difference.difference, *difference.interval(), difference.p) == (0, 0, 0, 1)


@given(pairs())
def test_swapping_the_sides_swaps_the_signs(two):
    a, b = two
    for method in (paired, welch):
        there, back = method(a, b), method(b, a)
        low, high = back.interval()
        assert there.difference == pytest.approx(-back.difference)
        assert there.interval() == pytest.approx((-high, -low))
        assert there.p == pytest.approx(back.p)
        assert (there.mean, there.baseline_mean) == (back.baseline_mean, back.mean)


@given(pairs(), st.integers(-3600, 3600))
def test_shifting_one_side_shifts_only_the_difference(two, shift):
    a, b = two
    for method in (paired, welch):
        low, high = method(a, b).interval()
        assert method(a + shift, b).interval() == pytest.approx((low + shift, high + shift), abs=1e-6)


@given(series())
def test_welch_and_paired_agree_on_the_means(x):
    other = x[::-1].copy()
    assert paired(x, other).difference == pytest.approx(welch(x, other).difference, abs=1e-9)


def test_pairing_reduces_variance_as_the_correlation_predicts():
    # var(a) = var(b) = 1, correlation 0.9: 2 / (2 - 1.8) = 10
    a, b = np.random.default_rng(9).multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 20_000).T
    assert paired(a, b).variance_reduction == pytest.approx(10, rel=0.05)


def test_interval_coverage_over_a_thousand_studies_is_nominal():
    random = np.random.default_rng(2024)
    base = random.normal(800, 60, (1000, 12))
    scenario = base - 30 + random.normal(0, 25, (1000, 12))
    apart = random.normal(770, 20, (1000, 8))
    one = student(base)
    covered = {
        "student": (one.low <= 800) & (one.high >= 800),
        "paired": _holds(paired(scenario, base).interval(), -30),
        "welch": _holds(welch(apart, base).interval(), -30),
    }
    for name, hits in covered.items():
        assert 0.93 <= hits.mean() <= 0.97, name


def test_simultaneous_intervals_keep_the_joint_level():
    random = np.random.default_rng(77)
    base = random.normal(800, 60, (1000, 15))
    shifts = np.array([-60, -40, -20, 0, 20])
    noise = random.normal(0, 1, (5, 1000, 15)) * np.array([5, 10, 20, 40, 80])[:, None, None]
    differences = paired(base + shifts[:, None, None] + noise, np.broadcast_to(base, noise.shape))
    truth = shifts[:, None]
    together = _holds(differences.interval(bonferroni_level(5)), truth).all(axis=0).mean()
    single = _holds(differences.interval(), truth).all(axis=0).mean()
    assert 0.93 <= together <= 0.97
    assert single < 0.88  # 0.95⁵ = 0.77 with independent noise


def test_holm_keeps_the_family_wise_error_at_five_percent():
    random = np.random.default_rng(78)
    base = random.normal(0, 1, (2000, 10))
    p = paired(base + random.normal(0, 0.3, (6, 2000, 10)), np.broadcast_to(base, (6, 2000, 10))).p
    assert (p < 0.05).any(axis=0).mean() > 0.15
    assert 0.035 <= (holm(p) < 0.05).any(axis=0).mean() <= 0.065


def _holds(interval, truth):
    low, high = interval
    return (low <= truth) & (truth <= high)


def test_holm_of_a_worked_example():
    # 4 × 0.005, 3 × 0.01, 2 × 0.03, then 0.04 is raised to the step before it
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_holm_is_at_most_one_and_ignores_missing_comparisons():
    np.testing.assert_allclose(holm([0.6, np.nan, 0.02]), [0.6, np.nan, 0.04])
    np.testing.assert_allclose(holm([0.6, 0.7]), [1, 1])
    assert family_size([0.6, np.nan, 0.02]) == 2


@given(arrays(np.float64, (4, 3), elements=st.floats(0, 1) | st.just(np.nan)))
def test_holm_is_between_the_p_value_and_bonferroni(p):
    adjusted = holm(p)
    known = ~np.isnan(p)
    assert (np.isnan(adjusted) == np.isnan(p)).all()
    assert (adjusted[known] >= p[known]).all()
    assert (adjusted[known] <= np.minimum(p * family_size(p), 1)[known]).all()
    for column in range(3):
        np.testing.assert_array_equal(holm(p[:, column]), adjusted[:, column])


def test_bonferroni_level_divides_the_error():
    np.testing.assert_allclose(bonferroni_level([0, 1, 5]), [0.95, 0.95, 0.99])


@pytest.mark.parametrize("precision", [0.2, 0.05, 0.01, 0.001])
def test_replications_needed_is_the_smallest_sufficient_number(precision):
    x = np.random.default_rng(12).normal(100, 15, 10)
    needed = replications_needed(x, precision)

    def relative_half_width(n):
        return stats.t.ppf(0.975, n - 1) * x.std(ddof=1) / np.sqrt(n) / x.mean()

    assert relative_half_width(needed) <= precision
    assert needed == 2 or relative_half_width(needed - 1) > precision


def test_sequential_study_stops_at_the_requested_precision():
    random = np.random.default_rng(13)
    x = random.normal(50, 20, 10)
    while (needed := replications_needed(x, 0.05)) > len(x):
        # In small steps: ten values know their spread badly and may ask for far too many at once.
        x = np.append(x, random.normal(50, 20, min(needed - len(x), 10)))
    assert student(x).relative_half_width <= 0.05
    assert len(x) == pytest.approx((1.96 * 20 / 50 / 0.05) ** 2, rel=0.3)


def test_replications_needed_is_none_without_an_answer():
    assert replications_needed([3.0], 0.05) is None
    assert replications_needed([np.nan, 3.0], 0.05) is None
    assert replications_needed([-1.0, 1.0], 0.05) is None
    assert replications_needed([4.0, 4.0, np.nan], 0.05) == 2


def test_statistics_do_not_import_scipy_stats():
    code = (
        "import sys; from sim.analysis import compare, statistics as s; assert 'scipy' not in sys.modules; "
        "s.paired([1, 2], [2, 4]).p; s.replications_needed([1, 2], .1); "
        "sys.exit('scipy.stats' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
