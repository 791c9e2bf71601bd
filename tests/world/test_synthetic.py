"""A synthetic region has the configured sizes and a plausible population, and never changes by itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from scipy.spatial import cKDTree

from sim.config.compose import compose
from sim.config.schema import Config
from sim.errors import SimError
from sim.simulation import replication
from sim.terms import SETTINGS
from sim.world import regions
from sim.world.projection import EqualArea
from sim.world.region import Region

COUNTIES = 40


def config(*arguments: str) -> Config:
    return compose(["region=synthetic", f"region.synthetic.counties={COUNTIES}", *arguments])


def made(*arguments: str) -> Region:
    return regions.load(config(*arguments).region)


@pytest.fixture(scope="module")
def land() -> Region:
    return made()


def same(one: Region, other: Region) -> bool:
    columns = [field.name for field in fields(one.cells)]
    cells = all(np.array_equal(getattr(one.cells, name), getattr(other.cells, name)) for name in columns)
    return cells and (one.counties, one.townships, one.sites) == (
        other.counties,
        other.townships,
        other.sites,
    )


def test_region_size_scales_with_the_number_of_counties(land: Region) -> None:
    assert len(land.counties) == COUNTIES
    assert len(land.townships) == round(14.035 * COUNTIES)
    assert len(land.sites) == round(2.807 * COUNTIES)
    assert land.population == pytest.approx(494_700 * COUNTIES)
    assert sum(place.committees for place in land.townships) == 41 * COUNTIES
    assert sum(place.villages for place in land.townships) == 172 * COUNTIES
    assert config().demand.calls_per_year == 842 * COUNTIES
    assert config().dispatch.centre.seats == COUNTIES


def test_every_county_has_a_station_and_a_subdistrict(land: Region) -> None:
    assert {site.brigade for site in land.sites} == set(land.counties)
    assert {place.county for place in land.townships if place.kind == "subdistrict"} == set(land.counties)
    kinds = Counter(place.kind for place in land.townships)
    assert kinds["subdistrict"] == round(0.22 * len(land.townships))
    assert kinds["town"] / (kinds["town"] + kinds["township"]) == pytest.approx(0.72, abs=0.06)


def test_names_and_codes_are_unique(land: Region) -> None:
    for names in (
        [p.name for p in land.townships],
        [p.code for p in land.townships],
        [s.name for s in land.sites],
    ):
        assert len(set(names)) == len(names)


def test_cells_are_unique_square_kilometres_and_every_township_has_one(land: Region) -> None:
    cells = land.cells
    places = np.column_stack([cells.x, cells.y]) / 1000 - 0.5
    np.testing.assert_allclose(places, np.rint(places), atol=1e-6)
    assert len(np.unique(np.rint(places), axis=0)) == len(places)
    assert set(cells.township.tolist()) == set(range(len(land.townships)))
    for place, x, y in zip(land.townships, *_seat_cells(land), strict=True):
        assert (np.floor(place.x / 1000), np.floor(place.y / 1000)) == (x, y), place.name


def _seat_cells(land: Region) -> tuple[list[float], list[float]]:
    """Return column and row of the nearest cell of each township to its seat."""
    column, row = np.floor(land.cells.x / 1000), np.floor(land.cells.y / 1000)
    found = []
    for index, place in enumerate(land.townships):
        own = np.flatnonzero(land.cells.township == index)
        away = (column[own] - np.floor(place.x / 1000)) ** 2 + (row[own] - np.floor(place.y / 1000)) ** 2
        found.append(own[away.argmin()])
    return column[found].tolist(), row[found].tolist()


def test_urban_cells_are_the_densest(land: Region) -> None:
    cells = land.cells
    share = cells.population[cells.urban].sum() / land.population
    assert share == pytest.approx(0.66, abs=0.002)
    assert cells.population[cells.urban].min() >= cells.population[~cells.urban].max()


def test_settings_follow_density_and_the_mountain_share(land: Region) -> None:
    cells = land.cells
    by_setting = {name: cells.setting == index for index, name in enumerate(SETTINGS)}
    assert all(chosen.any() for chosen in by_setting.values())
    assert cells.population[by_setting["urban"]].min() >= 1500
    villages = by_setting["plain"] | by_setting["mountain"]
    assert by_setting["mountain"].sum() / villages.sum() == pytest.approx(0.33, abs=0.001)
    assert made("region.synthetic.mountain_share=0").cells.setting.max() != SETTINGS.index("mountain")


def test_county_seat_sizes_follow_the_rank_size_law() -> None:
    # Without towns all urban people live at the seats; the law says how many at each, largest first
    land = made("region.synthetic.seat_share=1", "region.synthetic.village_cells=1")
    county = {name: index for index, name in enumerate(land.counties)}
    inside = np.array([place.kind == "subdistrict" for place in land.townships])
    of_county = np.array([county[place.county] for place in land.townships])
    chosen = inside[land.cells.township] & (land.cells.setting <= SETTINGS.index("town"))
    found = np.bincount(
        of_county[land.cells.township[chosen]], land.cells.population[chosen], minlength=COUNTIES
    )
    law = 1 / (0.007 + (np.arange(COUNTIES) + 0.5) / COUNTIES)
    expected = law / law.sum() * 0.66 * 494_700 * COUNTIES
    np.testing.assert_allclose(
        np.sort(found)[::-1], expected, rtol=0.15
    )  # where two seats meet, cells change hands


def test_east_is_dense_and_west_is_sparse(land: Region) -> None:
    x = land.cells.x
    middle = (x.min() + x.max()) / 2
    east = x > middle
    assert land.cells.population[east].sum() > 3 * land.cells.population[~east].sum()
    area_m2 = COUNTIES * 3370e6
    wide, high = np.ptp(x), np.ptp(land.cells.y)
    assert 0.7 * area_m2 < wide * high < 1.6 * area_m2


def test_distances_have_the_scale_of_a_country(land: Region) -> None:
    sites, seats = (
        cKDTree([(place.x, place.y) for place in places]) for places in (land.sites, land.townships)
    )
    points = np.column_stack([land.cells.x, land.cells.y])
    away = {
        (what, urban): np.average(
            tree.query(points[land.cells.urban == urban])[0],
            weights=land.cells.population[land.cells.urban == urban],
        )
        for what, tree in (("station", sites), ("seat", seats))
        for urban in (True, False)
    }
    # Quzhou's: 5.6 and 17.6 km to a station; a township of a hundred square kilometres is some kilometres across
    assert 2_000 < away["station", True] < 8_000
    assert 9_000 < away["station", False] < 22_000
    assert away["seat", True] < 2_500
    assert 2_000 < away["seat", False] < 6_000


def test_region_does_not_depend_on_the_seed_of_the_run(land: Region) -> None:
    assert same(land, made("seed=99", "scenario=2030", "replications=3"))


@pytest.mark.parametrize(
    "option", ["region.synthetic.seed=2", "region.synthetic.urban_share=0.5", "region.synthetic.counties=41"]
)
def test_synthetic_options_change_the_region(land: Region, option: str) -> None:
    assert not same(land, made(option))


def test_options_of_one_stage_do_not_move_places_of_another(land: Region) -> None:
    other = made("region.synthetic.city_density=10000", "region.synthetic.village_cells=10")
    first = [place for place in land.townships if place.name.endswith("街道01")]
    assert [(p.x, p.y) for p in first] == [(p.x, p.y) for p in other.townships if p.name.endswith("街道01")]


@pytest.mark.parametrize(
    "options",
    [
        ["counties=1"], ["counties=2", "townships_per_county=1"], ["counties=3", "stations_per_county=40"],
        ["counties=5", "seat_share=1"], ["counties=5", "zipf_exponent=0"], ["counties=4", "subdistrict_share=1"],
        ["counties=4", "subdistrict_share=0"], ["counties=3", "village_cells=1", "mountain_share=1"],
        ["counties=3", "committees_per_county=0", "village_committees_per_county=0"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_extreme_options_give_valid_regions(options: list[str]) -> None:
    land = made(*(f"region.synthetic.{option}" for option in options))
    assert land.population == pytest.approx(494_700 * len(land.counties))
    assert set(land.cells.township.tolist()) == set(range(len(land.townships)))
    assert (land.cells.population >= 0).all()


def test_synthetic_region_has_stations_of_every_tier() -> None:
    world = replication.build_world(config("scenario=2025"))
    count = {tier: len(stations) for tier, stations in world.forces.by_tier.items()}
    townships = len(world.region.townships)
    assert count["professional"] == len(world.region.sites)
    assert count["township"] == count["patrol"] == townships
    assert count["drone"] == count["civil"] == COUNTIES
    assert count["micro"] == pytest.approx(105 * COUNTIES, rel=0.02)
    special = {site.name for site in world.region.sites if site.station_class == "special"}
    teams = [
        unit for unit in world.forces.units if unit.kind == "hazmat_team" or unit.kind == "chemical_team"
    ]
    local = {world.forces.stations[unit.station].name for unit in teams} - {"外市增援"}
    assert local == special


def test_region_tables_and_synthetic_region_exclude_each_other() -> None:
    with pytest.raises(SimError, match=r"region\.folder is 'x'; allowed: nothing"):
        config("region.folder=x")
    with pytest.raises(SimError, match=r"demand\.calls_per_year goes with region\.synthetic\.counties"):
        compose(["demand=national"])
    with pytest.raises(SimError, match=r"region\.synthetic\.counties is 0 counties; allowed: 1\.\.10000"):
        config("region.synthetic.counties=0")


@pytest.mark.slow
def test_country_has_the_documented_sizes() -> None:
    # docs/performance.md; the process is the tests' own, so that its memory cannot be told here
    world = replication.build_world(compose(["region=synthetic", "scenario=2025"]))
    count = {tier: len(stations) for tier, stations in world.forces.by_tier.items()}
    assert (len(world.region.counties), len(world.region.townships)) == (2850, 40_000)
    assert count["professional"] == 8000
    assert count["township"] == count["patrol"] == 40_000
    assert count["micro"] == pytest.approx(300_000, rel=0.005)
    assert world.config.demand.calls_per_year == pytest.approx(2.4e6, rel=0.001)
    assert world.region.population == pytest.approx(1.41e9, rel=0.001)
    assert 0.8e6 < len(world.region.cells.x) < 1.5e6
    plane = world.region.projection
    assert isinstance(plane, EqualArea)
    assert 78 < world.region.cells.lon.min() < world.region.cells.lon.max() < 135
