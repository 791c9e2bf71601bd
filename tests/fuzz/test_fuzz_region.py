"""Region tables with one error are refused in a sentence, or give a valid region that runs."""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from dataclasses import replace
from importlib import resources
from pathlib import Path
from random import Random

import numpy as np
import pytest
from helpers import nasty

from experiments.validation.page import FUZZ
from sim.config.compose import compose
from sim.errors import SimError
from sim.simulation import replication, result_tables
from sim.terms import SETTINGS
from sim.world import regions

GRID = Path(str(resources.files("sim") / "data" / "grid"))
CONFIG = compose(
    ["region=grid", "plan=off", "scenario=2023", "days=1", "demand.calls_per_year=20000", "workers=1"]
)
SHIPPED = ("counties.csv", "townships.csv", "cells.csv", "stations.csv")
FILES = (*SHIPPED, "proposed_sites.csv", "further_posts.csv")
PROPOSED = b"name,brigade,kind,lon,lat,year,definition\nNew,Brigade,class1,0.01,0.01,2027,reach\n"
POSTS = b"name,tier,lon,lat\nNest,drone,0.01,0.01\nTeam,township,0.0,0.01\nCar,patrol,0.01,0.0\n"
NUMERIC = ("population_2020", "lon", "lat", "population", "residents_committees", "villages", "year")
PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
FEW, MANY = FUZZ["region tables"]
RUN_EVERY = 25  # accepted regions of which one is run


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, originals())
    return tmp_path


def originals() -> dict[str, bytes]:
    """The tables of the small region, fewer cells, and the tables it does not ship: proposals and further posts."""
    found = {name: (GRID / name).read_bytes() for name in SHIPPED}
    found["cells.csv"] = b"\n".join(found["cells.csv"].split(b"\n")[:12]) + b"\n"
    return found | {"proposed_sites.csv": PROPOSED, "further_posts.csv": POSTS}


def write(folder: Path, contents: dict[str, bytes]) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def with_a_cell(content: bytes, random: Random) -> tuple[bytes, str, str]:
    """Return a table with one cell replaced, its column, and what is there now."""
    rows = list(csv.reader(io.StringIO(content.decode())))
    row, place = random.randrange(1, len(rows)), random.randrange(len(rows[0]))
    text = random.choice([*nasty.NUMBERS, *nasty.WORDS, rows[random.randrange(len(rows))][place]])
    rows[row][place] = text
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue().encode(), rows[0][place], text


def sound(land: regions.Region) -> None:
    """Assert what every region must be, however odd its tables looked."""
    cells = land.cells
    size = len(cells.x)
    assert size
    assert all(
        len(column) == size for column in (cells.y, cells.lon, cells.lat, cells.township, cells.population)
    )
    assert np.isfinite([cells.x, cells.y, cells.population]).all()
    assert (cells.population >= 0).all()
    assert 0 < land.population < math.inf
    assert ((cells.township >= 0) & (cells.township < len(land.townships))).all()
    assert ((cells.setting >= 0) & (cells.setting < len(SETTINGS))).all()
    assert all(abs(lon) <= 0.5 and abs(lat) <= 0.5 for lon, lat in zip(cells.lon, cells.lat, strict=True))
    for place in (*land.townships, *land.sites):
        assert math.isfinite(place.x)
        assert math.isfinite(place.y)
        assert place.name.isprintable()
        assert place.name
    assert len({site.name for site in land.sites}) == len(land.sites)
    assert len({place.code for place in land.townships}) == len(land.townships)


def fuzz(folder: Path, count: int, seed: int) -> Counter[str]:
    """Try so many tables with something wrong, and count what became of them."""
    found: Counter[str] = Counter()
    random, config = (
        Random(seed),
        replace(CONFIG, region=replace(CONFIG.region, folder=str(folder), checked=False)),
    )
    clean = originals()
    for _ in range(count):
        name, column, text = random.choice(FILES), "", ""
        if random.random() < 0.6:
            content, column, text = with_a_cell(clean[name], random)
        else:
            content = nasty.spoilt(clean[name], random)
        (folder / name).write_bytes(content)
        shown = (name, column, text or content)
        land = nasty.attempt(lambda: regions.load(config.region), shown)
        (folder / name).write_bytes(clean[name])
        if isinstance(land, SimError):
            assert str(land).startswith((str(folder), "region.")), land
            assert "\n" not in str(land), shown
            found["refused"] += 1
            continue
        found["accepted"] += 1
        sound(land)
        if column in NUMERIC:
            assert PLAIN.fullmatch(text.strip()), f"{shown} was taken for a number"
        if found["accepted"] % RUN_EVERY == 1:
            run = nasty.attempt(lambda land=land: one_day(config, land), shown)
            assert not isinstance(run, SimError), (shown, run)
            found["run"] += 1
    return found


def one_day(config, land) -> int:
    """Return how many incidents a day in the region has; each is sound."""
    world = replication.build_world(config, land)
    incidents, dispatches = result_tables.tables(world, replication.simulate(world, 0))
    assert not np.isinf(incidents["time_s"]).any()
    assert (dispatches["route_m"].dropna() >= 0).all()
    assert (incidents["cell"] < len(land.cells.x)).all()
    return len(incidents)


def test_spoilt_tables_are_refused_or_sound(folder):
    nasty.tally(fuzz(folder, FEW, seed=1), least=30)


@pytest.mark.slow
def test_many_spoilt_tables_are_refused_or_sound(folder):
    nasty.tally(fuzz(folder, MANY, seed=2), least=1000)
