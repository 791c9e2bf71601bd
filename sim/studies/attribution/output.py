"""Figures and terminal output of the attribution command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from rich.markup import escape
from rich.table import Table

from sim.config.groups.plan import ASSUMED, MECHANISM
from sim.reports.terminal import console
from sim.studies.attribution.groups import OTHER, AttributionStudy
from sim.terms import SETTINGS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 120  # columns of a table that goes to a file or a pipe
WATERFALL, BY_YEAR = "waterfall", "by_year"
BEFORE = 2023  # the year before the plan, where every change begins
# Shown in the terminal and drawn: indicator, heading, in Chinese, unit shown, factor to it.
HEADLINE = {
    "first_arrival_mean": ("first arrival, mean", "首个力量到场平均时间", "min", 1),
    "first_arrival_within_10": ("first arrival within 10 min", "10分钟内首个力量到场", "%", 100),
    "first_capable_mean": ("first capable arrival, mean", "首个有效力量到场平均时间", "min", 1),
    "first_professional_mean": ("first professional arrival, mean", "首支国家消防队到场平均时间", "min", 1),
    "size_up_mean": ("size-up by crew or drone, mean", "到场侦察平均时间", "min", 1),
    "first_water_mean": ("first water on fires, mean", "首次出水平均时间", "min", 1),
    "burnt_area": ("burnt area", "年过火面积", "m² a year", 1),
    "deaths_a": ("expected deaths, curve A", "年预期死亡人数（曲线A）", "a year", 1),
}
Indicator = tuple[str, str, str]  # kpi, by, group
Column = tuple[str, int, Indicator, str]  # heading, year, indicator, way
BY_SETTING = ("first_arrival_mean", "first_capable_mean")
NAMES = {
    "patrol_cars": "Patrol\ncars\n巡逻车",
    "drones": "Drones\n无人机",
    "unified_dispatch": "Unified\ndispatch\n119统一调度",
    "vehicles": "Vehicles,\nkit\n车辆装备",
    "township_teams": "Township\nteams\n专职队",
    "stations": "Stations\n(works start)\n消防站(开工)",
    "proposed_stations": "Stations\n(proposed)\n拟建站点",
    "water": "Water\n水源",
    "fire_lanes": "Fire\nlanes\n生命通道",
    "detection": "Detection,\nawareness\n预警宣传",
    ASSUMED: "Typed in\n假定",
    OTHER: "Other\n其他",
}


def marks(table: pd.DataFrame) -> dict[str, str]:
    """Return the mark of every part whose effect, or some of it, is typed in; empty where the model makes it all."""
    words = {"": "", MECHANISM: "", ASSUMED: " (assumed 假定)"}
    effects = dict(zip(table["part"], table["effect"], strict=True))
    return {part: words.get(effect, " (partly assumed 部分假定)") for part, effect in effects.items()}


def names(table: pd.DataFrame) -> dict[str, str]:
    """Return the names of the parts in narrow lines, in both languages, each with its mark."""
    return {
        part: NAMES.get(part, part) + mark.replace(" ", "\n") for part, mark in marks(table).items() if part
    }


def draw(table: pd.DataFrame, study: AttributionStudy, folder: Path) -> None:
    """Draw the waterfalls of the last year into `folder`, and with several years the Shapley values by year."""
    from sim.plots.contributions import by_year, waterfall
    from sim.plots.style import new_figure, save, use_style

    year, rows = study.config.scenario.year, len(HEADLINE) // 2
    final = table[table["year"] == year]
    with use_style():
        figure = new_figure(max(13.0, 2.0 * (len(study.parts) + 2)), 3.5 * rows + 1)
        keys: dict[str, Any] = {}
        for name, axes in zip(HEADLINE, _panels(figure, rows), strict=True):
            stored = final.loc[final["kpi"] == name, "unit"].iloc[0]
            waterfall(steps(final, name, year), axes, unit=stored, lower_is_better="within" not in name)
            axes.set_ylabel(HEADLINE[name][2])
            keys |= {text: handle for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)}
            if legend := axes.get_legend():
                legend.remove()  # one key for all panels, where it covers nothing
        figure.legend(keys.values(), keys.keys(), loc="outside lower center", ncols=len(keys))
        figure.suptitle(
            f"{study.config.region.name}: what changes from before the plan to {year}, by group of measures "
            "(Shapley values) 各项措施的贡献"
        )
        save(figure, folder, WATERFALL)
        if len(set(table["year"])) > 1:
            figure = new_figure(13.0, 3.3 * rows + 1)
            of_parts = {part: name.replace("\n", " ") for part, name in names(table).items()}
            for name, axes in zip(HEADLINE, _panels(figure, rows), strict=True):
                by_year(changes(table, name), axes, of_parts, HEADLINE[name][3])
                axes.set_ylabel(f"change from {BEFORE} 较{BEFORE}年变化 ({HEADLINE[name][2]})")
            figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
            save(figure, folder, BY_YEAR)


def _panels(figure: Figure, rows: int) -> Iterator[Axes]:
    """Yield a panel with its title for each headline indicator."""
    for (heading, chinese, *_), axes in zip(HEADLINE.values(), figure.subplots(rows, 2).ravel(), strict=True):
        axes.set_title(f"{heading} {chinese}")
        yield axes


def steps(table: pd.DataFrame, name: str, year: int) -> pd.DataFrame:
    """Return the Shapley values of an indicator of the whole region as the steps of a waterfall."""
    chosen, named = table[(table["kpi"] == name) & (table["by"] == "all")], names(table)
    kinds = {"before": ("start", str(BEFORE)), "shapley": ("change", ""), "after": ("end", str(year))}
    rows = [
        (text or named[row["part"]], kind, row["mean"], row["low"], row["high"])
        for way, (kind, text) in kinds.items()
        for row in chosen[chosen["way"] == way].to_dict("records")
    ]
    return pd.DataFrame(rows, columns=["name", "kind", "mean", "low", "high"])


def changes(table: pd.DataFrame, name: str, by: str = "all", group: str = "all") -> pd.DataFrame:
    """Return the change of an indicator by year and part (`part` empty: all of them), nothing in the year before.

    Columns: year, part, mean, low, high.
    """
    rows = table[(table["kpi"] == name) & (table["by"] == by) & (table["group"] == group)]
    rows = rows.loc[rows["way"].isin(["change", "shapley"]), ["year", "part", "mean", "low", "high"]]
    parts = rows["part"].unique()
    start = pd.DataFrame({"year": BEFORE, "part": parts, "mean": 0.0, "low": 0.0, "high": 0.0})
    return pd.concat([start, rows], ignore_index=True)


def show(table: pd.DataFrame) -> None:
    """Print the headline indicators: of one year every way and by setting, of several the Shapley values."""
    years, mark = list(dict.fromkeys(table["year"])), marks(table)
    rows: Any = table.set_index(["year", "kpi", "by", "group", "way", "part"]).sort_index()
    for name, (heading, _, unit, _) in HEADLINE.items():
        what, year, whole = f"{heading}, {unit}", years[0], (name, "all", "all")
        before = _cell(rows, year, whole, "before")
        if len(years) > 1:
            columns = [(str(year), year, whole, "shapley") for year in years]
            _print(mark, rows, f"{what}: {before} before; changes at the end of", columns)
            continue
        ways = (("alone", "alone"), ("after all others", "last"), ("Shapley value", "shapley"))
        after = _cell(rows, year, whole, "after")
        columns = [(title, year, whole, way) for title, way in ways]
        _print(mark, rows, f"{what}: {before} before, {after} in {year}", columns)
        if name in BY_SETTING:
            columns = [(setting, year, (name, "setting", setting), "shapley") for setting in SETTINGS]
            _print(mark, rows, f"{what}: Shapley values by setting", columns)


def _print(mark: dict[str, str], rows: Any, title: str, columns: list[Column]) -> None:
    """Print a line a part, and one for all of them together."""
    sheet = Table(box=None, pad_edge=False, header_style="dim")
    sheet.add_column("change due to", no_wrap=True)
    for heading, *_ in columns:
        sheet.add_column(heading, justify="right", overflow="fold")  # no digit is ever cut off
    for part in filter(None, mark):
        sheet.add_row(
            escape(part + mark[part]),
            *(_cell(rows, year, which, way, part) for _, year, which, way in columns),
        )
    change = [
        _cell(rows, year, which, "change") if way == "shapley" else "" for _, year, which, way in columns
    ]
    sheet.add_row("all", *change)
    out = console(WIDTH)
    out.print(f"\n[bold]{title}[/bold]")
    out.print(sheet)


def _cell(rows: Any, year: int, which: Indicator, way: str, part: str = "") -> str:
    return interval(rows.loc[(year, *which, way, part)], HEADLINE[which[0]][3])


def interval(row: Any, factor: float = 1) -> str:
    """Write a mean with its half-width, two figures of which are shown; changes carry their sign.

    `row` has mean, low, high, and its name holds its way ("before" and "after" are no changes).
    """
    mean, half = factor * float(row["mean"]), factor * float(row["high"] - row["low"]) / 2
    sign = "" if {"before", "after"} & set(row.name) else "+"
    if np.isnan(mean):
        return "-"
    if mean == 0 and not half > 0:
        return "0"
    size = half if half > 0 else abs(mean)
    digits = int(min(1 - np.floor(np.log10(size)), 4)) if size > 0 else 0
    decimals = max(digits, 0)
    text = format(round(mean, digits), f"{sign},.{decimals}f")
    return text if np.isnan(half) else f"{text} ±{round(half, digits):,.{decimals}f}"
