"""Stations and units of a scenario year, by tier. Placement rules beyond the table of stations are assumptions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.forces import ForcesConfig
from sim.errors import SimError
from sim.terms import BRIGADE, KINDS, SPECIALISTS, SPECIALTIES, STATION_CLASSES, TIER, TIERS
from sim.world.placement import micro_posts, nest_sites
from sim.world.plan import Levels
from sim.world.region import Region, Township

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
        numbers_of: list[list[int]] = [[] for _ in self.stations]
        for unit in self.units:
            numbers_of[unit.station].append(unit.index)
        return tuple(map(tuple, numbers_of))


class _Builder:
    """Collects and numbers stations and units, a tier at a time, because a country has hundreds of thousands."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.stations: list[Station] = []
        self.units: list[Unit] = []

    def add(
        self,
        tier: str,
        names: Sequence[str],
        x: Iterable[float],
        y: Iterable[float],
        areas: Iterable[str],
        *,
        townships: Iterable[int] | None = None,
        roster: int,
        presence: float,
    ) -> range:
        """Add stations of a tier with one roster, and return their indices."""
        indices = range(len(self.stations), len(self.stations) + len(names))
        encoded = [name.encode() for name in names]
        self.stations.extend(
            map(
                Station, indices, names, repeat(tier), x, y, areas,
                repeat(-1) if townships is None else townships, repeat(roster), repeat(presence),
                self._integrated(tier, names),
                [crc32(name) % SLOTS for name in encoded],
                [crc32(name, ROSTER_MARK) % ROSTER_SLOTS for name in encoded],
            )
        )  # fmt: skip
        return indices

    def _integrated(self, tier: str, names: Sequence[str]) -> list[bool]:
        """Tell which stations are on the 119 platform: a share of them, chosen by the fixed mark of their name."""
        share = self.levels.integrated_share
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
    _further_tiers(builder, region, config)
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
        if home not in names and home not in STATION_CLASSES and builder.levels.specialist_kit:
            raise SimError(
                f"forces.specialists.{specialty} is {home}, which is not in the region's stations.csv."
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
        station = builder.add(
            BRIGADE, [site.name], [site.x], [site.y], [site.brigade],
            roster=complement.crew, presence=presence,
        )  # fmt: skip
        for kind, count in complement.vehicles.items():
            crew = rules.crew_by_kind.get(kind, rules.crew_per_vehicle)
            for number in range(1, count + 1):
                builder.equip(station, f"{kind} {number}", kind, crew, water.get(kind, 0.0))
        if builder.levels.specialist_kit:
            for specialty in (*specialists.get(site.name, ()), *specialists.get(site.station_class, ())):
                builder.equip(station, f"{specialty} team", f"{specialty}_team", rules.crew_per_vehicle, 0.0)


def _townships_with_teams(region: Region, config: ForcesConfig, levels: Levels) -> list[int]:
    """Return the townships with a full-time team: by kind, and a growing share of the others."""
    return [
        index
        for index, township in enumerate(region.townships)
        if township.kind in config.township.kinds or mark("team", township.name) < levels.extra_teams_share
    ]


def _at_seats(
    builder: _Builder,
    region: Region,
    tier: str,
    word: str,
    indices: Sequence[int],
    roster: int,
    presence: float,
) -> range:
    """Add a station of a tier at the seat of each of the townships."""
    townships = [region.townships[index] for index in indices]
    return builder.add(
        tier,
        [f"{township.name}{word}" for township in townships],
        [township.x for township in townships],
        [township.y for township in townships],
        [township.county for township in townships],
        townships=indices,
        roster=roster,
        presence=presence,
    )


def _further(builder: _Builder, region: Region, tier: str, roster: int, presence: float) -> range:
    """Add the region's further posts of a tier."""
    posts = [post for post in region.posts if post.tier == tier]
    return builder.add(
        tier,
        [post.name for post in posts],
        [post.x for post in posts],
        [post.y for post in posts],
        [region.townships[post.township].county for post in posts],
        townships=[post.township for post in posts],
        roster=roster,
        presence=presence,
    )


def _township_teams(builder: _Builder, region: Region, config: ForcesConfig, teams: Sequence[int]) -> None:
    rules = config.township
    presence = min(1.0, rules.availability + builder.levels.availability_gain)
    seats = _at_seats(builder, region, "township", "专职队", teams, rules.staff, presence)
    homes = (*seats, *_further(builder, region, "township", rules.staff, presence))
    # A single engine takes all persons on duty; of several, each takes one crew and leaves the rest to the others.
    most = rules.staff if rules.vehicles == 1 else min(rules.staff, config.professional.crew_per_vehicle)
    for home in homes:  # a team's engines stand together in the table
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
    homes = _at_seats(builder, region, "volunteer", "志愿队", chosen, rules.staff, rules.turn_up)
    builder.equip(homes, "pump", "pump", rules.staff, rules.water_m3)


def _micro(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.micro
    counts = [
        round(township.committees * rules.per_committee + township.villages * rules.per_village)
        for township in region.townships
    ]
    posts = list(micro_posts(region, counts))
    townships = [township for township, _, _ in posts]
    cells = np.array([cell for _, cell, _ in posts], dtype=np.int64)
    homes = builder.add(
        "micro",
        [f"{region.townships[township].name}微型站{number}" for township, _, number in posts],
        region.cells.x[cells].tolist(),
        region.cells.y[cells].tolist(),
        [region.townships[township].county for township in townships],
        townships=townships,
        roster=rules.crew,
        presence=rules.availability,
    )
    builder.equip(homes, "crew", "foot", rules.crew, 0.0)


def _patrol(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules, share = config.patrol, builder.levels.patrol_share
    chosen = [
        index for index, township in enumerate(region.townships) if mark("patrol", township.name) < share
    ]
    crew, presence = rules.posts // 2, rules.post_present
    seats = _at_seats(builder, region, "patrol", "巡逻车", chosen, crew, presence)
    homes = (*seats, *_further(builder, region, "patrol", crew, presence))
    builder.equip(homes, "car", "patrol", rules.crew, rules.water_m3)


def _nests(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    if not builder.levels.platform:
        return
    nests = list(nest_sites(region, builder.levels.nests_per_brigade))
    homes = builder.add(
        "drone",
        [f"{brigade}大队机巢{number}" for brigade, number, _, _ in nests],
        [x for _, _, x, _ in nests],
        [y for _, _, _, y in nests],
        [brigade for brigade, _, _, _ in nests],
        roster=0,
        presence=config.drones.technical,
    )
    more = _further(builder, region, "drone", 0, config.drones.technical)
    builder.equip((*homes, *more), "drone", "drone", 0, 0.0)


def _civil(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    rules = config.civil
    seats: dict[str, Township] = {}  # the most urban township stands for the county seat, of equals the first
    for township in region.townships:
        largest = seats.get(township.county)
        if largest is None or township.committees > largest.committees:
            seats[township.county] = township
    counties = [county for county in region.counties if county in seats for _ in range(rules.per_county)]
    numbers = [
        number for county in region.counties if county in seats for number in range(1, rules.per_county + 1)
    ]
    homes = builder.add(
        "civil",
        [f"{county}民间救援队{number}" for county, number in zip(counties, numbers, strict=True)],
        [seats[county].x for county in counties],
        [seats[county].y for county in counties],
        counties,
        roster=rules.crew,
        presence=rules.availability,
    )
    builder.equip(homes, "team", "civil", rules.crew, 0.0)


def _further_tiers(builder: _Builder, region: Region, config: ForcesConfig) -> None:
    sites = {site.name: site for site in region.sites}
    for tier, rules in config.further.items():
        for number, base in enumerate(rules.bases, 1):
            if base not in sites:
                raise SimError(
                    f"forces.further.{tier}.bases holds {base}, which is not in the region's stations.csv."
                )
            site = sites[base]
            home = builder.add(
                tier, [f"{base} {tier} {number}"], [site.x], [site.y], [site.brigade],
                roster=rules.crew, presence=rules.availability,
            )  # fmt: skip
            builder.equip(home, "unit", rules.kind, rules.crew, rules.water_m3)


def _outside(builder: _Builder, config: ForcesConfig) -> None:
    """Add the specialist teams of other cities, which come on request if there is no local team."""
    if config.mutual_aid.enabled:
        crew = config.professional.crew_per_vehicle
        home = builder.add(
            BRIGADE,
            ["外市增援"],
            [0.0],
            [0.0],
            [OUTSIDE],
            roster=crew * len(SPECIALISTS),
            presence=1.0,
        )
        for kind in SPECIALISTS:
            builder.equip(home, kind.replace("_", " "), kind, crew, 0.0)
