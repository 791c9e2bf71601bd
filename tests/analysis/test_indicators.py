"""An indicator is one entry of a registry, with unit, population and meaning; its rows follow from it."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers.small_world import NOON_S, Call, build, play, region

from sim.analysis import indicators, outcome
from sim.analysis.indicators import INDICATORS, MILESTONES, Indicator, measure
from sim.analysis.indicators.registry import share
from sim.runs.replications import facts_of

Tables = tuple[pd.DataFrame, pd.DataFrame, indicators.Facts]


@pytest.fixture(scope="module")
def tables() -> Tables:
    world = build(region())
    played = play(world, *(Call(kind, NOON_S) for kind in ("residential_fire", "traffic_rescue", "standby")))
    return outcome.add(played.incidents, world.config.outcome), played.dispatches, facts_of(world)


def test_every_row_is_of_a_milestone_or_of_one_entry_with_its_unit(tables: Tables) -> None:
    found = measure(*tables)
    limits = tables[2].outcome.within_min
    known = {
        (entry.name.format(limit=limit), entry.by): entry.unit for entry in INDICATORS for limit in limits
    }
    times = found["kpi"].str.startswith(tuple(MILESTONES))
    rest = found[~times]
    assert {(kpi, by) for kpi, by in zip(rest["kpi"], rest["by"], strict=True)} == set(known)
    assert all(known[row.kpi, row.by] == row.unit for row in rest.itertuples())
    assert not found.duplicated(["kpi", "by", "group"]).any()
    assert times.sum() > len(MILESTONES) * (3 + len(limits)) * 8


def test_every_entry_says_unit_population_and_meaning() -> None:
    assert all(entry.unit and entry.population and entry.meaning for entry in INDICATORS)
    assert len({(entry.name, entry.by) for entry in INDICATORS}) == len(INDICATORS)


def test_new_entry_is_a_new_row(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    before = measure(*tables)
    linked = Indicator(
        "linked", "share", "all calls", "share found by a linked detector", lambda seen: share(seen.column("linked"))
    )  # fmt: skip
    monkeypatch.setattr(indicators, "INDICATORS", (*INDICATORS, linked))
    after = measure(*tables)
    assert after.iloc[-1].tolist() == ["linked", "all", "all", "share", 0.0]
    pd.testing.assert_frame_equal(after.iloc[:-1], before)


def test_indicator_by_groups_has_a_row_for_every_group(tables: Tables) -> None:
    found = measure(*tables).set_index(["kpi", "by", "group"])["value"].sort_index()
    assert found["calls", "type", "residential_fire"] == pytest.approx(1.0)
    assert found["calls", "type", "vehicle_fire"] == 0
    assert found["arrived_first", "tier"].sum() == pytest.approx(1.0)
    assert found["open_incidents", "others"].sum() == pytest.approx(1.0)
