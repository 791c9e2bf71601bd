"""Stations and units of a scenario year, tier by tier, from the region's tables, the levels and the rules.

Placement rules beyond the region's table of stations are assumptions, named in configs/forces.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sim.config.forces import Forces as ForcesConfig
from sim.errors import SimError
from sim.terms import KINDS, SPECIALISTS, SPECIALTIES, TIERS
from sim.world.placement import micro_posts, nest_sites
from sim.world.plan import Levels
from sim.world.region import Region, Township

SLOTS = 16  # columns of ready draws that an incident carries for the units that come
OUTSIDE = "outside"  # area of the help that comes from beyond the region
ROSTER_SLOTS = 256  # columns of the roster table, one row per shift


def mark(purpose: str, name: str) -> float:
    """Return a number in [0, 1) that belongs to a name for ever, so that partial levels are nested."""
    return crc32(f"{purpose}:{name}".encode()) / 2**32


@dataclass(frozen=True, slots=True)
class Station:
    """A place from which units come: a station, a team's house, a car's township, a nest."""

    index: int
    name: str
    tier: str
    x: float
    y: float
    area: str  # brigade of professional stations, county of the others
    township: int  # index of the township it serves, -1 where it serves all
    roster: int  # persons on duty when everybody is present
    presence: float  # chance that each of them is
    integrated: bool  # on the 119 platform
    slot: int  # column of the ready draws
    roster_slot: int  # column of the roster table


@dataclass(frozen=True, slots=True)
class Unit:
    """A vehicle or team that can be sent."""

    index: int
    name: str
    station: int
    tier: str
    kind: str
    crew: int  # persons when fully crewed
    water_m3: float


@dataclass(frozen=True)
class Forces:
    """All stations and units of a year."""

    stations: tuple[Station, ...]
    units: tuple[Unit, ...]
    crew_per_vehicle: int

    @cached_property
    def by_tier(self) -> dict[str, NDArray[np.int64]]:
        """Return the indices of the region's stations of each tier."""
        tiers = np.array([station.tier if station.area != OUTSIDE else "" for station in self.stations])
        return {tier: np.flatnonzero(tiers == tier) for tier in TIERS}

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """Return the coordinates of the stations, (stations, 2) metres."""
        return np.array([(station.x, station.y) for station in self.stations], dtype=np.float64).reshape(
            -1, 2
        )

    @cached_property
    def tier_codes(self) -> NDArray[np.int8]:
        """Return the tier of each unit as an index into TIERS, (units,)."""
        codes = {tier: code for code, tier in enumerate(TIERS)}
        return np.array([codes[unit.tier] for unit in self.units], dtype=np.int8)

    @cached_property
    def kind_codes(self) -> NDArray[np.int8]:
        """Return the kind of each unit as an index into KINDS, (units,)."""
        codes = {kind: code for code, kind in enumerate(KINDS)}
        return np.array([codes[unit.kind] for unit in self.units], dtype=np.int8)

    @cached_property
    def unit_names(self) -> NDArray[np.object_]:
        """Return the names of the units, (units,) of str."""
        return np.array([unit.name for unit in self.units], dtype=object)

    @cached_property
    def station_names(self) -> NDArray[np.object_]:
        """Return the names of the stations, (stations,) of str."""
        return np.array([station.name for station in self.stations], dtype=object)

    @cached_property
    def units_of(self) -> tuple[tuple[int, ...], ...]:
        """Return the units of each station, in the order of the table."""
        found: list[list[int]] = [[] for _ in self.stations]
        for unit in self.units:
            found[unit.station].append(unit.index)
        return tuple(map(tuple, found))


