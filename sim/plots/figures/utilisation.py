"""Utilisation of the professional stations by hour of the day."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.calendar import DAY_HOURS, hour_of_day
from sim.plots.data import RunData
from sim.plots.labels import TERMS, Label, label, with_unit
from sim.plots.registry import figure
from sim.plots.style import NO_DATA, note

TITLE = Label("Utilisation of professional stations by hour of the day", "各时段国家消防站车辆占用率")


@figure(
    "utilisation", kind="run", title=TITLE, population="all calls", size=(10, 5.9), order=70, which="all",
    needs={
        "incidents": ["replication", "incident", "time_s"],
        "dispatches": ["replication", "incident", "tier", "station", "dispatched_s", "ready_s"],
        "kpis": ["kpi", "by", "group", "mean"],
    },
)  # fmt: skip
def utilisation(data: RunData, picture: Figure) -> None:
    """Draw the share of manned unit-hours away, by station and hour."""
    works = [station.name for station in data.config.plan.stations.values()]
    heat_map(busy_by_hour(data.dispatches, data.incidents, data.kpis), picture.subplots(), works)


def busy_by_hour(dispatches: pd.DataFrame, incidents: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """Return, by professional station and hour of the day, the share of manned unit-hours away: station, hour, value.

    A station's mean over the hours is its indicator `utilisation`, which knows how many crews it has.
    """
    rows = kpis[(kpis["kpi"] == "utilisation") & (kpis["by"] == "station")]
    mean = rows.set_index("group")["mean"]
    sent = dispatches[dispatches["tier"] == "professional"].merge(
        incidents[["replication", "incident", "time_s"]], on=["replication", "incident"]
    )
    start = hour_of_day((sent["time_s"] + sent["dispatched_s"]).to_numpy())
    length = ((sent["ready_s"] - sent["dispatched_s"]).fillna(0.0) / 3600).to_numpy().clip(0, None)
    rows_by_hour = []
    for station, share in mean.items():
        here = (sent["station"] == station).to_numpy()
        # hours of [start, start + length) that fall into [hour, hour + 1), on the first day and the days after
        days = int(np.ceil(length[here].max(initial=0.0) / DAY_HOURS)) + 2
        begin, end = start[here], (start + length)[here]
        inside = [  # hour by hour: a table of dispatches by hours would be large
            np.clip(np.minimum(end, hour + 1) - np.maximum(begin, hour), 0, None).sum()
            for hour in range(days * DAY_HOURS)
        ]
        away = np.reshape(inside, (days, DAY_HOURS)).sum(axis=0)
        total = away.sum()
        values = away * (DAY_HOURS * share / total) if total > 0 else away
        rows_by_hour += [(station, hour, float(value)) for hour, value in enumerate(values)]
    return pd.DataFrame(rows_by_hour, columns=["station", "hour", "value"])


def heat_map(table: pd.DataFrame, axes: Axes, works: Collection[str] = ()) -> Axes:
    """Draw a heat map of `station, hour, value` (share of manned unit-hours busy), the busiest station on top.

    An hour without a value is grey. The mean of each station stands at its right. Stations among `works` have a
    star: of them the plan promises the start of works.
    """
    axes.set_xlabel(with_unit(TERMS["hour"], "h"))
    axes.grid(visible=False)
    if table.empty:
        return note(axes, TERMS["no_data"].stacked)
    wide = table.pivot_table("value", "station", "hour").reindex(columns=range(DAY_HOURS))
    mean = wide.mean(axis=1).sort_values(kind="stable")
    values = np.ma.masked_invalid(100 * wide.loc[mean.index].to_numpy(float))
    colours = colormaps["YlGnBu"].with_extremes(bad=NO_DATA)
    edges = np.arange(DAY_HOURS + 1), np.arange(len(mean) + 1)
    mesh = axes.pcolormesh(*edges, values, cmap=colours, vmin=0, edgecolors="white", linewidth=0.4)
    axes.set_xticks(np.arange(0, 25, 3))
    names = [f"{name}*" if name in works else str(name) for name in mean.index]
    axes.set_yticks(np.arange(len(mean)) + 0.5, names)
    if set(works) & set(mean.index):
        axes.set_xlabel(f"{with_unit(TERMS['hour'], 'h')}\n{TERMS['works']}")
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    for row, value in enumerate(mean):
        axes.annotate(
            f"{100 * value:.1f} %", (DAY_HOURS, row + 0.5), (6, 0), textcoords="offset points", va="center",
            fontsize=8,
        )  # fmt: skip
    head = str(label("mean"))
    axes.annotate(head, (DAY_HOURS, len(mean)), (6, 3), textcoords="offset points", fontsize=8)
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.1, aspect=28)
    bar.set_label("%")
    bar.ax.grid(visible=False)
    bar.outline.set_visible(False)
    return axes
