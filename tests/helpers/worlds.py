"""Random small worlds: a few townships, stations and teams, rules of every kind, calls that crowd each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from helpers.small_world import Call, Place, build, region, unified, workload
from sim.calendar import DAY_S
from sim.config.groups.forces import ComplementConfig, Duration
from sim.demand.workload import MOST_REPEATS, NORMAL, NORMAL_BY_UNIT, UNIFORM, UNIFORM_BY_UNIT, Workload
from sim.simulation.replication import World
from sim.terms import APPLIANCES, FIRE_TYPES, GROWTH_CLASSES, SETTINGS, SPECIALTIES, STATION_CLASSES, TYPES
from sim.world.forces import SLOTS

COUNTIES = ("甲县", "乙市")
KINDS = ("subdistrict", "town", "township")

shares = st.sampled_from([0.0, 0.3, 0.7, 1.0])
kilometres = st.integers(-12, 12).map(float)


@st.composite
def places(draw: st.DrawFn) -> tuple[Place, ...]:
    """One to five townships of one to three cells."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        x, y = draw(kilometres), draw(kilometres)
        more = [(x + step, y, 500.0) for step in range(1, draw(st.integers(1, 3)))]
        found.append(
            Place(
                f"乡{number}", draw(st.sampled_from(KINDS)), (x, y), draw(st.sampled_from(SETTINGS)),
                population=draw(st.sampled_from([1.0, 1000.0, 30_000.0])), committees=draw(st.integers(0, 4)),
                villages=draw(st.integers(0, 8)), more_cells=tuple(more), county=draw(st.sampled_from(COUNTIES)),
            )
        )  # fmt: skip
    return tuple(found)


@st.composite
def sites(draw: st.DrawFn) -> tuple[tuple[str, str, float, float], ...]:
    """Up to four professional stations."""
    count = draw(st.integers(0, 4))
    return tuple(
        (f"站{number}", draw(st.sampled_from(STATION_CLASSES)), draw(kilometres), draw(kilometres))
        for number in range(count)
    )


@st.composite
def forces(draw: st.DrawFn) -> dict[str, Any]:
    """Vehicles, crews, teams: often too few."""
    classes = {}
    for name in STATION_CLASSES:
        kinds = draw(st.lists(st.sampled_from(APPLIANCES), max_size=4, unique=True))
        vehicles = {kind: draw(st.integers(0, 3)) for kind in kinds}
        classes[name] = ComplementConfig(
            {"engine": draw(st.integers(0, 3)), **vehicles}, draw(st.integers(0, 24))
        )
    return {
        "forces.professional.classes": classes,
        "forces.professional.availability": draw(st.sampled_from([0.0, 0.6, 0.9, 1.0])),
        "forces.township.kinds": tuple(draw(st.lists(st.sampled_from(KINDS), unique=True))),
        "forces.township.vehicles": draw(st.integers(0, 2)),
        "forces.township.availability": draw(shares),
        "forces.volunteer.kinds": tuple(draw(st.lists(st.sampled_from(KINDS), unique=True))),
        "forces.volunteer.turn_up": draw(shares),
        "forces.micro.radius_m": draw(st.sampled_from([0.0, 3000.0, 20_000.0])),
        "forces.micro.availability": draw(shares),
        "forces.civil.per_county": draw(st.integers(0, 2)),
        "forces.civil.availability": draw(shares),
        "forces.drones.radius_m": draw(st.sampled_from([3000.0, 30_000.0])),
        "forces.drones.technical": draw(shares),
        "forces.drones.endurance_min": draw(st.sampled_from([1.0, 20.0, 45.0])),
        "forces.patrol.staffed_hours": draw(st.sampled_from([0.0, 9.0, 24.0])),
        "forces.patrol.mobile_day": draw(shares),
        "forces.mutual_aid.enabled": draw(st.booleans()),
        "forces.recovery": Duration("constant", draw(st.sampled_from([0.0, 1800.0])), 0.0),
    }


