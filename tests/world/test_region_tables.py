"""Errors in region tables are refused in a sentence that names file, line and column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.config.groups.region import RegionConfig
from sim.errors import SimError
from sim.world import regions, tables
from sim.world.region import Region

SHIPPED = Path(str(resources.files("sim") / "data" / "quzhou"))
CONFIG = compose(["scenario=2023"]).region
Edit = Callable[[list[str]], list[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped tables, with few cells so that it is read quickly."""
    for name in ("counties", "townships", "stations", "cells"):
        lines = (SHIPPED / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        (tmp_path / f"{name}.csv").write_text("\n".join(lines[:200]) + "\n", encoding="utf-8")
    return tmp_path


def config(folder: Path) -> RegionConfig:
    return replace(CONFIG, folder=str(folder), checked=False)  # so few cells do not hold the counties' people


def cell(line: int, column: str, text: str) -> Edit:
    """An edit that writes `text` into a column of a line, counted from 1 with the header."""

    def edit(lines: list[str]) -> list[str]:
        place = lines[0].split(",").index(column)
        cells = lines[line - 1].split(",")
        cells[place] = text
        return [*lines[: line - 1], ",".join(cells), *lines[line:]]

    return edit


def without(column: str) -> Edit:
    def edit(lines: list[str]) -> list[str]:
        place = lines[0].split(",").index(column)
        rows = [line.split(",") for line in lines]
        return [",".join(row[:place] + row[place + 1 :]) for row in rows]

    return edit


def again(line: int) -> Edit:
    return lambda lines: [*lines, lines[line - 1]]


MISTAKES: dict[str, tuple[str, Edit, list[str]]] = {
    "missing column": ("townships", without("county"), ["line 1", "column county", "missing", "found: code, name"]),
    "two missing columns": ("cells", lambda _: ["lon,lat"], ["line 1", "township, population"]),
    "column twice": ("counties", lambda lines: [lines[0] + ",code", *lines[1:]], ["line 1", "code", "more than once"]),
    "non-number": ("cells", cell(5, "population", "many"), ["line 5", "column population", "'many'", "number"]),
    "NaN": ("cells", cell(5, "population", "nan"), ["line 5", "column population", "nan"]),
    "infinity": ("cells", cell(5, "population", "inf"), ["line 5", "column population", "inf"]),
    "empty number": ("cells", cell(5, "population", ""), ["line 5", "column population", "''"]),
    "negative population": ("cells", cell(7, "population", "-3"), ["line 7", "column population", "-3", "0 or more"]),
    "negative committees": (
        "townships", cell(3, "residents_committees", "-1"), ["line 3", "column residents_committees", "-1"],
    ),
    "half a village": ("townships", cell(3, "villages", "1.5"), ["line 3", "column villages", "1.5", "whole"]),
    "unknown township": ("cells", cell(9, "township", "999"), ["line 9", "column township", "'999'", "townships.csv"]),
    "duplicate township": ("townships", again(4), ["line 102", "column code", "line 4"]),
    "duplicate county": ("counties", again(2), ["line 8", "column code", "line 2"]),
    "duplicate station": ("stations", again(2), ["line 18", "column name", "line 2"]),
    "unknown county": ("townships", cell(3, "county", "杭州"), ["line 3", "column county", "杭州", "柯城区"]),
    "unknown kind": ("townships", cell(3, "kind", "city"), ["line 3", "column kind", "'city'", "subdistrict"]),
    "unknown class": ("stations", cell(3, "kind", "huge"), ["line 3", "column kind", "'huge'", "class1"]),
    "unknown status": ("stations", cell(3, "status", "soon"), ["line 3", "column status", "'soon'", "planned"]),
    "unknown setting": ("cells", cell(3, "setting", "sea"), ["line 3", "column setting", "'sea'", "mountain"]),
    "cell east of the region": ("cells", cell(4, "lon", "121.5"), ["line 4", "column lon", "121.5", "117.9..119.5"]),
    "station south of the region": ("stations", cell(4, "lat", "0"), ["line 4", "column lat", "0", "28.1..29.6"]),
    "degrees swapped": ("townships", cell(4, "lon", "28.9"), ["line 4", "column lon", "28.9"]),
    "neither true nor false": ("cells", cell(6, "urban", "yes"), ["line 6", "column urban", "'yes'"]),
    "name left out": ("stations", cell(6, "name", ""), ["line 6", "column name", "empty"]),
    "too few cells in a line": ("cells", lambda lines: [*lines[:3], "118.9,28.9"], ["line 4", "2 cells", "7"]),
    "too many cells in a line": ("stations", lambda lines: [*lines, lines[1] + ",x"], ["line 18", "11 cells", "10"]),
    "empty file": ("counties", lambda _: [], ["line 1", "code", "nothing"]),
    "no counties": ("counties", lambda lines: lines[:1], ["no rows"]),
    "no townships": ("townships", lambda lines: lines[:1], ["no rows"]),
    "no cells": ("cells", lambda lines: lines[:1], ["no rows"]),
    "open quote": ("stations", lambda lines: [*lines, '"open'], ["line 18", "comma-separated"]),
    "nobody": (
        "cells", lambda lines: [lines[0], "118.91,28.93,330802005,0,town,True,True"], ["column population", "nobody"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_cell_is_refused_with_file_line_and_column(folder: Path, mistake: str) -> None:
    name, edit, words = MISTAKES[mistake]
    file = folder / f"{name}.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")
    with pytest.raises(SimError) as refusal:
        regions.load(config(folder))
    text = str(refusal.value)
    assert text.startswith(str(file))
    assert all(word in text for word in words), text
    assert "\n" not in text


def test_file_that_is_not_utf8_is_refused_with_its_line(folder: Path) -> None:
    file = folder / "stations.csv"
    lines = file.read_bytes().split(b"\n")
    lines[2] = "衢县路战勤保障站".encode("gb18030")
    file.write_bytes(b"\n".join(lines))
    with pytest.raises(SimError, match=r"stations\.csv, line 3: .*UTF-8"):
        regions.load(config(folder))


@pytest.mark.parametrize("name", ["counties", "townships", "cells", "stations"])
def test_missing_file_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / f"{name}.csv").unlink()
    with pytest.raises(SimError, match=rf"{name}\.csv is missing"):
        regions.load(config(folder))


def test_folder_in_place_of_a_file_is_refused_by_name(folder: Path) -> None:
    (folder / "cells.csv").unlink()
    (folder / "cells.csv").mkdir()
    with pytest.raises(SimError, match=r"cells\.csv cannot be read"):
        regions.load(config(folder))


def test_missing_folder_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SimError, match=r"region\.folder is .*nowhere: there is no such folder"):
        regions.load(config(tmp_path / "nowhere"))


def test_order_blank_lines_further_columns_and_a_byte_order_mark_do_not_matter(folder: Path) -> None:
    plain = regions.load(config(folder))
    file = folder / "townships.csv"
    rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
    text = "\r\n".join(",".join([*reversed(row), "note"]) + "\r\n" for row in rows)
    file.write_text("\ufeff" + text, encoding="utf-8", newline="")
    assert regions.load(config(folder)).townships == plain.townships


def test_shipped_region_has_the_totals_of_its_sources(region: Region) -> None:
    assert len(region.cells.x) == 8845
    assert len(region.townships) == 100
    assert len(region.counties) == 6
    assert [site.planned for site in region.sites].count(False) == 13
    assert [site.planned for site in region.sites if not site.proposed].count(True) == 3
    kinds = [place.kind for place in region.townships]
    assert [kinds.count(kind) for kind in ("subdistrict", "town", "township")] == [18, 43, 39]
    # resident population at the end of 2021 (parameter book pop_2021), within its range
    assert 2.25e6 < region.cells.population.sum() < 2.31e6
    assert np.unique(region.cells.township).tolist() == list(range(100))


def test_shipped_folder_can_be_given_as_region_folder(region: Region) -> None:
    named = regions.load(config(SHIPPED))
    np.testing.assert_array_equal(named.cells.x, region.cells.x)
    assert named.townships == region.townships
    assert named.sites == region.sites


@given(text=st.text(max_size=200), name=st.sampled_from(["counties", "townships", "cells", "stations"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_in_place_of_a_table_is_refused_in_a_sentence(folder: Path, text: str, name: str) -> None:
    file = folder / f"{name}.csv"
    before = file.read_bytes()
    file.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    try:
        with pytest.raises(SimError, match=name):
            regions.load(config(folder))
    finally:
        file.write_bytes(before)


@given(
    line=st.integers(2, 199), column=st.sampled_from(["lon", "lat", "population"]), text=st.text(max_size=8)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_number_outside_its_range_is_refused_by_cell(folder: Path, line: int, column: str, text: str) -> None:
    file = folder / "cells.csv"
    before = file.read_text(encoding="utf-8")
    text = text.replace(",", " ").replace('"', " ").replace("\n", " ").replace("\r", " ")
    file.write_text(
        "\n".join(cell(line, column, text)(before.splitlines())) + "\n", encoding="utf-8", newline=""
    )
    try:
        found = tables.read(file, {column: tables.real(0, 1e6)})[line - 2][column]
    except SimError as refusal:
        found = str(refusal)
    finally:
        file.write_text(before, encoding="utf-8")
    if isinstance(found, str):
        assert f"cells.csv, line {line}, column {column}:" in found
    else:
        assert found == pytest.approx(float(text))
        assert 0 <= found <= 1e6
