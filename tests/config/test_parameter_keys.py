"""Sources in the schema are symbols of the parameter book, and shipped values agree with it."""

from __future__ import annotations

import dataclasses
import fnmatch
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sim.config.book import book
from sim.config.compose import compose
from sim.config.groups.forces import Duration

CONFIG = compose(["scenario=2025"])
MADE_UP = compose(["region=synthetic"]).region.synthetic  # of a region that is not read
BOOK = book()
CONFIDENCES = {"assumption", "from memory", "literature", "seed", "standard"}
FACTORS = {("km", "m"): 1000.0, ("min", "s"): 60.0, ("s", "min"): 1 / 60}

# Keys whose own row has another symbol than that of the field they share with others.
OTHER_ROW = {
    "plan.stations.shuanggang_small.works_start": "y_sg",
    "plan.stations.zhihui_small.works_start": "y_scs",
    "plan.stations.*_small.lead_months": "lt_sts",
    "forces.professional.classes.special.crew": "crew_spc",
    "forces.professional.classes.class2.crew": "crew_2",
    "forces.professional.classes.small.crew": "crew_s",
}

# Shipped values that differ from their row, each with its reason. A pattern that no longer matches a difference fails.
DIFFERENT = {
    "plan.patrol_cars.before": "the row is the year of delivery; before it no township has a car",
    "plan.patrol_cars.share": "the row is the year of delivery; its share, 100 % of townships, stands in its range",
    "plan.drone_nests.before": "the row is what the policy promises; before it there is no nest",
    "scenario.targets.patrol_share": "the row is the year; its share, 100 % of townships, stands in its range",
    "scenario.targets.platforms": "the row is the year in which the one platform is promised",
    "scenario.targets.works_started": "the row is the year of the first start; the target counts the stations",
    "demand.places.*.per_km2": "the weight of empty cells is for mountain rescues alone",
    "demand.places.highrise_fire.*_rate": "high-rises stand in towns: by urban residents alone",
    "demand.places.*_rescue.*_rate": "the rows are fire rates; other calls follow residents",
    "demand.places.social_assistance.*_rate": "the rows are fire rates; other calls follow residents",
    "demand.places.standby.*_rate": "the rows are fire rates; other calls follow residents",
    "demand.places.false_alarm.*_rate": "the rows are fire rates; other calls follow residents",
    "demand.surges.qingming_days": "the row is the factor; its range says over 5 days",
    "demand.surges.flood_*": "the row is the factor; its range says 1-3 days in June and July",
    "demand.growth": "0 compares capacity alone; the row's 0.045 is the user's lever",
    "demand.growth_from": "the year of the row's base, not its rate",
    "forces.professional.classes.logistics.crew": "no row for logistics stations: as class 2",
    "forces.professional.turnout_night_s": "stands in the row's range: +15 s at night",
    "forces.micro.per_committee": "the row is the number of stations; this rule and the next give 923",
    "forces.micro.per_village": "the row is the number of stations; this rule and the one before give 923",
    "forces.micro.night_factor": "stands in the row's range: night 0.6x",
    "forces.patrol.mobile_night": "stands in the row's range: 0.05 at night",
    "forces.drones.technical": "the row is both together: 0.95 × (1 − 0.16) = 0.80",
    "forces.drones.weather_hold": "the row is both together: 0.95 × (1 − 0.16) = 0.80",
    "forces.drones.recharge_min": "stands in the row's range: recharge 25-35 min",
    "fireground.discovery.asleep_*_h": "the row is the chance; its name says 23-6 h",
    "forces.mutual_aid.speed_sd_log": "stands in the row's law: cv .15",
    "dispatch.alarms.outside_columns": "stands in the row's name: 2 columns an alarm",
    "fireground.growth.room_sd_log": "stands in the row's name: the row is the median",
    "fireground.growth.cap_factory_share": "of premises fires: 0.059 / (1 − 0.79) = 0.28",
}


