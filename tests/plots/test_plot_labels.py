"""Names in two languages, units as a reader wants them, numbers as they are written."""

import math

import pytest

from sim import terms
from sim.analysis.outcome import INCIDENTS
from sim.plots.labels import LABELS, SETTINGS, TIERS, TYPES, label, number, parts, shown, with_unit


def test_every_tier_setting_and_type_has_a_label():
    assert tuple(TIERS) == terms.TIERS
    assert tuple(SETTINGS) == terms.SETTINGS
    assert tuple(TYPES) == terms.TYPES


def test_every_time_of_the_records_has_a_name():
    # ignition lies before the call: the pictures show what comes after it
    times = {column.name for column in INCIDENTS if column.unit == "s"} - {"time_s", "ignition_s"}
    assert not [name for name in times if not label(name).zh]


def test_every_name_is_english_and_chinese():
    for name, text in LABELS.items():
        assert text.en.isascii(), name
        assert any("一" <= sign <= "鿿" for sign in text.zh), name


@pytest.mark.parametrize("table", [TIERS, SETTINGS, TYPES])
def test_no_two_names_of_a_kind_are_alike(table):
    assert (
        len({text.en for text in table.values()}) == len({text.zh for text in table.values()}) == len(table)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("first_capable_s", "First capable arrival 首个有效力量到场"),
        ("first_capable_p90", "First capable arrival, 90th percentile 首个有效力量到场时间90%分位值"),
        ("first_capable_median_s", "First capable arrival, median 首个有效力量到场时间中位数"),
        (
            "first_arrival_within_10",
            "First arrival, drones apart, within 10 min 首个力量到场（不含无人机）时间10分钟内",
        ),
        ("drone_s_median", "Drone over the scene, median 无人机到场时间中位数"),
        ("drone", "Drone 无人机"),
        ("burnt_m2_mean", "Burnt area, mean 过火面积均值"),
        ("deaths_a", "Expected deaths, curve A 预期死亡人数（曲线A）"),
        ("cover_stripped_p95", "cover stripped, 95th percentile"),
        ("some_new_group", "some new group"),
        ("柯城区", "柯城区"),
    ],
)
def test_label_names_an_indicator_in_both_languages(name, text):
    assert str(label(name)) == text


def test_parts_splits_an_indicator_from_its_statistic():
    assert parts("first_capable_p90") == ("first_capable", "p90")
    assert parts("mean") == ("mean", None)
    assert parts("deaths_a") == ("deaths_a", None)


@pytest.mark.parametrize(
    ("unit", "expected"), [("s", ("min", 1 / 60)), ("share", ("%", 100)), ("calls", ("calls", 1))]
)
def test_stored_units_are_shown_in_minutes_and_per_cent(unit, expected):
    assert shown(unit) == expected


def test_unit_stands_in_brackets_behind_the_name():
    assert with_unit(label("mean"), "min") == "mean 均值 (min)"
    assert with_unit("Ratio", "") == "Ratio"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.047, "0.047"),
        (2.345, "2.35"),
        (100.0, "100"),
        (-12.34, "−12.3"),
        (12345, "12,300"),
        (999.9, "1,000"),
        (0, "0"),
    ],
)
def test_numbers_have_three_significant_figures(value, text):
    assert number(value) == text


def test_an_unknown_number_is_a_dash():
    assert number(math.nan) == number(math.inf) == "–"
