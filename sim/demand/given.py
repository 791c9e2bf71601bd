"""Put a given incident into the workload of a replication; all others keep their places, times and draws."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from sim.calendar import DAY_S
from sim.config.given import GivenIncident
from sim.demand.streams import Streams
from sim.demand.workload import MOST_REPEATS, Workload, draws_of
from sim.errors import SimError
from sim.terms import FIRE_TYPES, GROWTH_CLASSES, TYPES
from sim.world.projection import EARTH_RADIUS_M
from sim.world.region import CELL_M, Region

STREAMS = "given."  # its draws have streams of their own
HAPPENS = -1.0  # a mark that no measure thins
USUAL_GROWTH = ("medium", "medium", "fast")  # by severity, as that of other fires follows from their growth


def place_of(given: GivenIncident, region: Region) -> tuple[int, float, float]:
    """Return its cell and its place in metres; SimError if it is outside of the region."""
    cells = region.cells
    east = EARTH_RADIUS_M * math.cos(math.radians(given.lat)) * np.radians(given.lon - cells.lon)
    north = EARTH_RADIUS_M * np.radians(given.lat - cells.lat)
    squared_m2 = east**2 + north**2
    cell = int(squared_m2.argmin())
    if (away_m := math.sqrt(squared_m2[cell])) > CELL_M:
        raise SimError(
            f"lon, lat is {given.lon:g}, {given.lat:g}, {away_m / 1000:,.1f} km from the nearest cell of "
            f"{region.name}; allowed: a place within the region."
        )
    return cell, float(cells.x[cell] + east[cell]), float(cells.y[cell] + north[cell])


def refuse_outside(given: GivenIncident, region: Region, days: int) -> None:
    """Refuse an incident outside of the region, or after the days that are simulated."""
    place_of(given, region)
    if given.onset_s >= days * DAY_S:
        raise SimError(f"time is {given.time}, after the {days} days that are simulated; leave days= out.")


def insert(
    workload: Workload, given: GivenIncident, region: Region, streams: Streams
) -> tuple[Workload, int]:
    """Return the workload with the incident in it, and its number, which follows on those of the others."""
    course, place = given.course, int(np.searchsorted(workload.onset_s, given.onset_s))
    number = int(workload.number.max(initial=-1)) + 1
    cell, x, y = place_of(given, region)
    draws, unit_draws = draws_of(streams, 1, STREAMS)
    limited = given.severity == 1 if course.self_limiting is None else course.self_limiting
    row: dict[str, Any] = {
        "number": number, "onset_s": given.onset_s, "kind": TYPES.index(given.type), "cell": cell, "x": x, "y": y,
        "severity": given.severity, "reported": given.reported,
        "growth_class": GROWTH_CLASSES.index(course.growth or USUAL_GROWTH[given.severity - 1]),
        "self_limiting": limited and given.type in FIRE_TYPES,
        "repeats": streams.get(f"{STREAMS}u.repeats").random(),
        "repeat_gaps": streams.get(f"{STREAMS}u.repeat_gaps").random(MOST_REPEATS, dtype=np.float32),
    }  # fmt: skip
    own: dict[str, Any] = {**draws, "thin": HAPPENS}
    columns = {name: np.insert(getattr(workload, name), place, item, axis=0) for name, item in row.items()}
    return replace(
        workload, **columns, courses={number: course},
        draws={name: np.insert(workload.draws[name], place, own[name]) for name in draws},
        unit_draws={
            name: np.insert(workload.unit_draws[name], place, item, axis=0) for name, item in unit_draws.items()
        },
    ), number  # fmt: skip
