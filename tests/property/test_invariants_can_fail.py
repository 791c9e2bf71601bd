"""Every invariant refuses a replication that contains one deliberate mistake."""

import dataclasses

import numpy as np
import pytest
from helpers.invariants import INVARIANTS
from helpers.small_world import Call, Place, build, region, run, station_class, unified, workload

MISTAKES = {}


def mistake(invariant):
    """Note what spoils a replication so that this invariant must refuse it."""

    def note(spoil):
        MISTAKES.setdefault(invariant, []).append(spoil)
        return spoil

    return note


@pytest.fixture
def replication():
    """One station, few crews, fires and rescues that crowd each other; a drone, a micro station, a false alarm."""
    changes = station_class("class1", 12, engine=2, rescue=1) | {
        "forces.micro.availability": 1.0, "forces.micro.radius_m": 20_000.0, "forces.drones.technical": 1.0,
        "forces.drones.weather_hold": 0.0, "dispatch.relay.never": {}, "dispatch.queue": "loss",
    }  # fmt: skip
    levels = {"platform": True, "nests_per_brigade": 1, **unified()}
    world = build(region((Place("甲乡", committees=2),), (("一站", "class1", 3.0, 0.0),)), changes, levels)
    work = workload(
        [
            Call("vehicle_fire", 40_000.0, limited=True, severity=1, reported=2),
            Call("traffic_rescue", 41_000.0, severity=2, reported=1),
            Call("false_alarm", 120_000.0, reported=2, draws={"size_up": -3.0}, unit_draws={"travel": 2.0}),
            Call("residential_fire", 200_000.0, severity=2),
            Call("other_rescue", 300_000.0),
        ]
    )
    return world, work, run(world, work)


@mistake("no_unit_in_two_places")
def never_back(world, work, played):
    played.stories[0].dispatches[0].ready += 1e7


@mistake("crews_are_never_negative")
def nobody_aboard(world, work, played):
    played.stories[0].dispatches[0].crew = 0


@mistake("crews_are_never_negative")
def nobody_on_duty(world, work, played):
    for story in played.stories:
        story.batch.persons[story.row][:] = [0] * len(story.batch.persons[story.row])


@mistake("crews_are_never_negative")
def a_drone_with_a_crew(world, work, played):
    next(order for story in played.stories for order in story.dispatches if order.tier == "drone").crew = 1


@mistake("every_dispatch_ends")
def one_without_an_end(world, work, played):
    played.stories[-1].dispatches[-1].ready = np.inf


@mistake("times_are_in_order")
def there_before_it_left(world, work, played):
    played.dispatches["arrived_s"] = played.dispatches["turned_out_s"] - 1


@mistake("times_are_in_order")
def called_before_it_burns(world, work, played):
    played.incidents["ignition_s"] = 5.0


@mistake("every_incident_closes_or_is_open")
def one_is_lost(world, work, played):
    object.__setattr__(played, "incidents", played.incidents.drop(index=1))


@mistake("every_incident_closes_or_is_open")
def one_stays_open(world, work, played):
    played.incidents["closed_s"] = np.nan


@mistake("nothing_starts_before_its_cause")
def sent_before_the_call(world, work, played):
    played.dispatches["dispatched_s"] = -1.0


@mistake("nothing_starts_before_its_cause")
def size_up_before_anybody_is_there(world, work, played):
    played.incidents["size_up_s"] = played.incidents["dispatched_s"]


@mistake("what_is_sent_is_the_card_or_short")
def another_kind(world, work, played):
    played.dispatches.loc[played.dispatches["reason"] == "run_card", "kind"] = "ladder"


@mistake("what_is_sent_is_the_card_or_short")
def one_more(world, work, played):
    played.incidents["short"] += 1


@mistake("what_is_sent_is_the_card_or_short")
def one_less(world, work, played):
    played.dispatches.loc[played.dispatches["incident"] == 4, "reason"] = "relay"


@mistake("short_only_if_nobody_was_free")
def short_though_all_are_free(world, work, played):
    played.incidents.loc[played.incidents["incident"] == 4, "short"] = 1
    played.stories[4].dispatches.clear()


@mistake("recall_only_before_arrival")
def recalled_after_arrival(world, work, played):
    played.stories[0].dispatches[0].outcome = "recalled"


@mistake("recall_only_before_arrival")
def not_counted(world, work, played):
    played.incidents["recalled"] += 1


@mistake("drones_never_deliver_water")
def water_before_anybody(world, work, played):
    played.incidents["first_water_s"] = played.incidents["dispatched_s"]


@mistake("drones_never_deliver_water")
def a_drone_arrives_first(world, work, played):
    played.incidents["first_arrival_tier"] = "drone"


@mistake("tiers_add_up")
def a_tier_that_is_none(world, work, played):
    played.dispatches.loc[0, "tier"] = "navy"


BY_NAME = {invariant.__name__: invariant for invariant in INVARIANTS}


def test_sample_replication_meets_every_invariant_and_has_all_cases(replication):
    world, work, played = replication
    for invariant in INVARIANTS:
        invariant(world, work, played)
    assert {"professional", "micro", "drone"} <= set(played.dispatches["tier"])
    assert (played.dispatches["outcome"] == "recalled").any()
    assert (played.incidents["short"] > 0).any()
    assert (played.incidents["alarm_level"] == 2).any()
    assert dataclasses.is_dataclass(played)


def test_every_invariant_has_a_deliberate_mistake():
    assert set(MISTAKES) == set(BY_NAME)


@pytest.mark.parametrize(
    ("name", "spoil"), [(name, spoil) for name, spoils in MISTAKES.items() for spoil in spoils]
)
def test_invariant_detects_the_deliberate_mistake(replication, name, spoil):
    spoil(*replication)
    with pytest.raises(AssertionError):
        BY_NAME[name](*replication)
