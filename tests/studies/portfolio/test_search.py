"""The search finds what enumeration finds in small worlds, and learns a response that it has not seen whole."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from sim.studies.portfolio import search

SIZES = (2, 2, 2, 2, 2, 3, 4, 3)  # 2,304 portfolios


def small_world(seed: int) -> tuple[search.Of, search.Of]:
    """Return cost and response of a made-up world: sites that cover partly the same calls, and other levers."""
    rng = np.random.default_rng(seed)
    covers = rng.random((5, 60)) < 0.3
    calls, price = rng.gamma(1.0, 1.0, 60), rng.uniform(1, 6, len(SIZES))
    gain = rng.uniform(0.5, 6, 3)

    def value(p: search.Portfolio) -> float:
        missed = calls[~covers[np.flatnonzero(p[:5])].any(axis=0)].sum()
        others = sum(g * (1 - 0.5**level) for g, level in zip(gain, p[5:], strict=True))
        return float(missed - others - 0.4 * p[5] * p[6])  # two levers that help each other

    return (lambda p: float(price @ p)), value


@pytest.mark.parametrize("seed", range(20))
def test_the_search_finds_the_optimum_of_a_small_world(seed: int) -> None:
    cost, value = small_world(seed)
    budget = 12.0
    best = min(value(p) for p in product(*map(range, SIZES)) if cost(p) <= budget)
    assert value(search.propose(SIZES, cost, value, budget, 1, seed)[0]) == pytest.approx(best)


def test_the_regression_foresees_portfolios_that_it_has_not_seen() -> None:
    cost, value = small_world(3)
    rng = np.random.default_rng(1)
    seen = list({search.filled(rng, SIZES, cost, 20.0) for _ in range(300)})
    known, new = sorted(seen)[::2], sorted(seen)[1::2]
    proxy = search.Proxy(SIZES, known, np.array([value(p) for p in known]))
    told, true = np.array([proxy(p) for p in new]), np.array([value(p) for p in new])
    assert np.corrcoef(told, true)[0, 1] > 0.95
    assert proxy.error < np.std(true) / 3


def test_no_proposal_is_beyond_the_budget_and_none_is_worse_than_greedy() -> None:
    cost, value = small_world(5)
    for budget in (0.0, 3.0, 9.0, 30.0):
        found = search.propose(SIZES, cost, value, budget, 6, 0)
        steps = search.greedy((0,) * len(SIZES), SIZES, cost, value, budget)
        assert all(cost(p) <= budget for p in [*found, *steps])
        assert value(found[0]) <= value(steps[-1])


def test_the_front_holds_what_nothing_beats() -> None:
    costs, values = np.array([1.0, 2.0, 2.0, 3.0]), np.array([5.0, 3.0, 4.0, 3.0])
    assert search.efficient(costs, values).tolist() == [True, True, False, False]
