"""The pictures of a portfolio study: the front, what each lever brings, and what would stand where."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.plots.labels import Label, label
from sim.plots.maps.basemap import fill_cells, outline, read_basemap, scale_bar
from sim.plots.style import BETTER, FAINT, INK, UNCERTAIN, WORSE, new_figure, save, use_style
from sim.simulation.replication import World
from sim.studies.portfolio import finance
from sim.studies.portfolio.page import MILLION, Report, words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURES = ("pareto", "marginal", "map")
TIERS = {
    "professional": ("^", "#A31621"),
    "township": ("o", "#0072B2"),
    "drone": ("o", "#24104A"),
}  # marker, colour
SIZES = {"professional": 8, "township": 6, "drone": 12}
DEPTH = {"professional": 10, "township": 6, "drone": 12}
RING = {
    "markerfacecolor": "none",
    "markeredgewidth": 1.3,
}  # a nest is on a station's roof: both are to be seen
NAMES = finance.NAMES | {
    "best": Label("best for a budget", "各预算最佳"), "nothing": Label("no lever", "无措施"),
}  # fmt: skip
LOOKS = {"plan": ("*", "#A31621", 15), "same_money": ("D", "#0072B2", 8), "as_good": ("s", "#009E73", 8),
         "nothing": ("X", INK, 8), "best": ("o", "#E69F00", 7)}  # fmt: skip

WIDEST = 16  # signs of a Chinese title


def draw(report: Report, folder: Path, worlds: Mapping[str, World]) -> None:
    """Draw all pictures into a folder, .png and .svg each."""
    with use_style():
        save(_pareto(report), folder, "pareto")
        save(_marginal(report), folder, "marginal")
        save(_map(report, worlds), folder, "map")


def _name(key: str) -> str:
    english = "\n".join(textwrap.wrap(words(key, "en"), 34))
    chinese = words(key, "zh")
    if len(chinese) > WIDEST:  # it would touch its neighbour's
        chinese = chinese.replace("（", "\n（")
    return f"{english}\n{chinese}"


def _pareto(report: Report) -> Any:
    """Draw cost against each indicator: all that was screened, the front, and what is told with its interval."""
    keys = report.keys
    figure = new_figure(12.5, 5.4)
    front, told = report.tables["front"], report.tables["portfolios"]
    plan = report.named("plan") or {}
    for axes, key in zip(figure.subplots(1, len(keys), squeeze=False)[0], keys, strict=True):
        axes.plot(front["cost"] / MILLION, front[key], ".", color=UNCERTAIN, markersize=3, zorder=1)
        on = front[front[f"on the front of {key}"]].sort_values("cost")
        axes.step(on["cost"] / MILLION, on[key], where="post", color=FAINT, linewidth=1, zorder=2)
        for row in told.to_dict("records"):
            kind = str(row["portfolio"]) if row["portfolio"] in LOOKS else "best"
            marker, colour, size = LOOKS[kind]
            half = [[row[f"{key} change"] - row[f"{key} low"]], [row[f"{key} high"] - row[f"{key} change"]]]
            # the interval is that of the change from the plan, on the same incidents
            axes.errorbar(
                row["cost"] / MILLION, plan[key] + row[f"{key} change"], np.nan_to_num(half), fmt=marker, color=colour,
                markersize=size, markeredgecolor="white", capsize=2, elinewidth=1, zorder=4 + (kind == "plan"),
            )  # fmt: skip
        axes.set_xlabel("million yuan a year 百万元/年")
        axes.set_title(_name(key), fontsize=8.5)
        axes.set_xlim(left=-5)
    kinds = [k for k in LOOKS if k == "best" or k in set(told["portfolio"])]
    for kind in kinds:
        marker, colour, size = LOOKS[kind]
        axes.plot([], [], marker, color=colour, markersize=size, label=str(NAMES[kind]))
    axes.plot([], [], ".", color=UNCERTAIN, label="screened 初筛")
    axes.plot([], [], color=FAINT, label="front of the screened 初筛前沿")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle(
        f"What money buys, end of {report.settings['year']} 钱能买到什么（{report.settings['year']}年底）",
        fontsize=11,
    )
    return figure


def _marginal(report: Report) -> Any:
    """Draw what a step of each lever changes, with chance and with what is not known, and what it costs."""
    table = report.tables["marginal"]
    keys, rows = report.keys, table.sort_values("cost_change", kind="stable").to_dict("records")
    figure = new_figure(14.0, 1.8 + 0.37 * len(rows))
    grid = figure.subplots(1, len(keys) + 1, sharey=True)
    y = np.arange(len(rows))
    for axes, key in zip(grid, keys, strict=False):
        more = key == keys[0] and bool(report.settings["more_is_better"])
        _changes(axes, rows, key, more_is_better=more)
    money = grid[-1]
    money.barh(y, [row["cost_change"] / MILLION for row in rows], 0.6, color="#9CCFF0", zorder=2)
    money.hlines(
        y,
        [row["cost_low"] / MILLION for row in rows],
        [row["cost_high"] / MILLION for row in rows],
        color=INK,
        linewidth=1,
    )
    money.axvline(0, color=INK, linewidth=0.8)
    money.set_title("million yuan a year\n百万元/年", fontsize=8.5)
    names = [f"{r['label_en']} {r['label_zh']} {r['from']:g} → {r['to']:g}" for r in rows]
    grid[0].set_yticks(y, names, fontsize=8)
    grid[0].set_ylim(-0.7, len(rows) - 0.3)
    grid[0].plot([], [], "o", color=INK, label="change, 95 % interval of chance 变化及95%区间")
    grid[0].plot([], [], color=FAINT, linewidth=4, alpha=0.5, label="90 % of what is not known 未知因素的90%")
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)
    figure.suptitle("One step of one lever, from the plan as it stands 从规划出发改变一步", fontsize=11)
    return figure


def _changes(axes: Axes, rows: list[Any], key: str, *, more_is_better: bool) -> None:
    for place, row in enumerate(rows):
        change, low, high = (row[f"{key} {part}"] for part in ("change", "low", "high"))
        if f"{key} not known low" in row:
            ends = [row[f"{key} not known low"], row[f"{key} not known high"]]
            axes.plot(
                ends, [place, place], color=FAINT, linewidth=4, alpha=0.5, solid_capstyle="butt", zorder=2
            )
        colour = (
            UNCERTAIN if not (low > 0 or high < 0) else BETTER if (change > 0) == more_is_better else WORSE
        )
        axes.plot([low, high], [place, place], color=INK, linewidth=1, zorder=3)
        axes.plot(change, place, "o", color=colour, markeredgecolor=INK, markersize=5, zorder=4)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_title(_name(key), fontsize=8.5)


def _edge(tier: str, ink: str) -> dict[str, Any]:
    return RING | {"markeredgecolor": ink} if tier == "drone" else {"markeredgecolor": "white"}


def _map(report: Report, worlds: Mapping[str, World]) -> Any:
    """Draw the stations, teams and nests of the plan and of the portfolios beside it."""
    shown = [name for name in finance.NAMES if name in worlds]
    figure = new_figure(5.6 * len(shown), 6.6)
    for name, axes in zip(shown, figure.subplots(1, len(shown), squeeze=False)[0], strict=True):
        world = worlds[name]
        ground = read_basemap(asdict(world.config.region))
        fill_cells(ground, axes, facecolors="#F7F7F7", edgecolors="face")
        outline(ground, axes, "#D9D9D9")
        before = {station.name for station in worlds["nothing"].forces.stations}
        for tier, (marker, face) in TIERS.items():
            stations = [world.forces.stations[at] for at in world.forces.by_tier[tier].tolist()]
            for new, ink in ((False, "#B0B0B0"), (True, face)):
                points = np.array([(s.x, s.y) for s in stations if (s.name not in before) == new]).reshape(
                    -1, 2
                )
                lon, lat = world.region.projection.degrees(points[:, 0], points[:, 1])
                axes.plot(
                    lon, lat, marker, color=ink, markersize=SIZES[tier], zorder=DEPTH[tier] + new, **_edge(tier, ink)
                )  # fmt: skip
        scale_bar(axes, ground.free_corners()[1])
        row = report.named(name) or {}
        axes.set_title(
            f"{NAMES[name]}\n{row['cost'] / MILLION:,.0f} million yuan a year 百万元/年", fontsize=10
        )
    for tier, (marker, face) in TIERS.items():
        axes.plot([], [], marker, color=face, label=str(label(tier)), **_edge(tier, face))
    axes.plot([], [], "s", color="#B0B0B0", label="stood before the plan 规划前已有")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.suptitle("Where what would stand 力量分布", fontsize=11)
    return figure
