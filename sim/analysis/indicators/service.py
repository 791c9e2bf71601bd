"""Service: units sent, tier of the first arrival, utilisation, and waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.indicators.registry import Floats, Indicator, Observed, codes, mean, share
from sim.terms import TIERS

MOST_OPEN = 5  # other incidents open at once that are told apart
BRIGADE_UNITS = "units of the professional stations"

Groups = list[tuple[str, float]]


def _utilisation(seen: Observed, available: float) -> float:
    return float(seen.busy_s[seen.brigade].sum() / (max(available, 1) * seen.period_s))


def _by_station(seen: Observed) -> Groups:
    crews, brigade = seen.facts.crews_by_station, seen.brigade
    away = _summed(seen.dispatches["station"][brigade], list(crews), seen.busy_s[brigade])
    return [
        (name, busy / (max(crew, 1) * seen.period_s))
        for (name, crew), busy in zip(crews.items(), away, strict=True)
    ]


def _by_unit(seen: Observed) -> Groups:
    away = _summed(seen.dispatches["unit"][seen.brigade], seen.facts.units, seen.busy_s[seen.brigade])
    return [(name, busy / seen.period_s) for name, busy in zip(seen.facts.units, away, strict=True)]


def _summed(group: pd.Series, names: Sequence[str], values: Floats) -> list[float]:
    """Return the sum of the values of each named group, in one pass over them."""
    place = codes(group, names)
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(len(names) + 1))
    ordered = values[order]
    return [float(ordered[low:high].sum()) for low, high in pairwise(edges.tolist())]


def _shares_of_tiers(tier: NDArray[np.int64]) -> Groups:
    return [(name, share(tier == code)) for code, name in enumerate(TIERS)]


def _by_tier(seen: Observed) -> Groups:
    return [(name, seen.yearly((seen.tier == code).sum())) for code, name in enumerate(TIERS)]


def _others_open(seen: Observed) -> Groups:
    others = np.bincount(np.minimum(seen.column("open_incidents"), MOST_OPEN), minlength=MOST_OPEN + 1)
    return [
        (f"{number}+" if number == MOST_OPEN else str(number), count / seen.calls)
        for number, count in enumerate(others.tolist())
    ]


def _outcome(outcome: str) -> Callable[[Observed], float]:
    return lambda seen: seen.yearly((seen.dispatches["outcome"] == outcome).sum())


INDICATORS = (
    Indicator(
        "vehicles_per_call", "vehicles", "all calls", "vehicles of the fire service sent, without mutual aid",
        lambda seen: seen.counted.sum() / seen.calls,
    ),
    Indicator(
        "persons_per_call", "persons", "all calls", "persons of the fire service sent, without mutual aid",
        lambda seen: seen.dispatches["crew"].to_numpy()[seen.counted].sum() / seen.calls,
    ),
    Indicator(
        "utilisation", "share", BRIGADE_UNITS, "time from order to ready over the time of the crews on duty",
        lambda seen: _utilisation(seen, sum(seen.facts.crews_by_station.values())),
    ),
    Indicator(
        "utilisation_vehicles", "share", BRIGADE_UNITS, "the same over the time of the vehicles",
        lambda seen: _utilisation(seen, sum(seen.facts.units_by_station.values())),
    ),
    Indicator("recalled_units", "/yr", "dispatches", "units recalled at size-up", _outcome("recalled")),
    Indicator("withdrawn_units", "/yr", "dispatches", "units turned back at control", _outcome("withdrawn")),
    Indicator(
        "cover_moves", "/yr", "all calls", "engines that stood in at other stations",
        lambda seen: seen.yearly(seen.incidents["cover_moves"].sum()),
    ),
    Indicator(
        "second_alarms", "/yr", "all calls", "incidents with a second alarm",
        lambda seen: seen.yearly((seen.incidents["alarm_level"] > 1).sum()),
    ),
    Indicator(
        "third_alarms", "/yr", "all calls", "incidents with a third alarm",
        lambda seen: seen.yearly((seen.incidents["alarm_level"] > 2).sum()),
    ),
    Indicator(
        "waited_units", "/yr", "dispatches", "units sent late because nobody was free",
        lambda seen: seen.yearly(seen.waited.sum()),
    ),
    Indicator(
        "unit_wait_mean", "min", "units sent late", "how long their need waited",
        lambda seen: mean(seen.dispatches["waited_s"].to_numpy()[seen.waited] / 60),
    ),
    Indicator(
        "short_units", "/yr", "all calls", "units on run cards that nobody could send at once",
        lambda seen: seen.yearly(seen.incidents["short"].sum()),
    ),
    Indicator(
        "mutual_aid_units", "/yr", "dispatches", "units of neighbouring counties",
        lambda seen: seen.yearly(seen.outside.sum()),
    ),
    Indicator(
        "answer_wait_mean", "s", "all calls", "wait for a 119 seat", lambda seen: mean(seen.column("answered_s"))
    ),
    Indicator(
        "answer_waits", "share", "all calls", "share of the calls that waited for a 119 seat",
        lambda seen: share(seen.column("answered_s") > 0),
    ),
    Indicator(
        "simultaneous", "share", "all calls", "share of the calls with another incident open at the order",
        lambda seen: share(seen.column("open_incidents") > 0),
    ),
    Indicator(
        "arrived_first", "share", "all calls", "share at which the tier arrives first",
        lambda seen: _shares_of_tiers(seen.first_tier), by="tier",
    ),
    Indicator(
        "arrived_first_fires", "share", "fires", "share at which the tier arrives first",
        lambda seen: _shares_of_tiers(seen.first_tier[seen.fires]), by="tier",
    ),
    Indicator("dispatches", "/yr", "dispatches", "units sent, by tier", _by_tier, by="tier"),
    Indicator("utilisation", "share", BRIGADE_UNITS, "time busy over that of its crews", _by_station, by="station"),
    Indicator("utilisation", "share", BRIGADE_UNITS, "share of the time busy", _by_unit, by="unit"),
    Indicator(
        "open_incidents", "share", "all calls", "share with so many others open at the order", _others_open,
        by="others",
    ),
)  # fmt: skip
