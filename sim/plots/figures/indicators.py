"""Indicators with their intervals by scenario."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.errors import SimError
from sim.plots.data import ComparisonData
from sim.plots.labels import TERMS, Label, in_words, label, parts, shown, statistic
from sim.plots.registry import figure
from sim.plots.style import SERIES, errorbars, note

NEEDS = {"kpis": ["scenario", "kpi", "by", "group", "unit", "mean", "low", "high"], "incidents": ["type"]}
MILESTONES = ("first_arrival", "first_capable", "first_professional")


# What the first page of a report tells, at calls where lives hang on minutes.
KEY_TIMES = ("first_capable_mean", "trained_water_mean", "full_force_mean", "first_professional_mean")


@figure(
    "key_times", kind="comparison", title=Label("Mean minutes after the call", "报警后平均分钟数"),
    population="life risk", needs=NEEDS, size=(8, 3.6), order=5,
)  # fmt: skip
def key_times(data: ComparisonData, picture: Figure) -> None:
    """Mean time of the first capable crew, of water, of the whole force and of the brigade."""
    rows = data.kpis[(data.kpis["by"] == "risk") & (data.kpis["group"] == "life_risk")]
    axes = picture.subplots()
    by_scenario(rows, axes, KEY_TIMES, "risk")
    data.slant_if_crowded(axes)


@figure(
    "percentiles", kind="comparison", title=Label("Mean, median and 90th percentile", "均值、中位数与90%分位值"),
    population="all calls", needs=NEEDS, size=(14, 5), order=10,
)  # fmt: skip
def percentiles(data: ComparisonData, picture: Figure) -> None:
    """Mean, median and 90th percentile of three milestones."""
    for name, axes in zip(MILESTONES, picture.subplots(1, 3), strict=True):
        by_scenario(data.kpis, axes, [f"{name}_{s}" for s in ("mean", "median", "p90")], "all")
        handles, names = axes.get_legend_handles_labels()
        if axes.get_legend():
            axes.get_legend().remove()
        data.slant_if_crowded(axes)
    shown = [name.replace("\n", " ") for name in names]
    picture.legend(handles, shown, loc="outside lower center", ncols=3)


@figure(
    "settings", kind="comparison", title=Label("By setting and by kind of call", "按地域类型与警情类别"),
    population="all calls", needs=NEEDS, size=(12, 5.2), order=70, which="all",
)  # fmt: skip
def settings(data: ComparisonData, picture: Figure) -> None:
    """Mean time to the first capable arrival, by setting and by kind of call."""
    for by, axes in zip(("setting", "category"), picture.subplots(1, 2), strict=True):
        by_scenario(data.kpis, axes, ["first_capable_mean"], by)
        data.slant_if_crowded(axes)


def by_scenario(kpis: pd.DataFrame, axes: Axes, names: Sequence[str], by: str) -> Axes:
    """Draw indicators over scenarios, in the order of the table, with error bars.

    `kpis` has the columns of `kpis.csv` and `scenario`. `names` are the indicators, `by` the breakdown: one line
    per indicator and group. Seconds are drawn in minutes and shares in per cent; the indicators of one panel must
    share a unit.
    """
    rows = kpis[kpis["kpi"].isin(list(names)) & (kpis["by"] == by)]
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
        # side by side, so that equal values and their intervals do not hide one another
        x = part["column"].to_numpy(float) + 0.07 * (index - (len(titles) - 1) / 2)
        errorbars(
            axes, x, part, SERIES[index % len(SERIES)], factor, linewidth=1.6, label=titles[key].stacked
        )
    axes.set_xticks(range(len(scenarios)), [str(scenario) for scenario in scenarios])
    axes.set(
        xlabel=str(TERMS["scenario"]),
        ylabel=in_words(unit),
        xlim=(-0.5, len(scenarios) - 0.5),
        ylim=(0, None),
    )
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
