"""Make the folder of a city from raw files and a map: stations, units, log, streets, and an audit of what was found."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from sim.city.files import clock, folder, places
from sim.city.files.audit import Audit
from sim.city.files.description import LogMap, Map
from sim.city.files.folder import EDGES, LOG, NODES, STATIONS, UNITS
from sim.config.city_file import CITY
from sim.errors import SimError, did_you_mean, explain
from sim.files import only, publish_folder

Floats = NDArray[np.float64]
KEPT = ["incident", "type", "unit", "kind", "station", "area", *clock.STEPS, "x", "y"]
REPLACEABLE = only(
    (CITY, STATIONS, UNITS, LOG, NODES, EDGES, "audit.csv", "fit.json", "demand.json"), "city", CITY
)
ONE_HOUSE_M = 500.0  # two rows of a station so near are one house (m_city_house)
MOST_VEHICLES = 999  # of a station
ONE_PLACE = "all"  # the only station of a city without places


def run(described: Map, raw: Path, out: Path) -> Audit:
    """Write the folder, complete or not at all; SimError for what cannot be used."""
    REPLACEABLE(out)  # now, not after the work
    if not raw.is_dir():
        raise SimError(f"there is no folder {raw}: give the folder that holds {described.log.file}.")
    degrees = described.crs not in ("metres", "none")
    table = _load(raw / described.log.file)
    audit = Audit(len(table))
    stations = _stations(described, raw, degrees, audit)
    log = _log(described, table, stations, degrees, audit)
    units = _units(described, raw, log, audit)
    stations = stations[stations["station"].isin(units["station"])] if described.crs != "none" else stations
    log = _known_stations(log, set(stations["station"]), audit)
    if described.roads and degrees:
        file = described.roads.nodes
        nodes = _load(raw / file)
        near = np.column_stack(
            [_numbers(_column(nodes, name, file, f"{file}: {name}")) for name in ("lon", "lat")]
        )
        if (wrong := ~np.isfinite(near).all(axis=1)).any():
            raise SimError(f"{file}, line {int(np.flatnonzero(wrong)[0]) + 2}: lon or lat is not a number.")
        if note := places.suspect_shift(*_xy(log), near):
            raise SimError(f"{raw / described.log.file}: {note}.")
    audit.refuse_too_many(str(raw / described.log.file))
    names = {"x": "lon", "y": "lat"} if degrees else {}
    with publish_folder(out, REPLACEABLE) as scratch:
        head: dict[str, Any] = {
            "name": described.name, "crs": "degrees" if degrees else described.crs, "time_zone": described.time_zone,
            "kinds": sorted(set(units["kind"])),
        }  # fmt: skip
        if described.roads:
            head |= {"class_kmh": described.roads.class_kmh or {}, "other_kmh": described.roads.other_kmh}
            _roads(described, raw, scratch)
        text = yaml.safe_dump(head, allow_unicode=True, sort_keys=False)
        (scratch / "city.yaml").write_text(text, encoding="utf-8")
        for frame, name in ((stations, STATIONS), (units, UNITS), (log, LOG), (audit.table(), "audit.csv")):
            frame.rename(columns=names).to_csv(scratch / name, index=False, lineterminator="\n")
        try:
            folder.load(scratch)  # what a later command would refuse is not left there
        except SimError as problem:
            raise SimError(
                f"{described.name} cannot be used: {str(problem).replace(f'{scratch}/', '')}"
            ) from None
    return audit


def _load(file: Path) -> pd.DataFrame:
    """Return a table as texts."""
    with explain(file, "read", "name another folder"):
        if not file.is_file():
            raise FileNotFoundError(2, "there is no such file", str(file))
        try:
            _refuse_ragged(file)
            table = pd.read_csv(
                file,
                dtype="string",
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                index_col=False,
            )
        except UnicodeDecodeError:
            raise SimError(f"{file} is not UTF-8 text; save it as UTF-8.") from None
        except (ValueError, pd.errors.ParserError, csv.Error) as problem:
            raise SimError(f"{file} is no table: {' '.join(str(problem).split()).rstrip('.')}.") from None
    table.columns = ["" if str(name).startswith("Unnamed: ") else str(name) for name in table]
    if table.empty:
        raise SimError(f"{file} has no rows.")
    return table


def _refuse_ragged(file: Path) -> None:
    """Refuse a row with more or fewer cells than the header, and a name that stands twice in it."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.reader(text)
        header = next(rows, [])
        named = [name for name in header if name.strip()]
        if twice := sorted({name for name in named if named.count(name) > 1}):
            raise SimError(
                f"{file}, line 1: the column {twice[0]!r} stands there twice; each needs a name of its own."
            )
        for cells in rows:
            if cells and len(cells) != len(header):
                raise SimError(
                    f"{file}, line {rows.line_num}: {len(cells)} cells; the header has {len(header)}."
                )


