"""Response-time curves of a run and of a comparison: the share of incidents reached within t minutes of the call."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from sim.analysis.incident_tables import first_by_tier
from sim.plots.data import ComparisonData, RunData
from sim.plots.labels import TERMS, TIERS, Label, in_words, label, with_unit
from sim.plots.registry import figure
from sim.plots.style import FAINT, INK, NOBODY, SERIES, TIER_LOOKS, Look, note, scenario_looks

MILESTONES = ("first_arrival_s", "first_capable_s", "first_professional_s")
HORIZON_MIN = 40
MARKS_MIN = (5, 10, 15)
READ_OFF_MIN = 10
TITLE = Label("Response times", "响应时间")


@figure(
    "response_curves", kind="run", title=TITLE, population="fires", size=(13, 5.5), order=10,
    needs={
        "incidents": ["type", "replication", "incident", *MILESTONES],
        "dispatches": ["replication", "incident", "tier", "arrived_s"],
    },
)  # fmt: skip
def of_a_run(data: RunData, picture: Figure) -> None:
    """Share of the fires reached by time: by milestone, and by tier."""
    left, right = picture.subplots(1, 2)
    milestones(data.incidents, left)
    by_tier(data.dispatches, data.incidents, right)


@figure(
    "response_curves", kind="comparison", title=TITLE, population="fires", size=(13, 5.5), order=20,
    needs={"incidents": ["type", "first_arrival_s", "first_capable_s"]},
)  # fmt: skip
def of_a_comparison(data: ComparisonData, picture: Figure) -> None:
    """Share of the fires reached by time, first arrival and first capable arrival: one curve a scenario."""
    for column, axes in zip(("first_arrival_s", "first_capable_s"), picture.subplots(1, 2), strict=True):
        by_scenario(data.incidents, axes, column)


@figure(
    "professional_curves", kind="comparison", title=TITLE, population="all calls", size=(7.5, 5.3), order=80,
    which="all", needs={"incidents": ["type", "first_professional_s"]},
)  # fmt: skip
def professional(data: ComparisonData, picture: Figure) -> None:
    """Share of all calls reached by a professional unit by time."""
    by_scenario(data.incidents, picture.subplots(), "first_professional_s")


def reached(times_s: ArrayLike, incidents: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Minutes and per cent of `incidents` reached by then: the empirical distribution as steps from (0, 0).

    Times (seconds) are rounded up to whole seconds, which keeps the curve exact at every whole second and a
    line of a million incidents at 2,400 points. Missing times are incidents that no unit reached: the curve
    then ends below 100 %.
    """
    times = np.asarray(times_s, float)
    second, count = np.unique(np.ceil(times[~np.isnan(times)]), return_counts=True)
    minutes = np.concatenate([[0.0], second / 60])
    return minutes, np.concatenate([[0.0], np.cumsum(count) * (100.0 / max(incidents, 1))])


def by_tier(dispatches: pd.DataFrame, incidents: pd.DataFrame, axes: Axes) -> Axes:
    """Draw one curve per tier: its first arrival, relative to all incidents given."""
    first = first_by_tier(dispatches, incidents)
    curves = [
        (TIERS[tier], first.loc[first["tier"] == tier, "arrived_s"].to_numpy(float), len(incidents), look)
        for tier in TIERS
        if (first["tier"] == tier).any() and (look := TIER_LOOKS.get(tier, NOBODY))
    ]
    return _draw(curves, axes, str(Label("First arrival of each tier", "各类力量首次到场")))


def milestones(incidents: pd.DataFrame, axes: Axes) -> Axes:
    """Draw one curve per time column of the incidents: first of any tier, capable, professional."""
    curves = [
        (label(column), incidents[column].to_numpy(float), len(incidents), look)
        for column, look in zip(MILESTONES, SERIES, strict=False)
        if len(incidents)
    ]
    return _draw(curves, axes, str(Label("From the call to arrival", "报警到到场")))


def by_scenario(runs: Mapping[str, pd.DataFrame], axes: Axes, column: str) -> Axes:
    """Draw one curve per scenario for one time column, light to dark in the order given."""
    curves = []
    for (scenario, incidents), look in zip(runs.items(), scenario_looks(len(runs)), strict=True):
        if len(incidents):
            curves.append((Label(scenario, ""), incidents[column].to_numpy(float), len(incidents), look))
    return _draw(curves, axes, str(label(column)))


def _draw(curves: Sequence[tuple[Label, NDArray[Any], int, Look]], axes: Axes, title: str) -> Axes:
    axes.set(
        xlim=(0, HORIZON_MIN),
        xticks=range(0, HORIZON_MIN + 1, 5),
        xlabel=with_unit(TERMS["after_call"], "min"),
    )
    axes.set(ylim=(0, 100), yticks=range(0, 101, 20), ylabel=with_unit(TERMS["share_of_incidents"], "%"))
    axes.set_title(title, pad=15)  # above the marks
    if not curves:
        return note(axes, TERMS["no_incident"].stacked)
    for minute in MARKS_MIN:
        axes.axvline(minute, color=FAINT, linewidth=0.9, zorder=1)
        # above the frame: a curve that rises early would run through it
        axes.annotate(
            f"{minute} {in_words('min')}", (minute, 100), (0, 2), textcoords="offset points", ha="center", color=FAINT,
            fontsize=7.5,
        )  # fmt: skip
    for index, (name, times_s, incidents, look) in enumerate(curves):
        minutes, percent = reached(times_s, incidents)
        within = percent[np.searchsorted(minutes, READ_OFF_MIN, side="right") - 1]
        # level to the right edge: a curve that stops early looks like missing data
        minutes, percent = np.append(minutes, max(HORIZON_MIN, minutes[-1])), np.append(percent, percent[-1])
        axes.step(
            minutes, percent, where="post", color=look.colour, linestyle=look.line, marker=look.marker,
            markevery=(0.03 + 0.02 * index, 0.14), markeredgecolor=INK, markeredgewidth=0.5,
            label=_first_line(name, f"   {within:.0f} %"),
        )  # fmt: skip
    within_told = Label(f"within {READ_OFF_MIN} min", f"{READ_OFF_MIN}分钟内")
    axes.legend(
        title=str(within_told),
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        alignment="left",
        title_fontsize=8.5,
    )
    return axes


def _first_line(name: Label, ending: str) -> str:
    """Return a name with an ending on its first line."""
    first, *others = name.stacked.split("\n")
    return "\n".join([first + ending, *others])
