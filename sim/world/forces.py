"""Stations and units of a scenario year, by tier. Placement rules beyond the table of stations are assumptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import count, repeat
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.forces import ForcesConfig
from sim.errors import SimError
from sim.service import Service
from sim.terms import BRIGADE, KINDS, SPECIALISTS, SPECIALTIES, STATION_CLASSES, TIER, TIERS
from sim.world.placement import micro_posts, nest_sites
from sim.world.plan import Levels
from sim.world.region import OF_TOWNSHIP, Neighbour, Region, Township

SLOTS = 16  # columns of ready draws that an incident carries for the units that come
OUTSIDE = "outside"  # area of the help that comes from beyond the region
ROSTER_SLOTS = 256  # columns of the roster table, one row per shift
ROSTER_MARK = crc32(b"roster:")  # a checksum goes on from that of what stood before


def mark(purpose: str, name: str) -> float:
    """Return a fixed number in [0, 1) for a name, so that partial levels are nested."""
    return crc32(f"{purpose}:{name}".encode()) / 2**32


@dataclass(frozen=True, slots=True)
class Station:
    """The base of units: a station, a team's house, a car's township, a nest."""

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
    service: Service | None = None  # of a city with a log of its own

    @cached_property
    def slot_of(self) -> list[int]:
        """Return the column of the ready draws of each unit: that of its station, or with a service one of its own."""
        if self.service is None:
            return [self.stations[unit.station].slot for unit in self.units]
        slots = [0] * len(self.units)
        for station, units in zip(self.stations, self.units_of, strict=True):
            for place, unit in enumerate(units):
                slots[unit] = (station.slot + place) % SLOTS
        return slots

    @cached_property
    def by_tier(self) -> dict[str, NDArray[np.int64]]:
        """Return the indices of the region's stations of each tier."""
        tiers = np.array([station.tier if station.area != OUTSIDE else "" for station in self.stations])
        return {tier: np.flatnonzero(tiers == tier) for tier in TIERS}

    @cached_property
    def xy(self) -> NDArray[np.float64]:
        """Return the coordinates of the stations, (stations, 2) metres."""
        places = [(station.x, station.y) for station in self.stations]
        return np.array(places, dtype=np.float64).reshape(-1, 2)

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
        numbers_of: list[list[int]] = [[] for _ in self.stations]
        for unit in self.units:
            numbers_of[unit.station].append(unit.index)
        return tuple(map(tuple, numbers_of))


Base = tuple[str, float, float, str, int]  # name, x, y, area and township of a station


