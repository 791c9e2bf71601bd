"""A finished study read from its files, and its page in English or Chinese, written from its tables alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.plots.labels import Label, number, shown
from sim.studies import markdown
from sim.studies.markdown import sheet
from sim.studies.sensitivity.report import key, percent
from sim.studies.uncertainty.claims import GROUPS, PLUS, THEN, told_of
from sim.studies.uncertainty.sample import MOST
from sim.studies.uncertainty.statistics import FAILS, HOLDS
from sim.studies.uncertainty.tables import BELIEVED, DECIDING, LEFT_OUT

FILES = "uncertainty"
PAGES = {"en": "uncertainty.md", "zh": "uncertainty.zh.md"}
TABLES = (
    "parameters",
    "draws",
    "anchors",
    "results",
    "years",
    "claims",
    "boxes",
    "choices",
    "worth",
    "records",
)
ORDERS = 3  # of a decision that the page lists, the best ones
NAMED = 5  # inputs of a decision that the page lists
TO = {"en": " to ", "zh": "至"}
TINY = 0.01  # per cent: what is nearer to a whole one counts as that
Row = Mapping[Any, Any]


@dataclass(frozen=True)
class Report:
    """Settings and tables of a study that is done."""

    settings: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    def fan(self) -> Iterator[tuple[Label, str, list[Row]]]:
        """Yield each indicator that is shown over the years, with its unit and its row a year."""
        table = self.tables["years"][self.tables["years"]["before"].isna()]
        for kpi, by, group in self.settings["shown"]:
            rows = table[(table["kpi"] == kpi) & (table["by"] == by) & (table["group"] == group)]
            if len(rows):
                found = rows.sort_values("year").to_dict("records")
                yield told_of(kpi, group), str(found[0]["unit"]), found

    def meaning(self, symbol: str) -> str:
        """Return an input as the book words it, with its symbol."""
        names = self.tables["parameters"].set_index("parameter")["name"]
        return f"{str(names[symbol]).split(' (')[0].split(';')[0]} (`{key(symbol)}`)"

    def inputs(self, row: Row) -> list[str]:
        """Return the inputs that decide a claim, with their shares of what is not known."""
        found = [(row[f"input_{place}"], row[f"share_{place}"]) for place in range(1, DECIDING + 1)]
        return [
            f"{self.meaning(name)} {percent(share)}"
            for name, share in found
            if isinstance(name, str) and name
        ]

    def sentence(self, row: Row, lang: str) -> str:
        """Return what is printed of a claim: itself, its opposite, or that it cannot be told and why."""
        share: str = "–" if pd.isna(row["chance"]) else chance(row["chance"])
        numbers = interval(row, row["unit"], lang)
        if row["verdict"] in (HOLDS, FAILS):
            text = row["claim_" + lang] if row["verdict"] == HOLDS else row["opposite_" + lang]
            share = share if row["verdict"] == HOLDS else chance(1 - row["chance"])
            return f"{text}: {share}, {numbers}" if lang == "en" else f"{text}：{share}，{numbers}"
        why = self.inputs(row)
        if lang == "en":
            because = f", because of {' and '.join(why)}" if why else "; no single input decides it"
            return f"Cannot be told ({share}, {numbers}){because}: {row['claim_en']}"
        because = f"，取决于{'、'.join(why)}" if why else "，没有单一因素起决定作用"
        return f"无法判定（{share}，{numbers}）{because}：{row['claim_zh']}"


def chance(share: float) -> str:
    """Return a chance in whole per cent, rounded to the side of 50 %: what is shown as 90 % is not below it."""
    whole = 100 * share
    return f"{math.floor(whole + TINY) if whole >= 50 else math.ceil(whole - TINY)} %"


def interval(row: Row, unit: str, lang: str, names: Sequence[str] = ("estimate", "low", "high")) -> str:
    """Return a number with what is not known of it: `−2.6 (−4.1 to −0.4) min`."""
    name, factor = shown(unit)
    middle, low, high = (number(float(f"{row[column] * factor:.2g}")) for column in names)
    return f"{middle} ({low}{TO[lang]}{high}) {name}".strip()


def read(folder: Path) -> Report:
    """Return the study whose tables and settings lie in `folder`; SimError if one cannot be read."""
    return Report(*markdown.read_study(folder, TABLES, "uncertainty"))


def render(report: Report, lang: str) -> str:
    """Return the page."""
    tables = report.tables
    rows = tables["claims"].to_dict("records")
    return markdown.render(
        f"uncertainty/page.{lang}.md.jinja",
        asked=report.settings, files=FILES, sets=len(tables["parameters"]),
        anchors=len(tables["anchors"]),
        believed=int(tables["anchors"]["source"].str.startswith(BELIEVED).sum()),
        told=[report.sentence(row, lang) for row in rows if row["verdict"] in (HOLDS, FAILS)],
        open=[report.sentence(row, lang) for row in rows if row["verdict"] not in (HOLDS, FAILS)],
        left_out={name: tables["claims"][name] for name in LEFT_OUT},
        percent=percent, left=percent(report.settings["left"] / report.settings["draws"]),
        claims=_claims(rows, report, lang), years=_years(report, lang),
        boxes=_boxes(report, lang),
        published=_published(tables["anchors"], lang), decisions=_decisions(report, lang),
    )  # fmt: skip


def _claims(rows: Sequence[Row], report: Report, lang: str) -> str:
    head = [
        "claim",
        "chance",
        "95 % of the chance",
        "not known, 90 %",
        "Monte Carlo, sd",
        "share of Monte Carlo",
        "decided by",
    ]
    if lang == "zh":
        head = [
            "论断",
            "概率",
            "概率的95%区间",
            "未知因素（90%）",
            "蒙特卡洛标准差",
            "蒙特卡洛占比",
            "决定因素",
        ]
    lines: list[list[str]] = []
    for row in rows:
        name, factor = shown(row["unit"])
        if pd.isna(row["chance"]):
            lines.append([row["claim_" + lang], *["–"] * (len(head) - 1)])
            continue
        ends = f"{percent(row['chance_low'])} – {percent(row['chance_high'])}"
        lines.append([
            row["claim_" + lang], chance(row["chance"]), ends, interval(row, row["unit"], lang),
            f"{number(row['monte_carlo_sd'] * factor)} {name}".strip(), percent(row["monte_carlo_share"]),
            ", ".join(report.inputs(row)) or "–",
        ])  # fmt: skip
    return sheet(head, lines)


def _years(report: Report, lang: str) -> str:
    lines, years = [], report.settings["years"]
    for name, unit, rows in report.fan():
        cells = {row["year"]: interval(row, unit, lang, ("middle", "low", "high")) for row in rows}
        lines.append([getattr(name, lang), *(cells.get(year, "–") for year in years)])
    return sheet(["indicator" if lang == "en" else "指标", *map(str, years)], lines)


def _boxes(report: Report, lang: str) -> list[str]:
    """Return where each claim does not hold, in a sentence each."""
    told, claims = [], {row["name"]: row for row in report.tables["claims"].to_dict("records")}
    for name, part in report.tables["boxes"].groupby("name", sort=False):
        first = part.iloc[0]
        where = [
            f"{report.meaning(row['parameter'])} {_between(row, lang)}" for row in part.to_dict("records")
        ]
        what = claims[name][f"{'claim' if first['holds'] else 'opposite'}_{lang}"]
        inside, those, whole = (percent(first[column]) for column in ("density", "coverage", "of_all"))
        told.append(
            f"{what}, where {' and '.join(where)}: in {inside} of the {first['draws']} draws there (of all {whole}); "
            f"{those} of all such draws lie there" if lang == "en" else
            f"{what}：{'，且'.join(where)}；该范围{first['draws']}个抽样中{inside}如此（全部抽样中{whole}），占此类抽样的{those}"
        )  # fmt: skip
    return told


def _between(row: Row, lang: str) -> str:
    unit = "" if row["unit"] in ("-", "x") else f" {row['unit']}"
    ends = [float(row["low"]), float(row["high"])]
    low, high = ("" if math.isnan(end) else number(float(f"{end:.2g}")) for end in ends)
    if low and high:
        return f"{low}{TO[lang]}{high}{unit}"
    if lang == "en":
        return f"above {low}{unit}" if low else f"below {high}{unit}"
    return f"高于{low}{unit}" if low else f"低于{high}{unit}"


def _published(table: pd.DataFrame, lang: str) -> str:
    head = [
        "published or believed",
        "unit",
        "value",
        "all draws",
        "draws left",
        "ruled out",
        "by it alone",
        "source",
    ]
    if lang == "zh":
        head = ["公布或认定的数据", "单位", "数值", "全部抽样", "保留抽样", "排除", "仅由其排除", "来源"]
    lines = []
    for row in table.sort_values("ruled_out", ascending=False, kind="stable").to_dict("records"):
        spans = [
            f"{number(row[a])} ({number(row[b])}{TO[lang]}{number(row[c])})"
            for a, b, c in (("published", "low", "high"), ("drawn", "drawn_low", "drawn_high"),
                            ("left", "left_low", "left_high"))
        ]  # fmt: skip
        name = row["name"] if lang == "en" else row["name_zh"]
        lines.append([
            name, row["unit"], *spans, percent(row["ruled_out"]), percent(row["ruled_out_alone"]), row["source"]
        ])  # fmt: skip
    return sheet(head, lines)


def _decisions(report: Report, lang: str) -> list[dict[str, str]]:
    """Return, by decision, its heading and the tables of the options and of what is worth knowing."""
    if "choices" not in report.tables:
        return []
    found = []
    for _, part in report.tables["choices"].groupby("decision", sort=False):
        first = part.iloc[0]
        unit, factor = shown(first["unit"])
        kpi = getattr(told_of(first["kpi"], first["calls"]), lang)
        en = lang == "en"
        worth = report.tables["worth"].query("decision == @first.decision and worth > 0").head(NAMED)
        asked = [
            [report.meaning(r["parameter"]), f"{number(r['worth'] * factor)} {unit}", _weeks(report, r, lang)]
            for r in worth.to_dict("records")
        ]
        found.append({
            "title": f"{kpi}, {first['year']}",
            "options": "\n".join(_options(rows, str(kind), lang) for kind, rows in part.groupby("kind", sort=False)),
            "worth": sheet(
                ["ask for", "worth", "records that would do"] if en else ["应先查明", "价值", "所需记录"], asked
            ) if asked else "",
        })  # fmt: skip
    return found


def _options(part: pd.DataFrame, kind: str, lang: str) -> str:
    """Return a table of options; of orders those of the least regret, and the one of the most."""
    rows = part.to_dict("records")
    if kind != "first":
        rows.sort(key=lambda row: float(row["regret_mean"]))
    if kind == "order":
        rows = [*rows[:ORDERS], rows[-1]]
    factor, en = shown(part["unit"].iloc[0])[1], lang == "en"
    lines = [
        [_option(row["option"], lang), interval(row, row["unit"], lang, ("benefit", "low", "high")), percent(row["best"]),
         number(row["regret_mean"] * factor), number(row["regret_95"] * factor)]
        for row in rows
    ]  # fmt: skip
    kinds = {
        "first": ("measure", "措施"),
        "pair": ("two together", "两项同时"),
        "order": ("order", "先后次序"),
    }
    saves = {
        "first": ("alone, ", "单独"),
        "pair": ("", ""),
        "order": ("until all are there, ", "全部到位前平均"),
    }
    head = [f"saves {saves[kind][0]}90 %", "best in", "regret, mean", "regret, 95 %"]
    chinese = [f"{saves[kind][1]}效果（90%）", "最优概率", "平均遗憾", "95%遗憾"]
    return sheet([kinds[kind][not en], *(head if en else chinese)], lines)


def _option(name: str, lang: str) -> str:
    """Name a group of measures, two together or an order of them."""
    for between in (THEN, PLUS):
        if between in name:
            joined = " + " if between == PLUS else between
            return joined.join(_option(part, lang) for part in name.split(between))
    return str(getattr(GROUPS[name], lang)) if name in GROUPS else name


def _weeks(report: Report, row: Row, lang: str) -> str:
    """Say how many weeks of records bring most of what an input is worth."""
    table = report.tables["records"]
    own = table[(table["decision"] == row["decision"]) & (table["parameter"] == row["parameter"])]
    if own.empty:
        return "–"
    enough = own[own["share"] >= MOST]
    if enough.empty:
        first = own.iloc[-1]
        share = percent(first["share"])
        return f"{first['weeks']} weeks bring {share}" if lang == "en" else f"{first['weeks']}周可得{share}"
    weeks, records = (int(enough.iloc[0][name]) for name in ("weeks", "records"))
    plural = "s" if weeks > 1 else ""
    return f"{weeks} week{plural} ({records} calls)" if lang == "en" else f"{weeks}周（{records}次警情）"
