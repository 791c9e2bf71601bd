"""When units are staffed: hours of the week in the city's time, such as `Mo-Fr 08:00-18:00; Sa-Su 20:00-06:00`."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_MIN, WEEK_MIN = 1440, 10_080
PART = re.compile(
    r"([A-Z][a-z])(?:-([A-Z][a-z]))? ([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)"
)
ALLOWED = "hours of the week such as Mo-Fr 08:00-18:00; Sa 20:00-06:00, or nothing for always"


@lru_cache(maxsize=4096)
def week(text: str) -> Bools:
    """Return for each minute of the week from Monday on whether the unit is staffed; ValueError for no hours."""
    on = np.zeros(WEEK_MIN, dtype=np.bool_)
    for part in text.split(";") if text else ["Mo-Su 00:00-24:00"]:
        found = PART.fullmatch(part.strip())
        first, last = (found[1], found[2] or found[1]) if found else ("", "")
        if found is None or first not in DAYS or last not in DAYS:
            raise ValueError(f"{part.strip()[:40]!r} is none of what is allowed: {ALLOWED}")
        begin = int(found[3]) * 60 + int(found[4])
        end = int(found[5]) * 60 + int(found[6]) if found[5] else DAY_MIN
        if begin == end:
            raise ValueError(f"{part.strip()!r} begins when it ends; allowed: {ALLOWED}")
        minutes = np.arange(begin, end + DAY_MIN * (end < begin))  # hours may go past midnight
        for day in range((DAYS.index(last) - DAYS.index(first)) % 7 + 1):
            on[(minutes + (DAYS.index(first) + day) * DAY_MIN) % WEEK_MIN] = True
    return on


def parse(cell: str) -> str:
    """Accept hours of the week."""
    week(cell)
    return cell


def off_duty(text: str, weekday: int, until_s: float) -> list[tuple[float, float]]:
    """Return from when to when a unit is not staffed; seconds from the midnight of a weekday."""
    on = np.roll(week(text), -weekday * DAY_MIN)
    weeks: Bools = np.tile(on, int(until_s // (WEEK_MIN * 60)) + 2)
    edges = 60.0 * np.flatnonzero(np.diff(np.concatenate([[True], weeks, [True]])))
    return [(begin, end) for begin, end in edges.reshape(-1, 2).tolist() if begin <= until_s]


def free(units: pd.DataFrame, staffed: Bools, work: pd.DataFrame, at: Floats) -> NDArray[np.int64]:
    """Return how many of some units are staffed and not out at times; `work` has their unit, begin and end.

    One that is still out after its hours is neither.
    """
    count = staffed.sum(axis=0) - _out(work, at)
    for name, on in zip(units["unit"], staffed, strict=True):
        if not on.all():
            count += np.where(on, 0, _out(work[work["unit"] == name], at))
    return np.asarray(count, dtype=np.int64)


def _out(work: pd.DataFrame, at: Floats) -> NDArray[np.int64]:
    begin, end = np.sort(work["begin"].to_numpy()), np.sort(work["end"].to_numpy())
    # What begins at the time itself is the order that asks.
    return np.asarray(np.searchsorted(begin, at - 0.5, "right") - np.searchsorted(end, at, "right"))
