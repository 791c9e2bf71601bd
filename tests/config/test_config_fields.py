"""Plain nested values become frozen dataclasses, or one sentence names the key, what was found and what is allowed."""

# ruff: noqa: RUF009 -- number and value describe a field, as in the schema

from __future__ import annotations

import copy
import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.config.compose import raw
from sim.config.fields import build, number, value, vector
from sim.config.schema import Config, read
from sim.errors import SimError


@dataclass(frozen=True)
class Inner:
    speed: float = number("speed", "km/h", 1, 300, "v")
    crew: int = number("crew", "persons", 1, 8)


@dataclass(frozen=True)
class Outer:
    on: bool = value("a switch")
    kind: Literal["euclid", "manhattan"] = value("a choice")
    title: str = value("a text")
    folder: str | None = value("a text or nothing")
    limit: float | None = number("a number or nothing", "m", 0, 10)
    inner: Inner = value("a group")
    hours: tuple[float, ...] = vector("by hour", "%", 0, 100, 3)
    names: tuple[str, ...] = value("a list of names", names=("a", "b"))
    table: dict[str, float] = number("a table", "-", 0, 1)
    places: dict[str, Inner] = value("a table of groups", names=("here", "there"))
    cards: dict[str, tuple[dict[str, int], ...]] = value("tables in lists in a table", names=("fire",))

    def check(self, path: str) -> None:
        if self.table.get("x") == 0.5:
            raise SimError(f"{path}.table.x must not be a half.")


GOOD: dict[str, Any] = {
    "on": True,
    "kind": "euclid",
    "title": "t",
    "folder": None,
    "limit": None,
    "inner": {"speed": 30, "crew": 2},
    "hours": [1, 2, 3],
    "names": ["a"],
    "table": {"x": 0.25},
    "places": {"here": {"speed": 1.5, "crew": 1}},
    "cards": {"fire": [{"engine": 1}, {}]},
}


def with_value(keys: tuple[Any, ...], item: Any) -> dict[str, Any]:
    tree = copy.deepcopy(GOOD)
    node: Any = tree
    for key in keys[:-1]:
        node = node[key]
    node[keys[-1]] = item
    return tree


def test_plain_values_become_a_frozen_dataclass() -> None:
    built = build(Outer, GOOD)
    assert built.inner == Inner(30.0, 2)
    assert isinstance(built.inner.speed, float)
    assert built.hours == (1.0, 2.0, 3.0)
    assert built.cards == {"fire": ({"engine": 1}, {})}
    assert built.places["here"].speed == 1.5
    with pytest.raises(dataclasses.FrozenInstanceError):
        built.inner.crew = 3  # type: ignore[misc]


