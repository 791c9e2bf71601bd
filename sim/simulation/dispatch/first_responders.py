"""Tiers that come beside the run card: teams told by telephone, micro stations, patrol cars, civil teams, drones."""

from __future__ import annotations

from sim.simulation.dispatch.dispatcher import Dispatcher
from sim.simulation.dispatch.orders import Orders
from sim.simulation.prepare.batch import Batch
from sim.simulation.prepare.candidates import CandidateLists
from sim.simulation.records import Dispatch
from sim.world.forces import Forces


class FirstResponderDispatch:
    """Sends what fills no run card: who answers (`Answers`) and is free."""

    def __init__(self, forces: Forces, dispatcher: Dispatcher, orders: Orders) -> None:
        self.forces, self.dispatcher, self.orders, self.fleet = forces, dispatcher, orders, orders.fleet
        self._integrated = [station.integrated for station in forces.stations]
        self._unit = [units[0] if units else -1 for units in forces.units_of]

    def send(self, batch: Batch, row: int, now: float) -> list[Dispatch]:
        """Send everybody who comes beside the run card of incident `k`, the drone last."""
        responders = batch.first_responders
        sent: list[Dispatch] = []
        if responders.anybody[row]:
            self._send_told(batch, row, now, sent)
            self._send_nearest(batch, row, responders.micro, now, sent)
            self._patrol(batch, row, now, sent)
            self._send_nearest(batch, row, responders.civil, now, sent, only_first=True)
            self._send_nearest(batch, row, responders.drones, now, sent, reason="drone", only_first=True)
        return sent

    def _send_told(self, batch: Batch, row: int, now: float, sent: list[Dispatch]) -> None:
        """Tell teams that are not on the platform, and let go what they have with a crew."""
        for place in batch.first_responders.told.rows(row):
            index = batch.first_responders.told.station[place]
            distance = batch.first_responders.told.distance_m[place]
            for unit in self.forces.units_of[index]:
                if self.fleet.free_from[unit] > now:
                    continue
                crew = self.dispatcher.crew(batch, row, index, unit, now)
                if crew:
                    notice = now + batch.relay_s[row]
                    sent.append(
                        self.orders.send(batch, row, unit, index, crew, now, notice, distance, "relay")
                    )

    def _send_nearest(
        self,
        batch: Batch,
        row: int,
        candidates: CandidateLists,
        now: float,
        sent: list[Dispatch],
        *,
        reason: str = "first_aid",
        only_first: bool = False,
    ) -> None:
        """Send those of the list that are free, or the first of them."""
        free_from = self.fleet.free_from
        for place in candidates.rows(row):
            index = candidates.station[place]
            unit = self._unit[index]
            if free_from[unit] > now:
                continue
            crew, distance = self.forces.units[unit].crew, candidates.distance_m[place]
            notice, why = (now, reason) if self._integrated[index] else (now + batch.relay_s[row], "relay")
            sent.append(self.orders.send(batch, row, unit, index, crew, now, notice, distance, why))
            if only_first:
                return

    def _patrol(self, batch: Batch, row: int, now: float, sent: list[Dispatch]) -> None:
        """Send the patrol car that is expected first of those that are free."""
        responders, free_from = batch.first_responders, self.fleet.free_from
        for place in responders.patrol.rows(row):
            index = responders.patrol.station[place]
            if free_from[self._unit[index]] > now:
                continue
            distance, _ = self.orders.trip(batch, row, responders.x[place], responders.y[place])
            notice = now if self._integrated[index] else now + batch.relay_s[row]
            sent.append(
                self.orders.send_patrol(batch, row, index, responders.mobile[place], now, notice, distance)
            )
            return
