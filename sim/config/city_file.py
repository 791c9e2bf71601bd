"""`city.yaml`: what the tables of a city's folder do not say, of regions (`region.folder`) and of cities with a log."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from sim.config.fields import number, optional, refuse_unknown, value
from sim.config.groups.region import DEFAULT, NeighbourConfig
from sim.config.text import from_file
from sim.errors import SimError, did_you_mean
from sim.terms import APPLIANCES

CITY = "city.yaml"
EDGES = ("lon_min", "lon_max", "lat_min", "lat_max")
NOT_OPTIONS = ("region", "experiment", "hydra", "out", "name", "portfolio")  # of a city


@dataclass(frozen=True)
class Edges:
    """Between which longitudes and latitudes a region lies."""

    lon_min: float = number("western edge", "°", -180, 180)
    lon_max: float = number("eastern edge", "°", -180, 180)
    lat_min: float = number("southern edge", "°", -85, 85)
    lat_max: float = number("northern edge", "°", -85, 85)


@dataclass(frozen=True)
class City:
    """`city.yaml`."""

    name: str = value("name of the city")
    crs: Literal["degrees", "metres", "none"] = value("columns of places: lon and lat, x and y, or none")
    time_zone: str = value("time zone")
    kinds: tuple[str, ...] = value("kinds of vehicles in units.csv")
    class_kmh: dict[str, float] | None = optional(number("speed by class of street", "km/h", 1, 200))
    other_kmh: float = optional(number("speed of other classes", "km/h", 1, 200), 30.0)
    edges: Edges | None = optional(value("of a region: its edges"))
    neighbours: tuple[NeighbourConfig, ...] = optional(
        value("of a region: seats of the neighbouring prefectures"), ()
    )
    options: tuple[str, ...] = optional(
        value("of a region: what its runs need, as on the command line, such as plan=off"), ()
    )

    def check(self, path: str) -> None:
        """Refuse unknown kinds and time zones, and options that are not of a city."""
        refuse_unknown("kinds", self.kinds, APPLIANCES)
        check_zone(self.time_zone)
        for option in self.options:
            key, equals, _ = option.partition("=")
            if not equals or key.lstrip("+~").partition(".")[0].partition("/")[0] in NOT_OPTIONS:
                raise SimError(
                    f"options holds {option!r}; allowed: key=value with keys of the configuration other than "
                    f"{', '.join(NOT_OPTIONS)}."
                )

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone."""
        return ZoneInfo(self.time_zone)


def check_zone(name: str) -> None:
    """Refuse a name that is no time zone."""
    if name not in available_timezones():
        hint = did_you_mean(name, available_timezones())
        raise SimError(
            f"time_zone is {name!r}{hint}; allowed: a name of the IANA list, such as Europe/London."
        )


def tables_folder(name: str | None) -> Path:
    """Return the folder of a region: one shipped with the package if it has that name, else a path."""
    name = name or DEFAULT
    shipped = Path(str(resources.files("sim") / "data")) / name
    return shipped if name.isidentifier() and (shipped / "cells.csv").is_file() else Path(name)


def of_region(name: str | None) -> City:
    """Return the city of a region's folder; SimError where it says no edges."""
    folder = tables_folder(name)
    if not folder.is_dir():
        raise SimError(f"region.folder is {folder}: there is no such folder.")
    file = folder / CITY
    if not file.is_file():
        raise SimError(
            f"{file} is missing: it gives name, crs, time_zone, kinds and edges of a region (docs/city.md)."
        )
    status = file.stat()
    return _of_region(file, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _of_region(file: Path, size: int, mtime_ns: int) -> City:
    del size, mtime_ns
    city = from_file(City, file, "the city")
    if city.crs != "degrees" or city.edges is None:
        raise SimError(
            f"{file}: a region has crs degrees and edges ({', '.join(EDGES)}); found crs {city.crs}"
            f"{'' if city.edges else ', no edges'}."
        )
    return city


def digest(folder: str | None) -> str:
    """Return a digest of what city.yaml in a region's folder says, empty without one."""
    file = tables_folder(folder) / CITY
    return sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def fact(folder: str | None, key: str) -> Any:
    """Return the name, an edge or the neighbours of a region, for ${sim.city:${region.folder},key}."""
    city = of_region(folder)
    if key == "neighbours":
        return [vars(seat) for seat in city.neighbours]
    return getattr(city.edges if key in EDGES else city, key)


def options(folder: str) -> tuple[str, ...]:
    """Return what the runs of a region need, of a folder that says so."""
    return of_region(folder).options if (tables_folder(folder) / CITY).is_file() else ()
