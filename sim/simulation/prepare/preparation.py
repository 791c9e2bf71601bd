"""Prepare a batch of incidents before they begin: nearest stations, places, travel noise."""

from __future__ import annotations

from array import array

import numpy as np

from sim.calendar import hour_of_day
from sim.config.schema import Config
from sim.demand.call_centre import Calls
from sim.demand.durations import draw
from sim.demand.workload import WEATHER_BLOCK_S, Workload
from sim.libm import exp
from sim.simulation.prepare import scenes
from sim.simulation.prepare.batch import Batch
from sim.simulation.prepare.candidates import CandidateSearch, TierStations, merge_tiers
from sim.simulation.prepare.first_responders import BatchFacts, FirstResponderSearch
from sim.simulation.prepare.rosters import Rosters
from sim.simulation.prepare.service_rows import known_to_dispatcher, service_rows
from sim.simulation.shared import shared
from sim.terms import BRIGADE, RUN_CARD_TIERS, TIER
from sim.world.forces import Forces
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel.model import Destinations, TravelModel


class BatchPreparation:
    """Prepares the incidents of a replication, some at a time."""

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
        self.workload, self.calls, self.region = workload, calls, region
        self.travel, self.config, self.levels = travel, config, levels
        self._appliances = shared(_appliances, forces, config)
        self._answering = shared(FirstResponderSearch, forces, region, travel, config)
        self._duty = Rosters(workload.roster, forces, config)
        self._forces = forces

    def batch(self, first: int, last: int) -> Batch:
        """Return the batch of the workload's rows `first` to `last` - 1."""
        config, travel, rules = self.config, self.travel, self.config.forces
        work, calls = self.workload.between(first, last), self.calls.between(first, last)
        at, draws = calls.dispatched_s, work.draws
        blocks = np.minimum(at // WEATHER_BLOCK_S, len(work.weather) - 1).astype(np.int64)
        weather = work.weather[blocks]
        speed = travel.speed_factor(at, work.cell, weather)
        to = Destinations(np.column_stack([work.x, work.y]), work.cell)
        search = CandidateSearch(to, speed, travel)
        near = {tier: search.nearest(stations) for tier, stations in self._appliances.items()}
        service = self._forces.service
        if service is not None:
            near[BRIGADE] = known_to_dispatcher(near[BRIGADE], self._forces, service, work)
        appliances, ends = merge_tiers(near, self._appliances)
        brigade_s = near[BRIGADE].expected_s
        hour = hour_of_day(at)
        night = (hour < rules.day_from_h) | (hour >= rules.night_from_h)
        incubation_s = draw(config.fireground.growth.incubation, draws["incubation"])
        relay_s = draw(config.dispatch.relay.delay, draws["relay"])
        duty = self._duty.of(at)
        facts = BatchFacts(
            search=search, kind=work.kind, reported=work.reported,
            township=self.region.cells.township[work.cell], hour=hour, night=night,
            weather=weather, relay_s=relay_s,
            brigade_s=brigade_s[:, 0] if brigade_s.shape[1] else np.full(len(at), np.inf),
            duty=duty, present=work.unit_draws["present"], heard=work.unit_draws["heard"],
            position=work.unit_draws["position"],
        )  # fmt: skip
        return Batch(
            kind=work.kind.tolist(),
            severity=work.severity.tolist(),
            reported=work.reported.tolist(),
            flaming_s=(calls.ignition_s + work.or_given("incubation_s", incubation_s)).tolist(),
            ordered_s=at.tolist(),
            appliances=appliances,
            list_ends_s={tier: end.tolist() for tier, end in ends.items()},
            list_end_s=np.min(list(ends.values()), axis=0).tolist(),
            first_responders=self._answering.of(facts),
            speed=speed.tolist(),
            cell=work.cell.tolist(),
            township=facts.township.tolist(),
            x=work.x.tolist(),
            y=work.y.tolist(),
            travel_noise=array("f", travel.noise(work.unit_draws["travel"]).tobytes()),
            turnout_z=array("f", work.unit_draws["turnout"].tobytes()),
            present=array("f", facts.present.tobytes()),
            persons=duty.told,
            night=night.tolist(),
            relay_s=relay_s.tolist(),
            report_s=draw(config.dispatch.size_up.delay, draws["size_up"]).tolist(),
            column_s=(
                3.6 / rules.mutual_aid.speed_kmh * exp(rules.mutual_aid.speed_sd_log * draws["mutual"])
            ).tolist(),
            recovery_s=draw(rules.recovery, draws["recovery"]).tolist(),
            scenes=scenes.prepare(work, self.region, config, self.levels),
            service=None if service is None else service_rows(service, work, hour),
        )


def _appliances(forces: Forces, config: Config) -> dict[str, TierStations]:
    """Return the stations on the platform by tier; of each the nearest count, all of them where these do not do."""
    going = config.forces.going()
    on_platform = {
        tier: [i for i in forces.by_tier[tier].tolist() if forces.stations[i].integrated]
        for tier in RUN_CARD_TIERS
    }
    return {
        tier: TierStations(forces, np.array(stations, dtype=np.int64), TIER[tier].listed, going[tier].turnout)
        for tier, stations in on_platform.items()
    }
