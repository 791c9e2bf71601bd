"""Calls over the year: months, New Year's Eve, Qingming, the flood. Surges shift calls and add none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.small_world import shipped

from sim.config.groups.demand import DemandConfig
from sim.demand.arrivals import daily_profile, rates, type_shares
from sim.demand.streams import Streams
from sim.terms import RESCUE_TYPES, TYPES

DEMAND = replace(shipped().demand, dispersion=0.0)
OUTDOOR = TYPES.index("outdoor_fire")
HIT = [TYPES.index(kind) for kind in (*RESCUE_TYPES, "social_assistance")]


def without(**surges: float) -> DemandConfig:
    """Return the demand with other surges."""
    return replace(DEMAND, surges=replace(DEMAND.surges, **surges))


def calm() -> DemandConfig:
    return without(flood_days=0, new_year_eve_factor=1.0, qingming_factor=1.0)


def test_surges_do_not_change_the_calls_of_the_year() -> None:
    assert rates(calm(), Streams(1, 0)).sum() == pytest.approx(3500)
    # the flood's strength is log-normal with mean 1: over replications the sum is the same
    sums = [rates(DEMAND, Streams(1, number)).sum() for number in range(200)]
    assert np.mean(sums) == pytest.approx(3500, rel=0.003)


def test_new_year_eve_has_its_factor_of_calls() -> None:
    # 21 January: 2.1 times a mean day, of the year's average mix; sharing the year out again takes a percent
    table = rates(without(flood_days=0), Streams(1, 0))
    day = table.sum(axis=1)
    assert day[20] / (3500 / 365) == pytest.approx(2.1, rel=0.02)
    # the next day is an ordinary day of January
    assert day[21] == day[30]


def test_qingming_days_have_more_outdoor_fires_only() -> None:
    # 3 to 7 April: 3 times the outdoor fires of another day of April, and nothing else
    profile = daily_profile(DEMAND)
    assert (profile[92:97, OUTDOOR] / profile[91, OUTDOOR]).tolist() == pytest.approx([3.0] * 5)
    assert profile[97, OUTDOOR] == profile[91, OUTDOOR]
    others = [index for index in range(len(TYPES)) if index != OUTDOOR]
    assert np.array_equal(profile[94][others], profile[91][others])


def test_flood_days_have_more_rescues_and_assistance_only() -> None:
    """Two days in June or July with, on average, four times a mean day's calls, the rise in rescues and assistance."""
    rises, days = [], []
    for number in range(400):
        flooded, dry = rates(DEMAND, Streams(1, number)), rates(without(flood_days=0), Streams(1, number))
        extra = flooded - dry * (flooded[0] / np.maximum(dry[0], 1e-12))  # the year's sum is shared out again
        hit = np.flatnonzero(extra.sum(axis=1) > 1.0)
        days.append(hit)
        rises.append(extra[hit].sum(axis=1).mean() / (3500 / 365))
        rest = [index for index in range(len(TYPES)) if index not in HIT]
        assert np.abs(extra[:, rest]).max() < 1e-9
    assert all(len(hit) == 2 and hit[1] == hit[0] + 1 for hit in days)
    first = np.array([hit[0] for hit in days]) + 1
    assert 152 <= first.min() <= 156
    assert 207 <= first.max() <= 211  # the second day is in July, too
    # log-normal with sd_log 0.4: the mean of 400 has a standard error of 0.42 / 20; sharing out takes 2.5 %
    assert np.mean(rises) == pytest.approx(3.0, rel=0.08)


def test_monthly_profile_depends_on_the_type_of_call() -> None:
    # New Year's Eve, held at a mean day, moves the fourth digit.
    # Fires: 14.0 % in the 28 days of February, 5.6 % in the 31 of July; assistance: 4.2 and 14.8 %
    table = rates(calm(), Streams(1, 0))
    shares = type_shares(DEMAND)
    for kind, (february, july) in {"vehicle_fire": (14.0, 5.6), "social_assistance": (4.2, 14.8)}.items():
        index = TYPES.index(kind)
        total = sum({"vehicle_fire": DEMAND.months_fire, "social_assistance": DEMAND.months_social}[kind])
        assert table[31:59, index].sum() == pytest.approx(3500 * shares[index] * february / total, rel=1e-3)
        assert table[181:212, index].sum() == pytest.approx(3500 * shares[index] * july / total, rel=1e-3)
