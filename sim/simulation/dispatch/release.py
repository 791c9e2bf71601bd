"""How units come home: turned round on the way, released at the end, drones when their work or endurance is done."""

from __future__ import annotations

import math

from sim.config.schema import Config
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.incident import APPLIANCE_TIERS, Incident
from sim.simulation.records import Sent
from sim.terms import TYPES
from sim.world.forces import Forces, Station
from sim.world.travel.law import TravelLaw

NO_WORK = (
    "social_assistance",
    "standby",
    "false_alarm",
)  # leave no hose to roll: ready again on the way home
AFTER_CAPABLE_S = 300.0  # a drone stays over the scene until the first capable crew has found its feet


class Homecoming:
    """Fixes when units are released and when they can be sent again."""

    def __init__(self, forces: Forces, fleet: Fleet, law: TravelLaw, config: Config) -> None:
        self.forces, self.fleet, self.law = forces, fleet, law
        self._drones = config.forces.drones
        self._work = [kind not in NO_WORK for kind in TYPES]

    def turn_round(self, incident: Incident, order: Sent, now: float, outcome: str) -> None:
        """Turn a rolling unit round: it drives back as long as it drove out, and can be sent again meanwhile.

        One that was sent while on its way home has its way from there.
        """
        station, at, k = self.forces.stations[order.station], incident.at, incident.k
        order.outcome = outcome
        order.released = now
        done = max(now - order.turned_out, 0.0)
        whole = order.arrives - order.turned_out
        share = min(done / whole, 1.0) if whole > 0 else 1.0
        from_x, from_y = order.origin or (station.x, station.y)
        x = from_x + (at.x[k] - from_x) * share
        y = from_y + (at.y[k] - from_y) * share
        order.ready = now + (self._drive(incident, station, x, y) if order.origin else done)
        self.fleet.release(order.unit, order.ready)
        if order.ready > now and order.reason != "mutual_aid":
            self.fleet.way_home.add(order.unit, now, order.ready, x, y, order)

    def release(self, incident: Incident, now: float) -> None:
        """Release everybody who is there: home, refill, ready."""
        at, k = incident.at, incident.k
        x, y, works = at.x[k], at.y[k], self._work[incident.kind]
        stations = self.forces.stations
        for order in incident.sent:
            if order.released < math.inf:
                continue
            arrives = order.arrives
            released = order.released = now if now >= arrives else arrives
            if order.reason == "mutual_aid":
                back = order.arrives - order.dispatched
            elif (back := order.drive_s) < 0:
                back = self._drive(incident, stations[order.station], x, y)
            if works and order.tier in APPLIANCE_TIERS:
                order.ready = released + back + at.recovery_s[k]
            else:
                order.ready = released + back
                if order.tier in ("professional", "township"):
                    self.fleet.way_home.add(order.unit, released, order.ready, x, y, order)
            self.fleet.release(order.unit, order.ready)

    def fly_home(self, incident: Incident, drone: Sent) -> None:
        """Fix when a drone flies home: when the first capable crew is at work, or its endurance ends."""
        flight = drone.arrives - drone.turned_out
        last = drone.turned_out + self._drones.endurance_min * 60 - flight
        wanted = max(drone.arrives, incident.capable_time()) + AFTER_CAPABLE_S
        drone.released = max(drone.arrives, min(last, wanted))
        drone.ready = drone.released + flight + self._drones.recharge_min * 60
        self.fleet.release(drone.unit, drone.ready)

    def _drive(self, incident: Incident, station: Station, x: float, y: float) -> float:
        """Return the seconds from a point to a station, on the setting's roads, without lights and luck."""
        dx, dy = x - station.x, y - station.y
        distance = math.hypot(dx, dy) if self.law.euclid else abs(dx) + abs(dy)
        return self.law.trip(distance, incident.at.setting[incident.k])
