"""What an incident has before it begins: near stations, places, luck, worked out a page of incidents at a time.

Pages are prepared as arrays and kept as plain lists, which the event model reads one by one. Row `k` of a table of
width `w` is the slice `k * w : (k + 1) * w`.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass

import numpy as np

from sim.config.schema import Config
from sim.demand.arrivals import DAY_S
from sim.demand.call_centre import Calls
from sim.demand.durations import draw
from sim.demand.workload import WEATHER_BLOCK_S, Workload
from sim.simulation.prepare import scenes
from sim.simulation.prepare.candidates import Choice, Search, Tier, merged
from sim.simulation.prepare.first_responders import Answering, Answers, Facts
from sim.simulation.prepare.rosters import Duty
from sim.simulation.prepare.scenes import Scenes
from sim.world.forces import Forces
from sim.world.plan import Levels
from sim.world.region import Region
from sim.world.travel.law import TravelLaw

PAGE = 4096  # incidents prepared at once

# Stations looked at before the search is widened to all of them (exact either way).
NEAREST = {"professional": 12, "township": 8, "volunteer": 6}


@dataclass(frozen=True)
class Page:
    """Incidents, and everything about them that does not depend on which units are free."""

    kind: list[int]
    severity: list[int]
    reported: list[int]
    ignition_s: list[float]
    ordered_s: list[float]
    appliances: Choice  # professional, and other tiers on the platform
    list_ends_s: dict[str, list[float]]  # by tier: no station off the list is expected before this
    answers: Answers  # who would come besides
    speed: list[float]  # speed factor at the time of the order
    setting: list[int]
    x: list[float]
    y: list[float]
    luck: array[float]  # trip noise by slot, mean 1; width SLOTS, as the two below
    turnout_z: array[float]
    present: array[float]
    persons: list[list[int]]  # on duty in the shift, by station: one list for all incidents of a shift
    night: list[bool]
    relay_s: list[float]
    report_s: list[float]
    mutual_s: list[float]
    recovery_s: list[float]
    scenes: Scenes

    def __len__(self) -> int:
        """Return the number of incidents."""
        return len(self.kind)


class Pages:
    """Prepares the incidents of a replication, page by page."""

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
        self.workload, self.calls, self.region = workload, calls, region
        self.law, self.config, self.levels = law, config, levels
        rules = config.forces
        tiers = forces.by_tier
        on_platform = [
            (tier, turnout, [i for i in tiers[tier].tolist() if forces.stations[i].integrated])
            for tier, turnout in (
                ("professional", rules.professional.turnout),
                ("township", rules.township.turnout),
                ("volunteer", rules.volunteer.turnout),
            )
        ]
        self._appliances = {
            tier: Tier(forces, np.array(stations, dtype=np.int64), NEAREST[tier], turnout)
            for tier, turnout, stations in on_platform
        }
        self._answering = Answering(forces, region, law, config)
        self._duty = Duty(workload.roster, forces, config)
        self._next = 0  # number of the next page
        self._open: dict[int, Page] = {}
        self._asked: dict[int, int] = {}  # rows of the open pages that were asked for

    def holding(self, row: int) -> tuple[Page, int]:
        """Return the page that holds a row of the workload, and its place there. Each row is asked for once.

        Pages are prepared in their order and forgotten when all their rows have been asked for: ready draws are read
        from their streams like a tape.
        """
        number, k = divmod(row, PAGE)
        while number >= self._next:
            self._open[self._next] = self.page(self._next * PAGE, (self._next + 1) * PAGE)
            self._asked[self._next] = 0
            self._next += 1
        page = self._open[number]
        self._asked[number] += 1
        if self._asked[number] == len(page):
            del self._open[number], self._asked[number]
        return page, k

    def page(self, first: int, last: int) -> Page:
        """Return the page of the rows from `first` up to `last`, without it."""
        config, law, rules = self.config, self.law, self.config.forces
        work, calls = self.workload.between(first, last), self.calls.between(first, last)
        at, draws = calls.dispatched_s, work.draws
        setting = self.region.cells.setting[work.cell]
        blocks = np.minimum(at // WEATHER_BLOCK_S, len(work.weather) - 1).astype(np.int64)
        weather = work.weather[blocks]
        speed = law.speed_factor(at, setting, weather > 1 - config.travel.bad_weather_share)
        sigma = config.travel.noise_sd_log
        search = Search(np.column_stack([work.x, work.y]), setting, speed, law)
        near = {tier: search.nearest(stations) for tier, stations in self._appliances.items()}
        appliances, ends = merged(near, self._appliances)
        brigade_s = near["professional"].expected_s
        hour = at % DAY_S / 3600
        night = (hour < rules.day_from_h) | (hour >= rules.night_from_h)
        relay_s = draw(config.dispatch.relay.delay, draws["relay"])
        duty = self._duty.of(at)
        facts = Facts(
            search=search, kind=work.kind, township=self.region.cells.township[work.cell], hour=hour, night=night,
            grounded=weather > 1 - rules.drones.weather_hold, relay_s=relay_s,
            brigade_s=brigade_s[:, 0] if brigade_s.shape[1] else np.full(len(at), np.inf),
            duty=duty, present=work.unit_draws["present"], heard=work.unit_draws["heard"],
            position=work.unit_draws["position"],
        )  # fmt: skip
        return Page(
            kind=work.kind.tolist(),
            severity=work.severity.tolist(),
            reported=work.reported.tolist(),
            ignition_s=calls.ignition_s.tolist(),
            ordered_s=at.tolist(),
            appliances=appliances,
            list_ends_s=ends,
            answers=self._answering.of(facts),
            speed=speed.tolist(),
            setting=setting.tolist(),
            x=work.x.tolist(),
            y=work.y.tolist(),
            luck=array("f", np.exp(sigma * work.unit_draws["travel"] - sigma**2 / 2).tobytes()),
            turnout_z=array("f", work.unit_draws["turnout"].tobytes()),
            present=array("f", facts.present.tobytes()),
            persons=duty.told,
            night=night.tolist(),
            relay_s=relay_s.tolist(),
            report_s=draw(config.dispatch.size_up.delay, draws["size_up"]).tolist(),
            mutual_s=draw(rules.mutual_aid.delay, draws["mutual"]).tolist(),
            recovery_s=draw(rules.recovery, draws["recovery"]).tolist(),
            scenes=scenes.prepare(work, self.region, config, self.levels),
        )
