"""Calls and open incidents: Poisson by the hour, negative-binomial days, infinitely many servers."""

import numpy as np
import pytest

from experiments.verification import arrivals, exact
from experiments.verification.arrivals import ENGINES, FIRST_DAY, SHORT, counts_by, per_day
from experiments.verification.reduced_model import fits, simulate
from sim.calendar import MONTH_DAYS, month_of_year, whole_hour

HOURS, MONTHS = arrivals.hours(), arrivals.months()


@pytest.fixture(scope="module")
def profiled():
    """Calls by Quzhou's hours and months."""
    return arrivals.profiled_runs()


def test_hourly_call_counts_have_the_configured_rates(profiled):
    found = counts_by(whole_hour, profiled, 24)
    shares = np.array(HOURS) / sum(HOURS)
    assert fits(found, shares * found.sum())
    assert not fits(found, np.roll(shares, 1) * found.sum()), "an hour's shift must not pass"


def test_monthly_call_counts_have_the_configured_rates(profiled):
    found = counts_by(month_of_year, profiled, 12)
    assert fits(found, arrivals.month_shares() * found.sum())
    flat = np.array(MONTH_DAYS) / 365
    assert not fits(found, flat * found.sum()), "a year without seasons must not pass"


def test_calls_within_an_hour_are_poisson(profiled):
    """Numbers by hour of the year about their rates: the sum of (n - r)2 / r has mean 1 and variance 2 + 1/r a cell."""
    month = np.repeat(np.arange(12), MONTH_DAYS)[FIRST_DAY:]
    by_day = np.array(MONTHS)[month] / sum(MONTHS) / np.array(MONTH_DAYS)[month]
    rate = 10_000 * np.outer(by_day, np.array(HOURS) / sum(HOURS))
    for run in profiled:
        hour = (run.incidents["time_s"] // 3600).astype(int)
        seen = np.bincount(hour, minlength=365 * 24).reshape(365, 24)[FIRST_DAY:]
        assert abs(_surplus(seen, rate)) < 3.29  # 99.9 %
        # Both hours' calls in each: spread too evenly.
        even = np.repeat(seen.reshape(-1, 2).sum(axis=1), 2).reshape(seen.shape) / 2
        assert _surplus(even, rate) < -3.29


def _surplus(seen, rate):
    return ((seen - rate) ** 2 / rate - 1).sum() / np.sqrt((2 + 1 / rate).sum())


def test_daily_counts_are_negative_binomial():
    days = per_day(
        simulate("demand.calls_per_year=3650", "demand.dispersion=3", ENGINES, SHORT, "replications=6")
    )
    observed = np.bincount(days, minlength=61)[:61]
    expected = exact.daily(10, 3, 61)
    assert observed.sum() == len(days)
    assert fits(observed, expected * len(days))
    poisson = exact.poisson(10, 61)
    assert not fits(observed, poisson * len(days)), "days without overdispersion must not pass"
    other = exact.daily(10, 4.5, 61)
    assert not fits(observed, other * len(days)), "days with another dispersion must not pass"


def test_daily_counts_without_dispersion_are_poisson():
    days = per_day(simulate("demand.calls_per_year=3650", ENGINES, SHORT, "replications=4"))
    expected = exact.poisson(10, 40) * len(days)
    assert fits(np.bincount(days, minlength=40)[:40], expected)


def test_open_incidents_on_ordinary_days_are_poisson():
    """All of Quzhou, every tier and mechanism: forces are seldom short, so incidents hardly hold each other up."""
    (statistic, critical), _ = arrivals.open_fit(0)
    assert statistic <= critical
