"""The bill of a what-if: what has an item is paid for, what has none is said."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.command_line import sim

from sim.app import money
from sim.app.page import Page
from sim.app.questions import Questions
from sim.config import costs
from sim.config.groups.plan import measures

COSTS = costs.read(None)
QUESTIONS = Questions([])


def bill(tmp_path: Path, *words: str) -> money.Bill:
    return money.bill(*QUESTIONS.pair(["scenario=2027", *words], tmp_path), COSTS)


def test_places_on_the_map_are_paid_for_one_by_one(tmp_path: Path) -> None:
    places = "add=station@118.86/28.97,nest@118.6/28.7,nest@118.9/29.1,car@118.8/28.9"
    assert bill(tmp_path, places) == money.Bill({"station_small": 1, "patrol_car": 1, "nest": 2}, [], [])


def test_a_further_team_needs_its_career_staff_too(tmp_path: Path) -> None:
    assert set(bill(tmp_path, "add=team@118.86/28.97").items) == {"team", "career"}


@pytest.mark.parametrize(
    ("words", "items", "free"),
    [
        (["plan.patrol_cars.enabled=false"], {"patrol_car": -100}, []),
        (["plan.unified_dispatch.enabled=false"], {"platform": -1}, []),
        (["plan.command_post.enabled=false"], {}, ["command_post"]),
        (["plan.stations.zhihui_small.enabled=false"], {"station_small": -1}, []),
        (
            ["scenario=2024", "plan.stations.zhihui_small.enabled=false"],
            {},
            [],
        ),  # it does nothing in that year
    ],
)
def test_a_measure_that_is_switched_is_paid_for_or_said_to_have_no_item(
    words: list[str], items: dict[str, float], free: list[str], tmp_path: Path
) -> None:
    found = bill(tmp_path, *words)
    assert (found.items, found.measures) == (items, free)


def test_every_measure_in_force_is_in_the_bill_or_named_beside_it(tmp_path: Path) -> None:
    off = [f"plan.{name}.enabled=false" for name, one in measures(QUESTIONS.standard.plan) if one.enabled]
    found = bill(tmp_path, *off)
    assert {
        "team",
        "nest",
        "hydrant",
        "intake_point",
        "home_alarm",
        "platform",
        "patrol_car",
        "career",
    } < set(found.items)
    assert all(count < 0 for count in found.items.values())
    assert {"platform", "specialist_kit", "fire_lanes", "awareness"} <= set(found.measures)


def test_a_station_that_closes_or_moves_has_no_item(tmp_path: Path) -> None:
    found = bill(tmp_path, "close=府东街站", "move=衢化路站@118.86/28.93")
    assert (found.items, len(found.places)) == ({}, 2)


@pytest.mark.parametrize(
    ("gain", "total", "low", "told"),
    [
        ((1.0, 1.1, 0.9), 200.0, 150.0, "200 for each one less"),
        ((-1.0, -1.1, -0.9), 200.0, 200.0, "costs more and is worse"),
        ((-1.0, -1.1, -0.9), -200.0, -200.0, "saves 200"),
        ((1.0, -1.1, 0.2), 200.0, 200.0, "cannot be told"),
        ((0.01, 0.011, 0.009), 200.0, 200.0, "cannot be told"),
        ((1.0, 1.1, 0.9), 0.0, 0.0, "at no cost"),
        ((1.0, 1.1, 0.9), 200.0, -1.0, "may cost or save"),
    ],
)
def test_an_effect_has_a_price_only_where_it_can_be_told(
    gain: tuple[float, ...], total: float, low: float, told: str
) -> None:
    key = pd.MultiIndex.from_tuples([("first_capable_mean", "all", "all")])
    sides = [pd.DataFrame([[10.0 - share * one for one in gain]], index=key) for share in (0, 1)]
    assert (
        told
        in money.effect(
            sides,
            "first_capable_mean",
            (total, low, total / 2 if total < 0 else 2 * total),
            Page(QUESTIONS, "en").words,
            "en",
        )[2]
    )


def test_costs_of_ones_own_that_do_not_fit_are_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("currency: EUR\n", encoding="utf-8")
    told = sim("app", "port=0", f"costs={tmp_path / 'mine.yaml'}")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)
    assert "mine.yaml" in told.stderr
