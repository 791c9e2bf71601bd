"""Needs that nobody free could meet: they wait, the most urgent first, for the next unit that can."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

import simpy

from sim.config.dispatch import Dispatch
from sim.events.incident import Incident
from sim.events.units.dispatch import Dispatcher
from sim.events.units.fleet import Fleet
from sim.terms import PROVIDERS, TYPES
from sim.world.forces import Forces


class WaitingNeeds:
    """The needs of all open incidents that wait."""

    def __init__(
        self, env: simpy.Environment, forces: Forces, fleet: Fleet, dispatcher: Dispatcher, rules: Dispatch
    ) -> None:
        self.env, self.fleet, self.dispatcher = env, fleet, dispatcher
        self._priority = [rules.priority[kind] for kind in TYPES]
        kinds = {unit.kind for unit in forces.units if forces.stations[unit.station].integrated}
        self._served = {need for need, able in PROVIDERS.items() if kinds & set(able)}
        self._lost = rules.queue == "loss"
        self._queue: list[tuple[int, float, int, Incident, str]] = []  # by priority, then first come
        self._next = math.inf

    def add(self, incident: Incident, short: dict[str, int]) -> None:
        """Let what an incident is short of wait, or count it as lost."""
        for need, count in short.items():
            incident.short += count
            if self._lost or need not in self._served:
                continue
            incident.waiting[need] = incident.waiting.get(need, 0) + count
            for _ in range(count):
                entry = (self._priority[incident.kind], self.env.now, incident.i, incident, need)
                heapq.heappush(self._queue, entry)
        if incident.waiting:
            self.look(released=False)

    def look(self, *, released: bool = True) -> None:
        """Look at the waiting needs again: now if a unit was just released, else when the next one is ready."""
        if not self._queue:
            return
        now = self.env.now
        soon = now if released else self.fleet.next_ready(now)
        if soon < self._next:
            self._next = soon
            self.env.process(self._serve_at(soon))

    def _serve_at(self, time: float) -> Iterator[simpy.Event]:
        yield self.env.timeout(time - self.env.now)
        if time == self._next:  # else an earlier look has taken over
            self._next = math.inf
            self._serve()

    def _serve(self) -> None:
        """Give free units to the waiting needs, most urgent first."""
        still: list[tuple[int, float, int, Incident, str]] = []
        while self._queue:
            entry = heapq.heappop(self._queue)
            _, since, _, incident, need = entry
            if not incident.waiting.get(need):
                continue
            sent, _ = self.dispatcher.send_needs(incident.at, incident.k, {need: 1}, self.env.now, "waited")
            if not sent:
                still.append(entry)
                continue
            for order in sent:
                order.waited = self.env.now - since
            incident.sent += sent
            incident.waiting[need] -= 1
            if not incident.waiting[need]:
                del incident.waiting[need]
            if incident.news is not None and not incident.news.triggered:
                incident.news.succeed()
        for entry in still:
            heapq.heappush(self._queue, entry)
        self.look(released=False)
