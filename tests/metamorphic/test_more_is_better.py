"""More seats, faster travel or shorter turnout improve results where theory says so.

With units to spare every incident gains. At one station where calls wait in order, too. In a whole system it need
not: a unit that is sent, or free, earlier is elsewhere when the next call comes. Then only the mean gains.
"""

from dataclasses import replace

import numpy as np
import pytest
from helpers.transform import alike, rebuilt, tables, world_of

from sim.world.region import Site

REDUCED = ("+experiment=theory/queue", "days=120")
GRID = ("region=grid", "forces.professional.classes.class1.vehicles.engine=50")
WAITING = (
    "dispatch.queue=wait",
    "demand.calls_per_year=4000",
    "forces.professional.turnout={law: lognormal, scale: 600, sd_log: 0.5}",
    "forces.professional.classes.class1.vehicles.engine=3",
)


def arrivals(*arguments):
    return tables(world_of(*arguments)).incidents["first_arrival_s"].to_numpy()


def changed(world, **travel):
    return rebuilt(world, config=replace(world.config, travel=replace(world.config.travel, **travel)))


def test_additional_seat_never_delays_an_answer():
    """First come first served at s seats: with one more, no call starts later (Kiefer and Wolfowitz)."""
    few, many = (
        tables(world_of("scenario=2025", "days=20", "demand.calls_per_year=20000", f"dispatch.centre.seats={seats}"))
        for seats in (1, 2)
    )  # fmt: skip
    gain = few.incidents["answered_s"].to_numpy() - many.incidents["answered_s"].to_numpy()
    assert gain.min() >= 0
    assert gain.max() > 10, "somebody must have waited for the test to say anything"


@pytest.mark.parametrize("extra", [GRID, WAITING], ids=["units to spare", "calls waiting at one station"])
@pytest.mark.parametrize(
    "better",
    ["travel.trunk_kmh.plain=200", "forces.professional.turnout.scale=300"],
    ids=["speed", "turnout"],
)
def test_faster_units_help_every_incident_at_one_station_or_with_spare_units(extra, better):
    base = ["travel.trunk_kmh.plain=20"] if "trunk" in better else ["forces.professional.turnout.scale=600"]
    slow, fast = arrivals(*REDUCED, *extra, *base), arrivals(*REDUCED, *extra, better)
    assert (fast <= slow + 1e-6).all()
    assert fast.mean() < slow.mean()


def test_faster_units_help_on_average_but_not_every_incident():
    """The counterexample: in the whole system a faster fleet is elsewhere when some call comes."""
    world = world_of("scenario=2025", "days=365")
    travel = world.config.travel
    faster = changed(
        world,
        local_kmh={key: 1.05 * speed for key, speed in travel.local_kmh.items()},
        trunk_kmh={key: 1.05 * speed for key, speed in travel.trunk_kmh.items()},
    )
    slow, fast = (tables(item).incidents["first_arrival_s"].to_numpy() for item in (world, faster))
    assert np.nanmean(fast) < np.nanmean(slow)
    worse = int((fast > slow + 1).sum())
    assert 0 < worse < 0.1 * len(slow)


def test_unreachable_station_changes_nothing():
    """With units to spare nearer by, a station 30 km off is never sent, and its being there moves nothing."""
    world = world_of(*REDUCED, *GRID)
    far = Site("Far off", "Brigade", "class1", planned=False, x=30_000.0, y=0.0)
    more = rebuilt(world, region=replace(world.region, sites=(far, *world.region.sites)))
    before, after = tables(world), tables(more)
    assert len(more.forces.stations) == len(world.forces.stations) + 1
    alike(before.incidents, after.incidents)
    alike(before.dispatches, after.dispatches)
    near = rebuilt(world, region=replace(world.region, sites=(replace(far, x=0.0), *world.region.sites)))
    assert not before.dispatches["station"].equals(tables(near).dispatches["station"]), (
        "a near one is noticed"
    )


def test_micro_stations_out_of_reach_change_nothing():
    """Micro stations that are told of nothing within their radius might as well not be there."""
    base = ["scenario=2023", "days=60", "forces.micro.radius_m=0"]
    none = ["forces.micro.per_committee=0", "forces.micro.per_village=0"]
    with_them, without = tables(world_of(*base)), tables(world_of(*base, *none))
    alike(with_them.incidents, without.incidents)
    alike(with_them.dispatches, without.dispatches)
