"""One incident as a picture: a bar per unit from order to ready, with the milestones of the incident as lines."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from sim.findings.plot.labels import label
from sim.findings.plot.style import INK, TIER_LOOKS, note
from sim.findings.plot.tables import need

PARTS = (
    ("dispatched_s", "turned_out_s", 0.25),
    ("turned_out_s", "arrived_s", 0.55),
    ("arrived_s", "released_s", 1.0),
)
MARKS = {
    "first_capable_s": "first capable 首个有效力量",
    "first_water_s": "first water 出水",
    "control_s": "control 控制",
    "closed_s": "closed 结束",
}


def story(incident: pd.Series[Any], sent: pd.DataFrame, axes: Axes) -> Axes:
    """Draw the dispatches of one incident over minutes after the call: pale turnout, travel, full at the scene."""
    need(
        sent,
        ["unit", "tier", "dispatched_s", "turned_out_s", "arrived_s", "released_s", "outcome"],
        "dispatches",
    )
    axes.set(xlabel="Time after the call 报警后时间 (min)", title=_title(incident))
    if sent.empty:
        return note(axes, "no unit was sent 未派出力量")
    units = sent.sort_values(["dispatched_s", "arrived_s"]).reset_index(drop=True)
    names = []
    for row, unit in enumerate(units.to_dict("records")):
        colour = TIER_LOOKS[unit["tier"]].colour
        turned_back = unit["outcome"] != "arrived"
        for start, end, strength in PARTS:
            low, high = unit[start] / 60, unit[end] / 60
            if turned_back and start == "turned_out_s":
                high = unit["released_s"] / 60
            if pd.notna(low) and pd.notna(high) and high > low:
                axes.barh(row, high - low, left=low, height=0.7, color=colour, alpha=strength, linewidth=0)
        if turned_back:
            axes.plot(unit["released_s"] / 60, row, marker="x", color=INK, markersize=6)
        names.append(f"{unit['unit']}  ({label(unit['tier']).zh})")
    axes.set_yticks(range(len(units)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    for (column, text), style in zip(MARKS.items(), ("-", "--", "-.", ":"), strict=True):
        minutes = incident[column] / 60
        if pd.notna(minutes):
            axes.axvline(
                minutes, color=INK, linewidth=1.2, linestyle=style, label=f"{text}  {minutes:.1f} min"
            )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    return axes


def _title(incident: pd.Series[Any]) -> str:
    return f"{label(str(incident['type'])).en} {label(str(incident['type'])).zh}, {incident['township']}"
