"""Who arrives first: one stacked bar per scenario."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.incident_tables import first_tier_shares
from sim.plots.data import ComparisonData, RunData
from sim.plots.labels import TERMS, TIERS, Label, label, with_unit
from sim.plots.registry import figure
from sim.plots.style import NOBODY, TIER_LOOKS, note

TITLE = Label("Who arrives first", "首个到场力量")
NEEDS = {"incidents": ["type", "first_arrival_tier"]}
LEAST_SHARE = 0.045  # a shorter segment of a stacked bar has no room for its number


@figure(
    "who_arrives_first", kind="run", title=TITLE, population="fires", needs=NEEDS, size=(6.5, 5.4), order=30
)
def of_a_run(data: RunData, picture: Figure) -> None:
    """Draw one bar: the year's."""
    stacked_shares(first_tier_shares({data.years: data.incidents}), picture.subplots())


@figure(
    "who_arrives_first", kind="comparison", title=TITLE, population="fires", needs=NEEDS, order=30,
    size=lambda data: (max(7.5, 2.5 + 0.85 * len(data.names)), 5.4),
)  # fmt: skip
def of_a_comparison(data: ComparisonData, picture: Figure) -> None:
    """Draw one bar a scenario."""
    axes = picture.subplots()
    stacked_shares(first_tier_shares(data.incidents), axes)
    data.slant_if_crowded(axes)


LEAST = 0.001  # a share below it is no line in the bar


def stacked_shares(shares: pd.DataFrame, axes: Axes) -> Axes:
    """Draw one stacked bar per scenario of `scenario, tier, share` (shares of one scenario sum to one)."""
    axes.set(ylabel=with_unit(TERMS["share_first"], "%"), ylim=(0, 100))
    if shares.empty or not shares["share"].sum():
        return note(axes, TERMS["no_incident"].stacked)
    wide = shares.pivot_table("share", "scenario", "tier", "sum", fill_value=0.0, sort=False, observed=True)
    positions = [float(i) for i in range(len(wide))]
    base = np.zeros(len(wide))
    for tier in [tier for tier in (*TIERS, "none") if tier in wide.columns and wide[tier].max() >= LEAST]:
        look = TIER_LOOKS.get(tier, NOBODY)
        part = wide[tier].to_numpy(float)
        axes.bar(
            positions, 100 * part, bottom=100 * base, width=0.72, color=look.colour, hatch=look.hatch,
            edgecolor="white", linewidth=0.6, label=str(label(tier)),
        )  # fmt: skip
        for x, low, height in zip(positions, base, part, strict=True):
            if height >= LEAST_SHARE:
                box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
                middle = 100 * (low + height / 2)
                axes.text(x, middle, f"{100 * height:.0f} %", ha="center", va="center", fontsize=8, bbox=box)
        base += part
    axes.set_xticks(positions, wide.index)
    axes.set_xlabel(str(TERMS["scenario"]))
    axes.grid(visible=False, axis="x")
    # the key in the order of the stack, top first
    handles, names = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], names[::-1], loc="upper left", bbox_to_anchor=(1.01, 1), handlelength=1.8)
    return axes
