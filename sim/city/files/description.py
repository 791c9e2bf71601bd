"""Schema of the map that says how raw files of a city are read.

Maps for London, Dublin and San Francisco are in `sim/data/cities`; the records are not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Literal

from sim.config.city_file import check_zone
from sim.config.fields import number, optional, value
from sim.config.text import from_file
from sim.errors import SimError, did_you_mean
from sim.terms import APPLIANCES

PLACES = ("wgs84", "gcj02", "bd09", "metres", "none")
Crs = Literal["wgs84", "gcj02", "bd09", "metres", "none"]


@dataclass(frozen=True)
class Pump:
    """Columns of one vehicle in a log with one row an incident."""

    seconds: str = value("column: seconds from the order to the arrival")
    station: str = value("column: the station that it came from")


@dataclass(frozen=True)
class LogMap:
    """Which columns of a log hold what. A log has one row a vehicle (form: unit) or one an incident (form: incident)."""

    file: str = value("file in the folder of raw files")
    form: Literal["unit", "incident"] = value("one row a vehicle, or one an incident")
    incident: str = value("column: number of the incident")
    times: tuple[str, ...] = value(
        "how times are written (strptime); with `date`, of date and clock with a blank between"
    )
    ordered: str = value("column: the order, the first vehicle's mobilisation")
    type: str | None = optional(value("column: type of the incident"))
    date: str | None = optional(value("column: the date, where the times are clocks only"))
    call: str | None = optional(value("column: the call"))
    turned_out: str | None = optional(value("column: on the way"))
    arrived: str | None = optional(value("column: at the scene"))
    released: str | None = optional(value("column: free again"))
    unit: str | None = optional(value("column: name of the vehicle"))
    kind: str | None = optional(value("column: kind of the vehicle"))
    station: str | None = optional(value("column: its station"))
    area: str | None = optional(value("column: station ground in which the incident lies"))
    x: str | None = optional(value("column: longitude or metres to the east"))
    y: str | None = optional(value("column: latitude or metres to the north"))
    point: str | None = optional(value('column: "(latitude, longitude)" in one cell, instead of x and y'))
    pumps: tuple[Pump, ...] = optional(value("form incident: the vehicles, in their order"), ())


@dataclass(frozen=True)
class StationMap:
    """Which columns of a table of stations hold what."""

    file: str = value("file in the folder of raw files")
    station: str = value("column: name or number, as the log has it")
    x: str | None = optional(value("column: longitude or metres to the east"))
    y: str | None = optional(value("column: latitude or metres to the north"))


@dataclass(frozen=True)
class UnitMap:
    """Which columns of a table of vehicles hold what: one row a vehicle, or one a station with a count."""

    file: str = value("file in the folder of raw files")
    station: str = value("column: home station")
    unit: str | None = optional(value("column: name of the vehicle, as the log has it"))
    kind: str | None = optional(value("column: kind of the vehicle, as the log has it"))
    count: str | None = optional(value("column: how many, where a row is a station"))
    crew: str | None = optional(value("column: persons of its crew"))
    hours: str | None = optional(
        value("column: when it is staffed, such as Mo-Fr 08:00-18:00; empty is always")
    )


@dataclass(frozen=True)
class RoadMap:
    """Tables of a street network."""

    nodes: str = value("file: node, lon, lat")
    edges: str = value("file: from_node, to_node, length_m, and a class")
    road_class: str | None = optional(value("column: class of a street"))
    class_kmh: dict[str, float] | None = optional(number("speed by class", "km/h", 1, 200))
    other_kmh: float = optional(number("speed of other classes", "km/h", 1, 200), 30.0)


@dataclass(frozen=True)
class Map:
    """How the raw files of a city are read."""

    name: str = value("name of the city")
    crs: Crs = value("coordinates: wgs84, gcj02, bd09 (degrees), metres (a plane of the country's own), none")
    time_zone: str = value("time zone of the log, such as Europe/London")
    log: LogMap = value("the log")
    kinds: dict[str, str] | None = optional(value("kind in the log: kind of the model; others are left out"))
    stations: StationMap | None = optional(value("the stations; without them one place"))
    units: UnitMap | None = optional(value("the vehicles; without them as many as the log shows"))
    roads: RoadMap | None = optional(value("the streets"))

    def check(self, path: str) -> None:
        """Refuse kinds that the model has not, a time zone that is none, and columns that go together."""
        for key, kind in (self.kinds or {}).items():
            if kind not in APPLIANCES:
                hint = did_you_mean(kind, APPLIANCES)
                raise SimError(f"kinds.{key} is {kind!r}{hint}; allowed: {', '.join(APPLIANCES)}.")
        check_zone(self.time_zone)
        log = self.log
        if self.crs != "none" and self.stations is None:
            raise SimError(f"key stations is missing: with crs {self.crs} there are stations with places.")
        if self.crs != "none" and not log.point and not (log.x and log.y):
            raise SimError(f"keys log.x and log.y, or log.point, are missing: crs is {self.crs}.")
        if (log.form == "incident") != bool(log.pumps):
            raise SimError(f"log.form is {log.form}; log.pumps goes with form incident, and only with it.")
        if log.form == "unit" and not log.arrived:
            raise SimError("key log.arrived is missing: a log by vehicle needs the arrival at the scene.")
        if not log.times:
            raise SimError(
                "log.times is empty; allowed: one or more ways to write a time, such as %Y-%m-%d %H:%M:%S."
            )
        for place, form in enumerate(log.times):
            _refuse_format(place, form)


def _refuse_format(place: int, form: str) -> None:
    """Refuse a way to write a time that no time can be read by."""
    moment = datetime(2017, 11, 23, 14, 25, 36)  # noqa: DTZ001 -- a clock of no place
    try:
        known = "%" in form and "%z" not in form.lower()
        read_again = datetime.strptime(moment.strftime(form), form)  # noqa: DTZ007
        if known and read_again.year == moment.year and form.isprintable():
            return
    except (ValueError, re.error):
        pass
    raise SimError(
        f"log.times[{place}] is {form!r}; allowed: codes of strptime with a date and a clock, without a zone, such as "
        "%Y-%m-%d %H:%M:%S."
    )


def shipped() -> dict[str, Path]:
    """Return the maps that come with the package, by name."""
    folder = Path(str(resources.files("sim") / "data" / "cities"))
    return {file.stem: file for file in sorted(folder.glob("*.yaml"))}


def read_map(name: str) -> Map:
    """Return a map: one of those shipped by its name, or a file."""
    known = shipped()
    if name not in known and not Path(name).is_file():
        hint = did_you_mean(name, known)
        raise SimError(f"there is no map {name}{hint}; allowed: a YAML file, {', '.join(known)}, or run.")
    return from_file(Map, known.get(name, Path(name)), "the city")