def _column(table: pd.DataFrame, name: str, file: str, key: str) -> pd.Series[Any]:
    if name not in table:
        hint = did_you_mean(name, table.columns)
        raise SimError(
            f"{file}, line 1: column {name!r} of {key} is missing{hint}; found: {', '.join(table.columns)}."
        )
    return table[name].str.strip()


def _numbers(texts: pd.Series[Any]) -> np.ndarray[Any, Any]:
    return np.asarray(pd.to_numeric(texts, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan))


def _stations(described: Map, raw: Path, degrees: bool, audit: Audit) -> pd.DataFrame:
    rules = described.stations
    if described.crs == "none" or rules is None:
        return pd.DataFrame({"station": [ONE_PLACE], "x": [0.0], "y": [0.0]})
    table = _load(raw / rules.file)
    found = pd.DataFrame({"station": _column(table, rules.station, rules.file, "stations.station")})
    for axis, name in (("x", rules.x), ("y", rules.y)):
        if name is None:
            raise SimError(f"key stations.{axis} is missing: crs is {described.crs}.")
        found[axis] = _numbers(_column(table, name, rules.file, f"stations.{axis}"))
        if (wrong := ~np.isfinite(found[axis])).any():
            row = int(np.flatnonzero(wrong)[0])
            raise SimError(
                f"{rules.file}, line {row + 2}, column {name}: {table[name].iloc[row]!s} is not a number."
            )
    if degrees:
        found["x"], found["y"] = places.wgs84(found["x"].to_numpy(), found["y"].to_numpy(), described.crs)
    twins = found["station"].duplicated()
    for row in np.flatnonzero(twins).tolist():
        first = found[found["station"] == found["station"].iloc[row]].iloc[:1]
        away = places.nearest_m(*_xy(found.iloc[[row]]), *_xy(first), degrees=degrees)
        if away[0] > ONE_HOUSE_M:
            raise SimError(
                f"{rules.file}, line {row + 2}, column {rules.station}: {found['station'].iloc[row]} stands there twice, "
                f"{away[0]:,.0f} m apart; each station needs a name of its own."
            )
    audit.count(twins, "a station that stands twice in one place", "second left out", found["station"])
    return found[~twins]


def _log(
    described: Map, table: pd.DataFrame, stations: pd.DataFrame, degrees: bool, audit: Audit
) -> pd.DataFrame:
    """Return one row a vehicle, with times in UTC and places in the columns x and y."""
    rules = described.log

    def column(key: str) -> pd.Series[Any]:
        name = getattr(rules, key)
        empty = pd.Series(pd.NA, index=table.index, dtype="string")
        return empty if name is None else _column(table, name, rules.file, f"log.{key}")

    log = pd.DataFrame({key: column(key) for key in ("incident", "type", "unit", "kind", "station", "area")})
    if described.kinds and rules.kind:  # before all faults: what is wrong with the others does not matter
        other = ~log["kind"].isin(list(described.kinds))
        audit.count(other, "kinds that the map leaves out", "row left out", log["kind"])
        table, log = table[~other], log[~other]
        log["kind"] = log["kind"].map(described.kinds)
    else:
        log["kind"] = "engine"
    times = clock.in_zone(_times(rules, table, column, audit), described.time_zone, audit)
    times = clock.plausible(times, audit)
    log = log.join(times)
    if described.crs == "none":  # there is one place, the log's stations are grounds
        log["area"], log["station"] = log["station"], pd.NA
    else:
        log["x"], log["y"] = _places(described, column, stations, degrees, audit)
    log = audit.drop(log, log["ordered"].isna(), "no order", "incident")
    log = audit.drop(log, log["incident"].isna(), "no number of the incident", "incident")
    keys = (
        ["incident", "unit", "ordered"]
        if rules.unit
        else ["incident", "ordered", "arrived"]
        if rules.form == "unit"
        else ["incident"]
    )
    log = audit.drop(log, log.duplicated(keys), "a second time the same row", "incident")
    if described.crs != "none":
        log = _near(log, stations, degrees, audit)
    if rules.form == "incident":
        log = _pumps(rules, table, log, audit)
    for step in clock.STEPS:
        log[step] = log.get(step, pd.Series(pd.NaT, index=log.index, dtype="datetime64[ns, UTC]"))
    if log.empty:
        found = "; ".join(f"{why}: {rows:,} rows" for why, rows, *_ in audit.lines)
        raise SimError(f"{rules.file}: no row is left ({found}); mend the map or the file.")
    log["type"] = log["type"].fillna("incident")
    return log.sort_values(["ordered", "incident"], kind="stable").reindex(columns=KEPT)


