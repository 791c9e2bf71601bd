"""Textbook answers by methods independent of the simulation: formulas, Markov chains, integrals."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy import stats

State = TypeVar("State", bound=Hashable)


def erlang_b(load: float, servers: int) -> float:
    """Chance that a call is lost: Poisson calls, any service law, `load` in erlang, no waiting."""
    terms = [load**k / math.factorial(k) for k in range(servers + 1)]
    return terms[-1] / math.fsum(terms)


def erlang_c(load: float, servers: int) -> float:
    """Chance that a call waits: Poisson calls, exponential service, first come first served."""
    blocked = erlang_b(load, servers)
    return servers * blocked / (servers - load * (1 - blocked))


def mean_wait(load: float, servers: int) -> float:
    """Mean wait of all calls in service times, in the same queue."""
    return erlang_c(load, servers) / (servers - load)


def stationary(start: State, moves: Callable[[State], Mapping[State, float]]) -> dict[State, float]:
    """Return the stationary distribution of the Markov chain that `moves` (state to rates) spans from `start`."""
    states, todo = {start: 0}, [start]
    while todo:
        for state in moves(todo.pop()):
            if state not in states:
                states[state] = len(states)
                todo.append(state)
    rates = np.zeros((len(states), len(states)))
    for state, row in states.items():
        for target, rate in moves(state).items():
            rates[row, states[target]] += rate
            rates[row, row] -= rate
    system = np.vstack([rates.T, np.ones(len(states))])
    solution, *_ = np.linalg.lstsq(system, np.append(np.zeros(len(states)), 1.0), rcond=None)
    return {state: float(solution[row]) for state, row in states.items()}


class Hypercube:
    """Larson's hypercube model: units of equal exponential service, each area with its order of preference.

    `orders` maps a preference order (units, nearest first) to the calls per service time that have it. With
    `queue` calls wait first come first served when all are busy, else they are lost.
    """

    def __init__(self, orders: Mapping[tuple[int, ...], float], *, queue: bool) -> None:
        self.orders, self.queue = dict(orders), queue
        self.units = len(next(iter(orders)))
        self.load = math.fsum(orders.values())
        if queue and self.load >= self.units:
            raise ValueError("with a queue the load must be below the number of units")
        self.everybody = frozenset(range(self.units))
        self.chance = stationary(frozenset[int](), self._moves)
        tail = 0.0
        if queue:  # states with calls waiting are a geometric tail behind the state with all units busy
            ratio = self.load / self.units
            tail = self.chance[self.everybody] * ratio / (1 - ratio)
        self.chance = {state: value / (1 + tail) for state, value in self.chance.items()}
        self.waiting = tail / (1 + tail)

    def _moves(self, busy: frozenset[int]) -> dict[frozenset[int], float]:
        found = {busy - {unit}: 1.0 for unit in busy}
        for order, rate in self.orders.items():
            unit = next((unit for unit in order if unit not in busy), None)
            if unit is not None:
                found[busy | {unit}] = found.get(busy | {unit}, 0.0) + rate
        return found

    @property
    def all_busy(self) -> float:
        """Chance that a call finds no unit free."""
        return self.chance[self.everybody] + self.waiting

    def workload(self, unit: int) -> float:
        """Share of the time in which a unit is busy."""
        return math.fsum(chance for busy, chance in self.chance.items() if unit in busy) + self.waiting

    def dispatches(self, order: tuple[int, ...], unit: int) -> float:
        """Share of the calls with a preference order that get `unit`; lost calls are left out of the whole."""
        at_once = math.fsum(
            chance
            for busy, chance in self.chance.items()
            if next((item for item in order if item not in busy), None) == unit
        )
        if self.queue:
            return at_once + self.all_busy / self.units  # the unit that ends first, each as likely
        return at_once / (1 - self.all_busy)


def pairs_and_singles(
    units: int, singles: float, pairs: float, single_service: float, pair_service: float
) -> dict[str, float]:
    """Loss model in which one sort of call takes one unit and another two, released together.

    With a single unit free, a call for two takes that one. Rates per time, mean services in the same time. Returns
    the chances that a call for one is lost, and that a call for two gets none and gets one, and the mean busy units.
    """

    def busy(state: tuple[int, int, int]) -> int:
        return state[0] + state[1] + 2 * state[2]

    def moves(state: tuple[int, int, int]) -> dict[tuple[int, int, int], float]:
        alone, half, whole = state  # calls for one; calls for two that got one; that got two
        free = units - busy(state)
        found: dict[tuple[int, int, int], float] = {}
        if free >= 1:
            found[(alone + 1, half, whole)] = singles
            found[(alone, half, whole + 1) if free >= 2 else (alone, half + 1, whole)] = pairs
        if alone:
            found[(alone - 1, half, whole)] = alone / single_service
        if half:
            found[(alone, half - 1, whole)] = half / pair_service
        if whole:
            found[(alone, half, whole - 1)] = whole / pair_service
        return found

    chance = stationary((0, 0, 0), moves)
    by_free = dict.fromkeys(range(units + 1), 0.0)
    for state, value in chance.items():
        by_free[units - busy(state)] += value
    return {
        "lost": by_free[0],
        "half": by_free[1],
        "busy": units - math.fsum(free * value for free, value in by_free.items()),
    }


def daily(mean: float, size: float, counts: int) -> np.ndarray:
    """Chances of 0, 1, ... calls on a day whose rate is gamma with shape `size` about `mean`."""
    return np.asarray(stats.nbinom.pmf(np.arange(counts), size, size / (size + mean)))


def poisson(mean: float, counts: int) -> np.ndarray:
    """Chances of 0, 1, ... events."""
    return np.asarray(stats.poisson.pmf(np.arange(counts), mean))


def busy_at(
    hour: float, rate_by_hour: Sequence[float] | np.ndarray, survives: Callable[[np.ndarray], np.ndarray]
) -> float:
    """Mean number in service at an hour of the day: calls at daily periodic rates (per hour), infinitely many servers.

    `survives` is the chance that a service lasts longer than so many hours. The trapezoidal rule over 10 days back.
    """
    back = np.linspace(0, 240, 240 * 240 + 1)
    rate = np.array(rate_by_hour)[np.floor((hour - back - 1e-9) % 24).astype(int)]
    return float(np.trapezoid(rate * survives(back), back))


def over_square(
    side: float, value: Callable[[np.ndarray, np.ndarray], np.ndarray], points: int = 400
) -> float:
    """Mean of a function of a point that is uniform on a square about the origin (midpoint rule)."""
    edge = (np.arange(points) + 0.5) / points * side - side / 2
    x, y = np.meshgrid(edge, edge)
    return float(value(x, y).mean())


def nearest(density: float, rank: int, metric: str) -> float:
    """Mean distance from anywhere to the `rank`-th nearest point of a Poisson field (points per area).

    The mean number of points within r is density x area of the ball: pi r2, or 2 r2 for the Manhattan metric.
    """
    ball = {"euclid": math.pi, "manhattan": 2.0}[metric]
    return math.gamma(rank + 0.5) / math.gamma(rank) / math.sqrt(density * ball)


def nearest_free(
    stations: np.ndarray, side: float, inner: float, utilisation: float, calls: int, generator: np.random.Generator
) -> float:  # fmt: skip
    """Mean distance to the nearest free of `stations`, (n, 2), in a square of `side` where each takes a call at a time.

    Calls come at random from the whole square, with exponential service at an offered `utilisation`; what finds
    nobody free is lost. A loop of its own: counted are calls within `inner` of the middle, after the first fifth.
    """
    count, now = len(stations), 0.0
    free = np.ones(count, dtype=bool)
    ends: list[tuple[float, int]] = []
    distances = []
    for number in range(calls):
        now += generator.exponential(1 / (utilisation * count))
        while ends and ends[0][0] <= now:
            free[heapq.heappop(ends)[1]] = True
        call_xy = generator.uniform(-side / 2, side / 2, 2)
        distance = np.where(free, np.hypot(*(stations - call_xy).T), np.inf)
        unit = int(distance.argmin())
        if not free[unit]:
            continue
        if number > calls / 5 and np.abs(call_xy).max() < inner:
            distances.append(distance[unit])
        free[unit] = False
        heapq.heappush(ends, (now + generator.exponential(1.0), unit))
    return float(np.mean(distances))
