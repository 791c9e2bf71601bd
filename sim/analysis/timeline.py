"""Describe an incident in words as a timeline: from ignition until the last unit is ready again."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from rich.cells import cell_len  # a Chinese character takes two columns of a terminal

from sim.calendar import HOUR_S

# Milestones of an incident, in order; those that did not happen are left out.
MILESTONES = {
    "ignition_s": "ignition",
    "answered_s": "119 seat answers",
    "dispatched_s": "the order is given",
    "drone_s": "drone over the scene",
    "first_arrival_s": "first arrival",
    "size_up_s": "true severity reported",
    "first_capable_s": "first capable arrival",
    "first_professional_s": "first professional arrival",
    "first_water_s": "first water",
    "full_force_s": "effective response force complete",
    "control_s": "under control",
    "closed_s": "last unit released",
}
UNIT_TIMES = {
    "dispatched_s": "ordered",
    "turned_out_s": "left",
    "arrived_s": "there",
    "released_s": "released",
    "ready_s": "ready",
}
COUNTS = {
    "short": "units that nobody free could be when they were needed",
    "recalled": "turned back on the way",
    "cover_moves": "engines that stood in elsewhere",
}
CALENDAR_YEAR = 2023  # the common calendar of all scenarios; its dates, not its name, are shown


def timeline(incident: pd.Series[Any]) -> list[tuple[float, str]]:
    """Return (seconds after the call, what happened) in order of time, the call itself among them."""
    found = [(0.0, "119 call")]
    for column, text in MILESTONES.items():
        time = float(incident[column])
        if not math.isnan(time) and not (column == "ignition_s" and time == 0.0):
            tier = incident.get(column.replace("_s", "_tier"))
            found.append((time, f"{text} ({tier})" if isinstance(tier, str) and tier else text))
    return sorted(found, key=lambda event: event[0])


def when(incident: pd.Series[Any]) -> str:
    """Return day and time of the call in the model's calendar."""
    call = datetime(CALENDAR_YEAR, 1, 1) + timedelta(seconds=float(incident["time_s"]))  # noqa: DTZ001 -- a day of the model's calendar
    return f"{call:%d %B %H:%M:%S}"


def lines(incident: pd.Series[Any], sent: pd.DataFrame) -> list[str]:
    """Return the timeline of an incident with every unit and every time, minutes and seconds after the call."""
    head = (
        f"Replication {incident['replication']}, incident {incident['incident']}: {incident['type']} severity "
        f"{incident['severity']} (reported {incident['reported']}), {incident['township']} ({incident['county']}, "
        f"{incident['setting']}), {when(incident)}"
    )
    found = [head]
    found += [f"  {clock(time):>9}  {text}" for time, text in timeline(incident)]
    found += [f"  {line}" for line in _units(sent)] if len(sent) else ["  no unit was sent"]
    notes = _notes(incident)
    if notes:
        found.append(f"  {'; '.join(notes)}")
    if not math.isnan(float(incident["burnt_m2"])):
        found.append(
            f"  burnt {incident['burnt_m2']:.1f} m², loss {incident['loss_cny']:,.0f} CNY, expected deaths "
            f"{incident['deaths_a']:.4f} (curve A), {incident['deaths_b']:.4f} (B), {incident['deaths_c']:.4f} (C); "
            f"water: {incident['water_source']}"
        )
    return found


def _units(sent: pd.DataFrame) -> list[str]:
    """Return a table of the units in the order in which they were sent, its columns as wide as they must be."""
    heads = ["unit", "reason", "crew", *UNIT_TIMES.values(), "outcome"]
    rows = []
    for unit in sent.sort_values(["dispatched_s", "arrived_s"]).to_dict("records"):
        times = [clock(float(unit[name])) for name in UNIT_TIMES]
        name, reason, crew = f"{unit['unit']} [{unit['tier']}]", str(unit["reason"]), str(unit["crew"])
        rows.append([name, reason, crew, *times, str(unit["outcome"])])
    widths = [max(map(cell_len, column)) for column in zip(heads, *rows, strict=True)]
    texts = (0, 1, len(heads) - 1)  # to the left; numbers and times to the right
    return [
        "  ".join(
            text + " " * (width - cell_len(text)) if place in texts else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [heads, *rows]
    ]


def _notes(incident: pd.Series[Any]) -> list[str]:
    """Return the facts that the times alone do not show."""
    found = [f"{words}: {incident[column]}" for column, words in COUNTS.items() if incident[column]]
    return [f"alarm level {incident['alarm_level']}", *found] if incident["alarm_level"] > 1 else found


def clock(seconds: float) -> str:
    """Return minutes and seconds, from an hour on hours too; `-` for a time that never came."""
    if math.isnan(seconds):
        return "-"
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    if whole >= HOUR_S:
        return f"{sign}{whole // HOUR_S}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{sign}{whole // 60}:{whole % 60:02d}"
