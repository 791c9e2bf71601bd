"""The levels that the shipped plan promises by year."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.config.compose import compose
from sim.config.groups.plan import PlanConfig, measures
from sim.world.plan import in_force, levels, shares

PLAN = compose(["scenario=2023"]).plan
MEASURES = dict(measures(PLAN))
YEARS = range(2023, 2031)
STATIONS = ("智慧新城二级站", "柯城双港小型站", "智慧新城小型站")


@pytest.mark.parametrize(
    ("level", "by_year"),
    [
        ("patrol_share", [0, 1, 1, 1, 1, 1, 1, 1]),
        ("nests_per_brigade", [0, 1, 1, 1, 1, 1, 1, 1]),
        ("platform", [False, True, True, True, True, True, True, True]),
        ("unified_share", [0, 0, 0.5, 0.9, 1, 1, 1, 1]),
        ("specialist_kit", [False, True, True, True, True, True, True, True]),
        ("command_post", [False, True, True, True, True, True, True, True]),
        ("availability_gain", [0, 0, 0.033, 0.067, 0.1, 0.1, 0.1, 0.1]),
        ("extra_teams_share", [0, 0, 0.33, 0.67, 1, 1, 1, 1]),
        ("hydrant_serviceable", [0.93, 0.93, 1, 1, 1, 1, 1, 1]),
        ("water_coverage", [0.9, 0.9, 1, 1, 1, 1, 1, 1]),
        ("intake_points", [0.8, 0.8, 2, 2, 2, 2, 2, 2]),
        ("lanes_cleared", [0, 0.125, 0.25, 0.375, 0.5, 0.5, 0.5, 0.5]),
        ("linked_elderly", [0, 0.075, 0.15, 0.225, 0.3, 0.3, 0.3, 0.3]),
        ("awareness_gain", [0, 0.05, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]),
    ],
)
def test_shipped_plan_has_the_promised_levels_by_year(level: str, by_year: list[float]) -> None:
    assert [getattr(levels(PLAN, year), level) for year in YEARS] == pytest.approx(by_year)


def test_one_station_opens_each_year_from_2024() -> None:
    counts = [len(levels(PLAN, year).stations_open) for year in YEARS]
    assert counts == [0, 1, 2, 3, 3, 3, 3, 3]
    assert levels(PLAN, 2030).stations_open == STATIONS


def switched_off(plan: PlanConfig) -> PlanConfig:
    """The plan with no measure carried out."""
    single = {
        key: replace(measure, enabled=False)
        for key, measure in measures(plan)
        if not key.startswith("stations.")
    }
    stations = {key: replace(station, enabled=False) for key, station in plan.stations.items()}
    return replace(plan, stations=stations, **single)


@pytest.mark.parametrize("year", YEARS)
def test_plan_off_has_the_levels_of_2023(year: int) -> None:
    assert levels(switched_off(PLAN), year) == levels(PLAN, 2023)


@pytest.mark.parametrize("key", [key for key in MEASURES if not key.startswith("stations.")])
def test_every_measure_changes_its_own_levels(key: str) -> None:
    without = replace(PLAN, **{key: replace(MEASURES[key], enabled=False)})
    if key == "extra_stations":  # opens sites of the region's table: see the tests of siting
        assert (shares(PLAN, 2030)[key], shares(without, 2030)[key]) == (1, 0)
    else:
        assert levels(without, 2030) != levels(PLAN, 2030)


def test_levels_hold_between_the_named_years() -> None:
    assert levels(PLAN, 2029) == levels(PLAN, 2028) == levels(PLAN, 2027)


def test_in_force_table_lists_every_measure_with_clause_and_level() -> None:
    lines = {line.measure: line for line in in_force(PLAN, 2025)}
    assert set(lines) == set(MEASURES)
    assert all(line.clauses for line in lines.values())
    assert lines["patrol_cars"].level == "share 0 → 1"
    assert lines["unified_dispatch"].level == (
        "share township 0.6 → 0.8, volunteer 0.2 → 0.6, micro 0.2 → 0.6, civil 0.2 → 0.6"
    )
    assert lines["platform"].level == "in use"
    assert "counted as open" in lines["stations.zhihui_class2"].level
    assert "start of works" in lines["stations.zhihui_class2"].note
    assert lines["stations.zhihui_small"].share == 0


def test_in_force_table_marks_disabled_measures() -> None:
    lines = {line.measure: line for line in in_force(switched_off(PLAN), 2030)}
    assert {line.note for line in lines.values()} == {"switched off"}
    assert {line.share for line in lines.values()} == {0}
