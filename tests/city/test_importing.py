"""What an import refuses, drops with a reason, or mends, and counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_up_city import MAP, tables, write

from sim.city.files import clock, description, folder, importing, places
from sim.city.files.audit import Audit
from sim.errors import SimError

RAW = tables(1, 120)


def imported(
    tmp_path: Path, raw: dict[str, pd.DataFrame], change: dict[str, object] | None = None
) -> pd.DataFrame:
    """Return the audit of an import by what was found."""
    described = description.read_map(str(write(tmp_path / "raw", raw, change)))
    return importing.run(described, tmp_path / "raw", tmp_path / "city").table().set_index("found")


def changed(**columns: object) -> dict[str, pd.DataFrame]:
    """Return the raw tables with some columns of the log changed: a function of the column, or (rows, value)."""
    log = RAW["log"].copy()
    for name, change in columns.items():
        if callable(change):
            log[name] = change(log[name])
        else:
            rows, value = change  # type: ignore[misc]
            log[name] = log[name].astype(object)
            log.loc[rows, name] = value
    return RAW | {"log": log}


def test_a_sound_log_comes_through_whole(tmp_path: Path) -> None:
    assert imported(tmp_path, RAW).empty
    city = folder.load(tmp_path / "city")
    assert len(city.log) == len(RAW["log"])
    assert len(city.units) == 32
    assert city.log["ordered"].dt.strftime("%H:%M:%S").iloc[0] == RAW["log"]["ordered"].iloc[0][11:]


@pytest.mark.parametrize(
    ("columns", "found", "rows"),
    [
        ({"there": ([3, 5], "noon")}, "arrived: time in none of the formats", 2),
        ({"there": ([3], "2024-01-01 00:00:00")}, "arrived: before call", 1),
        ({"free": ([4], "2024-06-01 00:00:00")}, "released: more than 1500 min after ordered", 1),
        ({"ordered": ([7], "")}, "no order", 1),
        ({"east": ([2], "")}, "no place", 1),
        ({"east": ([2], "9e7")}, "more than 100 km from every station", 1),
        ({"kind": ([0, 1], "BOAT")}, "kinds that the map leaves out", 2),
    ],
)
def test_what_is_wrong_is_counted(tmp_path: Path, columns: dict[str, object], found: str, rows: int) -> None:
    assert imported(tmp_path, changed(**columns)).loc[found, "rows"] == rows


def test_faults_of_kinds_that_are_left_out_do_not_count(tmp_path: Path) -> None:
    audit = imported(tmp_path, changed(kind=([0, 1], "BOAT"), east=([1, 2], "")))
    assert audit.loc["no place", "rows"] == 1


def test_rows_that_stand_twice_are_dropped_once(tmp_path: Path) -> None:
    log = RAW["log"]
    audit = imported(tmp_path, RAW | {"log": pd.concat([log, log.iloc[[4]]])})
    assert audit.loc["a second time the same row", "rows"] == 1
    assert len(folder.load(tmp_path / "city").log) == len(log)


def test_units_that_never_return_are_kept_as_censored(tmp_path: Path) -> None:
    assert imported(tmp_path, changed(free=([1, 2, 3], ""))).empty
    assert folder.load(tmp_path / "city").log["released"].isna().sum() == 3


def degrees(log: pd.DataFrame, stations: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the raw tables in degrees about Quzhou."""
    parts = {}
    for name, table in (("log", log), ("stations", stations)):
        parts[name] = table.assign(
            east=118.87 + table["east"] / 97_000, north=28.96 + table["north"] / 111_000
        )
    return RAW | parts


def test_swapped_columns_are_refused_with_the_remedy(tmp_path: Path) -> None:
    raw = degrees(RAW["log"], RAW["stations"])
    raw["log"] = raw["log"].rename(columns={"east": "north", "north": "east"})
    with pytest.raises(
        SimError, match=r"columns east, north: the coordinates are swapped .* swap the two in the map"
    ):
        imported(tmp_path, raw, {"crs": "wgs84"})


def test_single_swapped_rows_are_dropped(tmp_path: Path) -> None:
    raw = degrees(RAW["log"], RAW["stations"])
    raw["log"].loc[[3, 9], ["east", "north"]] = raw["log"].loc[[3, 9], ["north", "east"]].to_numpy()
    assert imported(tmp_path, raw, {"crs": "wgs84"}).loc["coordinates swapped", "rows"] == 2


def test_a_log_of_which_most_is_useless_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"of .* rows cannot be used, most often for this reason: no order"):
        imported(tmp_path, changed(ordered=(range(60), "")))
    assert not (tmp_path / "city").exists()


