"""The figures of a sensitivity study: one at a time, Morris, Sobol, and the effects of the measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.plots.labels import label
from sim.plots.style import new_figure, save, use_style
from sim.studies.sensitivity.report import GROUPS, Report, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCALED = ("nominal", "low", "high", "mu", "mu_star", "mu_star_conf", "sigma")
PANEL_IN, NAMES_IN, ROW_IN = 2.35, 3.4, 0.36


def draw(report: Report, folder: Path) -> None:
    """Draw into `folder` what the study has: tornado, screening, sobol and measures, .png and .svg each."""
    from sim.plots import sensitivity as plot

    order = report.order
    tornado = "One at a time: each parameter at its low and its high end, all others as shipped 单参数敏感性"
    _panels(report, folder, "tornado", order, plot.tornado, tornado)
    if "morris" in report.tables:
        title = "Morris: the effect of each parameter's whole range, while the others vary 莫里斯筛选"
        _panels(report, folder, "morris", order, plot.screening, title)
    if "sobol" in report.tables:
        matter = [name for name in order if name in set(report.tables["sobol"]["parameter"])]
        title = "Sobol: the share of the variance that goes with each parameter 索博尔指数"
        _panels(report, folder, "sobol", matter, plot.sobol, title, share=True)
    if "effects" in report.tables:
        _measures(report, folder)


def _panels(
    report: Report,
    folder: Path,
    table: str,
    order: list[str],
    panel: Callable[[pd.DataFrame, Axes, list[str]], Axes],
    title: str,
    *,
    share: bool = False,
) -> None:
    """Draw one panel an output: indicators from left to right, the year above and the change below."""
    from sim.plots.sensitivity import share_names

    outputs = report.outputs
    columns = len(outputs) // 2
    height = 2 * (ROW_IN * len(order) + 0.95) + 0.9
    with use_style():
        figure = new_figure(NAMES_IN + PANEL_IN * columns, height)
        grid = figure.subplots(2, columns, squeeze=False)
        for place, (output, axes) in enumerate(zip(outputs, grid.ravel(), strict=True)):
            rows = report.of(table, output).copy()
            for column in set(SCALED) & set(rows.columns):
                rows[column] = rows[column] * output.scale
            panel(rows, axes, order)
            name = label(output.kpi)
            axes.set_title(f"{_two_lines(name.en)}\n{name.zh}" if place < columns else "", fontsize=9)
            year = report.title(output)
            axes.set_xlabel(f"share, {year}" if share else f"{year} ({output.shown_unit})")
            names = [short(symbol, report.name(symbol)) for symbol in order]
            share_names(axes, names if place % columns == 0 else None)
        handles, texts = grid[0][0].get_legend_handles_labels()
        figure.legend(handles, texts, loc="outside lower center", ncols=4)
        figure.suptitle(title, fontsize=11)
        save(figure, folder, table)


def _measures(report: Report, folder: Path) -> None:
    """Draw a panel an indicator with what each group of measures does, in the order of the first indicator."""
    from sim.plots import sensitivity as plot

    effects = report.tables["effects"]
    kpis = list(dict.fromkeys(effects["kpi"]))
    order = list(report.tables["groups"].query("kpi == @kpis[0]")["group"])
    names = {group: GROUPS[group].stacked if group in GROUPS else group for group in order}
    units = {output.kpi: output for output in report.outputs if not output.change}
    year = report.settings["scenario"]
    with use_style():
        figure = new_figure(1.6 + PANEL_IN * len(kpis), 0.42 * len(order) + 2.2)
        grid = figure.subplots(1, len(kpis), squeeze=False)[0]
        for place, (kpi, axes) in enumerate(zip(kpis, grid, strict=True)):
            rows = effects[effects["kpi"] == kpi].copy()
            rows["effect"] *= units[kpi].scale
            plot.measures(rows, axes, order, names)
            if place:
                plot.share_names(axes, None)
            axes.set_title(f"{_two_lines(label(kpi).en)}\n{label(kpi).zh}", fontsize=9)
            axes.set_xlabel(f"saved in {year} ({units[kpi].shown_unit})")
        handles, texts = grid[0].get_legend_handles_labels()
        figure.legend(handles, texts, loc="outside lower center", ncols=2)
        figure.suptitle(
            "What each group of measures does: lost when it alone is switched off 各项措施的作用", fontsize=11
        )
        save(figure, folder, "measures")


def _two_lines(text: str) -> str:
    return text.replace(", ", ",\n", 1)
