"""Tables that can be read but cannot be true are refused, each fault by name and all of them at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest

from sim import cli
from sim.config.compose import compose
from sim.errors import SimError
from sim.world import regions

GRID = Path(str(resources.files("sim") / "data" / "grid"))
CONFIG = compose(["region=grid", "plan=off"]).region
NAMES = ("counties", "townships", "cells", "stations")

Frame = pd.DataFrame
Edit = Callable[[Frame], Frame]


def scaled(column: str, factor: float) -> Edit:
    return lambda frame: frame.assign(**{column: frame[column] * factor})


def first(column: str, value: object) -> Edit:
    """Write a value into the first row."""
    return lambda frame: frame.assign(**{column: [value, *frame[column].tolist()[1:]]})


def last(column: str, value: object) -> Edit:
    return lambda frame: frame.assign(**{column: [*frame[column].tolist()[:-1], value]})


def apart(factor: float) -> Edit:
    """Move all rows away from the centre, or towards it."""
    return lambda frame: frame.assign(lon=frame["lon"] * factor, lat=frame["lat"] * factor)


def repeated(times: int, rows: int = 10**6) -> Edit:
    return lambda frame: pd.concat([frame, *[frame.head(rows)] * times])


def none(frame: Frame) -> Frame:
    return frame.head(0)


# What is done to which table, and the words that the refusal must have besides the file's name.
IMPLAUSIBLE: dict[str, tuple[str, Edit, list[str]]] = {
    "cells of 500 m": ("cells", apart(0.5), ["lon, lat", "500 m apart", "900 to 1100 m"]),
    "cells of 10 km": ("cells", apart(9.0), ["lon, lat", "m apart", "900 to 1100 m"]),
    "cells of 1.2 km": ("cells", apart(1.2), ["1200 m apart"]),
    "every cell twice": ("cells", repeated(1), ["line 201", "200 cells"]),
    "one cell 500 times": ("cells", repeated(500, rows=1), ["0 m from that of line", "501 cells"]),
    "a cell beside another": ("cells", lambda f: pd.concat([f, f.head(1).assign(lon=f["lon"][0] + 1e-5)]), ["line 102"]),
    "a finer grid in a corner": (
        "cells", lambda f: pd.concat([f, f.head(20).assign(lon=f["lon"] + 0.0045, population=0)]),
        ["40 cells", "m from that of line"],
    ),
    "population in 10,000s": ("cells", scaled("population", 1e-4), ["population", "persons in", "within 25%"]),
    "population doubled": ("cells", scaled("population", 2), ["population_2020", "within 25%"]),
    "population halved": ("cells", scaled("population", 0.5), ["population_2020"]),
    "a million on 1 km2": ("cells", first("population", 1e6), ["line 2", "1,000,000 persons live on 1 km2", "200,000"]),
    "townships in 10,000s": ("townships", scaled("population", 1e-4), ["townships.csv", "persons in", "within 25%"]),
    "counties in 10,000s": ("counties", scaled("population_2020", 1e-4), ["cells.csv", "counties.csv, line 2", "within"]),
    "a township without cells": (
        "cells", lambda f: f.assign(township=f["township"].replace(f["township"].iloc[0], f["township"].iloc[-1])),
        ["townships.csv", "has no cell in cells.csv"],
    ),
    "a station far away": ("stations", first("lon", 0.499), ["line 2", "station of", "nearest cell", "50 km"]),
    "the last station far away": ("stations", last("lat", 0.499), ["line 5", "station of"]),
    "a seat far away": ("townships", first("lat", -0.499), ["line 2", "seat of", "50 km"]),
    "longitude and latitude swapped": ("stations", lambda f: f.assign(lon=f["lat"] + 100), ["lon", "longitude inside"]),
    "no counties": ("counties", none, ["counties.csv has no rows"]),
    "no townships": ("townships", none, ["townships.csv has no rows"]),
    "no cells": ("cells", none, ["cells.csv has no rows"]),
    "no stations": ("stations", none, ["stations.csv has no rows"]),
    "negative people": ("cells", first("population", -1), ["line 2", "population", "-1", "0 or more"]),
    "every other cell empty": (
        "cells", lambda f: f.assign(population=[2000 * (row % 2) for row in range(len(f))]), ["in every other cell only"],
    ),
    "stations on one spot": ("stations", lambda f: f.assign(lon=0.01, lat=0.01), ["line 2", "4 stations stand"]),
    "9,999 villages": ("townships", first("villages", 9999), ["line 2", "villages", "persons have 10,000 villages"]),
    "half a village": ("townships", first("villages", 0.5), ["line 2", "villages", "0.5", "whole"]),
}  # fmt: skip
SEPARATORS = {";": "';'", "\t": r"'\t'", "|": "'|'"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        shutil.copy(GRID / f"{name}.csv", tmp_path)
    return tmp_path


def edit(folder: Path, name: str, change: Edit, separator: str = ",") -> None:
    file = folder / f"{name}.csv"
    change(pd.read_csv(file, dtype={"code": str, "township": str})).to_csv(file, index=False, sep=separator)


def refusal(folder: Path) -> str:
    with pytest.raises(SimError) as refused:
        regions.load(replace(CONFIG, folder=str(folder)))
    return str(refused.value)


@pytest.mark.parametrize("kind", IMPLAUSIBLE)
def test_implausible_table_is_refused(folder: Path, kind: str) -> None:
    name, change, words = IMPLAUSIBLE[kind]
    edit(folder, name, change)
    told = refusal(folder)
    assert str(folder) in told
    assert [word for word in words if word not in told] == [], told


@pytest.mark.parametrize("separator", SEPARATORS)
def test_other_separator_is_named(folder: Path, separator: str) -> None:
    edit(folder, "townships", lambda frame: frame, separator)
    assert f"townships.csv, line 1: columns are separated by {SEPARATORS[separator]}; a comma" in refusal(
        folder
    )


def test_all_faults_are_told_at_once(folder: Path) -> None:
    edit(folder, "cells", first("population", "many"))
    edit(folder, "cells", last("setting", "sea"))
    edit(folder, "stations", none)
    told = refusal(folder)
    for words in ("line 2, column population", "line 101, column setting", "stations.csv has no rows"):
        assert words in told
    edit(folder, "cells", lambda frame: frame.assign(urban="perhaps"))
    assert refusal(folder).count("column") <= 6
    assert " more." in refusal(folder) or " more;" in refusal(folder)


def test_unchecked_tables_are_read_as_they_are(folder: Path) -> None:
    edit(folder, "cells", apart(0.5))
    region = regions.load(replace(CONFIG, folder=str(folder), checked=False))
    assert len(region.cells.x) == 100


def test_refusal_is_one_sentence_on_the_command_line(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(folder, "cells", repeated(1))
    assert (
        cli.main(["region=grid", "plan=off", f"region.folder={folder}", "days=1", f"out={folder / 'out'}"])
        == 2
    )
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert not (folder / "out").exists()
