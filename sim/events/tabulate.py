"""From the incidents of a replication to the two result tables, column by column."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.events.dispatch import need_of
from sim.events.fireground import WATER_SOURCES
from sim.events.records import DISPATCHES, INCIDENTS
from sim.events.replication import Replication, World, delivered
from sim.events.response import APPLIANCE_TIERS, CAPABLE_KINDS, CREW_OF_FOUR, IS_FIRE, Incident
from sim.terms import SETTINGS, TYPES

NUMPY = {"int8": np.int8, "int32": np.int32, "float64": np.float64, "float32": np.float32, "truth": np.bool_}


def tables(world: World, replication: Replication) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents and the dispatches of a replication, without loss and deaths (see findings.outcome)."""
    world = delivered(world, replication.number)
    return _incidents(world, replication), _dispatches(world, replication)


def _incidents(world: World, replication: Replication) -> pd.DataFrame:
    work, calls, response = replication.workload, replication.calls, replication.response
    incidents = replication.incidents
    rows = np.array([incident.i for incident in incidents], dtype=np.int64)
    call = calls.call_s[rows]
    cells = world.region.cells
    township = cells.township[work.cell[rows]]
    names = np.array([place.name for place in world.region.townships], dtype=object)
    counties = np.array([place.county for place in world.region.townships], dtype=object)
    lon, lat = world.region.projection.degrees(work.x[rows], work.y[rows])
    found = [_milestones(world, incident) for incident in incidents]
    fights = [incident.fight for incident in incidents]
    burns = np.array([fight is not None for fight in fights], dtype=np.bool_)
    source = np.array([*WATER_SOURCES, None], dtype=object)
    sources = np.array(response.scenes.source, dtype=np.int64)[rows] if len(rows) else rows
    columns: dict[str, Any] = {
        "replication": np.full(len(rows), replication.number),
        "incident": work.number[rows],
        "time_s": call,
        "type": np.array(TYPES, dtype=object)[work.kind[rows]],
        "severity": work.severity[rows],
        "reported": work.reported[rows],
        "cell": work.cell[rows],
        "township": names[township],
        "county": counties[township],
        "setting": np.array(SETTINGS, dtype=object)[cells.setting[work.cell[rows]]],
        "lon": lon,
        "lat": lat,
        "ignition_s": calls.ignition_s[rows] - call,
        "undetected_s": calls.undetected_s[rows],
        "answered_s": calls.answered_s[rows] - call,
        "dispatched_s": calls.dispatched_s[rows] - call,
        **{
            name: _after([item[name] for item in found], call)
            for name in (
                "first_arrival_s",
                "first_capable_s",
                "first_professional_s",
                "full_force_s",
                "drone_s",
            )
        },
        "first_arrival_tier": [item["first_arrival_tier"] for item in found],
        "first_capable_tier": [item["first_capable_tier"] for item in found],
        "size_up_s": _after([incident.size_up for incident in incidents], call),
        "size_up_tier": [incident.size_up_tier for incident in incidents],
        "size_up_gain_s": _finite([incident.size_up_gain for incident in incidents]),
        "runs_saved": [incident.runs_saved for incident in incidents],
        "first_water_s": _after([fight.first_water if fight else math.inf for fight in fights], call),
        "water_source": source[np.where(burns, sources, len(WATER_SOURCES))],
        "control_s": _after([fight.control if fight else math.inf for fight in fights], call),
        "closed_s": _after([incident.closed for incident in incidents], call),
        "alarm_level": [incident.alarm_level for incident in incidents],
        "recalled": [sum(order.outcome != "arrived" for order in incident.sent) for incident in incidents],
        "cover_moves": [len(incident.covers) for incident in incidents],
        "short": [incident.short for incident in incidents],
        "free_min": _finite([incident.free_s for incident in incidents]) / 60,
        "nearest_min": _finite([incident.nearest_s for incident in incidents]) / 60,
        "free_travel_s": _finite([incident.free_travel_s for incident in incidents]),
        "open_incidents": [incident.others_open for incident in incidents],
        "elderly": calls.elderly[rows],
        "linked": calls.linked[rows],
        "burnt_m2": [fight.area_m2 if fight else math.nan for fight in fights],
        "loss_cny": work.draws["loss"][rows],  # its draw, until the outcome is worked out
        "deaths_a": np.nan,
        "deaths_b": np.nan,
        "deaths_c": np.nan,
    }
    return _frame(columns, INCIDENTS)


