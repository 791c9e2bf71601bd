"""Static coverage: a small town worked out by hand, the shipped region, and what must hold for any sites."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.compose import compose, raw
from sim.config.fields import build
from sim.config.groups.coverage import CoverageConfig
from sim.errors import SimError
from sim.terms import SETTINGS
from sim.world import coverage
from sim.world.coverage import Shares
from sim.world.projection import Projection
from sim.world.region import Cells, Region, Site
from sim.world.regions import load
from sim.world.travel.law import TravelLaw

# Straight roads at 10 m/s from the start: 240 s are 2,400 m.
PLAIN_ROADS = (
    "travel.acceleration_ms2=0",
    "travel.detour={urban: 1, town: 1, plain: 1, mountain: 1}",
    "travel.local_kmh={urban: 36, town: 36, plain: 36, mountain: 36}",
)


@pytest.fixture(scope="module")
def town():
    """Five 1-km cells in a row, the first four the main urban area."""
    count = 5
    cells = Cells(
        x=np.arange(count) * 1000.0,
        y=np.zeros(count),
        lon=np.zeros(count),
        lat=np.zeros(count),
        township=np.zeros(count, dtype=np.int32),
        population=np.ones(count),
        setting=np.full(count, SETTINGS.index("urban"), dtype=np.int8),
        urban=np.ones(count, dtype=np.bool_),
        main_urban=np.arange(count) < 4,
    )
    config = compose(PLAIN_ROADS)
    region = Region("town", Projection(0, 0), ("county",), (), (), cells)
    return region, TravelLaw(config.travel, region), config.coverage


def site(x, station_class="small", name="site"):
    return Site(name, "brigade", station_class, planned=False, x=x, y=0.0)


SHIPPED = compose()
LAND = load(SHIPPED.region)
DEMAND = np.array([1.0, 2.0, 3.0, 4.0, 90.0])


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ((), Shares(0, 0, 0)),
        # 2,400 m from x = 0 reach cells 0, 1 and 2: 3 of 4 cells, (1 + 2 + 3) of 10; 2 km2 of 4
        ((site(0),), Shares(0.5, 0.75, 0.6)),
        # the other end adds the last cell; its jurisdiction adds to 4 km2 of 4
        ((site(0), site(3000)), Shares(1, 1, 1)),
        # 7 km2 in an area of 4 are no more than all of it
        ((site(0, "class1"),), Shares(1, 0.75, 0.6)),
        # a logistics station has no jurisdiction, its engines travel like others
        ((site(0, "logistics"),), Shares(0, 0.75, 0.6)),
        # from outside the main urban area: cells 2 and 3 within reach, nothing nominal
        ((site(4400),), Shares(0, 0.5, 0.7)),
    ],
)
def test_coverage_of_a_town_worked_out_by_hand(town, sites, expected):
    region, law, rules = town
    found = coverage.shares(region, law, rules, sites, DEMAND)
    assert [found.nominal, found.reach, found.demand] == pytest.approx(
        [expected.nominal, expected.reach, expected.demand]
    )


def test_class_that_does_not_count_adds_no_travel_time_coverage(town):
    region, law, _ = town
    rules = compose(["coverage.reach_classes=[special, class1, class2, small]"]).coverage
    assert coverage.shares(region, law, rules, [site(0, "logistics")], DEMAND).reach == 0


def test_area_without_calls_or_cells_has_no_share(town):
    region, law, rules = town
    assert np.isnan(coverage.shares(region, law, rules, [site(0)], np.zeros(5)).demand)
    village = replace(region, cells=replace(region.cells, main_urban=np.zeros(5, dtype=np.bool_)))
    assert np.isnan(coverage.shares(village, law, rules, [site(0)], DEMAND).reach)


@given(st.lists(st.floats(0, 4400), min_size=1, max_size=5), st.floats(0, 4400))
def test_further_site_never_reduces_coverage(town, places, further):
    region, law, rules = town
    few = [site(x) for x in places]
    before = coverage.shares(region, law, rules, few, DEMAND)
    after = coverage.shares(region, law, rules, [*few, site(further)], DEMAND)
    assert after.nominal >= before.nominal
    assert after.reach >= before.reach
    assert after.demand >= before.demand


def test_planned_stations_raise_reach_from_31_to_49_per_cent():
    config = compose()
    region = load(config.region)
    law = TravelLaw(config.travel, region)
    weight = region.cells.population
    standing = [place for place in region.sites if not place.planned]
    planned = [place for place in region.sites if place.planned and not place.proposed]
    before = coverage.shares(region, law, config.coverage, standing, weight)
    after = coverage.shares(region, law, config.coverage, [*standing, *planned], weight)
    assert len(planned) == 3
    assert before.reach == pytest.approx(28 / 90)
    assert after.reach == pytest.approx(44 / 90)
    # 7 (special) + 7 + 4 + 7 + 7 km2 today, 4 + 2 + 2 km2 more, of 90 km2
    assert before.nominal == pytest.approx(32 / 90)
    assert after.nominal == pytest.approx(40 / 90)


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("coverage.travel_s=0", "coverage.travel_s"),
        ("coverage.reach_classes=[huge]", "coverage.reach_classes"),
        ("+coverage.area_km2.huge=3", "coverage.area_km2.huge"),
        ("coverage.demand=rescues", "coverage.demand"),
        ("+coverage.target.1999=0.5", "1999"),
        ("plan.extra_stations.definition=area", "plan.extra_stations.definition"),
    ],
)
def test_wrong_value_is_refused_by_key(argument, words):
    with pytest.raises(SimError, match=words):
        compose([argument])


def test_every_class_of_station_needs_its_jurisdiction():
    tree = {**raw([])["coverage"], "area_km2": {"special": 7}}
    with pytest.raises(SimError, match=r"coverage\.area_km2\.class1 is missing"):
        build(CoverageConfig, tree, "coverage")


@given(
    st.lists(st.tuples(st.integers(-30_000, 30_000), st.integers(-30_000, 30_000)), min_size=1, max_size=30),
    st.sampled_from(["euclid", "manhattan"]),
    st.floats(60, 1200),
)
def test_nearest_site_search_agrees_with_all_pairs(places, metric, travel_s):
    region, rules = LAND, replace(SHIPPED.coverage, travel_s=travel_s)
    law = TravelLaw(replace(SHIPPED.travel, metric=metric), region)
    middle, cells = coverage.main_urban(region)[0], coverage.main_urban(region)
    x, y = (np.array(axis, dtype=float) for axis in zip(*places, strict=True))
    x, y = x + region.cells.x[middle], y + region.cells.y[middle]
    sites = [
        Site(str(number), "brigade", "class1", planned=False, x=east, y=north)
        for number, (east, north) in enumerate(zip(x, y, strict=True))
    ]
    table = coverage.travel_s(region, law, x, y, cells) <= travel_s
    np.testing.assert_array_equal(coverage.reached(region, law, rules, sites), table.any(axis=0))
