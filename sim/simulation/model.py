"""The SimPy model of a replication: every incident from the first order to the release of its last unit.

Each incident is one process. It waits only for decisions: at the size-up if the caller's account was wrong, when the
officer in command reviews the fire, at control if units are still on their way, and at its end. All other times are
computed as soon as they are fixed: a unit's arrival when it is sent, its return when it is released.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import simpy

from sim.config.schema import Config
from sim.demand.call_centre import Calls
from sim.demand.workload import Workload
from sim.garbage_collection import rare_garbage_collections
from sim.service import Absence
from sim.simulation.dispatch import plugins
from sim.simulation.dispatch.alarms import COLUMN, AlarmPolicy, Fire
from sim.simulation.dispatch.dispatcher import Dispatcher
from sim.simulation.dispatch.first_responders import FirstResponderDispatch
from sim.simulation.dispatch.fleet import Fleet
from sim.simulation.dispatch.move_up.network import StationNetwork
from sim.simulation.dispatch.move_ups import MoveUps
from sim.simulation.dispatch.nearest_help import NearestHelp
from sim.simulation.dispatch.orders import Orders
from sim.simulation.dispatch.pending_needs import PendingNeeds
from sim.simulation.dispatch.release import Release
from sim.simulation.incident import CAPABLE_NEED, FALSE_ALARM, IS_FIRE, Incident, need_of
from sim.simulation.prepare.batch import Batches
from sim.simulation.prepare.preparation import BatchPreparation
from sim.simulation.scene_work import SceneWork
from sim.simulation.shared import shared
from sim.simulation.story import NEVER, Steps, Story
from sim.terms import BRIGADE, RUN_CARD_TIERS, TIER_TABLE, TYPES, UNCREWED
from sim.world.forces import Forces
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel.model import TravelModel

RECORD_BATCH = 4096  # incidents handed on at once, about
SPREAD_LEAST_M2 = 1.0  # a fire that will take no more than this in addition does not spread
CLOCK_TOLERANCE_S: Final = 1e-6  # closer times are the same: sums of floats need not meet exactly


class Model:
    """One replication."""

    def __init__(
        self,
        workload: Workload,
        calls: Calls,
        region: Region,
        forces: Forces,
        travel: TravelModel,
        config: Config,
        levels: Levels,
    ) -> None:
        self.env = simpy.Environment()
        prepare = BatchPreparation(workload, calls, region, forces, travel, config, levels).batch
        self.batches = Batches(prepare)
        self.in_order = np.argsort(calls.dispatched_s, kind="stable")
        self.scene = SceneWork(forces, config)
        self.fleet = Fleet(forces)
        orders = Orders(forces, self.fleet, travel, config.forces)
        counties = [township.county for township in region.townships]
        self._brigade_turnout_s = orders.turnout_s.get(BRIGADE, 0.0)
        self.dispatcher = Dispatcher(forces, self.fleet, orders, config, counties, levels.specialist_kit)
        self.first_responders = FirstResponderDispatch(forces, self.dispatcher, orders)
        network = shared(StationNetwork, forces, region, travel, config)
        self.move_ups = MoveUps(self.env, self.fleet, network, config)
        made = plugins.load("dispatch.alarms.policy", config)
        self.alarms: AlarmPolicy | None = None if made is None else made(config)
        self.release = Release(forces, self.fleet, travel, config)
        self.pending = PendingNeeds(self.env, forces, self.fleet, self.dispatcher, config.dispatch)
        size_up, alarms = config.dispatch.size_up, config.dispatch.alarms
        self._recalls, self._escalates = size_up.recall, size_up.escalate
        self._request_s = size_up.request_command_post_s if levels.command_post else size_up.request_s
        self._most_alarms, self._review_after_s, self._large_m2 = alarms.most, alarms.after_s, alarms.large_m2
        self._on_run_cards = frozenset(RUN_CARD_TIERS)
        self._size_up_tiers = frozenset(
            tier.name for tier in TIER_TABLE if tier.sizes_up and (tier.crew or size_up.by_drone)
        )
        self._open_incidents = 0
        self._unrecorded: list[Incident] = []  # begun, and not yet handed on for good
        self._record_at = RECORD_BATCH
        self._record: Callable[[list[Incident]], None] = lambda incidents: None

    def run(self, record: Callable[[list[Incident]], None], absences: Sequence[Absence] = ()) -> None:
        """Run the replication to the end of its last incident.

        Pass incidents on in batches, when nothing more can happen to them or their units. `absences` are in order.
        """
        self._record = record
        orders, others = Story(self.env), Story(self.env)
        with rare_garbage_collections():
            if absences:
                others.begin(self._absences(others, absences))
            orders.begin(self._orders(orders))
            self.env.run()
            record(self._unrecorded)
            self._unrecorded = []  # before garbage is looked for among all of them

    def _orders(self, story: Story) -> Steps:
        """Begin the story of each incident when the 119 seat gives the order."""
        for workload_row in self.in_order.tolist():
            batch, row = self.batches.batch_of(workload_row)
            ordered = batch.ordered_s[row]
            if ordered > story.now:
                story.wait_until(ordered)
                yield
            incident = Incident(batch, row, workload_row, story.now, self._open_incidents, Story(self.env))
            self._unrecorded.append(incident)
            if len(self._unrecorded) >= self._record_at:
                self._record_finished()
            incident.story.begin(
                self._incident(incident) if batch.service is None else self._by_log(incident)
            )

    def _record_finished(self) -> None:
        """Pass on the incidents whose units are all ready again."""
        now = self.env.now
        done: list[Incident] = []
        still: list[Incident] = []
        for incident in self._unrecorded:
            over = incident.closed <= now and all(dispatch.ready <= now for dispatch in incident.dispatches)
            (done if over else still).append(incident)
        self._unrecorded = still
        self._record_at = len(still) + RECORD_BATCH
        self._record(done)

    # -- the story of an incident -------------------------------------------------------------------------------

    def _incident(self, incident: Incident) -> Steps:
        self._open_incidents += 1
        self._first_alarm(incident)
        burns = self.scene.burns[incident.kind]
        if incident.severity != incident.reported or incident.kind == FALSE_ALARM:
            while self._is_ahead(incident, self._size_up_time(incident)):
                yield
            if self._size_up_time(incident) < NEVER:
                self._size_up(incident)
                if self._recalls and incident.severity <= incident.reported:
                    self._recall(incident)
                if self._escalates and incident.severity > incident.reported:
                    request = incident.story.now + (self._request_s if incident.severity == 3 else 0.0)
                    while self._is_ahead(incident, request):
                        yield
                    self._second_alarm(incident)
        if burns:
            large = (
                self.scene.suppression(incident).area_m2 >= self._large_m2
            )  # or will be: one look at the report, too
            while self.alarms is not None and incident.alarm_level < self._most_alarms:
                while self._is_ahead(incident, self._review_time(incident, large)):
                    yield
                if not self._further_alarm(incident, self.alarms, large):
                    break
                large = False
            while self._is_ahead(incident, self.scene.control_time(incident)):
                yield
            self._withdraw(incident)
        while self._is_ahead(incident, self.scene.end_time(incident)):
            yield
        if not burns:
            self._withdraw(incident)
        self._close(incident)

    def _by_log(self, incident: Incident) -> Steps:
        """Tell the story of an incident of a city with a log: who was sent, each with its own stay."""
        service = incident.batch.service
        assert service is not None
        self._open_incidents += 1
        self._send(incident, service.needs[incident.row], "run_card", None)
        known = 0
        while True:
            sent = incident.dispatches
            for rank, dispatch in enumerate(sent[known:], known):
                self.release.leave_by_log(incident, dispatch, 0 if len(sent) == 1 else min(rank, 1) + 1)
            if known < len(sent):
                known = len(sent)
                self.pending.serve_when_ready()
            last = max((dispatch.released for dispatch in sent), default=incident.story.now)
            if not self._is_ahead(incident, NEVER if incident.pending else last):
                break
            yield
        incident.closed = incident.story.now
        self._open_incidents -= 1

    def _absences(self, story: Story, absences: Sequence[Absence]) -> Steps:
        """Take units out for other reasons, each from a time on, if it stands ready then."""
        free_from = self.fleet.free_from
        for absence in absences:
            if absence.from_s > story.now:
                story.wait_until(absence.from_s)
                yield
            if free_from[absence.unit] <= story.now:
                free_from[absence.unit] = absence.until_s
                self.fleet.away.add(absence.unit)

    def _is_ahead(self, incident: Incident, time: float) -> bool:
        """Tell whether a time is yet to come, and let the story go on then.

        It also goes on when a pending need of the incident is met, as the time may be another one then.
        """
        now = incident.story.now
        if time <= now + CLOCK_TOLERANCE_S or (time == NEVER and not incident.pending):
            return False  # it is now, or will never be
        incident.story.wait_until(time)
        return True

    def _first_alarm(self, incident: Incident) -> None:
        """Send what the run card for the reported severity asks for, and the first responders."""
        batch, row, now = incident.batch, incident.row, incident.story.now
        reach = self.dispatcher.reach(batch, row, CAPABLE_NEED[incident.kind][incident.reported - 1], now)
        incident.free_s, incident.nearest_s = reach.free_s, reach.nearest_s
        incident.free_travel_s = reach.free_travel_s
        card = self.dispatcher.card(incident.kind, incident.reported)
        self._send(incident, card, "run_card", reach)
        incident.brigade_s = reach.free_travel_s + self._brigade_turnout_s
        teams = self.dispatcher.local_teams(incident.kind, incident.reported)
        volunteers = min(teams, 1)
        teams -= batch.first_responders.rung_up[row]
        self.dispatcher.send_local_teams(incident, teams, volunteers, now, "run_card")
        self.first_responders.send(batch, row, now, incident.dispatches)
        if incident.dispatches and incident.dispatches[-1].tier in UNCREWED:
            self.release.fly_home(incident, incident.dispatches[-1])

    def _size_up_time(self, incident: Incident) -> float:
        """Return when the first unit that can size up has reported the true severity."""
        return incident.size_up_time(self._size_up_tiers)

    def _size_up(self, incident: Incident) -> None:
        """Record who reported the true severity, and how much later the first crew would have reported it."""
        incident.size_up = incident.story.now
        first = crew = NEVER
        for dispatch in incident.dispatches:
            if dispatch.tier in self._size_up_tiers:
                if dispatch.arrives < first:
                    first, incident.size_up_tier = dispatch.arrives, dispatch.tier
                if dispatch.arrives < crew and dispatch.tier not in UNCREWED:
                    crew = dispatch.arrives
        incident.size_up_gain = crew + incident.batch.report_s[incident.row] - incident.story.now

    def _second_alarm(self, incident: Incident) -> None:
        """Send what the run card for the true severity asks for in addition to the first alarm."""
        first = self.dispatcher.card(incident.kind, incident.reported)
        card = self.dispatcher.card(incident.kind, incident.severity)
        more = {
            need: count - first.get(need, 0) for need, count in card.items() if count > first.get(need, 0)
        }
        teams = self.dispatcher.local_teams
        further = teams(incident.kind, incident.severity) - teams(incident.kind, incident.reported)
        if more or further > 0:
            incident.alarm_level = 2
            self._send(incident, more, "second_alarm", None)
            self.dispatcher.send_local_teams(incident, further, 0, incident.story.now, "second_alarm")

    def _further_alarm(self, incident: Incident, policy: AlarmPolicy, first_look: bool) -> bool:
        """Ask the policy about a fire not under control, and tell whether to review it again."""
        now = incident.story.now
        if self.scene.control_time(incident) <= now + CLOCK_TOLERANCE_S:
            return False
        incident.last_review = now
        rolling = bool(incident.pending)
        for dispatch in incident.dispatches:
            if (
                dispatch.arrives > now
                and dispatch.outcome == "arrived"
                and dispatch.tier in self._on_run_cards
            ):
                rolling = True
        asked = dict(policy.further(self._fire(incident, rolling, first_look)))
        columns = asked.pop(COLUMN, 0)
        if asked or columns:
            incident.alarm_level += 1
            reason = "second_alarm" if incident.alarm_level == 2 else "third_alarm"
            self._send(incident, asked, reason, None)
            self.dispatcher.send_columns(incident, columns, now)
        return rolling or first_look or bool(asked or columns)

    def _fire(self, incident: Incident, rolling: bool, first_look: bool) -> Fire:
        """Return what the officer in command knows of a fire."""
        area_m2 = self.scene.suppress(incident, incident.story.now).area_m2
        spreads = area_m2 < self.scene.suppression(incident).area_m2 - SPREAD_LEAST_M2
        return Fire(
            TYPES[incident.kind], incident.severity, incident.alarm_level, incident.story.now - incident.ordered,
            area_m2, spreads, rolling, first_look, incident.dispatches,
        )  # fmt: skip

    def _review_time(self, incident: Incident, first_look: bool) -> float:
        """Return when the officer in command reviews the fire, or its end if that comes first."""
        since = max(self._size_up_time(incident), incident.last_review)
        return min(since + (0.0 if first_look else self._review_after_s), self.scene.control_time(incident))

    def _send(
        self, incident: Incident, needs: Mapping[str, int], reason: str, reach: NearestHelp | None
    ) -> None:
        """Send units for `needs`. Needs that no free unit can meet become pending, or are lost."""
        dispatches, short = self.dispatcher.send_needs(incident, needs, incident.story.now, reason, reach)
        incident.dispatches.extend(dispatches)
        if short:
            self.pending.add(incident, short)
        elif incident.pending:
            self.pending.serve_when_ready()
        self.move_ups.after_sending(incident, dispatches)

    # -- recall and turning back ----------------------------------------------------------------------------------

    def _recall(self, incident: Incident) -> None:
        """Recall appliances still on their way that the true severity does not ask for.

        Never recall the first unit to arrive, the first crew that can fight a fire, or the brigade's first unit.
        """
        false_alarm = incident.kind == FALSE_ALARM
        needed = {} if false_alarm else dict(self.dispatcher.card(incident.kind, incident.severity))
        teams = 0 if false_alarm else self.dispatcher.local_teams(incident.kind, incident.severity)
        fights = incident.first_capable() if IS_FIRE[incident.kind] else None
        brigade = incident.first_of(BRIGADE)
        appliances = sorted(
            (o for o in incident.dispatches if o.tier in RUN_CARD_TIERS), key=lambda o: o.arrives
        )
        for place, dispatch in enumerate(appliances):
            professional = dispatch.tier == BRIGADE
            use = need_of(needed, dispatch.kind) if professional else None
            if use is not None:
                needed[use] -= 1
            elif not professional and (teams > 0 or (dispatch.kind == "pump" and not false_alarm)):
                teams -= dispatch.kind != "pump"
            elif (
                place > 0
                and dispatch.arrives > incident.story.now
                and dispatch is not fights
                and dispatch is not brigade
            ):
                if incident.size_up_tier in UNCREWED:
                    incident.runs_saved += dispatch.arrives <= incident.story.now + incident.size_up_gain
                self.release.turn_around(incident, dispatch, incident.story.now, "recalled")
                self.pending.serve_if_helped([dispatch])
        incident.suppression = None  # to be worked out without them
        incident.pending = {
            need: min(count, needed[need]) for need, count in incident.pending.items() if needed.get(need)
        }

    def _withdraw(self, incident: Incident) -> None:
        """Turn back units still on their way, except the first capable unit and the brigade unit that takes over."""
        now = incident.story.now
        rolling = [
            dispatch
            for dispatch in incident.dispatches
            if dispatch.arrives > now and dispatch.outcome == "arrived" and dispatch.tier not in UNCREWED
        ]
        if rolling:
            capable, brigade = incident.capable_time(), incident.first_of(BRIGADE)
            for dispatch in rolling:
                if (dispatch is brigade or dispatch.arrives == capable) and dispatch.reason != "mutual_aid":
                    continue
                self.release.turn_around(incident, dispatch, now, "withdrawn")
                self.pending.serve_if_helped([dispatch])
            if incident.suppression is not None and incident.suppression.first_water > now:
                incident.suppression = None
        incident.pending.clear()  # needs that came too late

    def _close(self, incident: Incident) -> None:
        """Close the incident and release all its units."""
        now = incident.story.now
        if incident.suppression is not None:
            incident.arrival_m2 = self.scene.area_at_arrival(incident, incident.suppression)
        incident.closed = now
        self._open_incidents -= 1
        incident.pending.clear()
        self.release.release_all(incident, now)
        self.move_ups.after_closing(incident)
        self.pending.serve_if_helped(incident.dispatches)
