"""The SimPy model of a replication: the story of every incident from the order to the last unit's release.

An incident is one process, and it waits only where something is decided: at the order, at the size-up if the
account was wrong, at control if units still roll, and at its end. What lies between is computed when it is
fixed: when a unit is sent, its arrival; when it is released, its return.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy

from sim.config.schema import Config
from sim.events import candidates, fireground
from sim.events.centre import Calls
from sim.events.cover import Cover, CoverMoves
from sim.events.dispatch import Dispatcher, Sent, need_of
from sim.events.durations import draw
from sim.events.fireground import Fight, Fireground, Water
from sim.events.fleet import Fleet
from sim.events.workload import Workload
from sim.terms import FIRE_TYPES, PROVIDERS, PUMPS, SPECIALISTS, TYPES
from sim.world.forces import Forces, Station
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel import TravelLaw

Story = Generator[simpy.Event, Any, None]

FALSE_ALARM = TYPES.index("false_alarm")
IS_FIRE = [kind in FIRE_TYPES for kind in TYPES]
# What the first capable unit must bring, where nothing burns; a fire needs a pump and a crew of four.
CAPABLE = {
    "traffic_rescue": "rescue", "hazmat_rescue": "hazmat", "water_rescue": "water_rescue",
    "mountain_rescue": "mountain_rescue", "other_rescue": "rescue",
}  # fmt: skip
CAPABLE_NEED = [
    "engine" if IS_FIRE[i] or kind == "false_alarm" else CAPABLE.get(kind, "crew")
    for i, kind in enumerate(TYPES)
]
CAPABLE_KINDS = [frozenset(PROVIDERS[need]) for need in CAPABLE_NEED]
CREW_OF_FOUR = 4
LOOK_AGAIN_S = 300.0
CLOCK_S = 1e-6  # two times closer than this are the same: sums of floats need not meet exactly
APPLIANCE_TIERS = (
    "professional",
    "township",
    "volunteer",
)  # tiers with vehicles and a leader who can size up
NO_WORK = (
    "social_assistance",
    "standby",
    "false_alarm",
)  # leave no hose to roll: ready again on the way home
AFTER_CAPABLE_S = 300.0  # a drone stays over the scene until the first capable crew has found its feet


@dataclass(slots=True)
class Incident:
    """An incident while it is open."""

    i: int  # row of the workload
    kind: int
    severity: int
    reported: int
    ordered: float
    sent: list[Sent] = field(default_factory=list)
    waiting: dict[str, int] = field(default_factory=dict)
    size_up: float = math.inf
    alarm_level: int = 1
    short: int = 0
    fight: Fight | None = None
    closed: float = math.inf
    covers: list[Cover] = field(default_factory=list)
    news: simpy.Event | None = None
    free_s: float = math.nan
    nearest_s: float = math.nan
    free_travel_s: float = math.nan
    others_open: int = 0


class Response:
    """One replication."""

    def __init__(
        self,
        workload: Workload,
        calls: Calls,
        region: Region,
        forces: Forces,
        law: TravelLaw,
        config: Config,
        levels: Levels,
    ) -> None:
        self.env = simpy.Environment()
        self.config, self.levels, self.forces = config, levels, forces
        self.workload, self.calls = workload, calls
        self.at = candidates.gather(workload, calls, region, forces, law, config)
        self.scenes = fireground.prepare(workload, region, config, levels)
        self.ground = Fireground(self.scenes, config)
        self.fleet = Fleet(forces, law)
        self.dispatcher = Dispatcher(self.at, forces, self.fleet, region, law, config)
        self.cover = CoverMoves(forces, self.fleet, region, law, config)
        self.rules = config.dispatch
        self.law = law
        draws = workload.draws
        self._dispatched = calls.dispatched_s.tolist()
        self._ignition = calls.ignition_s.tolist()
        self._kind = workload.kind.tolist()
        self._severity, self._reported = workload.severity.tolist(), workload.reported.tolist()
        self._relay = draw(config.dispatch.relay.delay, draws["relay"]).tolist()
        self._report: list[float] = draw(config.dispatch.size_up.delay, draws["size_up"]).tolist()
        self._mutual = draw(config.forces.mutual_aid.delay, draws["mutual"]).tolist()
        self._recovery = draw(config.forces.recovery, draws["recovery"]).tolist()
        self._burns = [fire and config.fireground.growth.enabled for fire in IS_FIRE]
        self._open = 0
        self._next_serve = math.inf
        self._overhaul_m2_s = config.fireground.on_scene.overhaul_m2_per_crew_min / 60
        self._waiting: list[tuple[int, float, int, Incident, str]] = []  # by priority, then first come
        self.incidents: list[Incident] = []

    def run(self) -> list[Incident]:
        """Run the replication to the end of its last incident and return its incidents in order of number."""
        self.env.process(self._orders())
        self.env.run()
        return sorted(self.incidents, key=lambda incident: incident.i)

    def _orders(self) -> Story:
        """Start the story of each incident when the 119 seat gives the order."""
        for i in np.argsort(self.calls.dispatched_s, kind="stable").tolist():
            wait = self._dispatched[i] - self.env.now
            if wait > 0:
                yield self.env.timeout(wait)
            self.env.process(self._incident(i))

    # -- the story of an incident -------------------------------------------------------------------------------

    def _incident(self, i: int) -> Story:
        incident = Incident(i, self._kind[i], self._severity[i], self._reported[i], self.env.now)
        incident.others_open = self._open
        self._open += 1
        self.incidents.append(incident)
        self._first_alarm(incident)
        if self._account_was_wrong(incident):
            yield from self._until(incident, self._size_up_time)
            if self._size_up_time(incident) < math.inf:
                incident.size_up = self.env.now
                self._recall(incident)
                if self.rules.size_up.escalate and incident.severity > incident.reported:
                    yield from self._second_alarm(incident)
        yield from self._until(incident, self._turn_back_time)
        self._turn_back(incident)
        yield from self._until(incident, self._end_time)
        self._close(incident)

    def _until(self, incident: Incident, when: Any) -> Story:
        """Wait until `when(incident)`, worked out again whenever further units are sent meanwhile."""
        while True:
            time = when(incident)
            if time <= self.env.now + CLOCK_S or (time == math.inf and not incident.waiting):
                return  # it is time; or it will never be
            if time < math.inf and not incident.waiting:
                yield self.env.timeout(time - self.env.now)
                continue
            incident.news = self.env.event()
            yield incident.news if time == math.inf else incident.news | self.env.timeout(time - self.env.now)

    def _first_alarm(self, incident: Incident) -> None:
        """Send what the run card of the account asks for, and the tiers that come besides."""
        i, kind, now = incident.i, incident.kind, self.env.now
        card = self.dispatcher.card(kind, incident.reported)
        reach = self.dispatcher.reach(i, CAPABLE_NEED[kind], now)
        incident.free_s, incident.nearest_s, incident.free_travel_s = reach
        self._send(incident, card, "run_card")
        extra = self.dispatcher.add_professional(i, kind, incident.sent, now)
        if extra is not None:
            incident.sent.append(extra)
        incident.sent += self.dispatcher.relay(i, kind, now, self._relay[i])
        incident.sent += self.dispatcher.send_first_aid(i, kind, now, self._relay[i])
        drone = self.dispatcher.send_drone(i, kind, now)
        if drone is not None:
            incident.sent.append(drone)
            self._bring_home(incident, drone)

    def _account_was_wrong(self, incident: Incident) -> bool:
        return incident.severity != incident.reported or incident.kind == FALSE_ALARM

    def _size_up_time(self, incident: Incident) -> float:
        """Return when the first officer, or a drone before, has reported what it really is."""
        flown = self.rules.size_up.by_drone
        eyes = [
            o.arrives for o in incident.sent if o.tier in APPLIANCE_TIERS or (flown and o.kind == "drone")
        ]
        first: float = min(eyes, default=math.inf)
        return first + self._report[incident.i]

    def _second_alarm(self, incident: Incident) -> Story:
        """Send what the true severity asks for beyond the first alarm."""
        delay = 0.0
        if incident.severity == 3:
            rules = self.rules.size_up
            delay = rules.request_command_post_s if self.levels.command_post else rules.request_s
        if delay:
            yield self.env.timeout(delay)
        first = self.dispatcher.card(incident.kind, incident.reported)
        card = self.dispatcher.card(incident.kind, incident.severity)
        more = {
            need: count - first.get(need, 0) for need, count in card.items() if count > first.get(need, 0)
        }
        if more:
            incident.alarm_level = 2
            self._send(incident, more, "second_alarm")

    def _send(self, incident: Incident, needs: dict[str, int], reason: str) -> None:
        """Send units for `needs`; what nobody free can meet waits its turn, or is lost."""
        i = incident.i
        sent, short = self.dispatcher.send_needs(
            i, incident.kind, needs, self.env.now, reason, self._mutual[i]
        )
        incident.sent += sent
        for need, count in short.items():
            incident.short += count
            if self.rules.queue == "wait" and self._somebody_could(need):
                incident.waiting[need] = incident.waiting.get(need, 0) + count
                priority = self.rules.priority[TYPES[incident.kind]]
                for _ in range(count):
                    heapq.heappush(self._waiting, (priority, self.env.now, i, incident, need))
        if incident.waiting:
            self._serve_later(released=False)
        if sent and self.cover.on:
            persons = self.at.persons[self.at.shift[i]]
            stripped = {order.station for order in sent if order.tier == "professional"}
            incident.covers += self.cover.wanted(incident.kind, stripped, persons, self.env.now)

    # -- recall and turning back ----------------------------------------------------------------------------------

    def _recall(self, incident: Incident) -> None:
        """Recall what still rolls and the true severity does not ask for; the first to come always goes on."""
        if not self.rules.size_up.recall or incident.severity > incident.reported:
            return
        needed = (
            {}
            if incident.kind == FALSE_ALARM
            else dict(self.dispatcher.card(incident.kind, incident.severity))
        )
        appliances = sorted((o for o in incident.sent if o.tier in APPLIANCE_TIERS), key=lambda o: o.arrives)
        for place, order in enumerate(appliances):
            use = need_of(needed, order.kind)
            if use is not None:
                needed[use] -= 1
            elif place > 0 and order.arrives > self.env.now:
                self._send_home(incident, order, "recalled")
        incident.waiting = {
            need: min(count, needed[need]) for need, count in incident.waiting.items() if needed.get(need)
        }

    def _turn_back_time(self, incident: Incident) -> float:
        """Return when those still rolling are no longer needed: at control of a fire; at once if nobody rolls."""
        if not self._burns[incident.kind]:
            return self._end_time(incident)
        self._fight(incident)
        assert incident.fight is not None
        return incident.fight.control

    def _turn_back(self, incident: Incident) -> None:
        """Turn back who still rolls, but for the first capable crew, which checks, and the brigade, which takes over."""
        capable = self._capable_time(incident)
        brigade = self._first(incident, ("professional",))
        for order in incident.sent:
            if (order is brigade or order.arrives == capable) and order.reason != "mutual_aid":
                continue
            if order.outcome == "arrived" and order.arrives > self.env.now and order.kind != "drone":
                self._send_home(incident, order, "withdrawn")
        if incident.waiting:
            incident.waiting.clear()  # needs that came too late

    def _send_home(self, incident: Incident, order: Sent, outcome: str) -> None:
        """Turn a rolling unit round: it drives back as long as it drove out, and can be sent again meanwhile.

        One that was sent while on its way home has its way from there.
        """
        now, station = self.env.now, self.forces.stations[order.station]
        order.outcome = outcome
        order.released = now
        done = max(now - order.turned_out, 0.0)
        whole = order.arrives - order.turned_out
        share = min(done / whole, 1.0) if whole > 0 else 1.0
        from_x, from_y = order.origin or (station.x, station.y)
        x = from_x + (self.at.x[incident.i] - from_x) * share
        y = from_y + (self.at.y[incident.i] - from_y) * share
        order.ready = now + (self._drive(incident.i, station, x, y) if order.origin else done)
        self.fleet.release(order.unit, order.ready)
        if order.ready > now and order.reason != "mutual_aid":
            self.fleet.on_the_way_home(order.unit, now, order.ready, x, y, order)
        self._serve_later()

    @staticmethod
    def _first(incident: Incident, tiers: tuple[str, ...]) -> Sent | None:
        """Return the first to arrive of the tiers, if any does."""
        there = [order for order in incident.sent if order.tier in tiers and order.outcome == "arrived"]
        return min(there, key=lambda order: order.arrives, default=None)

    # -- work at the scene ----------------------------------------------------------------------------------------

    def _fight(self, incident: Incident) -> None:
        """Work out how the fire ends with the units now known to come."""
        i = incident.i
        waters, first_aid = [], math.inf
        for order in incident.sent:
            if order.outcome != "arrived":
                continue
            if order.kind in PUMPS:
                waters.append(
                    Water(order.arrives, order.crew, self.forces.units[order.unit].water_m3, light=False)
                )
            elif order.tier in ("micro", "patrol"):
                first_aid = min(first_aid, order.arrives)
                if order.tier == "patrol":
                    waters.append(
                        Water(order.arrives, order.crew, self.forces.units[order.unit].water_m3, light=True)
                    )
        incident.fight = self.ground.fight(i, self._ignition[i], waters, first_aid)

    def _capable_time(self, incident: Incident) -> float:
        kinds, fire = CAPABLE_KINDS[incident.kind], IS_FIRE[incident.kind]
        return min(
            (
                order.arrives
                for order in incident.sent
                if order.outcome == "arrived"
                and order.kind in kinds
                and (order.crew >= CREW_OF_FOUR or not fire)
            ),
            default=math.inf,
        )

    def _end_time(self, incident: Incident) -> float:
        """Return when the incident is over, with the units now known to come."""
        i = incident.i
        if self._burns[incident.kind]:
            self._fight(incident)
            assert incident.fight is not None
            control = incident.fight.control
            there = [o for o in incident.sent if o.outcome == "arrived" and o.tier in APPLIANCE_TIERS]
            crews = max(sum(order.arrives <= control for order in there), 1)
            overhaul = incident.fight.area_m2 / (self._overhaul_m2_s * crews)
            brigade = self._first(incident, ("professional",)) or self._first(incident, APPLIANCE_TIERS)
            handed_over = brigade.arrives + self._report[i] if brigade is not None else control
            return max(control + self.scenes.mop_up[i] + overhaul, handed_over)
        begin = self._capable_time(incident)
        for order in incident.sent:
            if order.kind in SPECIALISTS and order.outcome == "arrived":
                begin = max(begin, order.arrives)
        if begin == math.inf and not incident.waiting:
            begin = max((order.arrives for order in incident.sent), default=incident.ordered)
        return begin + self.scenes.work[i]

    def _close(self, incident: Incident) -> None:
        """Release everybody who is there: home, refill, ready."""
        i = incident.i
        incident.closed = self.env.now
        self._open -= 1
        incident.waiting.clear()
        worked = TYPES[incident.kind] not in NO_WORK
        for order in incident.sent:
            if order.released < math.inf:
                continue
            order.released = max(self.env.now, order.arrives)
            back = self._way_back(incident, order)
            if worked and order.tier in APPLIANCE_TIERS:
                order.ready = order.released + back + self._recovery[incident.i]
            else:
                order.ready = order.released + back
                if order.tier in ("professional", "township"):
                    self.fleet.on_the_way_home(
                        order.unit, order.released, order.ready, self.at.x[i], self.at.y[i], order
                    )
            self.fleet.release(order.unit, order.ready)
        for cover in incident.covers:
            self.env.process(self._end_cover(incident, cover))
        if self.fleet.returning:
            self.fleet.forget_home(self.env.now)
        self._serve_later()

    def _end_cover(self, incident: Incident, cover: Cover) -> Story:
        """Send an engine that stood in home again, once the station has its own back and it is free itself."""
        own = min((o.ready for o in incident.sent if o.station == cover.at), default=self.env.now)
        yield self.env.timeout(max(own - self.env.now, 0.0))
        while self.fleet.free_from[cover.unit] > self.env.now:
            yield self.env.timeout(LOOK_AGAIN_S)
        self.fleet.take_back(cover.unit, self.env.now + cover.travel_s)

    def _way_back(self, incident: Incident, order: Sent) -> float:
        """Return the seconds home: as expected on the way out, without lights and luck."""
        if order.reason == "mutual_aid":
            return order.arrives - order.dispatched
        i = incident.i
        return self._drive(i, self.forces.stations[order.station], self.at.x[i], self.at.y[i])

    def _drive(self, i: int, station: Station, x: float, y: float) -> float:
        """Return the seconds from a point to a station, on the roads of an incident's setting."""
        dx, dy = x - station.x, y - station.y
        distance = math.hypot(dx, dy) if self.law.euclid else abs(dx) + abs(dy)
        return self.law.trip(distance, self.at.setting[i])

    def _bring_home(self, incident: Incident, drone: Sent) -> None:
        """Fix when a drone flies home: when the first capable crew is at work, or its endurance ends."""
        rules = self.config.forces.drones
        flight = drone.arrives - drone.turned_out
        last = drone.turned_out + rules.endurance_min * 60 - flight
        capable = self._capable_time(incident)
        wanted = max(drone.arrives, capable) + AFTER_CAPABLE_S
        drone.released = max(drone.arrives, min(last, wanted))
        drone.ready = drone.released + flight + rules.recharge_min * 60
        self.fleet.release(drone.unit, drone.ready)

    # -- needs that wait ------------------------------------------------------------------------------------------

    def _somebody_could(self, need: str) -> bool:
        kinds = PROVIDERS[need]
        return any(
            unit.kind in kinds and self.forces.stations[unit.station].integrated for unit in self.forces.units
        )

    def _serve_later(self, *, released: bool = True) -> None:
        """Look at the waiting needs again: now if a unit was just released, else when the next one is ready."""
        if not self._waiting:
            return
        now = self.env.now
        soon = (
            now if released else min((time for time in self.fleet.free_from if time > now), default=math.inf)
        )
        if soon < self._next_serve:
            self._next_serve = soon
            self.env.process(self._serve_at(soon))

    def _serve_at(self, time: float) -> Story:
        yield self.env.timeout(time - self.env.now)
        if time == self._next_serve:  # else an earlier look has taken over
            self._next_serve = math.inf
            self._serve()

    def _serve(self) -> None:
        """Give free units to the waiting needs, most urgent first."""
        still: list[tuple[int, float, int, Incident, str]] = []
        while self._waiting:
            entry = heapq.heappop(self._waiting)
            incident, need = entry[3], entry[4]
            if not incident.waiting.get(need):
                continue
            sent, _ = self.dispatcher.send_needs(
                incident.i, incident.kind, {need: 1}, self.env.now, "waited", self._mutual[incident.i]
            )
            if not sent:
                still.append(entry)
                continue
            incident.sent += sent
            incident.waiting[need] -= 1
            if not incident.waiting[need]:
                del incident.waiting[need]
            if incident.news is not None and not incident.news.triggered:
                incident.news.succeed()
        for entry in still:
            heapq.heappush(self._waiting, entry)
        self._serve_later(released=False)
