"""Schema of the group `region`: the study area, from tables or synthetic."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sim.config.fields import fraction, number, optional, value
from sim.errors import SimError, did_you_mean

DEFAULT = "quzhou"  # the region for which the values of configs/ are meant
ADDED = {
    "station": "",
    "nest": "drone",
    "team": "township",
    "car": "patrol",
}  # kinds, with the tier of a post
PLACE = re.compile(r"(-?\d+(?:\.\d+)?)/(-?\d+(?:\.\d+)?)")
MOVED = "STATION@LONGITUDE/LATITUDE"
HOW = f"KIND@LONGITUDE/LATITUDE or KIND@TOWNSHIP with a kind of {', '.join(ADDED)}"


@dataclass(frozen=True)
class SyntheticConfig:
    """A made-up region: sizes and laws (docs/performance.md). Everything scales with the number of counties."""

    counties: int = number("counties and districts", "counties", 1, 10_000, "m_syn_counties")
    townships_per_county: float = number(
        "subdistricts, towns and townships, mean of a county", "townships", 1, 100, "m_syn_townships"
    )
    stations_per_county: float = number(
        "professional stations, mean of a county, which has at least one", "stations", 1, 50, "m_syn_stations"
    )
    people_per_county: float = number("residents, mean of a county", "persons", 1000, 1e7, "m_syn_people")
    area_km2_per_county: float = number("area, mean of a county", "km2", 100, 1e5, "m_syn_area")
    urban_share: float = number("share of the residents who are urban", "-", 0.05, 0.95, "m_syn_urban")
    seat_share: float = number(
        "share of the urban residents who live at the county seat, the others in towns", "-", 0.05, 1,
        "m_syn_seat",
    )  # fmt: skip
    zipf_exponent: float = number(
        "size of a county seat = 1 / (offset + rank / counties) to this power", "-", 0, 2, "m_syn_zipf"
    )
    zipf_offset: float = number("offset of that law", "-", 1e-4, 10, "m_syn_zipf_offset")
    city_density: float = number(
        "residents per km2 at the centre of a county seat", "persons/km2", 1000, 1e5, "m_syn_density"
    )
    village_cells: int = number(
        "places with villages about the seat of a town or township", "cells", 1, 1000, "m_syn_villages"
    )
    mountain_share: float = fraction("share of the villages in the mountains", "m_syn_mountain")
    subdistrict_share: float = fraction(
        "share of the townships that are subdistricts of a county seat", "m_syn_subdistricts"
    )
    town_share: float = fraction("share of the others that are towns", "m_syn_towns")
    committees_per_county: float = number(
        "residents' committees, mean of a county", "committees", 0, 1000, "m_syn_committees"
    )
    village_committees_per_county: float = number(
        "villages, mean of a county", "villages", 0, 5000, "m_syn_village_committees"
    )
    seed: int = number("root of its random streams, apart from that of the runs", "-", 0, 2**31 - 1)


@dataclass(frozen=True)
class NeighbourConfig:
    """The seat of a neighbouring prefecture."""

    name: str = value("name")
    lon: float = number("longitude", "°", -180, 180)
    lat: float = number("latitude", "°", -85, 85)


@dataclass(frozen=True)
class RegionConfig:
    """The study area: four tables in one folder, or made up."""

    name: str = value("name of the region")
    folder: str | None = value(
        "folder with counties, townships, cells and stations (CSV), or the name of one shipped; nothing means quzhou"
    )
    lon_min: float = number("western edge", "°", -180, 180)
    lon_max: float = number("eastern edge", "°", -180, 180)
    lat_min: float = number("southern edge", "°", -85, 85)
    lat_max: float = number("northern edge", "°", -85, 85)
    checked: bool = value(
        "refuse tables that cannot be true: distances, people per cell and county, empty townships"
    )
    neighbours: tuple[NeighbourConfig, ...] = value(
        "seats of the neighbouring prefectures, from which help comes", "m_mutual_from"
    )
    synthetic: SyntheticConfig | None = value(
        "a region made up instead of read; nothing means the tables of `folder`"
    )

    added: tuple[str, ...] = optional(
        value(f"places beyond the tables, each {HOW}; a station is a small one"), ()
    )

    closed: tuple[str, ...] = optional(value("standing stations of the tables that close"), ())
    moved: tuple[str, ...] = optional(value(f"standing stations of the tables that move, each {MOVED}"), ())

    @property
    def changes(self) -> dict[str, tuple[str, ...]]:
        """The changes of what the tables hold, by key; those that are not empty."""
        keys = {key: getattr(self, key) for key in ("added", "closed", "moved")}
        return {key: texts for key, texts in keys.items() if texts}

    @property
    def shipped(self) -> bool:
        """Whether the tables are Quzhou's as shipped."""
        return self.synthetic is None and self.folder in (None, DEFAULT)

    def check(self, path: str) -> None:
        """Refuse edges the wrong way round, places that are none, and tables for a region that is made up."""
        for low, high in (("lon_min", "lon_max"), ("lat_min", "lat_max")):
            least, most = getattr(self, low), getattr(self, high)
            if least >= most:
                raise SimError(f"{path}.{low} is {least:g}; allowed: below {path}.{high}, {most:g}.")
        for text in self.added:
            kind, at, where = text.partition("@")
            if not (at and where):
                raise SimError(f"{path}.added holds {text!r}; allowed: {HOW}.")
            if kind not in ADDED:
                hint = did_you_mean(kind, ADDED)
                raise SimError(
                    f"{path}.added holds {text!r}: {kind} is no kind{hint}; allowed: {', '.join(ADDED)}."
                )
        for text in self.moved:
            station, _, where = text.rpartition("@")
            if not (station and PLACE.fullmatch(where)):
                raise SimError(f"{path}.moved holds {text!r}; allowed: {MOVED}.")
        stations = [*self.closed, *(text.rpartition("@")[0] for text in self.moved)]
        for key, names in (("added", self.added), ("closed or moved", stations)):
            if twins := [name for name in names if names.count(name) > 1]:
                raise SimError(f"{path}.{key} holds {twins[0]!r} twice; allowed: each once.")
        for key in self.changes if self.synthetic is not None else ():
            raise SimError(
                f"{path}.{key} has no meaning where {path}.synthetic makes the region up; leave it out."
            )
        if self.synthetic is not None and self.folder is not None:
            raise SimError(
                f"{path}.folder is {self.folder!r}; allowed: nothing, where {path}.synthetic makes the region up."
            )
