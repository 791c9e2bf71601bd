"""Carry out move-ups: when the policy is asked, how its moves change the fleet, and when engines return home."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import simpy

from sim.config.schema import Config
from sim.demand.durations import mean
from sim.errors import SimError
from sim.simulation.dispatch import plugins
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.move_up.network import StationNetwork
from sim.simulation.dispatch.move_up.policy import MoveUpPolicy, Situation
from sim.simulation.incident import Incident
from sim.simulation.records import Dispatch, MoveUp
from sim.simulation.story import NEVER, Steps, Story
from sim.terms import BRIGADE, FIRE_TYPES, TYPES

RETRY_S = 300.0  # until a busy engine that should go home is looked at again


class MoveUps:
    """The move-ups of a replication."""

    def __init__(self, env: simpy.Environment, fleet: Fleet, network: StationNetwork, config: Config) -> None:
        self.env, self.fleet, self.network = env, fleet, network
        self.key = f"dispatch.move_up.policy={config.dispatch.move_up.policy}"
        made = plugins.load("dispatch.move_up.policy", config)
        self.policy: MoveUpPolicy | None = None if made is None else made(network)
        self._asked_on_return = bool(getattr(self.policy, "asked_on_return", False))
        scene = config.fireground.on_scene
        away = [mean((scene.fires if kind in FIRE_TYPES else scene.others)[kind]) for kind in TYPES]
        self._long = [seconds >= config.dispatch.move_up.least_min * 60 for seconds in away]
        self._least_level = config.dispatch.move_up.least_level
        able, stations = fleet.able("engine"), network.stations
        self._engines = [unit for station in stations for unit in able[station]]
        self._persons: list[int] = []  # on duty by station, at the last order
        self._unfinished: list[Incident] = []  # to the last of these, moves on a return are counted
        self._next = NEVER

    def after_sending(self, incident: Incident, dispatches: Sequence[Dispatch]) -> None:
        """Ask the policy after units have been sent; none may have been free."""
        if self.policy is None:
            return
        self._persons = incident.batch.persons[incident.row]
        if self._asked_on_return:
            self._unfinished.append(incident)
        level = max(incident.alarm_level, incident.reported)
        if not dispatches or not self._long[incident.kind] or level < self._least_level:
            return
        # All stations that lent: what the first alarm took is not filled before the second.
        left = frozenset(dispatch.station for dispatch in incident.dispatches if dispatch.tier == BRIGADE)
        incident.move_ups += self._ask(left, frozenset())

    def after_closing(self, incident: Incident) -> None:
        """Make sure that moved-up engines return home."""
        if self.policy is None:
            return
        if self._asked_on_return:
            self._persons = self._persons or incident.batch.persons[incident.row]
            self._wake_when_ready()
            return
        for move_up in incident.move_ups:
            story = Story(self.env)
            story.begin(self._end(story, incident, move_up))

    def _ask(self, left: frozenset[int], returned: frozenset[int]) -> list[MoveUp]:
        """Carry out what the policy decides, and return the moves to other stations."""
        assert self.policy is not None
        now = self.env.now
        situation = Situation(now, left, returned, self.network, self.fleet, self._persons)
        made = []
        moves: Iterable[Any] = self.policy.decide(
            situation
        )  # a user's own class may make its moves as it likes
        for move in moves:
            origin = self._origin(move, situation)
            travel_s = self.network.travel_s(origin, move.station)
            if move.station == self.fleet.station_of[move.unit]:
                self.fleet.return_home(move.unit, now + travel_s)
            else:
                self.fleet.move_up(move.unit, move.station, now + self.network.turnout_s + travel_s)
                made.append(MoveUp(move.unit, origin, move.station, travel_s))
        if made and self._asked_on_return:
            self._wake_when_ready()
        return made

    def _origin(self, move: Any, situation: Situation) -> int:
        """Return the present station of an engine to be moved; SimError if it cannot be moved."""
        if move.unit in self._engines and move.station in self.network.stations:
            unit: int = move.unit
            here = self.fleet.moved_up.get(unit, self.fleet.station_of[unit])
            if here != move.station and any(unit == engine.unit for engine in situation.engines_at(here)):
                return here
        raise SimError(
            f"{self.key} moves unit {move.unit} to station {move.station}; allowed: an engine that could go out, "
            "and another professional station than the one where it stands."
        )

    def _end(self, story: Story, incident: Incident, move_up: MoveUp) -> Steps:
        """Send a moved-up engine home when it is free and one of the station's own engines is back."""
        own = min((o.ready for o in incident.dispatches if o.station == move_up.station), default=story.now)
        story.wait_until(max(own, story.now))
        yield
        while self.fleet.free_from[move_up.unit] > story.now:
            story.wait_until(story.now + RETRY_S)
            yield
        self.fleet.return_home(move_up.unit, story.now + move_up.travel_s)

    # -- policies that are asked when engines come back ------------------------------------------------------------

    def _wake_when_ready(self) -> None:
        """Check again when the next engine is ready, or has arrived at its move-up station."""
        now, free_from = self.env.now, self.fleet.free_from
        soon = min((free_from[u] for u in self._engines if now < free_from[u] < NEVER), default=NEVER)
        if soon < self._next:
            self._next = soon
            story = Story(self.env)
            story.begin(self._wake(story, soon))

    def _wake(self, story: Story, time: float) -> Steps:
        story.wait_until(max(time, story.now))
        yield
        if time == self._next:  # else an earlier look has taken over
            self._next = NEVER
            self._look(time)
            self._wake_when_ready()

    def _look(self, time: float) -> None:
        """Ask the policy about engines that are ready again; send all home when none is at an incident."""
        fleet, now = self.fleet, self.env.now
        ends, free_from = fleet.move_ends, fleet.free_from
        if any(free_from[unit] > now and free_from[unit] != ends.get(unit) for unit in self._engines):
            back = [u for u in self._engines if free_from[u] == time and ends.get(u) != time]
            self._unfinished = [
                incident
                for incident in self._unfinished
                if incident.closed > now or any(dispatch.ready > now for dispatch in incident.dispatches)
            ]
            made = self._ask(frozenset(), frozenset(back)) if back else []
            if self._unfinished:
                self._unfinished[-1].move_ups += made
            return
        for unit, station in list(fleet.moved_up.items()):
            if free_from[unit] <= now:
                fleet.return_home(unit, now + self.network.travel_s(station, fleet.station_of[unit]))
