"""The study: a design for the proxy, proposals, the race that the event model decides, and what is not known.

Each stage uses new replications, so the selected portfolios are measured again before their results are reported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from sim.config.costs import ITEMS, Costs, annual
from sim.errors import SimError
from sim.reports.terminal import say
from sim.studies.portfolio import search, selection
from sim.studies.portfolio.levers import Space
from sim.studies.portfolio.measuring import Measured, Point
from sim.studies.portfolio.search import Floats, Portfolio

MILLION = 1e6
RACE, FRESH, UNKNOWN = 1000, 2000, 3000  # first replication of the race, of what is told, of the draws
ROUNDS = 2  # of proposals, each measured before the next
PROPOSED = 4  # a budget and round
LEAST = 1e-6  # indifference, where a few days have no death
THRIFT = 2.0
CONTENDERS = 5  # of a budget, beside greedy and siting
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # of the plan's cost, for the cheapest that is as good


@dataclass(frozen=True)
class Settings:
    """How much is run. `sign` is -1 where more of the objective is better."""

    budgets: tuple[float, ...]  # CNY a year
    design: int
    screen: int  # replications of the design
    final: int  # and of what is told
    most: int  # of a race
    indifference: float | None  # in the objective's unit; None: a hundredth of the plan's
    alpha: float
    seed: int
    sign: float


@dataclass
class Race:
    """What a budget's race showed: the contenders with what proposed them, and the winner.

    `rivals` are the contenders that simpler methods propose, by method.
    """

    budget: float
    rivals: dict[str, Portfolio]
    contenders: dict[Portfolio, str]
    winner: Portfolio
    replications: int
    guaranteed: bool


@dataclass
class Outcome:
    """What the study found."""

    races: list[Race] = field(default_factory=list)
    told: list[Portfolio] = field(default_factory=list)  # measured on fresh replications
    steps: list[tuple[int, Portfolio]] = field(default_factory=list)  # lever, the plan with one level changed
    fresh: Floats = field(default_factory=lambda: np.empty(0))  # (told and steps, replications, keys)
    seen: dict[Portfolio, Floats] = field(default_factory=dict)  # means of all that was screened, (keys,)
    as_good: Portfolio | None = None
    order: list[Portfolio] = field(default_factory=list)
    proxy_error: float = np.nan
    indifference: float = np.nan


class Search:
    """A search in a space of portfolios; key 0 of what is measured is the objective."""

    def __init__(self, space: Space, costs: Costs, settings: Settings, measured: Measured) -> None:
        self.space, self.costs, self.settings, self.measured = space, costs, settings, measured
        self._cost: dict[Portfolio, float] = {}
        self._prices = {
            name: annual(costs, {name: 1.0}) for name in ITEMS
        }  # a search asks for thousands of costs

    def cost(self, portfolio: Portfolio) -> float:
        """Return what a portfolio costs a year."""
        if portfolio not in self._cost:
            quantities = self.space.quantities(portfolio).items()
            self._cost[portfolio] = sum(count * self._prices[name] for name, count in quantities)
        return self._cost[portfolio]

    def run(self, portfolios: Sequence[Portfolio], numbers: range, title: str) -> Floats:
        """Return what portfolios give, (portfolios, replications, keys)."""
        return self.measured([Point.of(self.space.keys(p)) for p in portfolios], numbers, title)

    def __call__(self) -> Outcome:
        """Search, and return what was found."""
        found, s = Outcome(), self.settings
        plan, sizes = self.space.plan, self.space.sizes
        budgets = sorted({*s.budgets, self.cost(plan)})
        self._screen(found, self._design(), "design")
        found.indifference = s.indifference or max(abs(float(found.seen[plan][0])) / 100, LEAST)
        for turn in range(ROUNDS):
            value = self._thrifty(self._proxy(found), found)
            seed = s.seed + turn
            new = [p for b in budgets for p in search.propose(sizes, self.cost, value, b, PROPOSED, seed)]
            self._screen(found, new, f"proposals {turn + 1}")
        proxy = self._proxy(found)
        found.proxy_error = proxy.error
        for budget in budgets:
            found.races += self._race(found, proxy, budget)
        winners = [race.winner for race in found.races]
        thrifty = self._thrifty(proxy, found)
        cheaper = [
            p
            for share in SHARES
            for p in search.propose(sizes, self.cost, thrifty, share * self.cost(plan), 1, s.seed)
        ]
        same = next(race.winner for race in found.races if race.budget == self.cost(plan))
        found.order = self._order(same, proxy)
        found.steps = [
            (lever, (*plan[:lever], level, *plan[lever + 1 :]))
            for lever, size in enumerate(sizes)
            for level in (plan[lever] - 1, plan[lever] + 1)
            if 0 <= level < size
        ]
        empty = (0,) * len(sizes)
        rivals = [p for race in found.races for p in race.rivals.values()]
        found.told = list(dict.fromkeys([plan, empty, *winners, *cheaper, *found.order, *rivals]))
        every = [*found.told, *(p for _, p in found.steps)]
        found.fresh = self.run(every, range(FRESH, FRESH + s.final), "what is told")
        found.as_good = self._as_good(found)
        return found

    def _design(self) -> list[Portfolio]:
        """Return random portfolios of all sizes, the plan, nothing, everything, and the plan with one level changed."""
        sizes, plan = self.space.sizes, self.space.plan
        rng = np.random.default_rng([self.settings.seed, 1])
        most = self.cost(tuple(size - 1 for size in sizes))
        ends = [plan, (0,) * len(sizes), tuple(size - 1 for size in sizes)]
        random = [
            search.filled(rng, sizes, self.cost, budget)
            for budget in np.linspace(0, most, self.settings.design).tolist()
        ]
        return [*ends, *random, *search.neighbours(plan, sizes, pairs=False)]

    def _screen(self, found: Outcome, portfolios: Sequence[Portfolio], title: str) -> None:
        new = [p for p in dict.fromkeys(portfolios) if p not in found.seen]
        if not new:
            return
        values = self.run(new, range(self.settings.screen), title).mean(axis=1)
        found.seen |= dict(zip(new, values, strict=True))

    def _proxy(self, found: Outcome) -> search.Proxy:
        values = self.settings.sign * np.array([row[0] for row in found.seen.values()])
        if np.isnan(values).any():
            raise SimError(
                "objective has no value in some replications; give more days, or another objective."
            )
        return search.Proxy(self.space.sizes, list(found.seen), values)

    def _thrifty(self, proxy: search.Proxy, found: Outcome) -> search.Of:
        """Return the proxy with a price on money, so that nothing is bought for what the regression finds in noise.

        What the plan costs is worth as much as `THRIFT` indifferences.
        """
        price = THRIFT * found.indifference / max(self.cost(self.space.plan), MILLION)
        return cache(lambda portfolio: proxy(portfolio) + price * self.cost(portfolio))

    def _race(self, found: Outcome, proxy: search.Proxy, budget: float) -> list[Race]:
        """Let the event model choose among what was proposed for a budget; nothing if no portfolio is within it."""
        sizes, s = self.space.sizes, self.settings
        empty = (0,) * len(sizes)
        allowed = [p for p in found.seen if self.cost(p) <= budget]
        if not allowed:
            return []
        score: Callable[[Portfolio], float] = lambda p: (proxy(p) + s.sign * float(found.seen[p][0])) / 2  # noqa: E731
        contenders: dict[Portfolio, str] = {}
        value = self._thrifty(proxy, found)
        rivals = {
            "greedy": search.greedy(empty, sizes, self.cost, value, budget)[-1],
            "siting": self._siting(budget), "siting with teams": self._siting(budget, teams=True),
        }  # fmt: skip
        proposals = search.propose(sizes, self.cost, value, budget, 2, s.seed + ROUNDS)
        for name, portfolios in (
            *((name, [portfolio]) for name, portfolio in rivals.items()), ("regression", proposals),
            ("measured", sorted(allowed, key=score)[:CONTENDERS]),
            ("the plan", [self.space.plan] * (self.cost(self.space.plan) <= budget)),
        ):  # fmt: skip
            for portfolio in portfolios:
                contenders.setdefault(portfolio, name)
        racing = list(contenders)

        def sample(chosen: Sequence[int], numbers: range) -> Floats:
            shifted = range(RACE + numbers.start, RACE + numbers.stop)
            values = self.run(
                [racing[at] for at in chosen], shifted, f"race for {budget / MILLION:.0f} million"
            )
            return np.asarray(s.sign * values[:, :, 0])

        chosen = selection.choose(sample, len(racing), found.indifference, s.alpha, min(10, s.most), s.most)
        say(
            f"{budget / MILLION:,.0f} million a year: {len(racing)} in the race, {chosen.replications} replications"
        )
        return [Race(budget, rivals, contenders, racing[chosen.best], chosen.replications, chosen.guaranteed)]

    def _siting(self, budget: float, *, teams: bool = False) -> Portfolio:
        """Return the stations, then teams, that the covering model proposes, the first ones first, within the budget."""
        best = (0,) * len(self.space.sizes)
        for lever, item in enumerate(self.space.levers):
            if "@" in item.name or (teams and item.name == "teams"):
                steps = ((*best[:lever], level, *best[lever + 1 :]) for level in range(len(item.levels)))
                best = [there for there in steps if self.cost(there) <= budget][-1]
        return best

    def _order(self, goal: Portfolio, proxy: search.Proxy) -> list[Portfolio]:
        """Return the portfolios on the way to a goal, lever by lever, the most gain for a yuan first."""
        path = [(0,) * len(goal)]
        while path[-1] != goal:
            here = path[-1]
            steps = [
                (*here[:at], goal[at], *here[at + 1 :]) for at in range(len(goal)) if here[at] != goal[at]
            ]

            def worth(there: Portfolio, here: Portfolio = here) -> float:
                return (proxy(here) - proxy(there)) / max(self.cost(there) - self.cost(here), MILLION / 100)

            path.append(max(steps, key=worth))
        return path

    def _as_good(self, found: Outcome) -> Portfolio | None:
        """Return the cheapest portfolio that is not worse than the plan by the indifference, with 95 % confidence."""
        from sim.analysis.statistics import paired

        plan = found.told.index(self.space.plan)
        values = self.settings.sign * found.fresh[: len(found.told), :, 0]
        difference = paired(values, np.broadcast_to(values[plan], values.shape))
        high = difference.interval()[1]
        good = [
            p
            for p, end in zip(found.told, high, strict=True)
            if p != self.space.plan and end <= found.indifference
        ]
        cheaper = [p for p in good if self.cost(p) < self.cost(self.space.plan)]
        return min(cheaper, key=self.cost, default=None)

    def unknown(
        self, found: Outcome, draws: Sequence[int], replications: int
    ) -> tuple[list[Portfolio], Floats]:
        """Run what is told under draws of what is not known; return it, (portfolios, draws, replications, keys)."""
        rivals = [p for race in found.races for p in list(race.contenders)[:CONTENDERS]]
        same = [
            self.space.plan,
            (0,) * len(self.space.sizes),
            *(race.winner for race in found.races),
            *rivals,
        ]
        every = list(dict.fromkeys([*same, *filter(None, [found.as_good]), *(p for _, p in found.steps)]))
        numbers = range(UNKNOWN, UNKNOWN + replications)
        points = [Point.of(self.space.keys(p), draw) for p in every for draw in draws]
        values = self.measured(points, numbers, "what is not known")
        return every, values.reshape(len(every), len(draws), *values.shape[1:])
