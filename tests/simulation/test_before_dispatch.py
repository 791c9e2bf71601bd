"""From ignition to dispatch: discovery, the call, the 119 seats. Every expected time is worked out in a comment."""

from __future__ import annotations

import math

import numpy as np
import pytest
from helpers.small_world import HOUR_S, NOON_S, Call, Place, build, play, region, unified, workload
from scipy.stats import poisson

from sim.demand import call_centre
from sim.terms import TYPES

LAND = region((Place("甲乡"),), (("一站", "class1", 6.0, 0.0),))


@pytest.mark.parametrize(
    ("kind", "hour", "asleep_mark", "expected_s"),
    [
        ("residential_fire", 12, 0.5, 240 + 60),  # somebody awake: 240 s, then 60 s to the call
        ("residential_fire", 2, 0.5, 540 + 60),  # asleep (0.5 < 0.8)
        ("residential_fire", 2, 0.85, 240 + 60),  # night, but somebody is awake (0.85 >= 0.8)
        ("residential_fire", 23, 0.5, 540 + 60),  # asleep from 23 h on
        ("residential_fire", 6, 0.5, 240 + 60),  # until 6 h
        ("premises_fire", 2, 0.65, 240 + 60),  # nobody there only in 0.6 of the nights
        ("vehicle_fire", 2, 0.0, 240 + 60),  # nobody sleeps in a vehicle
        ("traffic_rescue", 2, 0.0, 0),  # called in at once
    ],
)
def test_time_from_ignition_to_call_is_discovery_plus_calling(
    kind: str, hour: int, asleep_mark: float, expected_s: float
) -> None:
    played = play(build(LAND), Call(kind, onset_s=hour * HOUR_S, draws={"asleep": asleep_mark}))
    row = played.incident()
    assert row["time_s"] == hour * HOUR_S + expected_s
    assert row["ignition_s"] == -expected_s
    assert row["undetected_s"] == (expected_s - 60 if expected_s else 0)


@pytest.mark.parametrize(
    ("hour", "expected_s"), [(23, 300), (0, 300), (1, 600), (4, 600), (5, 300), (12, 300)]
)
def test_night_may_begin_after_midnight(hour: int, expected_s: float) -> None:
    night = {"fireground.discovery.asleep_from_h": 1, "fireground.discovery.asleep_to_h": 5}
    played = play(build(LAND, night), Call("residential_fire", hour * HOUR_S, draws={"asleep": 0.5}))
    assert played.incident()["ignition_s"] == -expected_s


def test_discovery_time_follows_its_draw() -> None:
    # asleep, z = 1: 540 s × exp(0.8) = 1201.79 s; call, z = -1: 60 s × exp(-0.8) = 26.96 s
    played = play(build(LAND), Call("residential_fire", 2 * HOUR_S, draws={"discovery": 1.0, "call": -1.0}))
    assert played.incident()["ignition_s"] == pytest.approx(-(540 * math.exp(0.8) + 60 * math.exp(-0.8)))


@pytest.mark.parametrize(
    ("kind", "elderly_mark", "linked_mark", "linked"),
    [
        ("residential_fire", 0.2, 0.2, True),  # elderly (0.2 < 0.245) with a detector (0.2 < 0.3)
        ("residential_fire", 0.3, 0.2, False),  # not elderly: the scheme is not for them
        ("residential_fire", 0.2, 0.4, False),  # elderly, no detector yet
        ("premises_fire", 0.2, 0.05, True),  # monitored premises (0.05 < 0.1)
        ("premises_fire", 0.2, 0.2, False),
        ("highrise_fire", 0.9, 0.05, True),
        ("outdoor_fire", 0.2, 0.0, False),  # no detector in a field
    ],
)
def test_linked_detector_shortens_discovery_at_night(
    kind: str, elderly_mark: float, linked_mark: float, linked: bool
) -> None:
    world = build(LAND, levels={"linked_elderly": 0.3, "linked_premises": 0.1})
    played = play(world, Call(kind, 2 * HOUR_S, draws={"elderly": elderly_mark, "linked": linked_mark}))
    row = played.incident()
    asleep = kind != "outdoor_fire"
    unaided = 540 if asleep else 240
    # linked: 90 s to discovery, then 60 s to the call; without it as above
    assert row["ignition_s"] == -((90 if linked else unaided) + 60)
    assert row["undetected_s"] == unaided  # what it would have been, for the risk curves
    assert row["linked"] == linked
    assert row["elderly"] == (kind == "residential_fire" and elderly_mark < 0.245)


