"""Release units: turned back on the way, or released at the end. Drones return after their task or endurance."""

from __future__ import annotations

from typing import Final

from sim.config.schema import Config
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.incident import Incident
from sim.simulation.records import Dispatch
from sim.simulation.story import NEVER
from sim.terms import RUN_CARD_TIERS, TIER_TABLE, TYPES
from sim.world.forces import SLOTS, Forces, Station
from sim.world.travel.model import TravelModel

NO_WORK = (
    "social_assistance",
    "standby",
    "false_alarm",
)  # leave no hose to roll: ready again on the way home
AFTER_CAPABLE_S = 300.0  # a drone stays over the scene so long after the first capable crew


EN_ROUTE: Final = frozenset(tier.name for tier in TIER_TABLE if tier.en_route)
ON_RUN_CARDS: Final = frozenset(RUN_CARD_TIERS)
BY_AIR: Final = frozenset(tier.name for tier in TIER_TABLE if tier.moves == "air")


class Release:
    """Fixes when units are released and when they can be sent again."""

    def __init__(self, forces: Forces, fleet: Fleet, travel: TravelModel, config: Config) -> None:
        self.forces, self.fleet, self.travel = forces, fleet, travel
        self._drones = config.forces.drones
        self._work = [kind not in NO_WORK for kind in TYPES]
        self._cancelled = [] if forces.service is None else list(forces.service.cancelled)

    def turn_around(self, incident: Incident, dispatch: Dispatch, now: float, outcome: str) -> None:
        """Turn a rolling unit back: it drives back as long as it drove out, and can be sent again on the way.

        A unit that was diverted on its way home takes its way from there.
        """
        station, batch, row = self.forces.stations[dispatch.station], incident.batch, incident.row
        dispatch.outcome = outcome
        dispatch.released = now
        done = max(now - dispatch.turned_out, 0.0)
        whole = dispatch.arrives - dispatch.turned_out
        share = min(done / whole, 1.0) if whole > 0 else 1.0
        from_x, from_y = dispatch.origin or (station.x, station.y)
        x = from_x + (batch.x[row] - from_x) * share
        y = from_y + (batch.y[row] - from_y) * share
        dispatch.ready = now + (self._drive(incident, station, x, y) if dispatch.origin else done)
        self.fleet.release(dispatch.unit, dispatch.ready)
        if dispatch.ready > now and dispatch.reason != "mutual_aid" and dispatch.tier not in BY_AIR:
            self.fleet.returning_units.add(dispatch.unit, now, now, dispatch.ready, x, y, dispatch)

    def release_all(self, incident: Incident, now: float) -> None:
        """Release all units at the scene: they drive home, refill and are ready."""
        batch, row = incident.batch, incident.row
        x, y, works = batch.x[row], batch.y[row], self._work[incident.kind]
        stations = self.forces.stations
        for dispatch in incident.dispatches:
            if dispatch.released < NEVER:
                continue
            arrives = dispatch.arrives
            released = dispatch.released = now if now >= arrives else arrives
            if dispatch.reason == "mutual_aid":
                back = dispatch.arrives - dispatch.dispatched
            elif (back := dispatch.drive_s) < 0:
                back = self._drive(incident, stations[dispatch.station], x, y)
            if works and dispatch.tier in ON_RUN_CARDS:
                dispatch.ready = released + back + batch.recovery_s[row]
            else:
                dispatch.ready = released + back
                if dispatch.tier in EN_ROUTE:
                    self.fleet.returning_units.add(
                        dispatch.unit, now, released, dispatch.ready, x, y, dispatch
                    )
            self.fleet.release(dispatch.unit, dispatch.ready)

    def leave_by_log(self, incident: Incident, dispatch: Dispatch, group: int) -> None:
        """Fix when a unit of a city with a log is free again: after its own stay, or turned back on the way.

        From then on it counts as at home: the fit is to ways from home, and its noise holds that units are on the road.
        """
        batch, row = incident.batch, incident.row
        own = batch.service
        assert own is not None
        draw = row * SLOTS + self.forces.slot_of[dispatch.unit]
        if own.cancelled[draw] < self._cancelled[group]:
            dispatch.outcome = "withdrawn"
            left = max(dispatch.turned_out, dispatch.dispatched)
            dispatch.released = left + own.turns_back[draw] * max(dispatch.arrives - left, 0.0)
        else:
            dispatch.released = dispatch.arrives + own.stay_s[draw]
        dispatch.ready = dispatch.released
        self.fleet.release(dispatch.unit, dispatch.ready)

    def fly_home(self, incident: Incident, drone: Dispatch) -> None:
        """Fix when a drone flies home: when the first capable crew is at work, or when its endurance ends."""
        flight = drone.arrives - drone.turned_out
        last = drone.turned_out + self._drones.endurance_min * 60 - flight
        wanted = max(drone.arrives, incident.capable_time()) + AFTER_CAPABLE_S
        drone.released = max(drone.arrives, min(last, wanted))
        drone.ready = drone.released + flight + self._drones.recharge_min * 60
        self.fleet.release(drone.unit, drone.ready)

    def _drive(self, incident: Incident, station: Station, x: float, y: float) -> float:
        """Return the seconds from a point to a station, on the incident's roads, without lights and noise."""
        return self.travel.home_s(x, y, station.x, station.y, incident.batch.cell[incident.row])
