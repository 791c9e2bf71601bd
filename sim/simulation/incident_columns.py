"""The columns of incidents.parquet that describe events; `sim.analysis.outcome` adds loss and deaths."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.dispatch import DispatchConfig
from sim.demand.call_centre import Calls
from sim.demand.workload import Workload
from sim.simulation.columns import AFTER, NONE, Column, Floats, Keep, Kept, Text, each, finite
from sim.simulation.incident import CAPABLE_KINDS, CREW_OF_FOUR, IS_FIRE, Incident
from sim.simulation.prepare.scenes import WATER_SOURCES
from sim.simulation.records import OUTCOMES
from sim.terms import BREATHING, BRIGADE, KINDS, SETTINGS, TIERS, TYPES, UNCREWED
from sim.world.forces import Forces
from sim.world.region import Region

ARRIVED = OUTCOMES.index("arrived")
First = tuple[Floats, NDArray[np.int8]]  # seconds after the call and tier, NaN and NONE without one


@dataclass
class IncidentRows:
    """The incidents of a replication in order of the workload, as the recorder kept them, and their dispatches."""

    number: int  # of the replication
    workload: Workload
    calls: Calls
    region: Region
    forces: Forces
    kept: Kept
    dispatches: Kept

    @cached_property
    def row(self) -> NDArray[np.int32]:
        """The row of each incident in the workload."""
        return self.kept["i"]

    @cached_property
    def call_s(self) -> Floats:
        """The call in seconds of the year."""
        return self.calls.call_s[self.row]

    @cached_property
    def cell(self) -> NDArray[np.int32]:
        """The cell in which it happened."""
        return self.workload.cell[self.row]

    @cached_property
    def township(self) -> NDArray[Any]:
        """The township in which it happened."""
        return self.region.cells.township[self.cell]

    @cached_property
    def degrees(self) -> tuple[Floats, Floats]:
        """Longitude and latitude."""
        return self.region.projection.degrees(self.workload.x[self.row], self.workload.y[self.row])

    def after(self, times: Floats) -> Floats:
        """Return times of the year as seconds after the call, empty for events that never happened."""
        return finite(times) - self.call_s

    @cached_property
    def incident(self) -> NDArray[np.int64]:
        """The row index of each dispatch's incident."""
        return np.searchsorted(self.row, self.dispatches["i"])

    @cached_property
    def tier(self) -> NDArray[np.int8]:
        """The tier of each dispatch."""
        return self.forces.tier_codes[self.dispatches["unit"]]

    @cached_property
    def arrived(self) -> NDArray[np.bool_]:
        """Whether each dispatch arrived."""
        return np.asarray((self.dispatches["outcome"] == ARRIVED) & np.isfinite(self.dispatches["arrived_s"]))

    @cached_property
    def drone(self) -> NDArray[np.bool_]:
        """Whether each dispatch is of a tier without a crew."""
        return np.isin(self.tier, [TIERS.index(name) for name in UNCREWED])

    @cached_property
    def by_arrival(self) -> NDArray[np.int64]:
        """The dispatches sorted by incident and arrival; of two at the same time, the one sent first comes first."""
        return np.lexsort((self.dispatches["arrived_s"], self.incident))

    def first(self, chosen: NDArray[np.bool_]) -> First:
        """Return time and tier of the first arrival among the chosen dispatches, by incident."""
        found = self.by_arrival[chosen[self.by_arrival]]
        where = self.incident[found]
        lead = np.flatnonzero(np.diff(where, prepend=-1))
        time, which = np.full(len(self.row), np.nan), np.full(len(self.row), NONE, dtype=np.int8)
        time[where[lead]], which[where[lead]] = (
            self.dispatches["arrived_s"][found[lead]],
            self.tier[found[lead]],
        )
        return time - self.call_s, which

    @cached_property
    def first_arrival(self) -> First:
        """The first arrival of any tier with a crew."""
        return self.first(self.arrived & ~self.drone)

    @cached_property
    def first_capable(self) -> First:
        """The first arrival of a capable unit with enough crew."""
        fits = np.array(
            [[[name in kinds for name in KINDS] for kinds in by_size] for by_size in CAPABLE_KINDS]
        )
        kind, severity = self.workload.kind[self.row], self.workload.severity[self.row] - 1
        fire = np.array(IS_FIRE)[kind][self.incident]
        able = fits[
            kind[self.incident], severity[self.incident], self.forces.kind_codes[self.dispatches["unit"]]
        ]
        able &= self.arrived & (~fire | np.isin(self.tier, [TIERS.index(name) for name in BREATHING]))
        persons = np.where(able, self.dispatches["crew"], 0)[self.by_arrival]
        so_far = np.cumsum(persons)
        incident = self.incident[self.by_arrival]
        before = so_far - persons
        start = before[np.searchsorted(incident, incident)]  # of the incident's first dispatch
        enough = np.empty(len(able), dtype=np.bool_)
        enough[self.by_arrival] = so_far - start >= CREW_OF_FOUR
        return self.first(able & (enough | ~fire))

    def turned_back(self) -> NDArray[np.int64]:
        """Return how many units of each incident did not arrive."""
        return np.bincount(self.incident[self.dispatches["outcome"] != ARRIVED], minlength=len(self.row))


