"""Indicators by scenario and contributions by year, with their intervals."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes

from sim.analysis.incident_tables import need
from sim.errors import SimError
from sim.plots.labels import TERMS, Label, label, parts, shown, statistic
from sim.plots.style import INK, SERIES, note


def by_scenario(kpis: pd.DataFrame, axes: Axes, names: Sequence[str], by: str | None = None) -> Axes:
    """Draw indicators over scenarios, in the order of the table, with error bars.

    `kpis` has the columns of `kpis.csv` and `scenario`. `names` are the indicators, `by` the breakdown to
    keep (None: all rows): one line per indicator and group. Seconds are drawn in minutes and shares in per
    cent; the indicators of one panel must share a unit, and a scenario may have one row per line.
    """
    need(kpis, ["scenario", "kpi", "by", "group", "unit", "mean", "low", "high"], "indicators")
    rows = kpis[kpis["kpi"].isin(list(names))]
    if by is not None:
        rows = rows[rows["by"] == by]
    if rows.empty:
        return note(axes, TERMS["no_data"].stacked)
    rows = rows.assign(group=rows["group"].astype("object").fillna(""))
    units = sorted(rows["unit"].unique())
    if len(units) > 1:
        raise SimError(
            f"indicators {', '.join(names)}: units {', '.join(units)} found; one panel shows one unit"
        )
    unit, factor = shown(units[0])
    scenarios = list(dict.fromkeys(kpis["scenario"]))
    rows = rows.assign(order=rows["kpi"].map(list(names).index), column=rows["scenario"].map(scenarios.index))
    lines = rows.sort_values(["order", "column"], kind="stable").groupby(["order", "group"], sort=False)
    titles = {key: _title(str(part["kpi"].iloc[0]), str(key[1]), rows) for key, part in lines}
    bases = {parts(str(kpi))[0] for kpi in rows["kpi"]}
    for index, (key, part) in enumerate(lines):
        if part["scenario"].duplicated().any():
            scenario = part["scenario"][part["scenario"].duplicated()].iloc[0]
            raise SimError(
                f"indicators: several rows of {titles[key]} for scenario {scenario}; choose one breakdown"
            )
        look = SERIES[index % len(SERIES)]
        # side by side, so that equal values and their intervals do not hide one another
        x = part["column"].to_numpy(float) + 0.07 * (index - (len(titles) - 1) / 2)
        mean, low, high = (factor * part[column].to_numpy(float) for column in ("mean", "low", "high"))
        axes.errorbar(
            x, mean, [mean - low, high - mean], color=look.colour, linestyle=look.line, marker=look.marker,
            linewidth=1.6, elinewidth=1.1, capsize=3, label=titles[key].stacked,
        )  # fmt: skip
    axes.set_xticks(range(len(scenarios)), [str(scenario) for scenario in scenarios])
    axes.set(xlabel=str(TERMS["scenario"]), ylabel=unit, xlim=(-0.5, len(scenarios) - 0.5), ylim=(0, None))
    axes.grid(visible=False, axis="x")
    if len(titles) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    if len(set(rows["kpi"])) == 1:
        axes.set_title(str(label(str(rows["kpi"].iloc[0]))))
    elif len(bases) == 1:
        axes.set_title(str(label(bases.pop())))
    return axes


def _title(kpi: str, group: str, rows: pd.DataFrame) -> Label:
    """Name a line by what distinguishes it from the others: statistic, indicator, group, or both."""
    what = parts(kpi)[1]
    bases = {parts(str(name))[0] for name in rows["kpi"]}
    name = statistic(what) if what and len(bases) == 1 else label(kpi)
    if len(set(rows["group"])) == 1:
        return name
    if len(set(rows["kpi"])) == 1:
        return label(group)
    return Label(f"{name.en}, {label(group).en}", f"{name.zh}，{label(group).zh}")


def contributions(table: pd.DataFrame, axes: Axes, names: Mapping[str, str], factor: float = 1) -> Axes:
    """Draw what each part contributes to a change, year by year, with its interval, and the whole change.

    `table` has year, part (empty: all of them together), mean, low, high; `names` says in which order parts are
    drawn and how they are called. Values are multiplied by `factor`.
    """
    need(table, ["year", "part", "mean", "low", "high"], "contributions")
    if table.empty:
        return note(axes, TERMS["no_data"].stacked)
    years = sorted(set(table["year"]))
    drawn = {"": str(TERMS["together"]), **names}
    for index, (part, name) in enumerate(drawn.items()):
        rows = table[table["part"] == part].sort_values("year")
        look = SERIES[index % len(SERIES)]
        # side by side, so that equal values and their intervals do not hide one another
        x = rows["year"].to_numpy(float) + 0.06 * (index - (len(drawn) - 1) / 2)
        mean, low, high = (factor * rows[column].to_numpy(float) for column in ("mean", "low", "high"))
        axes.errorbar(
            x, mean, [mean - low, high - mean], color=look.colour, linestyle=look.line, marker=look.marker,
            linewidth=2.2 if not part else 1.4, elinewidth=1.1, capsize=2.5, label=name,
        )  # fmt: skip
    axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    axes.set_xticks(years, [str(year) for year in years])
    axes.yaxis.set_major_formatter("{x:,g}")
    axes.grid(visible=False, axis="x")
    return axes