def _times(rules: LogMap, table: pd.DataFrame, column: Any, audit: Audit) -> pd.DataFrame:
    steps = {step: column(step) for step in clock.STEPS if getattr(rules, step)}
    if rules.date:
        date = column("date")
        steps = {step: (date + " " + texts) for step, texts in steps.items()}
    times = pd.DataFrame({step: clock.read(texts, rules.times, step, audit) for step, texts in steps.items()})
    return clock.over_midnight(times) if rules.date else times


def _places(described: Map, column: Any, stations: pd.DataFrame, degrees: bool, audit: Audit) -> Any:
    rules = described.log
    x, y = (
        places.from_point(column("point")) if rules.point else (_numbers(column("x")), _numbers(column("y")))
    )
    known = np.isfinite(x) & np.isfinite(y)
    names = (
        f"{rules.file}, column {rules.point}"
        if rules.point
        else f"{rules.file}, columns {rules.x}, {rules.y}"
    )
    if known.any():
        places.refuse_swapped(x[known], y[known], *_xy(stations), degrees=degrees, names=names)
    return places.wgs84(x, y, described.crs) if degrees else (x, y)


def _xy(table: pd.DataFrame) -> tuple[Floats, Floats]:
    return table["x"].to_numpy(dtype=np.float64), table["y"].to_numpy(dtype=np.float64)


def _near(log: pd.DataFrame, stations: pd.DataFrame, degrees: bool, audit: Audit) -> pd.DataFrame:
    x, y = _xy(log)
    names = "lon {:.6g}, lat {:.6g}" if degrees else "x {:.6g}, y {:.6g}"
    away = places.nearest_m(x, y, *_xy(stations), degrees=degrees)
    swapped = (away > places.FAR_M) & (
        places.nearest_m(y, x, *_xy(stations), degrees=degrees) <= places.FAR_M
    )
    log = log.assign(found=[names.format(a, b) for a, b in zip(x, y, strict=True)])
    none = ~(np.isfinite(x) & np.isfinite(y))
    far = (away > places.FAR_M) & ~swapped & ~none
    for wrong, why in (
        (none, "no place"),
        (swapped, "coordinates swapped"),
        (far, f"more than {places.FAR_M / 1000:.0f} km from every station"),
    ):
        audit.count(wrong, why, "row dropped", log["found"])
        audit.dropped += int(wrong.sum())
    kept: pd.DataFrame = log.loc[~(none | swapped | far)].drop(columns="found")
    return kept


def _pumps(rules: LogMap, table: pd.DataFrame, log: pd.DataFrame, audit: Audit) -> pd.DataFrame:
    """Return a row for each vehicle that an incident's row names."""
    parts = []
    for place, pump in enumerate(rules.pumps):
        seconds = _numbers(
            _column(table, pump.seconds, rules.file, f"log.pumps[{place}].seconds").loc[log.index]
        )
        station = _column(table, pump.station, rules.file, f"log.pumps[{place}].station").loc[log.index]
        wrong = (seconds < 0) | (seconds > clock.LONGEST_S["ordered", "arrived"])
        audit.count(wrong, f"{pump.seconds}: negative or more than 2 h", "vehicle left out", station)
        part = log.assign(
            station=station,
            arrived=log["ordered"] + pd.to_timedelta(np.where(wrong, np.nan, seconds), unit="s"),
        )
        parts.append(part[part["arrived"].notna()])
    return pd.concat(parts)


