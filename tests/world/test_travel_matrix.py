"""Travel by a table: as the law where the table is the law's, else as the table says; and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.small_world import KM, Call, Place, build, play, region, shipped, social, station_class
from helpers.travel_table import Change, travel_table, write

import sim
from sim.errors import SimError
from sim.runs.execute import facts
from sim.simulation import replication, result_tables
from sim.world.travel.law import TravelLaw
from sim.world.travel.matrix import TravelMatrix
from sim.world.travel.model import Destinations, Places

# Two stations on either bank of a river at x = 0: the bridge is far. Cells 0 west, 1 east, 2 further east.
BANKS = region(
    (Place("西岸", km=(-2.0, 0.0)), Place("东岸", km=(2.0, 0.0)), Place("远乡", km=(9.0, 0.0))),
    (("西站", "small", -2.0, 0.0), ("东站", "small", 9.0, 0.0)),
)
TRAVEL = build(BANKS).config.travel
ENGINE = station_class("small", 6, engine=1)


def put(row: int, column: str, value: Any) -> Change:
    """Return the change of one value of the table: rows 0 to 2 are from 西站, 3 to 5 from 东站, each to cells 0 to 2."""
    return lambda table: table.assign(**{column: [*table[column][:row], value, *table[column][row + 1 :]]})


def river(table: pd.DataFrame) -> pd.DataFrame:
    """Let 西站 drive 20 km, 2,000 s, to the nearest cell on the other bank."""
    return put(1, "metres", 20_000.0)(put(1, "seconds", 2000.0)(table))


def matrix(tmp_path: Path, change: Change | None = None) -> TravelMatrix:
    file = write(tmp_path / "times.csv", travel_table(TRAVEL, BANKS), change)
    return TravelMatrix(replace(TRAVEL, model="matrix", file=file), BANKS)


# -- the law's own table ------------------------------------------------------------------------------------------


def test_a_table_of_the_laws_times_sends_the_same_units_as_the_law(tmp_path: Path) -> None:
    """A month of Quzhou in 2025, every incident at the centre of its cell, where the table is exact.

    Without micro stations: several stand at one cell's centre, and which of equals comes is nobody's rule.
    """
    without = ("forces.micro.per_committee=0", "forces.micro.per_village=0")
    by_law = replication.build_world(shipped("scenario=2025", "days=30", *without))
    file = write(tmp_path / "times.csv", travel_table(by_law.config.travel, by_law.region))
    by_table = replication.build_world(
        replace(by_law.config, travel=replace(by_law.config.travel, model="matrix", file=file))
    )
    work, cells = replication.workload_of(by_law, 0), by_law.region.cells
    work = replace(work, x=cells.x[work.cell], y=cells.y[work.cell])
    (_, expected), (_, found) = (
        result_tables.tables(world, replication.simulate(world, 0, work)) for world in (by_law, by_table)
    )
    assert len(found) > 300
    assert {"professional", "township", "volunteer", "patrol", "drone"} <= set(found["tier"])
    pd.testing.assert_frame_equal(found, expected, rtol=1e-9)


def test_trips_from_anywhere_follow_the_law_where_the_table_is_the_laws(tmp_path: Path) -> None:
    law, table = TravelLaw(TRAVEL, BANKS), matrix(tmp_path)
    origins, to = (
        np.array([[300.0, -50.0], [-2000.0, 0.0]]),
        Destinations(np.array([2000.0, 0.0]), np.array(1)),
    )
    for expected, found in zip(law.trips(origins, to), table.trips(origins, to), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert table.trip(300.0, -50.0, 2100.0, 0.0, 1) == law.trip(300.0, -50.0, 2100.0, 0.0, 1)
    assert table.reach_m(100.0, 1) == law.reach_m(100.0, 1)


# -- a table of its own -------------------------------------------------------------------------------------------


def test_a_river_makes_the_nearest_station_far_and_another_is_sent(tmp_path: Path) -> None:
    """From 4 km across the river 2,000 s by the table, from 7 km along the bank 700 s; by distance the other way."""
    file = write(tmp_path / "times.csv", travel_table(TRAVEL, BANKS), river)
    call = Call("social_assistance", km=(2.0, 0.0), cell=1)
    straight = play(build(BANKS, ENGINE), call).sent()
    around = play(build(BANKS, {**ENGINE, "travel.model": "matrix", "travel.file": file}), call).sent()
    assert straight["station"].tolist() == ["西站"]
    assert straight["route_m"].tolist() == [4000.0]
    assert around["station"].tolist() == ["东站"]
    assert around["route_m"].tolist() == [7000.0]
    assert (around["arrived_s"] - around["turned_out_s"]).tolist() == pytest.approx([700.0])


def test_a_unit_that_must_drive_around_arrives_as_late_as_the_table_says_and_is_back_as_late(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / "times.csv", travel_table(TRAVEL, BANKS), river)
    world = build(BANKS, {**ENGINE, "travel.model": "matrix", "travel.file": file})
    calls = (replace(social(), km=(2.0, 0.0), cell=1), replace(social(10.0), km=(2.0, 0.0), cell=1))
    _, turned_out, arrived, released, ready = play(world, *calls).times("西站 engine 1", 1)
    assert arrived - turned_out == pytest.approx(2000.0)
    assert ready - released == pytest.approx(2000.0)


def test_trips_from_elsewhere_are_stretched_as_those_of_the_nearest_station(tmp_path: Path) -> None:
    """西站 takes 2,000 s instead of 400 s to cell 1, 20 km instead of 4: five times as long, and so do its neighbours."""
    table, origin, point = matrix(tmp_path, river), (-1000.0, 0.0), (2000.0, 0.0)
    to = Destinations(np.array([point]), np.array([1]))
    assert table.trip(-2000.0, 0.0, *point, 1) == (2000.0, 20_000.0)
    assert table.trip(*origin, *point, 1) == pytest.approx((1500.0, 15_000.0))
    assert [column[0] for column in table.trips(np.array(origin), to)] == pytest.approx([1500.0, 15_000.0])
    assert table.home_s(*point, -2000.0, 0.0, 1) == pytest.approx(2000.0)
    assert table.home_s(9000.0, 0.0, -2000.0, 0.0, 1) == pytest.approx(
        5 * 1100.0
    )  # though 东站 stands where it is
    assert table.trip(8000.0, 0.0, *point, 1) == pytest.approx((600.0, 6000.0))  # 东站 is nearer


def test_the_nearest_are_those_that_the_table_has_as_quickest(tmp_path: Path) -> None:
    table, places = matrix(tmp_path, river), np.array([[-2000.0, 0.0], [9000.0, 0.0], [-1000.0, 0.0]])
    found, trips = table.nearest(
        Places(places), Destinations(np.array([[2000.0, 0.0], [-2000.0, 0.0]]), np.array([1, 0])), 2
    )
    assert found.tolist() == [[1, 2], [0, 2]]
    assert trips.drive_s.tolist() == [pytest.approx([700.0, 1500.0]), pytest.approx([0.0, 100.0])]
    assert table.ranked(places, 2000.0, 0.0, 1).tolist() == [1, 2, 0]


def test_nobody_on_the_road_beyond_reach_comes_in_time(tmp_path: Path) -> None:
    table = matrix(tmp_path, put(4, "seconds", 350.0))  # a motorway: twice as fast from the east
    assert table.trip(8000.0, 0.0, 2000.0, 0.0, 1)[0] == pytest.approx(300.0)
    assert table.reach_m(300.0, 1) == pytest.approx(6000.0)


def test_a_stretch_is_not_told_from_less_than_a_minute(tmp_path: Path) -> None:
    """From a station at the centre of its own cell a table that says 30 s instead of 0 stretches nobody's way."""
    table = matrix(tmp_path, put(0, "seconds", 30.0))
    assert table.trip(-2000.0, 0.0, -1900.0, 0.0, 0)[0] == 30.0
    assert table.trip(-1500.0, 0.0, -2000.0, 100.0, 0)[0] == pytest.approx(np.hypot(500, 100) / 10)


