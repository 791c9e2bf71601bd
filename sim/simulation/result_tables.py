"""From what was kept of a replication to the two result tables, column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.simulation.columns import DISPATCHES, INCIDENTS
from sim.simulation.incident import CAPABLE_KINDS, CREW_OF_FOUR, IS_FIRE
from sim.simulation.prepare.scenes import WATER_SOURCES
from sim.simulation.recorder import NONE, OUTCOMES, REASONS, Columns
from sim.simulation.replication import Replication, World, delivered
from sim.terms import BRIGADE, KINDS, SETTINGS, TIERS, TYPES, UNCREWED
from sim.world.forces import Forces

NUMPY = {"int8": np.int8, "int32": np.int32, "float64": np.float64, "float32": np.float32, "truth": np.bool_}
Floats = NDArray[np.float64]


def tables(world: World, replication: Replication) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the incidents and the dispatches of a replication, without loss and deaths (see findings.outcome)."""
    forces = delivered(world, replication.number).forces
    incidents, orders = replication.records.columns()
    if not incidents:
        return _frame({}, INCIDENTS), _frame({}, DISPATCHES)
    return (
        _incidents(world, replication, incidents, _milestones(replication, forces, incidents, orders)),
        _dispatches(replication, forces, orders),
    )


def _incidents(
    world: World, replication: Replication, kept: Columns, milestones: dict[str, Any]
) -> pd.DataFrame:
    work, calls, rows = replication.workload, replication.calls, kept["i"]
    call = calls.call_s[rows]
    cell = work.cell[rows]
    cells, places = world.region.cells, world.region.townships
    township = cells.township[cell]
    lon, lat = world.region.projection.degrees(work.x[rows], work.y[rows])
    columns: dict[str, Any] = {
        "replication": np.full(len(rows), replication.number),
        "incident": work.number[rows],
        "time_s": call,
        "type": _names(TYPES, work.kind[rows]),
        "severity": work.severity[rows],
        "reported": work.reported[rows],
        "cell": cell,
        "township": _names([place.name for place in places], township),
        "county": _names([place.county for place in places], township),
        "setting": _names(SETTINGS, cells.setting[cell]),
        "lon": lon,
        "lat": lat,
        "ignition_s": calls.ignition_s[rows] - call,
        "undetected_s": calls.undetected_s[rows],
        "answered_s": calls.answered_s[rows] - call,
        "dispatched_s": calls.dispatched_s[rows] - call,
        **milestones,
        "full_force_s": _after(kept["full_force"], call),
        "size_up_s": _after(kept["size_up"], call),
        "size_up_tier": _names(TIERS, kept["size_up_tier"]),
        "size_up_gain_s": _finite(kept["size_up_gain"]),
        "runs_saved": kept["runs_saved"],
        "first_water_s": _after(kept["first_water"], call),
        "water_source": _names(WATER_SOURCES, kept["source"]),
        "control_s": _after(kept["control"], call),
        "closed_s": _after(kept["closed"], call),
        "alarm_level": kept["alarm_level"],
        "cover_moves": kept["cover_moves"],
        "short": kept["short"],
        "free_min": _finite(kept["free_s"]) / 60,
        "nearest_min": _finite(kept["nearest_s"]) / 60,
        "free_travel_s": _finite(kept["free_travel_s"]),
        "open_incidents": kept["others_open"],
        "elderly": calls.elderly[rows],
        "linked": calls.linked[rows],
        "burnt_m2": kept["area_m2"],
        "loss_cny": work.draws["loss"][rows],  # its draw, until the outcome is worked out
        **dict.fromkeys(("deaths_a", "deaths_b", "deaths_c"), np.full(len(rows), np.nan)),
    }
    return _frame(columns, INCIDENTS)


