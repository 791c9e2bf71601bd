"""Tiers that come beside the run card: teams told by telephone, micro stations, patrol cars, civil teams, drones."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from sim.config.schema import Config
from sim.events.candidates import Choice, Page, by_township
from sim.events.dispatch import Dispatcher
from sim.events.durations import mean
from sim.events.orders import Orders, Sent
from sim.terms import FIRE_TYPES, TYPES
from sim.world.forces import SLOTS, Forces, Station
from sim.world.region import Region


class Besides:
    """Sends what fills no run card. Teams that are not on the platform hear of it by relay, late or never."""

    def __init__(
        self, forces: Forces, region: Region, dispatcher: Dispatcher, orders: Orders, config: Config
    ) -> None:
        self.forces, self.dispatcher, self.orders = forces, dispatcher, orders
        self.fleet, self.tiers = orders.fleet, config.forces
        self._is_fire_like = [kind in FIRE_TYPES or kind == "false_alarm" for kind in TYPES]
        self._goes = {
            tier: [kind in config.dispatch.first_aid.get(tier, ()) for kind in TYPES]
            for tier in ("micro", "patrol", "civil")
        }
        self._drone_goes = [kind in config.dispatch.drone_types for kind in TYPES]
        self._never = config.dispatch.relay.never
        self._volunteers = by_township(forces, region, "volunteer")
        self._cars = by_township(forces, region, "patrol")
        self._beats = PatrolBeats(region)
        rules = config.forces.patrol
        self._car_turnout_s = {True: mean(rules.turnout_mobile), False: mean(rules.turnout_parked)}

    def send(self, at: Page, k: int, now: float) -> list[Sent]:
        """Send everybody who comes beside the run card of incident `k`, the drone last."""
        kind = at.kind[k]
        sent: list[Sent] = self._relay(at, k, now) if self._is_fire_like[kind] else []
        if self._goes["micro"][kind]:
            sent += self._besides(at, k, at.micro, now, self._micro_there)
        if self._goes["patrol"][kind]:
            car = self._patrol(at, k, now)
            if car is not None:
                sent.append(car)
        if self._goes["civil"][kind]:
            sent += self._besides(at, k, at.civil, now, self._civil_there, most=1)
        if self._drone_goes[kind] and not at.grounded[k]:
            drone = self._drone(at, k, now)
            if drone is not None:
                sent.append(drone)
        return sent

    def _hears(self, at: Page, k: int, station: Station) -> bool:
        if station.integrated:
            return True
        return at.heard[k * SLOTS + station.slot] >= self._never.get(station.tier, 0.0)

    def _relay(self, at: Page, k: int, now: float) -> list[Sent]:
        """Tell teams that are not on the platform of a fire: the nearest full-time team, the township's volunteers.

        A team is told if it is expected, the relay included, before the nearest professional unit on the
        dispatcher's list. Some never hear of it.
        """
        relay_s = at.relay_s[k]
        limit = self._brigade_expected(at, k) - relay_s
        told: list[tuple[Station, float]] = []
        teams = at.teams
        for place in teams.rows(k):
            if teams.expected_s[place] >= limit:
                break
            station = self.forces.stations[teams.station[place]]
            if not station.integrated and self._hears(at, k, station):
                told.append((station, teams.distance_m[place]))
                break
        volunteers = self._volunteers[at.township[k]]
        if volunteers is not None and not volunteers.integrated and self._hears(at, k, volunteers):
            distance, travel = self.orders.trip(at, k, volunteers.x, volunteers.y)
            if self.orders.turnout_s["volunteer"] + travel < limit:
                told.append((volunteers, distance))
        sent = []
        for station, distance in told:
            for unit in self.forces.units_of[station.index]:
                if self.fleet.free_from[unit] > now:
                    continue
                crew = self.dispatcher.crew(at, k, station.index, unit, now)
                if crew:
                    sent.append(
                        self.orders.send(
                            at, k, unit, station.index, crew, now, now + relay_s, distance, "relay"
                        )
                    )
        return sent

    def _brigade_expected(self, at: Page, k: int) -> float:
        """Return the expected seconds to the nearest professional station, busy or not."""
        choice, stations = at.appliances, self.forces.stations
        for place in choice.rows(k):
            if stations[choice.station[place]].tier == "professional":
                return choice.expected_s[place]
        return math.inf

    def _besides(
        self,
        at: Page,
        k: int,
        choice: Choice,
        now: float,
        there: Callable[[Page, int, Station], bool],
        *,
        most: int | None = None,
    ) -> list[Sent]:
        """Send those of the listed stations that are free, there and told, at most `most` of them."""
        sent: list[Sent] = []
        for place in choice.rows(k):
            if len(sent) == most:
                break
            index = choice.station[place]
            station = self.forces.stations[index]
            unit = self.forces.units_of[index][0]
            if (
                self.fleet.free_from[unit] > now
                or not there(at, k, station)
                or not self._hears(at, k, station)
            ):
                continue
            notice = now if station.integrated else now + at.relay_s[k]
            reason = "first_aid" if station.integrated else "relay"
            crew = self.forces.units[unit].crew
            sent.append(
                self.orders.send(at, k, unit, index, crew, now, notice, choice.distance_m[place], reason)
            )
        return sent

    def _micro_there(self, at: Page, k: int, station: Station) -> bool:
        chance = station.presence * (self.tiers.micro.night_factor if at.night[k] else 1.0)
        return at.present[k * SLOTS + station.slot] < chance

    def _civil_there(self, at: Page, k: int, station: Station) -> bool:
        return at.present[k * SLOTS + station.slot] < station.presence

    def _patrol(self, at: Page, k: int, now: float) -> Sent | None:
        """Send the patrol car that is expected first: those on the platform nearby, else the township's own."""
        rules, stations = self.tiers.patrol, self.forces.stations
        if (at.hour[k] - rules.staffed_from_h) % 24 >= rules.staffed_hours:
            return None
        own = self._cars[at.township[k]]
        cars = [at.patrol.station[place] for place in at.patrol.rows(k)]
        if own is not None and own.index not in cars:
            cars.append(own.index)
        share = rules.mobile_night if at.night[k] else rules.mobile_day
        best: tuple[float, float, bool, Station] | None = None
        for index in cars:
            station = stations[index]
            if not station.integrated and station is not own:
                continue
            unit = self.forces.units_of[index][0]
            if self.fleet.free_from[unit] > now or not self._hears(at, k, station):
                continue
            if at.persons[k][index] < rules.crew:
                continue
            mark = at.position[k * SLOTS + station.slot]
            mobile = mark < share
            x, y = self._beats.point(station.township, mark / share) if mobile else (station.x, station.y)
            distance, travel = self.orders.trip(at, k, x, y)
            relay_s = 0.0 if station.integrated else at.relay_s[k]
            expected = self._car_turnout_s[mobile] + travel / rules.speed_factor + relay_s
            if best is None or expected < best[0]:
                best = (expected, distance, mobile, station)
        if best is None:
            return None
        _, distance, mobile, station = best
        notice = now if station.integrated else now + at.relay_s[k]
        return self.orders.send_patrol(at, k, station.index, mobile, now, notice, distance)

    def _drone(self, at: Page, k: int, now: float) -> Sent | None:
        """Launch the drone of the nearest nest that covers the scene and has one ready."""
        for place in at.drones.rows(k):
            index = at.drones.station[place]
            station = self.forces.stations[index]
            unit = self.forces.units_of[index][0]
            if self.fleet.free_from[unit] <= now and at.present[k * SLOTS + station.slot] < station.presence:
                distance = at.drones.distance_m[place]
                return self.orders.send(at, k, unit, index, 0, now, now, distance, "drone")
        return None


class PatrolBeats:
    """Where a patrol car on the move may be: with the people of its township."""

    def __init__(self, region: Region) -> None:
        cells = region.cells
        order = np.argsort(cells.township, kind="stable")
        edges = np.searchsorted(cells.township[order], np.arange(len(region.townships) + 1))
        self._cells = [order[a:b] for a, b in pairwise(edges)]
        self._steps = [np.cumsum(cells.population[chosen]) for chosen in self._cells]
        self._x, self._y = cells.x, cells.y

    def point(self, township: int, mark: float) -> tuple[float, float]:
        """Return the centre of the cell at a rank 0..1 in the township's population."""
        steps = self._steps[township]
        place = min(int(np.searchsorted(steps, mark * steps[-1], side="right")), len(steps) - 1)
        cell = self._cells[township][place]
        return float(self._x[cell]), float(self._y[cell])
