"""The page of a portfolio study, made from its tables on the disk: a one-page answer, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.plots.labels import number
from sim.studies import markdown
from sim.studies.markdown import SETTINGS as SETTINGS
from sim.studies.markdown import sheet
from sim.studies.portfolio import finance

TABLES = ("marginal", "portfolios", "against", "levers", "front", "order", "finance", "costs", "regret")
FILES = (SETTINGS, *(f"{name}.csv" for name in TABLES))
PAGES = {"en": "portfolio.md", "zh": "portfolio.zh.md"}
MILLION = 1e6
LIVES = "deaths_a/all/all"
WORDS = {
    "en": {
        "first_capable_mean/risk/life_risk": "first crew that can begin at life-risk calls, min",
        LIVES: "expected deaths a year", "worst_tenth/all/all": "the same in the last tenth of the townships, min",
        "none": "nothing", "better": "better", "worse": "worse", "open": "cannot be told", "same": "the same one",
    },
    "zh": {
        "first_capable_mean/risk/life_risk": "危及生命警情首个有效力量到场时间（分钟）",
        LIVES: "年预期死亡人数", "worst_tenth/all/all": "最慢十分之一乡镇的同一时间（分钟）",
        "none": "无", "better": "更好", "worse": "更差", "open": "无法区分", "same": "即所选方案",
        "greedy": "贪心法", "siting": "选址模型", "siting with teams": "选址模型（站和队）",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Report:
    """A study as it is on the disk."""

    settings: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]

    @property
    def keys(self) -> list[str]:
        """The indicators, the objective first."""
        return ["/".join(key) for key in self.settings["keys"]]

    def named(self, name: str) -> dict[str, Any] | None:
        """Return the row of a portfolio, None if there is none."""
        rows = self.tables["portfolios"]
        found: list[dict[Any, Any]] = rows[rows["portfolio"] == name].to_dict("records")
        return found[0] if found else None


def read(folder: Path) -> Report:
    """Return the study of a folder; SimError if it cannot be read."""
    return Report(*markdown.read_study(folder, TABLES, "portfolio"))


def words(key: str, lang: str) -> str:
    """Return the name of an indicator."""
    return WORDS[lang].get(key, key)


def interval(row: Mapping[Any, Any], key: str) -> str:
    """Return a change with its 95 % interval, and between what the draws of what is not known lie."""
    text = f"{signed(row[f'{key} change'])} ({signed(row[f'{key} low'])} … {signed(row[f'{key} high'])})"
    least = row.get(f"{key} not known low")
    return (
        text
        if least is None or pd.isna(least)
        else f"{text} [{signed(least)} … {signed(row[f'{key} not known high'])}]"
    )


def signed(value: float) -> str:
    """Return a number with its sign and two decimals, three where it is small."""
    if pd.isna(value):
        return "–"
    return f"{value:+.{2 if abs(value) >= 0.1 else 3}f}".replace("-", "−")


def millions(value: float) -> str:
    """Return yuan in millions."""
    return "–" if pd.isna(value) else f"{value / MILLION:,.1f}".replace("-", "−")


def differences(report: Report, name: str, lang: str, base: str = "plan") -> tuple[list[str], list[str]]:
    """Return what a portfolio has more than another, and what less."""
    more: list[str] = []
    less: list[str] = []
    for row in report.tables["levers"].to_dict("records"):
        there, here = float(row[name]), float(row[base])
        if there == here:
            continue
        text = f"{row[f'label_{lang}']} {here:g} → {there:g}"
        slower = row["lever"] == "turnout"  # fewer seconds are more
        (more if (there > here) != slower else less).append(text)
    return more, less


def answer(report: Report, lang: str) -> str:
    """Return the answer in a sentence or two."""
    same, good, plan = (report.named(name) for name in ("same_money", "as_good", "plan"))
    key = report.keys[0]
    if not (same and plan):
        return ""
    if lang == "zh":
        text = f"用规划的费用（每年{millions(plan['cost'])}百万元）：{words(key, lang)}变化{interval(same, key)}。"
        return text + (
            f"每年{millions(good['cost'])}百万元即可与规划相当。" if good else "没有找到更便宜且相当的方案。"
        )
    price = f"For the price of the plan ({millions(plan['cost'])} million yuan a year)"
    return f"{price}: {words(key, lang)} {interval(same, key)}. " + (
        f"As good as the plan from {millions(good['cost'])} million a year."
        if good
        else "Nothing cheaper was found that is as good as the plan."
    )


def beside(report: Report, lang: str) -> tuple[list[list[str]], str]:
    """Return the rows of the best portfolios beside those of simpler methods, and what they come to."""
    table, key = report.tables["against"], report.keys[0]
    lines = table.to_dict("records")
    rows = [
        [row["portfolio"], words(row["rival"], lang), millions(row["rival_cost"]),
         *(interval(row, name) for name in report.keys), words(row["verdict"], lang)] for row in lines
    ]  # fmt: skip
    count = table["verdict"].value_counts()
    better, still, same, worse = (int(count.get(name, 0)) for name in ("better", "open", "same", "worse"))
    listed = "; ".join(
        f"{row['portfolio']} – {words(row['rival'], lang)} {interval(row, key)}"
        for row in lines if row["verdict"] == "worse"
    )  # fmt: skip
    if lang == "zh":
        text = f"共比较{len(lines)}次：更好{better}次，无法区分{still}次，即所选方案{same}次，更差{worse}次。"
        return rows, text + (f"超出区间地更差：{listed}。" if worse else "没有一次超出区间地更差。")
    text = f"Of {len(lines)}: better in {better}, cannot be told in {still}, the same one in {same}, worse in {worse}. "
    return rows, text + (
        f"Worse beyond its interval: {listed}." if worse else "None is worse beyond its interval."
    )


def reasons(report: Report, lang: str) -> list[str]:
    """Return why a chief could still prefer the plan, from the results."""
    zh, found = lang == "zh", []
    same = report.named("same_money") or {}
    less = differences(report, "same_money", lang)[1]
    clauses = sorted({
        clause
        for row in report.tables["levers"].to_dict("records")
        if (float(row["same_money"]) < float(row["plan"])) and isinstance(row["clauses"], str)
        for clause in row["clauses"].split()
    })  # fmt: skip
    listed = "; ".join(less) or WORDS[lang]["none"]
    if clauses:
        told = " ".join(clauses)
        found.append(
            f"规划是承诺：此方案不履行{told}（{listed}）。" if zh else
            f"The plan is a promise. This portfolio does not keep {told} in full: it gives up {listed}."
        )  # fmt: skip
    worse = [key for key in report.keys[1:] if same[f"{key} high"] > 0]
    told = "; ".join(f"{words(key, lang)} {interval(same, key)}" for key in worse)
    if worse:
        found.append(
            f"其他目标未必更好：{told}。" if zh else f"What it was not chosen for need not be better: {told}."
        )
    low, high = millions(same["cost_low"]), millions(same["cost_high"])
    plan = report.named("plan") or {}
    if report.settings["draws"]:
        share = report.settings["same_money_better"]
        ranges = (low, high, millions(plan["cost_low"]), millions(plan["cost_high"]))
        found.append(
            f"费用和输入都不确定：此方案每年{ranges[0]}至{ranges[1]}百万元，规划{ranges[2]}至{ranges[3]}百万元；"
            f"在{share:.0%}的抽样中此方案更好。" if zh else
            f"Costs and inputs are not known: it is {ranges[0]} to {ranges[1]} million a year, the plan {ranges[2]} to "
            f"{ranges[3]}; it is the better one in {share:.0%} of the draws."
        )  # fmt: skip
    found.append(
        "模型没有看到的：村民对本乡专职队的信任、训练、日常防火、灾害时的备用力量；也不知道批地和招人要多久。" if zh else
        "The model does not see what a station or a team is for beside calls: inspection, drills, trust, reserves in a "
        "flood; nor how long land and recruits take."
    )  # fmt: skip
    return found


def render(report: Report, lang: str) -> str:
    """Return the page."""
    keys = report.keys
    heads = [words(key, lang) for key in keys]
    portfolios = [
        [str(row["portfolio"]),
         f"{millions(row['cost'])} ({millions(row['cost_low'])} … {millions(row['cost_high'])})",
         *(f"{number(row[key])}; {interval(row, key)}" for key in keys), _text(row["proposed_by"]),
         f"{row['contenders']}, {row['race_replications']}{'' if row['guaranteed'] or not row['contenders'] else ' *'}"]
        for row in report.tables["portfolios"].to_dict("records")
    ]  # fmt: skip
    key, marginal = keys[0], []
    for row in report.tables["marginal"].to_dict("records"):
        prices = [_price(row, name) for name in dict.fromkeys([key, LIVES])]
        marginal.append([
            f"{row[f'label_{lang}']} {row['from']:g} → {row['to']:g}", millions(row["cost_change"]),
            *(interval(row, name) for name in keys), *prices,
        ])  # fmt: skip
    order = [
        [f"{row[f'label_{lang}']} → {row['to']:g}", millions(row["cost_so_far"]), *(interval(row, name) for name in keys)]
        for row in report.tables["order"].to_dict("records")
    ]  # fmt: skip
    chosen = [
        name
        for name in report.tables["levers"].columns
        if name in set(report.tables["portfolios"]["portfolio"])
    ]
    levers = [
        [row[f"label_{lang}"], *(f"{row[name]:g}" for name in chosen)]
        for row in report.tables["levers"].to_dict("records")
    ]
    regret = [
        [millions(row["budget"]), str(row["rivals"]), *(number(row[c]) for c in (
            "best_mean_regret", "best_greatest_regret", "safe_mean_regret", "safe_greatest_regret")),
         _text(row["differs_in"]) or WORDS[lang]["none"]]
        for row in report.tables["regret"].to_dict("records")
    ] if "regret" in report.tables else []  # fmt: skip
    more, less = differences(report, "same_money", lang)
    return markdown.render(
        f"portfolio/page.{lang}.md.jinja", settings=report.settings, answer=answer(report, lang), more=more, less=less,
        reasons=reasons(report, lang), heads=heads, portfolios=portfolios, marginal=marginal, order=order,
        levers=levers, chosen=chosen, regret=regret, sheet=sheet, good=report.named("as_good") is not None,
        good_differs=differences(report, "as_good", lang) if report.named("as_good") else ([], []),
        paid=finance.read(report.tables["finance"], lang), years=finance.YEARS, names={"objective": words(key, lang)},
        against=beside(report, lang) if "against" in report.tables else None,
    )  # fmt: skip


def _text(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""  # an empty cell of a CSV is no text


def _price(row: Mapping[Any, Any], key: str) -> str:
    """Return the price of a unit of a gain, with the interval of what is not known; a dash where it has none."""
    change, low, high = (row[f"{key} {part}"] for part in ("change", "low", "high"))
    if pd.isna(change) or low <= 0 <= high or row["cost_change"] == 0:
        return "–"
    text = millions(row[f"yuan a unit of {key}"])
    least, most = (row.get(f"yuan {end} {key}", float("nan")) for end in ("low", "high"))
    return text if pd.isna(least) else f"{text} [{millions(least)} … {millions(most)}]"