@st.composite
def rules(draw: st.DrawFn) -> dict[str, Any]:
    """Policies of the 119 centre and of dispatch, and the roads."""
    return {
        "dispatch.centre.seats": draw(st.integers(1, 3)),
        "dispatch.queue": draw(st.sampled_from(["wait", "loss"])),
        "dispatch.move_up.policy": draw(st.sampled_from(["none", "nearest", "compliance_table", "dmexclp"])),
        "dispatch.move_up.gain_min": draw(st.sampled_from([0.0, 5.0])),
        "dispatch.move_up.least_min": draw(st.sampled_from([0.0, 60.0])),
        "dispatch.move_up.least_level": draw(st.sampled_from([1, 3])),
        "dispatch.en_route": draw(st.booleans()),
        "dispatch.size_up.escalate": draw(st.booleans()),
        "dispatch.size_up.recall": draw(st.booleans()),
        "fireground.growth.enabled": draw(st.booleans()),
        "fireground.water.enabled": draw(st.booleans()),
        "fireground.discovery.enabled": draw(st.booleans()),
        "travel.metric": draw(st.sampled_from(["euclid", "manhattan"])),
        "travel.noise_sd_log": draw(st.sampled_from([0.0, 0.25])),
    }


@st.composite
def levels(draw: st.DrawFn) -> dict[str, Any]:
    """What of the plan is in force."""
    return {
        "patrol_share": draw(shares),
        "nests_per_brigade": draw(st.integers(0, 2)),
        "platform": draw(st.booleans()),
        **unified(draw(shares)),
        "command_post": draw(st.booleans()),
        "extra_teams_share": draw(shares),
        "water_coverage": draw(shares),
        "linked_elderly": draw(shares),
    }


@st.composite
def calls_in(draw: st.DrawFn, world: World) -> Workload:
    """One to 25 calls within hours or days, with all the luck that they can have."""
    cells = world.region.cells
    span_s = draw(st.sampled_from([1800.0, 6 * 3600.0, 3 * DAY_S]))
    found = []
    for _ in range(draw(st.integers(1, 25))):
        kind, cell = draw(st.sampled_from(TYPES)), draw(st.integers(0, len(cells.x) - 1))
        limited = kind in FIRE_TYPES and draw(st.booleans())
        found.append(
            Call(
                kind, onset_s=draw(st.integers(0, 1000)) / 1000 * span_s,
                km=(float(cells.x[cell]) / 1000, float(cells.y[cell]) / 1000), cell=cell,
                severity=1 if limited or kind == "false_alarm" else draw(st.integers(1, 3)),
                reported=draw(st.integers(1, 3)), growth=draw(st.sampled_from(GROWTH_CLASSES)), limited=limited,
            )
        )  # fmt: skip
    return _luck(workload(found), draw(st.integers(0, 2**32 - 1)))


def _luck(work: Workload, seed: int) -> Workload:
    """Return the workload with every draw at random."""
    generator, total = np.random.default_rng(seed), len(work)
    return replace(
        work,
        x=work.x + generator.uniform(-500, 500, total),
        y=work.y + generator.uniform(-500, 500, total),
        draws={name: generator.standard_normal(total) for name in NORMAL}
        | {name: generator.random(total) for name in UNIFORM},
        unit_draws={
            name: generator.standard_normal((total, SLOTS)).astype(np.float32) for name in NORMAL_BY_UNIT
        }
        | {name: generator.random((total, SLOTS)).astype(np.float32) for name in UNIFORM_BY_UNIT},
        repeats=generator.random(total),
        repeat_gaps=generator.random((total, MOST_REPEATS)).astype(np.float32),
        roster=generator.random(work.roster.shape),
        weather=generator.random(work.weather.shape),
    )


@dataclass(frozen=True)
class Case:
    """A world and its workload; shown by what a reader needs to build it again."""

    world: World
    work: Workload
    changes: dict[str, Any]

    def __repr__(self) -> str:
        stations = [
            (s.name, s.tier, s.x, s.y, s.roster, s.presence, s.integrated) for s in self.world.forces.stations
        ]
        units = [(unit.name, unit.kind) for unit in self.world.forces.units]
        work = self.work
        calls = [
            (TYPES[kind], round(float(time)), (round(float(x)), round(float(y))), int(true), int(told))
            for kind, time, x, y, true, told in zip(
                work.kind, work.onset_s, work.x, work.y, work.severity, work.reported, strict=True
            )
        ]
        return f"Case(changes={self.changes},\n stations={stations},\n units={units},\n calls={calls})"


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A world and its workload; specialists have a home among its stations where they are equipped."""
    there, standing = draw(places()), draw(sites())
    equipped = bool(standing) and draw(st.booleans())
    homes = {name: draw(st.sampled_from(standing))[0] for name in SPECIALTIES} if equipped else {}
    changes = {**draw(forces()), **draw(rules()), "forces.specialists": homes}
    state = {**draw(levels()), "specialist_kit": equipped}
    world = build(region(there, standing), changes, state)
    return Case(world, draw(calls_in(world)), {**changes, **state})
