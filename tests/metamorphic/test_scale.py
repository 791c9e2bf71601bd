"""Scaling time or space by a factor scales the results by that factor and changes nothing else.

The factor is a power of two, so that the results are equal to the last bit.
"""

from dataclasses import replace

import pytest
from helpers.transform import SCALELESS, alike, rebuilt, scaled, stretched, tables, world_of

from sim.simulation import replication
from sim.simulation.dispatch_columns import DISPATCHES
from sim.simulation.incident_columns import INCIDENTS

FACTOR = 0.5
TIME = {"s": FACTOR, "min": FACTOR, "m/s": 1 / FACTOR, "km/h": 1 / FACTOR, "L/s": 1 / FACTOR}
TIME |= {"m2/min": 1 / FACTOR, "m/s2": FACTOR**-2, "kW/s2": FACTOR**-2}
SPACE = dict.fromkeys(("m", "m/s", "km/h", "m/s2"), 1 / FACTOR)
TIMES, UNIT_TIMES = (
    [column.name for column in columns if column.unit in ("s", "min")] for columns in (INCIDENTS, DISPATCHES)
)


@pytest.fixture(scope="module", params=["2023", "2025", "2030"])
def world(request):
    return world_of(f"scenario={request.param}", "days=60", *SCALELESS)


def test_scaling_all_times_scales_the_results(world):
    work = replication.workload_of(world, 0)
    before = tables(world, work)
    config = scaled(world.config, TIME)
    # The workload is given, and outcomes are not looked at.
    config = replace(config, demand=world.config.demand, plan=world.config.plan, outcome=world.config.outcome)
    shorter = replace(work, onset_s=work.onset_s * FACTOR)
    after = tables(rebuilt(world, config=config), shorter)
    assert len(before.incidents) > 300
    incidents = before.incidents.assign(**{name: before.incidents[name] * FACTOR for name in TIMES})
    alike(incidents, after.incidents)
    dispatches = before.dispatches.assign(**{name: before.dispatches[name] * FACTOR for name in UNIT_TIMES})
    alike(dispatches, after.dispatches)


def test_scaling_all_distances_and_speeds_changes_no_time(world):
    work = replication.workload_of(world, 0)
    before = tables(world, work)
    wider = replace(work, x=work.x / FACTOR, y=work.y / FACTOR)
    config = scaled(world.config, SPACE)
    # The edges of fires stay as they are.
    config = replace(
        config, demand=world.config.demand, outcome=world.config.outcome, dispatch=world.config.dispatch
    )
    after = tables(rebuilt(world, config=config, region=stretched(world.region, 1 / FACTOR)), wider)
    alike(before.incidents, after.incidents, apart=("lon", "lat"))
    dispatches = before.dispatches.assign(route_m=before.dispatches["route_m"] / FACTOR)
    alike(dispatches, after.dispatches)


def test_scaling_times_without_speeds_changes_results(world):
    """The relation can fail: a model in which only the fires are quicker is another one."""
    work = replication.workload_of(world, 0)
    config = scaled(world.config, {key: value for key, value in TIME.items() if key != "km/h"})
    config = replace(config, demand=world.config.demand, plan=world.config.plan, outcome=world.config.outcome)
    after = tables(rebuilt(world, config=config), replace(work, onset_s=work.onset_s * FACTOR))
    before = tables(world, work).incidents["first_arrival_s"] * FACTOR
    assert not before.equals(after.incidents["first_arrival_s"])
