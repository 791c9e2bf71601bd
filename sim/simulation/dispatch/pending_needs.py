"""Needs that no free unit could meet. They wait, most urgent first, for the next suitable unit."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable

import simpy

from sim.calendar import DAY_S
from sim.config.groups.dispatch import DispatchConfig
from sim.errors import SimError
from sim.simulation.dispatch.dispatcher import Dispatcher
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.incident import Incident
from sim.simulation.records import Dispatch
from sim.simulation.story import NEVER, Steps, Story
from sim.terms import BRIGADE, PROVIDERS, TYPES
from sim.world.forces import OUTSIDE, Forces

MOST_WAITING = 5000  # needs; more than the units of a larger region: what waits longer is never served


class PendingNeeds:
    """The pending needs of all open incidents."""

    def __init__(
        self,
        env: simpy.Environment,
        forces: Forces,
        fleet: Fleet,
        dispatcher: Dispatcher,
        rules: DispatchConfig,
    ) -> None:
        self.env, self.fleet, self.dispatcher = env, fleet, dispatcher
        self._priority = [rules.priority[kind] for kind in TYPES]
        # Of the region's own: an incident that waits for a team that never comes would hold its units for ever.
        brigade = [unit for unit in forces.units if unit.tier == BRIGADE]
        kinds = {unit.kind for unit in brigade if forces.stations[unit.station].area != OUTSIDE}
        self._served = {need for need, able in PROVIDERS.items() if kinds & set(able)}
        self._most = max(MOST_WAITING, len(forces.units))
        self._lost = rules.queue == "loss"
        self._queue: list[tuple[int, float, int, Incident, str]] = []  # by priority, then first come
        self._open_needs: Counter[str] = Counter()  # needs in the queue
        self._next = NEVER

    def add(self, incident: Incident, short: dict[str, int]) -> None:
        """Add an incident's unmet needs to the pending needs, or count them as lost."""
        for need, count in short.items():
            incident.short += count
            if self._lost or need not in self._served:
                continue
            incident.pending[need] = incident.pending.get(need, 0) + count
            for _ in range(count):
                entry = (self._priority[incident.kind], self.env.now, incident.workload_row, incident, need)
                heapq.heappush(self._queue, entry)
                self._open_needs[need] += 1
        if len(self._queue) > self._most:
            day = int(self.env.now // DAY_S) + 1
            raise SimError(
                f"more than {self._most:,} needs wait for a free unit on day {day}: the forces cannot serve "
                "demand.calls_per_year. Lower it, add forces, or let dispatch.queue=loss send nobody later."
            )
        if incident.pending:
            self.serve_when_ready()

    def serve_if_helped(self, released: Iterable[Dispatch]) -> None:
        """Serve the pending needs now if a unit just released can help: it may be diverted on its way home."""
        if self._queue and any(self.fleet.helps(dispatch.unit, self._open_needs) for dispatch in released):
            self._serve_no_later_than(self.env.now)

    def serve_when_ready(self) -> None:
        """Serve the pending needs when the next unit that can meet one of them is ready."""
        if self._queue:
            self._serve_no_later_than(self.fleet.next_ready(self.env.now, self._open_needs))

    def _serve_no_later_than(self, soon: float) -> None:
        if soon < self._next:
            self._next = soon
            story = Story(self.env)
            story.begin(self._serve_at(story, soon))

    def _serve_at(self, story: Story, time: float) -> Steps:
        story.wait_until(time)
        yield
        if time == self._next:  # else an earlier look has taken over
            self._next = NEVER
            self._serve()

    def _serve(self) -> None:
        """Give free units to the pending needs, the most urgent first."""
        now, queue, still = self.env.now, self._queue, []
        unmet: set[tuple[str, int]] = set()
        queue.sort()
        for entry in queue:
            _, since, _, incident, need = entry
            if not incident.pending.get(need):
                self._remove(need)
                continue
            # In one pass units only become fewer. What failed for one incident fails for all of its shift.
            alike = need, id(incident.batch.persons[incident.row])
            if alike in unmet:
                still.append(entry)
                continue
            sent, _ = self.dispatcher.send_needs(incident, {need: 1}, now, "waited", None)
            if not sent:
                still.append(entry)
                if not self.dispatcher.own_policy:
                    unmet.add(alike)
                continue
            for dispatch in sent:
                dispatch.waited = now - since
            incident.dispatches += sent
            self._remove(need)
            incident.pending[need] -= 1
            if not incident.pending[need]:
                del incident.pending[need]
            incident.story.wake(now)
        self._queue = still  # in order, so it is a heap
        self.serve_when_ready()

    def _remove(self, need: str) -> None:
        self._open_needs[need] -= 1
        if not self._open_needs[need]:
            del self._open_needs[need]
