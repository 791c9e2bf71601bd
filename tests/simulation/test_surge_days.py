"""Surge days have queues, waits and reduced coverage; ordinary days have hardly any.

Default Quzhou before the plan, 20 replications of the year, the flood held on days 180 and 181. A day of a kind is
compared with the other days of its own replication; a claim holds if the 95 % interval of the difference is beyond
the margin that is stated.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.small_world import HOUR_S, NOON_S, Call, build, play, region
from scipy import stats

from experiments.validation import surge


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    return surge.run(20, 1)


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the 95 % Student interval of a mean, straight from its definition."""
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def more_than_ordinary(found: pd.DataFrame, day: str, measure: str) -> float:
    """Return the lower bound of how much more of a measure a kind of day has than the ordinary days."""
    wide = found.pivot_table(index="replication", columns="day", values=measure)
    return interval((wide[day] - wide["ordinary"]).to_numpy())[0]


def on_ordinary_days(found: pd.DataFrame, measure: str) -> float:
    """Return the upper bound of a measure on ordinary days."""
    return interval(found.loc[found["day"] == "ordinary", measure].to_numpy())[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("day", "measure", "margin"),
    [
        ("new_year_eve", "calls", 4.0),  # 2.1 times 9.6 calls against 9.4: at least four more
        ("flood", "calls", 15.0),  # four times as many
        ("new_year_eve", "open", 0.05),  # other incidents open at an order: 0.51 on an ordinary day
        ("flood", "open", 0.8),
        ("flood", "nearest_out", 0.01),  # the nearest capable station is out: 0.017 on an ordinary day
        ("flood", "queued_1", 0.015),  # waits for a seat, were there but one: 0.020 on an ordinary day
    ],
)
def test_surge_days_have_more_calls_waits_and_shortages(
    found: pd.DataFrame, day: str, measure: str, margin: float
) -> None:
    assert more_than_ordinary(found, day, measure) > margin


@pytest.mark.slow
@pytest.mark.parametrize(
    ("measure", "limit"),
    [
        ("nearest_out", 0.02),
        ("short", 0.001),
        ("queued_4", 0.0002),
        ("queued_1", 0.025),
    ],
)
def test_ordinary_days_have_hardly_any_waits_or_shortages(
    found: pd.DataFrame, measure: str, limit: float
) -> None:
    assert on_ordinary_days(found, measure) < limit


@pytest.mark.slow
def test_four_seats_are_enough_on_surge_days(found: pd.DataFrame) -> None:
    """A flood day's 38 calls of 100 s each, and their repeat callers, are a twentieth of one seat's time.

    Even if all came in the six busiest hours, a load of 0.2 erlangs, Erlang's formula has all four seats taken at
    B(4, 0.2) = (0.2⁴ / 24) / 1.2214 = 5.5e-5 of the calls.
    """
    assert found.loc[found["day"].isin(["flood", "new_year_eve"]), "queued_4"].mean() < 1e-3


@pytest.mark.slow
def test_surge_checks_have_intervals_and_are_met(found: pd.DataFrame) -> None:
    rows = surge.checks(found)
    assert len({row.quantity for row in rows}) == len(rows)
    assert [row.quantity for row in rows if not row.met] == []
    assert all(row.found_low <= row.found <= row.found_high for row in rows)


def test_burst_of_calls_is_answered_in_order_as_seats_fall_free() -> None:
    """Eight calls in a minute, four seats of 90 s: the first four are answered at once, the others as seats fall free."""
    land = region(sites=(("一站", "class1", 0.0, 0.0),))
    burst = [Call("social_assistance", NOON_S + 10.0 * n) for n in range(8)]
    ordinary = [Call("social_assistance", NOON_S + n * HOUR_S) for n in range(8)]
    # seats fall free at 90, 100, 110 and 120 s; the calls of 40, 50, 60 and 70 s wait 50 s each
    assert play(build(land), *burst).incidents["answered_s"].tolist() == [0, 0, 0, 0, 50, 50, 50, 50]
    assert play(build(land), *ordinary).incidents["answered_s"].tolist() == [0] * 8
