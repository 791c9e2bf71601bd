"""Growth of a fire that nobody fights: t², flashover, doubling, the cap, burning out.

Discovery is off, so a fire is called in as it starts. The one engine is ordered at 90 s, leaves at 145 s, drives
10 m/s and has water 120 s after it is there: D km away, water is on at 265 + 100 D seconds. Its two nozzles hold
20 m², so a fire smaller than that is held when the water comes, and what has burnt is its area at that moment.
1 m² burns with 250 kW; flashover is at 1,000 kW, that is 4 m².
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import Call, Played, build, play, region, station_class

from sim.simulation.fireground import Water

LAND = region(sites=(("一站", "small", 0.0, 0.0),))
ONE_ENGINE = {
    **station_class("small", 6, engine=1),
    "dispatch.run_cards.residential_fire": ({"engine": 1},) * 3,
    "dispatch.run_cards.premises_fire": ({"engine": 1},) * 3,
    "fireground.discovery.enabled": False,
}
NOBODY = {**ONE_ENGINE, "forces.professional.enabled": False}
HOUR = 3600.0


def burn(km: float, kind: str = "residential_fire", growth: str = "medium", **more: Any) -> Played:
    """Return what happens at a fire so far from the only engine."""
    changes = more.pop("changes", ONE_ENGINE)
    return play(build(LAND, changes), Call(kind, km=(km, 0.0), growth=growth, **more))


@pytest.mark.parametrize(
    ("growth", "area_m2"),
    [
        ("slow", 0.82304),  # 0.00293 × 265² = 205.76 kW, over 250
        ("medium", 3.29215),  # 0.01172 × 265² = 823.04 kW
        ("fast", 5.029740),  # 1,000 kW after √(1000 / 0.0469) = 146.0 s; then 4 × 2^(119.0 / 360)
        ("ultrafast", 5.788939),  # 1,000 kW after 73.0 s; then 4 × 2^(192.0 / 360)
    ],
)
def test_heat_release_grows_with_time_squared_by_growth_class(growth: str, area_m2: float) -> None:
    row = burn(0.0, growth=growth).incident()
    assert row["first_water_s"] == row["control_s"] == 265
    assert row["burnt_m2"] == pytest.approx(area_m2, rel=1e-4)


@pytest.mark.parametrize("km", [1.0, 4.6, 8.2])
def test_area_doubles_every_six_minutes_after_flashover(km: float) -> None:
    # 365 s: 4 × 2^((365 − 292.1) / 360) = 4.603 m²; every 3.6 km are 360 s
    doublings = (km - 1.0) / 3.6
    assert burn(km).incident()["burnt_m2"] == pytest.approx(4.6029 * 2**doublings, rel=1e-4)


def test_fire_grows_unattacked_until_first_water() -> None:
    """The medium fire whose water comes at 265 s is 0.01172 × 200² / 250 = 1.8752 m² at 200 s, and not held."""
    played = burn(0.0)
    story, ground = played.stories[0], played.response.scene.fireground
    begun = story.batch.flaming_s[story.row]
    water = Water(begun + 145, 6, 5.0, light=False)
    now = ground.suppress(story.batch.scenes, story.row, begun, [water], math.inf, until=begun + 200)
    assert now.area_m2 == pytest.approx(1.8752)
    assert math.isinf(now.control)
    assert now.first_water == pytest.approx(begun + 265)


def test_doubling_time_has_its_own_random_draw() -> None:
    # z = 1: 360 × e^0.4 = 537.06 s to double: 4 × 2^(72.9 / 537.06)
    found = burn(1.0, draws={"doubling": 1.0}).incident()["burnt_m2"]
    assert found == pytest.approx(4 * 2 ** ((365 - 292.106) / 537.057), rel=1e-5)


def test_self_limiting_fire_stays_at_300_kw() -> None:
    # 300 kW after √(300 / 0.01172) = 160 s; at 265 s and at 1,265 s it is the same 1.2 m²
    for km in (0.0, 10.0):
        row = burn(km, limited=True).incident()
        assert row["burnt_m2"] == pytest.approx(1.2)
        assert row["control_s"] == row["first_water_s"]


@pytest.mark.parametrize(
    ("kind", "cluster", "cap_m2"),
    [
        ("residential_fire", 0.5, 120.0),  # a village house
        ("residential_fire", 0.05, 600.0),  # the tenth that can take the cluster with it
        ("premises_fire", 0.5, 300.0),  # a shop
        ("premises_fire", 0.28, 300.0),  # of the 28 % that are halls the cap is log-uniform:
        ("premises_fire", 0.14, 1224.745),  # 300 × √(5000 / 300), halfway
        ("premises_fire", 0.0, 300.0),  # the smallest hall is a shop
        ("vehicle_fire", 0.5, 12.0),
        ("outdoor_fire", 0.5, 200.0),
    ],
)
def test_unattacked_fire_reaches_its_cap_and_burns_out(kind: str, cluster: float, cap_m2: float) -> None:
    row = burn(0.0, kind, draws={"cluster": cluster}, changes=NOBODY).incident()
    assert row["burnt_m2"] == pytest.approx(cap_m2, rel=1e-6)
    # 4 m² at √(1000 / 0.01172) = 292.1 s, doubled log2(cap / 4) times in 360 s each, then an hour of fuel
    age_at_cap = 292.106 + 360 * math.log2(cap_m2 / 4)
    assert row["control_s"] == pytest.approx(age_at_cap + HOUR, rel=1e-6)
    assert math.isnan(row["first_water_s"])
    assert math.isnan(row["first_arrival_s"])


def test_vehicle_fire_reaches_its_cap_before_flashover() -> None:
    """A cap below the 4 m² of flashover is reached on the t² curve."""
    changes = {**NOBODY, "fireground.growth.cap_m2.vehicle_fire": 2.0}
    row = burn(0.0, "vehicle_fire", changes=changes).incident()
    # 2 m² burn with 500 kW, reached after √(500 / 0.01172) = 206.55 s
    assert row["burnt_m2"] == pytest.approx(2.0)
    assert row["control_s"] == pytest.approx(206.55 + HOUR, abs=0.01)


def test_water_after_burn_out_has_no_effect() -> None:
    # a car reaches 12 m² after 292.1 + 360 × log2(3) = 862.7 s and is ash at 4462.7 s; 60 km away, water is at 6,265 s
    row = burn(60.0, "vehicle_fire").incident()
    assert row["control_s"] == pytest.approx(292.106 + 360 * math.log2(3) + HOUR)
    assert row["burnt_m2"] == pytest.approx(12.0)


def test_fire_grows_before_the_call() -> None:
    # discovered after 240 s and called in after 60 s more, a dwelling fire is 300 s older when water comes
    changes = {**ONE_ENGINE, "fireground.discovery.enabled": True}
    found = burn(0.0, changes=changes).incident()
    assert (found["ignition_s"], found["first_water_s"]) == (-300, 265)
    assert found["burnt_m2"] == pytest.approx(4 * 2 ** ((565 - 292.106) / 360), rel=1e-5)


def test_time_on_scene_is_drawn_when_growth_is_off() -> None:
    played = burn(0.0, changes={**ONE_ENGINE, "fireground.growth.enabled": False})
    row = played.incident()
    assert math.isnan(row["burnt_m2"])
    assert math.isnan(row["control_s"])
    # there at 145 s, an hour of work (os_res), home at once, 1,200 s of recovery
    assert played.times("一站 engine 1")[2:] == (145, 145 + HOUR, 145 + HOUR + 1200)
