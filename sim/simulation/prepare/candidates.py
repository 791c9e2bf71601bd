"""Which stations are nearest to incidents: lists that the event model reads one by one."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.groups.forces import Duration
from sim.demand.durations import mean
from sim.world.forces import Forces
from sim.world.travel.law import TravelLaw

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


class Candidates(NamedTuple):
    """Nearest stations of some incidents, each (incidents, stations looked at), the nearest first."""

    station: Whole
    expected_s: Floats
    distance_m: Floats

    def reordered(self, order: Whole) -> Candidates:
        """Return each row in another order."""
        return Candidates(
            np.take_along_axis(self.station, order, axis=1),
            np.take_along_axis(self.expected_s, order, axis=1),
            np.take_along_axis(self.distance_m, order, axis=1),
        )

    def joined(self, *others: Candidates) -> Candidates:
        """Return the rows of all, one after the other."""
        parts = (self, *others)
        return Candidates(
            np.concatenate([part.station for part in parts], axis=1),
            np.concatenate([part.expected_s for part in parts], axis=1),
            np.concatenate([part.distance_m for part in parts], axis=1),
        )


@dataclass(frozen=True)
class CandidateLists:
    """Stations that could send to each incident of a batch, ordered by expected arrival: row k has first[k] .. stop[k]."""

    first: list[int]
    stop: list[int]
    station: array[int]
    expected_s: array[float]  # from order to arrival
    distance_m: array[float]

    def rows(self, row: int) -> range:
        """Return where the stations of row `k` stand."""
        return range(self.first[row], self.stop[row])


def as_lists(kept: NDArray[np.bool_], near: Candidates, rows: Whole, incidents: int) -> CandidateLists:
    """Return those of the tables that are kept, (rows, width), in their order, as lists of so many incidents.

    `rows` are the incidents that the tables are about; the others get an empty list.
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
        array("d", near.distance_m.tobytes()),
    )


@dataclass(frozen=True)
class TierStations:
    """The stations of a tier, and how many of them a dispatcher looks at."""

    forces: Forces
    stations: Whole
    most: int
    turnout: Duration | None  # what the expected time counts besides travel
    reach_m: float = np.inf  # longest route
    straight: bool = False  # as the crow flies

    @cached_property
    def tree(self) -> cKDTree:
        """Return the spatial index of the stations."""
        return cKDTree(self.forces.xy[self.stations])


class CandidateSearch:
    """Nearest stations of incidents, by spatial index: no table of stations × incidents."""

    def __init__(self, points: Floats, setting: NDArray[np.int8], speed: Floats, law: TravelLaw) -> None:
        self.points, self.setting, self.speed, self.law = points, setting, speed, law

    def part(self, rows: Whole) -> CandidateSearch:
        """Return the search for some of the incidents."""
        return CandidateSearch(self.points[rows], self.setting[rows], self.speed[rows], self.law)

    def nearest(self, tier: TierStations) -> Candidates:
        """Return the nearest stations."""
        most = min(tier.most, len(tier.stations))
        if most == 0 or len(self.points) == 0:
            empty = np.empty((len(self.points), most))
            return Candidates(empty.astype(np.int64), empty, empty)
        power = 2 if self.law.euclid else 1
        distance, found = tier.tree.query(self.points, k=list(range(1, most + 1)), p=power)
        travel = self.law.seconds(distance, self.setting[:, None]) / self.speed[:, None]
        turnout_s = mean(tier.turnout) if tier.turnout is not None else 0.0
        return Candidates(tier.stations[found], turnout_s + travel, distance)

    def within(self, tier: TierStations, near: Candidates) -> NDArray[np.bool_]:
        """Tell which of the nearest stations are within the tier's reach."""
        if not np.isfinite(tier.reach_m):
            return np.ones(near.distance_m.shape, dtype=np.bool_)
        detour = 1.0 if tier.straight else self.law.detour[self.setting][:, None]
        return np.asarray(near.distance_m * detour <= tier.reach_m)


def merge_tiers(
    parts: Mapping[str, Candidates], tiers: Mapping[str, TierStations]
) -> tuple[CandidateLists, dict[str, list[float]]]:
    """Return the nearest stations of several tiers as one list, by expected time from order to arrival.

    Then, by tier, before when no station off the list is expected: never, where all of the tier are on it.
    """
    first, *others = parts.values()
    near = first.joined(*others)
    near = near.reordered(np.argsort(near.expected_s, axis=1, kind="stable"))
    ends = {}
    for name, part in parts.items():
        cut = 0 < part.station.shape[1] < len(tiers[name].stations)
        last = part.expected_s.max(axis=1) if cut else np.full(len(part.station), np.inf)
        ends[name] = last.tolist()
    everybody = np.ones(near.station.shape, dtype=np.bool_)
    return as_lists(everybody, near, np.arange(len(everybody)), len(everybody)), ends
