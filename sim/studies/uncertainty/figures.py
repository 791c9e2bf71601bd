"""The pictures of an uncertainty study: claims, years, what is published, and what is worth knowing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.plots.labels import Label, shown
from sim.plots.style import BETTER, FAINT, INK, SERIES, UNCERTAIN, WORSE, new_figure, note, save, use_style
from sim.studies.sensitivity.report import short
from sim.studies.uncertainty.claims import told_of
from sim.studies.uncertainty.page import Report, chance
from sim.studies.uncertainty.statistics import FAILS, HOLDS, LEVEL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = ("claims", "years", "anchors", "worth")
VERDICTS = {HOLDS: (BETTER, Label("holds", "成立")), FAILS: (WORSE, Label("does not hold", "不成立"))}
OPEN = (UNCERTAIN, Label("cannot be told", "无法判定"))
WIDE, NARROW = "#C9DFF0", "#7FB3D9"


def draw(report: Report, folder: Path, *, svg: bool) -> None:
    """Draw what the study has into `folder`, .png and if wanted .svg each."""
    with use_style():
        for name in PICTURES:
            if name == "worth" and "worth" not in report.tables:
                continue
            figure = DRAWN[name](report)
            save(figure, folder, name)
            if not svg:
                (folder / f"{name}.svg").unlink()


def _claims(report: Report) -> Any:
    """Draw the chance of each claim with its interval; what is beyond 90 % either way is told."""
    rows = report.tables["claims"].sort_values("chance", kind="stable").to_dict("records")
    figure = new_figure(11.0, 1.5 + 0.43 * len(rows))
    axes = figure.subplots()
    for place, row in enumerate(rows):
        colour, _ = VERDICTS.get(row["verdict"], OPEN)
        axes.barh(place, row["chance"], 0.62, color=colour, zorder=2)
        axes.plot([row["chance_low"], row["chance_high"]], [place, place], color=INK, linewidth=1.2, zorder=3)
        if not pd.isna(row["chance"]):
            axes.text(1.02, place, chance(row["chance"]), va="center", fontsize=8.5)
    for edge in (1 - LEVEL, LEVEL):
        axes.axvline(edge, color=INK, linewidth=1, linestyle=(0, (4, 2)), zorder=4)
    axes.set_yticks(range(len(rows)), [f"{row['claim_en']}\n{row['claim_zh']}" for row in rows], fontsize=7.5)
    axes.set(xlim=(0, 1.1), ylim=(-0.6, len(rows) - 0.4))
    axes.set_xticks([0, 0.1, 0.5, 0.9, 1], ["0", "10 %", "50 %", "90 %", "100 %"])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("share of draws in which it holds, with 95 % interval 成立的抽样比例（95%区间）")
    for colour, name in (*VERDICTS.values(), OPEN):
        axes.barh([np.nan], [0], color=colour, label=str(name))
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle("How sure is each claim? 每条论断有多可靠", fontsize=11)
    return figure


def _years(report: Report) -> Any:
    """Draw the middle draw of each indicator over the years, and what half and 90 % of the draws lie between."""
    shown_ones = list(report.fan())
    figure = new_figure(11.0, 1.0 + 2.9 * ((len(shown_ones) + 1) // 2))
    grid = figure.subplots((len(shown_ones) + 1) // 2, 2, squeeze=False).ravel()
    for (name, stored, rows), axes in zip(shown_ones, grid, strict=False):
        unit, factor = shown(stored)
        years = [row["year"] for row in rows]
        values = {c: [factor * row[c] for row in rows] for c in ("low", "lower", "middle", "upper", "high")}
        axes.fill_between(
            years, values["low"], values["high"], color=WIDE, label="90 % of the draws 90%的抽样"
        )
        axes.fill_between(
            years, values["lower"], values["upper"], color=NARROW, label="half of the draws 一半的抽样"
        )
        axes.plot(years, values["middle"], color=SERIES[1].colour, marker="o", label="middle draw 中位抽样")
        axes.set_xticks(years)
        axes.set_title(name.stacked, fontsize=9.5)
        axes.set_ylabel(unit)
        axes.set_ylim(bottom=0)
    for axes in grid[len(shown_ones) :]:
        axes.axis("off")
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle("The years, over everything that is not known 全部未知因素下的各年份", fontsize=11)
    return figure


def _anchors(report: Report) -> Any:
    """Draw what the draws make of each published number, in half-ranges from it, and the share that it rules out."""
    rows = report.tables["anchors"].sort_values("ruled_out", kind="stable").to_dict("records")
    figure = new_figure(11.0, 1.6 + 0.5 * len(rows))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1.2))
    left.axvspan(-1, 1, color="#E9E9E9", zorder=0, label="range 范围")
    for place, row in enumerate(rows):
        for shift, name, colour in ((0.17, "drawn", UNCERTAIN), (-0.17, "left", BETTER)):
            ends = [_halves(row, row[f"{name}{end}"]) for end in ("_low", "", "_high")]
            text = (
                {"drawn": "all draws 全部抽样", "left": "draws left 保留抽样"}[name] if place == 0 else None
            )
            left.plot(
                ends[::2], [place + shift] * 2, color=colour, linewidth=5, solid_capstyle="butt", label=text
            )
            left.plot(ends[1], place + shift, "o", color=INK, markersize=4, zorder=4)
        right.barh(
            place, 100 * row["ruled_out"], 0.62, color=FAINT, label="ruled out 排除" if place == 0 else None
        )
        alone = "by it alone 仅由其排除" if place == 0 else None
        right.barh(place, 100 * row["ruled_out_alone"], 0.62, color=WORSE, label=alone)
    left.set_yticks(range(len(rows)), [f"{row['name']}\n{row['name_zh']}" for row in rows], fontsize=7.5)
    left.axvline(0, color=INK, linewidth=0.8)
    left.set_xlim(-4, 6)
    left.set_xlabel("distance from the value, in half-ranges 与该值的距离（半范围）")
    right.set_xlabel("% of the draws 占抽样百分比")
    for axes in (left, right):
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
    handles, texts = (
        a + b for a, b in zip(*(axes.get_legend_handles_labels() for axes in (left, right)), strict=True)
    )
    figure.legend(handles, texts, loc="outside lower center", ncols=5)
    figure.suptitle(
        "What is published or believed, and what it rules out 公布或认定的数据及其排除的抽样", fontsize=11
    )
    return figure


def _halves(row: dict[Any, Any], value: float) -> float:
    off = value - row["published"]
    return (
        float(off / ((row["high"] if off > 0 else row["low"]) - row["published"]) * np.sign(off))
        if off
        else 0.0
    )


def _worth(report: Report) -> Any:
    """Draw a panel a decision with what it is worth to know each input first."""
    table = report.tables["worth"]
    names = list(dict.fromkeys(table["decision"]))
    figure = new_figure(11.0, 4.2)
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    for name, axes in zip(names, grid, strict=True):
        rows = table[table["decision"] == name]
        first = rows.iloc[0]
        unit, factor = shown(first["unit"])
        axes.set_title(told_of(first["kpi"], first["calls"]).stacked, fontsize=9.5)
        axes.set_xlabel(unit)
        rows = rows[rows["worth"] > 0].head(6).iloc[::-1]
        if rows.empty:
            axes.axis("off")
            note(axes, "no single input is worth asking for\n没有哪个输入值得先查明")
        else:
            _bars(axes, rows, report, factor)
    figure.suptitle(
        "What it saves on average to know an input before choosing the first measure 先查明该输入的价值",
        fontsize=11,
    )
    return figure


def _bars(axes: Axes, rows: pd.DataFrame, report: Report, factor: float) -> None:
    meanings = report.tables["parameters"].set_index("parameter")["name"]
    axes.barh(range(len(rows)), factor * rows["worth"], 0.62, color=BETTER)
    texts = [short(symbol, str(meanings[symbol])) for symbol in rows["parameter"]]
    axes.set_yticks(range(len(rows)), texts, fontsize=7.5)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


DRAWN = {"claims": _claims, "years": _years, "anchors": _anchors, "worth": _worth}