def _milestones(replication: Replication, forces: Forces, kept: Columns, orders: Columns) -> dict[str, Any]:
    """Return the first arrivals, in seconds after the call, their tiers, and the units that never came."""
    rows = kept["i"]
    call = replication.calls.call_s[rows]
    place = np.searchsorted(rows, orders["i"])  # of each order's incident
    tier, kind = forces.tier_codes[orders["unit"]], forces.kind_codes[orders["unit"]]
    came = (orders["outcome"] == OUTCOMES.index("arrived")) & np.isfinite(orders["arrives"])
    drone = np.isin(tier, [TIERS.index(name) for name in UNCREWED])
    fits = np.array([[name in kinds for name in KINDS] for kinds in CAPABLE_KINDS])
    of_kind = replication.workload.kind[rows][place]
    enough = (orders["crew"] >= CREW_OF_FOUR) | ~np.array(IS_FIRE)[of_kind]
    capable = came & ~drone & fits[of_kind, kind] & enough
    in_order = np.lexsort((orders["arrives"], place))  # stable: of two at one time, the one sent first

    def first(chosen: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.int8]]:
        """Return time and tier of the first of the chosen orders, by incident; never and NONE without one."""
        found = in_order[chosen[in_order]]
        where = place[found]
        lead = np.flatnonzero(np.diff(where, prepend=-1))
        time, which = np.full(len(rows), np.nan), np.full(len(rows), NONE, dtype=np.int8)
        time[where[lead]], which[where[lead]] = orders["arrives"][found[lead]], tier[found[lead]]
        return time - call, which

    arrival, arrival_tier = first(came & ~drone)
    able, able_tier = first(capable)
    turned = np.bincount(place[orders["outcome"] != OUTCOMES.index("arrived")], minlength=len(rows))
    return {
        "first_arrival_s": arrival,
        "first_arrival_tier": _names(TIERS, arrival_tier),
        "first_capable_s": able,
        "first_capable_tier": _names(TIERS, able_tier),
        "first_professional_s": first(came & (tier == TIERS.index(BRIGADE)))[0],
        "drone_s": first(came & drone)[0],
        "recalled": turned,
    }


def _dispatches(replication: Replication, forces: Forces, kept: Columns) -> pd.DataFrame:
    rows, unit = kept["i"], kept["unit"]
    call = replication.calls.call_s[rows]
    arrived = kept["outcome"] == OUTCOMES.index("arrived")
    left = arrived | (kept["turned_out"] < kept["released"])
    columns: dict[str, Any] = {
        "replication": np.full(len(rows), replication.number),
        "incident": replication.workload.number[rows],
        "unit": forces.unit_names[unit],
        "station": forces.station_names[kept["station"]],
        "tier": _names(TIERS, forces.tier_codes[unit]),
        "kind": _names(KINDS, forces.kind_codes[unit]),
        "reason": _names(REASONS, kept["reason"]),
        "crew": kept["crew"],
        "waited_s": kept["waited"],
        "dispatched_s": _after(kept["dispatched"], call),
        "turned_out_s": _after(np.where(left, kept["turned_out"], np.nan), call),
        "arrived_s": _after(np.where(arrived, kept["arrives"], np.nan), call),
        "released_s": _after(kept["released"], call),
        "ready_s": _after(kept["ready"], call),
        "route_m": kept["route_m"],
        "outcome": _names(OUTCOMES, kept["outcome"]),
    }
    return _frame(columns, DISPATCHES)


def _names(names: Any, codes: NDArray[Any]) -> NDArray[Any]:
    """Return the names behind codes, None for what there is not."""
    return np.asarray(np.array([*names, None], dtype=object)[codes])


def _after(times: Floats, call: Floats) -> Floats:
    """Return times of the year as seconds after the call, empty (NaN) where they never came."""
    return _finite(times) - call


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan)


def _frame(columns: dict[str, Any], order: tuple[Any, ...]) -> pd.DataFrame:
    data: dict[str, Any] = {}
    for column in order:
        values = columns.get(column.name, ())
        if column.dtype == "text":
            data[column.name] = pd.Series(values, dtype="str")
        else:
            data[column.name] = np.asarray(values, dtype=NUMPY[column.dtype])
    return pd.DataFrame(data)
