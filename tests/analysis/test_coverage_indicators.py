"""Coverage indicators: static coverage of a run, and operational coverage from its incidents."""

import numpy as np
import pytest

from sim.analysis import coverage as cover
from sim.config.compose import compose
from sim.runs import execute
from sim.simulation import replication
from sim.terms import COVERAGES
from sim.world import coverage
from sim.world.travel.model import Destinations


@pytest.fixture(scope="module")
def run():
    config = compose(["scenario=2023", "replications=2", "days=15", "workers=1"])
    return config, execute.in_memory(config)


def test_static_rows_have_no_interval(run):
    config, result = run
    world = replication.build_world(config)
    rows = result.kpis[result.kpis["kpi"].isin([f"coverage_{name}" for name in COVERAGES])]
    found = cover.static(world)
    assert rows["mean"].tolist() == [found.nominal, found.reach, found.demand]
    assert rows[["low", "high"]].isna().all(axis=None)
    assert found.reach == pytest.approx(28 / 90)


def test_operational_coverage_is_the_share_of_main_urban_incidents_in_reach_of_a_free_unit(run):
    config, result = run
    world = replication.build_world(config)
    central = result.incidents[world.region.cells.main_urban[result.incidents["cell"]]]
    for number, part in central.groupby("replication"):
        by_hand = sum(time <= config.coverage.travel_s for time in part["free_travel_s"]) / len(part)
        values = result.values
        value = values[(values["kpi"] == "coverage_operational") & (values["replication"] == number)]["value"]
        assert value.tolist() == [by_hand]
        assert 0 < by_hand < 1


def test_operational_coverage_uses_the_expected_travel_time(run):
    config, result = run
    world = replication.build_world(config)
    region = world.region
    incidents = result.incidents[result.incidents["nearest_min"] == result.incidents["free_min"]]
    x, y = region.projection.metres(incidents["lon"].to_numpy(), incidents["lat"].to_numpy())
    brigade = world.forces.xy[world.forces.by_tier["professional"]]
    to = Destinations(np.column_stack([x, y]), incidents["cell"].to_numpy())
    fastest = world.travel.trips(brigade, to.column).drive_s.min(axis=1)
    # slowest: peak and foul weather; nobody is nearer than the nearest station at night speed
    at_least = fastest / config.travel.night_factor
    assert (incidents["free_travel_s"] >= at_least - 1e-3).all()
    assert np.isfinite(incidents["free_travel_s"]).any()


def test_weights_of_fires_differ_from_those_of_calls():
    config = compose()
    region = replication.build_world(config).region
    calls, fires = (cover.demand_weight(config.demand, region, name) for name in ("calls", "fires"))
    assert calls.sum() == pytest.approx(1)
    assert fires.sum() == pytest.approx(1)
    # more of the fires than of all calls are rural
    assert fires[coverage.main_urban(region)].sum() < calls[coverage.main_urban(region)].sum()
