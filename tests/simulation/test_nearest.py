"""The dispatched unit is the nearest free one of all, also when every near unit is away.

The model looks at a few nearest stations of each tier first and widens the search when they cannot help. Here one
call after another takes a unit that never comes back, until nobody is left; each must get the one that brute force sends.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import exp, hypot
from typing import Any

from helpers.small_world import KM, NOON_S, Call, Place, build, play, region, station_class, unified
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sim.config.groups.forces import Duration
from sim.terms import TIER

UNIFIED = unified()
ONE_ENGINE_EACH: dict[str, Any] = {
    **station_class("small", 8, engine=1),
    "dispatch.centre.seats": 1000,
    "dispatch.queue": "loss",
    "fireground.on_scene.others.social_assistance": Duration("constant", 1e6, 0.0),
}
# From the order to the wheels, expected: the mean of a log-normal law is exp(sd² / 2) times its median
TURNOUT_S = {
    "professional": 55 * exp(0.3**2 / 2),
    "township": 90 * exp(0.4**2 / 2),
    "volunteer": 300 * exp(0.5**2 / 2),
}
SPEED_MS = 10.0
KINDS = {"town": "township", "township": "volunteer"}  # the tier that a kind of place has
WORDS = {"town": "专职队 engine 1", "township": "志愿队 pump"}

spots = st.tuples(st.integers(-300, 300), st.integers(-300, 300)).map(lambda at: (at[0] / 10, at[1] / 10))
close = st.tuples(st.integers(-60, 60), st.integers(-60, 60)).map(lambda at: (at[0] / 10, at[1] / 10))


@dataclass(frozen=True)
class Somebody:
    """A unit that can be sent once."""

    name: str
    tier: str
    km: tuple[float, float]

    def expected_s(self, km: tuple[float, float], metric: str) -> float:
        east, north = self.km[0] - km[0], self.km[1] - km[1]
        away = hypot(east, north) if metric == "euclid" else abs(east) + abs(north)
        return TURNOUT_S[self.tier] + away * KM / SPEED_MS


def brute_force(force: list[Somebody], calls: list[tuple[float, float]], metric: str) -> list[str | None]:
    """Return who is sent to each call if all that are left are looked at."""
    left, sent = list(force), []
    for km in calls:
        best = min(left, key=lambda somebody: somebody.expected_s(km, metric), default=None)
        sent.append(best.name if best else None)
        if best:
            left.remove(best)
    return sent


def sent_by_the_model(
    stations: list[tuple[float, float]],
    places: list[tuple[str, tuple[float, float]]],
    calls: list[tuple[float, float]],
    metric: str,
) -> list[str | None]:
    """Return who is sent to each call in the model; it comes ten seconds after the one before."""
    land = region(
        tuple(Place(f"甲{number}", kind, km) for number, (kind, km) in enumerate(places)) or (Place("空"),),
        tuple((f"站{number}", "small", *km) for number, km in enumerate(stations)),
    )
    changes = {**ONE_ENGINE_EACH, "forces.volunteer.kinds": ("township",), "travel.metric": metric}
    if places:  # teams alone
        changes |= {
            "dispatch.run_cards.social_assistance": ({},) * 3, "dispatch.local_teams.social_assistance": (1, 1, 1),
        }  # fmt: skip
    else:
        changes |= {"forces.volunteer.kinds": (), "forces.township.kinds": ()}
    played = play(
        build(land, changes, UNIFIED),
        *(Call("social_assistance", NOON_S + 10 * number, km) for number, km in enumerate(calls)),
    )
    found = []
    for number in range(len(calls)):
        units = played.sent(number).index.tolist()
        assert len(units) <= 1
        found.append(units[0] if units else None)
    return found


def everybody(
    stations: list[tuple[float, float]], places: list[tuple[str, tuple[float, float]]]
) -> list[Somebody]:
    brigades = [Somebody(f"站{number} engine 1", "professional", km) for number, km in enumerate(stations)]
    return brigades + [
        Somebody(f"甲{number}{WORDS[kind]}", KINDS[kind], km) for number, (kind, km) in enumerate(places)
    ]


def apart(force: list[Somebody], calls: list[tuple[float, float]], metric: str) -> bool:
    """Tell whether no two of the force are expected at the same time at any call: then there are no ties to break."""
    for km in calls:
        times = sorted(somebody.expected_s(km, metric) for somebody in force)
        if any(later - earlier < 1e-6 for earlier, later in pairwise(times)):
            return False
    return True


@settings(max_examples=60)
@given(
    st.lists(
        spots,
        min_size=TIER["professional"].listed + 1,
        max_size=TIER["professional"].listed + 12,
        unique=True,
    ),
    st.lists(spots, min_size=1, max_size=30),
    st.sampled_from(["euclid", "manhattan"]),
)
def test_dispatched_professional_unit_is_the_nearest_free_one(
    stations: list[tuple[float, float]], calls: list[tuple[float, float]], metric: str
) -> None:
    force = everybody(stations, [])
    if apart(force, calls, metric):
        assert sent_by_the_model(stations, [], calls, metric) == brute_force(force, calls, metric)


@settings(max_examples=60, phases=[Phase.explicit, Phase.generate])
@given(
    st.lists(
        st.tuples(st.just("town"), spots),
        min_size=10,
        max_size=24,
        unique_by=lambda p: p[1],
    ),
    st.lists(close, min_size=20, max_size=40),
)
def test_team_sent_beside_the_brigade_is_the_nearest_free_full_time_one(
    places: list[tuple[str, tuple[float, float]]], calls: list[tuple[float, float]]
) -> None:
    force = everybody([], places)
    if apart(force, calls, "euclid"):
        assert sent_by_the_model([], places, calls, "euclid") == brute_force(force, calls, "euclid")


def test_far_candidate_does_not_hide_a_nearer_brigade() -> None:
    # Twelve brigades at the scene are listed; a thirteenth is 1 km away, a fourteenth 25 km. Once the twelve are out,
    # they come in this order.
    stations = [(0.01 * number, 0.0) for number in range(12)] + [(25.0, 0.0), (1.0, 0.0)]
    calls = [(0.0, 0.0)] * 14
    found = sent_by_the_model(stations, [], calls, "euclid")
    assert found == brute_force(everybody(stations, []), calls, "euclid")
    assert found[12:] == ["站13 engine 1", "站12 engine 1"]


def test_search_beyond_the_candidates_covers_every_tier() -> None:
    """Eight of nine teams are on the dispatcher's list; the ninth, 9 km away, comes before the brigade 100 km away."""
    land = region(
        tuple(Place(f"{n}镇", "town", km=(float(n), 0.0)) for n in range(1, 10)),
        (("一站", "class1", 100.0, 0.0),),
    )
    changes = {
        "dispatch.run_cards.residential_fire": ({"engine": 1},) * 3,
        "dispatch.local_teams.residential_fire": (9, 9, 9),
    }
    world = build(land, changes, unified())
    played = play(world, Call("residential_fire", limited=True))
    assert played.sent()["station"].tolist() == ["一站", *(f"{n}镇专职队" for n in range(1, 10))]
