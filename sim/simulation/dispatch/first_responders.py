"""Tiers that come beside the run card: teams told by telephone, micro stations, patrol cars, civil teams, drones."""

from __future__ import annotations

from sim.simulation.dispatch.dispatcher import Dispatcher
from sim.simulation.dispatch.orders import Orders
from sim.simulation.prepare.batch import Page
from sim.simulation.prepare.candidates import Choice
from sim.simulation.records import Sent
from sim.world.forces import Forces


class Besides:
    """Sends what fills no run card: who answers (`Answers`) and is free."""

    def __init__(self, forces: Forces, dispatcher: Dispatcher, orders: Orders) -> None:
        self.forces, self.dispatcher, self.orders, self.fleet = forces, dispatcher, orders, orders.fleet
        self._integrated = [station.integrated for station in forces.stations]
        self._unit = [units[0] if units else -1 for units in forces.units_of]

    def send(self, at: Page, k: int, now: float) -> list[Sent]:
        """Send everybody who comes beside the run card of incident `k`, the drone last."""
        answers = at.answers
        sent: list[Sent] = []
        if answers.anybody[k]:
            self._relay(at, k, now, sent)
            self._come(at, k, answers.micro, now, sent)
            self._patrol(at, k, now, sent)
            self._come(at, k, answers.civil, now, sent, one=True)
            self._come(at, k, answers.drones, now, sent, reason="drone", one=True)
        return sent

    def _relay(self, at: Page, k: int, now: float, sent: list[Sent]) -> None:
        """Tell teams that are not on the platform, and let go what they have with a crew."""
        for place in at.answers.told.rows(k):
            index = at.answers.told.station[place]
            distance = at.answers.told.distance_m[place]
            for unit in self.forces.units_of[index]:
                if self.fleet.free_from[unit] > now:
                    continue
                crew = self.dispatcher.crew(at, k, index, unit, now)
                if crew:
                    notice = now + at.relay_s[k]
                    sent.append(self.orders.send(at, k, unit, index, crew, now, notice, distance, "relay"))

    def _come(
        self,
        at: Page,
        k: int,
        choice: Choice,
        now: float,
        sent: list[Sent],
        *,
        reason: str = "first_aid",
        one: bool = False,
    ) -> None:
        """Send those of the list that are free, or the first of them."""
        free_from = self.fleet.free_from
        for place in choice.rows(k):
            index = choice.station[place]
            unit = self._unit[index]
            if free_from[unit] > now:
                continue
            crew, distance = self.forces.units[unit].crew, choice.distance_m[place]
            notice, why = (now, reason) if self._integrated[index] else (now + at.relay_s[k], "relay")
            sent.append(self.orders.send(at, k, unit, index, crew, now, notice, distance, why))
            if one:
                return

    def _patrol(self, at: Page, k: int, now: float, sent: list[Sent]) -> None:
        """Send the patrol car that is expected first of those that are free."""
        answers, free_from = at.answers, self.fleet.free_from
        for place in answers.patrol.rows(k):
            index = answers.patrol.station[place]
            if free_from[self._unit[index]] > now:
                continue
            distance, _ = self.orders.trip(at, k, answers.x[place], answers.y[place])
            notice = now if self._integrated[index] else now + at.relay_s[k]
            sent.append(self.orders.send_patrol(at, k, index, answers.mobile[place], now, notice, distance))
            return
