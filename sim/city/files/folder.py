"""The folder of a city: `city.yaml`, stations.csv, units.csv, log.csv, and nodes.csv with edges.csv if it has streets."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.calendar import YEAR_DAYS
from sim.city.files import clock, hours, places
from sim.config.city_file import CITY, City
from sim.config.text import from_file
from sim.errors import SimError, did_you_mean
from sim.world import tables
from sim.world.projection import Projection
from sim.world.tables import Faults

STATIONS, UNITS, LOG, NODES, EDGES = "stations.csv", "units.csv", "log.csv", "nodes.csv", "edges.csv"
Floats = NDArray[np.float64]
MOST_YEARS = 30  # of a log


@dataclass(frozen=True)
class Folder:
    """A city as its files have it. Tables keep their order; places are metres on the city's plane in columns x and y."""

    path: Path
    city: City
    stations: pd.DataFrame  # station, x, y
    units: pd.DataFrame  # unit, station, kind, crew (missing where not given), hours
    log: pd.DataFrame  # incident, type, unit, kind, station, area, the steps as UTC times, x, y
    plane: Projection | None

    @cached_property
    def start(self) -> pd.Timestamp:
        """Return the midnight before the first order, in the city's time."""
        first: pd.Timestamp = self.log["ordered"].min()
        return first.tz_convert(self.city.zone).normalize()

    def seconds(self, times: pd.Series[Any]) -> Floats:
        """Return times as seconds of the city's clock since the start: their hour of the day is the local one."""
        local = times.dt.tz_convert(self.city.zone).dt.tz_localize(None)
        return np.asarray((local - self.start.tz_localize(None)).dt.total_seconds(), dtype=np.float64)

    def staffed(self, units: pd.DataFrame, at_s: Floats) -> NDArray[np.bool_]:
        """Tell which units are on duty at seconds of the city's clock, (units, times)."""
        minute = (np.floor(at_s / 60) + self.start.weekday() * hours.DAY_MIN).astype(
            np.int64
        ) % hours.WEEK_MIN
        return np.array([hours.week(text)[minute] for text in units["hours"]]).reshape(len(units), len(at_s))

    @property
    def persons_on_duty(self) -> Floats:
        """Return the persons of the crews on duty by minute of the week; missing where a crew is not given."""
        return np.asarray(
            sum(crew * hours.week(text) for crew, text in self.units[["crew", "hours"]].to_numpy())
        )

    @property
    def has_streets(self) -> bool:
        """Tell whether there is a street network."""
        return (self.path / EDGES).is_file()


def load(path: Path, log: Path | None = None) -> Folder:
    """Return a city's folder, with another log in place of its own if one is named. All faults are told at once."""
    if not path.is_dir():
        raise SimError(
            f"{path} is no folder; allowed: the folder of a city, such as `python -m sim city import` writes."
        )
    city = from_file(City, path / CITY, "the city")
    faults = Faults()
    axes = {"degrees": ("lon", "lat"), "metres": ("x", "y"), "none": ()}[city.crs]
    limits: Mapping[str, tables.Parser] = (
        {"lon": tables.real(-180, 180, "a longitude"), "lat": tables.real(-90, 90, "a latitude")}
        if city.crs == "degrees"
        else {axis: tables.real(what="metres") for axis in axes}
    )
    stations = _stations(path / STATIONS, limits, faults)
    known = tables.one_of(*stations["station"]) if len(stations) else tables.text
    columns = {"unit": tables.text, "station": known, "kind": tables.one_of(*city.kinds)}
    units = _table(path / UNITS, columns, faults, {"crew": _maybe(tables.whole(1, 99)), "hours": hours.parse})
    units = units.assign(crew=units["crew"].astype(float), hours=units["hours"].astype(object).fillna(""))
    for table, column, file in ((stations, "station", STATIONS), (units, "unit", UNITS)):
        if len(table) and (twins := table[column].duplicated()).any():
            faults.found.append(f"{path / file}: {table.loc[twins, column].iloc[0]} stands there twice")
    records = _log(log or path / LOG, city, limits, faults)
    if city.crs != "none" and len(stations):
        strange = records["station"].notna() & ~records["station"].isin(stations["station"])
        if strange.any():
            row = int(np.flatnonzero(strange)[0])
            name = records["station"].iloc[row]
            hint = did_you_mean(str(name), list(stations["station"]))
            faults.found.append(
                f"{log or path / LOG}, line {row + 2}, column station: {name} is not in {STATIONS}{hint}"
            )
    if city.crs != "degrees" and (path / EDGES).exists():
        faults.found.append(f"{path / EDGES} needs places in degrees; crs in {path / CITY} is {city.crs}")
    faults.refuse()
    plane = None
    if city.crs == "degrees":
        plane = places.plane(stations["lon"].to_numpy(), stations["lat"].to_numpy())
        for table in (stations, records):
            table["x"], table["y"] = plane.metres(table["lon"].to_numpy(), table["lat"].to_numpy())
    elif city.crs == "none":
        for table in (stations, records):
            table["x"], table["y"] = 0.0, 0.0
    return Folder(path, city, stations, units, records, plane)


