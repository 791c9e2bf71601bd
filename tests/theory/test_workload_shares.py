"""Further draws of a workload (severity, reports, weather, thinning) follow their distributions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.special import ndtr, ndtri

from experiments.verification.reduced_model import chi_square, fits
from sim.config.compose import compose
from sim.demand import workload
from sim.demand.streams import Streams
from sim.simulation import replication
from sim.terms import FIRE_TYPES, GROWTH_CLASSES, TYPES

FALSE_ALARM = TYPES.index("false_alarm")


@pytest.fixture(scope="module")
def config():
    return compose(["scenario=2023", "demand.calls_per_year=60000"])


@pytest.fixture(scope="module")
def work(config):
    return replication.workload_of(replication.build_world(config), 0)


def of(work, kind):
    return work.kind == TYPES.index(kind)


def test_severity_of_fires_depends_on_growth_class(config, work):
    """Limited by itself: 1; slow or medium: 2; fast or faster: 3; never above the highest of its type."""
    by_growth = {"slow": 2, "medium": 2, "fast": 3, "ultrafast": 3}
    seen = set()
    for kind in FIRE_TYPES:
        most = config.demand.severity.most[kind]
        rows = zip(
            work.growth_class[of(work, kind)], work.self_limiting[of(work, kind)], work.severity[of(work, kind)],
            strict=True,
        )  # fmt: skip
        for growth, limited, severity in rows:
            expected = 1 if limited else min(by_growth[GROWTH_CLASSES[growth]], most)
            assert severity == expected, (kind, GROWTH_CLASSES[growth], limited)
            seen.add((bool(limited), GROWTH_CLASSES[growth]))
    assert len(seen) == 2 * len(GROWTH_CLASSES), "some growth was never drawn"


def test_growth_and_severity_have_the_configured_shares(config, work):
    rules = config.demand.severity
    for kind in TYPES:
        here = of(work, kind)
        if kind in FIRE_TYPES:
            counts = np.bincount(work.growth_class[here], minlength=4)
            shares = np.array(rules.growth[kind])
        else:
            counts = np.bincount(work.severity[here], minlength=4)[1:]
            shares = np.array(rules.others[kind])
        assert (counts[shares == 0] == 0).all(), kind
        there = shares > 0
        if there.sum() > 2:
            assert fits(counts[there], shares[there] * counts.sum()), kind
        elif there.sum() == 2:
            share, size = shares[there][0], counts.sum()
            assert abs(counts[there][0] - share * size) < 3.29 * np.sqrt(share * (1 - share) * size), kind
    fires = np.isin(work.kind, [TYPES.index(kind) for kind in FIRE_TYPES])
    limited, size = work.self_limiting[fires].sum(), fires.sum()
    share = rules.self_limiting
    assert abs(limited - share * size) < 3.29 * np.sqrt(share * (1 - share) * size)
    assert not work.self_limiting[~fires].any()


def test_reported_severity_is_true_or_one_step_off(config, work):
    """Right with the given chance, else a step too high or too low, but within the severities of the type."""
    rules = config.demand.severity
    mark = work.draws["report"]
    for kind in TYPES:
        if kind == "false_alarm":
            continue
        here = of(work, kind)
        most = (
            rules.most[kind]
            if kind in FIRE_TYPES
            else max(i + 1 for i, s in enumerate(rules.others[kind]) if s > 0)
        )
        for true, told, u in zip(work.severity[here], work.reported[here], mark[here], strict=True):
            step = (
                0
                if u < rules.reported_right
                else 1
                if u < rules.reported_right + (1 - rules.reported_right) / 2
                else -1
            )
            assert told == min(max(true + step, 1), most), kind
    middle = (work.severity == 2) & ~of(work, "false_alarm")
    middle &= np.isin(
        work.kind, [TYPES.index(kind) for kind in ("residential_fire", "premises_fire", "traffic_rescue")]
    )
    counts = [(work.reported[middle] - 2 == step).sum() for step in (-1, 0, 1)]
    wrong = (1 - rules.reported_right) / 2
    expected = np.array([wrong, rules.reported_right, wrong]) * sum(counts)
    assert fits(counts, expected)
    assert chi_square(counts, expected[[1, 0, 2]])[0] > chi_square(counts, expected)[1]


def test_half_of_the_false_alarms_are_reported_serious(work):
    told = work.reported[work.kind == FALSE_ALARM]
    assert set(told.tolist()) == {1, 2}
    assert abs((told == 1).sum() - len(told) / 2) < 3.29 * np.sqrt(len(told)) / 2
    assert ((work.draws["report"][work.kind == FALSE_ALARM] < 0.5) == (told == 1)).all()


def test_thinning_keeps_the_share_and_is_nested(work):
    """An incident stays if its mark is below the factor of its type; lower factors keep some of the same."""
    everything = np.ones(len(TYPES))
    assert workload.thin(work, everything) is work
    assert len(workload.thin(work, 0 * everything)) == 0
    less, more = (set(workload.thin(work, share * everything).number.tolist()) for share in (0.3, 0.6))
    assert less < more
    for kept, share in ((less, 0.3), (more, 0.6)):
        assert abs(len(kept) - share * len(work)) < 3.29 * np.sqrt(share * (1 - share) * len(work))
    no_fires = np.array([0.0 if kind in FIRE_TYPES else 1.0 for kind in TYPES])
    kept = workload.thin(work, no_fires)
    assert len(kept) == (no_fires[work.kind] == 1).sum()
    for name, column in kept.draws.items():
        np.testing.assert_array_equal(column, work.draws[name][kept.number])
    np.testing.assert_array_equal(kept.unit_draws["travel"], work.unit_draws["travel"][kept.number])
    np.testing.assert_array_equal(kept.repeat_gaps, work.repeat_gaps[kept.number])
    np.testing.assert_array_equal(kept.weather, work.weather)
    np.testing.assert_array_equal(kept.roster, work.roster)


def test_weather_is_uniform_and_autocorrelated(config):
    """A Gaussian chain of first order with correlation 0.8: uniform in the long run, correlation 0.64 after six hours."""
    world = replication.build_world(replace(config, days=1))
    chains = [
        workload.generate(replace(config.demand, calls_per_year=10), world.region, 1, n).weather
        for n in range(12)
    ]
    assert workload.WEATHER_BLOCK_S == 3 * 3600
    assert all(len(chain) == (365 + 2) * 8 for chain in chains)
    levels = np.concatenate([chain[::40] for chain in chains])  # five days apart: independent
    assert fits(np.histogram(levels, 10, (0, 1))[0], np.full(10, len(levels) / 10))
    scores = [ndtri(chain) for chain in chains]
    for lag, expected in ((1, 0.8), (2, 0.64)):
        found = [np.corrcoef(score[:-lag], score[lag:])[0, 1] for score in scores]
        assert np.mean(found) == pytest.approx(expected, abs=0.02)
    assert np.mean([score.var() for score in scores]) == pytest.approx(1, abs=0.06)


def test_weather_is_filtered_noise_of_its_stream(config):
    """Block by block from the first on, by another library's filter."""
    world = replication.build_world(replace(config, days=1))
    found = workload.generate(replace(config.demand, calls_per_year=10), world.region, 1, 3).weather
    shocks = Streams(1, 3).get("weather").standard_normal(len(found))
    first, rest = shocks[:1], np.sqrt(1 - 0.8**2) * shocks[1:]
    levels = np.concatenate([first, lfilter([1.0], [1.0, -0.8], rest, zi=0.8 * first)[0]])
    np.testing.assert_allclose(found, ndtr(levels), rtol=1e-12)


def test_every_draw_has_its_distribution(work):
    """Standard normal where it is called so, uniform where it is called so: Kolmogorov and Smirnov at 99.9 %."""
    size = len(work)
    bound = 1.95 / np.sqrt(size)
    steps = np.arange(1, size + 1) / size
    for names, transform in ((workload.UNIFORM, np.asarray), (workload.NORMAL, None)):
        for name in names:
            column = np.sort(work.draws[name])
            share = column if transform is not None else _normal(column)
            assert np.abs(share - steps).max() < bound, name
    for name in workload.UNIFORM_BY_UNIT:
        assert 0 <= work.unit_draws[name].min() <= work.unit_draws[name].max() < 1
        assert work.unit_draws[name].mean() == pytest.approx(0.5, abs=0.005)
    for name in workload.NORMAL_BY_UNIT:
        assert work.unit_draws[name].mean() == pytest.approx(0, abs=0.01)
        assert work.unit_draws[name].std() == pytest.approx(1, abs=0.01)
    assert work.repeats.mean() == pytest.approx(0.5, abs=0.01)


def _normal(column):
    return ndtr(column)
