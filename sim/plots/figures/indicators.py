"""Indicators with their intervals by scenario."""

from matplotlib.figure import Figure

from sim.plots import trends
from sim.plots.data import ComparisonData
from sim.plots.labels import Label
from sim.plots.registry import figure

NEEDS = {"kpis": ["scenario", "kpi", "by", "group", "unit", "mean", "low", "high"], "incidents": ["type"]}
MILESTONES = ("first_arrival", "first_capable", "first_professional")


@figure(
    "percentiles", kind="comparison", title=Label("Mean, median and 90th percentile", "均值、中位数与第90百分位数"),
    population="all calls", needs=NEEDS, size=(14, 5), order=10,
)  # fmt: skip
def percentiles(data: ComparisonData, picture: Figure) -> None:
    """Mean, median and 90th percentile of three milestones."""
    for name, axes in zip(MILESTONES, picture.subplots(1, 3), strict=True):
        trends.by_scenario(data.kpis, axes, [f"{name}_{s}" for s in ("mean", "median", "p90")], "all")
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
        trends.by_scenario(data.kpis, axes, ["first_capable_mean"], by)
        data.slant_if_crowded(axes)
