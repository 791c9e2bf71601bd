"""The SimPy model of a replication: the story of every incident from the order to the last unit's release.

An incident is one process, and it waits only where something is decided: at the order, at the size-up if the
account was wrong, when the officer in command looks again, at control if units still roll, and at its end. What lies
between is computed when it is fixed: when a unit is sent, its arrival; when it is released, its return.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import simpy

from sim.config.schema import Config
from sim.demand.call_centre import Calls
from sim.demand.workload import Workload
from sim.simulation.dispatch.dispatcher import Dispatcher, Reach
from sim.simulation.dispatch.first_responders import Besides
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.move_up import CoverMoves
from sim.simulation.dispatch.orders import Orders, need_of
from sim.simulation.dispatch.pending_needs import WaitingNeeds
from sim.simulation.dispatch.release import Homecoming
from sim.simulation.fireground import Fight, Fireground, Water
from sim.simulation.incident import APPLIANCE_TIERS, CAPABLE_NEED, FALSE_ALARM, IS_FIRE, Incident
from sim.simulation.prepare.batch import Pages
from sim.simulation.records import Cover
from sim.terms import PUMPS, SPECIALISTS
from sim.world.forces import Forces
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel.law import TravelLaw

Story = Generator[simpy.Event, Any, None]

BATCH = 4096  # incidents handed on at once, about
LOOK_AGAIN_S = 300.0
WORTH_M2 = 1.0  # a fire that will take less than this besides does not spread
CLOCK_S = 1e-6  # two times closer than this are the same: sums of floats need not meet exactly
BRIGADE = frozenset(("professional",))
TEAMS, WITH_PUMP = frozenset(SPECIALISTS), frozenset(PUMPS)


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
        self.levels, self.rules = levels, config.dispatch
        self.pages = Pages(workload, calls, region, forces, law, config, levels)
        self.in_order = np.argsort(calls.dispatched_s, kind="stable")
        self.ground = Fireground(config)
        self.fleet = Fleet(forces, law)
        orders = Orders(forces, self.fleet, law, config.forces)
        self.dispatcher = Dispatcher(forces, self.fleet, orders, config)
        self.besides = Besides(forces, self.dispatcher, orders)
        self.cover = CoverMoves(forces, self.fleet, region, law, config)
        self.homecoming = Homecoming(forces, self.fleet, law, config)
        self.waiting = WaitingNeeds(self.env, forces, self.fleet, self.dispatcher, config.dispatch)
        self._water_m3 = [unit.water_m3 for unit in forces.units]
        self._burns = [fire and config.fireground.growth.enabled for fire in IS_FIRE]
        self._overhaul_m2_s = config.fireground.on_scene.overhaul_m2_per_crew_min / 60
        self._eyes = APPLIANCE_TIERS | {"drone"} if config.dispatch.size_up.by_drone else APPLIANCE_TIERS
        self._open = 0
        self._told: list[Incident] = []  # begun, and not yet handed on for good
        self._full = BATCH
        self._tell: Callable[[list[Incident]], None] = lambda incidents: None

    def run(self, tell: Callable[[list[Incident]], None]) -> None:
        """Run the replication to the end of its last incident.

        Hand incidents on in batches, when nothing more can happen to them or their units.
        """
        self._tell = tell
        self.env.process(self._orders())
        with _rare_garbage_collections():
            self.env.run()
        tell(self._told)
        self._told = []

    def _orders(self) -> Story:
        """Start the story of each incident when the 119 seat gives the order."""
        for row in self.in_order.tolist():
            at, k = self.pages.holding(row)
            wait = at.ordered_s[k] - self.env.now
            if wait > 0:
                yield self.env.timeout(wait)
            incident = Incident(at, k, row, at.kind[k], at.severity[k], at.reported[k], self.env.now)
            self._told.append(incident)
            if len(self._told) >= self._full:
                self._hand_on()
            self.env.process(self._incident(incident))

    def _hand_on(self) -> None:
        """Hand on the incidents of which all units are ready again."""
        now = self.env.now
        done: list[Incident] = []
        still: list[Incident] = []
        for incident in self._told:
            over = incident.closed <= now and all(order.ready <= now for order in incident.sent)
            (done if over else still).append(incident)
        self._told = still
        self._full = len(still) + BATCH
        self._tell(done)

    # -- the story of an incident -------------------------------------------------------------------------------

    def _incident(self, incident: Incident) -> Story:
        incident.others_open = self._open
        self._open += 1
        self._first_alarm(incident)
        if incident.severity != incident.reported or incident.kind == FALSE_ALARM:
            yield from self._until(incident, self._size_up_time)
            if self._size_up_time(incident) < math.inf:
                self._size_up(incident)
                if self.rules.size_up.recall and incident.severity <= incident.reported:
                    self._recall(incident)
                if self.rules.size_up.escalate and incident.severity > incident.reported:
                    yield from self._second_alarm(incident)
        if self._burns[incident.kind]:
            if self.rules.review.enabled:
                yield from self._further_alarms(incident)
            if self._control_time(incident) > self.env.now + CLOCK_S:
                yield from self._until(incident, self._control_time)
            self._turn_back(incident)
        yield from self._until(incident, self._end_time)
        if not self._burns[incident.kind]:
            self._turn_back(incident)
        self._close(incident)

    def _until(self, incident: Incident, when: Callable[[Incident], float]) -> Story:
        """Wait until `when(incident)`, worked out again whenever a need that waits is met meanwhile."""
        while True:
            time = when(incident)
            if time <= self.env.now + CLOCK_S:
                return
            if not incident.waiting:
                if time < math.inf:  # else it will never be
                    yield self.env.timeout(time - self.env.now)
                return
            incident.news = self.env.event()
            yield incident.news if time == math.inf else incident.news | self.env.timeout(time - self.env.now)

    def _first_alarm(self, incident: Incident) -> None:
        """Send what the run card of the account asks for, and the tiers that come besides."""
        at, k, now = incident.at, incident.k, self.env.now
        reach = self.dispatcher.reach(at, k, CAPABLE_NEED[incident.kind], now)
        incident.free_s, incident.nearest_s, incident.free_travel_s = reach[:3]
        self._send(incident, self.dispatcher.card(incident.kind, incident.reported), "run_card", reach)
        extra = self.dispatcher.add_professional(at, k, incident.sent, now)
        if extra is not None:
            incident.sent.append(extra)
        incident.sent += self.besides.send(at, k, now)
        if incident.sent and incident.sent[-1].kind == "drone":
            self.homecoming.fly_home(incident, incident.sent[-1])

    def _size_up_time(self, incident: Incident) -> float:
        """Return when the first officer, or a drone before, has reported what it really is."""
        return incident.size_up_time(self._eyes)

    def _size_up(self, incident: Incident) -> None:
        """Note what is now known, by whose eyes, and how much later the first crew would have told."""
        incident.size_up = self.env.now
        eyes = [order for order in incident.sent if order.tier in self._eyes]
        incident.size_up_tier = min(eyes, key=lambda order: order.arrives).tier
        crew = min((o.arrives for o in eyes if o.kind != "drone"), default=math.inf)
        incident.size_up_gain = crew + incident.at.report_s[incident.k] - self.env.now

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

    def _further_alarms(self, incident: Incident) -> Story:
        """Look again some time after each report, and ask for more while the fire is not held and can spread.

        The officer in command waits for what has been asked for: nothing more is sent while appliances still roll.
        A fire that has all it can reach is left to burn out under guard.
        """
        rules = self.rules.review
        while incident.alarm_level < rules.most:
            yield from self._until(incident, self._look_time)
            now = self.env.now
            if self._control_time(incident) <= now + CLOCK_S:
                return
            incident.looked = now
            rolling = any(
                o.arrives > now and o.outcome == "arrived" and o.tier in APPLIANCE_TIERS
                for o in incident.sent
            )
            if incident.waiting or rolling:
                continue
            if not self._spreads(incident):
                return
            incident.alarm_level += 1
            reason = "second_alarm" if incident.alarm_level == 2 else "third_alarm"
            self._send(incident, rules.needs, reason)

    def _look_time(self, incident: Incident) -> float:
        """Return when the officer in command looks again, or the end of the fire if that comes first."""
        since = max(self._size_up_time(incident), incident.looked)
        return min(since + self.rules.review.after_s, self._control_time(incident))

    def _send(
        self, incident: Incident, needs: dict[str, int], reason: str, reach: Reach | None = None
    ) -> None:
        """Send units for `needs`; what nobody free can meet waits its turn, or is lost."""
        at, k = incident.at, incident.k
        sent, short = self.dispatcher.send_needs(at, k, needs, self.env.now, reason, reach)
        incident.sent += sent
        if short:
            self.waiting.add(incident, short)
        elif incident.waiting:
            self.waiting.look_later()
        if sent and self.cover.on:
            stripped = {order.station for order in sent if order.tier == "professional"}
            incident.covers += self.cover.wanted(incident.kind, stripped, at.persons[k], self.env.now)

    # -- recall and turning back ----------------------------------------------------------------------------------

    def _recall(self, incident: Incident) -> None:
        """Recall what still rolls and the true severity does not ask for; the first to come always goes on.

        So do the first crew that can fight a fire and, where the policy is that the brigade always comes, its first.
        """
        false_alarm = incident.kind == FALSE_ALARM
        needed = {} if false_alarm else dict(self.dispatcher.card(incident.kind, incident.severity))
        fights = incident.first_capable() if IS_FIRE[incident.kind] else None
        brigade = incident.first(BRIGADE) if self.dispatcher.always_brigade(incident.kind) else None
        appliances = sorted((o for o in incident.sent if o.tier in APPLIANCE_TIERS), key=lambda o: o.arrives)
        for place, order in enumerate(appliances):
            use = need_of(needed, order.kind)
            if use is not None:
                needed[use] -= 1
            elif place > 0 and order.arrives > self.env.now and order is not fights and order is not brigade:
                if incident.size_up_tier == "drone":
                    incident.runs_saved += order.arrives <= self.env.now + incident.size_up_gain
                self.homecoming.turn_round(incident, order, self.env.now, "recalled")
                self.waiting.look([order])
        incident.fight = None  # to be worked out without them
        incident.waiting = {
            need: min(count, needed[need]) for need, count in incident.waiting.items() if needed.get(need)
        }

    def _turn_back(self, incident: Incident) -> None:
        """Turn back who still rolls, but for the first capable crew, which checks, and the brigade, which takes over."""
        now = self.env.now
        rolling = [
            o for o in incident.sent if o.arrives > now and o.outcome == "arrived" and o.kind != "drone"
        ]
        if rolling:
            capable, brigade = incident.capable_time(), incident.first(BRIGADE)
            for order in rolling:
                if (order is brigade or order.arrives == capable) and order.reason != "mutual_aid":
                    continue
                self.homecoming.turn_round(incident, order, now, "withdrawn")
                self.waiting.look([order])
            if incident.fight is not None and incident.fight.first_water > now:
                incident.fight = None
        incident.waiting.clear()  # needs that came too late

    # -- work at the scene ----------------------------------------------------------------------------------------

    def _control_time(self, incident: Incident) -> float:
        """Return when the fire is under control."""
        return self._ending(incident).control

    def _ending(self, incident: Incident) -> Fight:
        """Return how the fire ends with the units now known to come; worked out again when those change.

        Who turns back at control is not one of them: it would have come too late to matter, but for a first water
        that comes after the end.
        """
        if incident.fight is None or incident.fought_by != len(incident.sent):
            incident.fight = self._fight(incident)
            incident.fought_by = len(incident.sent)
        return incident.fight

    def _fight(self, incident: Incident, until: float = math.inf) -> Fight:
        """Return how the fire ends with the units now known to come, or how it is at `until`."""
        waters, first_aid = [], math.inf
        for order in incident.sent:
            if order.outcome != "arrived":
                continue
            if order.kind in WITH_PUMP:
                waters.append(Water(order.arrives, order.crew, self._water_m3[order.unit], light=False))
            elif order.tier == "micro" or order.tier == "patrol":
                first_aid = min(first_aid, order.arrives)
                if order.tier == "patrol":
                    waters.append(Water(order.arrives, order.crew, self._water_m3[order.unit], light=True))
        at, k = incident.at, incident.k
        return self.ground.fight(at.scenes, k, at.ignition_s[k], waters, first_aid, until)

    def _spreads(self, incident: Incident) -> bool:
        """Tell whether the fire has more to take than it has now, with the force that is there."""
        return self._fight(incident, self.env.now).area_m2 < self._ending(incident).area_m2 - WORTH_M2

    def _end_time(self, incident: Incident) -> float:
        """Return when the incident is over, with the units now known to come."""
        at, k = incident.at, incident.k
        if self._burns[incident.kind]:
            fight = self._ending(incident)
            control = fight.control
            crews, first, brigade = 0, math.inf, math.inf
            for order in incident.sent:
                if order.outcome == "arrived" and order.tier in APPLIANCE_TIERS:
                    arrives = order.arrives
                    crews += arrives <= control
                    if arrives < first:
                        first = arrives
                    if arrives < brigade and order.tier == "professional":
                        brigade = arrives
            overhaul = fight.area_m2 / (self._overhaul_m2_s * max(crews, 1))
            last = first if brigade == math.inf else brigade  # the brigade takes over, or whoever came
            handed_over = last + at.report_s[k] if last < math.inf else control
            return max(control + at.scenes.mop_up[k] + overhaul, handed_over)
        begin = incident.capable_time()
        for order in incident.sent:
            if order.kind in TEAMS and order.outcome == "arrived":
                begin = max(begin, order.arrives)
        if begin == math.inf and not incident.waiting:
            begin = max((order.arrives for order in incident.sent), default=incident.ordered)
        return begin + at.scenes.work[k]

    def _close(self, incident: Incident) -> None:
        """Release everybody who is there."""
        now = self.env.now
        incident.closed = now
        self._open -= 1
        incident.waiting.clear()
        self.homecoming.release(incident, now)
        for cover in incident.covers:
            self.env.process(self._end_cover(incident, cover))
        self.waiting.look(incident.sent)

    def _end_cover(self, incident: Incident, cover: Cover) -> Story:
        """Send an engine that stood in home again, once the station has its own back and it is free itself."""
        own = min((o.ready for o in incident.sent if o.station == cover.at), default=self.env.now)
        yield self.env.timeout(max(own - self.env.now, 0.0))
        while self.fleet.free_from[cover.unit] > self.env.now:
            yield self.env.timeout(LOOK_AGAIN_S)
        self.fleet.take_back(cover.unit, self.env.now + cover.travel_s)


# Incidents live for hours of the model and leave no cycles behind: the usual look at every 700 new objects finds
# nothing and costs a tenth of the time.
RARELY = (50_000, 20, 50)


@contextmanager
def _rare_garbage_collections() -> Iterator[None]:
    """Let Python's garbage collector look more rarely; it stays on if it was, and is as before afterwards."""
    before = gc.get_threshold()
    if before[0]:
        gc.set_threshold(*RARELY)
    try:
        yield
    finally:
        gc.set_threshold(*before)
