"""The best portfolio of a budget is not worse than greedy's and the covering model's, and the page says where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from sim.config import costs as money
from sim.plots.labels import Label
from sim.studies.portfolio import page
from sim.studies.portfolio.levers import Level, Lever, Space
from sim.studies.portfolio.measuring import Measured, Point
from sim.studies.portfolio.search import Portfolio
from sim.studies.portfolio.study import FRESH, RACE, Outcome, Search, Settings
from sim.studies.portfolio.tables import Tables

KEYS = [("minutes", "all", "all"), ("deaths_a", "all", "all")]
LAST = FRESH + 20  # replications
NAME, INDIFFERENCE = "minutes/all/all", 0.1


class MadeUp(Space):
    """Six sites in the order of the covering model, a named station, teams, turnout, alarms."""

    def quantities(self, portfolio: Portfolio) -> dict[str, float]:
        amount = {
            lever.name: lever.levels[at].amount for lever, at in zip(self.levers, portfolio, strict=True)
        }
        stations = sum(count for name, count in amount.items() if name.startswith("station"))
        return {
            "station_small": stations, "team": amount["teams"], "turnout": 13 * amount["turnout"],
            "home_alarm": 1e5 * amount["alarms"],
        }  # fmt: skip


class World:
    """What portfolios give there: sites cover partly the same calls, noise is shared and each portfolio's own.

    The plan is a random one, and its price the budget.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        covers, calls = rng.random((7, 60)) < 0.3, rng.gamma(1.0, 0.05, 60)
        order: list[int] = []
        while len(order) < 7:  # the covering model's order
            missed = ~covers[order].any(axis=0) if order else np.ones(60, bool)
            rest = [site for site in range(7) if site not in order]
            order.append(max(rest, key=lambda site: float(calls[missed & covers[site]].sum())))
        self.covers, self.calls, self.gain = covers[order], calls, rng.uniform(0.1, 0.8, 3)
        sizes = {**{f"station small station@{n}/0": 2 for n in range(6)}, "station small own": 2, "teams": 4,
                 "turnout": 2, "alarms": 3}  # fmt: skip
        levers = [
            Lever(
                name,
                Label(name, name),
                tuple(Level(float(at), {name: at}) for at in range(size)),
                int(rng.integers(size)),
            )
            for name, size in sizes.items()
        ]
        self.space = MadeUp(tuple(levers), 2027, {}, {})
        self.seed = seed

    @cache  # noqa: B019 -- a world lives as long as its test
    def true(self, portfolio: Portfolio) -> float:
        missed = self.calls[~self.covers[np.flatnonzero(portfolio[:7])].any(axis=0)].sum()
        others = sum(g * (1 - 0.6**level) for g, level in zip(self.gain, portfolio[7:], strict=True))
        return float(10 + missed - others - 0.1 * portfolio[7] * portfolio[8])

    def __call__(self, points: Sequence[Point], numbers: range, title: str) -> np.ndarray:
        del title
        given = [dict(point.scenario) for point in points]
        rows = [
            self.rows(tuple(keys[lever.name] for lever in self.space.levers))[list(numbers)] for keys in given
        ]
        return np.array(rows).reshape(len(points), len(numbers), len(KEYS))

    @cache  # noqa: B019
    def rows(self, portfolio: Portfolio) -> np.ndarray:
        shared = np.random.default_rng(self.seed).normal(0, 0.3, LAST)
        own = np.random.default_rng([self.seed, *portfolio]).normal(0, 0.05, LAST)
        return np.column_stack([self.true(portfolio) + shared + own, np.full(LAST, 2.0)])

    def search(self) -> tuple[Search, Outcome]:
        settings = Settings((), 40, 2, 20, 60, INDIFFERENCE, 0.05, self.seed, 1.0)
        search = Search(self.space, money.read(None), settings, cast(Measured, self))
        return search, search()


