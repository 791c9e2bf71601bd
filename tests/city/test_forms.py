"""Other forms of raw files: a row an incident, one place, vehicles as a count, streets; and what is refused of each."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, cast

import pandas as pd
import pytest
from helpers.made_up_city import MAP, tables, write

from sim.city.files import description, folder, importing
from sim.city.files.audit import Audit
from sim.city.model import demand
from sim.city.model import fit as fits
from sim.errors import SimError

RAW = tables(1, 120)
LOG, UNITS = (cast("dict[str, Any]", MAP[name]) for name in ("log", "units"))


def read(tmp_path: Path, raw: dict[str, pd.DataFrame], change: dict[str, object]) -> Audit:
    described = description.read_map(str(write(tmp_path / "raw", raw, change)))
    return importing.run(described, tmp_path / "raw", tmp_path / "city")


def by_incident() -> dict[str, pd.DataFrame]:
    """Return the log with a row an incident: seconds and station of two vehicles, clocks and dates."""
    rows = []
    for _, group in RAW["log"].groupby("number"):
        first = group.iloc[0]
        row = {"number": first["number"], "east": first["east"], "north": first["north"]}
        row |= {"date": first["ordered"][:10], "clock": first["ordered"][11:]}
        for place in (0, 1):
            sent = group.iloc[place] if place < len(group) else None
            gone = None if sent is None else pd.Timestamp(sent["there"]) - pd.Timestamp(sent["ordered"])
            row |= {f"s{place}": None if gone is None else gone.total_seconds()}
            row |= {f"from{place}": None if sent is None else sent["vehicle"].split("-")[0]}
        rows.append(row)
    return RAW | {"log": pd.DataFrame(rows)}


PUMPS = {
    "file": "log.csv", "form": "incident", "incident": "number", "times": ["%Y-%m-%d %H:%M:%S"], "date": "date",
    "ordered": "clock", "x": "east", "y": "north",
    "pumps": [{"seconds": f"s{place}", "station": f"from{place}"} for place in (0, 1)],
}  # fmt: skip


def test_a_row_an_incident_becomes_a_row_a_vehicle(tmp_path: Path) -> None:
    raw = by_incident()
    raw["log"].loc[0, "s0"] = -5
    audit = read(tmp_path, raw, {"log": PUMPS, "units": None})
    city = folder.load(tmp_path / "city")
    assert audit.table().set_index("found").loc["s0: negative or more than 2 h", "rows"] == 1
    assert len(city.log) == len(RAW["log"]) - 1
    whole = pd.to_datetime(RAW["log"]["there"]) - pd.to_datetime(RAW["log"]["ordered"])
    taken = city.log["arrived"] - city.log["ordered"]
    assert taken.dt.total_seconds().sum() == whole.dt.total_seconds().drop(0).sum()
    assert set(city.units["kind"]) == {
        "engine"
    }  # as many as the log shows at once: one a station, as none is released
    assert len(city.units) == city.log["station"].nunique()


def test_a_log_without_places_is_of_one_place(tmp_path: Path) -> None:
    plain = {key: name for key, name in LOG.items() if key not in ("x", "y", "unit", "kind", "area")}
    change = {
        "crs": "none",
        "log": plain | {"station": "ground"},
        "stations": None,
        "units": None,
        "kinds": None,
    }
    read(tmp_path, RAW, change)
    city = folder.load(tmp_path / "city")
    assert city.stations["station"].tolist() == [importing.ONE_PLACE]
    assert set(city.log["area"]) == set(RAW["log"]["ground"])
    assert len(city.units) > 1
    fit = fits.run(city, city.log)  # a time without a way
    assert fit.law.slope_s == 0
    ordered, there = (pd.to_datetime(RAW["log"][name]) for name in ("left", "there"))
    assert fit.law.base_s == pytest.approx((there - ordered).dt.total_seconds().mean(), rel=0.01)


def test_vehicles_may_be_a_count_of_each_station(tmp_path: Path) -> None:
    raw = RAW | {"counts": RAW["stations"][["station"]].assign(pumps=2)}
    units = {"file": "counts.csv", "station": "station", "count": "pumps"}
    read(tmp_path, raw, {"units": units, "log": LOG | {"unit": None}})
    assert len(folder.load(tmp_path / "city").units) == 2 * len(RAW["stations"])


def in_degrees() -> dict[str, pd.DataFrame]:
    parts = {}
    for name in ("log", "stations"):
        table = RAW[name]
        parts[name] = table.assign(
            east=118.87 + table["east"] / 97_000, north=28.96 + table["north"] / 111_000
        )
    return RAW | parts


def test_places_in_one_cell_are_latitude_and_longitude(tmp_path: Path) -> None:
    parts = in_degrees()
    log = parts["log"]
    log["where"] = [f"({y:.6f}, {x:.6f})" for x, y in zip(log["east"], log["north"], strict=True)]
    change = {"crs": "wgs84", "log": LOG | {"x": None, "y": None, "point": "where"}}
    read(tmp_path, parts, change)
    city = folder.load(tmp_path / "city")
    assert city.log["lon"].between(118.8, 119.1).all()
    assert city.log["lat"].between(28.9, 29.1).all()


def test_a_station_that_stands_twice_in_one_yard_is_taken_once(tmp_path: Path) -> None:
    stations = RAW["stations"]
    twin = stations.iloc[[0]].assign(east=stations["east"].iloc[0] + 5)
    audit = read(tmp_path, RAW | {"stations": pd.concat([stations, twin])}, {})
    assert audit.table().set_index("found").loc["a station that stands twice in one place", "rows"] == 1


ROADS = {"nodes": "nodes.csv", "edges": "edges.csv", "road_class": "highway", "class_kmh": {"main": 60}}


def test_streets_come_with_their_classes(tmp_path: Path) -> None:
    raw = in_degrees() | {
        "nodes": pd.DataFrame({"node": [1, 2], "lon": [118.87, 118.88], "lat": [28.96, 28.96]}),
        "edges": pd.DataFrame({"from_node": [1], "to_node": [2], "length_m": [990], "highway": ["main"]}),
    }
    with pytest.raises(SimError, match=r"Gridton cannot be used: edges.csv needs places in degrees"):
        read(tmp_path, raw | RAW, {"roads": ROADS})
    read(tmp_path, raw, {"roads": ROADS, "crs": "wgs84"})
    assert pd.read_csv(tmp_path / "city" / "edges.csv")["class"].tolist() == ["main"]
    assert folder.load(tmp_path / "city").city.class_kmh == {"main": 60}
    plain = {key: name for key, name in ROADS.items() if key != "road_class"}
    read(tmp_path, raw, {"roads": plain, "crs": "wgs84"})
    assert (tmp_path / "city" / "edges.csv").read_bytes() == (tmp_path / "raw" / "edges.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"log": LOG | {"file": "other.csv"}}, "other.csv"),
        ({"log": LOG | {"kind": "knd"}}, "log.csv, line 1: column 'knd' of log.kind is missing (did you mean kind?)"),
        ({"stations": {"file": "stations.csv", "station": "station", "x": "east"}}, "key stations.y is missing"),
        ({"stations": None}, "key stations is missing: with crs metres there are stations with places"),
        ({"log": LOG | {"x": None}}, "keys log.x and log.y, or log.point, are missing: crs is metres"),
        ({"log": PUMPS | {"form": "unit"}}, "log.form is unit; log.pumps goes with form incident"),
        ({"log": LOG | {"arrived": None}}, "key log.arrived is missing"),
        ({"log": LOG | {"times": []}}, "log.times is empty"),
        ({"kinds": {"PUMP": "engin"}}, "kinds.PUMP is 'engin' (did you mean engine?)"),
        ({"time_zone": "Europe/Lodon"}, "time_zone is 'Europe/Lodon' (did you mean Europe/London?)"),
        ({"units": {"file": "vehicles.csv", "station": "station"}}, "units.kind, or units.count, are missing"),
        (
            {"kinds": {"BOAT": "engine"}},
            "log.csv: no row is left (kinds that the map leaves out: 142 rows); mend the map or the file",
        ),
    ],
)  # fmt: skip
def test_a_map_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    with pytest.raises(SimError) as refused:
        read(tmp_path, RAW, change)
    assert problem in str(refused.value)
    assert not (tmp_path / "city").exists()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("log", "", "log.csv is no table: No columns to parse from file."),
        ("log", ",".join(RAW["log"].columns), "log.csv has no rows."),
        ("stations", "station,east,north\nS00,here,0\n", "stations.csv, line 2, column east: here is not a number."),
        ("stations", "station,east,north\nS00,0,0\nS00,900,0\n", "S00 stands there twice, 900 m apart"),
    ],
)  # fmt: skip
def test_a_table_that_is_none_is_refused(tmp_path: Path, name: str, text: str, problem: str) -> None:
    described = description.read_map(str(write(tmp_path / "raw", RAW)))
    (tmp_path / "raw" / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SimError) as refused:
        importing.run(described, tmp_path / "raw", tmp_path / "city")
    assert problem in str(refused.value)
    with pytest.raises(SimError, match=r"there is no folder .*: give the folder that holds log\.csv"):
        importing.run(described, tmp_path / "nowhere", tmp_path / "city")


@pytest.mark.parametrize(
    ("year", "problem"),
    [
        ("9999", "line 5, column ordered: '9999-01-09 "),
        ("2099", "log.csv, column ordered: from line 2 to line 5 it is 75 years; allowed: 30 or less."),
        ("1024", "is not of a year in 1970..2100"),
    ],
)
def test_a_slip_in_a_year_is_refused_before_it_makes_a_log_of_centuries(
    tmp_path: Path, year: str, problem: str
) -> None:
    read(tmp_path, RAW, {})
    file = tmp_path / "city" / "log.csv"
    table = pd.read_csv(file, dtype=str)
    table.loc[3, "ordered"] = year + table.loc[3, "ordered"][4:]
    table.to_csv(file, index=False)
    with pytest.raises(SimError) as refused:
        folder.load(tmp_path / "city")
    assert problem in str(refused.value)


def edited(tmp_path: Path, name: str, change: Any) -> Path:
    """Return an imported city in which one of its files was changed by hand."""
    read(tmp_path, RAW, {})
    file = tmp_path / "city" / name
    table = pd.read_csv(file, dtype=str)
    change(table)
    table.to_csv(file, index=False)
    return tmp_path / "city"


def put(column: str, value: str) -> Any:
    def change(table: pd.DataFrame) -> None:
        table.loc[9, column] = value

    return change


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("released", "2024-01-01 00:00:00+00:00", "column released: 2024-01-01 00:00:00+00:00 is before arrived"),
        ("call", "2024-05-01 00:00:00+00:00", "line 11, column ordered: 2024-01-1"),
        ("arrived", "2025-05-01 00:00:00+00:00", "min after ordered"),
        ("station", "S0O", "line 11, column station: S0O is not in stations.csv (did you mean S"),
    ],
)  # fmt: skip
def test_a_log_edited_by_hand_is_held_to_what_an_import_holds(
    tmp_path: Path, column: str, value: str, problem: str
) -> None:
    with pytest.raises(SimError) as refused:
        folder.load(edited(tmp_path, "log.csv", put(column, value)))
    assert problem in str(refused.value)


def test_times_without_a_zone_are_utc_whatever_the_machine_thinks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bare(table: pd.DataFrame) -> None:
        for step in ("call", "ordered", "turned_out", "arrived", "released"):
            table[step] = table[step].str.slice(0, 19)

    zoned = folder.load(edited(tmp_path / "a", "log.csv", lambda _: None)).log["ordered"]
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert folder.load(edited(tmp_path / "b", "log.csv", bare)).log["ordered"].equals(zoned)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda text: text.replace("\n", ",\n").replace(",\n", "\n", 1), "log.csv, line 2: 13 cells; the header has 12."),
        (lambda text: text[:-30], "log.csv, line 143: 1"),
        (lambda text: text.replace("vehicle", "kind", 1), "the column 'kind' stands there twice"),
        (lambda text: text.replace("fire", "f\xfcre", 1).encode("latin-1"), "is not UTF-8 text; save it as UTF-8."),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_their_header_are_refused_with_the_line(
    tmp_path: Path, harm: Any, problem: str
) -> None:
    described = description.read_map(str(write(tmp_path / "raw", RAW)))
    file = tmp_path / "raw" / "log.csv"
    text = harm(file.read_text(encoding="utf-8"))
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SimError) as refused:
        importing.run(described, tmp_path / "raw", tmp_path / "city")
    assert problem in str(refused.value)
    assert not (tmp_path / "city").exists()


@pytest.mark.parametrize("year", ["0020", "2320", "9999"])
def test_a_year_that_no_service_had_is_counted_as_no_time(tmp_path: Path, year: str) -> None:
    log = RAW["log"].copy()
    log.loc[4, "ordered"] = year + str(log.loc[4, "ordered"])[4:]
    audit = read(tmp_path, RAW | {"log": log}, {})
    assert audit.table().set_index("found").loc["ordered: time in none of the formats", "rows"] == 1


@pytest.mark.parametrize(
    "form", ["%Q-%m-%d", "%Y-%m-%d %", "%Y-%Y", "%Y-%m-%d %H:%M:%S %z", "ISO8601", "mixed", "%H:%M"]
)
def test_a_way_to_write_times_that_is_none_is_refused(tmp_path: Path, form: str) -> None:
    with pytest.raises(SimError, match=r"log\.times\[0\] is .*; allowed: codes of strptime"):
        read(tmp_path, RAW, {"log": LOG | {"times": [form]}})


@pytest.mark.parametrize("count", ["", "two", "-3", "1.7", "inf", "20000000"])
def test_a_count_of_vehicles_is_a_whole_number(tmp_path: Path, count: str) -> None:
    raw = RAW | {"counts": RAW["stations"][["station"]].assign(pumps=["2"] * 15 + [count])}
    units = {"file": "counts.csv", "station": "station", "count": "pumps"}
    with pytest.raises(SimError, match=r"counts.csv, line 17, column pumps: .* is no whole number in 0..999"):
        read(tmp_path, raw, {"units": units, "log": LOG | {"unit": None}})


def test_an_import_leaves_nothing_that_a_later_command_refuses(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"Gridton cannot be used: .*units.csv, line 2"):
        read(
            tmp_path,
            RAW | {"vehicles": RAW["vehicles"].assign(crew="lots")},
            {"units": UNITS | {"crew": "crew"}},
        )
    assert not (tmp_path / "city").exists()


@pytest.mark.parametrize(
    ("file", "key", "value"),
    [
        ("fit", "intervals", []), ("fit", "stay", [1]), ("fit", "absent", "x"), ("fit", "law", {"base_s": -1e9}),
        ("fit", "travel_hour", [float("nan")] * 24), ("demand", "rate", [[1.0]]), ("demand", "width_m", -5),
        ("demand", "rate", "x"),
    ],
)  # fmt: skip
def test_a_fit_changed_by_hand_is_none_of_this_program(
    tmp_path: Path, file: str, key: str, value: Any
) -> None:
    read(tmp_path, RAW, {})
    city = folder.load(tmp_path / "city")
    place = tmp_path / f"{file}.json"
    made = {"fit": fits.run, "demand": demand.run}[file](city, city.log)
    made.write(place)
    readers: dict[str, Any] = {"fit": fits.read, "demand": demand.read}
    assert str(readers[file](place).law) == str(made.law)
    content = json.loads(place.read_text(encoding="utf-8"))
    content[key] = content[key] | value if isinstance(value, dict) else value
    place.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SimError, match=rf"{file}.json is no {file} of this program"):
        readers[file](place)
