"""Propose portfolios: a regression of what the event model made of others, and greedy steps with exchanges on it.

A portfolio is a level for each lever, as a tuple of whole numbers. Everything here is a pure function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Portfolio = tuple[int, ...]
Of = Callable[[Portfolio], float]
RIDGES = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)  # tried for the regression
PAIRS = 0.3  # of a product of two levers against a level of one: interactions are smaller


class Proxy:
    """A ridge regression on the levels of each lever and on products of two; the penalty by cross-validation."""

    def __init__(self, sizes: Sequence[int], portfolios: Sequence[Portfolio], values: Floats) -> None:
        self.sizes = tuple(sizes)
        x = np.array([self._features(portfolio) for portfolio in portfolios])
        self._middle, self._mean = x.mean(axis=0), float(values.mean())
        x, y = x - self._middle, values - self._mean
        u, s, vt = np.linalg.svd(x, full_matrices=False)
        errors = []
        for ridge in RIDGES:
            shrink = s**2 / (s**2 + ridge * len(y))
            rest = y - u @ (shrink * (u.T @ y))
            leverage = (u**2 * shrink).sum(axis=1) + 1 / len(y)
            errors.append(float(((rest / np.maximum(1 - leverage, 0.05)) ** 2).mean()))
        self.error = min(errors) ** 0.5  # of a portfolio left out
        ridge = RIDGES[int(np.argmin(errors))]
        weights = vt.T @ (s / (s**2 + ridge * len(y)) * (u.T @ y))
        # The same as features times weights, as a table a lever and a quadratic form: a search asks for thousands.
        self._start = self._mean - float(self._middle @ weights)
        ends = np.cumsum([size - 1 for size in self.sizes]).tolist()
        own = [weights[end - size + 1 : end] for end, size in zip(ends, self.sizes, strict=True)]
        self._steps = [[0.0, *np.cumsum(steps).tolist()] for steps in own]
        self._pairs = np.zeros((len(self.sizes), len(self.sizes)))
        self._pairs[np.triu_indices(len(self.sizes), 1)] = PAIRS * weights[ends[-1] :]
        self._scale = np.array([max(size - 1, 1) for size in self.sizes])

    def _features(self, portfolio: Portfolio) -> Floats:
        levels = list(zip(portfolio, self.sizes, strict=True))
        steps = [float(level >= step) for level, size in levels for step in range(1, size)]
        shares = [level / max(size - 1, 1) for level, size in levels]
        return np.array([*steps, *(PAIRS * a * b for a, b in combinations(shares, 2))])

    def __call__(self, portfolio: Portfolio) -> float:
        """Return what is expected of a portfolio."""
        shares = np.array(portfolio) / self._scale
        own = sum(steps[level] for steps, level in zip(self._steps, portfolio, strict=True))
        return float(self._start + own + shares @ self._pairs @ shares)


def neighbours(portfolio: Portfolio, sizes: Sequence[int], *, pairs: bool) -> Iterator[Portfolio]:
    """Yield the portfolios that differ in one lever, and with `pairs` in two."""
    levers = range(len(sizes))
    others = [[level for level in range(sizes[lever]) if level != portfolio[lever]] for lever in levers]
    for lever in levers:
        for level in others[lever]:
            yield (*portfolio[:lever], level, *portfolio[lever + 1 :])
    for one, two in combinations(levers, 2) if pairs else ():
        for first in others[one]:
            for second in others[two]:
                yield (*portfolio[:one], first, *portfolio[one + 1 : two], second, *portfolio[two + 1 :])


def greedy(start: Portfolio, sizes: Sequence[int], cost: Of, value: Of, budget: float) -> list[Portfolio]:
    """Return the portfolios of the steps from `start`, each of which gains most for a yuan and is within the budget."""
    path = [start]
    while True:
        here, paid, worth = path[-1], cost(path[-1]), value(path[-1])
        steps = []
        for there in neighbours(here, sizes, pairs=False):
            gain, price = worth - value(there), cost(there) - paid
            if gain > 0 and paid + price <= budget:
                steps.append((gain / price if price > 0 else np.inf, gain, there))
        if not steps:
            return path
        path.append(max(steps)[2])


def exchanged(start: Portfolio, sizes: Sequence[int], cost: Of, value: Of, budget: float) -> Portfolio:
    """Return the portfolio within the budget that no change of one or two levers makes better."""
    best, worth, pairs = start, value(start), False
    while True:
        near = (there for there in neighbours(best, sizes, pairs=pairs) if cost(there) <= budget)
        least, there = min(((value(there), there) for there in near), default=(worth, best))
        if least < worth:
            best, worth, pairs = there, least, False
        elif pairs:
            return best
        else:
            pairs = True  # changes of two levers, where none of one is left: there are many


def propose(
    sizes: Sequence[int], cost: Of, value: Of, budget: float, count: int, seed: int, starts: int = 8
) -> list[Portfolio]:
    """Return the best portfolios within a budget by `value`: from greedy and random starts, with exchange."""
    empty = (0,) * len(sizes)
    if cost(empty) > budget:
        return []
    rng = np.random.default_rng([seed, round(budget)])
    ends = {exchanged(greedy(empty, sizes, cost, value, budget)[-1], sizes, cost, value, budget)}
    for _ in range(starts):
        start = filled(rng, sizes, cost, budget)
        ends.add(exchanged(greedy(start, sizes, cost, value, budget)[-1], sizes, cost, value, budget))
    near = ends | {n for end in ends for n in neighbours(end, sizes, pairs=False) if cost(n) <= budget}
    return sorted(near, key=lambda portfolio: (value(portfolio), cost(portfolio), portfolio))[:count]


def filled(rng: np.random.Generator, sizes: Sequence[int], cost: Of, budget: float) -> Portfolio:
    """Return a random portfolio within a budget: levers in a random order, each at the highest of some random levels."""
    portfolio = [0] * len(sizes)
    for lever in rng.permutation(len(sizes)).tolist():
        before = portfolio[lever]
        portfolio[lever] = int(rng.integers(sizes[lever]))
        if cost(tuple(portfolio)) > budget:
            portfolio[lever] = before
    return tuple(portfolio)


def efficient(costs: Floats, values: Floats) -> NDArray[np.bool_]:
    """Return which pairs are on the Pareto front: none is as cheap and better, or as good and cheaper."""
    worse = (costs[:, None] >= costs) & (values[:, None] >= values)
    better = (costs[:, None] > costs) | (values[:, None] > values)
    return np.asarray(~(worse & better).any(axis=1))
