"""What the changes cost a year by a file of costs, and what a minute or a life that they bring costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sim.analysis import statistics
from sim.app import answer
from sim.config.costs import Costs, each_year
from sim.config.groups.plan import PlanConfig, measures
from sim.config.schema import Config
from sim.plots.labels import label, shown
from sim.reports.report_runs import Language, entry, said, unit_said
from sim.simulation.replication import levels_of
from sim.studies.portfolio import levers
from sim.world import regions

ADDED = {"station": "station_small", "nest": "nest", "team": "", "car": "patrol_car"}  # a team is a lever's
EFFECTS = ("first_capable_mean", "deaths_a", "deaths_b", "deaths_c")


@dataclass(frozen=True)
class Bill:
    """How many more of each item the changes pay for, and what of the changes has no item."""

    items: dict[str, float]
    measures: list[str]
    places: list[str]


def bill(before: Config, after: Config, costs: Costs) -> Bill:
    """Return what is paid for after the changes beyond what was paid for before them."""
    land = regions.load(replace(before.region, added=()))
    count = levers.counted(before, land, costs)

    def items(config: Config) -> dict[str, float]:
        added = Counter(place.split("@")[0] for place in config.region.added)
        amount = levers.amounts(config, land)
        amount["teams"] += added["team"]
        got = levers.quantities(amount, count, 0)  # the page changes no number of volunteers
        return got | {item: got[item] + added[kind] for kind, item in ADDED.items() if item}

    def switched(name: str) -> Config:
        return replace(before, plan=_with(before.plan, name, there[name]))

    there = dict(measures(after.plan))
    now, then = items(before), items(after)
    changed = [name for name, one in measures(before.plan) if one.enabled != there[name].enabled]
    if "unified_dispatch" in changed:  # the platform's item is for both
        changed = [name for name in changed if name != "call_handling"]
    free = [
        name for name in changed
        if levels_of(switched(name), land) != levels_of(before, land) and items(switched(name)) == now
    ]  # fmt: skip
    gone = {*after.region.closed, *after.region.moved} - {*before.region.closed, *before.region.moved}
    more = {item: then[item] - now[item] for item in then}
    return Bill({item: count for item, count in more.items() if abs(count) > 1e-9}, free, sorted(gone))


def _with(plan: PlanConfig, name: str, measure: Any) -> PlanConfig:
    if name.startswith("stations."):
        return replace(plan, stations={**plan.stations, name.removeprefix("stations."): measure})
    return replace(plan, **{name: measure})


def of(
    configs: tuple[Config, Config],
    tables: answer.Sides,
    costs: Costs,
    words: dict[str, str],
    language: Language,
) -> dict[str, Any]:
    """Return the bill's rows with the range of its prices, what is not in it, and what each effect costs."""
    found = bill(*configs, costs)
    sides = [answer.values(side) for side in tables]
    unit, factor = shown("CNY/yr")
    rows, total = [], (0.0, 0.0, 0.0)
    for item, yuan in each_year(costs, found.items).items():
        shares = 1.0, costs.items[item].low, costs.items[item].high
        middle, *ends = (factor * yuan * share for share in shares)
        money = (middle, min(ends), max(ends))
        rows.append([words[f"item_{item}"], _count(found.items[item]), *_money(*money)])
        total = (total[0] + money[0], total[1] + money[1], total[2] + money[2])
    named = [entry("measures", name, language) for name in found.measures]
    return {
        "unit": unit_said(unit, language),
        "year": costs.price_year,
        "rows": [*rows, [words["sum"], "", *_money(*total)]] if rows else [],
        "free": [*named, *(place.replace("@", " ") for place in found.places)],
        "effects": [effect(sides, kpi, total, words, language) for kpi in EFFECTS],
    }


def _count(count: float) -> str:
    return f"{count:+,.0f}".replace("-", "−") if abs(count) >= 1 else answer.change(count, 0.0)


def _money(middle: float, low: float, high: float) -> list[str]:
    half = (high - low) / 2
    return [answer.change(middle, half), f"{answer.change(low, half)} … {answer.change(high, half)}"]


def effect(
    sides: list[pd.DataFrame],
    kpi: str,
    total: tuple[float, float, float],
    words: dict[str, str],
    language: Language,
) -> list[str]:
    """Return the effect's name, its change with the interval, and what one of it costs where it can be told."""
    minutes = kpi == EFFECTS[0]
    before, after = (answer.picked(side, [(kpi, "all", "all")])[0] for side in sides)
    change = statistics.paired(after, before)
    low, high = (float(end) for end in change.interval())
    middle, half, cost = float(change.difference), (high - low) / 2, total[0]
    name = said(label(kpi), language) + (f" ({unit_said('min', language)})" if minutes else "")
    told = answer.change(middle, half)
    small = told.strip("+−0.,") == "" or (minutes and abs(middle) < answer.LEAST_MIN)
    if half > 0:
        told += f" ({answer.change(low, half)} … {answer.change(high, half)})"
    if small or not (low > 0 or high < 0):
        return [name, told, words["no_price"]]
    if cost == 0:
        return [name, told, words["no_cost"]]
    if total[1] < 0 < total[2]:
        return [name, told, words["no_sign"]]
    if (cost > 0) == (middle > 0):  # dearer and worse, or cheaper and better
        return [name, told, words["dearer_worse" if cost > 0 else "cheaper_better"]]
    one, *ends = (abs(cost / gain) for gain in (middle, low, high))
    size = max(abs(ends[0] - ends[1]), (total[2] - total[1]) / abs(middle)) / 2  # prices are known no better
    price = [answer.digits(value, size) for value in (one, *sorted(ends))]
    return [
        name,
        told,
        words["price" if cost > 0 else "saving"].format(one=price[0], low=price[1], high=price[2]),
    ]