def _milestones(world: World, incident: Incident) -> dict[str, Any]:
    """Return the first arrivals of an incident, in seconds of the year, and their tiers."""
    there = sorted(
        (o for o in incident.sent if o.outcome == "arrived" and o.arrives < math.inf), key=lambda o: o.arrives
    )
    people = [order for order in there if order.tier != "drone"]
    fire, kinds = IS_FIRE[incident.kind], CAPABLE_KINDS[incident.kind]
    capable = [o for o in people if o.kind in kinds and (o.crew >= CREW_OF_FOUR or not fire)]
    brigade = [order for order in people if order.tier == "professional"]
    drones = [order for order in there if order.tier == "drone"]
    return {
        "first_arrival_s": people[0].arrives if people else math.inf,
        "first_arrival_tier": people[0].tier if people else None,
        "first_capable_s": capable[0].arrives if capable else math.inf,
        "first_capable_tier": capable[0].tier if capable else None,
        "first_professional_s": brigade[0].arrives if brigade else math.inf,
        "drone_s": drones[0].arrives if drones else math.inf,
        "full_force_s": _full_force(world, incident),
    }


def _full_force(world: World, incident: Incident) -> float:
    """Return when everything on the run card of the true severity had arrived, infinite if that never was."""
    needs = dict(world.config.dispatch.run_cards[TYPES[incident.kind]][incident.severity - 1])
    last = incident.ordered
    for order in sorted(incident.sent, key=lambda order: order.arrives):
        if order.outcome != "arrived" or (order.tier not in APPLIANCE_TIERS and order.tier != "civil"):
            continue
        need = need_of(needs, order.kind)
        if need is not None:
            needs[need] -= 1
            last = order.arrives
    return math.inf if any(needs.values()) else last


def _dispatches(world: World, replication: Replication) -> pd.DataFrame:
    incidents = replication.incidents
    orders = [order for incident in incidents for order in incident.sent]
    rows = np.repeat(
        [incident.i for incident in incidents], [len(incident.sent) for incident in incidents]
    ).astype(np.int64)
    call = replication.calls.call_s[rows]
    units, stations = world.forces.units, world.forces.stations
    arrived = [order.arrives if order.outcome == "arrived" else math.inf for order in orders]
    left = [o.turned_out if o.outcome == "arrived" or o.turned_out < o.released else math.inf for o in orders]
    columns: dict[str, Any] = {
        "replication": np.full(len(orders), replication.number),
        "incident": replication.workload.number[rows],
        "unit": [units[order.unit].name for order in orders],
        "station": [stations[order.station].name for order in orders],
        "tier": [order.tier for order in orders],
        "kind": [order.kind for order in orders],
        "reason": [order.reason for order in orders],
        "crew": [order.crew for order in orders],
        "waited_s": [order.waited for order in orders],
        "dispatched_s": _after([order.dispatched for order in orders], call),
        "turned_out_s": _after(left, call),
        "arrived_s": _after(arrived, call),
        "released_s": _after([order.released for order in orders], call),
        "ready_s": _after([order.ready for order in orders], call),
        "route_m": [order.route_m for order in orders],
        "outcome": [order.outcome for order in orders],
    }
    return _frame(columns, DISPATCHES)


def _after(times: list[float], call: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times of the year as seconds after the call, empty (NaN) where they never came."""
    return _finite(times) - call


def _finite(values: list[float]) -> NDArray[np.float64]:
    found = np.array(values, dtype=np.float64)
    found[~np.isfinite(found)] = np.nan
    return found


def _frame(columns: dict[str, Any], order: tuple[Any, ...]) -> pd.DataFrame:
    data: dict[str, Any] = {}
    for column in order:
        values = columns[column.name]
        if column.dtype == "text":
            data[column.name] = pd.Series(values, dtype="str")
        else:
            data[column.name] = np.asarray(values, dtype=NUMPY[column.dtype])
    return pd.DataFrame(data)
