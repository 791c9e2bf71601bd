"""Who could come to each incident, in the order a dispatcher would think of them.

Everything that can be known before the event model runs is worked out here for all incidents at once: the nearest
stations by tier, their expected times, this incident's luck with each of them, who is on duty in each shift.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.special import bdtr

from sim.config.schema import Config
from sim.events.arrivals import DAY_S
from sim.events.centre import Calls
from sim.events.durations import mean
from sim.events.workload import WEATHER_BLOCK_S, Workload
from sim.world.forces import Forces, Station
from sim.world.region import Region
from sim.world.travel import TravelLaw

Floats = NDArray[np.float64]

# Stations looked at before the search is widened to all of them (exact either way).
NEAREST = {"professional": 12, "township": 8, "volunteer": 6, "civil": 2, "patrol": 3, "drone": 2, "relay": 2}


@dataclass(frozen=True)
class Choice:
    """A station that could send: expected seconds from order to arrival, distance and expected travel time."""

    order: list[list[int]]
    expected_s: list[list[float]]
    distance_m: list[list[float]]


@dataclass(frozen=True)
class Candidates:
    """Everything about the incidents that does not depend on which units are free; lists by incident."""

    appliances: Choice  # professional, and other tiers on the platform, nearest first
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
    luck: list[list[float]]  # trip noise by slot, mean 1
    turnout_z: list[list[float]]
    present: list[list[float]]
    heard: list[list[float]]
    position: list[list[float]]
    shift: list[int]
    night: list[bool]
    hour: list[float]
    grounded: list[bool]  # drones stay down
    persons: list[list[int]]  # persons on duty, by shift and station


def gather(
    workload: Workload, calls: Calls, region: Region, forces: Forces, law: TravelLaw, config: Config
) -> Candidates:
    """Return the candidates of every incident of a workload."""
    setting = region.cells.setting[workload.cell]
    at = calls.dispatched_s
    weather = workload.weather[np.minimum(at // WEATHER_BLOCK_S, len(workload.weather) - 1).astype(np.int64)]
    speed = law.speed_factor(at, setting, weather > 1 - config.travel.bad_weather_share)
    sigma = config.travel.noise_sd_log
    points = np.column_stack([workload.x, workload.y])
    search = _Search(points, setting, speed, forces, law)
    rules = config.forces
    hour = at % DAY_S / 3600
    night = (hour < rules.day_from_h) | (hour >= rules.night_from_h)
    since, within = np.divmod(at - rules.day_from_h * 3600, DAY_S)
    by_day = within < (rules.night_from_h - rules.day_from_h) * 3600
    shift = np.clip(2 * since + np.where(by_day, 1, 2), 0, len(workload.roster) - 1).astype(np.int64)
    return Candidates(
        appliances=_appliances(search, forces, config),
        teams=search.choice(forces.by_tier["township"], NEAREST["relay"], mean(rules.township.turnout)),
        micro=search.choice(forces.by_tier["micro"], rules.micro.most, 0.0, reach_m=rules.micro.radius_m),
        patrol=search.choice(forces.by_tier["patrol"], NEAREST["patrol"], mean(rules.patrol.turnout_parked)),
        drones=search.choice(
            forces.by_tier["drone"], NEAREST["drone"], 0.0, reach_m=rules.drones.radius_m, straight=True
        ),
        civil=search.choice(forces.by_tier["civil"], NEAREST["civil"], mean(rules.civil.turnout)),
        speed=speed.tolist(),
        setting=setting.tolist(),
        x=workload.x.tolist(),
        y=workload.y.tolist(),
        township=region.cells.township[workload.cell].tolist(),
        luck=np.exp(sigma * workload.unit_draws["travel"] - sigma**2 / 2).tolist(),
        turnout_z=workload.unit_draws["turnout"].tolist(),
        present=workload.unit_draws["present"].tolist(),
        heard=workload.unit_draws["heard"].tolist(),
        position=workload.unit_draws["position"].tolist(),
        shift=shift.tolist(),
        night=night.tolist(),
        hour=hour.tolist(),
        grounded=(weather > 1 - rules.drones.weather_hold).tolist(),
        persons=persons_on_duty(workload.roster, forces, config).tolist(),
    )


def persons_on_duty(roster: Floats, forces: Forces, config: Config) -> NDArray[np.int32]:
    """Return who of each station's roster is present in each shift, (shifts, stations); even shifts are nights.

    Presence is binomial: each person on the roster is there with the station's chance (vacancy, leave, turnover).
    """
    present = np.zeros((len(roster), len(forces.stations)), dtype=np.int32)
    night_factor = {"township": config.forces.township.night_factor}
    for tier in ("professional", "township", "patrol"):
        for index in forces.by_tier[tier]:
            station = forces.stations[index]
            marks = roster[:, station.roster_slot]
            for parity, factor in ((1, 1.0), (0, night_factor.get(tier, 1.0))):
                chance = station.presence * factor
                steps = bdtr(np.arange(station.roster), station.roster, chance)
                present[parity::2, index] = np.searchsorted(steps, marks[parity::2], side="right")
    return present


def _appliances(search: _Search, forces: Forces, config: Config) -> Choice:
    """Return professional stations and the teams on the platform, by expected time from order to arrival."""
    rules = config.forces
    parts = []
    for tier, turnout in (
        ("professional", rules.professional.turnout),
        ("township", rules.township.turnout),
        ("volunteer", rules.volunteer.turnout),
    ):
        stations = np.array(
            [i for i in forces.by_tier[tier] if forces.stations[i].integrated], dtype=np.int64
        )
        parts.append(search.nearest(stations, NEAREST[tier], mean(turnout)))
    station, expected, distance = (np.concatenate(columns, axis=1) for columns in zip(*parts, strict=True))
    order = np.argsort(expected, axis=1, kind="stable")
    return Choice(
        *(np.take_along_axis(table, order, axis=1).tolist() for table in (station, expected, distance))
    )


class _Search:
    """Nearest stations of every incident, by spatial index: no table of stations × incidents."""

    def __init__(
        self, points: Floats, setting: NDArray[np.int8], speed: Floats, forces: Forces, law: TravelLaw
    ) -> None:
        self.points, self.setting, self.speed, self.forces, self.law = points, setting, speed, forces, law

    def nearest(
        self, stations: NDArray[np.int64], most: int, turnout_s: float
    ) -> tuple[NDArray[np.int64], Floats, Floats]:
        """Return the `most` nearest of `stations`: index, expected seconds and distance, each (incidents, most)."""
        most = min(most, len(stations))
        if most == 0 or len(self.points) == 0:
            empty = np.empty((len(self.points), 0))
            return empty.astype(np.int64), empty, empty
        tree = cKDTree(self.forces.xy[stations])
        distance, found = tree.query(self.points, k=list(range(1, most + 1)), p=2 if self.law.euclid else 1)
        travel = self.law.seconds(distance, self.setting[:, None]) / self.speed[:, None]
        return stations[found], turnout_s + travel, distance

    def choice(
        self,
        stations: NDArray[np.int64],
        most: int,
        turnout_s: float,
        *,
        reach_m: float = np.inf,
        straight: bool = False,
    ) -> Choice:
        """Return lists of the nearest stations, those only whose route is within `reach_m`."""
        station, expected, distance = self.nearest(stations, most, turnout_s)
        route = distance if straight else distance * self.law.detour[self.setting][:, None]
        lists: list[list[list[float]]] = [station.tolist(), expected.tolist(), distance.tolist()]
        if np.isfinite(reach_m):
            within = (route <= reach_m).sum(axis=1).tolist()
            lists = [[row[:count] for row, count in zip(table, within, strict=True)] for table in lists]
        return Choice(lists[0], lists[1], lists[2])  # type: ignore[arg-type]


def by_township(forces: Forces, region: Region, tier: str) -> list[Station | None]:
    """Return the station of `tier` that serves each township, if there is one."""
    found: list[Station | None] = [None] * len(region.townships)
    for index in forces.by_tier[tier]:
        station = forces.stations[index]
        found[station.township] = station
    return found
