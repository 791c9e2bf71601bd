"""Who could come to each incident, in the order a dispatcher would think of them.

Everything that can be known before the event model runs is worked out here for many incidents at once, a page of
them: the nearest stations by tier, their expected times, this incident's luck with each of them, who is on duty in
its shift. A page lives as long as one of its incidents is open.

A page holds flat lists and arrays: plain numbers that the event model reads one by one. Row `k` of a table of width
`w` is the slice `k * w : (k + 1) * w`.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import bdtr

from sim.config.forces import Duration
from sim.config.schema import Config
from sim.events import scenes
from sim.events.arrivals import DAY_S
from sim.events.centre import Calls
from sim.events.durations import draw, mean
from sim.events.scenes import Scenes
from sim.events.workload import WEATHER_BLOCK_S, Workload
from sim.world.forces import Forces, Station
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel import TravelLaw

Floats = NDArray[np.float64]

PAGE = 4096  # incidents prepared at once

# Stations looked at before the search is widened to all of them (exact either way).
NEAREST = {"professional": 12, "township": 8, "volunteer": 6, "civil": 2, "patrol": 3, "drone": 2, "relay": 2}


@dataclass(frozen=True)
class Choice:
    """Stations that could send to each incident of a page, nearest first: those of row k are width·k .. stop[k]."""

    width: int
    stop: list[int]
    station: array[int]
    expected_s: array[float]  # from order to arrival
    distance_m: array[float]

    def rows(self, k: int) -> range:
        """Return where the stations of row `k` stand."""
        return range(self.width * k, self.stop[k])


@dataclass(frozen=True)
class Page:
    """Incidents, and everything about them that does not depend on which units are free."""

    kind: list[int]
    severity: list[int]
    reported: list[int]
    ignition_s: list[float]
    ordered_s: list[float]
    appliances: Choice  # professional, and other tiers on the platform
    list_ends_s: dict[str, list[float]]  # by tier: no station off the list is expected before this
    teams: Choice  # township full-time teams, on the platform or not
    micro: Choice
    patrol: Choice
    drones: Choice
    civil: Choice
    speed: list[float]  # speed factor at the time of the order
    setting: list[int]
    x: list[float]
    y: list[float]
    township: list[int]
    luck: array[float]  # trip noise by slot, mean 1; width SLOTS, as the four below
    turnout_z: array[float]
    present: array[float]
    heard: array[float]
    position: array[float]
    persons: list[list[int]]  # on duty in the shift, by station: one list for all incidents of a shift
    night: list[bool]
    hour: list[float]
    grounded: list[bool]  # drones stay down
    relay_s: list[float]
    report_s: list[float]
    mutual_s: list[float]
    recovery_s: list[float]
    scenes: Scenes

    def __len__(self) -> int:
        """Return the number of incidents."""
        return len(self.kind)


class Pages:
    """Prepares the incidents of a replication, page by page."""

    def __init__(
        self,
        workload: Workload,
        calls: Calls,
        region: Region,
        forces: Forces,
        law: TravelLaw,
        config: Config,
        levels: Levels,
    ) -> None:
        self.workload, self.calls, self.region = workload, calls, region
        self.law, self.config, self.levels = law, config, levels
        rules = config.forces
        tiers = forces.by_tier
        on_platform = [
            (tier, turnout, [i for i in tiers[tier].tolist() if forces.stations[i].integrated])
            for tier, turnout in (
                ("professional", rules.professional.turnout),
                ("township", rules.township.turnout),
                ("volunteer", rules.volunteer.turnout),
            )
        ]
        self._appliances = {
            tier: _Tier(forces, np.array(stations, dtype=np.int64), NEAREST[tier], turnout)
            for tier, turnout, stations in on_platform
        }
        self._teams = _Tier(forces, tiers["township"], NEAREST["relay"], rules.township.turnout)
        self._micro = _Tier(forces, tiers["micro"], rules.micro.most, None, rules.micro.radius_m)
        self._patrol = _Tier(forces, tiers["patrol"], NEAREST["patrol"], rules.patrol.turnout_parked)
        self._drones = _Tier(
            forces, tiers["drone"], NEAREST["drone"], None, rules.drones.radius_m, straight=True
        )
        self._civil = _Tier(forces, tiers["civil"], NEAREST["civil"], rules.civil.turnout)
        self._duty = Duty(workload.roster, forces, config)
        self._next = 0  # number of the next page
        self._open: dict[int, Page] = {}
        self._asked: dict[int, int] = {}  # rows of the open pages that were asked for

    def holding(self, row: int) -> tuple[Page, int]:
        """Return the page that holds a row of the workload, and its place there. Each row is asked for once.

        Pages are prepared in their order and forgotten when all their rows have been asked for: ready draws are read
        from their streams like a tape.
        """
        number, k = divmod(row, PAGE)
        while number >= self._next:
            self._open[self._next] = self.page(self._next * PAGE, (self._next + 1) * PAGE)
            self._asked[self._next] = 0
            self._next += 1
        page = self._open[number]
        self._asked[number] += 1
        if self._asked[number] == len(page):
            del self._open[number], self._asked[number]
        return page, k

    def page(self, first: int, last: int) -> Page:
        """Return the page of the rows from `first` up to `last`, without it."""
        config, law, rules = self.config, self.law, self.config.forces
        work, calls = self.workload.between(first, last), self.calls.between(first, last)
        at, draws = calls.dispatched_s, work.draws
        setting = self.region.cells.setting[work.cell]
        blocks = np.minimum(at // WEATHER_BLOCK_S, len(work.weather) - 1).astype(np.int64)
        weather = work.weather[blocks]
        speed = law.speed_factor(at, setting, weather > 1 - config.travel.bad_weather_share)
        sigma = config.travel.noise_sd_log
        search = _Search(np.column_stack([work.x, work.y]), setting, speed, law)
        appliances, ends = search.merged(self._appliances)
        hour = at % DAY_S / 3600
        return Page(
            kind=work.kind.tolist(),
            severity=work.severity.tolist(),
            reported=work.reported.tolist(),
            ignition_s=calls.ignition_s.tolist(),
            ordered_s=at.tolist(),
            appliances=appliances,
            list_ends_s=ends,
            teams=search.choice(self._teams),
            micro=search.choice(self._micro),
            patrol=search.choice(self._patrol),
            drones=search.choice(self._drones),
            civil=search.choice(self._civil),
            speed=speed.tolist(),
            setting=setting.tolist(),
            x=work.x.tolist(),
            y=work.y.tolist(),
            township=self.region.cells.township[work.cell].tolist(),
            luck=array("f", np.exp(sigma * work.unit_draws["travel"] - sigma**2 / 2).tobytes()),
            turnout_z=array("f", work.unit_draws["turnout"].tobytes()),
            present=array("f", work.unit_draws["present"].tobytes()),
            heard=array("f", work.unit_draws["heard"].tobytes()),
            position=array("f", work.unit_draws["position"].tobytes()),
            persons=self._duty.of(at),
            night=((hour < rules.day_from_h) | (hour >= rules.night_from_h)).tolist(),
            hour=hour.tolist(),
            grounded=(weather > 1 - rules.drones.weather_hold).tolist(),
            relay_s=draw(config.dispatch.relay.delay, draws["relay"]).tolist(),
            report_s=draw(config.dispatch.size_up.delay, draws["size_up"]).tolist(),
            mutual_s=draw(rules.mutual_aid.delay, draws["mutual"]).tolist(),
            recovery_s=draw(rules.recovery, draws["recovery"]).tolist(),
            scenes=scenes.prepare(work, self.region, config, self.levels),
        )


class Duty:
    """Who of each station's roster is present in each shift; even shifts are nights.

    Presence is binomial: each person on the roster is there with the station's chance (vacancy, leave, turnover).
    """

    def __init__(self, roster: Floats, forces: Forces, config: Config) -> None:
        self._roster, self._forces, self._rules = roster, forces, config.forces
        self._known: dict[int, list[int]] = {}

    @cached_property
    def _classes(self) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64], tuple[Floats, Floats]]]:
        """Return stations with the same roster, presence and rules: places, roster slots, steps by night and day."""
        found: dict[tuple[str, int, float], list[Station]] = {}
        for tier in ("professional", "township", "patrol"):
            for index in self._forces.by_tier[tier].tolist():
                station = self._forces.stations[index]
                found.setdefault((tier, station.roster, station.presence), []).append(station)
        classes = []
        for (tier, size, presence), stations in found.items():
            by_night = self._rules.township.night_factor if tier == "township" else 1.0
            steps = tuple(
                np.asarray(bdtr(np.arange(size), size, presence * factor)) for factor in (by_night, 1.0)
            )
            places = np.array([station.index for station in stations])
            slots = np.array([station.roster_slot for station in stations])
            classes.append((size, places, slots, (steps[0], steps[1])))
        return classes

    def shifts(self, at: Floats) -> NDArray[np.int64]:
        """Return the shift at each time."""
        rules = self._rules
        since, within = np.divmod(at - rules.day_from_h * 3600, DAY_S)
        by_day = within < (rules.night_from_h - rules.day_from_h) * 3600
        shift = np.clip(2 * since + np.where(by_day, 1, 2), 0, len(self._roster) - 1)
        return np.asarray(shift.astype(np.int64))

    def of(self, at: Floats) -> list[list[int]]:
        """Return, for each time, the persons on duty by station."""
        shifts = self.shifts(at).tolist()
        new = sorted(set(shifts) - self._known.keys())
        kept = {shift: self._known[shift] for shift in set(shifts) & self._known.keys()}
        self._known = kept | dict(zip(new, self._persons(np.array(new, dtype=np.int64)), strict=True))
        return [self._known[shift] for shift in shifts]

    def _persons(self, shifts: NDArray[np.int64]) -> list[list[int]]:
        """Return the persons on duty by shift and station."""
        present = np.zeros((len(shifts), len(self._forces.stations)), dtype=np.int16)
        for _, places, slots, by_parity in self._classes:
            for parity, steps in enumerate(by_parity):
                chosen = np.flatnonzero(shifts % 2 == parity)
                marks = self._roster[np.ix_(shifts[chosen], slots)]
                present[np.ix_(chosen, places)] = np.searchsorted(steps, marks, side="right")
        return present.tolist()


@dataclass(frozen=True)
class _Tier:
    """The stations of a tier, and how many of them a dispatcher looks at."""

    forces: Forces
    stations: NDArray[np.int64]
    most: int
    turnout: Duration | None  # what the expected time counts besides travel
    reach_m: float = np.inf  # longest route
    straight: bool = False  # as the crow flies

    @cached_property
    def tree(self) -> cKDTree:
        """Return the spatial index of the stations."""
        return cKDTree(self.forces.xy[self.stations])


class _Search:
    """Nearest stations of the incidents of a page, by spatial index: no table of stations × incidents."""

    def __init__(self, points: Floats, setting: NDArray[np.int8], speed: Floats, law: TravelLaw) -> None:
        self.points, self.setting, self.speed, self.law = points, setting, speed, law

    def nearest(self, tier: _Tier) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return the nearest stations: index, expected seconds and distance, each (incidents, most)."""
        most = min(tier.most, len(tier.stations))
        if most == 0 or len(self.points) == 0:
            empty = np.empty((len(self.points), 0))
            return empty.astype(np.int64), empty, empty
        power = 2 if self.law.euclid else 1
        distance, found = tier.tree.query(self.points, k=list(range(1, most + 1)), p=power)
        travel = self.law.seconds(distance, self.setting[:, None]) / self.speed[:, None]
        turnout_s = mean(tier.turnout) if tier.turnout is not None else 0.0
        return tier.stations[found], turnout_s + travel, distance

    def choice(self, tier: _Tier) -> Choice:
        """Return the nearest stations, those only whose route is within the tier's reach."""
        station, expected, distance = self.nearest(tier)
        count = np.full(len(self.points), station.shape[1])
        if np.isfinite(tier.reach_m):
            route = distance if tier.straight else distance * self.law.detour[self.setting][:, None]
            count = (route <= tier.reach_m).sum(axis=1)
        return _choice(station, expected, distance, count)

    def merged(self, tiers: Mapping[str, _Tier]) -> tuple[Choice, dict[str, list[float]]]:
        """Return the nearest stations of several tiers as one list, by expected time from order to arrival.

        Then, by tier, before when no station off the list is expected: never, where all of the tier are on it.
        """
        parts = {name: self.nearest(tier) for name, tier in tiers.items()}
        tables = [np.concatenate(columns, axis=1) for columns in zip(*parts.values(), strict=True)]
        order = np.argsort(tables[1], axis=1, kind="stable")
        station, expected, distance = (np.take_along_axis(table, order, axis=1) for table in tables)
        ends = {}
        for name, (listed, expected_s, _) in parts.items():
            cut = 0 < listed.shape[1] < len(tiers[name].stations)
            last = expected_s.max(axis=1) if cut else np.full(len(self.points), np.inf)
            ends[name] = last.tolist()
        return _choice(station, expected, distance, np.full(len(self.points), station.shape[1])), ends


def _choice(
    station: NDArray[np.int64], expected: Floats, distance: Floats, count: NDArray[np.int64]
) -> Choice:
    width = station.shape[1]
    stop = np.arange(len(station)) * width + count
    return Choice(
        width,
        stop.tolist(),
        array("q", station.tobytes()),
        array("d", expected.tobytes()),
        array("d", distance.tobytes()),
    )


def by_township(forces: Forces, region: Region, tier: str) -> list[Station | None]:
    """Return the station of `tier` that serves each township, if there is one."""
    found: list[Station | None] = [None] * len(region.townships)
    for index in forces.by_tier[tier].tolist():
        station = forces.stations[index]
        found[station.township] = station
    return found