@pytest.mark.parametrize("crs", ["gcj02", "bd09"])
def test_shifted_degrees_of_chinese_maps_come_back(crs: str) -> None:
    lon, lat = np.array([118.87, 116.4, 121.47]), np.array([28.96, 39.9, 31.23])
    east, north = places.shift(lon, lat)
    x, y = lon + east, lat + north
    away_m = 111_000 * np.hypot(east * np.cos(np.radians(lat)), north)
    assert ((away_m > 100) & (away_m < 900)).all()
    if crs == "bd09":
        z = np.hypot(x, y) + 0.00002 * np.sin(y * np.pi * 3000 / 180)
        angle = np.arctan2(y, x) + 0.000003 * np.cos(x * np.pi * 3000 / 180)
        x, y = z * np.cos(angle) + 0.0065, z * np.sin(angle) + 0.006
    back = places.wgs84(x, y, crs)  # type: ignore[arg-type]
    np.testing.assert_allclose(np.column_stack(back), np.column_stack([lon, lat]), atol=2e-5)


def test_places_that_fit_the_streets_only_when_shifted_are_suspected() -> None:
    generator = np.random.default_rng(3)
    lon, lat = 118.8 + 0.1 * generator.random(400), 28.9 + 0.1 * generator.random(400)
    east, north = places.shift(lon, lat)
    near = np.column_stack([lon, lat]) + 2e-5
    assert places.suspect_shift(lon + east, lat + north, near).startswith("places look like gcj02")
    assert places.suspect_shift(lon, lat, near) == ""


def test_clocks_pass_midnight_and_daylight_saving_repeats_an_hour() -> None:
    audit = Audit(3)
    times = pd.DataFrame({
        "ordered": pd.to_datetime(["2020-01-01 23:58:00", "2020-10-25 01:50:00", "2020-03-29 01:30:00"]),
        "arrived": pd.to_datetime(["2020-01-01 00:04:00", "2020-10-25 01:10:00", "2020-03-29 03:00:00"]),
    })  # fmt: skip
    took = clock.in_zone(clock.over_midnight(times), "Europe/London", audit)
    seconds = (took["arrived"] - took["ordered"]).dt.total_seconds()
    assert seconds.iloc[:2].tolist() == [360, 1200]
    assert np.isnan(seconds.iloc[2])
    assert "ordered: an hour that daylight saving leaves out" in [line[0] for line in audit.lines]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"time_zone": "Europe/Londn"}, r"time_zone is 'Europe/Londn' \(did you mean Europe/London\?\)"),
        ({"kinds": {"PUMP": "engin"}}, r"kinds.PUMP is 'engin' \(did you mean engine\?\)"),
        ({"crs": "utm"}, r"crs is 'utm'; allowed: wgs84, gcj02, bd09, metres, none"),
        ({"log": {**MAP["log"], "arrived": "thre"}}, r"column 'thre' of log.arrived is missing \(did you mean there\?\)"),
        ({"log": {**MAP["log"], "file": "lgo.csv"}}, r"lgo.csv"),
        ({"stations": None}, "key stations is missing"),
    ],
)  # fmt: skip
def test_a_map_that_does_not_fit_is_refused(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    with pytest.raises(SimError, match=problem):
        imported(tmp_path, RAW, change)


def test_seconds_are_those_of_the_local_clock_in_summer_too(tmp_path: Path) -> None:
    imported(
        tmp_path,
        changed(
            **{
                step: lambda times: times.str.replace("2024-01", "2024-07")
                for step in ("call", "ordered", "left", "there", "free")
            }
        ),
    )
    city = folder.load(tmp_path / "city")
    hours = city.seconds(city.log["ordered"]) // 3600 % 24
    local = city.log["ordered"].dt.tz_convert("Europe/London").dt.hour
    np.testing.assert_array_equal(hours, local)


def test_a_folder_with_files_of_another_is_left_alone(tmp_path: Path) -> None:
    imported(tmp_path, RAW)
    imported(tmp_path, RAW)  # a city takes the place of a city
    (tmp_path / "city" / "notes.txt").write_text("mine")
    with pytest.raises(SimError, match=r"city holds notes.txt, which is no city, and is left alone"):
        imported(tmp_path, RAW)


def test_all_faults_of_a_folder_are_told_at_once(tmp_path: Path) -> None:
    imported(tmp_path, RAW)
    city = tmp_path / "city"
    (city / "units.csv").write_text("unit,station,kind\nE1,S99,engine\nE1,S00,engine\n")
    (city / "log.csv").write_text((city / "log.csv").read_text().replace("+00:00", "+99:00", 1))
    with pytest.raises(
        SimError, match=r"units.csv, line 2, column station: 'S99' is unknown.*log.csv, line 2"
    ):
        folder.load(city)
