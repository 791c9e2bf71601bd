"""Find the first responders of each incident: alerted, within reach, present and in their duty hours.

First responders come in addition to the run card. This step does not depend on which units are free. So it is computed
for a whole batch at once, and the event model only checks which of these units are free.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.config.schema import Config
from sim.demand.draws import Column
from sim.demand.durations import mean
from sim.simulation.prepare.batch import FirstResponders
from sim.simulation.prepare.candidates import (
    Candidates,
    CandidateSearch,
    TierStations,
    as_lists,
)
from sim.simulation.prepare.rosters import OnDuty
from sim.terms import TIER, TIER_TABLE, TIERS, TYPES
from sim.world.forces import Forces
from sim.world.region import Region
from sim.world.travel.model import Floats, TravelModel, Whole

TOLD_TEAMS = 4  # nearest full-time teams that may be rung up
NOBODY = -1
BESIDE = tuple(
    tier for tier in TIER_TABLE if tier.beside
)  # tiers that come from their bases in addition to the run card

Mask = NDArray[np.bool_]
Part = tuple[
    Whole, Mask, Candidates
]  # incidents that may ask for a tier, its stations that would come, all near ones


@dataclass(frozen=True)
class BatchFacts:
    """The inputs for the first responders, by incident of a batch."""

    search: CandidateSearch
    kind: NDArray[np.int8]
    reported: NDArray[np.int8]  # severity, from 1
    township: NDArray[np.int32]
    hour: Floats
    night: Mask
    weather: Floats  # rank of the weather, 1 the worst
    relay_s: Floats
    brigade_s: Floats  # expected seconds to the nearest professional station on the platform, busy or not
    duty: OnDuty
    present: Column  # ready draws by slot, as the two below
    heard: Column
    position: Column


class FirstResponderSearch:
    """Finds the first responders of each incident, batch by batch."""

    def __init__(self, forces: Forces, region: Region, travel: TravelModel, config: Config) -> None:
        rules, tiers = config.forces, forces.by_tier
        self._travel, self._rules = travel, rules
        self._teams_beside = np.array(
            [config.dispatch.local_teams[kind] for kind in TYPES]
        )  # by type, severity
        self._relay_s = mean(config.dispatch.relay.delay)
        self._goes = {
            tier: np.array([kind in config.dispatch.first_aid.get(tier, ()) for kind in TYPES])
            for tier in TIERS
        }
        self._goes["drone"] |= np.array([kind in config.dispatch.drone_types for kind in TYPES])
        self._going = rules.going()
        self._teams = TierStations(forces, tiers["township"], TOLD_TEAMS, rules.township.turnout)
        self._patrol = TierStations(
            forces, tiers["patrol"], TIER["patrol"].listed, rules.patrol.turnout_parked
        )
        self._bases = {}
        for tier in BESIDE:
            if (going := self._going.get(tier.name)) is not None:
                most = tier.listed if going.most is None else going.most
                flies_ms = going.speed_ms if tier.moves == "air" else None
                self._bases[tier.name] = TierStations(
                    forces, tiers[tier.name], most, None, going.radius_m, flies_ms
                )
        stations, never = forces.stations, config.dispatch.relay.never
        self._xy = forces.xy
        self._slot = np.array([station.slot for station in stations], dtype=np.int64)
        self._township = np.array([station.township for station in stations], dtype=np.int64)
        self._presence = np.array([station.presence for station in stations])
        self._integrated = np.array([station.integrated for station in stations], dtype=np.bool_)
        chance = [never.get(station.tier, 0.0) for station in stations]
        self._never = np.where(self._integrated, 0.0, np.array(chance))  # chance not to hear of it
        self._volunteers = _by_township(forces, region, "volunteer")
        self._cars = _by_township(forces, region, "patrol")
        self._beats = PatrolPositions(region)

    def of(self, facts: BatchFacts) -> FirstResponders:
        """Return the first responders of each incident of a batch."""
        cars, mobile, x, y = self._cars_expected(facts)
        told_by_phone, rung_up = self._told_by_phone(facts)
        parts = [told_by_phone, cars, *(self._from_bases(facts, tier) for tier in self._bases)]
        anybody, lists = np.zeros(len(facts.kind), dtype=np.bool_), []
        for rows, kept, near in parts:
            anybody[rows] |= kept.any(axis=1)
            lists.append(as_lists(kept, near, rows, len(facts.kind)))
        told, patrol, *beside = lists
        by_tier = dict(zip(self._bases, beside, strict=True))
        return FirstResponders(anybody.tolist(), rung_up.tolist(), told, patrol, by_tier, mobile, x, y)

    def _marks(self, draws: Column, rows: Whole, station: Whole) -> Floats:
        """Return the ready draws of stations, (rows, width), for the incidents `rows`."""
        return np.asarray(draws[rows[:, None], self._slot[station]], dtype=np.float64)

    def _hears(self, facts: BatchFacts, rows: Whole, station: Whole) -> Mask:
        """Tell which stations are alerted to the incidents: on the platform, or by telephone."""
        return np.asarray(self._marks(facts.heard, rows, station) >= self._never[station])

    def _told_by_phone(self, facts: BatchFacts) -> tuple[Part, Whole]:
        """Return the teams off the platform that hear of it by telephone, and how many were rung up by incident.

        The teams beside the brigade are the nearest full-time teams and the township's own volunteers, on the platform
        or not. A team off it is rung up if the relay still lets it come in time. Some calls never reach the team.
        """
        wanted = self._teams_beside[facts.kind, facts.reported - 1]
        if not len(self._teams.stations) and (self._volunteers == NOBODY).all():
            wanted = np.zeros_like(wanted)
        rows = np.flatnonzero(wanted > 0)
        search, limit = facts.search.part(rows), facts.brigade_s[rows]
        volunteers = self._volunteers[facts.township[rows]][:, None]
        trips = self._travel.trips(self._xy[volunteers], search.to.column)
        own = search.expected(volunteers, trips, mean(self._rules.volunteer.turnout))
        own.expected_s[volunteers == NOBODY] = np.inf
        near = search.nearest(self._teams).joined(own)
        teams = near.expected_s[:, :-1]  # the last are the volunteers, who take no team's place
        rank = np.argsort(np.argsort(teams, axis=1, kind="stable"), axis=1, kind="stable")
        rung = ~self._integrated[near.station] & (near.expected_s + self._relay_s <= limit[:, None])
        rung[:, :-1] &= rank < wanted[rows][:, None]
        rung[:, -1:] &= volunteers != NOBODY
        asked = np.zeros(len(facts.kind), dtype=np.int64)
        asked[rows] = rung[:, :-1].sum(axis=1)
        return (rows, rung & self._hears(facts, rows, near.station), near), asked

    def _from_bases(self, facts: BatchFacts, name: str) -> Part:
        """Return the nearest bases of a tier, and which of them are within reach, present and alerted."""
        tier, going = self._bases[name], self._going[name]
        rows = self._rows(tier, self._goes[name][facts.kind] & (facts.weather <= 1 - going.weather_hold))
        search = facts.search.part(rows)
        near = search.nearest(tier)
        factor = np.where(facts.night[rows], going.night_factor, 1.0)[:, None]
        there = self._marks(facts.present, rows, near.station) < self._presence[near.station] * factor
        return rows, search.within(tier, near) & there & self._hears(facts, rows, near.station), near

    @staticmethod
    def _rows(tier: TierStations, asked: Mask) -> Whole:
        """Return the incidents that ask for a tier; none if the tier has no stations."""
        return np.flatnonzero(asked) if len(tier.stations) else np.zeros(0, dtype=np.int64)

    def _cars_expected(self, facts: BatchFacts) -> tuple[Part, list[bool], array[float], array[float]]:
        """Return the patrol cars that respond, sorted by expected time, whether they move, and their positions.

        Cars on the platform nearby, and the township's own.
        """
        rules = self._rules.patrol
        staffed = (facts.hour - rules.staffed_from_h) % 24 < rules.staffed_hours
        rows = self._rows(self._patrol, self._goes["patrol"][facts.kind] & staffed)
        search = facts.search.part(rows)
        near = search.nearest(self._patrol)
        within, own = search.within(self._patrol, near), self._cars[facts.township[rows]][:, None]
        listed_too = (within & (near.station == own)).any(axis=1, keepdims=True)
        station = np.concatenate([near.station, own], axis=1)
        come = np.concatenate([within, (own != NOBODY) & ~listed_too], axis=1)
        come &= self._integrated[station] | (station == own)
        come &= self._hears(facts, rows, station)
        come &= facts.duty.table[facts.duty.row[rows][:, None], station] >= rules.crew
        share = np.where(facts.night[rows], rules.mobile_night, rules.mobile_day)[:, None]
        mark = self._marks(facts.position, rows, station)
        mobile = mark < share
        where = self._xy[station]
        moving = come & mobile
        rank = (mark / np.where(share > 0, share, 1.0))[moving]
        where[moving] = self._beats.points(self._township[station[moving]], rank)
        trips = self._travel.trips(where, search.to.column)
        travel = trips.drive_s / search.speed[:, None]
        turnout = np.where(mobile, mean(rules.turnout_mobile), mean(rules.turnout_parked))
        relay = np.where(self._integrated[station], 0.0, facts.relay_s[rows][:, None])
        expected = np.where(come, turnout + travel / rules.speed_factor + relay, np.inf)
        order = np.argsort(expected, axis=1, kind="stable")
        cars = Candidates(station, expected, *trips).reordered(order)
        come, mobile = (np.take_along_axis(mask, order, axis=1) for mask in (come, mobile))
        where = np.take_along_axis(where, order[:, :, None], axis=1)
        x, y = (array("d", np.ascontiguousarray(where[:, :, axis]).tobytes()) for axis in (0, 1))
        return (rows, come, cars), mobile.ravel().tolist(), x, y


class PatrolPositions:
    """Possible positions of a moving patrol car: distributed as the people of its township."""

    def __init__(self, region: Region) -> None:
        cells = region.cells
        order = np.argsort(cells.township, kind="stable")
        self._edges = np.searchsorted(cells.township[order], np.arange(len(region.townships) + 1))
        people = cells.population[order]
        self._steps = np.concatenate(
            [np.cumsum(part) for part in np.split(people, self._edges[1:-1])] or [people]
        )
        self._xy = np.column_stack([cells.x, cells.y])[order]

    def points(self, township: Whole, mark: Floats) -> Floats:
        """Return the centres of the cells at ranks 0..1 in the townships' populations, (n, 2) metres."""
        low, last = self._edges[township], self._edges[township + 1] - 1
        high = last + 1
        wanted = mark * self._steps[last]
        while (open_ := low < high).any():  # the first step above what is wanted
            middle = np.minimum((low + high) // 2, last)
            above = self._steps[middle] > wanted
            high = np.where(open_ & above, middle, high)
            low = np.where(open_ & ~above, middle + 1, low)
        return np.asarray(self._xy[np.minimum(low, last)])


def _by_township(forces: Forces, region: Region, tier: str) -> Whole:
    """Return the first station of `tier` that serves each township, NOBODY where there is none."""
    found = np.full(len(region.townships), NOBODY, dtype=np.int64)
    for index in reversed(forces.by_tier[tier].tolist()):
        found[forces.stations[index].township] = index
    return found
