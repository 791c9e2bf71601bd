"""First water is later than first arrival: tank, crew, hydrant, draft, shuttle; and how water controls a fire.

A nozzle takes 6 L/s and a crew of three, and holds 2.5 MW, that is 10 m². What is not held goes on doubling every
360 s: after Δ seconds an area A of which H is held is H + (A − H) × 2^(Δ / 360). Discovery is off; the first
station, D km away, has water on at 265 + 100 D seconds.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers.small_world import Call, Place, Played, build, play, region, station_class

CARD = {"dispatch.run_cards.residential_fire": ({"engine": 1},) * 3, "fireground.discovery.enabled": False}
ONE_ENGINE = {**CARD, **station_class("small", 6, engine=1)}
FLASHOVER_S = math.sqrt(1000 / 0.01172)


def grown(area: float, held: float, seconds: float) -> float:
    return held + (area - held) * 2 ** (seconds / 360)


def unattacked(age: float) -> float:
    """Return the area of a medium fire past flashover, m2."""
    return 4 * 2 ** ((age - FLASHOVER_S) / 360)


# -- control: when the flow exceeds what burns --------------------------------------------------------------------


def two_stations(second_km: float, **changes: Any) -> Played:
    """Return a fire with one engine from 10 km, water at 1,265 s, and one from `second_km`."""
    land = region(sites=(("一站", "small", 10.0, 0.0), ("二站", "small", -second_km, 0.0)))
    cards = {"dispatch.run_cards.residential_fire": ({"engine": 2},) * 3}
    return play(build(land, {**ONE_ENGINE, **cards, **changes}), Call("residential_fire", growth="medium"))


def test_larger_fire_needs_a_second_engine_for_control() -> None:
    # at 1,265 s 26.0 m² burn, two nozzles hold 20; the rest doubles until four nozzles hold 40, at 1,465 s
    row = two_stations(12.0).incident()
    at_first = unattacked(1265)
    assert at_first == pytest.approx(26.04, abs=0.01)
    assert (row["first_water_s"], row["control_s"]) == (1265, 1465)
    assert row["burnt_m2"] == pytest.approx(20 + (at_first - 20) * 2 ** (200 / 360))  # 28.9
    # both at the same moment: held at once, at 26.0 m²
    together = two_stations(10.0).incident()
    assert (together["control_s"], together["burnt_m2"]) == (1265, pytest.approx(at_first))


def test_late_second_engine_does_not_control_the_fire() -> None:
    """An engine 40 km away finds more than two engines hold: the house burns out."""
    row = two_stations(40.0).incident()
    assert grown(unattacked(1265), 20, 3000) > 120  # all of the house, at 4,265 s
    assert row["burnt_m2"] == pytest.approx(120.0)
    # unattacked it would be at its cap at 2,058.6 s; it is ash an hour later
    assert row["control_s"] == pytest.approx(FLASHOVER_S + 360 * math.log2(30) + 3600)


@pytest.mark.parametrize(
    ("crew", "age_s", "held"),
    [
        (6, 1115, True),  # two nozzles, 20 m²: 19.5 m² burn
        (6, 1165, False),  # 21.5 m²
        (4, 765, True),  # one nozzle, 10 m²: 9.9 m² burn
        (4, 775, False),  # 10.1 m²
        (2, 765, True),  # never less than one nozzle
    ],
)
def test_number_of_nozzles_depends_on_the_crew(crew: int, age_s: float, held: bool) -> None:
    assert bool(unattacked(age_s) <= (20 if crew == 6 else 10)) is held
    # a crew of two takes 138 s to water instead of 120
    km = (age_s - 265 - (18 if crew == 2 else 0)) / 100
    changes = {**ONE_ENGINE, "forces.professional.crew_by_kind.engine": crew}
    row = play(
        build(region(sites=(("一站", "small", km, 0.0),)), changes), Call("residential_fire")
    ).incident()
    assert row["first_water_s"] == pytest.approx(age_s)
    assert bool(row["control_s"] == row["first_water_s"]) is held


# -- the crew and the time to water -------------------------------------------------------------------------------


@pytest.mark.parametrize(("crew", "factor"), [(2, 1.15), (3, 1.06), (4, 1.0), (6, 1.0)])
def test_small_crew_takes_longer_to_first_water(crew: int, factor: float) -> None:
    world = build(
        region(sites=(("一站", "small", 2.0, 0.0),)),
        {**ONE_ENGINE, "forces.professional.crew_by_kind.engine": crew},
    )
    row = play(world, Call("residential_fire", limited=True)).incident()
    # there at 345 s, then 120 s for a crew of four
    assert row["first_water_s"] == pytest.approx(345 + 120 * factor)


def test_time_to_water_has_its_own_random_draw() -> None:
    world = build(region(sites=(("一站", "small", 2.0, 0.0),)), ONE_ENGINE)
    row = play(world, Call("residential_fire", limited=True, draws={"tank": -1.0})).incident()
    assert row["first_water_s"] == pytest.approx(345 + 120 * math.exp(-0.4))


# -- where the water comes from -----------------------------------------------------------------------------------


def source_of(
    kind: str, setting: str, levels: dict[str, float] | None = None, **draws: float
) -> tuple[str, float]:
    """Return the water source of an incident."""
    land = region((Place("甲乡", setting=setting),), (("一站", "small", 0.0, 0.0),))
    played = play(build(land, ONE_ENGINE, levels), Call(kind, limited=True, draws=draws))
    source = played.incident()["water_source"]
    assert isinstance(source, str)
    return source, played.stories[0].batch.scenes.supply[0]


@pytest.mark.parametrize(
    ("kind", "setting", "draws", "source", "delay_s"),
    [
        ("residential_fire", "urban", {"covered": 0.89, "hydrant_works": 0.92}, "hydrant", 120),
        ("residential_fire", "town", {"covered": 0.89, "hydrant_works": 0.92}, "hydrant", 120),
        # the nearest hydrant is dry: the next one, 240 s more
        ("residential_fire", "urban", {"covered": 0.89, "hydrant_works": 0.94}, "hydrant_failed", 120 + 240),
        ("residential_fire", "urban", {"covered": 0.91}, "shuttle", 1500),  # one street in ten without
        ("premises_fire", "urban", {"covered": 0.91, "park": 0.69}, "park", 120),
        ("premises_fire", "plain", {"park": 0.69}, "park", 120),  # the park's own water
        ("premises_fire", "plain", {"park": 0.71}, "shuttle", 1500),
        ("residential_fire", "plain", {"park": 0.0}, "shuttle", 1500),  # a house is no park
        # a large village (0.45) with a point in reach: 1 − e^(−0.8 × 0.6) = 0.381
        ("residential_fire", "plain", {"village": 0.44, "intake": 0.38}, "draft", 420),
        ("residential_fire", "mountain", {"village": 0.44, "intake": 0.38}, "draft", 420),
        ("residential_fire", "plain", {"village": 0.44, "intake": 0.39}, "shuttle", 1500),
        # no duty to villages below 1,000
        ("residential_fire", "plain", {"village": 0.46, "intake": 0.0}, "shuttle", 1500),
    ],
)
def test_water_source_depends_on_place_and_type(
    kind: str, setting: str, draws: dict[str, float], source: str, delay_s: float
) -> None:
    assert source_of(kind, setting, **draws) == (source, pytest.approx(delay_s))


def test_water_measures_improve_the_water_source() -> None:
    dry = {"covered": 0.95, "hydrant_works": 0.95}
    assert source_of("residential_fire", "urban", **dry)[0] == "shuttle"
    full = {"water_coverage": 1.0, "hydrant_serviceable": 1.0}
    assert source_of("residential_fire", "urban", full, **dry)[0] == "hydrant"
    assert source_of("premises_fire", "plain", {"park_water": 0.95}, park=0.9)[0] == "park"
    # two points a village: 1 − e^(−2 × 0.6) = 0.699
    village = {"village": 0.44, "intake": 0.69}
    assert source_of("residential_fire", "plain", **village)[0] == "shuttle"
    assert source_of("residential_fire", "plain", {"intake_points": 2.0}, **village)[0] == "draft"


# -- the tank runs dry --------------------------------------------------------------------------------------------


def dry_tank(
    setting: str, tank_m3: float = 2.0, *, limited_supply: bool = True, **draws: float
) -> dict[str, Any]:
    """Return a fire with one engine's tank on it at 1,175 s and two more engines at 1,655 s.

    The first engine's two nozzles hold 20 of 21.9 m² as long as they have water: a tank of 2 m³ lasts
    2,000 L / 12 L/s = 166.7 s. The other two, six nozzles in all, hold it 480 s later.
    """
    land = region(
        (Place("甲乡", setting=setting),), (("一站", "small", 9.1, 0.0), ("二站", "class2", -13.9, 0.0))
    )
    changes = {
        **ONE_ENGINE,
        **station_class("class2", 12, engine=2),
        "dispatch.run_cards.residential_fire": ({"engine": 3},) * 3,
        "forces.professional.water_m3": tank_m3,
        "fireground.water.enabled": limited_supply,
    }
    row = play(build(land, changes), Call("residential_fire", draws=draws)).incident()
    assert (row["first_water_s"], row["control_s"]) == (1175, 1655)
    return row


TANK_S = 2000 / 12


@pytest.mark.parametrize(
    ("setting", "draws", "dry_until"),
    [
        ("urban", {}, TANK_S),  # a hydrant after 120 s, before the tank is empty
        ("urban", {"hydrant_works": 0.94}, 360.0),  # the second hydrant after 360 s: 193.3 s without water
        ("plain", {"village": 0.4, "intake": 0.3}, 420.0),  # a draft after 420 s: 253.3 s without
    ],
)
def test_fire_grows_between_empty_tank_and_water_supply(
    setting: str, draws: dict[str, float], dry_until: float
) -> None:
    area = grown(unattacked(1175), 20, TANK_S)
    area = grown(area, 0, dry_until - TANK_S)
    area = grown(area, 20, 480 - dry_until)
    assert dry_tank(setting, **draws)["burnt_m2"] == pytest.approx(area)


def test_shuttle_supplies_a_fraction_of_a_nozzle() -> None:
    # a tank of 2 m³ every 1,500 s is 1.33 L/s, 0.222 of a nozzle: 2.2 m²
    area = grown(unattacked(1175), 20, TANK_S)
    area = grown(area, 10 * 2000 / 1500 / 6, 480 - TANK_S)
    row = dry_tank("plain")
    assert row["water_source"] == "shuttle"
    assert row["burnt_m2"] == pytest.approx(area)


def test_larger_tank_or_unlimited_water_closes_the_supply_gap() -> None:
    # 6 m³ last 500 s: no gap in 480 s
    area = grown(unattacked(1175), 20, 480)
    assert dry_tank("plain", tank_m3=6.0)["burnt_m2"] == pytest.approx(area)
    # the switch: water is not looked for
    assert dry_tank("plain", limited_supply=False)["burnt_m2"] == pytest.approx(area)
