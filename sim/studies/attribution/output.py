"""Figures and terminal output of the attribution command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from sim.reports.terminal import console
from sim.studies.attribution import groups
from sim.studies.attribution.groups import OTHER, AttributionStudy
from sim.terms import SETTINGS

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
BY_SETTING = ("first_arrival_mean", "first_capable_mean")
NAMES = {
    "patrol_cars": "Patrol\ncars\n巡逻车",
    "drones": "Drones\n无人机",
    "unified_dispatch": "Unified\ndispatch\n统一指挥",
    "vehicles": "Vehicles,\nkit\n车辆装备",
    "township_teams": "Township\nteams\n专职队",
    "stations": "Stations\n(works start)\n消防站(开工)",
    "proposed_stations": "Stations\n(proposed)\n拟建站点",
    "water": "Water\n水源",
    "fire_lanes": "Fire\nlanes\n生命通道",
    "detection": "Detection,\nawareness\n预警宣传",
    OTHER: "Other\n其他",
}


def one_line(part: str) -> str:
    """Return the name of a part in one line, in both languages."""
    *english, chinese = NAMES.get(part, part).split("\n")
    return f"{' '.join(english)} {chinese}".strip()


def draw(table: pd.DataFrame, study: AttributionStudy, folder: Path) -> None:
    """Draw the waterfalls of the last year into `folder`, and with several years the Shapley values by year."""
    from sim.plots import bars, trends
    from sim.plots.style import new_figure, save, use_style

    year = study.config.scenario.year
    region = study.config.region.name
    rows, columns = len(HEADLINE) // 2, 2
    final = table[table["year"] == year]
    with use_style():
        figure = new_figure(max(13.0, 2.0 * (len(study.parts) + 2)), 3.5 * rows + 1)
        keys: dict[str, Any] = {}
        for (name, (heading, chinese, unit, _)), axes in zip(
            HEADLINE.items(), figure.subplots(rows, columns).ravel(), strict=True
        ):
            steps = groups.steps(final, name, NAMES, str(BEFORE), str(year))
            stored = final.loc[final["kpi"] == name, "unit"].iloc[0]
            bars.waterfall(steps, axes, unit=stored, lower_is_better="within" not in name)
            axes.set_title(f"{heading} {chinese}")
            axes.set_ylabel(unit)
            keys |= {text: handle for handle, text in zip(*axes.get_legend_handles_labels(), strict=True)}
            if axes.get_legend():
                axes.get_legend().remove()  # one key for all panels, where it covers nothing
        figure.legend(keys.values(), keys.keys(), loc="outside lower center", ncols=len(keys))
        figure.suptitle(
            f"{region}: what changes from before the plan to {year}, by group of measures "
            "(Shapley values) 各项措施的贡献"
        )
        save(figure, folder, WATERFALL)
        if len(set(table["year"])) > 1:
            figure = new_figure(13.0, 3.3 * rows + 1)
            for (name, (heading, chinese, unit, factor)), axes in zip(
                HEADLINE.items(), figure.subplots(rows, columns).ravel(), strict=True
            ):
                chosen = changes(table, name)
                trends.contributions(chosen, axes, {part: one_line(part) for part in study.parts}, factor)
                axes.set_title(f"{heading} {chinese}")
                axes.set_ylabel(f"change from {BEFORE} 较{BEFORE}年变化 ({unit})")
            handles, names = axes.get_legend_handles_labels()
            figure.legend(handles, names, loc="outside lower center", ncols=4)
            save(figure, folder, BY_YEAR)


def changes(table: pd.DataFrame, name: str, by: str = "all", group: str = "all") -> pd.DataFrame:
    """Return the change of an indicator by year and part (`part` empty: all of them), nothing in the year before.

    Columns: year, part, mean, low, high.
    """
    rows = table[(table["kpi"] == name) & (table["by"] == by) & (table["group"] == group)]
    rows = rows.loc[rows["way"].isin(["change", "shapley"]), ["year", "part", "mean", "low", "high"]]
    parts = rows["part"].unique()
    start = pd.DataFrame({"year": BEFORE, "part": parts, "mean": 0.0, "low": 0.0, "high": 0.0})
    return pd.concat([start, rows], ignore_index=True)


def show(table: pd.DataFrame, study: AttributionStudy) -> None:
    """Print the headline indicators: of one year every way and by setting, of several the Shapley values."""
    out = console(WIDTH)
    years = list(dict.fromkeys(table["year"]))
    if len(years) > 1:
        _show_years(table, years, study, out)
    else:
        _show_year(table, study, out)


def _show_years(table: pd.DataFrame, years: list[int], study: AttributionStudy, out: Console) -> None:
    rows: Any = table.set_index(["year", "kpi", "by", "group", "way", "part"]).sort_index()
    for name, (heading, _, unit, factor) in HEADLINE.items():
        before = interval(rows.loc[(years[0], name, "all", "all", "before", "")], factor)
        out.print(f"\n[bold]{heading}, {unit}: {before} before; changes at the end of[/bold]")
        sheet = _sheet(*map(str, years))
        for part in study.parts:
            cells = (
                interval(rows.loc[(year, name, "all", "all", "shapley", part)], factor) for year in years
            )
            sheet.add_row(part, *cells)
        sheet.add_row(
            "all", *(interval(rows.loc[(year, name, "all", "all", "change", "")], factor) for year in years)
        )
        out.print(sheet)


def _show_year(table: pd.DataFrame, study: AttributionStudy, out: Console) -> None:
    year = study.config.scenario.year
    rows: Any = table.set_index(["kpi", "by", "group", "way", "part"]).sort_index()
    for name, (heading, _, unit, factor) in HEADLINE.items():

        def cell(way: str, part: str = "", *, by: str = "all", group: str = "all") -> str:
            return interval(rows.loc[(name, by, group, way, part)], factor)  # noqa: B023 -- used at once

        out.print(f"\n[bold]{heading}, {unit}: {cell('before')} before, {cell('after')} in {year}[/bold]")
        sheet = _sheet("alone", "after all others", "Shapley value")
        for part in study.parts:
            sheet.add_row(part, *(cell(way, part) for way in ("alone", "last", "shapley")))
        sheet.add_row("all", "", "", cell("change"))
        out.print(sheet)
        if name in BY_SETTING:
            out.print(f"\n[bold]{heading}, {unit}: Shapley values by setting[/bold]")
            sheet = _sheet(*SETTINGS)
            for part in study.parts:
                sheet.add_row(
                    part, *(cell("shapley", part, by="setting", group=setting) for setting in SETTINGS)
                )
            sheet.add_row("all", *(cell("change", by="setting", group=setting) for setting in SETTINGS))
            out.print(sheet)


def _sheet(*columns: str) -> Table:
    sheet = Table(box=None, pad_edge=False, header_style="dim")
    sheet.add_column("change due to", no_wrap=True)
    for name in columns:
        sheet.add_column(name, justify="right", overflow="fold")  # no digit is ever cut off
    return sheet


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
