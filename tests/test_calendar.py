"""One calendar: 365 days, hours and months of a moment; the year begins anew after 31 December."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim import calendar
from sim.calendar import (
    DAY_S,
    YEAR_DAYS,
    YEAR_S,
    day_of_year,
    hour_of_day,
    hour_of_week,
    is_weekend,
    month_of_year,
    whole_hour,
)  # fmt: skip


@given(st.floats(0, YEAR_S, exclude_max=True))
def test_day_month_and_hour_are_those_of_a_common_year(second: float) -> None:
    time = np.array([second])
    when = datetime(2023, 1, 1) + timedelta(seconds=second)  # noqa: DTZ001 -- a day of the model's calendar
    if abs(second % 1 - 0.5) < 0.4999:  # datetime rounds to microseconds, maybe into the next hour
        assert (whole_hour(time)[0], month_of_year(time)[0]) == (when.hour, when.month - 1)
        assert day_of_year(time)[0] == when.timetuple().tm_yday - 1
    assert hour_of_week(time)[0] % 24 == whole_hour(time)[0]
    assert (hour_of_week(time)[0] >= 5 * 24) == is_weekend(day_of_year(time))[0]
    assert whole_hour(time)[0] <= hour_of_day(time)[0] < whole_hour(time)[0] + 1


def test_call_after_midnight_of_31_december_is_in_january() -> None:
    time = np.array([YEAR_S + 30.0])
    assert (month_of_year(time)[0], day_of_year(time)[0], whole_hour(time)[0]) == (0, YEAR_DAYS, 0)


def test_months_make_a_year() -> None:
    assert sum(calendar.MONTH_DAYS) == len(calendar.MONTH_OF_DAY) == YEAR_DAYS
    assert YEAR_S == 31_536_000 == YEAR_DAYS * DAY_S
