"""When calls come and how many are open: Poisson by the hour, negative-binomial days, infinitely many servers."""

import exact
import numpy as np
import pytest
from reduced import DAY_S, WARM_S, agrees, busy, fits, simulate
from scipy.special import ndtr

from sim.config.compose import compose

HOURS = compose([]).demand.hours_other  # Quzhou's profile
MONTHS = compose([]).demand.months_social
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
AS_QUZHOU = f"demand.hours_other={list(HOURS)}"
ENGINES = "forces.professional.classes.class1.vehicles.engine=50"
SHORT = "fireground.on_scene.others.social_assistance.scale=600"
EVERY_DAY = int(WARM_S // DAY_S)


@pytest.fixture(scope="module")
def profiled():
    """Calls by Quzhou's hours and months."""
    return simulate(
        "demand.calls_per_year=10000",
        AS_QUZHOU,
        f"demand.months_social={list(MONTHS)}",
        ENGINES,
        SHORT,
        "replications=3",
    )


def by_hour(runs):
    return sum(
        np.bincount((run.incidents["time_s"] % DAY_S // 3600).astype(int), minlength=24) for run in runs
    )


def test_calls_by_hour_have_their_rates(profiled):
    counts = by_hour(profiled)
    shares = np.array(HOURS) / sum(HOURS)
    assert fits(counts, shares * counts.sum())
    assert not fits(counts, np.roll(shares, 1) * counts.sum()), "an hour's shift must not pass"


def test_calls_by_month_have_their_rates(profiled):
    month = np.repeat(np.arange(12), MONTH_DAYS)
    counts = sum(
        np.bincount(month[(run.incidents["time_s"] // DAY_S).astype(int)], minlength=12) for run in profiled
    )
    shares = np.array(MONTHS, dtype=float)
    shares[0] *= (31 - EVERY_DAY) / 31  # the first days are left out
    assert fits(counts, shares / shares.sum() * counts.sum())
    flat = np.array(MONTH_DAYS) / 365
    assert not fits(counts, flat * counts.sum()), "a year without seasons must not pass"


def test_calls_within_an_hour_are_poisson(profiled):
    """Numbers by hour of the year about their rates: the sum of (n - r)2 / r has mean 1 and variance 2 + 1/r a cell."""
    month = np.repeat(np.arange(12), MONTH_DAYS)[EVERY_DAY:]
    by_day = np.array(MONTHS)[month] / sum(MONTHS) / np.array(MONTH_DAYS)[month]
    rate = 10_000 * np.outer(by_day, np.array(HOURS) / sum(HOURS))
    for run in profiled:
        hour = (run.incidents["time_s"] // 3600).astype(int)
        counts = np.bincount(hour, minlength=365 * 24).reshape(365, 24)[EVERY_DAY:]
        surplus = ((counts - rate) ** 2 / rate - 1).sum() / np.sqrt((2 + 1 / rate).sum())
        assert abs(surplus) < 3.29  # 99.9 %
        crowded = np.repeat(counts.reshape(-1, 2).sum(axis=1), 2).reshape(
            counts.shape
        )  # both hours' calls in each
        assert ((crowded / 2 - rate) ** 2 / rate - 1).sum() / np.sqrt((2 + 1 / rate).sum()) < -3.29, (
            "spread too evenly"
        )


def per_day(runs):
    return np.concatenate(
        [
            np.bincount((run.incidents["time_s"] // DAY_S).astype(int), minlength=365)[EVERY_DAY:]
            for run in runs
        ]
    )


def test_days_are_negative_binomial():
    days = per_day(
        simulate("demand.calls_per_year=3650", "demand.dispersion=3", ENGINES, SHORT, "replications=6")
    )
    observed = np.bincount(days, minlength=61)[:61]
    expected = np.array([exact.negative_binomial(10, 3, count) for count in range(61)])
    assert observed.sum() == len(days)
    assert fits(observed, expected * len(days))
    poisson = np.array([exact.poisson(10, count) for count in range(61)])
    assert not fits(observed, poisson * len(days)), "days without overdispersion must not pass"
    other = np.array([exact.negative_binomial(10, 4.5, count) for count in range(61)])
    assert not fits(observed, other * len(days)), "days with another dispersion must not pass"


def test_days_without_dispersion_are_poisson():
    days = per_day(simulate("demand.calls_per_year=3650", ENGINES, SHORT, "replications=4"))
    expected = [exact.poisson(10, count) * len(days) for count in range(40)]
    assert fits(np.bincount(days, minlength=40)[:40], expected)


def test_busy_units_by_the_hour_are_poisson():
    """M(t)/G/infinity: calls by Quzhou's hours, log-normal service, more engines than are ever wanted."""
    sd_log, median_h = 0.7, 3.0
    runs = simulate(
        "demand.calls_per_year=8760",
        AS_QUZHOU,
        ENGINES,
        f"fireground.on_scene.others.social_assistance={{law: lognormal, scale: {median_h * 3600}, sd_log: {sd_log}}}",
        "replications=6",
    )
    rates = np.array(HOURS) / sum(HOURS) * 24  # calls an hour

    def survives(hours):
        with np.errstate(divide="ignore"):
            return ndtr(-np.log(hours / median_h) / sd_log)

    days = np.arange(EVERY_DAY + 1, 365) * DAY_S
    for hour in (4.0, 17.5):
        mean = exact.busy_at(hour, rates, survives)
        seen = [busy(run, days + hour * 3600) for run in runs]
        # The trip there and back, 9 s in four hours, adds 0.1 %.
        assert agrees([counts.mean() for counts in seen], mean, widest=0.15, margin=0.002)
        counts = np.concatenate(seen)
        expected = [exact.poisson(mean, count) * len(counts) for count in range(40)]
        assert fits(np.bincount(counts, minlength=40)[:40], expected)
    late = exact.busy_at(4.0, np.full(24, 1.0), survives)
    assert not agrees([busy(run, days + 4 * 3600).mean() for run in runs], late, widest=0.25)


def open_incidents(runs, moments):
    counts = []
    for run in runs:
        since = np.sort(run.incidents["time_s"])
        until = np.sort(run.incidents["time_s"] + run.incidents["closed_s"])
        counts.append(np.searchsorted(since, moments) - np.searchsorted(until, moments))
    return np.concatenate(counts)


@pytest.mark.parametrize(
    ("dispersion", "right"),
    [
        pytest.param(0, True, id="ordinary days"),
        pytest.param(2, False, id="overdispersed", marks=pytest.mark.slow),
    ],
)
def test_open_incidents_on_ordinary_days_are_poisson(dispersion, right):
    """All of Quzhou, every tier and mechanism: forces are seldom short, so incidents hardly hold each other up."""
    runs = simulate(f"demand.dispersion={dispersion}", "replications=6", experiment="theory/ordinary_days")
    duration = np.mean([run.incidents["closed_s"].mean() for run in runs])
    mean = 3500 / (365 * DAY_S) * duration
    moments = np.arange(WARM_S + 2 * DAY_S, 365 * DAY_S, 6 * 3600.0)
    counts = open_incidents(runs, moments)
    expected = [exact.poisson(mean, count) * len(counts) for count in range(20)]
    assert fits(np.bincount(counts, minlength=20)[:20], expected) is right
