"""The tables of a portfolio study: marginal values, the best for each budget, the front, finance, order, regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.statistics import paired
from sim.config.costs import Costs, each_year
from sim.studies.portfolio import finance
from sim.studies.portfolio.levers import Space
from sim.studies.portfolio.measuring import Key
from sim.studies.portfolio.search import Floats, Portfolio, efficient
from sim.studies.portfolio.study import MILLION, Outcome, Race, Search

ENDS = (0.05, 0.95)  # of the draws, for an interval of what is not known
NOTHING = 1e-9


@dataclass(frozen=True)
class Unknown:
    """What is told under every draw, (portfolios, draws, keys), with the costs drawn too."""

    portfolios: list[Portfolio]
    found: Floats
    costs: list[Costs]

    def change(self, portfolio: Portfolio, base: Portfolio) -> Floats:
        """Return the change from one portfolio to another in every draw, (draws, keys)."""
        there, here = (self.found[self.portfolios.index(p)] for p in (portfolio, base))
        return np.asarray(there - here)

    def price(self, space: Space, portfolio: Portfolio, base: Portfolio) -> Floats:
        """Return what the change costs a year in every draw, (draws,)."""
        return np.array([space.cost(c, portfolio) - space.cost(c, base) for c in self.costs])


def _ends(values: Floats) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, ENDS).tolist() if len(known) else (np.nan, np.nan)
    return float(low), float(high)


FIXED = ("plan", "nothing", "same_money", "as_good")  # names of portfolios; the others name a budget


class Tables:
    """The tables of an outcome. Names of portfolios: those of `FIXED`, and such as best_50 (for 50 million)."""

    def __init__(self, search: Search, found: Outcome, keys: Sequence[Key], unknown: Unknown | None) -> None:
        self.search, self.found, self.keys, self.unknown = search, found, list(keys), unknown
        self.space, self.costs = search.space, search.costs
        plan = self.space.plan
        self.named: dict[str, Portfolio] = {"plan": plan, "nothing": (0,) * len(plan)}
        self.named |= {self._name(race): race.winner for race in found.races}
        if found.as_good is not None:
            self.named["as_good"] = found.as_good

    def all(self) -> dict[str, pd.DataFrame]:
        """Return every table by the name of its file."""
        tables = {
            "marginal": self.marginal(), "portfolios": self.portfolios(), "against": self.against(),
            "levers": self.levers(), "front": self.front(), "order": self.order(), "costs": self.cost_items(),
            "finance": finance.table(self.costs, {
                name: self.space.quantities(self.named[name]) for name in finance.NAMES if name in self.named
            }),
        }  # fmt: skip
        return tables | ({"regret": self.regret()} if self.unknown else {})

    def better(self, name: str) -> float | None:
        """Return the share of the draws in which a portfolio is better than the plan by the objective."""
        if self.unknown is None:
            return None
        change = self.unknown.change(self.named[name], self.space.plan)[:, 0] * self._sign(0)
        return float((change < 0).mean())

    def _name(self, race: Race) -> str:
        own = race.budget == self.search.cost(self.space.plan)
        return "same_money" if own else f"best_{race.budget / MILLION:g}"

    def _fresh(self, portfolio: Portfolio, place: int) -> Floats:
        """Return what a portfolio gave of a key on the incidents that chose nothing, (replications,)."""
        measured = [*self.found.told, *(p for _, p in self.found.steps)]
        return self.found.fresh[measured.index(portfolio), :, place]

    def _change(self, portfolio: Portfolio, base: Portfolio, place: int) -> dict[str, float]:
        """Return the change of a key from one portfolio to another with its interval, paired."""
        name = "/".join(self.keys[place])
        change = paired(*(self._fresh(p, place)[None] for p in (portfolio, base)))
        ends = zip(("change", "low", "high"), (change.difference, *change.interval()), strict=True)
        return {f"{name} {part}": float(value[0]) for part, value in ends}

    def _columns(self, portfolio: Portfolio, base: Portfolio) -> dict[str, float]:
        """Return value, change from a base with its interval, and the interval of what is not known, for every key."""
        row: dict[str, float] = {}
        for place, key in enumerate(self.keys):
            name = "/".join(key)
            fresh = self._fresh(portfolio, place)
            row |= {name: float(np.nanmean(fresh)) if np.isfinite(fresh).any() else np.nan}
            row |= self._change(portfolio, base, place)
            if self.unknown and portfolio in self.unknown.portfolios:
                least, most = _ends(self.unknown.change(portfolio, base)[:, place])
                row |= {f"{name} not known low": least, f"{name} not known high": most}
        return row

    def marginal(self) -> pd.DataFrame:
        """Return a row for each level of a lever next to the plan's: what it changes, what it costs, a minute's price."""
        plan, rows = self.space.plan, []
        for lever, portfolio in self.found.steps:
            item = self.space.levers[lever]
            row: dict[str, Any] = {
                "lever": item.name, "label_en": item.label.en, "label_zh": item.label.zh,
                "from": item.levels[plan[lever]].amount, "to": item.levels[portfolio[lever]].amount,
                "cost_change": self.search.cost(portfolio) - self.search.cost(plan),
            }  # fmt: skip
            drawn = (
                self.unknown.price(self.space, portfolio, plan)
                if self.unknown
                else np.array([row["cost_change"]])
            )
            row["cost_low"], row["cost_high"] = _ends(drawn)
            row |= self._columns(portfolio, plan)
            for place, key in enumerate(self.keys):
                name, gain = "/".join(key), -row[f"{'/'.join(key)} change"] * self._sign(place)
                row[f"yuan a unit of {name}"] = row["cost_change"] / gain if abs(gain) > NOTHING else np.nan
                if self.unknown:
                    gains = -self.unknown.change(portfolio, plan)[:, place] * self._sign(place)
                    sure = drawn / np.where(np.abs(gains) > NOTHING, gains, np.nan)
                    same = (gains > 0).all() or (gains < 0).all()  # else a minute may have no price at all
                    row[f"yuan low {name}"], row[f"yuan high {name}"] = (
                        _ends(sure) if same else (np.nan, np.nan)
                    )
            rows.append(row)
        return pd.DataFrame(rows)

    def _sign(self, place: int) -> float:
        return self.search.settings.sign if place == 0 else 1.0

    def portfolios(self) -> pd.DataFrame:
        """Return a row a named portfolio: cost with its range, every objective, how the race went."""
        rows = []
        for name, portfolio in self.named.items():
            row: dict[str, Any] = {"portfolio": name, "cost": self.search.cost(portfolio)}
            drawn = (
                [self.space.cost(c, portfolio) for c in self.unknown.costs] if self.unknown else [row["cost"]]
            )
            row["cost_low"], row["cost_high"] = _ends(np.array(drawn))
            race = next((race for race in self.found.races if self._name(race) == name), None)
            row |= {
                "budget": race.budget if race else np.nan, "proposed_by": race.contenders[race.winner] if race else "",
                "contenders": len(race.contenders) if race else 0, "race_replications": race.replications if race else 0,
                "guaranteed": race.guaranteed if race else False,
            }  # fmt: skip
            rows.append(row | self._columns(portfolio, self.space.plan))
        return pd.DataFrame(rows)

    def against(self) -> pd.DataFrame:
        """Return a row a budget and simpler method: the best portfolio beside the method's, on the same incidents."""
        rows = []
        for race in self.found.races:
            for method, rival in race.rivals.items():
                row: dict[str, Any] = {
                    "portfolio": self._name(race), "cost": self.search.cost(race.winner),
                    "rival": method, "rival_cost": self.search.cost(rival),
                } | self._columns(race.winner, rival)  # fmt: skip
                name = "/".join(self.keys[0])
                ends = sorted(self._sign(0) * row[f"{name} {end}"] for end in ("low", "high"))
                row["verdict"] = (
                    "same" if rival == race.winner
                    else "better" if ends[1] < 0 else "worse" if ends[0] > 0 else "open"
                )  # fmt: skip
                rows.append(row)
        return pd.DataFrame(rows)

    def levers(self) -> pd.DataFrame:
        """Return a row a lever: the level of each named portfolio, and what it is a year."""
        rows = []
        for at, item in enumerate(self.space.levers):
            row: dict[str, Any] = {"lever": item.name, "label_en": item.label.en, "label_zh": item.label.zh}
            row["clauses"] = " ".join(item.clauses)
            rows.append(row | {name: item.levels[p[at]].amount for name, p in self.named.items()})
        return pd.DataFrame(rows)

    def front(self) -> pd.DataFrame:
        """Return all that was screened: cost, objectives, and for which of them nothing is as cheap and better."""
        names = {portfolio: name for name, portfolio in self.named.items()}
        table = pd.DataFrame(
            [[*p, self.search.cost(p), names.get(p, ""), *v] for p, v in self.found.seen.items()],
            columns=[
                *(lever.name for lever in self.space.levers),
                "cost",
                "portfolio",
                *map("/".join, self.keys),
            ],
        )
        for place, key in enumerate(self.keys):
            values = self._sign(place) * table["/".join(key)].to_numpy(float)
            table[f"on the front of {'/'.join(key)}"] = efficient(table["cost"].to_numpy(float), values)
        return table

    def order(self) -> pd.DataFrame:
        """Return what to buy first for the portfolio of the plan's price, and what each step brings."""
        columns = ["buy", "label_en", "label_zh", "to", "cost_so_far"]
        columns += [f"{'/'.join(key)} {part}" for key in self.keys for part in ("change", "low", "high")]
        rows = []
        for before, after in zip(self.found.order, self.found.order[1:], strict=False):
            lever = next(at for at in range(len(after)) if after[at] != before[at])
            item = self.space.levers[lever]
            row: dict[str, Any] = {"buy": item.name, "label_en": item.label.en, "label_zh": item.label.zh,
                "to": item.levels[after[lever]].amount, "cost_so_far": self.search.cost(after)}  # fmt: skip
            for place in range(len(self.keys)):
                row |= self._change(after, before, place)
            rows.append(row)
        return pd.DataFrame(rows, columns=columns)  # none where nothing is worth its price

    def cost_items(self) -> pd.DataFrame:
        """Return what the items of the named portfolios cost a year."""
        table = {name: each_year(self.costs, self.space.quantities(p)) for name, p in self.named.items()}
        return pd.DataFrame(table).rename_axis("item").reset_index()

    def regret(self) -> pd.DataFrame:
        """Return for each budget the choice that is best on average, and that of the least greatest regret."""
        assert self.unknown is not None
        rows = []
        for race in self.found.races:
            rivals = [p for p in self.unknown.portfolios if self.search.cost(p) <= race.budget]
            if not rivals:
                continue
            places = [self.unknown.portfolios.index(p) for p in rivals]
            found = self._sign(0) * self.unknown.found[places, :, 0]
            regret = found - found.min(axis=0)
            mean, worst = regret.mean(axis=1), regret.max(axis=1)
            best, safe = int(mean.argmin()), int(worst.argmin())
            differs = [
                f"{item.label.en}: {item.levels[one].amount:g}, {item.levels[two].amount:g}"
                for item, one, two in zip(self.space.levers, rivals[best], rivals[safe], strict=True)
                if one != two
            ]
            rows.append((
                race.budget, len(rivals), mean[best], worst[best], mean[safe], worst[safe], best == safe,
                rivals[safe] == race.winner, "; ".join(differs),
            ))  # fmt: skip
        return pd.DataFrame(rows, columns=[
            "budget", "rivals", "best_mean_regret", "best_greatest_regret", "safe_mean_regret", "safe_greatest_regret",
            "same", "safe_is_winner", "differs_in",
        ])  # fmt: skip
