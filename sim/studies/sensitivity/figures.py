"""The figures of a sensitivity study: one at a time, Morris, Sobol, and the effects of the measures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.plots.labels import label
from sim.plots.style import new_figure, save, use_style
from sim.studies.sensitivity.report import GROUPS, Output, Report, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Panel = Callable[[pd.DataFrame, Axes, list[str]], Axes]

SCALED = ("nominal", "low", "high", "mu", "mu_star", "mu_star_conf", "sigma")
PANEL_IN, NAMES_IN, ROW_IN = 2.35, 3.4, 0.36


def draw(report: Report, folder: Path) -> None:
    """Draw into `folder` what the study has: tornado, screening, sobol and measures, .png and .svg each."""
    from sim.plots import sensitivity as plot

    panels = {
        "tornado": (
            plot.tornado,
            "One at a time: each parameter at its low and its high end, all others as shipped 单参数敏感性",
        ),
        "morris": (
            plot.screening,
            "Morris: the effect of each parameter's whole range, while the others vary 莫里斯筛选",
        ),
        "sobol": (plot.sobol, "Sobol: the share of the variance that goes with each parameter 索博尔指数"),
    }
    with use_style():
        for table, (panel, title) in panels.items():
            if table in report.tables:
                _panels(report, folder, table, panel, title)
        if "effects" in report.tables:
            _measures(report, folder)


def _panels(report: Report, folder: Path, table: str, panel: Panel, title: str) -> None:
    """Draw one panel an output: indicators from left to right, the year above and the change below."""
    from sim.plots.sensitivity import share_names

    outputs = report.outputs
    order = [name for name in report.order if name in set(report.tables[table]["parameter"])]
    columns = len(outputs) // 2
    figure = new_figure(NAMES_IN + PANEL_IN * columns, 2 * (ROW_IN * len(order) + 0.95) + 0.9)
    grid = figure.subplots(2, columns, squeeze=False)
    for place, (output, axes) in enumerate(zip(outputs, grid.ravel(), strict=True)):
        rows = report.of(table, output).copy()
        for column in set(SCALED) & set(rows.columns):
            rows[column] = rows[column] * output.scale
        panel(rows, axes, order)
        axes.set_title(_two_lines(output) if place < columns else "", fontsize=9)
        year = report.title(output)
        axes.set_xlabel(f"share, {year}" if table == "sobol" else f"{year} ({output.shown_unit})")
        names = [short(symbol, report.name(symbol)) for symbol in order]
        share_names(axes, names if place % columns == 0 else None)
    _finish(figure, grid[0][0], title, folder, table)


def _measures(report: Report, folder: Path) -> None:
    """Draw a panel an indicator with what each group of measures does, in the order of the first indicator."""
    from sim.plots import sensitivity as plot

    effects = report.tables["effects"]
    kpis = list(dict.fromkeys(effects["kpi"]))
    order = list(report.tables["groups"].query("kpi == @kpis[0]")["group"])
    names = {group: GROUPS[group].stacked if group in GROUPS else group for group in order}
    figure = new_figure(1.6 + PANEL_IN * len(kpis), 0.42 * len(order) + 2.2)
    grid = figure.subplots(1, len(kpis), squeeze=False)
    for place, (kpi, axes) in enumerate(zip(kpis, grid[0], strict=True)):
        output = report.output(kpi)
        rows = effects[effects["kpi"] == kpi].copy()
        rows["effect"] *= output.scale
        plot.measures(rows, axes, order, names)
        if place:
            plot.share_names(axes, None)
        axes.set_title(_two_lines(output), fontsize=9)
        axes.set_xlabel(f"saved in {report.settings['scenario']} ({output.shown_unit})")
    title = "What each group of measures does: lost when it alone is switched off 各项措施的作用"
    _finish(figure, grid[0][0], title, folder, "measures")


def _finish(figure: Figure, first: Axes, title: str, folder: Path, name: str) -> None:
    handles, texts = first.get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=2 if name == "measures" else 4)
    figure.suptitle(title, fontsize=11)
    save(figure, folder, name)


def _two_lines(output: Output) -> str:
    english, chinese = label(output.kpi)
    return english.replace(", ", ",\n", 1) + "\n" + chinese
