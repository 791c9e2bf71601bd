"""Results do not depend on the names of stations, their order, or the numbering of equal units.

A unit's luck hangs on its station's name, so luck is switched off here (transform.NO_LUCK).
"""

from dataclasses import replace

import pytest
from helpers.transform import NO_LUCK, SCALELESS, alike, by_rows, rebuilt, tables, world_of

from sim.world.forces import Forces

RENAMED = "another "


# On the platform are none of the other teams, or all: a share of them would be chosen by name.
@pytest.fixture(scope="module", params=["2023", "2027"])
def world(request):
    return world_of(f"scenario={request.param}", "days=60", *SCALELESS, *NO_LUCK)


@pytest.fixture(scope="module")
def plain(world):
    return tables(world)


def test_renaming_stations_changes_no_result(world, plain):
    sites = tuple(replace(site, name=RENAMED + site.name) for site in world.region.sites)
    homes = {key: RENAMED + name for key, name in world.config.forces.specialists.items()}
    config = replace(world.config, forces=replace(world.config.forces, specialists=homes))
    levels = replace(world.levels, stations_open=tuple(RENAMED + name for name in world.levels.stations_open))
    changed = rebuilt(replace(world, levels=levels), config=config, region=replace(world.region, sites=sites))
    # Levels follow from the plan, where stations have names; what is in force stays.
    after = tables(changed)
    alike(plain.incidents, after.incidents)
    alike(plain.dispatches, after.dispatches, apart=("station", "unit"))
    brigade = after.dispatches[after.dispatches["tier"] == "professional"]
    assert brigade["station"].str.startswith(RENAMED).any()


def test_order_of_stations_changes_no_result(world, plain):
    sites = tuple(reversed(world.region.sites))
    after = tables(rebuilt(world, region=replace(world.region, sites=sites)))
    alike(plain.incidents, after.incidents)
    alike(by_rows(plain.dispatches), by_rows(after.dispatches))


def test_numbering_of_equal_units_changes_no_result(world, plain):
    """Units listed backwards: of equal ones another goes, at the same times from the same station."""
    units = tuple(replace(unit, index=index) for index, unit in enumerate(reversed(world.forces.units)))
    forces = Forces(world.forces.stations, units, world.forces.crew_per_vehicle)
    after = tables(replace(world, forces=forces))
    alike(plain.incidents, after.incidents)
    alike(by_rows(plain.dispatches), by_rows(after.dispatches), apart=("unit",))
    assert not plain.dispatches["unit"].equals(after.dispatches["unit"])


def test_moving_a_station_changes_results(world, plain):
    """The relations can fail: one station moved by a kilometre changes the tables."""
    first, *others = world.region.sites
    moved = rebuilt(world, region=replace(world.region, sites=(replace(first, x=first.x + 1000), *others)))
    assert not plain.incidents["first_professional_s"].equals(tables(moved).incidents["first_professional_s"])
