"""Write a run for other programs: Excel, CSV that Excel opens as Chinese, GeoJSON and GeoPackage.

Excel and CSV hold indicators, measures, targets, townships, stations and the incidents of one replication, with heads
in English and Chinese. GeoJSON and GeoPackage hold townships, stations and incidents as points in WGS 84: the region's
tables have no outlines of townships. Numbers are those of the run's own tables.

    python -m sim export results/2025 out=results/export
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.config import schema
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.files import not_a_run, publish_files
from sim.options import Asked, Option, Usage
from sim.plots.labels import label
from sim.reports.terminal import progress, say
from sim.simulation import replication
from sim.storage import run_folder
from sim.storage.run_folder import Result
from sim.studies import mixing

Tables = dict[str, pd.DataFrame]
PLACES = ("townships", "stations", "incidents")
OF_TOWNSHIP = ("first_arrival_mean", "first_capable_mean", "first_capable_p90", "first_professional_mean")
OF_INCIDENT = (
    "incident", "time_s", "type", "severity", "setting", "township", "county", "lon", "lat", "first_arrival_s",
    "first_arrival_tier", "first_capable_s", "first_professional_s", "first_water_s", "control_s", "closed_s",
)  # fmt: skip
HEADS = {  # of columns that no figure names
    "kpi": "指标", "by": "划分", "group": "分组", "unit": "单位", "mean": "均值", "low": "95%下限", "high": "95%上限",
    "replications": "重复次数", "name": "名称", "county": "县（市、区）", "township": "乡镇", "population": "常住人口",
    "lon": "经度", "lat": "纬度", "tier": "力量类别", "vehicles": "车辆", "incident": "警情编号",
    "time_s": "时间（秒，自1月1日）", "type": "类型", "severity": "规模", "setting": "地域",
    "first_arrival_tier": "首到力量", "key": "键", "name_zh": "中文名称", "sense": "方向", "clause": "条款",
    "year": "年份", "source": "来源", "chance": "概率", "chance_low": "概率下限", "chance_high": "概率上限",
    "chance_years": "概率所指年数",
    "measure": "措施", "clauses": "条款", "level": "水平", "share": "落实比例", "note": "说明", "effect": "作用",
    "target": "目标", "value": "数值", "verdict": "结论",
}  # fmt: skip
MOST_ROWS = 1_048_575  # of a sheet
WGS84 = 4326
LIBRARY = (
    'excel needs a library: pip install openpyxl, or "fire-response-sim[excel]"; the other formats need none.'
)


def run(asked: Asked) -> int:
    """Write the files and say where they are."""
    folder = Path(asked.words[0])
    result = run_folder.load(folder)
    number, known = asked["replication"], int(result.info["replications"])
    if number >= known:
        raise SimError(f"replication is {number}; {folder} has replications 0..{known - 1}.")
    mixing.refuse_later_tables(result)
    formats = asked["formats"]
    if "excel" in formats:
        try:
            import openpyxl  # noqa: F401
        except ImportError:
            raise SimError(LIBRARY) from None
    out = not_a_run(asked["out"] or folder.absolute().parent / f"{folder.resolve().name}-export")
    tables = tables_of(result, folder, number)
    with progress("export"), publish_files(out, last=LAST[formats[-1]]) as scratch:
        for name in formats:
            WRITERS[name](tables, scratch)
        names = sorted(path.name for path in scratch.glob("[!.]*"))
    say(f"{out}: {', '.join(names)}")
    return 0


def tables_of(result: Result, folder: Path, number: int) -> Tables:
    """Return the tables by name."""
    world = replication.delivered(replication.build_world(schema.read(from_yaml(result.config))), number)
    land, forces = world.region, world.forces
    towns = pd.DataFrame(
        {"name": [town.name for town in land.townships], "county": [town.county for town in land.townships]}
    )
    towns["lon"], towns["lat"] = _degrees(world, [(town.x, town.y) for town in land.townships])
    towns["population"] = np.bincount(land.cells.township, land.cells.population, len(towns)).round()
    kpis = result.kpis[result.kpis["by"] == "township"].astype({"kpi": str, "group": str})
    means = kpis.pivot_table(index="group", columns="kpi", values="mean")
    for kpi in OF_TOWNSHIP:
        towns[kpi] = towns["name"].map(means[kpi]) if kpi in means else np.nan
    stations = pd.DataFrame(
        {"name": [home.name for home in forces.stations], "tier": [home.tier for home in forces.stations],
         "vehicles": [len(units) for units in forces.units_of]}
    )  # fmt: skip
    stations["lon"], stations["lat"] = _degrees(world, forces.xy)
    own = result.incidents[result.incidents["replication"] == number]
    found = {"kpis": result.kpis}
    for name in ("in_force", "targets"):
        if (folder / f"{name}.csv").is_file():
            found[name] = pd.read_csv(folder / f"{name}.csv")
    return found | dict(zip(PLACES, (towns, stations, own[list(OF_INCIDENT)]), strict=True))


def _degrees(world: replication.World, xy: Any) -> tuple[Any, Any]:
    x, y = np.asarray(xy, dtype=float).T
    lon, lat = world.region.projection.degrees(x, y)
    return lon.round(6), lat.round(6)


def head(column: str) -> str:
    """Name a column in both languages; one without a Chinese name keeps its own."""
    chinese = HEADS.get(column) or label(column).zh
    return f"{column} {chinese}".strip()


def _excel(tables: Tables, folder: Path) -> None:
    with pd.ExcelWriter(folder / "run.xlsx", engine="openpyxl") as book:
        for name, table in tables.items():
            shown = table.head(MOST_ROWS).rename(columns=head)
            shown.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))


def _csv(tables: Tables, folder: Path) -> None:
    for name, table in tables.items():
        shown = table.rename(columns=head)
        shown.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")


def _rows(table: pd.DataFrame) -> list[dict[str, object]]:
    """Return the rows as plain values, None for what never was."""
    plain = table.astype(object).where(table.notna(), None)
    return [{str(key): value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
            for row in plain.to_dict("records")]  # fmt: skip


def _geojson(tables: Tables, folder: Path) -> None:
    for name in PLACES:
        features = [
            {"type": "Feature", "geometry": {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]},
             "properties": row}
            for row in _rows(tables[name])
        ]  # fmt: skip
        text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
        (folder / f"{name}.geojson").write_text(text + "\n", encoding="utf-8")


GEOPACKAGE = """
PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;
CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
  organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE,
  description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT '1970-01-01T00:00:00.000Z', min_x DOUBLE,
  min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id));
CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY, column_name TEXT NOT NULL,
  geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL);
INSERT INTO gpkg_spatial_ref_sys VALUES
  ('Undefined cartesian', -1, 'NONE', -1, 'undefined', NULL), ('Undefined geographic', 0, 'NONE', 0, 'undefined', NULL),
  ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
   || 'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]', NULL);
"""  # the tables that the standard asks for (OGC 12-128r19)


def _geopackage(tables: Tables, folder: Path) -> None:
    with closing(sqlite3.connect(folder / "run.gpkg")) as store:
        store.executescript(GEOPACKAGE)
        for name in PLACES:
            rows, table = _rows(tables[name]), tables[name]
            kinds = {str(key): _kind(table[key]) for key in table if key not in ("lon", "lat")}
            columns = ", ".join(f'"{key}" {kind}' for key, kind in kinds.items())
            store.execute(f'CREATE TABLE "{name}" (fid INTEGER PRIMARY KEY, geom POINT, {columns})')
            ends = [float(end) for side in ("min", "max") for end in getattr(table[["lon", "lat"]], side)()]
            store.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id) "
                "VALUES (?, 'features', ?, ?, ?, ?, ?, ?)", (name, name, *ends, WGS84),
            )  # fmt: skip
            store.execute(
                "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'POINT', ?, 0, 0)", (name, WGS84)
            )
            marks = ", ".join("?" * (len(kinds) + 1))
            store.executemany(
                f'INSERT INTO "{name}" (geom, {", ".join(map(_quoted, kinds))}) VALUES ({marks})',  # noqa: S608
                [(_point(row["lon"], row["lat"]), *(row[key] for key in kinds)) for row in rows],
            )
        store.commit()


def _quoted(name: str) -> str:
    return f'"{name}"'


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return "BOOLEAN"
    if pd.api.types.is_integer_dtype(column):
        return "INTEGER"
    return "DOUBLE" if pd.api.types.is_float_dtype(column) else "TEXT"


def _point(lon: object, lat: object) -> bytes:
    """Return a point as the standard's header without an envelope and well-known binary."""
    return struct.pack("<2sBBiBIdd", b"GP", 0, 1, WGS84, 1, 1, lon, lat)


WRITERS: dict[str, Callable[[Tables, Path], None]] = {
    "excel": _excel, "csv": _csv, "geojson": _geojson, "geopackage": _geopackage,
}  # fmt: skip
LAST = {"excel": "run.xlsx", "csv": "incidents.csv", "geojson": "incidents.geojson", "geopackage": "run.gpkg"}
USAGE = Usage(
    (
        Option("formats", "what to write", list(WRITERS), list, allowed=tuple(WRITERS)),
        Option("replication", "whose incidents", 0, int, 0),
        Option("out", "folder of the files; without it beside the run, RUN-export", None, Path),
    ),
    words="RUN",
    least=1,
    most=1,
)  # fmt: skip