def test_without_metres_the_route_is_that_of_the_law(tmp_path: Path) -> None:
    file = write(
        tmp_path / "times.csv", travel_table(TRAVEL, BANKS).drop(columns="metres"), put(1, "seconds", 2000.0)
    )
    table = TravelMatrix(replace(TRAVEL, file=file), BANKS)
    assert table.trip(-2000.0, 0.0, 2000.0, 0.0, 1) == (2000.0, 4000.0)


def test_a_station_may_be_the_seat_of_a_township_and_the_table_parquet(tmp_path: Path) -> None:
    table = travel_table(TRAVEL, BANKS, townships=True)
    seat = (table["station"] == "1") & (table["cell"] == 2)
    table.loc[seat, "seconds"] = 800.0
    table.to_parquet(tmp_path / "times.parquet")
    model = TravelMatrix(replace(TRAVEL, file=str(tmp_path / "times.parquet")), BANKS)
    assert model.trip(2000.0, 0.0, 9000.0, 0.0, 2)[0] == 800.0


# -- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put(2, "seconds", "soon"), "line 4, column seconds: 'soon' is not a number."),
        (put(2, "seconds", ""), "line 4, column seconds: '' is not a number."),
        (put(2, "seconds", "inf"), "line 4, column seconds: 'inf' is outside what is allowed: 0..86400."),
        (put(1, "seconds", -5), "line 3, column seconds: '-5.0' is outside what is allowed: 0..86400."),
        (lambda table: table.assign(seconds=table["seconds"] / 60), "line 3, column seconds: .* not minutes"),
        (lambda table: table.assign(metres=table["metres"] / KM), "line 3, column metres: .* not kilometres"),
        (put(4, "station", "南站"), "line 6, column station: '南站' is no station of the region"),
        (put(4, "cell", 3), "line 6, column cell: '3' is outside what is allowed: 0..2."),
        (put(4, "cell", 0.5), "line 6, column cell: '0.5' is not a whole number."),
        (put(4, "cell", 0), "line 6, column cell: '0' stands there a second time for this station."),
        (lambda table: table.drop(index=4), "column cell: station 东站 has no row for cell 1; 1 rows"),
        (lambda table: table.drop(index=[3, 4, 5]), "column station: 东站 is missing; every standing"),
        (lambda table: table.drop(index=range(6)), "has no rows;"),
        (lambda table: table.drop(columns="seconds"), "line 1: column seconds is missing; found: station"),
        (lambda table: table.rename(columns={"station": "from"}), "line 1: column station is missing"),
    ],
)  # fmt: skip
def test_a_table_that_does_not_fit_is_refused_by_line_and_column(
    tmp_path: Path, change: Change, words: str
) -> None:
    with pytest.raises(SimError, match=words) as refused:
        matrix(tmp_path, change)
    assert "times.csv" in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (None, b"", "travel.file is nothing; allowed: the table"),
        ("none.csv", None, "none.csv cannot be read: No such file"),
        ("times.txt", b"", "allowed: a table that ends in .csv or .parquet"),
        ("times.csv", b"", "is no table"),
        ("times.csv", b"station,cell,seconds\n\xff,1,2\n", "is no table"),
        ("times.csv", b"station,cell,seconds\na,1,2,3,4,5\n", "is no table|column"),
        ("times.parquet", b"station,cell", "is no table"),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    tmp_path: Path, name: str | None, content: bytes | None, words: str
) -> None:
    if name is not None and content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SimError, match=words):
        TravelMatrix(replace(TRAVEL, file=None if name is None else str(tmp_path / name)), BANKS)


