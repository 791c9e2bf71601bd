"""Time, type and place of the incidents of a year: a non-homogeneous Poisson process with overdispersed days."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.calendar import DAY_S, MONTH_DAYS, MONTH_OF_DAY, YEAR_DAYS
from sim.config.groups.demand import DemandConfig, PlaceConfig
from sim.demand.streams import Streams
from sim.terms import FIRE_TYPES, RESCUE_TYPES, SETTINGS, TYPES
from sim.world.region import CELL_M, Region

LAST_GROWTH_YEAR = 2030
FIRE = np.array([kind in FIRE_TYPES for kind in TYPES])

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Arrivals:
    """Incidents in order of onset, each column of shape (incidents,)."""

    onset_s: Floats
    kind: NDArray[np.int8]  # index into TYPES
    cell: NDArray[np.int32]
    x: Floats
    y: Floats


def type_shares(demand: DemandConfig) -> Floats:
    """Return the share of each type in the calls of a year, in the order of TYPES."""
    mix, fires = demand.mix, demand.fires
    ordinary = fires.building * (1 - fires.highrise)
    within_fire = {
        "residential_fire": ordinary * fires.residential,
        "highrise_fire": fires.building * fires.highrise,
        "premises_fire": ordinary * (1 - fires.residential),
        "vehicle_fire": fires.vehicle,
        "outdoor_fire": fires.outdoor,
    }
    rescues = sum(demand.rescues.values()) or 1.0
    weights = {
        **{kind: mix.fire * share for kind, share in within_fire.items()},
        **{kind: mix.rescue * demand.rescues.get(kind, 0.0) / rescues for kind in RESCUE_TYPES},
        "social_assistance": mix.social_assistance,
        "standby": mix.standby,
        "false_alarm": mix.false_alarm,
    }
    shares = np.array([weights[kind] for kind in TYPES])
    return np.asarray(shares / shares.sum())


def daily_profile(demand: DemandConfig) -> Floats:
    """Return expected calls by day and type relative to the mean day, (365, types), floods left out."""
    profile = np.ones((YEAR_DAYS, len(TYPES)))
    length = np.repeat(MONTH_DAYS, MONTH_DAYS)
    for kinds, shares in (
        (FIRE_TYPES, demand.months_fire),
        (RESCUE_TYPES, demand.months_rescue),
        (("social_assistance",), demand.months_social),
    ):
        weight = np.array(shares)[MONTH_OF_DAY] / sum(shares) * YEAR_DAYS / length
        for kind in kinds:
            profile[:, TYPES.index(kind)] = weight
    surges = demand.surges
    eve = surges.new_year_eve_day - 1
    profile[eve] *= surges.new_year_eve_factor / max(float((type_shares(demand) * profile[eve]).sum()), 1e-12)
    first = surges.qingming_first_day - 1
    profile[first : first + surges.qingming_days, TYPES.index("outdoor_fire")] *= surges.qingming_factor
    return profile


def _flood(demand: DemandConfig) -> tuple[Floats, range]:
    """Return what a day of flood adds to `daily_profile`, (365, types), and the days on which a flood may begin."""
    surges, shares = demand.surges, type_shares(demand)
    hit = [TYPES.index(kind) for kind in (*RESCUE_TYPES, "social_assistance")]
    season = range(surges.flood_first_day - 1, max(surges.flood_last_day, surges.flood_first_day))
    extra = np.zeros((YEAR_DAYS, len(TYPES)))
    if surges.flood_days and surges.flood_factor > 1:
        mean_extra = surges.flood_factor - 1
        share_hit = max(float(shares[hit].sum()), 1e-12)
        extra[:, hit] = mean_extra / share_hit  # so that ALL calls of the day come to the factor, on average
    return extra, range(season[0], max(season[-1] - surges.flood_days + 2, season[0] + 1))


def share_of_year(demand: DemandConfig, days: int) -> Floats:
    """Return the share of the year's expected calls that falls into its first days, by type: (types,)."""
    if days >= YEAR_DAYS:
        return np.ones(len(TYPES))
    extra, first_days = _flood(demand)
    flooded = np.zeros(YEAR_DAYS)  # the chance of each day
    for first in first_days:
        flooded[first : first + demand.surges.flood_days] += 1 / len(first_days)
    expected = daily_profile(demand) + extra * flooded[:, None]
    return np.asarray(expected[:days].sum(axis=0) / expected.sum(axis=0))