class _Builder:
    """Collects and numbers stations and units, a tier at a time, because a country has hundreds of thousands."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.stations: list[Station] = []
        self.units: list[Unit] = []

    def add(self, tier: str, bases: Iterable[Base], roster: int, presence: float) -> range:
        """Add stations of a tier with one roster, and return their indices."""
        first, bases = len(self.stations), list(bases)
        if bases:
            names, x, y, areas, townships = zip(*bases, strict=True)
            encoded = [name.encode() for name in names]
            self.stations.extend(
                map(
                    Station, count(first), names, repeat(tier), x, y, areas, townships, repeat(roster),
                    repeat(presence), self._integrated(tier, names),
                    [crc32(name) % SLOTS for name in encoded],
                    [crc32(name, ROSTER_MARK) % ROSTER_SLOTS for name in encoded],
                )
            )  # fmt: skip
        return range(first, len(self.stations))

    def _integrated(self, tier: str, names: Sequence[str]) -> list[bool]:
        """Tell which stations are on the 119 platform: a share of them, chosen by the fixed mark of their name."""
        share = self.levels.integrated.get(tier, 0.0)
        if TIER[tier].on_platform or share >= 1:
            return [True] * len(names)
        if share <= 0:
            return [False] * len(names)
        return [mark("integrated", name) < share for name in names]

    def equip(self, stations: Sequence[int], name: str, kind: str, crew: int, water_m3: float) -> None:
        """Give each of the stations one unit."""
        numbers = range(len(self.units), len(self.units) + len(stations))
        homes = [self.stations[station] for station in stations]
        names = [f"{home.name} {name}" for home in homes]
        tiers = [home.tier for home in homes]
        self.units.extend(
            map(Unit, numbers, names, stations, tiers, repeat(kind), repeat(crew), repeat(water_m3))
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
    _enterprise(builder, region, config)
    _further_tiers(builder, region, config)
    _outside(builder, region, config)
    twins = [name for name, times in Counter(home.name for home in builder.stations).items() if times > 1]
    if twins:
        raise SimError(
            f"two stations are called {twins[0]}, a name that the model gives itself: call the one in stations.csv or "
            "further_posts.csv something else."
        )
    return Forces(tuple(builder.stations), tuple(builder.units), config.professional.crew_per_vehicle)


def _professional(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.professional
    if not rules.enabled:
        return
    presence = min(1.0, rules.availability + builder.levels.availability_gain)
    names = {site.name for site in region.sites}
    for name in builder.levels.stations_open:
        if name not in names:
            raise SimError(
                f"plan.stations opens {name}, which is not in the region's stations.csv: leave it out with "
                "plan.stations.NAME.enabled=false, or the whole plan with plan=off."
            )
    specialists: dict[str, list[str]] = {}
    for specialty, home in config.specialists.items():
        if specialty not in SPECIALTIES:
            raise SimError(f"unknown key forces.specialists.{specialty}; allowed: {', '.join(SPECIALTIES)}.")
        if home not in names and home not in STATION_CLASSES and builder.levels.specialist_kit:
            raise SimError(
                f"forces.specialists.{specialty} is {home}, which is not in the region's stations.csv; "
                f"allowed: a station of it, or a class ({', '.join(STATION_CLASSES)})."
            )
        specialists.setdefault(home, []).append(specialty)
    water = {"engine": rules.water_m3, "tanker": rules.tanker_m3}
    for site in region.sites:
        if site.planned and site.name not in builder.levels.stations_open:
            continue
        if site.station_class not in rules.classes:
            raise SimError(
                f"key forces.professional.classes.{site.station_class} is missing: {site.name} has this class."
            )
        complement = rules.classes[site.station_class]
        base = (site.name, site.x, site.y, site.brigade, -1)
        station = builder.add(BRIGADE, [base], complement.crew, presence)
        for kind, total in complement.vehicles.items():
            crew = rules.crew_by_kind.get(kind, rules.crew_per_vehicle)
            for number in range(1, total + 1):
                builder.equip(station, f"{kind} {number}", kind, crew, water.get(kind, 0.0))
        for specialty in (*specialists.get(site.name, ()), *specialists.get(site.station_class, ())):
            if builder.levels.specialist_kit or specialty in config.specialists_before:
                builder.equip(station, f"{specialty} team", f"{specialty}_team", rules.crew_per_vehicle, 0.0)


def _townships_with_teams(region: Region, config: ForcesConfig, levels: Levels) -> list[int]:
    """Return the townships with a full-time team: by kind, and a growing share of the others."""
    return [
        index
        for index, township in enumerate(region.townships)
        if township.kind in config.township.kinds or mark("team", township.name) < levels.extra_teams_share
    ]


def _at_seats(region: Region, word: str, indices: Iterable[int]) -> list[Base]:
    """Return bases at the seats of townships."""
    townships = ((index, region.townships[index]) for index in indices)
    return [(f"{home.name}{word}", home.x, home.y, home.county, index) for index, home in townships]


def _further(region: Region, tier: str) -> list[Base]:
    """Return the region's further posts of a tier."""
    return [
        (post.name, post.x, post.y, region.townships[post.township].county, post.township)
        for post in region.posts
        if post.tier == tier
    ]


def _township_teams(builder: _Builder, region: Region, config: ForcesConfig, teams: Sequence[int]) -> None:
    rules = config.township
    presence = min(1.0, rules.availability + builder.levels.availability_gain)
    bases = [*_at_seats(region, OF_TOWNSHIP["township"], teams), *_further(region, "township")]
    # A single engine takes all persons on duty; of several, each takes one crew and leaves the rest to the others.
    most = rules.staff if rules.vehicles == 1 else min(rules.staff, config.professional.crew_per_vehicle)
    for home in builder.add("township", bases, rules.staff, presence):  # a team's engines stand together
        for number in range(1, rules.vehicles + 1):
            builder.equip([home], f"engine {number}", "engine", most, rules.water_m3)


def _volunteers(builder: _Builder, region: Region, config: ForcesConfig, teams: Sequence[int]) -> None:
    rules = config.volunteer
    taken = {*teams, *(post.township for post in region.posts if post.tier == "township")}
    chosen = [
        index
        for index, township in enumerate(region.townships)
        if township.kind in rules.kinds and index not in taken
    ]
    homes = builder.add("volunteer", _at_seats(region, "志愿队", chosen), rules.staff, rules.turn_up)
    builder.equip(homes, "pump", "pump", rules.staff, rules.water_m3)


