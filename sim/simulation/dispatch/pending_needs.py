"""Needs that nobody free could meet: they wait, the most urgent first, for the next unit that can."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator

import simpy

from sim.config.groups.dispatch import Dispatch
from sim.simulation.dispatch.dispatcher import Dispatcher
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.incident import Incident
from sim.simulation.records import Sent
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
        self._wanted: Counter[str] = Counter()  # needs in the queue
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
                self._wanted[need] += 1
        if incident.waiting:
            self.look_later()

    def look(self, released: Iterable[Sent]) -> None:
        """Look at the waiting needs now if one of the units just released helps: it may turn round on its way home."""
        if self._queue and any(self.fleet.helps(order.unit, self._wanted) for order in released):
            self._look_at(self.env.now)

    def look_later(self) -> None:
        """Look at the waiting needs when the next unit that helps is ready; who helps with none of them changes none."""
        if self._queue:
            self._look_at(self.fleet.next_ready(self.env.now, self._wanted))

    def _look_at(self, soon: float) -> None:
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
                self._done(need)
                continue
            sent, _ = self.dispatcher.send_needs(incident.at, incident.k, {need: 1}, self.env.now, "waited")
            if not sent:
                still.append(entry)
                continue
            for order in sent:
                order.waited = self.env.now - since
            incident.sent += sent
            self._done(need)
            incident.waiting[need] -= 1
            if not incident.waiting[need]:
                del incident.waiting[need]
            if incident.news is not None and not incident.news.triggered:
                incident.news.succeed()
        for entry in still:
            heapq.heappush(self._queue, entry)
        self.look_later()

    def _done(self, need: str) -> None:
        self._wanted[need] -= 1
        if not self._wanted[need]:
            del self._wanted[need]
