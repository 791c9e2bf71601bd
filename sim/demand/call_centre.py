"""From ignition to the order: discovery, the call, and the 119 seats, which answer calls first come first served.

Nothing here depends on the units, so a replication's calls are computed before its event model runs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import log1p, pdtr

from sim.calendar import hour_of_day
from sim.config.schema import Config
from sim.demand import seats
from sim.demand.durations import draw
from sim.demand.workload import Workload
from sim.terms import FIRE_TYPES, TYPES
from sim.world.plan import Levels

Floats = NDArray[np.float64]
FIRE = np.array([kind in FIRE_TYPES for kind in TYPES])


@dataclass(frozen=True)
class Calls:
    """The calls of a replication, each column of shape (incidents,): seconds of the year."""

    ignition_s: Floats
    call_s: Floats
    answered_s: Floats
    dispatched_s: Floats
    undetected_s: Floats  # ignition to discovery had there been no detector
    linked: NDArray[np.bool_]  # discovered by a linked detector
    elderly: NDArray[np.bool_]

    def between(self, first: int, last: int) -> Calls:
        """Return the calls of the incidents in rows `first` to `last` - 1."""
        return Calls(*(getattr(self, field.name)[first:last] for field in fields(self)))


def take(workload: Workload, config: Config, levels: Levels) -> Calls:
    """Return when each incident is called in, answered and dispatched."""
    delay, undetected, linked, elderly = _before_the_call(workload, config, levels)
    call = workload.onset_s + delay
    centre = config.dispatch.centre
    old, new, share = centre.handling_fragmented, centre.handling_unified, levels.unified_share
    blend = replace(
        old,
        scale=old.scale + (new.scale - old.scale) * share,
        sd_log=old.sd_log + (new.sd_log - old.sd_log) * share,
    )
    handling = draw(blend, workload.draws["handling"])
    answered = _seats(workload, config, call, handling)
    return Calls(workload.onset_s, call, answered, answered + handling, undetected, linked, elderly)


def _before_the_call(
    workload: Workload, config: Config, levels: Levels
) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return seconds from ignition to the call and, without a detector, to discovery (0 if there is no fire).

    Also return whether a detector found the fire, and whether the occupants are elderly.
    """
    rules, draws, kind = config.fireground.discovery, workload.draws, workload.kind
    aged = rules.elderly_share + rules.ageing * (config.scenario.year - config.demand.growth_from)
    elderly = (draws["elderly"] < aged) & (kind == TYPES.index("residential_fire"))
    monitored = np.isin(kind, [TYPES.index("highrise_fire"), TYPES.index("premises_fire")])
    linked = (elderly & (draws["linked"] < levels.linked_elderly)) | (
        monitored & (draws["linked"] < levels.linked_premises)
    )
    if not rules.enabled:
        return np.zeros(len(workload)), np.zeros(len(workload)), linked & False, elderly
    hour = hour_of_day(workload.onset_s)
    late, early = rules.asleep_from_h, rules.asleep_to_h
    night = (hour >= late) | (hour < early) if late > early else (hour >= late) & (hour < early)
    asleep_share = np.array([rules.asleep_share.get(name, 0.0) for name in TYPES])
    asleep = night & (draws["asleep"] < asleep_share[kind])
    z = draws["discovery"]
    undetected = np.where(asleep, draw(rules.asleep, z), draw(rules.attended, z))
    found = np.where(linked, np.minimum(draw(rules.linked, z), undetected), undetected)
    delay = np.where(FIRE[kind], found + draw(rules.call, draws["call"]), 0.0)
    return delay, np.where(FIRE[kind], undetected, 0.0), linked, elderly


def _repeat_calls(workload: Workload, config: Config, call: Floats) -> tuple[Floats, Floats]:
    """Return time and handling time of the further callers about incidents already called in."""
    centre = config.dispatch.centre
    expected = np.array([centre.repeat_calls.get(name, 0.0) for name in TYPES])[workload.kind]
    most = workload.repeat_gaps.shape[1]
    count = np.zeros(len(expected), dtype=np.int64)
    for mean in np.unique(expected[expected > 0]).tolist():  # Poisson, at most `most`
        alike = expected == mean
        count[alike] = np.searchsorted(pdtr(np.arange(most), mean), workload.repeats[alike])
    chosen = np.arange(most) < count[:, None]
    again = np.nonzero(chosen)[0]  # the incident of each further call
    gaps = -centre.repeat_gap_s * log1p(-workload.repeat_gaps[chosen].astype(np.float64))
    return call[again] + gaps, draw(centre.repeat_handling, workload.draws["call"])[again]


def _seats(workload: Workload, config: Config, call: Floats, handling: Floats) -> Floats:
    """Return when each first call is answered. All calls, first or repeated, wait for the next free seat."""
    again, again_hold = _repeat_calls(workload, config, call)
    times, holds = np.concatenate([call, again]), np.concatenate([handling, again_hold])
    order = np.argsort(times, kind="stable")
    result = np.empty(len(times))
    result[order] = seats.answered(times[order].tolist(), holds[order].tolist(), config.dispatch.centre.seats)
    return result[: len(call)]
