"""Compute how much of the change from before the plan to a year is due to each group of measures.

Every coalition of groups is run on the same workload: a replication draws its incidents once and uses them with
each coalition's world. Groups outside the coalition are switched off, so the empty coalition is the year before the
plan. Coalitions with the same world are run once, across years too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis import outcome
from sim.analysis.anchors import Year
from sim.analysis.statistics import student
from sim.config.groups.plan import ASSUMED, PlanConfig, measures
from sim.config.schema import Config
from sim.demand.workload import Workload
from sim.errors import SimError
from sim.runs import replications
from sim.simulation import replication, result_tables
from sim.simulation.replication import World
from sim.terms import FIRE_TYPES, LIFE_RISK, RESCUE_TYPES, SETTINGS, TYPES
from sim.world.plan import PARTIAL
from sim.world.region import Region

Floats = NDArray[np.float64]
Key = tuple[str, str, str, str]  # kpi, by, group, unit
Of = Callable[[Year], Floats]

OTHER = "other"
MOST_PARTS = 12  # 4,096 coalitions
FIRE, RESCUE = "fire", "rescue"  # groups of by=category
RISK = "risk", "life_risk"  # building fires and rescues of persons
MILESTONES = (
    "first_arrival", "first_capable", "first_professional", "first_water", "trained_water", "full_force", "size_up",
)  # fmt: skip
WITHIN = (
    "first_arrival",
    "first_capable",
    "first_professional",
)  # shares within the limits of outcome.within_min
SUMS = {"burnt_area": ("burnt_m2", "m2/yr"), **{f"deaths_{c}": (f"deaths_{c}", "/yr") for c in "abc"}}
COLUMNS = ("kpi", "by", "group", "unit", "part", "way", "mean", "low", "high", "replications")


@dataclass(frozen=True)
class AttributionStudy:
    """A year's configuration and its parts: groups of measures, each with the measures it holds."""

    config: Config
    parts: dict[str, tuple[str, ...]]

    @property
    def coalitions(self) -> int:
        """Return the number of coalitions of the parts."""
        return int(2 ** len(self.parts))


def groups_of(plan: PlanConfig) -> dict[str, tuple[str, ...]]:
    """Return the groups of the plan with the keys of their measures, in the order of the plan."""
    groups: dict[str, list[str]] = {}
    for key, measure in measures(plan):
        groups.setdefault(measure.group, []).append(key)
    return {group: tuple(keys) for group, keys in groups.items()}


