"""What is paid year by year, as a finance department reads it: yuan by item, capital and running apart, with sums."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sim.config.costs import Costs, Quantities, cash_flow, each_year, worth
from sim.plots.labels import Label

YEARS = 20
FIRST_YEARS = 5  # of a table that is read, before the sum
MILLION = 1e6
NAMES = {
    "plan": Label("the plan", "规划"), "same_money": Label("for the plan's price", "同价方案"),
    "as_good": Label("cheapest as good as the plan", "与规划相当的最便宜方案"),
}  # fmt: skip
ITEMS = {
    "station_small": Label("small station", "小型站"), "station_class2": Label("class 2 station", "二级站"),
    "team": Label("township team", "乡镇专职队"), "team_person": Label("further person on duty", "增加的在岗人员"),
    "career": Label("presence of full-time crews", "专职人员到岗"), "volunteer": Label("volunteer", "志愿队员"),
    "patrol_car": Label("patrol car", "巡逻车"),
    "patrol_hour": Label("further hour of a patrol car", "巡逻车增加的值守小时"),
    "nest": Label("drone nest", "无人机机巢"), "hydrant": Label("hydrant", "消火栓"),
    "intake_point": Label("intake point", "取水点"), "home_alarm": Label("alarm in a home", "家庭报警器"),
    "platform": Label("119 platform", "119平台"), "turnout": Label("sooner turnout", "加快出动"),
    "move_up": Label("move-ups by coverage", "按覆盖移防补位"),
}  # fmt: skip
CAPITAL, RUNNING, TOTAL = Label("capital", "资本支出"), Label("running", "运行费"), Label("total", "合计")
ALL = Label("all items", "全部项目")
PORTFOLIO, ITEM, KIND, NUMBER = "portfolio 方案", "item 项目", "kind 类别", "number 数量"


def heads(price_year: int, rate: float) -> list[str]:
    """Return the heads of the columns of money, which say whose prices they are in and how they are discounted."""
    discount = f"{100 * rate:.3g}%"
    return [
        f"yuan a year, capital as annuity at {discount} 每年（元，资本按{discount}年金）",
        f"worth at the start, at {discount} 期初现值（元，贴现率{discount}）",
        f"{YEARS} years, yuan of {price_year} {YEARS}年合计（{price_year}年价格，元）",
        *map(str, range(price_year + 1, price_year + 1 + YEARS)),
    ]


def table(costs: Costs, portfolios: Mapping[str, Quantities]) -> pd.DataFrame:
    """Return what each portfolio pays: for each item and all of them a row of capital, of running and of both.

    All is bought in the first year, and again when it is worn out; a year's running is paid at its end. Rounded to whole
    yuan before it is summed, so that the sums hold.
    """
    rows = []
    for name, quantities in portfolios.items():
        every, sums = each_year(costs, quantities), np.zeros((2, YEARS + 3))
        lines: list[tuple[Label, float | str, np.ndarray]] = []
        for item, flow in cash_flow(costs, quantities, YEARS).items():
            if flow.any():
                annual = np.array([every[item] - flow[1, 0], flow[1, 0]])
                paid = np.column_stack([annual, worth(costs, flow), flow.sum(axis=1), flow]).round()
                paid[:, 2] = paid[:, 3:].sum(axis=1)
                lines.append((ITEMS[item], round(quantities[item], 6), paid))
                sums += paid
        for label, count, paid in [*lines, (ALL, "", sums)]:
            for kind, values in ((CAPITAL, paid[0]), (RUNNING, paid[1]), (TOTAL, paid.sum(axis=0))):
                rows.append(
                    (f"{name} {NAMES[name].zh}", str(label), str(kind), count, *values.astype(int).tolist())
                )
    columns = [PORTFOLIO, ITEM, KIND, NUMBER, *heads(costs.price_year, costs.discount_rate)]
    return pd.DataFrame(rows, columns=columns)


def read(found: pd.DataFrame, lang: str) -> tuple[list[str], list[list[str]]]:
    """Return heads and rows of a table to read, in millions: what a portfolio pays for an item, and when."""
    zh, rows = lang == "zh", []
    every, now, total, *years = found.columns[4:]
    for (portfolio, item), part in found.groupby([PORTFOLIO, ITEM], sort=False):
        capital, running, both = (part.iloc[at] for at in range(3))
        name = NAMES[str(portfolio).split()[0]]
        label = next(label for label in (*ITEMS.values(), ALL) if str(label) == item)
        amounts = [
            both[every],
            both[now],
            capital[total],
            running[total],
            *(both[year] for year in years[:FIRST_YEARS]),
        ]
        rows.append(
            [*(w.zh if zh else w.en for w in (name, label)), *(f"{v / MILLION:,.1f}" for v in amounts)]
        )
    first = (
        ["方案", "项目", "每年", "期初现值", f"{YEARS}年资本支出", f"{YEARS}年运行费"] if zh else
        ["portfolio", "item", "a year", "worth at the start", f"capital, {YEARS} years", f"running, {YEARS} years"]
    )  # fmt: skip
    return [*first, *years[:FIRST_YEARS]], rows