def _maybe(parse: tables.Parser) -> tables.Parser:
    return lambda cell: parse(cell) if cell else None


def _stations(file: Path, limits: Mapping[str, tables.Parser], faults: Faults) -> pd.DataFrame:
    """Return the stations; of a region's table, where they have a name and a status, those that stand."""
    with suppress(OSError, UnicodeDecodeError), file.open(encoding="utf-8-sig") as lines:
        if {"name", "status"} <= set(lines.readline().strip().split(",")):
            table = _table(file, {"name": tables.text, "status": tables.text, **limits}, faults)
            standing = table[table["status"] == "existing"].reset_index(drop=True)
            return standing.rename(columns={"name": "station"}).drop(columns="status")
    return _table(file, {"station": tables.text, **limits}, faults)


def _table(
    file: Path,
    columns: Mapping[str, tables.Parser],
    faults: Faults,
    optional: Mapping[str, tables.Parser] | None = None,
) -> pd.DataFrame:
    rows: list[tables.Row] = []
    with faults.noted():
        if not file.exists():
            raise SimError(f"{file} is missing: a city needs {STATIONS}, {UNITS} and {LOG}.")
        rows = tables.read(file, columns, optional)
        if not rows:
            raise SimError(f"{file} has no rows.")
    return pd.DataFrame(rows, columns=[*columns, *(optional or {})])


def _log(file: Path, city: City, limits: Mapping[str, tables.Parser], faults: Faults) -> pd.DataFrame:
    def time(cell: str) -> Any:
        if not cell:
            return pd.NaT
        try:
            found = datetime.fromisoformat(cell)
        except ValueError:
            raise ValueError(f"{cell[:40]!r} is no time; 2017-01-01 13:05:00+00:00 is needed") from None
        if not clock.FIRST_YEAR <= found.year <= clock.LAST_YEAR:
            raise ValueError(f"{cell[:40]!r} is not of a year in {clock.FIRST_YEAR}..{clock.LAST_YEAR}")
        return found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)  # never in the zone of the machine

    columns: dict[str, tables.Parser] = {"incident": tables.text, "type": tables.text}
    columns |= {name: _maybe(tables.text) for name in ("unit", "station", "area")}
    columns |= {"kind": tables.one_of(*city.kinds)} | dict.fromkeys(clock.STEPS, time) | dict(limits)
    table = _table(file, columns, faults)
    if len(table) and table["ordered"].isna().any():
        faults.found.append(
            f"{file}, line {int(np.flatnonzero(table['ordered'].isna())[0]) + 2}, column ordered: is empty"
        )
    for step in clock.STEPS:
        table[step] = pd.to_datetime(table[step], utc=True)
    faults.found += _backwards(file, table)
    years = (table["ordered"].max() - table["ordered"].min()).days / YEAR_DAYS
    if len(table) and years > MOST_YEARS:  # a slip in one line makes a log of centuries
        lines = [int(table["ordered"].to_numpy().argsort()[at]) + 2 for at in (0, -1)]
        faults.found.append(
            f"{file}, column ordered: from line {lines[0]} to line {lines[1]} it is {years:,.0f} years; allowed: "
            f"{MOST_YEARS} or less."
        )
    return table


def _backwards(file: Path, table: pd.DataFrame) -> list[str]:
    """Return the first line on which each step comes before the one before it, or absurdly late; as in an import."""
    faults = []
    for first, last in (("call", "ordered"), ("ordered", "turned_out"), ("ordered", "arrived"), ("turned_out", "arrived"),
                        ("arrived", "released"), ("ordered", "released")):  # fmt: skip
        took_s = (table[last] - table[first]).dt.total_seconds()
        longest = clock.LONGEST_S.get((first, last), np.inf)
        wrong = (took_s < 0) | (took_s > longest)
        if wrong.any():
            line = int(np.flatnonzero(wrong)[0]) + 2
            what = "before" if took_s.iloc[line - 2] < 0 else f"more than {longest / 60:,.0f} min after"
            faults.append(
                f"{file}, line {line}, column {last}: {table[last].iloc[line - 2]} is {what} {first}"
            )
    return faults
