"""Time on scene follows from the size of the fire and the force: late arrivals lengthen the job.

After control: mop-up by type (a dwelling 2,400 s), and what has burnt is turned over at 2 m² a minute by each crew
that was there at control. Units still rolling at control turn back, but the first capable crew goes on, and so does
the brigade's first, which takes over. Discovery is off.
"""

from __future__ import annotations

import math

import pytest
from helpers.small_world import NOON_S, Call, Place, build, play, region, station_class, unified

CARD = {"fireground.discovery.enabled": False}
ONE_ENGINE = {
    **CARD,
    **station_class("small", 6, engine=1),
    "dispatch.run_cards.residential_fire": ({"engine": 1},) * 3,
}
TWO_ENGINES = {
    **ONE_ENGINE,
    **station_class("small", 12, engine=2),
    "dispatch.run_cards.residential_fire": ({"engine": 2},) * 3,
}


def area_at(age: float) -> float:
    return 4 * 2 ** ((age - math.sqrt(1000 / 0.01172)) / 360)


def test_later_arrival_lengthens_the_time_on_scene() -> None:
    # 1 km: water at 365 s on 4.60 m²: 2,400 + 138 s; 8 km: water at 1,065 s on 17.7 m²: 2,400 + 532 s
    for km, overhaul in ((1.0, 138.1), (8.0, 531.5)):
        row = play(
            build(region(sites=(("一站", "small", km, 0.0),)), ONE_ENGINE), Call("residential_fire")
        ).incident()
        control = 265 + 100 * km
        assert row["control_s"] == control
        assert area_at(control) * 30 == pytest.approx(overhaul, abs=0.1)
        assert row["closed_s"] - control == pytest.approx(2400 + area_at(control) * 30)


def test_two_crews_halve_the_overhaul() -> None:
    row = play(
        build(region(sites=(("一站", "small", 8.0, 0.0),)), TWO_ENGINES), Call("residential_fire")
    ).incident()
    assert row["closed_s"] - row["control_s"] == pytest.approx(2400 + area_at(1065) * 15)


@pytest.mark.parametrize(
    ("kind", "mop_up_s"),
    [
        ("residential_fire", 2400),
        ("highrise_fire", 5400),
        ("premises_fire", 4800),
        ("vehicle_fire", 1500),
        ("outdoor_fire", 1200),
    ],
)
def test_mop_up_time_depends_on_the_type(kind: str, mop_up_s: float) -> None:
    world = build(region(sites=(("一站", "class1", 0.0, 0.0),)), {**CARD, "fireground.access.enabled": False})
    row = play(world, Call(kind, limited=True)).incident()
    crews = {"highrise_fire": 4, "premises_fire": 2, "residential_fire": 2}.get(kind, 1)  # of the run cards
    # 1.2 m² at 2 m² a minute
    assert row["closed_s"] - row["control_s"] == pytest.approx(mop_up_s + 36 / crews)
    lucky = play(world, Call(kind, limited=True, draws={"scene": -1.0})).incident()
    spread = 0.5 if kind == "vehicle_fire" else 0.6
    assert lucky["closed_s"] - lucky["control_s"] == pytest.approx(mop_up_s * math.exp(-spread) + 36 / crews)


def test_units_en_route_turn_back_at_control() -> None:
    """Unified, a town's team at the fire: it holds it at once; the brigade's first goes on, the others turn back."""
    land = region((Place("甲镇", "town"),), (("一站", "class1", 10.0, 0.0),))
    cards = {"dispatch.run_cards.residential_fire": ({"engine": 3},) * 3}
    played = play(build(land, {**CARD, **cards}, unified()), Call("residential_fire", limited=True))
    # team of four: 70 + 90 = 160 there, water at 280; the brigade rolls from 125 s on and is expected at 1,125 s
    assert played.incident()["control_s"] == pytest.approx(280)
    sent = played.sent()
    assert sent["outcome"].tolist() == ["arrived", "withdrawn", "withdrawn", "arrived"]
    # turned round at 280 s after 155 s on the road, so 155 s home
    assert played.times("一站 engine 2")[3:] == pytest.approx((280, 435))
    assert math.isnan(played.times("一站 engine 2")[2])
    # control 280, mop-up 2,400, 1.2 m² by one crew 36 s
    assert played.incident()["closed_s"] == pytest.approx(280 + 2400 + 36)
    assert played.incident()["recalled"] == 2
    assert played.incident()["first_professional_s"] == 1125


def test_no_unit_leaves_before_the_brigade_takes_over() -> None:
    """A car fire is out long before the brigade is there from 30 km: 70 + 55 + 3,000 s, and it reports after 60 s."""
    land = region((Place("甲镇", "town"),), (("一站", "class1", 30.0, 0.0),))
    played = play(build(land, CARD, unified()), Call("vehicle_fire", limited=True))
    assert played.incident()["control_s"] == pytest.approx(280)
    # mop-up would end at 280 + 1,500 + 36
    assert played.incident()["closed_s"] == pytest.approx(3125 + 60)
    assert played.times("甲镇专职队 engine 1")[3] == pytest.approx(3185)


def test_longer_job_delays_the_next_call() -> None:
    """Late arrivals make long jobs, and long jobs make late arrivals elsewhere: one engine, two calls."""
    found = {}
    for growth, limited in (("slow", True), ("medium", False)):
        world = build(
            region(sites=(("一站", "small", 8.0, 0.0),)), {**ONE_ENGINE, "dispatch.en_route": False}
        )
        calls = [
            Call("residential_fire", NOON_S, growth=growth, limited=limited),
            Call("social_assistance", NOON_S + 600),
        ]
        found[growth] = play(world, *calls).incident(1)["first_arrival_s"]
    # there is 17.7 − 1.2 m² more to turn over, at 30 s each
    assert found["medium"] - found["slow"] == pytest.approx((area_at(1065) - 1.2) * 30)
