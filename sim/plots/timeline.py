"""Draw one incident: a bar per unit from order to ready, and the milestones of the incident as lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from sim.analysis.incident_tables import need
from sim.analysis.timeline import when
from sim.plots.labels import TIERS, label
from sim.plots.style import FAINT, INK, NOBODY, TIER_LOOKS, new_figure, note, save

# From, to, strength of the colour, height of the bar, what it is.
PARTS = (
    ("dispatched_s", "turned_out_s", 0.22, 0.7, "turnout 出动准备"),
    ("turned_out_s", "arrived_s", 0.5, 0.7, "on the way 途中"),
    ("arrived_s", "released_s", 1.0, 0.7, "at the scene 现场"),
    ("released_s", "ready_s", 0.5, 0.16, "home, ready again 返回待命"),
)
MARKS = {
    "ignition_s": ("ignition 起火", (0, (1, 3)), FAINT),
    "size_up_s": ("size-up 侦察报告", (0, (1, 1)), FAINT),
    "first_capable_s": ("first capable 首个有效力量", "-", INK),
    "first_water_s": ("first water 出水", "--", INK),
    "control_s": ("control 控制", "-.", INK),
    "closed_s": ("closed 结束", ":", INK),
}
COLUMNS = (
    "unit", "tier", "reason", "dispatched_s", "turned_out_s", "arrived_s", "released_s", "ready_s", "outcome",
)  # fmt: skip
LONG_WORK = 0.6  # the axis ends soon after the last milestone if that comes before this share of the time
REASONS = {
    "run_card": "",
    "professional": "always",
    "relay": "relay",
    "first_aid": "",
    "drone": "",
    "mutual_aid": "from outside",
}


def draw_timeline(incident: pd.Series[Any], dispatches: pd.DataFrame, axes: Axes) -> Axes:
    """Draw the dispatches of one incident over minutes after the call: pale turnout, travel, full at the scene.

    Hours of work after the last arrival and the last milestone are cut off; the bar then says when it ends.
    """
    need(dispatches, COLUMNS, "dispatches")
    axes.set(xlabel="Time after the call 报警后时间 (min)", title=_title(incident))
    if dispatches.empty:
        return note(axes, "no unit was sent 未派出力量")
    units = dispatches.sort_values(["dispatched_s", "arrived_s"]).reset_index(drop=True)
    start, end, cut = _span(incident, units)
    for row, unit in enumerate(units.to_dict("records")):
        _bar(axes, row, unit, end, cut=cut)
    axes.set_yticks(range(len(units)), [_name(unit) for unit in units.to_dict("records")])
    axes.set(xlim=(start, end), ylim=(len(units) - 0.4, -0.6))
    axes.grid(visible=False, axis="y")
    if start < 0:
        axes.axvspan(start, 0, color="#F3F3F3", linewidth=0, zorder=0)
    for column, (text, style, colour) in MARKS.items():
        minutes = incident[column] / 60
        if pd.notna(minutes) and minutes != 0:
            beyond = minutes > end  # only in the key, without a line
            name = f"{text}  {minutes:.1f} min{' →' if beyond else ''}"
            look: dict[str, Any] = {
                "linestyle": "none" if beyond else style,
                "color": colour,
                "linewidth": 1.3,
            }
            axes.axvline(np.nan if beyond else minutes, label=name, **look)
    marks, names = axes.get_legend_handles_labels()
    for (_, _, strength, height, text), units_drawn in zip(PARTS, _drawn(units, end), strict=True):
        if units_drawn:
            grey = (0.3, 0.3, 0.3, strength if height > 0.5 else 0.25)
            marks.append(Patch(facecolor=grey, linewidth=0))
            names.append(text)
    for tier in [tier for tier in TIERS if (units["tier"] == tier).any()]:
        marks.append(Patch(facecolor=TIER_LOOKS.get(tier, NOBODY).colour, linewidth=0))
        names.append(str(label(tier)))
    if (units["outcome"] != "arrived").any():
        marks += axes.plot([], [], marker="x", color=INK, markersize=6, linestyle="")
        names.append("turned back 途中返回")
    axes.legend(marks, names, loc="upper left", bbox_to_anchor=(1.01, 1))
    return axes


def save_timeline(incident: pd.Series[Any], dispatches: pd.DataFrame, folder: Path, name: str) -> None:
    """Write the drawing as `name`.png and .svg, as high as its units need. Call inside `use_style`."""
    figure = new_figure(11, 1.6 + 0.34 * max(len(dispatches), 6))
    draw_timeline(incident, dispatches, figure.subplots())
    save(figure, folder, name)


def _span(incident: pd.Series[Any], units: pd.DataFrame) -> tuple[float, float, bool]:
    """Return first and last minute of the axis, and whether bars go on beyond it."""
    decided = [units["arrived_s"].max(), units["dispatched_s"].max()]
    decided += [units.loc[units["outcome"] != "arrived", "ready_s"].max()]
    decided += [incident[column] for column in MARKS if column != "closed_s"]
    last, over = np.nanmax(decided) / 60, np.nanmax([units["ready_s"].max(), incident["closed_s"]]) / 60
    cut = bool(last < LONG_WORK * over)
    end = last * 1.25 + 1 if cut else over * 1.02
    ignition = incident["ignition_s"] / 60
    return (ignition - 0.01 * (end - ignition) if ignition < 0 else 0.0), end, cut


def _bar(axes: Axes, row: int, unit: dict[Any, Any], end: float, *, cut: bool) -> None:
    colour = TIER_LOOKS.get(unit["tier"], NOBODY).colour
    turned_back = unit["outcome"] != "arrived"
    for begin, until, strength, height, _ in PARTS:
        low, high = unit[begin] / 60, unit[until] / 60
        if turned_back and begin == "turned_out_s":
            high = unit["released_s"] / 60
        if pd.notna(low) and pd.notna(high) and high > low:
            axes.barh(row, high - low, left=low, height=height, color=colour, alpha=strength, linewidth=0)
    if turned_back:
        axes.plot(unit["released_s"] / 60, row, marker="x", color=INK, markersize=6)
    released = unit["released_s"] / 60
    if cut and released > end:
        axes.text(
            end - 0.008 * end, row, f"until {released:.0f} min →", ha="right", va="center", fontsize=7.5,
            color="white" if unit["tier"] not in ("patrol", "micro") else INK,
        )  # fmt: skip


def _drawn(units: pd.DataFrame, end: float) -> list[bool]:
    """Tell which parts of a bar are visible."""
    return [
        bool(((units[until] > units[begin]) & (units[begin] < end * 60)).any()) for begin, until, *_ in PARTS
    ]


def _name(unit: dict[Any, Any]) -> str:
    why = REASONS.get(unit["reason"], unit["reason"].replace("_", " "))
    return f"{unit['unit']}  ({label(unit['tier']).zh}){f' · {why}' if why else ''}"


def _title(incident: pd.Series[Any]) -> str:
    kind = label(str(incident["type"]))
    return (
        f"{kind.en} {kind.zh}, severity {incident['severity']}, {incident['township']} ({incident['county']}), "
        f"{when(incident)}"
    )
