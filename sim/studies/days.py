"""Read the day of a run that a command is asked about."""

from __future__ import annotations

from datetime import date

from sim.calendar import days_told
from sim.errors import SimError


def number_of_day(text: str, info: dict[str, object]) -> int:
    """Return the day of the year that a text names, from 0; SimError if the run has no such day."""
    days, year = int(str(info["days"])), int(str(info["scenario"]))
    try:
        on = date.fromisoformat(text) if "-" in text else None
        day = int(text) - 1 if on is None else (date(2025, on.month, on.day) - date(2025, 1, 1)).days
    except ValueError:
        raise SimError(
            f"day is {text!r}; allowed: a day of the year in 1..{days}, or a date such as {year}-01-28."
        ) from None
    if on is not None and on.year != year:
        raise SimError(f"day is {text}; the run is of the year {year}.")
    if not 0 <= day < days:
        raise SimError(f"day is {text}; the run has the days 1..{days}, {days_told(days)}.")
    return day