class _Builder:
    """Collects stations and units and numbers them."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.stations: list[Station] = []
        self.units: list[Unit] = []

    def station(
        self,
        name: str,
        tier: str,
        x: float,
        y: float,
        area: str,
        *,
        township: int = -1,
        roster: int,
        presence: float,
    ) -> int:
        index = len(self.stations)
        integrated = (
            tier in ("professional", "drone") or mark("integrated", name) < self.levels.integrated_share
        )
        self.stations.append(
            Station(
                index, name, tier, x, y, area, township, roster, presence, integrated,
                crc32(name.encode()) % SLOTS, crc32(f"roster:{name}".encode()) % ROSTER_SLOTS,
            )
        )  # fmt: skip
        return index

    def unit(self, station: int, name: str, kind: str, crew: int, water_m3: float) -> None:
        place = self.stations[station]
        self.units.append(
            Unit(len(self.units), f"{place.name} {name}", station, place.tier, kind, crew, water_m3)
        )


def build(region: Region, config: ForcesConfig, levels: Levels) -> Forces:
    """Return the forces of a year."""
    builder = _Builder(levels)
    _professional(builder, region, config)
    teams = _townships_with_teams(region, config, levels)
    _township_teams(builder, region, config, teams)
    _volunteers(builder, region, config, teams)
    _micro(builder, region, config)
    _patrol(builder, region, config)
    _nests(builder, region, config)
    _civil(builder, region, config)
    _outside(builder, config)
    return Forces(tuple(builder.stations), tuple(builder.units), config.professional.crew_per_vehicle)


def _professional(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.professional
    if not rules.enabled:
        return
    presence = min(1.0, rules.availability + builder.levels.availability_gain)
    names = {site.name for site in region.sites}
    for name in builder.levels.stations_open:
        if name not in names:
            raise SimError(f"plan.stations opens {name}, which is not in the region's stations.csv.")
    specialists: dict[str, list[str]] = {}
    for specialty, home in config.specialists.items():
        if specialty not in SPECIALTIES:
            raise SimError(f"unknown key forces.specialists.{specialty}; allowed: {', '.join(SPECIALTIES)}.")
        if home not in names and builder.levels.specialist_kit:
            raise SimError(
                f"forces.specialists.{specialty} is {home}, which is not in the region's stations.csv."
            )
        specialists.setdefault(home, []).append(specialty)
    for site in region.sites:
        if site.planned and site.name not in builder.levels.stations_open:
            continue
        if site.station_class not in rules.classes:
            raise SimError(
                f"key forces.professional.classes.{site.station_class} is missing: {site.name} has this class."
            )
        complement = rules.classes[site.station_class]
        station = builder.station(
            site.name, "professional", site.x, site.y, site.brigade, roster=complement.crew, presence=presence
        )
        water = {"engine": rules.water_m3, "tanker": rules.tanker_m3}
        for kind, count in complement.vehicles.items():
            for number in range(1, count + 1):
                crew = rules.crew_by_kind.get(kind, rules.crew_per_vehicle)
                builder.unit(station, f"{kind} {number}", kind, crew, water.get(kind, 0.0))
        if builder.levels.specialist_kit:
            for specialty in specialists.get(site.name, []):
                builder.unit(station, f"{specialty} team", f"{specialty}_team", rules.crew_per_vehicle, 0.0)


def _townships_with_teams(region: Region, config: ForcesConfig, levels: Levels) -> list[int]:
    """Return the townships with a full-time team: by kind, and a growing share of the others."""
    return [
        index
        for index, place in enumerate(region.townships)
        if place.kind in config.township.kinds or mark("team", place.name) < levels.extra_teams_share
    ]


def _township_teams(builder: _Builder, region: Region, config: ForcesConfig, teams: Iterable[int]) -> None:
    rules = config.township
    presence = min(1.0, rules.availability + builder.levels.availability_gain)
    for index in teams:
        place = region.townships[index]
        station = builder.station(
            f"{place.name}专职队", "township", place.x, place.y, place.county,
            township=index, roster=rules.staff, presence=presence,
        )  # fmt: skip
        for number in range(1, rules.vehicles + 1):
            builder.unit(station, f"engine {number}", "engine", rules.staff, rules.water_m3)


def _volunteers(builder: _Builder, region: Region, config: ForcesConfig, teams: Sequence[int]) -> None:
    rules = config.volunteer
    for index, place in enumerate(region.townships):
        if place.kind in rules.kinds and index not in teams:
            station = builder.station(
                f"{place.name}志愿队", "volunteer", place.x, place.y, place.county,
                township=index, roster=rules.staff, presence=rules.turn_up,
            )  # fmt: skip
            builder.unit(station, "pump", "pump", rules.staff, rules.water_m3)


def _micro(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.micro
    counts = [
        round(place.committees * rules.per_committee + place.villages * rules.per_village)
        for place in region.townships
    ]
    cells = region.cells
    for township, cell, number in micro_posts(region, counts):
        place: Township = region.townships[township]
        station = builder.station(
            f"{place.name}微型站{number}", "micro", float(cells.x[cell]), float(cells.y[cell]), place.county,
            township=township, roster=rules.crew, presence=rules.availability,
        )  # fmt: skip
        builder.unit(station, "crew", "foot", rules.crew, 0.0)


def _patrol(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.patrol
    for index, place in enumerate(region.townships):
        if mark("patrol", place.name) < builder.levels.patrol_share:
            station = builder.station(
                f"{place.name}巡逻车", "patrol", place.x, place.y, place.county,
                township=index, roster=rules.posts // 2, presence=rules.post_present,
            )  # fmt: skip
            builder.unit(station, "car", "patrol", rules.crew, rules.water_m3)


def _nests(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    if not builder.levels.platform:
        return
    for brigade, number, x, y in nest_sites(region, builder.levels.nests_per_brigade):
        station = builder.station(
            f"{brigade}大队机巢{number}", "drone", x, y, brigade, roster=0, presence=config.drones.technical
        )
        builder.unit(station, "drone", "drone", 0, 0.0)


def _civil(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.civil
    for county in region.counties:
        seats = [
            (place.committees, -index)
            for index, place in enumerate(region.townships)
            if place.county == county
        ]
        if not seats:
            continue
        seat = region.townships[-max(seats)[1]]  # the most urban township stands for the county seat
        for number in range(1, rules.per_county + 1):
            station = builder.station(
                f"{county}民间救援队{number}",
                "civil",
                seat.x,
                seat.y,
                county,
                roster=rules.crew,
                presence=rules.availability,
            )
            builder.unit(station, "team", "civil", rules.crew, 0.0)


def _outside(builder: _Builder, config: ForcesConfig) -> None:
    """Add the specialist teams of other cities, which come on request where there is no local one."""
    if config.mutual_aid.enabled:
        crew = config.professional.crew_per_vehicle
        station = builder.station(
            "外市增援", "professional", 0.0, 0.0, OUTSIDE, roster=crew * len(SPECIALISTS), presence=1.0
        )
        for kind in SPECIALISTS:
            builder.unit(station, kind.replace("_", " "), kind, crew, 0.0)
