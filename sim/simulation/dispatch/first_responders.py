"""Send tiers in addition to the run card: teams alerted by telephone, patrol cars, and others of the tier table."""

from __future__ import annotations

from sim.simulation.dispatch.dispatcher import Dispatcher
from sim.simulation.dispatch.orders import Orders
from sim.simulation.prepare.batch import Batch
from sim.simulation.prepare.first_responders import BESIDE
from sim.simulation.records import Dispatch
from sim.terms import Tier
from sim.world.forces import Forces


class FirstResponderDispatch:
    """Sends first responders that are free. Those without a crew come last."""

    def __init__(self, forces: Forces, dispatcher: Dispatcher, orders: Orders) -> None:
        self.dispatcher, self.orders, self.fleet = dispatcher, orders, orders.fleet
        self._units_of, self._crew = forces.units_of, [unit.crew for unit in forces.units]
        self._integrated = [station.integrated for station in forces.stations]
        known = [tier for tier in BESIDE if tier.name in orders.going]
        self._whole_tiers = [tier for tier in known if tier.beside == "all"]
        self._single_units = sorted(
            (tier for tier in known if tier.beside == "first"), key=lambda tier: not tier.crew
        )
        self._unit = [units[0] if units else -1 for units in forces.units_of]

    def send(self, batch: Batch, row: int, now: float, sent: list[Dispatch]) -> None:
        """Send all first responders that come in addition to the run card, and add them to those sent."""
        if batch.first_responders.anybody[row]:
            self._send_told(batch, row, now, sent)
            for tier in self._whole_tiers:
                self._send_nearest(batch, row, tier, now, sent)
            self._patrol(batch, row, now, sent)
            for tier in self._single_units:
                self._send_nearest(batch, row, tier, now, sent)

    def _send_told(self, batch: Batch, row: int, now: float, sent: list[Dispatch]) -> None:
        """Alert teams that are not on the platform, and send of each the first free unit that has a crew."""
        told = batch.first_responders.told
        for place in range(told.first[row], told.stop[row]):
            index = told.station[place]
            for unit in self._units_of[index]:
                if self.fleet.free_from[unit] > now:
                    continue
                crew = self.dispatcher.crew(batch, row, index, unit, now)
                if crew:
                    notice, drive_s, route_m = (
                        now + batch.relay_s[row],
                        told.drive_s[place],
                        told.route_m[place],
                    )
                    sent.append(
                        self.orders.send(
                            batch, row, unit, index, crew, now, notice, drive_s, route_m, "relay"
                        )
                    )
                    break

    def _send_nearest(
        self,
        batch: Batch,
        row: int,
        tier: Tier,
        now: float,
        sent: list[Dispatch],
    ) -> None:
        """Send the free units of a tier's list, or only the first of them."""
        free_from, candidates = self.fleet.free_from, batch.first_responders.beside[tier.name]
        for place in range(candidates.first[row], candidates.stop[row]):
            index = candidates.station[place]
            unit = self._unit[index]
            if free_from[unit] > now:
                continue
            drive_s, route_m = candidates.drive_s[place], candidates.route_m[place]
            notice, why = (
                (now, tier.reason) if self._integrated[index] else (now + batch.relay_s[row], "relay")
            )
            sent.append(
                self.orders.send(
                    batch, row, unit, index, self._crew[unit], now, notice, drive_s, route_m, why
                )
            )
            if tier.beside == "first":
                return

    def _patrol(self, batch: Batch, row: int, now: float, sent: list[Dispatch]) -> None:
        """Send the free patrol car that is expected first."""
        responders, free_from = batch.first_responders, self.fleet.free_from
        cars = responders.patrol
        for place in range(cars.first[row], cars.stop[row]):
            index = cars.station[place]
            unit = self._unit[index]
            if free_from[unit] > now:
                continue
            drive_s, route_m = self.orders.trip(batch, row, responders.x[place], responders.y[place])
            notice = now if self._integrated[index] else now + batch.relay_s[row]
            mobile = responders.mobile[place]
            sent.append(
                self.orders.send_patrol(batch, row, unit, index, mobile, now, notice, drive_s, route_m)
            )
            return
