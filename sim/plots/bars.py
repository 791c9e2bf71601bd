"""Bars: who arrives first, how many incidents are open at once, what each part of a change contributes."""

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from sim.analysis.incident_tables import need
from sim.errors import SimError
from sim.plots.labels import TERMS, TIERS, label, number, shown, with_unit
from sim.plots.style import BETTER, INK, NOBODY, SERIES, TIER_LOOKS, UNCERTAIN, WORSE, note

_EFFECTS = {
    "total": (INK, ""),
    "better": (BETTER, ""),
    "worse": (WORSE, "///"),
    "uncertain": (UNCERTAIN, "..."),
}
_ROOM = 0.045  # a segment of a stacked bar shorter than this has no room for its figure


def who_arrives_first(shares: pd.DataFrame, axes: Axes) -> Axes:
    """Draw one stacked bar per scenario of `scenario, tier, share` (shares of one scenario sum to one)."""
    need(shares, ["scenario", "tier", "share"], "shares of first arrivals")
    axes.set(
        ylabel=with_unit(TERMS["share_first"], "%"), ylim=(0, 100), title="Who arrives first 首个到场力量"
    )
    if shares.empty or not shares["share"].sum():
        return note(axes, TERMS["no_incident"].stacked)
    wide = shares.pivot_table("share", "scenario", "tier", "sum", fill_value=0.0, sort=False, observed=True)
    if unknown := set(wide.columns) - {*TIERS, "none"}:
        raise SimError(f"tier: {min(unknown)} found; allowed: {', '.join(TIERS)}, none")
    place = [float(i) for i in range(len(wide))]
    base = np.zeros(len(wide))
    for tier in [tier for tier in (*TIERS, "none") if tier in wide.columns and wide[tier].any()]:
        look = TIER_LOOKS.get(tier, NOBODY)
        part = wide[tier].to_numpy(float)
        axes.bar(
            place, 100 * part, bottom=100 * base, width=0.72, color=look.colour, hatch=look.hatch,
            edgecolor="white", linewidth=0.6, label=str(label(tier)),
        )  # fmt: skip
        for x, low, height in zip(place, base, part, strict=True):
            if height >= _ROOM:
                box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
                middle = 100 * (low + height / 2)
                axes.text(x, middle, f"{100 * height:.0f} %", ha="center", va="center", fontsize=8, bbox=box)
        base += part
    axes.set_xticks(place, wide.index)
    axes.set_xlabel(str(TERMS["scenario"]))
    axes.grid(visible=False, axis="x")
    # the key in the order of the stack, top first
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], loc="upper left", bbox_to_anchor=(1.01, 1), handlelength=1.8)
    return axes


def simultaneous_demand(table: pd.DataFrame, axes: Axes) -> Axes:
    """Draw the share of the time with so many incidents open, of `open_incidents, share`.

    The share axis is logarithmic: the rare hours with many incidents are the ones that strip cover.
    """
    need(table, ["open_incidents", "share"], "simultaneous demand")
    axes.set(
        xlabel=str(TERMS["open_incidents"]),
        ylabel=with_unit(TERMS["share_of_time"], "%"),
        title="Simultaneous demand 同时处置警情",
    )
    present = table[table["share"] > 0]
    if present.empty:
        return note(axes, TERMS["no_incident"].stacked)
    percent = 100 * present["share"].to_numpy(float)
    bars = axes.bar(present["open_incidents"], percent, width=0.72, color=SERIES[1].colour)
    figures = [f"{value:.2g} %" if value < 10 else f"{value:.0f} %" for value in percent]
    axes.bar_label(bars, figures, fontsize=8, padding=2)
    axes.set_yscale("log")
    axes.set_ylim(min(10.0 ** np.floor(np.log10(percent.min())), 1), 300)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xticks(range(int(table["open_incidents"].max()) + 1))
    axes.grid(visible=False, axis="x")
    return axes


def waterfall(table: pd.DataFrame, axes: Axes, *, unit: str, lower_is_better: bool = True) -> Axes:
    """Draw how a start value becomes an end value, of `name, kind, mean, low, high` in a stored `unit`.

    `kind` is start, change or end; a change carries its signed contribution with its interval (NaN: none).
    Changes stand where the running total puts them; whether they add up to the end is shown, not enforced.
    """
    need(table, ["name", "kind", "mean", "low", "high"], "waterfall")
    if wrong := set(table["kind"]) - {"start", "change", "end"}:
        raise SimError(f"waterfall: kind {min(map(str, wrong))} found; allowed: start, change, end")
    name, factor = shown(unit)
    axes.set_ylabel(name)
    if table.empty:
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
    place = np.arange(len(table))
    for effect, (colour, hatch) in _EFFECTS.items():
        chosen = np.array([found == effect for found in effects])
        if chosen.any():
            key = str(TERMS[effect]) if effect in TERMS else None
            look: dict[str, Any] = {"width": 0.66, "edgecolor": "white", "linewidth": 0.6, "label": key}
            axes.bar(place[chosen], mean[chosen], bottom=base[chosen], color=colour, hatch=hatch, **look)
    for i in place[:-1]:
        axes.plot([i + 0.33, i + 0.67], [top[i], top[i]], color=INK, linewidth=0.7)
    ends = np.vstack([base + low, base + high])
    axes.errorbar(place, top, np.abs(ends - top), fmt="none", ecolor=INK, elinewidth=1.1, capsize=3)
    # as many decimals for all changes as the largest one needs for three figures
    largest = float(np.max(np.abs(mean), where=change, initial=0.0))
    decimals = min(max(2 - math.floor(math.log10(largest)), 0), 6) if largest > 0 else 0
    reach = np.nanmax(np.vstack([base, top, ends]), axis=0)
    for i in range(len(table)):
        told = f"{mean[i]:+,.{decimals}f}".replace("-", "−") if round(mean[i], decimals) else "0"
        text = told if change[i] else number(mean[i])
        axes.annotate(text, (i, reach[i]), (0, 3), textcoords="offset points", ha="center", fontsize=8.5)
    least = float(np.nanmin(np.vstack([base, top, ends])[:, change], initial=top.min()))
    _cut(axes, least, float(reach.max()))
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.set_xticks(place, [label(str(step)).stacked for step in table["name"]], fontsize=8)
    axes.grid(visible=False, axis="x")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", handlelength=1.8)
    return axes


def _effect(low: float, high: float, lower_is_better: bool) -> str:
    """Whether an interval lies on the good side of zero, on the bad side, or holds it (or is unknown)."""
    if not (low > 0 or high < 0):
        return "uncertain"
    return "better" if (high < 0) == lower_is_better else "worse"


def _cut(axes: Axes, least: float, most: float) -> None:
    """Begin the axis at zero, unless the changes would then be too flat to read; say so when it is cut."""
    spread = most - least
    if least <= 0 or spread > 0.3 * most:
        axes.set_ylim(min(least - 0.1 * spread, 0) if least < 0 else 0, most + 0.15 * spread)
        return
    axes.set_ylim(least - 0.35 * spread, most + 0.3 * spread)
    axes.set_xlabel(str(TERMS["axis_cut"]), fontsize=8)
