"""A run for other programs: the same numbers, heads in both languages, places where the tables have them."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from sim import cli
from sim.storage import run_folder

PLAIN = "formats=csv,geojson,geopackage"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    words = [
        "scenario=2025",
        "days=5",
        "replications=2",
        "workers=1",
        "figures=none",
        "name=run",
        f"out={folder}",
    ]
    assert cli.main(words) == 0
    assert cli.main(["export", str(folder / "run"), PLAIN, f"out={folder / 'out'}"]) == 0
    return folder


def test_csv_begins_with_the_mark_that_excel_needs_and_names_columns_twice(made: Path) -> None:
    content = (made / "out" / "kpis.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(content.decode("utf-8-sig").splitlines()))
    assert rows[0][:5] == ["kpi 指标", "by 划分", "group 分组", "unit 单位", "mean 均值"]
    assert len(rows) - 1 == len(pd.read_csv(made / "run" / "kpis.csv"))


def test_geojson_and_geopackage_hold_the_same_places(made: Path) -> None:
    own = run_folder.load(made / "run").incidents
    own = own[own["replication"] == 0]
    with closing(sqlite3.connect(made / "out" / "run.gpkg")) as store:
        assert store.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
        for name in ("townships", "stations", "incidents"):
            found = json.loads((made / "out" / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
            assert store.execute(f"SELECT count(*) FROM {name}").fetchone() == (len(found),)
            assert store.execute(
                "SELECT srs_id FROM gpkg_contents WHERE table_name = ?", (name,)
            ).fetchone() == (4326,)
    assert [item["properties"]["incident"] for item in found] == own["incident"].tolist()
    assert found[0]["geometry"]["coordinates"] == [own["lon"].iloc[0], own["lat"].iloc[0]]


def test_another_program_reads_the_geopackage(made: Path) -> None:
    geopandas = pytest.importorskip("geopandas", reason="the extra `roads` is not installed")
    towns = geopandas.read_file(made / "out" / "run.gpkg", layer="townships")
    assert towns.crs.to_epsg() == 4326
    assert towns.geometry.x.between(118, 120).all()


def test_excel_holds_the_numbers_and_its_absence_is_told(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(made / "run"), "formats=excel", f"out={made / 'excel'}"]
    try:
        import openpyxl
    except ImportError:
        assert cli.main(words) == 2
        assert "pip install openpyxl" in capsys.readouterr().err
        assert not (made / "excel").exists()
        return
    assert cli.main(words) == 0
    book = openpyxl.load_workbook(made / "excel" / "run.xlsx")
    assert book.sheetnames == ["kpis", "in_force", "targets", "townships", "stations", "incidents"]
    kpis = pd.read_csv(made / "run" / "kpis.csv")
    assert book["kpis"]["E2"].value == pytest.approx(kpis["mean"].iloc[0])


def test_a_replication_that_is_not_there_is_refused(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["export", str(made / "run"), PLAIN, "replication=2", f"out={made / 'none'}"]) == 2
    assert "has replications 0..1" in capsys.readouterr().err
