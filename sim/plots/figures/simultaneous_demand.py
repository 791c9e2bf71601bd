"""Number of incidents open at the same time, as a share of the time."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from sim.analysis.incident_tables import open_at_once
from sim.calendar import DAY_S
from sim.plots.data import RunData
from sim.plots.labels import TERMS, Label, with_unit
from sim.plots.registry import figure
from sim.plots.style import SERIES, note


@figure(
    "simultaneous_demand", kind="run", title=Label("Simultaneous demand", "同时处置警情"), population="all calls",
    needs={"incidents": ["replication", "time_s", "closed_s"]}, size=(7, 4.9), order=60, which="all",
)  # fmt: skip
def simultaneous_demand(data: RunData, picture: Figure) -> None:
    """Draw the share of the time with so many incidents open, all replications together."""
    bars_of_demand(open_at_once(data.incidents, data.config.days * DAY_S), picture.subplots())


def bars_of_demand(table: pd.DataFrame, axes: Axes) -> Axes:
    """Draw the share of the time with so many incidents open, of `open_incidents, share`.

    The share axis is logarithmic: the rare hours with many incidents are the ones that strip cover.
    """
    axes.set(xlabel=str(TERMS["open_incidents"]), ylabel=with_unit(TERMS["share_of_time"], "%"))
    present = table[table["share"] > 0]
    if present.empty:
        return note(axes, TERMS["no_incident"].stacked)
    percent = 100 * present["share"].to_numpy(float)
    bars = axes.bar(present["open_incidents"], percent, width=0.72, color=SERIES[1].colour)
    numbers = [f"{value:.2g} %" if value < 10 else f"{value:.0f} %" for value in percent]
    axes.bar_label(bars, numbers, fontsize=8, padding=2)
    axes.set_yscale("log")
    axes.set_ylim(min(10.0 ** np.floor(np.log10(percent.min())), 1), 300)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xticks(range(int(table["open_incidents"].max()) + 1))
    axes.grid(visible=False, axis="x")
    return axes
