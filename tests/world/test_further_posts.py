"""Nests, teams and patrol cars from a region's own table: where they stand, whom they replace, what is refused."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.analysis.compare import PAIRED, pairings
from sim.config.compose import compose
from sim.errors import SimError
from sim.runs import execute
from sim.simulation import replication, result_tables
from sim.simulation.replication import World
from sim.studies.run_selection import find_runs
from sim.world.region import POST_TIERS
from sim.world.region_tables import POSTS
from sim.world.regions import load

SHIPPED = Path(str(resources.files("sim") / "data" / "quzhou"))
HEADER = "name,tier,lon,lat\n"


def world(folder: Path, rows: str, *options: str) -> World:
    """Quzhou with further posts."""
    shutil.copytree(SHIPPED, folder)
    (folder / POSTS).write_text(HEADER + rows, encoding="utf-8")
    return replication.build_world(compose([f"region.folder={folder}", *options]))


def test_nest_team_and_car_stand_where_the_table_says(tmp_path):
    rows = "新机巢,drone,118.90,28.90\n新专职队,township,118.34,29.22\n新巡逻车,patrol,118.86,28.95\n"
    found = world(tmp_path / "region", rows, "scenario=2025")
    plain = replication.build_world(compose(["scenario=2025"]))
    for tier, name in (("drone", "新机巢"), ("township", "新专职队"), ("patrol", "新巡逻车")):
        here = [found.forces.stations[i] for i in found.forces.by_tier[tier].tolist()]
        assert len(here) == len(plain.forces.by_tier[tier]) + 1
        station = next(station for station in here if station.name == name)
        near = min(
            zip(found.region.cells.x, found.region.cells.y, found.region.cells.township, strict=True),
            key=lambda cell: (cell[0] - station.x) ** 2 + (cell[1] - station.y) ** 2,
        )
        assert station.township == near[2]
        assert station.area == found.region.townships[near[2]].county
        engines = found.config.forces.township.vehicles
        assert len(found.forces.units_of[station.index]) == (engines if tier == "township" else 1)


def test_further_team_replaces_the_volunteers_of_its_township(tmp_path):
    plain = replication.build_world(compose(["scenario=2025"]))
    volunteers = plain.forces.stations[int(plain.forces.by_tier["volunteer"][0])]
    cells = plain.region.cells
    here = int(np.flatnonzero(cells.township == volunteers.township)[0])
    row = f"新专职队,township,{cells.lon[here]},{cells.lat[here]}\n"
    found = world(tmp_path / "region", row, "scenario=2025")
    names = {found.forces.stations[i].name for i in found.forces.by_tier["volunteer"].tolist()}
    assert volunteers.name not in names
    assert len(names) == len(plain.forces.by_tier["volunteer"]) - 1


def test_further_nest_needs_the_platform(tmp_path):
    found = world(tmp_path / "region", "新机巢,drone,118.90,28.90\n", "scenario=2023")
    assert not len(found.forces.by_tier["drone"])


def test_second_patrol_car_is_added_to_the_townships_own(tmp_path):
    """The further car goes out, and so do all cars that went without it: none of them was taken for another."""
    row = "新巡逻车,patrol,118.86,28.95\n"
    found = world(tmp_path / "region", row, "scenario=2025", "days=60")
    plain = replication.build_world(compose(["scenario=2025", "days=60"]))
    (_, with_it), (_, without) = (
        result_tables.tables(each, replication.simulate(each, 0)) for each in (found, plain)
    )
    cars = with_it[with_it["tier"] == "patrol"]
    assert (cars["station"] == "新巡逻车").any()
    others = set(cars["station"]) - {"新巡逻车"}
    assert others == set(without.loc[without["tier"] == "patrol", "station"])


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("新机巢,micro,118.9,28.9", "column tier: 'micro' is unknown"),
        ("新机巢,drone,18.9,28.9", "column lon"),
        (",drone,118.9,28.9", "column name"),
    ],
)
def test_wrong_table_is_refused_by_line_and_column(tmp_path, row, words):
    folder = shutil.copytree(SHIPPED, tmp_path / "region")
    (folder / POSTS).write_text(f"{HEADER}{row}\n", encoding="utf-8")
    with pytest.raises(SimError, match=f"{POSTS}, line 2, {words}"):
        load(compose([f"region.folder={folder}"]).region)


@pytest.mark.parametrize("rows", [2 * "新机巢,drone,118.9,28.9\n", "春城路特勤站,township,118.9,28.9\n"])
def test_duplicate_station_name_is_refused(tmp_path, rows):
    """Twice in the table, or that of a station: units are told apart by name."""
    folder = shutil.copytree(SHIPPED, tmp_path / "region")
    (folder / POSTS).write_text(HEADER + rows, encoding="utf-8")
    with pytest.raises(SimError, match="stands already on line"):
        load(compose([f"region.folder={folder}"]).region)


@pytest.mark.parametrize("tier", POST_TIERS)
@pytest.mark.parametrize("year", [2023, 2025])
def test_a_further_post_of_every_tier_runs_to_the_scoreboard_and_is_in_force(
    tmp_path: Path, tier: str, year: int
) -> None:
    found = world(tmp_path / "region", f"新点,{tier},118.90,28.90\n", f"scenario={year}", "days=2")
    config = replace(found.config, replications=1, workers=1, figures="none", out=str(tmp_path))
    folder = execute.on_disk(config)
    lines = pd.read_csv(folder / "in_force.csv").set_index("measure")
    assert lines.loc[f"region.{tier}", "level"] == "1 added: 新点"


def test_a_run_with_a_new_station_has_the_workload_of_one_without(tmp_path: Path) -> None:
    folder = tmp_path / "region"
    shutil.copytree(SHIPPED, folder)
    rows = (folder / "stations.csv").read_text(encoding="utf-8")
    _, rest = rows.splitlines()[1].split(",", 1)
    (folder / "stations.csv").write_text(f"{rows}新站,{rest}\n", encoding="utf-8")
    short = ("scenario=2023", "days=3", "replications=2", "workers=1")
    plain, with_station = (
        execute.in_memory(compose([*short, *more])) for more in ((), (f"region.folder={folder}",))
    )
    runs = find_runs([plain, with_station]).runs
    assert [pairing.method for pairing in pairings(runs, next(iter(runs)))] == [PAIRED]
    lines = execute.in_force(compose([*short, f"region.folder={folder}"])).set_index("measure")
    assert lines.loc["region.stations", "level"] == "1 added: 新站"


def test_other_people_in_the_cells_are_another_workload(tmp_path: Path) -> None:
    found = world(tmp_path / "region", "", "scenario=2023")
    cells = replace(found.region.cells, population=found.region.cells.population * 2)
    other = replace(found, region=replace(found.region, cells=cells))
    assert execute.workload_digest(found.config, found) != execute.workload_digest(found.config, other)
