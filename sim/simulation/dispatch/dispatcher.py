"""Choose the units that the run card asks for: by default the free unit expected first (`dispatch.policy=nearest`).

The dispatcher knows expected travel times, who is free and where, and who is on duty, but never the noise of a trip.
A choice is carried out at once (`Orders.send`), so that the next choice sees its effect.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from sim.config.schema import Config
from sim.errors import SimError
from sim.simulation.dispatch import plugins
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.nearest_help import Candidate, NearestHelp
from sim.simulation.dispatch.orders import Orders
from sim.simulation.dispatch.outside import Outside
from sim.simulation.dispatch.policy import DispatchPolicy, Need, Option
from sim.simulation.dispatch.returning_units import ReturningUnit
from sim.simulation.incident import Incident
from sim.simulation.prepare.batch import Batch
from sim.simulation.records import Dispatch
from sim.simulation.story import NEVER
from sim.terms import (
    BRIGADE,
    KINDS_FOR,
    LOCAL_TEAM,
    PROVIDERS,
    RUN_CARD_TIERS,
    SPECIALISTS,
    TIER,
    TYPES,
    VOLUNTEERS,
)  # fmt: skip
from sim.world.forces import OUTSIDE, SLOTS, Forces

MAJOR: Final = 3  # severity
WITH_TEAMS = ("engine", "crew")  # what a team beside the brigade can do as well


class Dispatcher:
    """Chooses and dispatches units for incidents, each a row of a batch."""

    def __init__(
        self, forces: Forces, fleet: Fleet, orders: Orders, config: Config, counties: list[str], kit: bool
    ) -> None:
        self.forces, self.fleet, self.orders = forces, fleet, orders
        self._counties = counties  # by township
        made = plugins.load("dispatch.policy", config)
        self._policy: DispatchPolicy | None = None if made is None else made(config, forces)
        self.rules, self.travel = config.dispatch, orders.travel
        self.own_policy = made is not None
        self._stations = {capability: self._stations_with(capability) for capability in KINDS_FOR}
        self.cards = [[dict(card) for card in config.dispatch.run_cards[kind]] for kind in TYPES]
        self._teams_beside = [list(config.dispatch.local_teams[kind]) for kind in TYPES]
        self._en_route = config.dispatch.en_route
        self._brigade_turnout_s = orders.turnout_s.get(BRIGADE, 0.0)
        self._tier = orders.tier
        self._brigade = [tier == BRIGADE for tier in self._tier]
        self._manning = [TIER[tier].manning for tier in self._tier]
        self._crew_of = [unit.crew for unit in forces.units]
        volunteers = config.forces.volunteer
        self._full_crew = forces.crew_per_vehicle
        self._team_least, self._volunteers_least = config.forces.township.crew_least, volunteers.crew_least
        steps = bdtr(np.arange(volunteers.staff), volunteers.staff, volunteers.turn_up)
        self._turn_up: list[float] = np.asarray(steps).tolist()
        self._outside = Outside(forces, fleet, orders, config.forces.mutual_aid)
        self._kit = kit
        self._local_teams = {
            unit.kind for unit in forces.units if forces.stations[unit.station].area != OUTSIDE
        }

    def card(self, kind: int, severity: int) -> dict[str, int]:
        """Return the needs on the run card of a type (index into TYPES) at a severity."""
        return self.cards[kind][severity - 1]

    def send_needs(
        self,
        incident: Incident,
        needs: Mapping[str, int],
        now: float,
        reason: str,
        reach: NearestHelp | None,
    ) -> tuple[list[Dispatch], dict[str, int]]:
        """Send free units for `needs`; return them and the needs that no free unit could meet.

        `reach` is the result of a search made a moment ago, if there was one.
        """
        batch, row = incident.batch, incident.row
        sent: list[Dispatch] = []
        short: dict[str, int] = {}
        for capability, count in needs.items():
            missing = count
            while missing:
                if self._policy is not None:
                    order = self._send_chosen(incident, capability, now, reason, sent, NEVER)
                else:
                    seen = None
                    if reach is not None and not sent and reach.capability == capability:
                        seen = reach.first
                    order = self._send_nearest(batch, row, capability, now, reason, NEVER, seen)
                if capability in SPECIALISTS and (order is None or not self._kit):
                    here = capability in self._local_teams
                    if not (here and order is None):  # a team that is out comes when it is free
                        known = incident.severity if incident.size_up < NEVER else incident.reported
                        if known >= MAJOR:  # which a team without its kit does not master alone
                            from_outside = self._outside.send(batch, row, capability, now)
                            if order is None:
                                order = from_outside
                            elif from_outside is not None:
                                sent.append(from_outside)
                if order is None:
                    short[capability] = missing
                    break
                sent.append(order)
                missing -= 1
        return sent, short

    def local_teams(self, kind: int, severity: int) -> int:
        """Return how many of the other tiers' teams are to come beside the brigade."""
        return self._teams_beside[kind][severity - 1]

    def send_local_teams(
        self, incident: Incident, teams: int, volunteers: int, now: float, reason: str
    ) -> None:
        """Send the nearest free teams on the platform, at most so many, that are expected before the brigade."""
        limit = incident.brigade_s
        sent: list[Dispatch] = []
        for capability, count in ((LOCAL_TEAM, teams), (VOLUNTEERS, volunteers)):
            for _ in range(count):
                if self._policy is not None:
                    order = self._send_chosen(incident, capability, now, reason, sent, limit)
                else:
                    order = self._send_nearest(
                        incident.batch, incident.row, capability, now, reason, limit, None
                    )
                if order is None:
                    break
                sent.append(order)
        incident.dispatches += sent

    def send_columns(self, incident: Incident, count: int, now: float) -> None:
        """Ask the nearest neighbouring prefectures for a column each."""
        if count:
            incident.dispatches += self._outside.columns(incident.batch, incident.row, count, now)

    def reach(self, batch: Batch, row: int, capability: str, now: float) -> NearestHelp:
        """Return how near the units with a capability are; teams beside the brigade count where a pump and crew do."""
        candidates, able, brigade = batch.appliances, self.fleet.able(capability), self._brigade
        teams = (
            self.fleet.able(LOCAL_TEAM) if capability in WITH_TEAMS else able
        )  # which has none but the brigade's
        free = nearest = NEVER
        for place in range(candidates.first[row], candidates.stop[row]):
            station = candidates.station[place]
            professional = brigade[station]
            units = able[station] if professional else teams[station]
            if not units or (free < NEVER and not professional):
                continue
            if nearest == NEVER:
                nearest = candidates.expected_s[place]
            found = self._free_candidate(batch, row, place, station, units, now)
            if found is not None:
                free = min(free, found.expected_s)
                if professional:
                    return NearestHelp(
                        capability, nearest, free, found.expected_s - self._brigade_turnout_s, found
                    )
        return NearestHelp(capability, nearest, free, NEVER, None)

    def crew(self, batch: Batch, row: int, station: int, unit: int, now: float) -> int:
        """Return how many persons would go out with the unit, 0 if it must stay."""
        if unit in self.fleet.moved_up:
            return self._crew_of[unit]
        manning = self._manning[station]
        if manning == "crews":
            persons, full = batch.persons[row][station], self._full_crew
            free = self.fleet.crews(station, persons, now)
            if free <= 0:
                return 0
            last = full if free > 1 else min(full, persons - full * ((persons + 2) // full - 1))
            return min(last, self._crew_of[unit])
        if manning == "team":
            full = self._crew_of[unit]
            left = batch.persons[row][station] - full * self.fleet.out(station, now)
            return min(left, full) if left >= self._team_least else 0
        if manning == "turn_up":
            mark = batch.present[row * SLOTS + self.orders.slot[station]]
            persons = 0
            for step in self._turn_up:  # in order
                if mark < step:
                    break
                persons += 1
            return persons if persons >= self._volunteers_least else 0
        return self._crew_of[unit]

    # -- a policy of the user's own ---------------------------------------------------------------------------------

    def _send_chosen(
        self,
        incident: Incident,
        capability: str,
        now: float,
        reason: str,
        sent: list[Dispatch],
        limit: float,
    ) -> Dispatch | None:
        """Send the unit that the policy chooses among all that are free and expected within `limit` seconds."""
        assert self._policy is not None
        batch, row = incident.batch, incident.row
        options = self._options(batch, row, capability, now, limit)
        if not options:
            return None
        need = Need(
            capability, reason, TYPES[incident.kind], incident.reported, self._counties[batch.township[row]],
            batch.x[row], batch.y[row], (*incident.dispatches, *sent),
        )  # fmt: skip
        chosen = self._policy.choose(need, options)
        if chosen is None:
            return None
        if chosen not in options:
            raise SimError(
                f"dispatch.policy={self.rules.policy} chose {chosen!r:.80}; allowed: an option, or None."
            )
        if chosen.returning is not None:
            return self.orders.redirect(batch, row, chosen.returning, now, reason)
        unit, station = chosen.unit.index, chosen.station.index
        return self.orders.send(
            batch, row, unit, station, chosen.crew, now, now, chosen.drive_s, chosen.route_m, reason
        )

    def _options(self, batch: Batch, row: int, capability: str, now: float, limit: float) -> list[Option]:
        """Return all free units with a capability expected within `limit` seconds, in order of their expected time."""
        forces, able, options = self.forces, self.fleet.able(capability), []
        for tier, stations in self._stations[capability]:
            for index in stations.tolist():
                unit, crew = self._free_unit(batch, row, index, able[index], now)
                if unit >= 0:
                    station = forces.stations[index]
                    trip = self.orders.trip(batch, row, station.x, station.y)
                    expected = self.orders.turnout_s[tier] + trip[0] / batch.speed[row]
                    options.append(Option(forces.units[unit], station, expected, crew, *trip))
        if self._en_route:
            for returning in self._returning(batch, row, capability, now, limit):
                vehicle = forces.units[returning.unit]
                trip = self.orders.trip(batch, row, *returning.place(now))
                crew, station = returning.dispatch.crew, forces.stations[vehicle.station]
                options.append(Option(vehicle, station, trip[0] / batch.speed[row], crew, *trip, returning))
        near = [option for option in options if option.expected_s <= limit]
        return sorted(near, key=lambda option: option.expected_s)

    # -- the nearest --------------------------------------------------------------------------------------------

    def _send_nearest(
        self,
        batch: Batch,
        row: int,
        capability: str,
        now: float,
        reason: str,
        limit: float,
        seen: Candidate | None,
    ) -> Dispatch | None:
        """Send the free unit with this capability that is expected first, if that is within `limit` seconds.

        Wherever it is; ties to the first listed.

        `seen` is the first of the dispatcher's list, if that is known.
        """
        if seen is None:
            seen = self._nearest_candidate(batch, row, capability, now)
        best = self._nearer_off_the_list(batch, row, capability, now, seen)
        if best is not None and best.expected_s > limit:
            best = None
        if self._en_route and now < self.fleet.returning_units.last_home_s:
            if best is not None:
                limit = best.expected_s
            on_the_way = self._nearest_returning(batch, row, capability, now, limit)
            if on_the_way is not None:
                return self.orders.redirect(batch, row, on_the_way, now, reason)
        if best is None:
            return None
        return self.orders.send(
            batch, row, best.unit, best.station, best.crew, now, now, best.drive_s, best.route_m, reason
        )

    def _nearest_candidate(self, batch: Batch, row: int, capability: str, now: float) -> Candidate | None:
        """Return the free unit that is expected first, of those on the dispatcher's list."""
        candidates, able = batch.appliances, self.fleet.able(capability)
        for place in range(candidates.first[row], candidates.stop[row]):
            station = candidates.station[place]
            units = able[station]
            if not units:
                continue
            found = self._free_candidate(batch, row, place, station, units, now)
            if found is not None:
                return found
        return None

    def _free_candidate(
        self, batch: Batch, row: int, place: int, station: int, units: list[int], now: float
    ) -> Candidate | None:
        """Return the free unit of a station at a place on the dispatcher's list."""
        unit, crew = self._free_unit(batch, row, station, units, now)
        if unit < 0:
            return None
        near = batch.appliances
        return Candidate(
            near.expected_s[place], unit, station, crew, near.drive_s[place], near.route_m[place]
        )

    def _free_unit(
        self, batch: Batch, row: int, station: int, units: list[int], now: float
    ) -> tuple[int, int]:
        """Return a free unit of the station and its crew, or -1: unit, crew and roster must all be there."""
        free_from = self.fleet.free_from
        for unit in units:
            if free_from[unit] <= now:
                crew = self.crew(batch, row, station, unit, now)
                if crew:
                    return unit, crew
        return -1, 0

    def _nearer_off_the_list(
        self,
        batch: Batch,
        row: int,
        capability: str,
        now: float,
        best: Candidate | None,
    ) -> Candidate | None:
        """Return a unit from a station off the list if it is expected before `best`, else `best`.

        A tier's list has an end. Only if `best` is expected later than that can a station off the list be nearer.
        """
        if best is not None and best.expected_s <= batch.list_end_s[row]:
            return best  # before any tier's list ends
        listed: set[int] | None = None
        able = self.fleet.able(capability)
        for tier, stations in self._stations[capability]:
            if best is not None and best.expected_s <= batch.list_ends_s[tier][row]:
                continue
            if listed is None:
                near = batch.appliances
                listed = set(near.station[near.first[row] : near.stop[row]])
            point = batch.x[row], batch.y[row], batch.cell[row]
            for index in stations[self.travel.ranked(self.forces.xy[stations], *point)].tolist():
                if index in listed:
                    continue
                unit, crew = self._free_unit(batch, row, index, able[index], now)
                if unit < 0:
                    continue
                station = self.forces.stations[index]
                trip = self.orders.trip(batch, row, station.x, station.y)
                expected = trip[0] / batch.speed[row] + self.orders.turnout_s[tier]
                if best is None or expected < best.expected_s:
                    best = Candidate(expected, unit, index, crew, *trip)
                break  # the nearest of its tier
        return best

    def _stations_with(self, capability: str) -> list[tuple[str, NDArray[np.int64]]]:
        """Return the stations on the platform that have a capability, by tier."""
        able, places = self.fleet.able(capability), self.forces.stations
        found = []
        for tier in RUN_CARD_TIERS:
            stations = [i for i in self.forces.by_tier[tier].tolist() if able[i] and places[i].integrated]
            if stations:
                found.append((tier, np.array(stations, dtype=np.int64)))
        return found

    def _nearest_returning(
        self, batch: Batch, row: int, capability: str, now: float, limit: float
    ) -> ReturningUnit | None:
        """Return the first expected unit on its way home, if it is expected before `limit` seconds."""
        found = None
        for returning in self._returning(batch, row, capability, now, limit):
            expected = self.orders.trip(batch, row, *returning.place(now))[0] / batch.speed[row]
            if expected < limit:
                found, limit = returning, expected
        return found

    def _returning(
        self, batch: Batch, row: int, capability: str, now: float, limit: float
    ) -> Iterator[ReturningUnit]:
        """Yield the units on their way home that could be sent, at least all expected before `limit` seconds."""
        kinds, brigade = KINDS_FOR[capability], capability in PROVIDERS
        x, y = batch.x[row], batch.y[row]
        reach_m = self.travel.reach_m(limit * batch.speed[row], batch.cell[row])
        for returning in self.fleet.returning_units.near(x, y, reach_m, now):
            unit = self.forces.units[returning.unit]
            if unit.kind not in kinds or (unit.tier == BRIGADE) != brigade:
                continue
            if self.forces.stations[unit.station].integrated:
                yield returning
