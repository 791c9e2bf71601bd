"""Parameters asked for: the keys that they move, ranges of one's own, and sentences for what cannot be varied."""

from __future__ import annotations

import pytest

from sim.config.book import ALSO, book, walk
from sim.config.compose import compose
from sim.errors import SimError
from sim.studies.sensitivity.parameters import Parameter, choose

CONFIG = compose(["scenario=2025"])


def one(item: str) -> Parameter:
    return choose([item], CONFIG)[0]


@pytest.mark.parametrize(
    ("item", "value", "arguments"),
    [
        ("m_seats", 6, ["dispatch.centre.seats=6"]),
        ("v_prov", 50.5, ["travel.trunk_kmh.urban=50.5", "travel.trunk_kmh.town=50.5", "travel.trunk_kmh.plain=50.5"]),
        ("k_mtn", 2, ["travel.detour.mountain=2.0"]),
        ("r_d_out", 6.5, ["forces.drones.radius_m=6500.0"]),  # kilometres in the book
        ("t_rec", 15, ["forces.recovery.scale=900.0"]),  # minutes in the book, a median in seconds
        ("t_disc_d", 300, ["fireground.discovery.attended.scale=300.0", "outcome.usual_discovery_min=5.0"]),
        ("m_asleep", 0.7, ["fireground.discovery.asleep_share.residential_fire=0.7",
                           "fireground.discovery.asleep_share.highrise_fire=0.7"]),  # premises ship another value
        ("dispatch.relay.never.patrol:0..0.5", 0.4, ["dispatch.relay.never.patrol=0.4"]),
    ],
)  # fmt: skip
def test_a_parameter_moves_the_keys_that_ship_its_value(
    item: str, value: float, arguments: list[str]
) -> None:
    assert one(item).arguments(value) == arguments
    compose(["scenario=2025", *arguments])


def test_a_range_of_factors_moves_every_entry_in_proportion() -> None:
    found = one("m_loss_base")
    assert (found.nominal, found.low, found.high, found.law) == (1, 0.5, 2, "log")
    assert "outcome.loss_base_cny.residential_fire=3000.0" in found.arguments(2.0)
    assert "outcome.loss_base_cny.vehicle_fire=20000.0" in found.arguments(2.0)


def test_ranges_are_those_of_the_book_or_ones_own() -> None:
    assert (one("v_mtn").low, one("v_mtn").high, one("v_mtn").law) == (18, 38, "uniform")
    assert (one("v_mtn:20..35").low, one("v_mtn:20..35").high) == (20, 35)
    assert one("t_relay").law == "log"
    assert one("m_seats").law == "whole"
    assert one("travel.local_kmh.mountain").low == 18  # a key with its row's value has its row's range


def test_what_changes_the_incidents_says_so() -> None:
    assert one("Lam").workload
    assert not one("v_mtn").workload


def test_assumptions_are_all_that_the_book_marks_so_and_that_have_a_range() -> None:
    found = choose(["assumptions"], CONFIG)
    assert {parameter.confidence for parameter in found} == {"assumption"}
    assert len(found) > 90
    assert len(choose(["all"], CONFIG)) > len(found)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        (["v_mtnn"], "parameters has 'v_mtnn', which is no symbol .*did you mean v_mtn\\?"),
        (["xyz"], "parameters has 'xyz', which is no symbol"),
        (["n_stn23"], "parameter n_stn23 stands in no key"),
        (["k_nb"], "parameter k_nb has the range '3–inf .Poisson.', which is not LOW–HIGH"),
        (["m_integrated"], "parameter m_integrated has the value '0 → 1', which is not one number"),
        (
            ["t_to_pc"],
            "parameter t_to_pc has the value '10 / 120'.*forces.patrol.turnout_mobile.scale:LOW..HIGH",
        ),
        (["p_d_avail"], "parameter p_d_avail has the value 0.8, which no key has as it is"),
        (["v_mtn:40..50"], "parameter v_mtn has the value 28 outside its range 40..50"),
        (["v_mtn:50..40"], "parameters has 'v_mtn:50..40'; allowed: v_mtn:LOW..HIGH with LOW below HIGH"),
        (["v_mtn:0..50"], "parameter v_mtn would set travel.local_kmh.mountain to 0; allowed: 1..300"),
        (["dispatch.relay.never.patrol"], "parameter dispatch.relay.never.patrol has no range of its own"),
        (
            ["dispatch.relay.never.patrol:0..2"],
            "parameter dispatch.relay.never.patrol would be 2; allowed: 0..1",
        ),
        (
            ["dispatch.relay.never.patrol:0.5..0.9"],
            "parameter dispatch.relay.never.patrol has the value 0.2, outside",
        ),
        (["v_mtn", "travel.local_kmh.mountain"], "moves travel.local_kmh.mountain twice, by v_mtn and"),
        ([], "parameters is empty"),
    ],
)
def test_what_cannot_be_varied_is_refused_in_a_sentence_that_names_it(items: list[str], said: str) -> None:
    with pytest.raises(SimError, match=said):
        choose(items, CONFIG)


def test_rows_of_other_fields_are_rows_and_keys() -> None:
    keys, rows = {leaf.key for leaf in walk(CONFIG)}, book()
    for symbol, targets in ALSO.items():
        assert symbol in rows
        assert set(targets) <= keys
