"""The calendar of every scenario: seconds in a 365-day year from 1 January 00:00; no leap day, no summer time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HOUR_S = 3600
DAY_HOURS = 24
WEEK_HOURS = 7 * DAY_HOURS
DAY_S = DAY_HOURS * HOUR_S
YEAR_DAYS = 365
YEAR_S = YEAR_DAYS * DAY_S
YEAR_MONTHS = 12
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
MONTH_OF_DAY = [month for month, days in enumerate(MONTH_DAYS) for _ in range(days)]  # January is 0


def days_told(days: int) -> str:
    """Return the first days of the year in words, such as `1 January to 30 January`."""
    last = date(2025, 1, 1) + timedelta(days - 1)  # a year without a leap day
    return f"1 January to {last.day} {MONTHS[last.month - 1]}"


def hour_of_day(time_s: NDArray[Any]) -> NDArray[np.float64]:
    """Return the time of the day in hours with their fraction, 0 to below 24."""
    hour: NDArray[np.float64] = time_s % DAY_S / HOUR_S
    return hour


def whole_hour(time_s: NDArray[Any]) -> NDArray[np.int64]:
    """Return the hour of the day, 0 to 23."""
    return (time_s % DAY_S // HOUR_S).astype("int64")


def hour_of_week(time_s: NDArray[Any]) -> NDArray[np.int64]:
    """Return the hour of the week, 0 to 167 from Monday 0 h: every year begins on a Wednesday, as 2025."""
    return ((time_s // HOUR_S + 2 * DAY_HOURS) % WEEK_HOURS).astype("int64")


def day_of_year(time_s: NDArray[Any]) -> NDArray[np.int64]:
    """Return the day, 0 for 1 January; after 31 December it counts on."""
    return (time_s // DAY_S).astype("int64")


def month_of_year(time_s: NDArray[Any]) -> NDArray[np.int64]:
    """Return the month, 0 for January; after 31 December it begins anew."""
    import numpy as np  # not for those who only read the configuration

    return np.array(MONTH_OF_DAY)[day_of_year(time_s) % YEAR_DAYS]


def is_weekend(day: NDArray[Any]) -> NDArray[Any]:
    """Tell whether a day of the year, from 0, is a Saturday or Sunday: every year begins on a Wednesday, as 2025."""
    weekend: NDArray[Any] = (day + 2) % 7 >= 5
    return weekend
