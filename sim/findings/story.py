"""The story of an incident in words: what happened when, from ignition to the last unit ready again."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

# Moments of an incident in the order of the story; those that did not happen are left out.
MOMENTS = {
    "ignition_s": "ignition",
    "answered_s": "119 seat answers",
    "dispatched_s": "first units ordered",
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
CALENDAR_YEAR = 2023  # the common calendar of all scenarios; its dates, not its name, are shown


def moments(incident: pd.Series[Any]) -> list[tuple[float, str]]:
    """Return (seconds after the call, what happened) in order of time, the call itself among them."""
    found = [(0.0, "119 call")]
    for column, text in MOMENTS.items():
        time = float(incident[column])
        if not math.isnan(time) and not (column == "ignition_s" and time == 0.0):
            tier = incident.get(column.replace("_s", "_tier"))
            found.append((time, f"{text} ({tier})" if isinstance(tier, str) and tier else text))
    return sorted(found, key=lambda moment: moment[0])


def lines(incident: pd.Series[Any], sent: pd.DataFrame) -> list[str]:
    """Return the story of an incident with every unit and every time, minutes after the call."""
    call = datetime(CALENDAR_YEAR, 1, 1) + timedelta(seconds=float(incident["time_s"]))  # noqa: DTZ001 -- a day of the model's calendar
    head = (
        f"Replication {incident['replication']}, incident {incident['incident']}: {incident['type']} severity "
        f"{incident['severity']} (reported {incident['reported']}), {incident['township']} ({incident['county']}, "
        f"{incident['setting']}), {call:%d %B %H:%M:%S}"
    )
    found = [head]
    found += [f"  {clock(time):>9}  {text}" for time, text in moments(incident)]
    columns = "ordered  left     there    released ready    outcome"
    found.append(f"  {'unit':<39} {'reason':<12}  crew  {columns}")
    for unit in sent.sort_values(["dispatched_s", "arrived_s"]).to_dict("records"):
        times = "  ".join(
            f"{clock(float(unit[name])):>7}"
            for name in ("dispatched_s", "turned_out_s", "arrived_s", "released_s", "ready_s")
        )
        name = f"{unit['unit']} [{unit['tier']}]"
        wide = sum(1 for letter in name if ord(letter) > 0x2E80)  # a Chinese character takes two columns
        padded = name + " " * max(39 - len(name) - wide, 1)
        found.append(f"  {padded} {unit['reason']:<12} {unit['crew']:>5}  {times}  {unit['outcome']}")
    if not math.isnan(float(incident["burnt_m2"])):
        found.append(
            f"  burnt {incident['burnt_m2']:.1f} m², loss {incident['loss_cny']:,.0f} CNY, expected deaths "
            f"{incident['deaths_a']:.4f} (curve A), {incident['deaths_b']:.4f} (B), {incident['deaths_c']:.4f} (C); "
            f"water: {incident['water_source']}"
        )
    return found


def clock(seconds: float) -> str:
    """Return minutes and seconds, `-` for a time that never came."""
    if math.isnan(seconds):
        return "-"
    sign = "-" if seconds < 0 else ""
    whole = round(abs(seconds))
    return f"{sign}{whole // 60}:{whole % 60:02d}"
