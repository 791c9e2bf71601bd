"""How many stations an area needs, who covers what, and the model's own proposals in a region and a scenario."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.analysis import coverage
from sim.config.compose import compose
from sim.errors import SimError
from sim.simulation import replication
from sim.studies.siting import tasks
from sim.terms import COVERAGES
from sim.world import plan
from sim.world.region_tables import PROPOSALS
from sim.world.regions import load
from sim.world.travel.law import TravelLaw
from sim.world.travel.model import Destinations

SHIPPED = Path(__file__).parents[2] / "sim" / "data" / "quzhou"
HEADER = "name,brigade,kind,lon,lat,year,definition\n"


@pytest.fixture(scope="module")
def region():
    return load(compose().region)


@pytest.mark.parametrize(
    ("missing_km2", "station_class", "classes"),
    [
        (0.0, "class2", ()),
        (-3.0, "class2", ()),
        (2.0, "class2", ("small",)),
        (4.0, "class2", ("class2",)),
        (27.5, "class2", ("class2",) * 7),  # six and a small one are 26 km2
        (50.0, "class2", (*["class2"] * 12, "small")),
        (27.5, "small", ("small",) * 14),
        (8.0, "class1", ("class1", "small")),
    ],
)
def test_stations_that_an_area_needs(missing_km2, station_class, classes):
    assert tasks.stations_needed(missing_km2, compose().coverage, station_class) == classes


def test_a_class_without_a_jurisdiction_fills_no_area():
    with pytest.raises(SimError, match="kind is logistics"):
        tasks.stations_needed(5, compose().coverage, "logistics")


def test_nests_cover_by_radius_and_teams_by_road(region):
    cells = region.cells
    here = np.column_stack([cells.x[:1], cells.y[:1]])
    nobody = np.empty((0, 2))
    nest = tasks.by_radius(region, 4000.0, nobody, here, cells.population)
    distance = np.hypot(cells.x - cells.x[0], cells.y - cells.y[0])
    assert not nest.before.any()
    np.testing.assert_array_equal(nest.reach[0], distance <= 4000)
    law = TravelLaw(compose().travel, region)
    team = tasks.by_road(region, law, 900.0, here, here, cells.population)
    centres = Destinations(np.column_stack([cells.x, cells.y]), np.arange(len(cells.x)))
    np.testing.assert_array_equal(team.reach[0], law.trips(here, centres).drive_s <= 900)
    np.testing.assert_array_equal(team.before, team.reach[0])  # a team stands there already
    assert team.share_before == pytest.approx(cells.population[team.before].sum() / region.population)


def test_a_region_without_a_main_urban_area_cannot_be_sited(region):
    config = compose()
    village = replace(
        region, cells=replace(region.cells, main_urban=np.zeros(len(region.cells.x), dtype=np.bool_))
    )
    with pytest.raises(SimError, match="no main urban area"):
        tasks.for_stations(
            village, TravelLaw(config.travel, village), config.coverage, [], region.cells.population, "reach"
        )


def test_the_shipped_proposals_reach_the_targets_that_they_are_made_for():
    for definition in COVERAGES:
        for year, target in (("2027", 0.75), ("2030", 1.0)):
            world = replication.build_world(
                compose(
                    [
                        f"scenario={year}",
                        f"plan.extra_stations.definition={definition}",
                        f"++plan.extra_stations.phase.{year}=1.0",
                    ]
                )
            )
            assert getattr(coverage.static(world), definition) >= target - 1e-9


def test_only_2030_opens_proposed_sites_and_without_the_measure_not_even_that():
    def proposed(*arguments):
        world = replication.build_world(compose(arguments))
        own = {site.name for site in world.region.sites if site.proposed}
        return [name for name in world.levels.stations_open if name in own]

    assert proposed("scenario=2029") == []
    assert len(proposed("scenario=2030")) == 11
    assert all("可达" in name for name in proposed("scenario=2030"))
    assert proposed("scenario=2030", "plan.extra_stations.enabled=false") == []
    stations = replication.build_world(compose(["scenario=2030"])).forces.stations
    assert set(proposed("scenario=2030")) <= {station.name for station in stations}


def test_what_is_in_force_says_whose_proposal_it_is():
    config = compose(["scenario=2030"])
    line = next(line for line in plan.in_force(config.plan, 2030) if line.measure == "extra_stations")
    assert line.clauses == "七(二)e"
    assert "reach" in line.level
    assert "model's own proposal" in line.note


def test_a_region_without_proposals_opens_none(tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "region")
    (folder / PROPOSALS).unlink()
    world = replication.build_world(compose(["scenario=2030", f"region.folder={folder}"]))
    assert not any(site.proposed for site in world.region.sites)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("拟建1,柯城,class2,118.85,28.95,2030,area", "column definition: 'area' is unknown"),
        ("拟建1,杭州,class2,118.85,28.95,2030,reach", "column brigade"),
        ("拟建1,柯城,huge,118.85,28.95,2030,reach", "column kind"),
        ("拟建1,柯城,class2,18.85,28.95,2030,reach", "column lon"),
        ("拟建1,柯城,class2,118.85,28.95,1999,reach", "column year"),
        ("府东街站,柯城,class2,118.85,28.95,2030,reach", "column name"),
    ],
)
def test_a_wrong_table_of_proposals_is_named_by_line_and_column(tmp_path, row, words):
    folder = shutil.copytree(SHIPPED, tmp_path / "region")
    (folder / PROPOSALS).write_text(f"{HEADER}{row}\n", encoding="utf-8")
    with pytest.raises(SimError, match=f"proposed_sites.csv, line 2, {words}"):
        load(compose([f"region.folder={folder}"]).region)


def test_a_table_without_the_definition_asked_for_is_refused(tmp_path):
    folder = shutil.copytree(SHIPPED, tmp_path / "region")
    (folder / PROPOSALS).write_text(
        f"{HEADER}拟建1,柯城,class2,118.85,28.95,2030,nominal\n", encoding="utf-8"
    )
    with pytest.raises(
        SimError, match=r"plan\.extra_stations\.definition is reach; .* has sites for nominal"
    ):
        replication.build_world(compose(["scenario=2030", f"region.folder={folder}"]))