REFUSED = [
    # keys, value, words that the sentence must hold: the key, what was found, what is allowed
    (("inner", "speed"), 0.5, ["inner.speed is 0.5 km/h", "1..300 km/h"]),
    (("inner", "speed"), 301, ["inner.speed is 301 km/h", "1..300 km/h"]),
    (("inner", "speed"), "fast", ["inner.speed must be a number in 1..300 km/h", "found 'fast'"]),
    (("inner", "speed"), True, ["inner.speed must be a number", "found True"]),
    (("inner", "speed"), None, ["inner.speed must be a number", "found nothing"]),
    (("inner", "speed"), [3], ["inner.speed must be a number", "found [3]"]),
    (("inner", "speed"), {"a": 3}, ["inner.speed must be a number", "found a group (a)"]),
    (("inner", "speed"), math.nan, ["inner.speed must be a number", "found nan"]),
    (("inner", "speed"), math.inf, ["inner.speed must be a number", "found inf"]),
    (("inner", "speed"), 10**400, ["inner.speed is a number of about 400 digits", "1..300 km/h"]),
    (("inner", "crew"), 2.5, ["inner.crew must be a whole number in 1..8 persons", "found 2.5"]),
    (("inner", "crew"), False, ["inner.crew must be a whole number", "found False"]),
    (("inner", "crew"), 9, ["inner.crew is 9 persons", "1..8 persons"]),
    (("inner", "crew"), -math.inf, ["inner.crew must be a whole number", "found -inf"]),
    (("inner", "tiller"), 1, ["unknown key inner.tiller", "known keys in inner: speed, crew"]),
    (("tiller",), 1, ["unknown key tiller", "known keys here: on, kind"]),
    (("inner",), 3, ["inner must be a group of keys", "found 3"]),
    (("inner",), [1, 2], ["inner must be a group of keys", "found [1, 2]"]),
    (("inner",), {"speed": 3}, ["key inner.crew is missing", "crew"]),
    (("on",), 1, ["on must be true or false", "found 1"]),
    (("on",), "true", ["on must be true or false", "found 'true'"]),
    (("kind",), "taxi", ["kind is 'taxi'", "allowed: euclid, manhattan"]),
    (("kind",), True, ["kind is True", "allowed: euclid, manhattan"]),
    (("kind",), ["euclid"], ["kind is ['euclid']", "allowed"]),
    (("title",), None, ["title must be a text", "found nothing"]),
    (("title",), False, ["title must be a text", "found False"]),
    (("folder",), ["a"], ["folder must be a text", "found ['a']"]),
    (("limit",), 11, ["limit is 11 m", "0..10 m"]),
    (("limit",), "none", ["limit must be a number in 0..10 m", "found 'none'"]),
    (("hours",), [1, 2], ["hours must have 3 entries", "found 2"]),
    (("hours",), 5, ["hours must be a list", "found 5"]),
    (("hours",), "1 2 3", ["hours must be a list", "found '1 2 3'"]),
    (("hours", 1), 101, ["hours[1] is 101 %", "0..100 %"]),
    (("hours", 2), "x", ["hours[2] must be a number", "found 'x'"]),
    (("names",), ["a", "c"], ["names holds 'c'", "allowed: a, b"]),
    (("table", "x"), 1.5, ["table.x is 1.5", "0..1"]),
    (("table",), [0.1], ["table must be a group of keys", "found [0.1]"]),
    (("table", "x"), 0.5, ["table.x must not be a half"]),
    (("places", "nowhere"), {"speed": 3, "crew": 1}, ["unknown key places.nowhere", "allowed: here, there"]),
    (("places", "here", "crew"), 0, ["places.here.crew is 0 persons", "1..8 persons"]),
    (("places", "here", "size"), 0, ["unknown key places.here.size", "speed, crew"]),
    (("cards", "fire", 0, "engine"), "two", ["cards.fire[0].engine must be a whole number", "found 'two'"]),
    (("cards", "fire", 1), 3, ["cards.fire[1] must be a group of keys", "found 3"]),
    (("cards", "flood"), [], ["unknown key cards.flood", "allowed: fire"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("keys", "item", "words"), REFUSED, ids=[f"{k[-1]}={str(v)[:20]}" for k, v, _ in REFUSED]
)
def test_wrong_value_is_refused_with_key_found_and_allowed(
    keys: tuple[Any, ...], item: Any, words: list[str]
) -> None:
    with pytest.raises(SimError) as refusal:
        build(Outer, with_value(keys, item))
    text = str(refusal.value)
    assert all(word in text for word in words), text
    assert text.endswith(".")
    assert "\n" not in text
    assert len(text) < 400


@pytest.mark.parametrize(
    ("keys", "item"),
    [
        (("inner", "speed"), 1), (("inner", "speed"), 300.0), (("inner", "crew"), 8.0), (("limit",), 0),
        (("limit",), 10), (("names",), []), (("table",), {}), (("title",), 2025),
        (("title",), "衢州"), (("folder",), "x"),
    ],
)  # fmt: skip
def test_range_bounds_are_allowed_values(keys: tuple[Any, ...], item: Any) -> None:
    build(Outer, with_value(keys, item))


@pytest.mark.parametrize("tree", [None, 3, "x", [], {}])
def test_missing_configuration_is_refused(tree: Any) -> None:
    with pytest.raises(SimError):
        build(Outer, tree)


@pytest.mark.parametrize("name", GOOD)
def test_every_missing_key_is_named(name: str) -> None:
    with pytest.raises(SimError, match=f"key {name} is missing"):
        build(Outer, {key: item for key, item in GOOD.items() if key != name})


SHIPPED = raw(["scenario=2025"])
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=10),
    st.lists(st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=3)), max_size=3),
)


def nodes(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in nested values."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, item in inner for place in nodes(item, (*path, key)))]


PLACES = [place for place in nodes(SHIPPED) if place]


@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["set", "drop", "add"]), anything),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=300, deadline=None)
def test_mutated_configuration_is_read_or_refused_in_a_sentence(
    changes: list[tuple[tuple[Any, ...], str, Any]],
) -> None:
    tree = copy.deepcopy(SHIPPED)
    for place, how, item in changes:
        node: Any = tree
        try:
            for key in place[:-1]:
                node = node[key]
            if how == "drop":
                del node[place[-1]]
            elif how == "add" and isinstance(node, dict):
                node["added"] = item
            else:
                node[place[-1]] = item
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change has taken the place away
    try:
        found: Config | str = read(tree)
    except SimError as refusal:
        found = str(refusal)
    if isinstance(found, str):
        assert "\n" not in found.replace("\\n", "")
        assert len(found) < 1000
    else:
        assert isinstance(found, Config)


def numbers(item: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], float, float]]:
    """Every key of the configuration that is one number, with its range."""
    found = []
    for field in dataclasses.fields(item):
        inner, place = getattr(item, field.name), (*path, field.name)
        if dataclasses.is_dataclass(inner):
            found += numbers(inner, place)
        elif "low" in field.metadata and isinstance(inner, int | float):
            found.append((place, field.metadata["low"], field.metadata["high"]))
    return found


NUMBERS = numbers(read(SHIPPED))


@pytest.mark.parametrize(("place", "low", "high"), NUMBERS, ids=[".".join(place) for place, *_ in NUMBERS])
def test_every_number_refuses_values_outside_its_range(
    place: tuple[str, ...], low: float, high: float
) -> None:
    for outside in (low - 1 - abs(low) / 1e6, high * (1 + 1e-6) + 1):
        tree = copy.deepcopy(SHIPPED)
        node = tree
        for key in place[:-1]:
            node = node[key]
        node[place[-1]] = math.floor(outside) if outside < 0 else math.ceil(outside)
        with pytest.raises(SimError) as refusal:
            read(tree)
        assert f"{'.'.join(place)} is " in str(refusal.value)
        assert "allowed:" in str(refusal.value)
