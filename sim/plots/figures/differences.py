"""Differences of many indicators from one baseline, each with its interval, in one figure."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.analysis.indicators import HEADLINE
from sim.plots.data import ComparisonData
from sim.plots.labels import TERMS, Label, label, with_unit
from sim.plots.registry import figure
from sim.plots.style import INK, note, scenario_looks

COLUMNS = ("scenario", "baseline", "kpi", "by", "unit", "baseline_mean", "difference", "low", "high")


@figure(
    "differences", kind="comparison", title=Label("Differences from the baseline", "较基准的变化"),
    population="all calls", order=60, possible=lambda data: len(data.names) > 1,
    needs={"comparison": COLUMNS, "incidents": ["type"]},
    size=lambda data: (9.5, 1.6 + len(HEADLINE) * max(0.42, 0.115 * len(data.names))),
)  # fmt: skip
def headline(data: ComparisonData, picture: Figure) -> None:
    """Draw the differences of the headline indicators."""
    differences(data.comparison, picture.subplots(), HEADLINE, data.names)


def differences(table: pd.DataFrame, axes: Axes, kpis: Sequence[str], names: Mapping[str, str]) -> Axes:
    """Draw, by indicator and scenario, the difference in per cent of the baseline's mean; of shares in points.

    `table` is that of `sim.analysis.compare.compare`; rows of the whole region are drawn, `kpis` from the top,
    scenarios in their order. A filled marker is an interval that does not hold zero. `names` are the scenarios'
    names in the key. The largest difference, or end of an interval without zero, sets the scale; other intervals end in
    arrows where they leave it.
    """
    rows = table[(table["by"] == "all") & table["kpi"].isin(list(kpis)) & (table["baseline_mean"].abs() > 0)]
    if rows.empty:
        return note(axes, TERMS["no_data"].stacked)
    kpis = [kpi for kpi in kpis if kpi in set(rows["kpi"])]
    scenarios = list(dict.fromkeys(rows["scenario"]))
    share = rows["unit"] == "share"
    size = rows["baseline_mean"].abs().mask(share, 1.0).to_numpy(float)
    middle, low, high = (
        100 * rows[column].to_numpy(float) / size for column in ("difference", "low", "high")
    )
    ends = np.fmax(np.abs(low), np.abs(high))[
        (low > 0) | (high < 0)
    ]  # of what is more than chance: seen as a whole
    reach = 1.05 * max(float(np.nanmax([*np.abs(middle), *ends], initial=0.0)), 0.5)
    step = 0.8 / max(len(scenarios), 1)
    row_of = rows["kpi"].map(kpis.index).to_numpy(float)
    for i, (scenario, look) in enumerate(zip(scenarios, scenario_looks(len(scenarios)), strict=True)):
        here = (rows["scenario"] == scenario).to_numpy() & np.isfinite(middle)
        y = row_of[here] + (i - (len(scenarios) - 1) / 2) * step
        sure = (low[here] > 0) | (high[here] < 0)
        axes.hlines(
            y, np.fmax(low[here], -reach), np.fmin(high[here], reach), color=look.colour, linewidth=1.6
        )
        for chosen, face in ((sure, look.colour), (~sure, "white")):
            axes.plot(
                np.clip(middle[here][chosen], -reach, reach), y[chosen], look.marker, markersize=4.5,
                markerfacecolor=face, markeredgecolor=look.colour, linestyle="none",
            )  # fmt: skip
        for beyond, end, marker in ((low[here] < -reach, -reach, "<"), (high[here] > reach, reach, ">")):
            if beyond.any():
                axes.plot(np.full(beyond.sum(), end), y[beyond], marker, color=look.colour, markersize=4)
        axes.plot([], [], color=look.colour, marker=look.marker, label=names.get(scenario, scenario))
    for face, term in ((INK, "beyond_chance"), ("white", "maybe_chance")):
        axes.plot([], [], "o", markerfacecolor=face, markeredgecolor=INK, label=TERMS[term].stacked)
    in_points = set(rows.loc[share, "kpi"])
    axes.axvline(0, color=INK, linewidth=1)
    for edge in range(1, len(kpis)):
        axes.axhline(edge - 0.5, color="#E0E0E0", linewidth=0.6)
    baseline = str(rows["baseline"].iloc[0])
    shown = names.get(baseline, baseline)
    axes.set(xlim=(-reach, reach), ylim=(len(kpis) - 0.5, -0.5))
    axes.set_yticks(range(len(kpis)), [_named(kpi, in_points).stacked for kpi in kpis], fontsize=8)
    axes.set_xlabel(with_unit(Label(f"Difference from {shown}", f"较{shown}的变化"), "%"))
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return axes


def _named(kpi: str, in_points: set[str]) -> Label:
    name = label(kpi)
    return Label(f"{name.en}: points", f"{name.zh}（百分点）") if kpi in in_points else name
