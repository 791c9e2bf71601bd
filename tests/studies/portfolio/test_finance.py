"""The finance table: yuan by item and year, capital and running apart, sums that hold, and heads that say how."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from sim.config import costs as money
from sim.studies.portfolio import finance

COSTS = money.read(None)
PAID = finance.table(COSTS, {"plan": {"nest": 8, "move_up": 0, "career": 2}, "as_good": {"platform": 1}})
YEARS = [str(year) for year in range(2025, 2045)]


def row(item: str, kind: str, portfolio: str = "plan 规划") -> pd.Series:
    chosen = (PAID["portfolio 方案"] == portfolio) & (PAID["item 项目"] == item) & (PAID["kind 类别"] == kind)
    (found,) = PAID[chosen].iloc
    return found


def test_capital_and_running_are_apart_year_by_year() -> None:
    nest, kinds = "drone nest 无人机机巢", ("capital 资本支出", "running 运行费", "total 合计")
    bought, run, both = (row(nest, kind) for kind in kinds)
    assert bought[YEARS].tolist() == [8 * 150_000 if at % 5 == 0 else 0 for at in range(20)]
    assert run[YEARS].tolist() == [8 * 50_000] * 20
    assert both[YEARS].tolist() == [a + b for a, b in zip(bought[YEARS], run[YEARS], strict=True)]
    assert bought["number 数量"] == 8
    assert not (PAID["item 项目"] == "move-ups by coverage 按覆盖移防补位").any()  # nothing is paid


def test_the_sums_hold_to_the_yuan() -> None:
    amounts = PAID.columns[4:]
    for _, part in PAID.groupby("portfolio 方案"):
        every = part["item 项目"] == "all items 全部项目"
        for kind in ("capital 资本支出", "running 运行费", "total 合计"):
            own = part["kind 类别"] == kind
            assert part[own & ~every][amounts].sum().tolist() == part[own & every][amounts].iloc[0].tolist()
    assert (PAID[amounts[2]] == PAID[YEARS].sum(axis=1)).all()


def test_the_heads_say_whose_prices_and_how_it_is_discounted() -> None:
    a_year, now, total = PAID.columns[4:7]
    assert "annuity at 4%" in a_year
    assert "贴现率4%" in now
    assert "yuan of 2024" in total
    assert "2024年价格" in total
    nest = row("drone nest 无人机机巢", "total 合计")
    assert nest[a_year] == pytest.approx(money.annual(COSTS, {"nest": 8}), abs=1)
    by_hand = 8 * sum(150_000 * (at % 5 == 0) / 1.04**at + 50_000 / 1.04 ** (at + 1) for at in range(20))
    assert nest[now] == pytest.approx(by_hand, abs=2)
    other = finance.table(replace(COSTS, discount_rate=0.035, price_year=2026), {"plan": {"nest": 1}})
    assert "3.5%" in other.columns[4]
    assert other.columns[7] == "2027"


@pytest.mark.parametrize(("lang", "said"), [("en", ["the plan", "all items"]), ("zh", ["规划", "全部项目"])])
def test_what_is_read_is_the_table_in_millions(lang: str, said: list[str]) -> None:
    heads, rows = finance.read(PAID, lang)
    assert len(heads) == len(rows[0])
    line = next(line for line in rows if line[:2] == said)
    assert line[heads.index("2025")] == f"{row('all items 全部项目', 'total 合计')['2025'] / 1e6:,.1f}"


def test_every_item_that_costs_has_a_name_in_both_languages() -> None:
    assert set(finance.ITEMS) == set(money.ITEMS)
