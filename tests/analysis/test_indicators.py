"""An indicator is one entry of a registry, with unit, population and meaning; its rows follow from it."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.analysis import indicators, outcome
from sim.analysis.indicators import INDICATORS, MILESTONES, Indicator, measure
from sim.analysis.indicators.registry import share
from sim.config.compose import compose
from sim.runs.replications import facts_of
from sim.simulation import replication, result_tables
from sim.simulation.columns import Data
from sim.terms import TIERS, TYPES

Tables = tuple[Data, Data, indicators.Facts]


@pytest.fixture(scope="module")
def tables() -> Tables:
    world = replication.build_world(compose(["scenario=2025", "days=5"]))
    incidents, dispatches = result_tables.columns(world, replication.simulate(world, 0))
    return outcome.add(incidents, world.config.outcome), dispatches, facts_of(world)


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
    last = after.iloc[-1]
    assert last.tolist() == ["linked", "all", "all", "share", tables[0]["linked"].mean()]
    pd.testing.assert_frame_equal(after.iloc[:-1], before)


def test_indicator_by_groups_has_a_row_for_every_group(tables: Tables) -> None:
    found = measure(*tables).set_index(["kpi", "by", "group"])["value"].sort_index()
    assert list(found["calls", "type"].index) == sorted(TYPES)
    assert found["calls", "type"].sum() == pytest.approx(found["calls", "all", "all"])
    reached = tables[0]["first_arrival_tier"].isin(TIERS).mean()
    assert found["arrived_first", "tier"].sum() == pytest.approx(reached)
    assert found["open_incidents", "others"].sum() == pytest.approx(1.0)