def leaves(item: Any, path: str = "") -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield (key, value, metadata) of every field in every group, tables of groups included."""
    for field in dataclasses.fields(item):
        key, value = f"{path}.{field.name}" if path else field.name, getattr(item, field.name)
        yield key, value, field.metadata
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for name, part in inner:
            if dataclasses.is_dataclass(part) and not isinstance(part, Duration):
                yield from leaves(part, f"{key}.{name}" if name else key)


def everything() -> Iterator[tuple[str, Any, Mapping[str, Any]]]:
    """Yield the fields of the shipped configuration, and those that only a made-up region has."""
    yield from leaves(CONFIG)
    yield from leaves(MADE_UP, "region.synthetic")


def plain(symbol: str) -> float | None:
    """Return the value of a row where it is one number."""
    try:
        return float(BOOK[symbol]["value"])
    except ValueError:
        return None


def compared() -> Iterator[tuple[str, float, float]]:
    """Yield (key, shipped value, value of its row in the same unit) where both are one number."""
    for key, value, metadata in everything():
        symbol = next(
            (to for pattern, to in OTHER_ROW.items() if fnmatch.fnmatchcase(key, pattern)),
            metadata.get("book"),
        )
        if not symbol:
            continue
        expected = plain(symbol)
        shipped = value.scale if isinstance(value, Duration) else value
        if expected is None or isinstance(shipped, bool) or not isinstance(shipped, int | float):
            continue
        unit = "s" if isinstance(value, Duration) else metadata.get("unit", "")
        yield key, float(shipped), expected * FACTORS.get((BOOK[symbol]["unit"], unit), 1.0)


COMPARED = list(compared())


@pytest.mark.parametrize("key", sorted({m["book"] for _, _, m in everything() if m.get("book")}))
def test_every_source_in_the_schema_is_a_row_of_the_parameter_book(key: str) -> None:
    assert key in BOOK, f"{key} is neither in sim/data/parameters.csv nor in sim/data/assumptions.csv"


@pytest.mark.parametrize("symbol", sorted(set(OTHER_ROW.values())))
def test_every_row_named_elsewhere_exists(symbol: str) -> None:
    assert symbol in BOOK


def test_most_numbers_of_the_schema_are_compared_with_the_book() -> None:
    assert len(COMPARED) > 120


@pytest.mark.parametrize(("key", "shipped", "expected"), COMPARED, ids=[key for key, *_ in COMPARED])
def test_shipped_value_equals_its_row_or_has_a_stated_reason(
    key: str, shipped: float, expected: float
) -> None:
    if not any(fnmatch.fnmatchcase(key, pattern) for pattern in DIFFERENT):
        assert shipped == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pattern", DIFFERENT)
def test_every_explained_difference_exists(pattern: str) -> None:
    assert any(
        fnmatch.fnmatchcase(key, pattern) and shipped != pytest.approx(expected, rel=1e-9)
        for key, shipped, expected in COMPARED
    )


def test_spread_of_a_duration_equals_its_row() -> None:
    checked = 0
    for key, value, metadata in leaves(CONFIG):
        row = BOOK.get(metadata.get("book", ""), {})
        text = f"{row.get('distribution', '')} {row.get('range', '')}"
        if isinstance(value, Duration) and "sd_log" in text:
            checked += 1
            assert f"sd_log {value.sd_log:g}".replace("0.", ".") in text.replace("0.", "."), key
    assert checked > 15


def test_hour_and_month_profiles_equal_the_book() -> None:
    for name, symbol in (
        ("hours_fire", "w_hour_fire"),
        ("hours_other", "w_hour_oth"),
        ("months_fire", "w_mon_fire"),
        ("months_rescue", "w_mon_resc"),
        ("months_social", "w_mon_soc"),
    ):
        assert list(getattr(CONFIG.demand, name)) == [float(part) for part in BOOK[symbol]["value"].split()]


@pytest.mark.parametrize(
    ("kind", "symbol"),
    [
        ("residential_fire", "mix_res"),
        ("premises_fire", "mix_fac"),
        ("vehicle_fire", "mix_eb"),
        ("outdoor_fire", "mix_out"),
    ],
)
def test_growth_mixes_equal_the_book(kind: str, symbol: str) -> None:
    assert list(CONFIG.demand.severity.growth[kind]) == [
        float(part) for part in BOOK[symbol]["value"].split("/")
    ]


@pytest.mark.parametrize(
    ("name", "symbol"), [("slow", "al_s"), ("medium", "al_m"), ("fast", "al_f"), ("ultrafast", "al_u")]
)
def test_growth_coefficients_equal_the_book(name: str, symbol: str) -> None:
    assert CONFIG.fireground.growth.alpha[name] == plain(symbol)


@pytest.mark.parametrize(
    ("table", "entry", "symbol"),
    [
        ("detour", "urban", "k_urb"), ("detour", "plain", "k_rur"), ("detour", "mountain", "k_mtn"),
        ("local_kmh", "urban", "v_urb"), ("local_kmh", "town", "v_town"), ("local_kmh", "plain", "v_cty"),
        ("local_kmh", "mountain", "v_mtn"), ("trunk_kmh", "plain", "v_prov"), ("peak_factor", "urban", "f_peak"),
    ],
)  # fmt: skip
def test_travel_speeds_by_setting_equal_the_book(table: str, entry: str, symbol: str) -> None:
    assert getattr(CONFIG.travel, table)[entry] == plain(symbol)


def test_every_row_states_its_confidence() -> None:
    assert {row["confidence"] for row in BOOK.values()} <= CONFIDENCES


def test_own_assumptions_are_marked_as_assumptions_and_used() -> None:
    used = {m["book"] for _, _, m in everything() if m.get("book")}
    own = {symbol for symbol in BOOK if symbol.startswith("m_") and symbol != "m_start"}
    assert {BOOK[symbol]["confidence"] for symbol in own} == {"assumption"}
    # What is assumed for another city has no keys: tests/city/test_assumptions.py.
    own = {symbol for symbol in own if not symbol.startswith("m_city_")}
    assert own - used <= {"m_levels"}  # the levels of clauses without a number, spread over configs/plan
