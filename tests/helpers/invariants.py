"""What must hold in every replication, whatever the world: each function raises AssertionError where it does not.

They read the two result tables, and the model only for what the tables do not say (crews on duty, run cards).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from helpers.frames import data_of
from helpers.small_world import Played
from sim.analysis import indicators, outcome
from sim.demand.workload import Workload
from sim.simulation.replication import World
from sim.terms import FIRE_TYPES, PROVIDERS, PUMPS, TIERS, TYPES

ORDER = (
    "incident", "i", "open", "unit", "station", "tier", "kind", "reason", "crew", "outcome", "dispatched", "turned_out",
    "arrives", "released", "ready", "turned_round",
)  # fmt: skip
CLOCK_S = 1e-5  # sums of floats need not meet exactly
BY_CARD = ("run_card", "second_alarm", "third_alarm", "waited", "mutual_aid")

Invariant = Callable[[World, Workload, Played], None]


def absolute(world: World, work: Workload, played: Played) -> pd.DataFrame:
    """Return the orders as the model holds them, to the last bit: times in seconds of the year, infinite if never."""
    units, stations = world.forces.units, world.forces.stations
    rows = [
        {
            "incident": int(work.number[story.workload_row]), "i": story.workload_row, "open": story.closed == np.inf,
            "unit": units[order.unit].name, "station": stations[order.station].name, "tier": order.tier,
            "kind": order.kind, "reason": order.reason, "crew": order.crew, "outcome": order.outcome,
            "dispatched": order.dispatched, "turned_out": order.turned_out, "arrives": order.arrives,
            "released": order.released, "ready": order.ready, "turned_round": order.origin is not None,
        }
        for story in played.stories
        for order in story.dispatches
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=ORDER)


def in_order(*times: pd.Series) -> bool:
    """Tell whether times follow each other; what is empty did not happen."""
    steps = np.column_stack([np.asarray(time, dtype=float) for time in times])
    later = np.fmax.accumulate(steps, axis=1)
    return bool(
        np.all(np.isnan(steps[:, 1:]) | np.isnan(later[:, :-1]) | (steps[:, 1:] >= later[:, :-1] - CLOCK_S))
    )


def no_unit_in_two_places(world: World, work: Workload, played: Played) -> None:
    """A unit is ready again before it is sent anew."""
    for unit, rows in absolute(world, work, played).sort_values("dispatched", kind="stable").groupby("unit"):
        ready, sent = rows["ready"].to_numpy()[:-1], rows["dispatched"].to_numpy()[1:]
        assert (ready <= sent).all(), f"{unit} is sent while it is away"


def crews_are_never_negative(world: World, work: Workload, played: Played) -> None:
    """At every order from a station or a team there is a crew for it, whatever is away; nobody goes alone."""
    table = absolute(world, work, played)
    stories = {story.workload_row: story for story in played.stories}
    manned = table[table["tier"] != "drone"]
    assert (manned["crew"] >= 1).all()
    assert (table.loc[table["tier"] == "drone", "crew"] == 0).all()
    full = {unit.name: unit.crew for unit in world.forces.units}
    assert (manned["crew"] <= manned["unit"].map(full).astype(float)).all()
    if played.incidents["cover_moves"].any():
        return  # engines that stand in elsewhere take their crews with them: the count below knows nothing of it
    brigade = table[table["tier"].isin(["professional", "township"]) & (table["reason"] != "mutual_aid")]
    stations = {station.name: station.index for station in world.forces.stations}
    order: Any
    name: Any
    for name, sent in brigade.sort_values("dispatched", kind="stable").groupby("station"):
        for place, order in enumerate(sent.itertuples(index=False)):
            if order.turned_round:
                continue  # one on its way home has its crew aboard, whatever the shift
            story = stories[order.i]
            persons = story.batch.persons[story.row][stations[name]]
            if order.tier == "township":
                crew, least = full[order.unit], world.config.forces.township.crew_least
            else:
                crew, least = world.forces.crew_per_vehicle, world.forces.crew_per_vehicle - 2
            crews = (persons + crew - least) // crew
            others = pd.concat([sent.iloc[:place], sent.iloc[place + 1 :]])
            away = (others["dispatched"] < order.dispatched) & (others["ready"] > order.dispatched)
            together = (others["dispatched"] == order.dispatched) & (others["i"] == order.i)
            assert away.sum() + together.sum() < crews, f"{name} has no crew for {order.unit}"


def every_dispatch_ends(world: World, work: Workload, played: Played) -> None:
    """Released and ready again, but for those at an incident that is reported open."""
    table = absolute(world, work, played)
    done = table[~table["open"].astype(bool)]
    assert np.isfinite(done[["released", "ready"]].to_numpy(dtype=float)).all()
    closed = played.incidents.loc[played.incidents["closed_s"].notna(), "incident"]
    ended = played.dispatches[played.dispatches["incident"].isin(closed)]
    assert ended[["released_s", "ready_s"]].notna().all(axis=None)
    assert (ended["arrived_s"].notna() == (ended["outcome"] == "arrived")).all()


def times_are_in_order(world: World, work: Workload, played: Played) -> None:
    """From ignition to closed, and from the order to ready."""
    sent, calls = played.dispatches, played.incidents
    assert in_order(
        *(sent[f"{name}_s"] for name in ("dispatched", "turned_out", "arrived", "released", "ready"))
    )
    zero = pd.Series(0.0, index=calls.index)
    assert in_order(
        calls["ignition_s"], zero, calls["answered_s"], calls["dispatched_s"], calls["first_arrival_s"]
    )
    assert in_order(calls["dispatched_s"], calls["first_arrival_s"], calls["first_capable_s"])
    assert in_order(calls["dispatched_s"], calls["closed_s"])
    assert in_order(calls["first_arrival_s"], calls["first_professional_s"])
    assert in_order(calls["dispatched_s"], calls["size_up_s"])
    assert in_order(calls["dispatched_s"], calls["drone_s"])
    assert in_order(calls["dispatched_s"], calls["full_force_s"])
    assert in_order(calls["ignition_s"], calls["control_s"], calls["closed_s"])
    numbers = sent[["dispatched_s", "turned_out_s", "arrived_s", "released_s", "ready_s"]].to_numpy()
    assert not np.isinf(numbers).any()


def every_incident_closes_or_is_open(world: World, work: Workload, played: Played) -> None:
    """As many incidents come out as went in; one without an end waits for a need that nobody met."""
    calls = played.incidents.set_index("incident")
    assert calls.index.tolist() == work.number.tolist()
    still = calls[calls["closed_s"].isna()]
    assert (still["short"] > 0).all()
    unseen = still["size_up_s"].isna() & (
        (still["severity"] != still["reported"]) | (still["type"] == "false_alarm")
    )
    assert (still["first_capable_s"].isna() | unseen).all(), "nobody came who could do it, or say what it is"
    assert still.empty or world.config.dispatch.queue == "wait"


def nothing_starts_before_its_cause(world: World, work: Workload, played: Played) -> None:
    """Orders follow the call, second alarms and recalls the size-up, turning back the control."""
    calls = played.incidents.set_index("incident")
    known = calls.drop(columns="replication").rename(columns={"dispatched_s": "dispatched_s_call"})
    sent = played.dispatches.join(known, on="incident")
    assert (sent["dispatched_s"] >= sent["dispatched_s_call"] - CLOCK_S).all()
    more = sent[sent["reason"].isin(["second_alarm", "third_alarm"])]
    told = more["dispatched_s"] >= more["size_up_s"] - CLOCK_S  # never without a size-up
    worse = told & (more["severity"] > more["reported"])
    # The officer in command has looked again, some time after the first crew or a drone could report.
    eyes = sent[sent["tier"].isin(["professional", "township", "volunteer", "drone"])]
    since = eyes.groupby("incident")["arrived_s"].min().reindex(more["incident"]).to_numpy()
    looked = more["dispatched_s"].to_numpy() >= since + world.config.dispatch.alarms.after_s - CLOCK_S
    assert (worse | (looked & more["type"].isin(FIRE_TYPES))).all()
    assert (looked | (more["reason"] == "second_alarm")).all()
    waited = sent[sent["reason"] == "waited"]
    assert (waited["short"] > 0).all()
    recalled = sent[sent["outcome"] == "recalled"]
    assert (abs(recalled["released_s"] - recalled["size_up_s"]) <= CLOCK_S).all()
    assert ((recalled["severity"] < recalled["reported"]) | (recalled["type"] == "false_alarm")).all()
    back = sent[(sent["outcome"] == "withdrawn") & sent["control_s"].notna()]
    assert (back["released_s"] >= back["control_s"] - CLOCK_S).all()
    eyes = sent[sent["tier"].isin(["professional", "township", "volunteer", "drone"])]
    first = eyes.groupby("incident")["arrived_s"].min().reindex(calls.index)
    seen = calls["size_up_s"].notna()
    assert (calls["size_up_s"][seen] >= first[seen] - CLOCK_S).all()
    relayed = sent[(sent["reason"] == "relay")]
    assert (relayed["turned_out_s"].isna() | (relayed["turned_out_s"] >= relayed["dispatched_s"])).all()


def what_is_sent_is_the_card_or_short(world: World, work: Workload, played: Played) -> None:
    """The brigade's units fill needs of the card, each its own; what is not filled is recorded as short.

    Of full-time teams no more come than the type and severity ask for, and with them volunteers.
    """
    cards, teams = world.config.dispatch.run_cards, world.config.dispatch.local_teams
    brigade = played.dispatches["tier"] == "professional"
    sent = played.dispatches[brigade & played.dispatches["reason"].isin(BY_CARD)].groupby("incident")
    kinds = {number: rows["kind"].tolist() for number, rows in sent}
    beside, volunteers = (
        played.dispatches[played.dispatches["tier"] == tier].groupby("incident").size().to_dict()
        for tier in ("township", "volunteer")
    )
    row: Any
    for row in played.incidents.itertuples():
        first, true = (cards[row.type][severity - 1] for severity in (row.reported, row.severity))
        most = max(teams[row.type][severity - 1] for severity in (row.reported, row.severity))
        assert beside.get(row.incident, 0) <= most, f"incident {row.incident}: more than {most} teams"
        # A team of volunteers on the platform, and the township's own by telephone.
        assert volunteers.get(row.incident, 0) <= 2 * min(most, 1), (
            f"incident {row.incident}: too many volunteers"
        )
        asked, further = dict(first), row.alarm_level - 1
        wanted = {need: max(first.get(need, 0), true.get(need, 0)) for need in {*first, *true}}
        sized_up = world.config.dispatch.size_up.escalate and row.size_up_s == row.size_up_s
        if further and row.severity > row.reported and sized_up and wanted != first:
            asked, further = wanted, further - 1
        for need, count in world.config.dispatch.alarms.needs.items():
            asked[need] = asked.get(need, 0) + further * count
        needs = [need for need, count in asked.items() for _ in range(count)]
        found = kinds.get(row.incident, [])
        assert _all_fill(found, needs), f"incident {row.incident}: {found} is not of the card {asked}"
        missing = len(needs) - len(found)
        if world.config.dispatch.queue == "loss":
            assert missing == row.short
        else:
            assert 0 <= missing <= row.short, "what was short may have come later"


def _all_fill(kinds: list[str], needs: list[str]) -> bool:
    """Tell whether each kind can be given a need of its own that it fills."""
    if not kinds:
        return True
    if not needs:
        return False
    able = csr_array(np.array([[kind in PROVIDERS[need] for need in needs] for kind in kinds], dtype=np.int8))
    return bool((maximum_bipartite_matching(able, perm_type="column") >= 0).all())


def short_only_if_nobody_was_free(world: World, work: Workload, played: Played) -> None:
    """Of a first alarm that was short, some need has no unit that stood ready with a crew at its station."""
    if played.incidents["cover_moves"].any():
        return
    table = absolute(world, work, played)
    stories = {int(work.number[story.workload_row]): story for story in played.stories}
    calls = played.incidents[(played.incidents["short"] > 0) & (played.incidents["alarm_level"] == 1)]
    row: Any
    for row in calls.itertuples():
        story = stories[row.incident]
        away = table[(table["dispatched"] <= story.ordered) & (table["ready"] > story.ordered)]
        asked = world.config.dispatch.run_cards[row.type][row.reported - 1]
        persons = story.batch.persons[story.row]
        assert any(_nobody_for(need, world, persons, away) for need in asked), f"incident {row.incident}"


def _nobody_for(need: str, world: World, persons: list[int], away: pd.DataFrame) -> bool:
    gone = set(away["unit"])
    for unit in world.forces.units:
        station = world.forces.stations[unit.station]
        if unit.kind not in PROVIDERS[need] or station.tier != "professional" or unit.name in gone:
            continue
        if station.area == "outside":
            continue  # asked only where there is no such team at home
        crews = (persons[station.index] + 2) // world.forces.crew_per_vehicle - (
            away["station"] == station.name
        ).sum()
        if crews > 0:
            return False
    return True


def recall_only_before_arrival(world: World, work: Workload, played: Played) -> None:
    """Who is recalled or turned back had not arrived, and who arrived is released afterwards."""
    for story in played.stories:
        for order in story.dispatches:
            if order.outcome != "arrived":
                assert order.released < order.arrives
                assert order.outcome in ("recalled", "withdrawn")
            elif order.released < np.inf:
                assert order.released >= order.arrives
    back = played.dispatches["outcome"] != "arrived"
    assert played.dispatches.loc[back, "arrived_s"].isna().all()
    counted = (
        played.dispatches[back].groupby("incident").size().reindex(played.incidents["incident"]).fillna(0)
    )
    assert (counted.to_numpy() == played.incidents["recalled"].to_numpy()).all()


def drones_never_deliver_water(world: World, work: Workload, played: Played) -> None:
    """Water comes only after somebody has arrived who brings it; a drone is no first arrival and fills no card."""
    assert all(unit.water_m3 == 0 and unit.crew == 0 for unit in world.forces.units if unit.tier == "drone")
    sent = played.dispatches
    water = sent[sent["kind"].isin(PUMPS) | sent["tier"].isin(["patrol", "micro"])]
    first = water.groupby("incident")["arrived_s"].min().reindex(played.incidents["incident"]).to_numpy()
    wet = played.incidents["first_water_s"].notna().to_numpy()
    assert not np.isnan(first[wet]).any()
    assert (played.incidents["first_water_s"].to_numpy()[wet] >= first[wet] - CLOCK_S).all()
    assert (sent.loc[sent["tier"] == "drone", "reason"] == "drone").all()
    assert not (played.incidents["first_arrival_tier"] == "drone").any()
    assert not (played.incidents["first_capable_tier"] == "drone").any()
    assert played.incidents.loc[~played.incidents["type"].isin(FIRE_TYPES), "first_water_s"].isna().all()


def tiers_add_up(world: World, work: Workload, played: Played) -> None:
    """The sum over tiers, types, settings and places is the total."""
    facts = indicators.Facts.of(replace(world.config, days=365), world.region, world.forces)
    incidents = outcome.add(data_of(played.incidents), world.config.outcome)
    values = indicators.measure(incidents, data_of(played.dispatches), facts)
    found = values.set_index(["kpi", "by", "group"])["value"]
    total = len(played.incidents)
    assert sum(found["dispatches", "tier", tier] for tier in TIERS) == len(played.dispatches)
    assert sum(found["calls", "type", kind] for kind in TYPES) == found["calls", "all", "all"] == total
    came = played.incidents["first_arrival_s"].notna().mean()
    firsts = sum(found["arrived_first", "tier", tier] for tier in TIERS)
    np.testing.assert_allclose(firsts, came, atol=1e-12)
    sent = played.dispatches.groupby("incident").size()
    assert sent.sum() == len(played.dispatches)
    assert set(sent.index) <= set(played.incidents["incident"])


INVARIANTS: tuple[Invariant, ...] = (
    no_unit_in_two_places,
    crews_are_never_negative,
    every_dispatch_ends,
    times_are_in_order,
    every_incident_closes_or_is_open,
    nothing_starts_before_its_cause,
    what_is_sent_is_the_card_or_short,
    short_only_if_nobody_was_free,
    recall_only_before_arrival,
    drones_never_deliver_water,
    tiers_add_up,
)
