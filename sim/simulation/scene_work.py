"""Work at the scene: how a fire ends with the units that come, and when an incident is over."""

from __future__ import annotations

from typing import Final

from sim.config.schema import Config
from sim.simulation.fireground import Fireground, Suppression, Water
from sim.simulation.incident import IS_FIRE, Incident
from sim.simulation.story import NEVER
from sim.terms import BREATHING, BRIGADE, CARRY_FOAM, FOAM, PUMPS, RUN_CARD_TIERS, SPECIALISTS, TIER_TABLE
from sim.world.forces import Forces

TEAMS: Final = frozenset(SPECIALISTS)
WITH_PUMP: Final = frozenset(PUMPS)
WITH_FOAM: Final = frozenset(FOAM)


class SceneWork:
    """Works out the fight against fires and the end of incidents from the units known to come."""

    def __init__(self, forces: Forces, config: Config) -> None:
        self.fireground = Fireground(config)
        self.burns = [fire and config.fireground.growth.enabled for fire in IS_FIRE]
        self._water_m3 = [unit.water_m3 for unit in forces.units]
        self._overhaul_m2_s = config.fireground.on_scene.overhaul_m2_per_crew_min / 60
        self._team_share = config.fireground.on_scene.team_share
        self._on_run_cards = frozenset(RUN_CARD_TIERS)
        self._first_aid = {tier.name: tier.first_aid for tier in TIER_TABLE if tier.first_aid}

    def control_time(self, incident: Incident) -> float:
        """Return when the fire is under control."""
        return self.suppression(incident).control

    def suppression(self, incident: Incident) -> Suppression:
        """Return how the fire ends with the units now known to come. It is computed again when those change.

        Ignore units turned back at control: they arrive too late to affect the fire.
        """
        if incident.suppression is None or incident.suppression_count != len(incident.dispatches):
            incident.suppression = self.suppress(incident)
            incident.suppression_count = len(incident.dispatches)
        return incident.suppression

    def suppress(self, incident: Incident, until: float = NEVER) -> Suppression:
        """Return how the fire ends with the units now known to come, or how it is at `until`."""
        waters: list[Water] = []
        first_aid = NEVER
        foam = (
            NEVER if incident.batch.scenes.liquid[incident.row] else 0.0
        )  # burning liquids are held by foam alone
        if foam:
            for dispatch in incident.dispatches:
                foams = dispatch.kind in WITH_FOAM or dispatch.tier in CARRY_FOAM
                if foams and dispatch.outcome == "arrived":
                    foam = min(foam, dispatch.arrives)
        for dispatch in incident.dispatches:
            if dispatch.outcome != "arrived":
                continue
            light = dispatch.kind not in WITH_PUMP
            if light:
                aid = self._first_aid.get(dispatch.tier)
                if aid is None:
                    continue
                first_aid = min(first_aid, dispatch.arrives)
                if aid != "reel":
                    continue
            begins = max(dispatch.arrives, foam)
            if begins < NEVER:
                trained = dispatch.tier in BREATHING
                waters.append(Water(begins, dispatch.crew, self._water_m3[dispatch.unit], light, trained))
        batch, row = incident.batch, incident.row
        return self.fireground.suppress(batch.scenes, row, batch.flaming_s[row], waters, first_aid, until)

    def area_at_arrival(self, incident: Incident, suppression: Suppression) -> float:
        """Return the burning area when the first unit with a pump arrived, that at the end if none came before."""
        arrives = NEVER
        for dispatch in incident.dispatches:
            if dispatch.outcome == "arrived" and dispatch.kind in WITH_PUMP:
                arrives = min(arrives, dispatch.arrives)
        if arrives >= suppression.control:
            return suppression.area_m2
        batch, row = incident.batch, incident.row
        return min(
            self.fireground.area(batch.scenes, row, arrives - batch.flaming_s[row]), suppression.area_m2
        )

    def end_time(self, incident: Incident) -> float:
        """Return when the incident is over, with the units now known to come."""
        batch, row = incident.batch, incident.row
        if self.burns[incident.kind]:
            suppression = self.suppression(incident)
            control = suppression.control
            crews, first, brigade = 0, NEVER, NEVER
            for dispatch in incident.dispatches:
                if dispatch.outcome == "arrived" and dispatch.tier in self._on_run_cards:
                    arrives = dispatch.arrives
                    if arrives <= control:
                        crews += 1
                    if arrives < first:
                        first = arrives
                    if arrives < brigade and dispatch.tier == BRIGADE:
                        brigade = arrives
            overhaul = suppression.area_m2 / (self._overhaul_m2_s * max(crews, 1))
            last = first if brigade == NEVER else brigade  # the brigade takes over, or who came
            handed_over = last + batch.report_s[row] if last < NEVER else control
            return max(control + batch.scenes.mop_up[row] + overhaul, handed_over)
        begin, team, work = incident.capable_time(), -NEVER, batch.scenes.work[row]
        for dispatch in incident.dispatches:
            if dispatch.kind in TEAMS and dispatch.outcome == "arrived":
                team = max(team, dispatch.arrives)
        if begin == NEVER and not incident.pending:
            begin = max((dispatch.arrives for dispatch in incident.dispatches), default=incident.ordered)
        return max(begin + work, team + self._team_share * work)  # crews begin, the team completes
