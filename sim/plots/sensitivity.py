"""Figures of how assumptions change a result: one at a time, Morris, Sobol, and the effects of the measures."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.plots.labels import TERMS
from sim.plots.style import INK, SERIES, note

LOW, HIGH = "#8FC1E3", "#08519C"  # light and dark, so that they differ in grey too
_HEIGHT = 0.66
_BEYOND = 1.0  # an interval is shown so far beyond the indices' own limits, 0 and 1


def tornado(table: pd.DataFrame, axes: Axes, order: Sequence[str]) -> Axes:
    """Draw an output at the low and the high end of each parameter, as bars from its value as shipped.

    `table` holds the rows of one output of `sim.studies.sensitivity.indices.tornado`; `order` is from the top.
    """
    rows = _in_order(table, order)
    if rows is None:
        return note(axes, TERMS["no_data"].stacked)
    positions = np.arange(len(order), dtype=float)
    nominal = float(rows["nominal"].iloc[0])
    for end, colour, hatch in (("low", LOW, "///"), ("high", HIGH, "")):
        width = rows[end].to_numpy(float) - nominal
        # the longer of two bars on the same side lies behind the shorter one
        behind = np.abs(width) > np.abs(rows["high" if end == "low" else "low"].to_numpy(float) - nominal)
        for chosen, depth in ((behind, 2), (~behind, 3)):
            axes.barh(
                positions[chosen], width[chosen], _HEIGHT, left=nominal, color=colour, hatch=hatch,
                edgecolor="white", linewidth=0.5, zorder=depth,
            )  # fmt: skip
        axes.barh([np.nan], [0], color=colour, hatch=hatch, edgecolor="white", label=f"at its {end} end")
    axes.axvline(nominal, color=INK, linewidth=1, zorder=4)
    return _parameters(axes, len(order))


def screening(table: pd.DataFrame, axes: Axes, order: Sequence[str]) -> Axes:
    """Draw mu* with its 95 % interval as a bar and sigma as a diamond, for one output of `indices.morris`."""
    rows = _in_order(table, order)
    if rows is None:
        return note(axes, TERMS["no_data"].stacked)
    positions = np.arange(len(order), dtype=float)
    size, half = rows["mu_star"].to_numpy(float), rows["mu_star_conf"].to_numpy(float)
    effect = "μ* (mean size of the effect)"
    axes.barh(positions, size, _HEIGHT, color=LOW, edgecolor="white", linewidth=0.5, label=effect)
    ends = np.vstack([np.minimum(half, size), half])  # a size is never below zero
    axes.errorbar(size, positions, xerr=ends, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    sigma = rows["sigma"].to_numpy(float)
    spread = "σ (its spread: others matter, or a curve)"
    axes.plot(sigma, positions, "D", color=SERIES[2].colour, markersize=4, label=spread)
    axes.set_xlim(left=0)
    return _parameters(axes, len(order))


def sobol(table: pd.DataFrame, axes: Axes, order: Sequence[str]) -> Axes:
    """Draw first and total indices with their 95 % intervals, for one output of `indices.sobol`."""
    rows = _in_order(table, order)
    if rows is None or rows["st"].isna().all():
        return note(axes, TERMS["no_data"].stacked)
    positions = np.arange(len(order), dtype=float)
    for name, colour, hatch, shift, text in (
        ("s1", LOW, "///", -0.2, "first: alone"),
        ("st", HIGH, "", 0.2, "total: with the others"),
    ):
        size, half = rows[name].to_numpy(float), rows[f"{name}_conf"].to_numpy(float)
        axes.barh(
            positions + shift, size, 0.36, color=colour, hatch=hatch, edgecolor="white", linewidth=0.5,
            label=text,
        )  # fmt: skip
        axes.errorbar(size, positions + shift, xerr=half, fmt="none", ecolor=INK, elinewidth=1, capsize=2)
    axes.axvline(0, color=INK, linewidth=0.8)
    ends = np.array([rows[n] + sign * rows[f"{n}_conf"] for n in ("s1", "st") for sign in (-1, 1)])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    axes.set_xlim(max(min(-0.1, low - 0.03), -_BEYOND), min(max(1.1, high + 0.03), 1 + _BEYOND))
    return _parameters(axes, len(order))


def measures(table: pd.DataFrame, axes: Axes, order: Sequence[str], names: Mapping[str, str]) -> Axes:
    """Draw what each group of measures does as shipped and at the sampled points, of `point, group, effect`."""
    if table.empty:
        return note(axes, TERMS["no_data"].stacked)
    for row, group in enumerate(order):
        chosen = table[table["group"] == group]
        others, shipped = chosen[chosen["point"] > 0], chosen[chosen["point"] == 0]
        key = row == 0
        axes.plot(
            others["effect"], np.full(len(others), row), "o", color=LOW, markersize=5, alpha=0.8,
            markeredgecolor=HIGH, markeredgewidth=0.4, label="other assumptions" if key else None,
        )  # fmt: skip
        axes.plot(
            shipped["effect"], np.full(len(shipped), row), "D", color=SERIES[2].colour, markersize=6,
            label="as shipped" if key else None, zorder=4,
        )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=0.8)
    _parameters(axes, len(order))
    axes.set_yticks(range(len(order)), [names.get(group, group) for group in order])
    return axes


def _in_order(table: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame | None:
    rows = table.set_index("parameter")
    present = [name for name in order if name in rows.index]
    return rows.loc[present] if len(present) == len(order) and present else None


def _parameters(axes: Axes, count: int) -> Axes:
    """Set the axis of the parameters: the first on top, no lines between."""
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks(range(count))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    return axes


def share_names(axes: Axes, names: Sequence[str] | None) -> Axes:
    """Write the names of the rows beside a panel; None for a panel whose left neighbour has them."""
    count = len(axes.get_yticks())
    axes.set_yticks(range(count), names or [""] * count, fontsize=7.5)
    return axes