def _micro(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.micro
    counts = [
        round(township.committees * rules.per_committee + township.villages * rules.per_village)
        for township in region.townships
    ]
    x, y = region.cells.x.tolist(), region.cells.y.tolist()
    posts = (
        (region.townships[home], home, cell, number) for home, cell, number in micro_posts(region, counts)
    )
    bases = (
        (f"{town.name}微型站{number}", x[cell], y[cell], town.county, home)
        for town, home, cell, number in posts
    )
    homes = builder.add("micro", bases, rules.crew, rules.availability)
    builder.equip(homes, "crew", "foot", rules.crew, 0.0)


def _patrol(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules, share = config.patrol, builder.levels.patrol_share
    chosen = [
        index for index, township in enumerate(region.townships) if mark("patrol", township.name) < share
    ]
    bases = [*_at_seats(region, OF_TOWNSHIP["patrol"], chosen), *_further(region, "patrol")]
    homes = builder.add("patrol", bases, rules.posts // 2, rules.post_present)
    builder.equip(homes, "car", "patrol", rules.crew, rules.water_m3)


def _nests(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    if not builder.levels.platform:
        return
    nests = nest_sites(region, builder.levels.nests_per_brigade, config.drones.radius_m)
    bases = [(f"{brigade}大队机巢{number}", x, y, brigade, -1) for brigade, number, x, y in nests]
    homes = builder.add("drone", [*bases, *_further(region, "drone")], 0, config.drones.technical)
    builder.equip(homes, "drone", "drone", 0, 0.0)


def _civil(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.civil
    seats: dict[str, Township] = {}  # the most urban township stands for the county seat, of equals the first
    for township in region.townships:
        largest = seats.get(township.county)
        if largest is None or township.committees > largest.committees:
            seats[township.county] = township
    bases = [
        (f"{county}民间救援队{number}", seats[county].x, seats[county].y, county, -1)
        for county in region.counties
        if county in seats
        for number in range(1, rules.per_county + 1)
    ]
    homes = builder.add("civil", bases, rules.crew, rules.availability)
    builder.equip(homes, "team", "civil", rules.crew, 0.0)


def _enterprise(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.enterprise
    bases = [
        (f"{name} {number}" if number > 1 else name, x, y, county, township)
        for name, x, y, county, township in _further(region, "enterprise")
        for number in range(1, rules.teams + 1)
    ]
    homes = builder.add("enterprise", bases, rules.crew, rules.availability)
    builder.equip(homes, "engine", "engine", rules.crew, rules.water_m3)


def _further_tiers(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    sites = {site.name: site for site in region.sites}
    for tier, rules in config.further.items():
        for number, base in enumerate(rules.bases, 1):
            if base not in sites:
                raise SimError(
                    f"forces.further.{tier}.bases holds {base}, which is not in the region's stations.csv; "
                    "allowed: stations of it."
                )
            site = sites[base]
            place = (f"{base} {tier} {number}", site.x, site.y, site.brigade, -1)
            home = builder.add(tier, [place], rules.crew, rules.availability)
            builder.equip(home, "unit", rules.kind, rules.crew, rules.water_m3)


def _outside(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    """Add the neighbouring prefectures, each with specialist teams and a column; one somewhere if none is named."""
    rules, crew = config.mutual_aid, config.professional.crew_per_vehicle
    if not rules.enabled:
        return
    cells = region.cells
    somewhere = Neighbour("外市", float(cells.x.mean()) + rules.distance_km * 1000, float(cells.y.mean()))
    seats = region.neighbours or (somewhere,)
    bases: list[Base] = [(f"{seat.name}增援", seat.x, seat.y, OUTSIDE, -1) for seat in seats]
    homes = builder.add(BRIGADE, bases, crew * (len(SPECIALISTS) + sum(rules.column.values())), 1.0)
    water = {"engine": config.professional.water_m3, "tanker": config.professional.tanker_m3}
    for kind in SPECIALISTS:
        builder.equip(homes, kind.replace("_", " "), kind, crew, 0.0)
    for kind, total in rules.column.items():
        for number in range(1, total + 1):
            builder.equip(
                homes,
                f"{kind} {number}",
                kind,
                config.professional.crew_by_kind.get(kind, crew),
                water.get(kind, 0.0),
            )
