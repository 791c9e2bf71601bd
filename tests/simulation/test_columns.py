"""A column says everything about itself: recorder, table and file schema follow from it."""

from __future__ import annotations

import math

import pytest
from helpers.frames import data_of
from helpers.small_world import NOON_S, Call, build, play, region

from sim.analysis import outcome
from sim.config.compose import compose
from sim.simulation import recorder, result_tables
from sim.simulation.columns import Column, each, schema
from sim.simulation.dispatch_columns import DISPATCHES
from sim.simulation.incident_columns import INCIDENTS, LOSS_DRAW


def test_new_column_is_kept_and_tabled_by_its_definition_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ordered = Column(
        "ordered_s", "float64", "s", "order in seconds of the year", lambda rows: rows.kept["ordered_s"], each("ordered")
    )  # fmt: skip
    for user in (recorder, result_tables):
        monkeypatch.setattr(user, "INCIDENTS", (*INCIDENTS, ordered))
    row = play(build(region()), Call("residential_fire", NOON_S)).incident()
    assert row["ordered_s"] == pytest.approx(row["time_s"] + row["dispatched_s"])


def test_text_that_did_not_happen_is_empty() -> None:
    row = play(build(region()), Call("false_alarm", NOON_S)).incident()
    assert isinstance(row["size_up_tier"], float)
    assert math.isnan(row["size_up_tier"])


def test_file_schema_has_every_column_once_with_unit_and_meaning() -> None:
    for columns in (outcome.INCIDENTS, DISPATCHES):
        fields = schema(columns)
        assert len(set(fields.names)) == len(columns)
        assert all(field.metadata[b"unit"] and field.metadata[b"meaning"] for field in fields)


def test_draw_of_the_loss_goes_with_the_table_but_into_no_file() -> None:
    played = play(build(region()), Call("residential_fire", NOON_S, draws={"loss": 1.5}))
    assert played.incidents[LOSS_DRAW.name].tolist() == [1.5]
    found = outcome.add(data_of(played.incidents), compose().outcome)
    assert list(found) == [column.name for column in outcome.INCIDENTS]
    assert found["loss_cny"][0] > 0
