"""The two result tables: columns, units and meaning. What stands here is the documentation of the files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Column:
    """A column of a result table."""

    name: str
    dtype: str  # int32, int8, float64, float32, text, truth
    unit: str
    meaning: str


AFTER = "seconds after the call; empty if it did not happen"

INCIDENTS = (
    Column("replication", "int32", "-", "replication, from 0"),
    Column(
        "incident",
        "int32",
        "-",
        "number of the incident in its replication's workload; the same in every scenario",
    ),
    Column("time_s", "float64", "s", "time of the 119 call, from 1 January 00:00"),
    Column("type", "text", "-", "type of incident"),
    Column("severity", "int8", "-", "true severity: 1 small, 2 serious, 3 major"),
    Column("reported", "int8", "-", "severity that the caller's account suggested"),
    Column("cell", "int32", "-", "row of the 1-km cell in cells.csv, from 0"),
    Column("township", "text", "-", "township, town or subdistrict"),
    Column("county", "text", "-", "county, district or county-level city"),
    Column("setting", "text", "-", "setting of the cell for roads: urban, town, plain, mountain"),
    Column("lon", "float64", "°", "longitude (WGS-84)"),
    Column("lat", "float64", "°", "latitude (WGS-84)"),
    Column(
        "ignition_s",
        "float64",
        "s",
        "ignition or event before the call: zero or negative seconds after the call",
    ),
    Column(
        "undetected_s",
        "float64",
        "s",
        "ignition to discovery had there been no detector; 0 for what does not burn",
    ),
    Column("answered_s", "float64", "s", f"a 119 seat answered, {AFTER}"),
    Column("dispatched_s", "float64", "s", f"the first units were ordered, {AFTER}"),
    Column("first_arrival_s", "float64", "s", f"first arrival of any tier but drones, {AFTER}"),
    Column("first_arrival_tier", "text", "-", "tier that arrived first"),
    Column(
        "first_capable_s",
        "float64",
        "s",
        f"first capable arrival: 4 crew and a pump at fires, the right kind elsewhere, {AFTER}",
    ),
    Column("first_capable_tier", "text", "-", "tier of the first capable arrival"),
    Column("first_professional_s", "float64", "s", f"first arrival of a professional unit, {AFTER}"),
    Column(
        "full_force_s",
        "float64",
        "s",
        f"everything on the run card of the true severity had arrived, {AFTER}",
    ),
    Column("drone_s", "float64", "s", f"a drone was over the scene, {AFTER}"),
    Column("size_up_s", "float64", "s", f"the true severity was reported from the scene, {AFTER}"),
    Column("size_up_tier", "text", "-", "tier whose eyes these were; empty where the account was right"),
    Column(
        "size_up_gain_s",
        "float64",
        "s",
        "how much later the first crew would have reported, where a drone did; else 0, or empty without a size-up",
    ),
    Column(
        "runs_saved",
        "int32",
        "units",
        "units recalled on a drone's report that would have arrived before the first crew's",
    ),
    Column("first_water_s", "float64", "s", f"first water on a fire, {AFTER}"),
    Column(
        "water_source", "text", "-", "supply behind the tank: hydrant, hydrant_failed, park, draft, shuttle"
    ),
    Column("control_s", "float64", "s", f"fire under control, {AFTER}"),
    Column(
        "closed_s",
        "float64",
        "s",
        f"work at the scene over; who still rolls then is released on arrival, {AFTER}",
    ),
    Column("alarm_level", "int8", "-", "1; 2 and 3 where further alarms drew more"),
    Column("recalled", "int32", "units", "units recalled or turned back before they arrived"),
    Column(
        "cover_moves", "int32", "units", "engines that stood in at stations which this incident had stripped"
    ),
    Column("short", "int32", "units", "units that the run card asked for and nobody could send at once"),
    Column(
        "free_min",
        "float64",
        "min",
        "expected minutes from order to arrival of the nearest capable unit that was free",
    ),
    Column("nearest_min", "float64", "min", "the same had every unit been free"),
    Column(
        "free_travel_s",
        "float64",
        "s",
        "expected travel time of the nearest capable professional unit that was free, turnout apart",
    ),
    Column("open_incidents", "int32", "incidents", "other incidents open at the time of the order"),
    Column("elderly", "truth", "-", "the dwelling's occupants are 60 or older"),
    Column("linked", "truth", "-", "found by a linked detector"),
    Column("burnt_m2", "float64", "m2", "burnt area"),
    Column("loss_cny", "float64", "CNY", "direct loss"),
    Column("deaths_a", "float64", "deaths", "expected deaths, risk curve A (concave, default)"),
    Column("deaths_b", "float64", "deaths", "expected deaths, risk curve B (steep early, flat late)"),
    Column("deaths_c", "float64", "deaths", "expected deaths, risk curve C (linear)"),
)

DISPATCHES = (
    Column("replication", "int32", "-", "replication, from 0"),
    Column("incident", "int32", "-", "number of the incident"),
    Column("unit", "text", "-", "unit sent"),
    Column("station", "text", "-", "its station or team"),
    Column("tier", "text", "-", "professional, township, volunteer, micro, patrol, drone or civil"),
    Column("kind", "text", "-", "kind of unit: engine, tanker, ladder, rescue, ..."),
    Column(
        "reason",
        "text",
        "-",
        "why: run_card, professional, relay, first_aid, drone, second_alarm, third_alarm, waited, mutual_aid",
    ),
    Column("crew", "int32", "persons", "persons on it"),
    Column("waited_s", "float64", "s", "how long the need waited for a unit that was free"),
    Column("dispatched_s", "float64", "s", f"ordered or told, {AFTER}"),
    Column("turned_out_s", "float64", "s", f"on its way, {AFTER}"),
    Column("arrived_s", "float64", "s", f"at the scene, {AFTER}"),
    Column("released_s", "float64", "s", f"released, recalled or turned back, {AFTER}"),
    Column("ready_s", "float64", "s", f"ready for the next call at its station, {AFTER}"),
    Column("route_m", "float64", "m", "length of the route"),
    Column(
        "outcome",
        "text",
        "-",
        "arrived, recalled (at size-up) or withdrawn (turned back when the incident was over)",
    ),
)


def schema(columns: tuple[Column, ...]) -> pa.Schema:
    """Return the Arrow schema with unit and meaning in each field's metadata."""
    import pyarrow as pa

    kinds = {
        "int32": pa.int32(), "int8": pa.int8(), "float64": pa.float64(), "float32": pa.float32(),
        "text": pa.string(), "truth": pa.bool_(),
    }  # fmt: skip
    return pa.schema(
        [pa.field(c.name, kinds[c.dtype], metadata={"unit": c.unit, "meaning": c.meaning}) for c in columns]
    )
