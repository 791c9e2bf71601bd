"""A small world in which one incident can be followed by hand.

Routes are straight lines driven at 10 m/s from the first metre to the last, so a unit 6 km away drives 600 s.
Durations are the shipped ones: a hand-made incident has z = 0 in every normal draw, which is the median (the
`scale` of configs/), and 0.5 in every uniform one. At 0.5 a professional roster of 36 has 31 present, five crews;
of 20, 17, three crews; of 15, 13, two; a township team of 5 has 4; 6 of 8 volunteers turn up.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sim.config.compose import compose
from sim.config.groups.forces import ComplementConfig, Duration
from sim.config.schema import Config
from sim.demand import call_centre
from sim.demand.workload import MOST_REPEATS, NORMAL, NORMAL_BY_UNIT, UNIFORM, UNIFORM_BY_UNIT, Workload
from sim.simulation import result_tables
from sim.simulation.incident import Incident
from sim.simulation.model import Model
from sim.simulation.recorder import Recorder
from sim.simulation.replication import Replication, World
from sim.terms import GROWTH_CLASSES, SETTINGS, TIERS, TYPES
from sim.world import forces, plan
from sim.world.forces import ROSTER_SLOTS, SLOTS
from sim.world.projection import Projection
from sim.world.region import Cells, Region, Site, Township
from sim.world.travel import models

HOUR_S = 3600.0
NOON_S = 12 * HOUR_S
KM = 1000.0

# What the stories were worked out with, where the shipped numbers are others.
STORY: dict[str, Any] = {
    "forces.civil.per_county": 0,
    "forces.volunteer.kinds": (),
    "forces.volunteer.turn_up": 0.7,
    "dispatch.relay.delay": Duration("lognormal", 150.0, 0.6),
    "dispatch.run_cards.residential_fire": ({"engine": 2}, {"engine": 3}, {"engine": 3, "tanker": 1}),
    "dispatch.run_cards.premises_fire": (
        {"engine": 2}, {"engine": 3, "tanker": 1}, {"engine": 5, "tanker": 2, "ladder": 1, "rescue": 1},
    ),
    "fireground.growth.incubation": Duration("constant", 0.0, 0.0),
    "fireground.growth.doubling": Duration("lognormal", 360.0, 0.4),
    "fireground.growth.cap_m2": {
        "residential_fire": 120.0, "highrise_fire": 120.0, "premises_fire": 300.0, "vehicle_fire": 12.0,
        "outdoor_fire": 200.0,
    },
    "fireground.growth.confined": dict.fromkeys(SETTINGS, 0.0),
    "fireground.water.held_m2": 10.0,
    "fireground.on_scene.team_share": 1.0,
    "forces.mutual_aid.speed_kmh": 36.0,
    "forces.mutual_aid.speed_sd_log": 0.3,
    "forces.mutual_aid.detour": 1.0,
    "forces.mutual_aid.distance_km": 51.0,  # 900 s to form up, 100 s a kilometre
    "forces.specialists_before": (),
    "dispatch.alarms.large_m2": 1e6,
}  # fmt: skip
FIRE_CARD = {"dispatch.run_cards.residential_fire": ({"engine": 1},) * 3}
PLAIN_ROADS: dict[str, Any] = {
    "travel.far_m": 1e6,
    "travel.detour": dict.fromkeys(SETTINGS, 1.0),
    "travel.local_kmh": dict.fromkeys(SETTINGS, 36.0),
    "travel.trunk_kmh": dict.fromkeys(SETTINGS, 36.0),
    "travel.acceleration_ms2": 0.0,
    "travel.peak_factor": dict.fromkeys(SETTINGS, 1.0),
    "travel.night_factor": 1.0,
    "travel.bad_weather_share": 0.0,
    "travel.noise_sd_log": 0.0,
}


@cache
def shipped(*arguments: str) -> Config:
    """Return the composed configuration; composing takes a quarter of a second, so once for each set."""
    return compose(arguments)


def changed(item: Any, changes: dict[str, Any]) -> Any:
    """Return a tree of dataclasses and dictionaries with `a.b.c` replaced."""
    for path, value in changes.items():
        item = _put(item, path.split("."), value)
    return item


def _put(item: Any, path: list[str], value: Any) -> Any:
    if not path:
        return value
    if isinstance(item, dict):
        return {**item, path[0]: _put(item.get(path[0]), path[1:], value)}
    assert is_dataclass(item), f"nothing to change at {path}"
    assert path[0] in {f.name for f in fields(item)}, f"{type(item).__name__} has no field {path[0]}"
    return replace(item, **{path[0]: _put(getattr(item, path[0]), path[1:], value)})  # type: ignore[type-var]


def station_class(name: str, crew: int, **vehicles: int) -> dict[str, Any]:
    """Return the change that gives a class of station these vehicles and exactly `crew` persons on duty."""
    return {
        f"forces.professional.classes.{name}": ComplementConfig(vehicles, crew),
        "forces.professional.availability": 1.0,
    }


@dataclass(frozen=True)
class Place:
    """A township of one or more cells, its seat in the first; coordinates in kilometres."""

    name: str
    kind: str = "township"  # subdistrict, town, township
    km: tuple[float, float] = (0.0, 0.0)
    setting: str = "plain"
    population: float = 1000.0
    committees: int = 0
    villages: int = 0
    more_cells: tuple[tuple[float, float, float], ...] = ()  # x, y, population
    county: str = "甲县"


def region(
    places: tuple[Place, ...] = (Place("甲乡"),), sites: tuple[tuple[str, str, float, float], ...] = ()
) -> Region:
    """Return a region of townships and professional stations (name, class, x km, y km), each its own brigade."""
    rows = []
    for index, place in enumerate(places):
        rows.append((place.km[0], place.km[1], index, place.population, place.setting))
        rows += [(x, y, index, people, place.setting) for x, y, people in place.more_cells]
    projection = Projection(118.7, 28.9)
    x, y = (np.array([row[axis] for row in rows]) * KM for axis in (0, 1))
    lon, lat = projection.degrees(x, y)
    setting = np.array([SETTINGS.index(row[4]) for row in rows], dtype=np.int8)
    urban = np.array([row[4] == "urban" for row in rows])
    cells = Cells(
        x, y, lon, lat, np.array([row[2] for row in rows], dtype=np.int32),
        np.array([row[3] for row in rows], dtype=np.float64), setting, urban, urban,
    )  # fmt: skip
    return Region(
        name="small",
        projection=projection,
        counties=tuple(dict.fromkeys(place.county for place in places)),
        townships=tuple(
            Township(str(i), p.name, p.county, p.kind, p.km[0] * KM, p.km[1] * KM, p.committees, p.villages)
            for i, p in enumerate(places)
        ),
        sites=tuple(Site(name, name, kind, planned=False, x=x * KM, y=y * KM) for name, kind, x, y in sites),
        cells=cells,
    )


def unified(share: float = 1.0) -> dict[str, Any]:
    """Return the levels with this share of all tiers on the 119 platform."""
    return {"integrated": dict.fromkeys(TIERS, share), "unified_share": share}


def build(
    land: Region,
    changes: dict[str, Any] | None = None,
    levels: dict[str, Any] | None = None,
    year: int = 2023,
) -> World:
    """Return the world of a small region: the shipped configuration on plain roads, then changed.

    No team is on the platform unless asked for. Civil teams and volunteers stay at home unless asked for, so that a
    story has only the units that it names.
    """
    config = changed(shipped(f"scenario={year}"), {**PLAIN_ROADS, **STORY, **(changes or {})})
    state = plan.levels(config.plan, config.scenario.year)
    state = replace(state, stations_open=(), **{**unified(0.0), **(levels or {})})
    built = forces.build(land, config.forces, state)
    return World(config, land, state, built, models.build(config.travel, land))


@dataclass(frozen=True)
class Call:
    """A hand-made incident: onset in seconds of the year, place in kilometres, and the draws that differ."""

    kind: str
    onset_s: float = NOON_S
    km: tuple[float, float] = (0.0, 0.0)
    cell: int = 0
    severity: int = 1
    reported: int | None = None  # None: as it is
    growth: str = "medium"
    limited: bool = False
    draws: dict[str, float] = field(default_factory=dict)
    unit_draws: dict[str, float] = field(default_factory=dict)  # the same luck for every unit
    repeats: float = 0.0


def social(after_s: float = 0.0, km: float = 6.0) -> Call:
    """Return a call for social assistance so many seconds after noon, so many kilometres to the east."""
    return Call("social_assistance", NOON_S + after_s, (km, 0.0))


def workload(calls: list[Call], weather: float = 0.0, roster: float = 0.5) -> Workload:
    """Return the workload of hand-made incidents, sorted by onset."""
    calls = sorted(calls, key=lambda call: call.onset_s)
    total = len(calls)

    def column(name: str, usual: float) -> Any:
        return np.array([call.draws.get(name, usual) for call in calls], dtype=np.float64)

    def by_unit(name: str, usual: float) -> Any:
        row = np.array([[call.unit_draws.get(name, usual)] for call in calls], dtype=np.float32)
        return np.repeat(row, SLOTS, axis=1).reshape(total, SLOTS)

    for call in calls:
        assert set(call.draws) <= {*NORMAL, *UNIFORM}
        assert set(call.unit_draws) <= {*NORMAL_BY_UNIT, *UNIFORM_BY_UNIT}
    return Workload(
        number=np.arange(total, dtype=np.int32),
        onset_s=np.array([call.onset_s for call in calls], dtype=np.float64),
        kind=np.array([TYPES.index(call.kind) for call in calls], dtype=np.int8),
        cell=np.array([call.cell for call in calls], dtype=np.int32),
        x=np.array([call.km[0] * KM for call in calls]),
        y=np.array([call.km[1] * KM for call in calls]),
        severity=np.array([call.severity for call in calls], dtype=np.int8),
        reported=np.array([call.reported or call.severity for call in calls], dtype=np.int8),
        growth_class=np.array([GROWTH_CLASSES.index(call.growth) for call in calls], dtype=np.int8),
        self_limiting=np.array([call.limited for call in calls], dtype=np.bool_),
        draws={name: column(name, 0.0) for name in NORMAL} | {name: column(name, 0.5) for name in UNIFORM},
        unit_draws={name: by_unit(name, 0.0) for name in NORMAL_BY_UNIT}
        | {name: by_unit(name, 0.5) for name in UNIFORM_BY_UNIT},
        repeats=np.array([call.repeats for call in calls], dtype=np.float64),
        repeat_gaps=np.full((total, MOST_REPEATS), 0.5, dtype=np.float32),
        roster=np.full((2 * 365 + 2, ROSTER_SLOTS), roster),
        weather=np.full(367 * 8, weather),
    )


@dataclass(frozen=True)
class Played:
    """What happened: the two tables, and the model behind them."""

    incidents: pd.DataFrame
    dispatches: pd.DataFrame
    stories: list[Incident]
    response: Model

    def incident(self, number: int = 0) -> dict[str, Any]:
        """Return the row of an incident."""
        row = self.incidents.set_index("incident").loc[number]
        return {str(name): value for name, value in row.items()}

    def sent(self, number: int = 0) -> pd.DataFrame:
        """Return the units sent to an incident, by name."""
        return self.dispatches[self.dispatches["incident"] == number].set_index("unit")

    def times(self, unit: str, number: int = 0) -> tuple[float, ...]:
        """Return dispatched, turned out, arrived, released, ready of a unit in seconds after the call."""
        row: Any = self.sent(number).loc[unit]
        return tuple(
            float(row[f"{name}_s"]) for name in ("dispatched", "turned_out", "arrived", "released", "ready")
        )


def play(world: World, *calls: Call, weather: float = 0.0, roster: float = 0.5) -> Played:
    """Run hand-made incidents through calls, candidates, fireground and response."""
    return run(world, workload(list(calls), weather, roster))


def run(world: World, work: Workload) -> Played:
    """Run a workload through calls, candidates, fireground and response."""
    calls = call_centre.take(work, world.config, world.levels)
    response = Model(work, calls, world.region, world.forces, world.travel, world.config, world.levels)
    stories: list[Incident] = []
    response.run(stories.extend)
    records = Recorder(world.config.dispatch)
    records.add(stories)
    incidents, dispatches = result_tables.tables(world, Replication(0, work, calls, records))
    return Played(incidents, dispatches, stories, response)