def _units(described: Map, raw: Path, log: pd.DataFrame, audit: Audit) -> pd.DataFrame:
    """Return unit, station and kind; where no table names the vehicles, as many as the log shows at once."""
    rules = described.units
    if rules is None:
        home = log["station"].fillna(ONE_PLACE) if described.crs == "none" else log["station"]
        groups = log.assign(home=home).dropna(subset="home").groupby(["home", "kind"])
        rows = [
            (f"{place} {kind} {number}", place, kind)
            for (place, kind), group in groups
            for number in range(1, _at_once(group) + 1)
        ]
        return pd.DataFrame(rows, columns=["unit", "station", "kind"])
    table = _load(raw / rules.file)
    station = _column(table, rules.station, rules.file, "units.station")
    if rules.count:
        count = _numbers(_column(table, rules.count, rules.file, "units.count"))
        wrong = ~((count >= 0) & (count <= MOST_VEHICLES) & (count == np.floor(count)))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise SimError(
                f"{rules.file}, line {row + 2}, column {rules.count}: {table[rules.count].iloc[row]!s} is no whole "
                f"number in 0..{MOST_VEHICLES}."
            )
        rows = [
            (f"{place} {number}", place, "engine")
            for place, total in zip(station, count, strict=True)
            for number in range(1, int(total) + 1)
        ]
        return pd.DataFrame(rows, columns=["unit", "station", "kind"])
    if rules.unit is None or rules.kind is None:
        raise SimError(
            "keys units.unit and units.kind, or units.count, are missing: name the columns of the vehicles or a count."
        )
    units = pd.DataFrame({
        "unit": _column(table, rules.unit, rules.file, "units.unit"),
        "station": station.str.replace(r"\.0$", "", regex=True),
        "kind": _column(table, rules.kind, rules.file, "units.kind").map(described.kinds or {}),
    })  # fmt: skip
    for name, column in (("crew", rules.crew), ("hours", rules.hours)):
        if column:
            units[name] = _column(table, column, rules.file, f"units.{name}")
    units = units[units["kind"].notna()]
    audit.count(units["station"].isna(), "vehicles without a station", "vehicle left out", units["unit"])
    return units[units["station"].notna()].drop_duplicates("unit")


def _at_once(log: pd.DataFrame) -> int:
    """Return how many units of a group are out at once at most; one that is not known to be free is left out."""
    out = log[log["released"].notna()]
    begin, end = np.sort(out["ordered"].astype("int64")), np.sort(out["released"].astype("int64"))
    if not len(begin):
        return 1
    return max(int((np.arange(1, len(begin) + 1) - np.searchsorted(end, begin, "right")).max()), 1)


def _known_stations(log: pd.DataFrame, known: set[str], audit: Audit) -> pd.DataFrame:
    plain = {name.lstrip("0"): name for name in known}  # a log may write 08 where the table has 8
    for column in ("station", "area"):
        same = log[column].isin(known)
        log = log.assign(
            **{column: log[column].where(same, log[column].str.lstrip("0").map(plain).fillna(log[column]))}
        )
    strange = log["station"].notna() & ~log["station"].isin(known)
    audit.count(strange, "a station that no table has", "station left out", log["station"])
    return log.assign(station=log["station"].where(~strange))


def _roads(described: Map, raw: Path, scratch: Path) -> None:
    assert described.roads is not None
    for name, target in ((described.roads.nodes, "nodes.csv"), (described.roads.edges, "edges.csv")):
        if target == "edges.csv" and described.roads.road_class:
            edges = _load(raw / name)
            _column(edges, described.roads.road_class, name, "roads.road_class")
            edges.rename(columns={described.roads.road_class: "class"}).to_csv(scratch / target, index=False)
        else:
            shutil.copyfile(raw / name, scratch / target)
