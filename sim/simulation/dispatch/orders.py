"""Send a unit: compute when it leaves and, with the noise of this trip, when it arrives."""

from __future__ import annotations

import math

from sim.config.groups.forces import ForcesConfig
from sim.demand.durations import SingleDraws, mean
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.returning_units import ReturningUnit
from sim.simulation.prepare.batch import Batch
from sim.simulation.prepare.luck import Luck
from sim.simulation.records import UNKNOWN, Dispatch
from sim.terms import BRIGADE, TIER
from sim.world.forces import SLOTS, Forces
from sim.world.travel.model import TravelModel


class Orders:
    """Sends units: fixes their times and takes them out of the fleet."""

    def __init__(self, forces: Forces, fleet: Fleet, travel: TravelModel, rules: ForcesConfig) -> None:
        self.forces, self.fleet, self.travel, self.rules = forces, fleet, travel, rules
        self.going = rules.going()
        self.turnout_s = {tier: mean(going.turnout) for tier, going in self.going.items()}
        self.tier = [station.tier for station in forces.stations]
        self._moves = [TIER[tier].moves for tier in self.tier]
        turnout = {tier: SingleDraws(going.turnout) for tier, going in self.going.items()}
        self._turnout = [turnout[tier] for tier in self.tier]
        self._parked, self._mobile = (
            SingleDraws(law) for law in (rules.patrol.turnout_parked, rules.patrol.turnout_mobile)
        )
        self._patrol_factor, self._patrol_crew = rules.patrol.speed_factor, rules.patrol.crew
        self._turnout_night_s = rules.professional.turnout_night_s
        self._speed_ms = {tier: going.speed_ms for tier, going in self.going.items()}
        self.slot = [station.slot for station in forces.stations]
        self.luck = None if forces.service is None else Luck(forces, forces.service)
        self._integrated = [station.integrated for station in forces.stations]
        self._kind = [unit.kind for unit in forces.units]

    def trip(self, batch: Batch, row: int, x: float, y: float) -> tuple[float, float]:
        """Return seconds in daylight and good weather, and route metres, from a point to the incident."""
        return self.travel.trip(x, y, batch.x[row], batch.y[row], batch.cell[row])

    def send(
        self,
        batch: Batch,
        row: int,
        unit: int,
        station: int,
        crew: int,
        now: float,
        notice: float,
        drive_s: float,
        route_m: float,
        reason: str,
    ) -> Dispatch:
        """Send a unit from its station, alerted at `notice`."""
        tier, draw, luck = self.tier[station], row * SLOTS + self.slot[station], self.luck
        if luck is not None:
            left = notice + luck.turnout_s(batch, row, unit, station)
        else:
            left = notice + self._turnout[station].draw(batch.turnout_z[draw])
            if tier == BRIGADE and batch.night[row]:
                left += self._turnout_night_s
        moves = self._moves[station]
        if luck is not None:
            travel = luck.trip_s(batch, row, unit, station, drive_s / batch.speed[row])
        elif moves == "air":
            travel = drive_s
        elif moves == "foot":
            travel, drive_s = route_m / self._speed_ms[tier] * batch.travel_noise[draw], UNKNOWN
        else:
            travel = drive_s / batch.speed[row] * batch.travel_noise[draw]
        self.fleet.send(unit)
        kind = self._kind[unit]
        return Dispatch(
            unit, station, tier, kind, reason, crew, now, left, left + travel, route_m, drive_s, None
        )

    def send_patrol(
        self,
        batch: Batch,
        row: int,
        unit: int,
        station: int,
        mobile: bool,
        now: float,
        notice: float,
        drive_s: float,
        route_m: float,
    ) -> Dispatch:
        """Send a patrol car from where it is."""
        self.fleet.send(unit)
        draw = row * SLOTS + self.slot[station]
        left = notice + (self._mobile if mobile else self._parked).draw(batch.turnout_z[draw])
        travel = drive_s / batch.speed[row] / self._patrol_factor * batch.travel_noise[draw]
        reason, crew = "first_aid" if self._integrated[station] else "relay", self._patrol_crew
        return Dispatch(
            unit, station, "patrol", "patrol", reason, crew, now, left, left + travel, route_m, UNKNOWN, None
        )

    def redirect(self, batch: Batch, row: int, returning: ReturningUnit, now: float, reason: str) -> Dispatch:
        """Send a unit that is on its way home."""
        x, y = returning.place(now)
        self.fleet.returning_units.remove(returning)
        drive_s, route_m = self.trip(batch, row, x, y)
        unit = returning.unit
        vehicle = self.forces.units[unit]
        self.fleet.send(unit)
        noise = batch.travel_noise[row * SLOTS + self.slot[vehicle.station]]
        returning.dispatch.ready = now  # its turn ends here
        return Dispatch(
            unit, vehicle.station, vehicle.tier, vehicle.kind, reason, returning.dispatch.crew, now, now,
            now + drive_s / batch.speed[row] * noise, route_m, UNKNOWN, (x, y),
        )  # fmt: skip

    def send_from_outside(self, unit: int, now: float, mutual_s: float) -> Dispatch:
        """Let a unit of another city come, `mutual_s` seconds after it was asked for."""
        team = self.forces.units[unit]
        self.fleet.send(unit)
        return Dispatch(
            unit, team.station, team.tier, team.kind, "mutual_aid", team.crew, now, now, now + mutual_s, math.nan
        )  # fmt: skip
