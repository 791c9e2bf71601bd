"""Proofs of call times and open incidents: Poisson by the hour, negative-binomial days, infinitely many servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.special import ndtr

from experiments.verification import exact
from experiments.verification.proof import Proof, by_chi_square, by_interval
from experiments.verification.reduced_model import WARM_S, Run, busy, chi_square, simulate
from sim import calendar
from sim.calendar import DAY_S, MONTH_DAYS, YEAR_DAYS, YEAR_MONTHS, YEAR_S, day_of_year
from sim.config.compose import compose

ENGINES = "forces.professional.classes.class1.vehicles.engine=50"
SHORT = "fireground.on_scene.others.social_assistance.scale=600"
FIRST_DAY = int(WARM_S // DAY_S)  # the days before are left out
MOST = 61  # calls on a day


def hours() -> tuple[float, ...]:
    """Return Quzhou's calls by hour of the day, fires apart."""
    return compose([]).demand.hours_other


def months() -> tuple[float, ...]:
    """Return Quzhou's social assistance by month."""
    return compose([]).demand.months_social


def profiled_runs() -> list[Run]:
    """Return replications whose calls come by Quzhou's hours and months."""
    return simulate(
        "demand.calls_per_year=10000", f"demand.hours_other={list(hours())}", f"demand.months_social={list(months())}",
        ENGINES, SHORT, "replications=3",
    )  # fmt: skip


def counts_by(period: Callable[[np.ndarray], np.ndarray], runs: Sequence[Run], length: int) -> np.ndarray:
    """Return the calls by period of the year (hour of the day, month) over all replications."""
    return np.bincount(period(np.concatenate([run.incidents["time_s"] for run in runs])), minlength=length)


def month_shares() -> np.ndarray:
    """Return the share of each month in the calls after the first days."""
    shares = np.array(months(), dtype=float)
    shares[0] *= (31 - FIRST_DAY) / 31
    return np.asarray(shares / shares.sum())


def per_day(runs: Sequence[Run]) -> np.ndarray:
    """Return the calls of every day of all replications."""
    return np.concatenate([counts_by(day_of_year, [run], YEAR_DAYS)[FIRST_DAY:] for run in runs])


def profile() -> Iterator[Proof]:
    """Prove that calls are a non-homogeneous Poisson process, by hour and by month."""
    runs = profiled_runs()
    law, method = "non-homogeneous Poisson process", "given rates, Pearson"
    counts, shares = counts_by(calendar.whole_hour, runs, 24), np.array(hours()) / sum(hours())
    yield by_chi_square(
        law, f"calls by hour of the day ({counts.sum():,} calls)", method,
        chi_square(counts, shares * counts.sum()),
        "an hour's shift", chi_square(counts, np.roll(shares, 1) * counts.sum()), len(runs),
    )  # fmt: skip
    counts, shares = counts_by(calendar.month_of_year, runs, YEAR_MONTHS), month_shares()
    yield by_chi_square(
        law, "calls by month", method, chi_square(counts, shares * counts.sum()),
        "a year without seasons", chi_square(counts, np.array(MONTH_DAYS) / 365 * counts.sum()), len(runs),
    )  # fmt: skip


def days() -> Iterator[Proof]:
    """Prove the law of the daily counts, with and without overdispersion."""
    negative, poisson = exact.daily(10, 3, MOST), exact.poisson(10, MOST)
    for law, dispersion, replications, right, wrong, mistake in (
        ("negative-binomial days, k = 3", 3, 6, negative, poisson, "Poisson days"),
        ("Poisson days", 0, 4, poisson, negative, "negative-binomial days, k = 3"),
    ):
        runs = simulate(
            "demand.calls_per_year=3650", f"demand.dispersion={dispersion}", ENGINES, SHORT,
            f"replications={replications}",
        )  # fmt: skip
        calls = per_day(runs)
        counts = np.bincount(calls, minlength=MOST)[:MOST]
        yield by_chi_square(
            law, f"calls a day, mean 10 ({len(calls):,} days)", "closed form, Pearson",
            chi_square(counts, right * len(calls)),
            mistake, chi_square(counts, wrong * len(calls)), replications,
        )  # fmt: skip