def rates(demand: DemandConfig, streams: Streams) -> Floats:
    """Return the expected calls by day and type, (365, types), given this replication's days.

    The mean over replications adds up to `calls_per_year`: surges move calls to their days but add none.
    """
    surges, shares, profile = demand.surges, type_shares(demand), daily_profile(demand)
    extra, first_days = _flood(demand)
    expected = profile.sum(axis=0) + extra.mean(axis=0) * surges.flood_days
    draw = streams.get("demand.flood")
    first_day = int(draw.integers(first_days.start, first_days.stop))
    spread = surges.flood_sd_log
    strength = math.exp(spread * draw.standard_normal() - spread**2 / 2)
    flooded = np.zeros(YEAR_DAYS)
    flooded[first_day : first_day + surges.flood_days] = strength
    day = streams.get("demand.day")
    factor = np.ones(YEAR_DAYS)
    if demand.dispersion > 0:
        factor = day.gamma(demand.dispersion, 1 / demand.dispersion, YEAR_DAYS)
    shape = (profile + extra * flooded[:, None]) / expected
    ceiling = (1 + max(demand.growth, 0.0)) ** max(LAST_GROWTH_YEAR - demand.growth_from, 0)
    return np.asarray(demand.calls_per_year * ceiling * shares * shape * factor[:, None])


def place_weights(demand: DemandConfig, region: Region) -> Floats:
    """Return the probability of each cell by type, (types, cells)."""
    return np.array([_weight(demand.places[kind], region) for kind in TYPES])


def _weight(place: PlaceConfig, region: Region) -> Floats:
    """Return the probability that an incident is in each cell, (cells,)."""
    cells = region.cells
    rate = np.where(cells.urban, place.urban_rate, place.rural_rate)
    weight = cells.population * rate + place.per_km2
    if set(SETTINGS) - set(place.settings):
        weight *= np.array([name in place.settings for name in SETTINGS])[cells.setting]
    total = weight.sum()
    if total <= 0:  # no such place in this region: wherever people are
        weight, total = cells.population, cells.population.sum()
    return np.asarray(weight / total)


def generate(demand: DemandConfig, region: Region, streams: Streams) -> Arrivals:
    """Return the incidents of a year in order of onset."""
    counts = streams.get("demand.count").poisson(rates(demand, streams))
    day, kind = (axis.repeat(counts.ravel()) for axis in np.divmod(np.arange(counts.size), len(TYPES)))
    total = len(day)
    onset = day * float(DAY_S) + _time_of_day(demand, kind, streams.get("demand.time").random(total))
    order = np.argsort(onset, kind="stable")
    onset, kind = onset[order], kind[order].astype(np.int8)
    cell = _cells(demand, region, kind, streams.get("place.cell").random(total))
    offset = (streams.get("place.point").random((total, 2)) - 0.5) * CELL_M
    return Arrivals(
        onset, kind, cell, region.cells.x[cell] + offset[:, 0], region.cells.y[cell] + offset[:, 1]
    )


def _cells(
    demand: DemandConfig, region: Region, kind: NDArray[np.int8], uniform: Floats
) -> NDArray[np.int32]:
    """Return the cell of each incident, by the weights of its type."""
    cell = np.empty(len(kind), dtype=np.int32)
    edges: dict[PlaceConfig, Floats] = {}  # many types happen at the same kind of place
    by_type = np.argsort(kind, kind="stable")
    starts = np.searchsorted(kind[by_type], np.arange(len(TYPES) + 1))
    for name, (first, last) in zip(TYPES, pairwise(starts.tolist()), strict=True):
        place = demand.places[name]
        if place not in edges:
            edges[place] = np.cumsum(_weight(place, region))
        here = by_type[first:last]
        cell[here] = np.searchsorted(edges[place], uniform[here] * edges[place][-1], side="right")
    return cell


def _time_of_day(demand: DemandConfig, kind: NDArray[np.int64], uniform: Floats) -> Floats:
    """Return seconds after midnight by the hour profile of the type."""
    fire = FIRE[kind]
    seconds = np.empty(len(kind))
    for chosen, profile in ((fire, demand.hours_fire), (~fire, demand.hours_other)):
        edges = np.concatenate([[0.0], np.cumsum(profile)]) / sum(profile)
        seconds[chosen] = np.interp(uniform[chosen], edges, np.arange(25) * 3600.0)
    return seconds