def test_an_unknown_travel_model_is_refused() -> None:
    with pytest.raises(SimError, match=r"travel\.model is 'teleport'; allowed: law, matrix, network\."):
        sim.run("travel.model=teleport", "days=1")


# -- a run --------------------------------------------------------------------------------------------------------


def test_a_run_says_its_travel_model_and_follows_the_table(tmp_path: Path) -> None:
    options = [
        "region=grid",
        "plan=off",
        "days=2",
        "replications=1",
        "workers=1",
        "figures=none",
        f"out={tmp_path}",
    ]
    by_law = replication.build_world(shipped(*options))
    file = write(tmp_path / "times.csv", travel_table(by_law.config.travel, by_law.region))
    given = [*options, "travel=matrix", f"travel.file={file}", "name=table"]
    result = sim.run(*given)
    config = shipped(*given)
    assert (config.travel.model, config.travel.file) == ("matrix", file)
    assert "model: matrix" in result.config
    before = facts(config)
    assert result.info["travel_digest"] == before["travel_digest"]
    write(tmp_path / "times.csv", travel_table(by_law.config.travel, by_law.region), put(0, "seconds", 77.0))
    assert facts(config)["travel_digest"] != before["travel_digest"]  # another table, another run
    assert "travel_digest" not in facts(by_law.config)
    json.dumps(result.info)
