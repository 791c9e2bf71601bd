"""Find the nearest stations to each incident, as lists that the event model reads one by one."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.forces import Duration
from sim.demand.durations import mean
from sim.simulation.prepare.batch import CandidateLists
from sim.world.forces import Forces
from sim.world.travel.model import Destinations, Floats, Places, TravelModel, Trips, Whole, straight


class Candidates(NamedTuple):
    """Nearest stations of some incidents, each (incidents, stations considered), the nearest first."""

    station: Whole
    expected_s: Floats  # from order to arrival
    drive_s: Floats  # of a heavy vehicle, in daylight and good weather
    route_m: Floats

    def reordered(self, order: Whole) -> Candidates:
        """Return the candidates with each row in another order."""
        columns: list[Any] = [np.take_along_axis(column, order, axis=1) for column in self]
        return Candidates(*columns)

    def joined(self, *others: Candidates) -> Candidates:
        """Return the rows of all, one after the other."""
        columns: list[Any] = [np.concatenate(parts, axis=1) for parts in zip(self, *others, strict=True)]
        return Candidates(*columns)


def as_lists(kept: NDArray[np.bool_], near: Candidates, rows: Whole, incidents: int) -> CandidateLists:
    """Return the kept entries of the tables, (rows, width), in their order, as lists for so many incidents.

    `rows` are the incidents of the tables; the other incidents get an empty list.
    """
    if not kept.all():
        near = near.reordered(np.argsort(~kept, axis=1, kind="stable"))
    first, stop = np.zeros((2, incidents), dtype=np.int64)
    first[rows] = np.arange(len(kept)) * kept.shape[1]
    stop[rows] = first[rows] + kept.sum(axis=1)
    return CandidateLists(
        first.tolist(),
        stop.tolist(),
        array("q", near.station.tobytes()),
        array("d", near.expected_s.tobytes()),
        array("d", near.drive_s.tobytes()),
        array("d", near.route_m.tobytes()),
    )


@dataclass(frozen=True)
class TierStations:
    """The stations of a tier, and how many of them a dispatcher considers."""

    forces: Forces
    stations: Whole
    most: int
    turnout: Duration | None  # part of the expected time in addition to travel
    reach_m: float = np.inf  # longest route
    speed_ms: float | None = None  # as the crow flies
    places: Places = field(init=False)  # where the stations are

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", Places(self.forces.xy[self.stations]))


class CandidateSearch:
    """Nearest stations of incidents."""

    def __init__(self, to: Destinations, speed: Floats, travel: TravelModel) -> None:
        self.to, self.speed, self.travel = to, speed, travel

    def part(self, rows: Whole) -> CandidateSearch:
        """Return the search for some of the incidents."""
        return CandidateSearch(self.to.at(rows), self.speed[rows], self.travel)

    def nearest(self, tier: TierStations) -> Candidates:
        """Return the nearest stations."""
        most = min(tier.most, len(tier.stations))
        if most == 0 or len(self.speed) == 0:
            empty = np.empty((len(self.speed), most))
            return Candidates(empty.astype(np.int64), empty, empty, empty)
        if tier.speed_ms is not None:
            found, distance_m = straight(tier.places, self.to, most)
            flight_s = distance_m / tier.speed_ms
            return Candidates(tier.stations[found], flight_s, flight_s, distance_m)
        found, trips = self.travel.nearest(tier.places, self.to, most)
        return self.expected(
            tier.stations[found], trips, mean(tier.turnout) if tier.turnout is not None else 0.0
        )

    def expected(self, station: Whole, trips: Trips, turnout_s: Floats | float) -> Candidates:
        """Return trips from stations as candidates, at the hour and in the weather of each incident."""
        return Candidates(station, turnout_s + trips.drive_s / self.speed[:, None], *trips)

    def within(self, tier: TierStations, near: Candidates) -> NDArray[np.bool_]:
        """Tell which of the nearest stations are within the tier's reach."""
        return np.asarray(near.route_m <= tier.reach_m)


def merge_tiers(
    parts: Mapping[str, Candidates], tiers: Mapping[str, TierStations]
) -> tuple[CandidateLists, dict[str, Floats]]:
    """Return the nearest stations of several tiers as one list, by expected time from order to arrival.

    Also return, by tier, the earliest expected time of a station off the list: never if all of the tier are on it.
    """
    first, *others = parts.values()
    near = first.joined(*others)
    near = near.reordered(np.argsort(near.expected_s, axis=1, kind="stable"))
    ends = {}
    for name, part in parts.items():
        cut = 0 < part.station.shape[1] < len(tiers[name].stations)
        ends[name] = part.expected_s.max(axis=1) if cut else np.full(len(part.station), np.inf)
    everybody = np.ones(near.station.shape, dtype=np.bool_)
    return as_lists(everybody, near, np.arange(len(everybody)), len(everybody)), ends
