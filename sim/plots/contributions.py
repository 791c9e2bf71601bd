"""Draw what each part contributes to a change: a waterfall chart, and lines by year."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.plots.labels import TERMS, label, shown
from sim.plots.style import BETTER, INK, SERIES, UNCERTAIN, WORSE, errorbars, note

_EFFECTS = {
    "total": (INK, ""),
    "better": (BETTER, ""),
    "worse": (WORSE, "///"),
    "uncertain": (UNCERTAIN, "..."),
}


def waterfall(table: pd.DataFrame, axes: Axes, *, unit: str, lower_is_better: bool = True) -> Axes:
    """Draw how a start value becomes an end value, of `name, kind, mean, low, high` in a stored `unit`.

    `kind` is start, change or end; a change carries its signed contribution with its interval (NaN: none).
    Changes stand where the running total puts them; whether they add up to the end is shown, not enforced.
    """
    name, factor = shown(unit)
    axes.set_ylabel(name)
    if table.empty or table["mean"].isna().any():  # a few days may lack what is measured
        return note(axes, TERMS["no_data"].stacked)
    mean, low, high = (factor * table[column].to_numpy(float) for column in ("mean", "low", "high"))
    change = table["kind"].eq("change").to_numpy()
    base = np.zeros(len(table))
    for i in range(1, len(table)):
        base[i] = base[i - 1] + mean[i - 1] if change[i] else 0.0
    top = base + mean
    effects = [
        _effect(bounds[0], bounds[1], lower_is_better) if is_change else "total"
        for is_change, *bounds in zip(change, low, high, strict=True)
    ]
    positions = np.arange(len(table))
    for effect, (colour, hatch) in _EFFECTS.items():
        chosen = np.array([own == effect for own in effects])
        if chosen.any():
            key = str(TERMS[effect]) if effect in TERMS else None
            look: dict[str, Any] = {"width": 0.66, "edgecolor": "white", "linewidth": 0.6, "label": key}
            axes.bar(positions[chosen], mean[chosen], bottom=base[chosen], color=colour, hatch=hatch, **look)
    for i in positions[:-1]:
        axes.plot([i + 0.33, i + 0.67], [top[i], top[i]], color=INK, linewidth=0.7)
    ends = np.vstack([base + low, base + high])
    axes.errorbar(positions, top, np.abs(ends - top), fmt="none", ecolor=INK, elinewidth=1.1, capsize=3)
    # as many decimals for all changes as the largest one needs for three significant figures
    largest = float(np.max(np.abs(mean), where=change, initial=0.0))
    decimals = min(max(2 - math.floor(math.log10(largest)), 0), 6) if largest > 0 else 0
    reach = np.nanmax(np.vstack([base, top, ends]), axis=0)
    for i in range(len(table)):
        change_text = f"{mean[i]:+,.{decimals}f}".replace("-", "−") if round(mean[i], decimals) else "0"
        text = change_text if change[i] else f"{mean[i]:,.{decimals}f}".replace("-", "−")
        axes.annotate(text, (i, reach[i]), (0, 3), textcoords="offset points", ha="center", fontsize=8.5)
    least = float(np.nanmin(np.vstack([base, top, ends])[:, change], initial=top.min()))
    _cut(axes, least, float(reach.max()))
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.set_xticks(positions, [label(str(step)).stacked for step in table["name"]], fontsize=8)
    axes.grid(visible=False, axis="x")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", handlelength=1.8)
    return axes


def _effect(low: float, high: float, lower_is_better: bool) -> str:
    """Return better or worse for an interval on one side of zero; uncertain where it contains zero or is unknown."""
    if not (low > 0 or high < 0):
        return "uncertain"
    return "better" if (high < 0) == lower_is_better else "worse"


def _cut(axes: Axes, least: float, most: float) -> None:
    """Begin the axis a little below the changes, in every panel alike, and say so; at zero where they reach it."""
    spread = (most - least) or 1.0
    if least - 0.35 * spread <= 0:
        axes.set_ylim(min(least - 0.1 * spread, 0) if least < 0 else 0, most + 0.15 * spread)
        return
    axes.set_ylim(least - 0.35 * spread, most + 0.3 * spread)
    axes.set_xlabel(str(TERMS["axis_cut"]), fontsize=8)


def by_year(table: pd.DataFrame, axes: Axes, names: Mapping[str, str], factor: float = 1) -> Axes:
    """Draw what each part contributes to a change, year by year, with its interval, and the whole change.

    `table` has year, part (empty: all of them together), mean, low, high; `names` says in which order parts are
    drawn and how they are called. Values are multiplied by `factor`.
    """
    if table.empty:
        return note(axes, TERMS["no_data"].stacked)
    years = sorted(set(table["year"]))
    drawn = {"": str(TERMS["together"]), **names}
    for index, (part, name) in enumerate(drawn.items()):
        rows = table[table["part"] == part].sort_values("year")
        x = rows["year"].to_numpy(float)
        look, width = SERIES[index % len(SERIES)], 1.4 if part else 2.2
        errorbars(axes, x, rows, look, factor, linewidth=width, capsize=2.5, label=name)
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_xticks(years, [str(year) for year in years])
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.grid(visible=False, axis="x")
    return axes