SD_LOG, MEDIAN_H = 0.7, 3.0


def busy_runs() -> list[Run]:
    """Return replications with a call an hour by Quzhou's hours, log-normal service, more engines than are ever wanted."""
    service = f"{{law: lognormal, scale: {MEDIAN_H * 3600}, sd_log: {SD_LOG}}}"
    return simulate(
        "demand.calls_per_year=8760", f"demand.hours_other={list(hours())}", ENGINES,
        f"fireground.on_scene.others.social_assistance={service}", "replications=6",
    )  # fmt: skip


def survives(since_h: np.ndarray) -> np.ndarray:
    """Return the chance that a service lasts longer than so many hours."""
    with np.errstate(divide="ignore"):
        return np.asarray(ndtr(-np.log(since_h / MEDIAN_H) / SD_LOG))


def busy_by_hour() -> Iterator[Proof]:
    """M(t)/G/infinity: the number busy at an hour of the day is Poisson."""
    runs = busy_runs()
    rates = np.array(hours()) / sum(hours()) * 24  # calls an hour
    flat = exact.busy_at(4.0, np.full(24, 1.0), survives)
    mornings = np.arange(FIRST_DAY + 1, YEAR_DAYS) * DAY_S
    for hour in (4.0, 17.5):
        mean = exact.busy_at(hour, rates, survives)
        seen = [busy(run, mornings + hour * 3600) for run in runs]
        clock = f"{int(hour):02d}:{round(hour % 1 * 60):02d}"
        # The trip there and back, 9 s in four hours, adds 0.1 %.
        yield by_interval(
            "M(t)/G/∞, log-normal service", f"mean busy at {clock}", "integration", mean,
            [float(counts.mean()) for counts in seen], "no hours in the rates", flat, 0.002,
        )  # fmt: skip
        counts = np.bincount(np.concatenate(seen), minlength=40)[:40]
        law, moment = "M(t)/G/∞, log-normal service", f"number busy at {clock} is Poisson"
        yield by_chi_square(
            law, moment, "integration, Pearson", chi_square(counts, exact.poisson(mean, 40) * counts.sum()),
            "no hours in the rates", chi_square(counts, exact.poisson(flat, 40) * counts.sum()), len(runs),
        )  # fmt: skip


def still_open(run: Run, moments: np.ndarray) -> np.ndarray:
    """Return how many incidents are open at the moments."""
    since = run.incidents["time_s"]
    until = np.sort(since + run.incidents["closed_s"])
    return np.searchsorted(np.sort(since), moments) - np.searchsorted(until, moments)


def open_fit(dispersion: float) -> tuple[tuple[float, float], int]:
    """Return statistic and critical value of the number open in all of Quzhou against Poisson, and the replications."""
    runs = simulate(f"demand.dispersion={dispersion}", "replications=6", experiment="theory/ordinary_days")
    duration = np.mean([run.incidents["closed_s"].mean() for run in runs])
    mean = 3500 / YEAR_S * float(duration)
    moments = np.arange(WARM_S + 2 * DAY_S, YEAR_S, 6 * 3600.0)
    counts = np.concatenate([still_open(run, moments) for run in runs])
    expected = exact.poisson(mean, 20) * len(counts)
    return chi_square(np.bincount(counts, minlength=20)[:20], expected), len(runs)


def ordinary_days() -> Iterator[Proof]:
    """All of Quzhou, every tier and mechanism: forces are seldom short, so incidents hardly hold each other up."""
    fit, replications = open_fit(0)
    yield by_chi_square(
        "M/G/∞, all of Quzhou", "number of open incidents is Poisson", "Little's law, Pearson",
        fit, "overdispersed days", open_fit(2)[0], replications,
    )  # fmt: skip