def parts_of(plan: PlanConfig, named: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the groups asked for, in that order, and all the rest as one part, `other`.

    The part `assumed` takes all measures of which the effect is typed in out of their groups.
    """
    groups = groups_of(plan)
    if ASSUMED in named:
        typed = [key for key, measure in measures(plan) if measure.effect == ASSUMED]
        groups = {name: tuple(key for key in keys if key not in typed) for name, keys in groups.items()}
        groups[ASSUMED] = tuple(typed)
    for name in named:
        if name not in groups:
            raise SimError(f"groups has {name!r}; allowed: all, {ASSUMED}, or names of {', '.join(groups)}.")
    if len(set(named)) < len(named):
        raise SimError(f"groups names one twice: {', '.join(named)}; each may be named once.")
    rest = tuple(key for group, keys in groups.items() if group not in named for key in keys)
    parts = {name: groups[name] for name in named} | ({OTHER: rest} if rest else {})
    if not 1 <= len(parts) <= MOST_PARTS:
        raise SimError(f"groups makes {len(parts)} parts; allowed: 1 to {MOST_PARTS}, and fewer are faster.")
    return parts


def without(plan: PlanConfig, keys: Sequence[str]) -> PlanConfig:
    """Return the plan with the measures of these keys switched off."""
    stations = {
        key: replace(station, enabled=station.enabled and f"stations.{key}" not in keys)
        for key, station in plan.stations.items()
    }
    off: dict[str, Any] = {
        key: replace(measure, enabled=False)
        for key, measure in measures(plan)
        if key in keys and "." not in key
    }
    return replace(plan, stations=stations, **off)


def configs(study: AttributionStudy) -> list[Config]:
    """Return the configuration of every coalition, in the order of `members`."""
    variants = []
    for inside in members(len(study.parts)):
        left = [keys for keys, there in zip(study.parts.values(), inside, strict=True) if not there]
        variants.append(replace(study.config, plan=without(study.config.plan, list(chain(*left)))))
    return variants


@dataclass
class Shared:
    """What the coalitions of a replication share: its workload, and the values of the worlds already run.

    A world is identified by its levels and by the share of the workload's incidents that happens in it, by type.
    """

    work: Workload
    done: dict[tuple[str, tuple[float, ...]], Floats]

    @classmethod
    def of(cls, config: Config, region: Region, number: int) -> Shared:
        """Draw the workload of a replication; nothing is run yet."""
        return cls(replication.workload_of(replication.build_world(config, region), number), {})


def keys_of(config: Config) -> list[Key]:
    """Return the indicators whose change is attributed: of all and of life-risk calls, fires, rescues, and by setting."""
    keys: list[Key] = []
    for by, groups in (
        ("all", ("all",)),
        (RISK[0], RISK[1:]),
        ("category", (FIRE, RESCUE)),
        ("setting", SETTINGS),
    ):
        for group in groups:
            keys += [(f"{name}_mean", by, group, "min") for name in MILESTONES]
            keys += [
                (f"{name}_within_{limit:g}", by, group, "share")
                for name in WITHIN
                for limit in config.outcome.within_min
            ]
            if by in ("all", "setting"):  # burnt area and deaths are all of fires
                keys += [(name, by, group, unit) for name, (_, unit) in SUMS.items()]
    return keys


def coalition_values(
    variants: Sequence[Config],
    region: Region,
    number: int,
    shared: Shared | None = None,
    of: Of | None = None,
) -> Floats:
    """Return the indicators of a replication in every coalition, (coalitions, indicators), NaN where undefined.

    `shared` carries the workload and what was run over to another year of the same study; `of` says which indicators.
    """
    shared = Shared.of(variants[0], region, number) if shared is None else shared
    rows = []
    for config in variants:
        drawn = number if config.delivery == PARTIAL else None
        levels = replication.levels_of(config, region, drawn)
        key = (str(levels), tuple(replication.demand_factor(config, levels).tolist()))
        if key not in shared.done:
            shared.done[key] = (of or _values)(
                simulated(replication.build_world(config, region), number, shared.work)
            )
        rows.append(shared.done[key])
    return np.array(rows)


def simulated(world: World, number: int, work: Workload) -> Year:
    """Return a replication of a world on a workload."""
    world = replication.delivered(world, number)
    incidents, dispatches = result_tables.columns(world, replication.simulate(world, number, work))
    return Year(world, outcome.add(incidents, world.config.outcome), dispatches)


def _values(year: Year) -> Floats:
    config, incidents = year.config, year.incidents
    facts, known = replications.facts_of(year.world), dict(year.known)
    # What is no indicator of a run is worked out here: sums by setting, and the size-up.
    kind, settings = incidents["type"], incidents["setting"]
    per_year = facts.per_year[kind.places(TYPES)]
    for name, (column, _) in SUMS.items():
        sums = pd.Series(incidents[column] * per_year).groupby(settings.places(SETTINGS)).sum()
        known |= {
            (name, "setting", setting): float(sums.get(place, 0.0)) for place, setting in enumerate(SETTINGS)
        }
    minutes = pd.Series(incidents["size_up_s"] / 60)
    parts = {("all", "all"): kind.isin(TYPES), ("category", FIRE): kind.isin(FIRE_TYPES)}
    parts[("category", RESCUE)] = kind.isin(RESCUE_TYPES)
    parts[RISK] = kind.isin(LIFE_RISK)
    parts |= {("setting", setting): settings.isin([setting]) for setting in SETTINGS}
    known |= {("size_up_mean", *key): float(minutes[chosen].mean()) for key, chosen in parts.items()}
    return np.array([known.get((name, by, group), np.nan) for name, by, group, _ in keys_of(config)])


def members(parts: int) -> NDArray[np.bool_]:
    """Return which part is in which coalition, (2**parts, parts)."""
    return np.asarray((np.arange(2**parts)[:, None] >> np.arange(parts)) % 2 == 1)


def shapley(game: Floats) -> Floats:
    """Return the Shapley value of each part, (parts, ...), of a game.

    A game is an array of values by coalition, (2**parts, ...). In row `mask`, part i is in force exactly if bit i of
    `mask` is set (part 0 is bit 0). The Shapley value is the mean, over all orders in which the parts can come into
    force, of the change that each brings when it comes. The values of all parts add up to game[-1] - game[0].
    """
    parts = _parts(game)
    inside = members(parts)
    values = np.empty((parts, *game.shape[1:]))
    for part in range(parts):
        without = np.flatnonzero(~inside[:, part])
        before = inside.sum(axis=1)[without]
        # the share of all orders in which exactly the parts of a coalition come before this one
        weight = [
            factorial(size) * factorial(parts - size - 1) / factorial(parts) for size in before.tolist()
        ]
        changes = game[without + 2**part] - game[without]
        values[part] = sum(share * change for share, change in zip(weight, changes, strict=True))
    return values


def alone(game: Floats) -> Floats:
    """Return what each part changes if it is the only one, (parts, ...)."""
    return np.asarray(game[2 ** np.arange(_parts(game))] - game[0])


def last(game: Floats) -> Floats:
    """Return what each part changes if it comes after all others: what is lost without it, (parts, ...)."""
    return np.asarray(game[-1] - game[len(game) - 1 - 2 ** np.arange(_parts(game))])


def _parts(game: Floats) -> int:
    return len(game).bit_length() - 1


def table(values: Floats, keys: Sequence[Key], parts: Sequence[str]) -> pd.DataFrame:
    """Return the attribution of values of shape (replications, coalitions, indicators): one row each way.

    Columns: kpi, by, group, unit; part, empty for the whole; way; mean, low, high: the 95 % Student interval of
    the replications, each compared with itself; replications. Ways: before (no measure), after (all),
    change; and by part alone (only it), last (after all others), shapley. Shapley values add up to the change.
    """
    game = np.moveaxis(values, 0, -1)  # coalitions, indicators, replications
    # an indicator that one coalition cannot give is left out of the replication in all, so that sums hold
    game = np.where(np.isnan(game).any(axis=0), np.nan, game)
    ways: list[tuple[str, str, Floats]] = [
        ("", "before", game[0]), ("", "after", game[-1]), ("", "change", game[-1] - game[0])
    ]  # fmt: skip
    for way, by_part in (("alone", alone(game)), ("last", last(game)), ("shapley", shapley(game))):
        ways += [(part, way, by_part[column]) for column, part in enumerate(parts)]
    rows = []
    intervals = [(part, way, student(series)) for part, way, series in ways]
    for column, key in enumerate(keys):
        for part, way, found in intervals:
            bounds = (found.estimate[column], found.low[column], found.high[column])
            rows.append((*key, part, way, *map(float, bounds), int(found.n[column])))
    return pd.DataFrame(rows, columns=list(COLUMNS))