def _kept(name: str) -> Any:
    return lambda rows: rows.kept[name]


def _after(name: str) -> Any:
    return lambda rows: rows.after(rows.kept[name])


def _of_fires(attribute: str, otherwise: float) -> Keep:
    """Return how to keep an attribute of the suppression; `otherwise` for incidents without a fire to put out."""
    return lambda incidents, rules: [
        getattr(incident.suppression, attribute) if incident.suppression else otherwise
        for incident in incidents
    ]


def _water_source(incidents: Sequence[Incident], rules: DispatchConfig) -> Iterable[float]:
    return [
        incident.batch.scenes.source[incident.row] if incident.suppression else NONE for incident in incidents
    ]


def _full_force(incidents: Sequence[Incident], rules: DispatchConfig) -> Iterable[float]:
    cards = [rules.run_cards[kind] for kind in TYPES]
    return [incident.full_force(cards[incident.kind][incident.severity - 1]) for incident in incidents]


INCIDENTS = (
    Column("replication", "int32", "-", "replication, from 0", lambda rows: np.full(len(rows.row), rows.number)),
    Column(
        "incident", "int32", "-", "number of the incident in its replication's workload; the same in every scenario",
        lambda rows: rows.workload.number[rows.row],
    ),
    Column("time_s", "float64", "s", "time of the 119 call, from 1 January 00:00", lambda rows: rows.call_s),
    Column("type", "text", "-", "type of incident", lambda rows: Text(TYPES, rows.workload.kind[rows.row])),
    Column(
        "severity", "int8", "-", "true severity: 1 small, 2 serious, 3 major",
        lambda rows: rows.workload.severity[rows.row],
    ),
    Column(
        "reported", "int8", "-", "severity that the caller's account suggested",
        lambda rows: rows.workload.reported[rows.row],
    ),
    Column("cell", "int32", "-", "row of the 1-km cell in cells.csv, from 0", lambda rows: rows.cell),
    Column(
        "township", "text", "-", "township, town or subdistrict",
        lambda rows: Text([place.name for place in rows.region.townships], rows.township),
    ),
    Column(
        "county", "text", "-", "county, district or county-level city",
        lambda rows: Text([place.county for place in rows.region.townships], rows.township),
    ),
    Column(
        "setting", "text", "-", "setting of the cell for roads: urban, town, plain, mountain",
        lambda rows: Text(SETTINGS, rows.region.cells.setting[rows.cell]),
    ),
    Column("lon", "float64", "°", "longitude (WGS-84)", lambda rows: rows.degrees[0]),
    Column("lat", "float64", "°", "latitude (WGS-84)", lambda rows: rows.degrees[1]),
    Column(
        "ignition_s", "float64", "s", "ignition or event before the call: zero or negative seconds after the call",
        lambda rows: rows.calls.ignition_s[rows.row] - rows.call_s,
    ),
    Column(
        "undetected_s", "float64", "s", "ignition to discovery had there been no detector; 0 for what does not burn",
        lambda rows: rows.calls.undetected_s[rows.row],
    ),
    Column(
        "answered_s", "float64", "s", f"a 119 seat answered, {AFTER}",
        lambda rows: rows.calls.answered_s[rows.row] - rows.call_s,
    ),
    Column(
        "dispatched_s", "float64", "s", f"the first units were ordered, {AFTER}",
        lambda rows: rows.calls.dispatched_s[rows.row] - rows.call_s,
    ),
    Column(
        "first_arrival_s", "float64", "s", f"first arrival of any tier but drones, {AFTER}",
        lambda rows: rows.first_arrival[0],
    ),
    Column(
        "first_arrival_tier", "text", "-", "tier that arrived first", lambda rows: Text(TIERS, rows.first_arrival[1])
    ),
    Column(
        "first_capable_s", "float64", "s",
        f"first capable arrival: 4 with breathing apparatus at fires, the right kind elsewhere, {AFTER}",
        lambda rows: rows.first_capable[0],
    ),
    Column(
        "first_capable_tier", "text", "-", "tier of the first capable arrival",
        lambda rows: Text(TIERS, rows.first_capable[1]),
    ),
    Column(
        "first_professional_s", "float64", "s", f"first arrival of a professional unit, {AFTER}",
        lambda rows: rows.first(rows.arrived & (rows.tier == TIERS.index(BRIGADE)))[0],
    ),
    Column(
        "full_force_s", "float64", "s", f"everything on the run card of the true severity had arrived, {AFTER}",
        _after("full_force_s"), _full_force,
    ),
    Column(
        "drone_s", "float64", "s", f"a drone was over the scene, {AFTER}",
        lambda rows: rows.first(rows.arrived & rows.drone)[0],
    ),
    Column(
        "size_up_s", "float64", "s", f"the true severity was reported from the scene, {AFTER}", _after("size_up_s"),
        each("size_up"),
    ),
    Column(
        "size_up_tier", "text", "-", "tier whose eyes these were; empty where the account was right",
        lambda rows: Text(TIERS, rows.kept["size_up_tier"]), each("size_up_tier", TIERS),
    ),
    Column(
        "size_up_gain_s", "float64", "s",
        "how much later the first crew would have reported, where a drone did; else 0, or empty without a size-up",
        lambda rows: finite(rows.kept["size_up_gain_s"]), each("size_up_gain"),
    ),
    Column(
        "runs_saved", "int32", "units",
        "units recalled on a drone's report that would have arrived before the first crew's",
        _kept("runs_saved"), each("runs_saved"),
    ),
    Column(
        "first_water_s", "float64", "s", f"first water on a fire, {AFTER}", _after("first_water_s"),
        _of_fires("first_water", math.inf),
    ),
    Column(
        "trained_water_s", "float64", "s", f"first water on a fire by a full-time crew, {AFTER}",
        _after("trained_water_s"), _of_fires("trained_water", math.inf),
    ),
    Column(
        "water_source", "text", "-", "supply behind the tank: hydrant, hydrant_failed, park, draft, shuttle",
        lambda rows: Text(WATER_SOURCES, rows.kept["water_source"]), _water_source,
    ),
    Column(
        "control_s", "float64", "s", f"fire under control, {AFTER}", _after("control_s"), _of_fires("control", math.inf)
    ),
    Column(
        "closed_s", "float64", "s", f"work at the scene over; who still rolls then is released on arrival, {AFTER}",
        _after("closed_s"), each("closed"),
    ),
    Column(
        "alarm_level", "int8", "-", "1; 2 and 3 where further alarms drew more", _kept("alarm_level"), each("alarm_level")
    ),
    Column("recalled", "int32", "units", "units recalled or turned back before they arrived", IncidentRows.turned_back),
    Column(
        "cover_moves", "int32", "units", "engines that stood in at stations which this incident had stripped",
        _kept("cover_moves"), lambda incidents, rules: [len(incident.move_ups) for incident in incidents],
    ),
    Column(
        "short", "int32", "units", "units that the run card asked for and nobody could send at once",
        _kept("short"), each("short"),
    ),
    Column(
        "free_min", "float64", "min", "expected minutes from order to arrival of the nearest capable unit that was free",
        lambda rows: finite(rows.kept["free_min"]) / 60, each("free_s"),
    ),
    Column(
        "nearest_min", "float64", "min", "the same had every unit been free",
        lambda rows: finite(rows.kept["nearest_min"]) / 60, each("nearest_s"),
    ),
    Column(
        "free_travel_s", "float64", "s",
        "expected travel time of the nearest capable professional unit that was free, turnout apart",
        lambda rows: finite(rows.kept["free_travel_s"]), each("free_travel_s"),
    ),
    Column(
        "open_incidents", "int32", "incidents", "other incidents open at the time of the order",
        _kept("open_incidents"), each("others_open"),
    ),
    Column(
        "elderly", "truth", "-", "the dwelling's occupants are 60 or older", lambda rows: rows.calls.elderly[rows.row]
    ),
    Column("linked", "truth", "-", "found by a linked detector", lambda rows: rows.calls.linked[rows.row]),
    Column("burnt_m2", "float64", "m2", "burnt area", _kept("burnt_m2"), _of_fires("area_m2", math.nan)),
    Column(
        "arrival_m2", "float64", "m2", "burning area when the first unit with water arrived", _kept("arrival_m2"),
        each("arrival_m2"),
    ),
)  # fmt: skip

# Goes with the incidents to the outcome, which takes it away: it stands in no file.
LOSS_DRAW = Column(
    "loss_draw", "float64", "-", "standard normal number: the value of the property among those of its type",
    lambda rows: rows.workload.draws["loss"][rows.row],
)  # fmt: skip