def test_detector_never_delays_discovery() -> None:
    # a detector of always 90 s; people, z = -3: 240 s × exp(-2.1) = 29.39 s, so they come first
    world = build(LAND, {"fireground.discovery.linked.sd_log": 0.0}, {"linked_premises": 1.0})
    played = play(world, Call("premises_fire", draws={"discovery": -3.0}))
    assert played.incident()["ignition_s"] == pytest.approx(-(240 * math.exp(-2.1) + 60))


def test_discovery_can_be_switched_off() -> None:
    world = build(LAND, {"fireground.discovery.enabled": False}, {"linked_premises": 1.0})
    row = play(world, Call("premises_fire", 2 * HOUR_S)).incident()
    assert (row["ignition_s"], row["undetected_s"], row["linked"]) == (0.0, 0.0, False)


@pytest.mark.parametrize(
    ("share", "z", "expected_s"),
    [
        (0.0, 0.0, 90.0),  # fragmented
        (1.0, 0.0, 70.0),  # unified
        (0.5, 0.0, 80.0),  # half of the teams on the platform: half way
        (0.0, 2.0, 90 * math.exp(0.9)),
    ],
)
def test_unified_dispatch_shortens_call_taking(share: float, z: float, expected_s: float) -> None:
    world = build(LAND, levels=unified(share))
    row = play(world, Call("traffic_rescue", draws={"handling": z})).incident()
    assert row["answered_s"] == 0.0
    assert row["dispatched_s"] == pytest.approx(expected_s)


def test_call_centre_is_first_come_first_served_and_repeat_calls_occupy_seats() -> None:
    # One seat. A fire's call at noon (onset 300 s before) holds it 0-90 s.
    # B at 30 s waits until 90, holds to 180.
    # Of A there are two further callers (median of Poisson(2)), both 300 × ln 2 = 207.94 s after the first:
    # they hold 207.94-237.94 and 237.94-267.94.
    # C at 208 s comes after them: answered at 267.94, so it waits 59.94 s, and is dispatched 90 s later.
    world = build(LAND, {"dispatch.centre.seats": 1})
    played = play(
        world,
        Call("residential_fire", NOON_S - 300, limited=True, repeats=0.5),
        Call("social_assistance", NOON_S + 30),
        Call("social_assistance", NOON_S + 208),
    )
    a, b, c = (played.incident(number) for number in range(3))
    last = 300 * math.log(2) + 60
    assert (a["answered_s"], a["dispatched_s"]) == (0, 90)
    assert (b["answered_s"], b["dispatched_s"]) == (60, 150)
    # gap marks are kept in single precision
    assert c["answered_s"] == pytest.approx(last - 208, abs=1e-4)
    assert c["dispatched_s"] == pytest.approx(last - 208 + 90, abs=1e-4)


def test_second_seat_answers_the_waiting_call() -> None:
    world = build(LAND, {"dispatch.centre.seats": 2})
    calls = [Call("social_assistance", NOON_S + 30 * n) for n in range(3)]
    played = play(world, *calls)
    # seats free at 90 and 120: the third call (at 60) waits 30 s
    assert [played.incident(n)["answered_s"] for n in range(3)] == [0, 0, 30]


def test_number_of_further_callers_is_poisson() -> None:
    """Independent: the quantile function of scipy, against the inverse that the centre uses."""
    marks = (np.arange(400) + 0.5) / 400
    world = build(LAND)
    for kind, mean in (("residential_fire", 2), ("highrise_fire", 6), ("outdoor_fire", 1), ("standby", 0)):
        calls = workload([Call(kind, NOON_S + n, repeats=float(mark)) for n, mark in enumerate(marks)])
        times, _ = call_centre._repeat_calls(calls, world.config, np.zeros(len(calls)))
        expected = np.minimum(poisson.ppf(marks, mean), 8) if mean else np.zeros(len(marks))
        assert len(times) == expected.sum(), kind


def test_simultaneous_calls_are_answered_in_order_of_incident_number() -> None:
    world = build(LAND, {"dispatch.centre.seats": 1})
    played = play(world, *[Call("standby", NOON_S) for _ in range(3)])
    assert [played.incident(n)["answered_s"] for n in range(3)] == [0, 90, 180]
    assert set(played.incidents["type"]) <= set(TYPES)
