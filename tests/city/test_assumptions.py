"""Every number that is assumed for another city stands in the parameter book, with the value of the code."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.city.files import audit, clock, importing, places
from sim.city.model import demand, fit, travel, world
from sim.city.replay import validation
from sim.config.book import book, parse

HOUR_S = 3600.0
IN_CODE = {  # in the unit of the row
    "absence": world.ABSENCE_S / 60, "crew": world.CREW, "dropped": audit.MOST_DROPPED, "far": places.FAR_M / 1000,
    "house": importing.ONE_HOUSE_M, "later": world.LATER_S / 60, "midnight": clock.MIDNIGHT_S / HOUR_S,
    "longest_call": clock.LONGEST_S["call", "ordered"] / 60,
    "longest_turnout": clock.LONGEST_S["ordered", "turned_out"] / 60,
    "longest_trip": clock.LONGEST_S["turned_out", "arrived"] / 60,
    "longest_stay": clock.LONGEST_S["arrived", "released"] / 60,
    "alike": demand.ALIKE_H, "anywhere": demand.FAR, "prior": demand.PRIOR,
    "route": travel.ROUTE, "stay": fit.STAY_S / 60, "warm_up": validation.WARM_UP / pd.Timedelta(hours=1),
}  # fmt: skip


def test_what_is_assumed_for_a_city_stands_in_the_book_with_its_range() -> None:
    rows = {symbol: row for symbol, row in book().items() if symbol.startswith("m_city_")}
    assert {symbol.removeprefix("m_city_") for symbol in rows} == set(IN_CODE)
    assert list(rows) == sorted(rows)
    for symbol, row in rows.items():
        assert float(row["value"]) == pytest.approx(IN_CODE[symbol.removeprefix("m_city_")]), symbol
        assert parse(row["range"]) is not None, symbol
        assert row["confidence"] == "assumption"
