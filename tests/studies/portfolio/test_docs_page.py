"""docs/portfolio: the page in both languages is what the tables beside it say, and these agree with one another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.studies.portfolio import finance, page
from sim.studies.portfolio.search import efficient

PLACE = Path(__file__).parents[3] / "docs" / "portfolio"
REPORT = page.read(PLACE)
TABLES = REPORT.tables
NAMED = TABLES["portfolios"].set_index("portfolio")
NOT_HERE = "python -m sim portfolio out=... again, and copy its folder"


@pytest.mark.parametrize("lang", page.PAGES)
def test_the_page_is_written_from_its_tables(lang: str) -> None:
    text = (PLACE / page.PAGES[lang]).read_text(encoding="utf-8")
    assert text == page.render(REPORT, lang), NOT_HERE


def changes() -> Iterator[tuple[str, pd.DataFrame, str]]:
    for name in ("portfolios", "marginal"):
        for key in REPORT.keys:
            yield name, TABLES[name], key


def test_changes_are_values_less_the_plans_and_lie_within_their_intervals() -> None:
    for name, table, key in changes():
        gap = table[key] - NAMED.loc["plan", key]
        assert np.allclose(table[f"{key} change"], gap, atol=1e-9), name
        assert (table[f"{key} low"] <= table[f"{key} high"]).all()
        assert np.allclose((table[f"{key} low"] + table[f"{key} high"]) / 2, gap, atol=1e-9)


def test_prices_are_costs_over_gains() -> None:
    table, sign = TABLES["marginal"], -1 if REPORT.settings["more_is_better"] else 1
    for place, key in enumerate(REPORT.keys):
        gain = -(sign if place == 0 else 1) * table[f"{key} change"]
        there = gain.abs() > 1e-9
        assert np.allclose(table[f"yuan a unit of {key}"][there], (table["cost_change"] / gain)[there])


def test_costs_are_the_sums_of_their_items_and_of_the_finance_table() -> None:
    items = TABLES["costs"].set_index("item")
    assert np.allclose(items.sum()[NAMED.index], NAMED["cost"])
    paid = TABLES["finance"]
    every, years = paid.columns[4], list(paid.columns[-finance.YEARS :])
    assert years[0] == str(REPORT.settings["price_year"] + 1)
    for name, part in paid.groupby(finance.PORTFOLIO):
        totals = part[(part[finance.ITEM] == str(finance.ALL))].set_index(finance.KIND)
        assert totals.loc[str(finance.TOTAL), every] == pytest.approx(
            NAMED.loc[str(name).split()[0], "cost"], abs=20
        )
        for kind in (finance.CAPITAL, finance.RUNNING):
            rows = part[(part[finance.KIND] == str(kind)) & (part[finance.ITEM] != str(finance.ALL))]
            assert (rows[years].sum() == totals.loc[str(kind), years]).all()
    assert (paid[paid.columns[6]] == paid[years].sum(axis=1)).all()


def test_the_front_holds_what_was_screened_and_what_nothing_beats() -> None:
    front, settings = TABLES["front"], REPORT.settings
    assert len(front) == settings["screened"]
    for place, key in enumerate(REPORT.keys):
        sign = -1 if settings["more_is_better"] and place == 0 else 1
        on = efficient(front["cost"].to_numpy(float), sign * front[key].to_numpy(float))
        assert (front[f"on the front of {key}"].to_numpy(bool) == on).all()
    for row in front[front["portfolio"].notna()].to_dict("records"):
        if row["portfolio"]:
            assert row["cost"] == pytest.approx(NAMED.loc[row["portfolio"], "cost"])


def test_the_order_ends_at_the_portfolio_of_the_plans_price() -> None:
    assert TABLES["order"]["cost_so_far"].iloc[-1] == pytest.approx(NAMED.loc["same_money", "cost"])
    for key in REPORT.keys:
        total = TABLES["order"][f"{key} change"].sum()
        assert total == pytest.approx(NAMED.loc["same_money", key] - NAMED.loc["nothing", key], abs=1e-9)


def test_the_sentences_of_the_documentation_are_those_of_the_tables() -> None:
    text = " ".join((PLACE.parent / "portfolio.md").read_text(encoding="utf-8").split())
    million = 1e6
    key, plan, same = REPORT.keys[0], NAMED.loc["plan"], NAMED.loc["same_money"]
    step = TABLES["marginal"].set_index("lever")
    order = TABLES["order"].set_index("buy")
    paid = order["cost_so_far"].diff().fillna(order["cost_so_far"].iloc[0])
    first = order.loc["platform"]
    verdicts = TABLES["against"]["verdict"].value_counts()
    assert (verdicts["better"], verdicts["same"], verdicts["open"]) == (27, 2, 1)
    lives = NAMED[f"{page.LIVES} change"]
    price, life = step[f"yuan a unit of {key}"] / million, step[f"yuan a unit of {page.LIVES}"] / million
    further = min(price[name] for name in step.index if "@" in name)
    for sentence in (
        f"{REPORT.settings['screened']} portfolios screened",
        f"and {REPORT.settings['draws']} draws of what is not known",
        f"(+{lives['same_money']:.3f} a year)", f"up to {lives['best_5']:.2f} more a year",
        f"the first crew {step[f'{key} change']['move_up']:.2f} minutes later",
        f"{len(TABLES['against'])} comparisons with greedy",
        f"{-same[f'{key} not known high']:.2f} to {-same[f'{key} not known low']:.2f} over what is not known",
        f"cost some {plan['cost'] / million:.0f} million yuan a year (",
        f"year ({plan['cost_low'] / million:.0f} to {plan['cost_high'] / million:.0f} over",
        f"comes {-same[f'{key} change']:.2f} minutes ({-same[f'{key} high']:.2f} to {-same[f'{key} low']:.2f}) sooner",
        f"{NAMED.loc['as_good', 'cost'] / million:.0f} million a year are as good as the plan",
        f"platform ({paid['platform'] / -first[f'{key} change'] / million:.1f} million yuan a year by `order",
        f"`order.csv`; the {price['platform']:.1f} of `marginal.csv`",
        f"10 s of turnout ({price['turnout']:.0f} million", f"further stations (from {further:.0f} million)",
        f"careers ({price['career']:.0f} million)",
        f"teams and their crews ({price['teams']:.0f} and {price['team_crew']:.0f} million)",
        f"alarms ({life['alarms'].min():.0f} to {life['alarms'].max():.0f} million a year)",
        f"some {round(paid['platform'] / -first[f'{page.LIVES} change'] / million, -1):.0f} million by `order.csv`",
    ):  # fmt: skip
        assert sentence in text
