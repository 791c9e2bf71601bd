"""The scoreboard: compare every number that the plan promises for the year with the model's input or result.

A *given* value follows from the plan and its delivery. It is certain unless the delivery is drawn; then its interval
is the middle 95 % of the replications. A *found* value is a result of the runs. Fire deaths are few, so the mean rate
comes with the 95 % range to expect in one, three or five years, and with the chance to stay below the target in
place of a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from sim.analysis import coverage
from sim.analysis.accumulator import Accumulator
from sim.analysis.indicators.registry import Facts
from sim.analysis.outcome import chance_of_target, chances_of_at_most
from sim.analysis.statistics import student
from sim.calendar import YEAR_DAYS, days_told
from sim.config.groups.plan import Targets
from sim.config.schema import Config
from sim.errors import SimError
from sim.simulation import replication
from sim.simulation.replication import World
from sim.terms import COVERAGES, SPECIALISTS
from sim.world import plan
from sim.world.placement import nearest_brigade

if TYPE_CHECKING:
    import pandas as pd

SENSES = ("at least", "at most")
Row = tuple[str | float, ...]  # COLUMNS, not yet judged
CURVES = ("a", "b", "c")
HORIZONS = (1, 3, 5)  # years
RANGE = (2.5, 97.5)  # percentiles between which 95 % lie
COLUMNS = (
    "key", "name", "name_zh", "sense", "target", "mean", "low", "high", "unit", "verdict", "clause", "year", "source",
    "chance", "chance_low", "chance_high", "chance_years", "note",
)  # fmt: skip
NO_CHANCE = (math.nan,) * 4
CHANCE = "chance"  # in place of a verdict: a few deaths more or less decide nothing
# Numbers that are given: name, Chinese name, unit.
GIVEN = {
    "awareness": ("Fire-safety awareness", "消防安全常识知晓率", "share"),
    "patrol_share": ("Townships with a patrol car", "配备巡逻车的乡镇", "share"),
    "nests_per_brigade": ("Drone nests, the brigade with fewest", "每个大队无人机机巢", "nests"),
    "platforms": ("Air-ground command platform", "空地一体作战指挥平台", ""),
    "command_posts": ("Field command post", "现场指挥部", ""),
    "specialist_teams": ("Specialist teams with their kit", "专业救援队", "teams"),
    "hydrants_serviceable": ("Municipal hydrants that work", "市政消火栓完好率", "share"),
    "water_coverage": ("Built-up area with fire water", "建成区消防供水覆盖", "share"),
    "intake_points": ("Intake points in large villages", "千人村取水点", "points"),
    "works_started": ("Stations of which works have started", "已开工消防站", "stations"),
}
COVERAGE_NAMES = {
    "nominal": ("nominal areas", "责任区面积"),
    "reach": ("by reach", "到达时间"),
    "demand": ("by reach, weighed by calls", "警情加权"),
    "operational": ("operational", "实际"),
}


def verdict(sense: str, target: float, low: float, high: float) -> str:
    """Judge a target by the interval of the finding: `met`, `not_met`, or `cannot_be_told`.

    It is met when the whole interval is on the right side, bounds included, missed when none of it is; an
    interval that holds the target, or an unknown bound, decides nothing.
    """
    if sense not in SENSES:
        raise SimError(f"sense: {sense} found; allowed: {', '.join(SENSES)}")
    if sense == "at most":
        target, low, high = -target, -high, -low
    if low >= target:
        return "met"
    return "not_met" if high < target else "cannot_be_told"


def scoreboard(config: Config, world: World, kpis: pd.DataFrame) -> pd.DataFrame:
    """Return the targets of the year with what is given or found, one row each (COLUMNS), none if it has none.

    `kpis` are the indicators of the run: kpi, by, group, mean, low, high, replications.
    """
    import pandas as pd

    targets, year = config.scenario.targets, config.scenario.year
    numbers = range(int(kpis["replications"].max()))
    worlds = [replication.delivered(world, number) for number in numbers]
    rows = [*_deaths(targets, world, kpis), *_given(config, worlds), *_coverage(targets, worlds, kpis)]
    clauses: dict[str, str] = {}
    for clause, entry in config.plan.register.items():
        for key in entry.sets:
            clauses[key] = f"{clauses[key]} {clause}" if key in clauses else clause
    table = pd.DataFrame(
        rows, columns=[name for name in COLUMNS if name not in ("verdict", "clause", "year")]
    )
    if config.days < YEAR_DAYS:  # what is found in part of a year is no verdict on the year
        found = table["source"] == "found"
        table.loc[found, ["low", "high", "chance", "chance_low", "chance_high"]] = math.nan
        table.loc[found, "note"] = f"no verdict on the year from {days_told(config.days)}"
    bounds = zip(table["sense"], table["target"], table["low"], table["high"], strict=True)
    judged = [verdict(*of_row) for of_row in bounds]
    table["verdict"] = np.where(table["chance"].notna(), CHANCE, judged)
    table["clause"] = [clauses.get(f"scenario.targets.{key}", "") for key in table["key"]]
    return table.assign(year=year)[list(COLUMNS)]


def chance_rows(accumulator: Accumulator, facts: Facts) -> pd.DataFrame:
    """Return, by risk curve, the chance of staying below the plan's death rate over 1, 3 and 5 years.

    A run of part of a year has none.

    Fatal fires are Poisson about the mean over replications: a year has about two deaths, so that one year
    says next to nothing about the mean.
    """
    import pandas as pd

    rows = []
    for curve in CURVES if facts.days >= YEAR_DAYS else ():
        chosen = accumulator.over(f"deaths_{curve}", "all")
        if not len(chosen):
            continue
        interval = student(chosen)
        points = np.maximum([interval.estimate, interval.high, interval.low], 0.0)
        rule = facts.outcome
        for years in HORIZONS:
            chances = [
                chance_of_target(point, facts.population, rule.target_rate, years, rule.victims)
                for point in points
            ]
            rows.append((f"target_chance_{curve}", "years", str(years), "share", *chances, len(chosen)))
    return pd.DataFrame(rows, columns=["kpi", "by", "group", "unit", "mean", "low", "high", "replications"])


def _deaths(targets: Targets, world: World, kpis: pd.DataFrame) -> Iterator[Row]:
    """Yield the death rate: what 1, 3 and 5 years would show, and the chance of each to stay below the target."""
    by_curve = [_indicator(kpis, f"deaths_{curve}", "all", "all") for curve in CURVES]
    found = sorted(np.maximum(interval, 0.0).tolist() for interval in by_curve if interval)
    if targets.death_rate is None or not found:
        return
    people, victims = world.region.population, world.config.outcome.victims
    # The middle curve speaks for the three. It is found, not named: faster crews save most by the linear curve (C)
    # and least by the one that is flat where most of them arrive (B), so it is A as a rule.
    mean, *ends = found[len(found) // 2]
    for years in HORIZONS:
        low, high = (
            _percentile(end * years, percent, victims) / years / people * 1e5
            for end, percent in zip(ends, RANGE, strict=True)
        )
        chances = [chance_of_target(each, people, targets.death_rate, years, victims) for each, *_ in found]
        yield (
            "death_rate", f"Fire deaths per 100,000 over {_years(years)}", f"十万人火灾死亡率（{years}年）", "at most",
            targets.death_rate, mean / people * 1e5, low, high, "/100k", "found", chances[len(found) // 2],
            min(chances), max(chances), years, "of the middle risk curve; low and high of the chance: the others",
        )  # fmt: skip


def _percentile(mean: float, percent: float, victims: Sequence[float]) -> int:
    """Return the percentile of the number of deaths where `mean` are expected."""
    chances = enumerate(chances_of_at_most(mean, victims))
    return next(deaths for deaths, chance in chances if chance >= percent / 100)


def _years(years: int) -> str:
    return "1 year" if years == 1 else f"{years} years"


def _given(config: Config, worlds: Sequence[World]) -> Iterator[Row]:
    """Yield what follows from the plan, by its delivery in every replication."""
    import pandas as pd

    values = pd.DataFrame([_state(world, number) for number, world in enumerate(worlds)])
    started, delivery = int(values["works_started"].max()), config.delivery
    counted = "in service" if delivery == plan.LAGGED else "counted as in service"
    open_ = _span(values["stations_open"])
    for key, (name, chinese, unit) in GIVEN.items():
        target = getattr(config.scenario.targets, key)
        if target is None:
            continue
        note = ""
        if key == "works_started" and started:
            note = f"the clauses promise starts of works, not openings; {counted}: {open_}"
        elif delivery == plan.PARTIAL:
            note = f"reached in {(values[key] >= target).mean():.0%} of replications"
        yield (
            key, name, chinese, "at least", float(target), *_range(values[key]), unit, "given", *NO_CHANCE, note,
        )  # fmt: skip


def _state(world: World, number: int) -> dict[str, float]:
    """Return the promised numbers as they stand in a world."""
    config, levels, force = world.config, world.levels, world.forces
    policy, year, delivery = config.plan, config.scenario.year, config.delivery
    nests = dict.fromkeys(world.region.brigades, 0)
    for nest in (force.stations[index] for index in force.by_tier["drone"].tolist()):
        if nests:  # a further nest of the region's own is that of the nearest station's brigade
            nests[nest.area if nest.area in nests else nearest_brigade(world.region, nest.x, nest.y)] += 1
    cars = {force.stations[index].township for index in force.by_tier["patrol"].tolist()}
    local = set(force.by_tier["professional"].tolist())
    marks = replication.marks(config, number) if delivery == plan.PARTIAL else None
    named = {station.name for station in policy.stations.values()}
    state = {
        "awareness": policy.awareness.before + levels.awareness_gain,
        "patrol_share": len(cars) / len(world.region.townships),
        "nests_per_brigade": min(nests.values(), default=0),
        "platforms": float(levels.platform),
        "command_posts": float(levels.command_post),
        "specialist_teams": sum(unit.kind in SPECIALISTS and unit.station in local for unit in force.units),
        "hydrants_serviceable": levels.hydrant_serviceable,
        "water_coverage": levels.water_coverage,
        "intake_points": levels.intake_points,
        "works_started": len(plan.works_started(policy, year, delivery, marks)),
        "stations_open": len(named & set(levels.stations_open)),
    }
    return {
        key: round(float(value), 9) for key, value in state.items()
    }  # sums of floats need not meet exactly


def _coverage(targets: Targets, worlds: Sequence[World], kpis: pd.DataFrame) -> Iterator[Row]:
    """Yield the coverage of the main urban area by every definition, static and operational, if the run has them."""
    if targets.station_coverage is None:
        return
    once = {id(world): coverage.static(world) for world in {id(world): world for world in worlds}.values()}
    named = {
        station.name for station in worlds[0].config.plan.stations.values()
    }  # the others are the model's own
    proposed = [len(set(world.levels.stations_open) - named) for world in worlds]
    own = f"; {_span(proposed)} of the stations are the model's own proposal" if max(proposed) else ""
    found = []
    for definition in COVERAGES:
        values = np.array([getattr(once[id(world)], definition) for world in worlds], dtype=np.float64)
        if np.isfinite(values).all():
            found.append((definition, _range(values), "given", "the policy does not define coverage"))
    operational = _indicator(kpis, "coverage_operational", "area", coverage.MAIN_URBAN)
    if operational is not None:
        found.append(("operational", operational, "found", "incidents with a free unit in reach"))
    for definition, values_found, source, note in found:
        words, chinese = COVERAGE_NAMES[definition]
        yield (
            "station_coverage", f"Main urban area covered, {words}", f"主城区消防站覆盖率（{chinese}）", "at least",
            targets.station_coverage, *values_found, "share", source, *NO_CHANCE, f"{note}{own}",
        )  # fmt: skip


def _indicator(kpis: pd.DataFrame, name: str, by: str, group: str) -> tuple[float, float, float] | None:
    """Return mean and interval of an indicator, the mean thrice where a single replication gives none."""
    rows = kpis[(kpis["kpi"] == name) & (kpis["by"] == by) & (kpis["group"] == group)]
    if rows.empty or not np.isfinite(rows["mean"].iloc[0]):
        return None
    mean, low, high = (float(rows[column].iloc[0]) for column in ("mean", "low", "high"))
    return (mean, low, high) if np.isfinite([low, high]).all() else (mean, mean, mean)


def _range(values: ArrayLike) -> tuple[float, float, float]:
    """Return the mean and the middle 95 %, the value itself thrice where it does not vary."""
    series = np.asarray(values, dtype=np.float64)
    if (series == series[0]).all():
        return float(series[0]), float(series[0]), float(series[0])
    low, high = np.percentile(series, RANGE, method="inverted_cdf")  # a value that there is
    return float(series.mean()), float(low), float(high)


def _span(values: ArrayLike) -> str:
    low, high = int(np.min(values)), int(np.max(values))
    return f"{low}" if low == high else f"{low} to {high}"


# -- words -----------------------------------------------------------------------------------------------------------

NOTED = ("works_started", "station_coverage")  # whose notes are told with them
WORDS = {"met": "met", "not_met": "not met", "cannot_be_told": "cannot be told", CHANCE: "a chance"}


def lines(targets: pd.DataFrame, year: int) -> list[str]:
    """Return the scoreboard as lines of text: a summary, then a line each promise."""
    if targets.empty:
        return [f"The plan promises no number by the end of {year}."]
    counts = targets["verdict"].value_counts()
    told = ", ".join(f"{counts[key]} {words}" for key, words in WORDS.items() if counts.get(key))
    found = [f"Promised by the end of {year}: {told}"]
    for row in targets.to_dict("records"):
        sign = "≥" if row["sense"] == "at least" else "≤"
        note = f" ({row['note']})" if row["key"] in NOTED and row["note"] else ""
        promised = f"promised {sign} {_value(row['target'], row['unit'])}{_between(row)}{note}"
        found.append(
            f"  {WORDS[row['verdict']]:<15}{row['name']}: {_value(row['mean'], row['unit'])}, "
            f"{chance_told(row)[0] if row['verdict'] == CHANCE else promised}"
        )
    return found


def chance_told(row: Mapping[Any, Any]) -> tuple[str, str]:
    """Say in English and in Chinese the chance that a row has in place of a verdict."""
    chance, low, high = (f"{100 * row[key]:.0f}" for key in ("chance", "chance_low", "chance_high"))
    target, years = f"{row['target']:g}", int(row["chance_years"])
    return (
        f"chance {chance} % ({low} to {high} %) to stay below {target} over {_years(years)}",
        f"{years}年内低于{target}的概率为{chance}%（{low}%至{high}%）",
    )


def _value(value: float, unit: str) -> str:
    return f"{100 * value:.3g} %" if unit == "share" else f"{value:.3g}"


def _between(row: Mapping[Any, Any]) -> str:
    low, high, unit = float(row["low"]), float(row["high"]), str(row["unit"])
    return f" [{_value(low, unit)} to {_value(high, unit)}]" if low < high else ""