@pytest.fixture(scope="module")
def worlds() -> list[tuple[World, Outcome, pd.DataFrame]]:
    found = []
    for seed in range(20):
        world = World(seed)
        search, outcome = world.search()
        found.append((world, outcome, Tables(search, outcome, KEYS, None).against()))
    return found


def test_on_20_made_up_worlds_the_best_is_never_worse_than_simpler_methods(
    worlds: list[tuple[World, Outcome, pd.DataFrame]],
) -> None:
    for world, outcome, _ in worlds:
        for race in outcome.races:
            assert set(race.rivals) == {"greedy", "siting", "siting with teams"}
            assert {*race.rivals.values()} <= {*race.contenders}
            for rival in race.rivals.values():
                assert world.true(race.winner) <= world.true(rival) + INDIFFERENCE


def test_the_table_holds_the_paired_differences_of_incidents_that_chose_nothing(
    worlds: list[tuple[World, Outcome, pd.DataFrame]],
) -> None:
    verdicts = pd.concat([table["verdict"] for _, _, table in worlds]).value_counts()
    assert verdicts["better"] > 20
    assert verdicts.get("worse", 0) <= 2  # of 60, by chance
    for world, outcome, table in worlds[:5]:
        rows = iter(table.to_dict("records"))
        for race in outcome.races:
            for method, rival in race.rivals.items():
                row = next(rows)
                sides = world(
                    [Point.of(world.space.keys(p)) for p in (race.winner, rival)], range(FRESH, LAST), ""
                )
                gap = sides[0, :, 0] - sides[1, :, 0]
                assert row["rival"] == method
                assert row[f"{NAME} change"] == pytest.approx(gap.mean(), abs=1e-12)
                assert (row["verdict"] == "same") == (rival == race.winner)
                half = 2.093 * gap.std(ddof=1) / 20**0.5  # Student, 19 degrees of freedom
                assert row[f"{NAME} high"] == pytest.approx(gap.mean() + half, abs=1e-3 * half + 1e-12)
    assert RACE + 60 < FRESH


def test_the_covering_models_proposals_are_its_first_ones_within_the_budget() -> None:
    world = World(0)
    search, _ = world.search()
    one = search.cost((1, *(0,) * 9))
    assert search._siting(2.5 * one) == (1, 1, *(0,) * 8)
    team = search.cost((*(0,) * 7, 1, 0, 0))
    assert search._siting(6 * one + 2 * team, teams=True) == (*(1,) * 6, 0, 2, 0, 0)


def told(verdict: str, low: float, high: float) -> page.Report:
    row: dict[str, Any] = {
        "portfolio": "best_8",
        "cost": 8e6,
        "rival": "siting",
        "rival_cost": 7e6,
        "verdict": verdict,
    }
    row |= {f"{NAME} change": (low + high) / 2, f"{NAME} low": low, f"{NAME} high": high}
    return page.Report({"keys": [["minutes", "all", "all"]]}, {"against": pd.DataFrame([row])})


def test_the_page_says_where_the_best_is_worse_beyond_its_interval() -> None:
    for lang, said in (
        ("en", "Worse beyond its interval: best_8 – siting +0.30"),
        ("zh", "超出区间地更差：best_8 – 选址模型 +0.30"),
    ):
        assert said in page.beside(told("worse", 0.2, 0.4), lang)[1]
        assert "best_8" not in page.beside(told("open", -0.2, 0.4), lang)[1]


def test_an_objective_of_which_more_is_better_turns_the_verdict_round(
    worlds: list[tuple[World, Outcome, pd.DataFrame]],
) -> None:
    world, outcome, table = worlds[0]
    settings = Settings((), 40, 2, 20, 60, INDIFFERENCE, 0.05, 0, -1.0)
    search = Search(world.space, money.read(None), settings, cast(Measured, world))
    turned = Tables(search, replace(outcome), KEYS, None).against()["verdict"]
    assert (
        turned.tolist()
        == table["verdict"].map({"better": "worse", "worse": "better"}).fillna(table["verdict"]).tolist()
    )
