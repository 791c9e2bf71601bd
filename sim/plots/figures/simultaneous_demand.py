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

RARE = 0.01  # per cent of the time


@figure(
    "simultaneous_demand", kind="run", title=Label("Simultaneous demand", "同时处置警情"), population="all calls",
    needs={"incidents": ["replication", "time_s", "closed_s"]}, size=(7, 4.9), order=60, which="all",
)  # fmt: skip
def simultaneous_demand(data: RunData, picture: Figure) -> None:
    """Draw the share of the time with so many incidents open, all replications together."""
    bars_of_demand(open_at_once(data.incidents, data.config.days * DAY_S), picture.subplots())


def bars_of_demand(table: pd.DataFrame, axes: Axes) -> Axes:
    """Draw the share of the time with so many incidents open, of `open_incidents, share`.

    The share axis is logarithmic, so it has points and no bars: the rare hours with many incidents are the ones that
    strip cover. The rarest, together less than `RARE`, are one point.
    """
    axes.set(xlabel=str(TERMS["open_incidents"]), ylabel=with_unit(TERMS["share_of_time"], "%"))
    present = table[table["share"] > 0]
    if present.empty:
        return note(axes, TERMS["no_incident"].stacked)
    count, percent = present["open_incidents"].to_numpy(int), 100 * present["share"].to_numpy(float)
    or_more = np.cumsum(percent[::-1])[::-1]
    last = min(int(np.searchsorted(-or_more, -RARE)), len(count) - 1)  # the first of those that are one point
    count, percent = count[: last + 1], np.append(percent[:last], or_more[last])
    axes.plot(count, percent, "o", color=SERIES[1].colour, markersize=7)
    for x, value in zip(count, percent, strict=True):
        text = f"{value:.2g} %" if value < 10 else f"{value:.0f} %"
        axes.annotate(text, (x, value), (0, 6), textcoords="offset points", ha="center", fontsize=8)
    axes.set_yscale("log")
    axes.set_ylim(min(10.0 ** np.floor(np.log10(percent.min())), 1), 300)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_locator(NullLocator())
    more = last < len(present) - 1
    axes.set_xticks(count, [f"≥ {x}" if more and x == count[-1] else str(x) for x in count])
    axes.grid(visible=False, axis="x")
    return axes
