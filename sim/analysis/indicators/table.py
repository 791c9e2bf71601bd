"""The indicators of demand, service, drones, availability and losses: one entry each.

Availability is the share of incidents for which the nearest free capable unit is expected in time. Incidents are a
sample of the demand in time and place, so a share of incidents weights places and hours by demand.
"""

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sim.analysis.coverage import MAIN_URBAN
from sim.analysis.indicators.registry import Floats, Indicator, Observed, Truths, mean, share
from sim.calendar import month_of_year
from sim.terms import TIERS, TYPES

WINTER, SUMMER = (11, 0, 1), (5, 6, 7)  # months from 0
MOST_OPEN = 5  # other incidents open at once that are told apart
BRIGADE_UNITS = "units of the professional stations"
SORTIES = "incidents with a drone over them"

Groups = list[tuple[str, float]]


def _months(seen: Observed) -> NDArray[np.int64]:
    return month_of_year(seen.column("time_s"))


def _by_type(seen: Observed) -> Groups:
    return [(kind, seen.yearly(seen.kind == code)) for code, kind in enumerate(TYPES)]


def _utilisation(seen: Observed, available: float) -> float:
    return float(seen.busy_s[seen.brigade].sum() / (max(available, 1) * seen.period_s))


def _by_station(seen: Observed) -> Groups:
    crews, brigade = seen.facts.crews_by_station, seen.brigade
    away = _summed(seen.dispatches["station"].places(list(crews))[brigade], len(crews), seen.busy_s[brigade])
    return [
        (name, busy / (max(crew, 1) * seen.period_s))
        for (name, crew), busy in zip(crews.items(), away, strict=True)
    ]


def _by_unit(seen: Observed) -> Groups:
    units, brigade = seen.facts.units, seen.brigade
    away = _summed(seen.dispatches["unit"].places(units)[brigade], len(units), seen.busy_s[brigade])
    return [(name, busy / seen.period_s) for name, busy in zip(units, away, strict=True)]


def _summed(place: NDArray[np.int64], groups: int, values: Floats) -> list[float]:
    """Return the sum of the values of each group, in one pass over them."""
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(groups + 1))
    ordered = values[order]
    return [float(ordered[low:high].sum()) for low, high in pairwise(edges.tolist())]


def _shares_of_tiers(tier: NDArray[np.int64]) -> Groups:
    return [(name, share(tier == code)) for code, name in enumerate(TIERS)]


def _by_tier(seen: Observed) -> Groups:
    return [(name, seen.yearly_sent(seen.tier == code)) for code, name in enumerate(TIERS)]


def _others_open(seen: Observed) -> Groups:
    others = np.bincount(np.minimum(seen.column("open_incidents"), MOST_OPEN), minlength=MOST_OPEN + 1)
    return [
        (f"{number}+" if number == MOST_OPEN else str(number), count / seen.calls)
        for number, count in enumerate(others.tolist())
    ]


def _outcome(outcome: str) -> Callable[[Observed], float]:
    return lambda seen: seen.yearly_sent(seen.sent("outcome", outcome))


def _there(seen: Observed) -> Truths:
    return np.asarray(np.isfinite(seen.column("drone_s")))


def _ahead_min(seen: Observed) -> Floats:
    """Return by how much each drone was there before the first crew."""
    crew = np.fmin(seen.column("first_professional_s"), seen.column("first_capable_s"))
    return np.asarray((crew - seen.column("drone_s"))[_there(seen)] / 60)


def _settled(seen: Observed) -> Truths:
    return seen.text("size_up_tier").isin(["drone"])


def _size_up_gain(seen: Observed) -> float:
    gain = seen.column("size_up_gain_s")
    return mean(gain[_settled(seen) & np.isfinite(gain)] / 60)


def _operational(seen: Observed) -> Groups:
    travel_s = seen.column("free_travel_s")[seen.main_urban]  # NaN, no free unit, is out of reach
    return [(MAIN_URBAN, share(travel_s <= seen.facts.coverage.travel_s))]


def _total(seen: Observed, column: str) -> float:
    return seen.yearly(seen.column(column))


def _death_rate(seen: Observed, curve: str) -> float:
    return _total(seen, f"deaths_{curve}") / seen.facts.population * 1e5


INDICATORS: tuple[Indicator, ...] = (
    Indicator("calls", "/yr", "all calls", "calls a year", lambda seen: seen.yearly(np.ones(len(seen.kind)))),
    Indicator("fires", "/yr", "fires", "fires a year", lambda seen: seen.yearly(seen.fires)),
    Indicator(
        "fires_rural", "share", "fires", "share of the fires outside urban cells",
        lambda seen: share(~seen.facts.urban_cell[seen.column("cell")][seen.fires]),
    ),
    Indicator(
        "fires_0_6h", "share", "fires", "share of the fires called between 0 and 6 o'clock",
        lambda seen: share(seen.hour[seen.fires] < 6),
    ),
    Indicator(
        "fires_10_20h", "share", "fires", "share of the fires called between 10 and 20 o'clock",
        lambda seen: share((seen.hour[seen.fires] >= 10) & (seen.hour[seen.fires] < 20)),
    ),
    Indicator(
        "fires_dec_feb", "share", "fires", "share of the fires from December to February",
        lambda seen: share(np.isin(_months(seen)[seen.fires], WINTER)),
    ),
    Indicator(
        "social_jun_aug", "share", "calls for social assistance", "share of them from June to August",
        lambda seen: share(np.isin(_months(seen), SUMMER)[seen.text("type").isin(["social_assistance"])]),
    ),
    Indicator("calls", "/yr", "all calls", "calls a year by type", _by_type, by="type"),
    Indicator(
        "vehicles_per_call", "vehicles", "all calls", "vehicles of the fire service sent, without mutual aid",
        lambda seen: seen.counted.sum() / seen.calls,
    ),
    Indicator(
        "persons_per_call", "persons", "all calls", "persons of the fire service sent, without mutual aid",
        lambda seen: seen.dispatches["crew"][seen.counted].sum() / seen.calls,
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
        lambda seen: seen.yearly(seen.column("cover_moves")),
    ),
    Indicator(
        "second_alarms", "/yr", "all calls", "incidents with a second alarm",
        lambda seen: seen.yearly(seen.column("alarm_level") > 1),
    ),
    Indicator(
        "third_alarms", "/yr", "all calls", "incidents with a third alarm",
        lambda seen: seen.yearly(seen.column("alarm_level") > 2),
    ),
    Indicator(
        "waited_units", "/yr", "dispatches", "units sent late because nobody was free",
        lambda seen: seen.yearly_sent(seen.because("waited")),
    ),
    Indicator(
        "unit_wait_mean", "min", "units sent late", "how long their need waited",
        lambda seen: mean(seen.dispatches["waited_s"][seen.because("waited")] / 60),
    ),
    Indicator(
        "short_units", "/yr", "all calls", "units on run cards that nobody could send at once",
        lambda seen: seen.yearly(seen.column("short")),
    ),
    Indicator(
        "mutual_aid_units", "/yr", "dispatches", "units of neighbouring counties",
        lambda seen: seen.yearly_sent(seen.because("mutual_aid")),
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
    Indicator("drone_sorties", "/yr", SORTIES, "their number", lambda seen: seen.yearly(_there(seen))),
    Indicator(
        "drone_first", "share", SORTIES, "share at which it is there before the first crew",
        lambda seen: share(_ahead_min(seen) > 0),
    ),
    Indicator(
        "drone_minutes_gained", "min", SORTIES, "how long before the first crew; 0 where it is later",
        lambda seen: mean(np.maximum(_ahead_min(seen), 0.0)),
    ),
    Indicator(
        "drone_size_ups", "/yr", "all calls", "incidents whose true severity a drone reports",
        lambda seen: seen.yearly(_settled(seen)),
    ),
    Indicator(
        "drone_size_up_gain", "min", "incidents whose true severity a drone reports",
        "how much later the first crew would have reported", _size_up_gain,
    ),
    Indicator(
        "drone_runs_saved", "/yr", "dispatches", "units recalled that would have arrived before the first crew's report",
        lambda seen: seen.yearly(seen.column("runs_saved")),
    ),
    Indicator(
        "nearest_busy", "share", "all calls", "share of which the nearest capable unit was not free",
        lambda seen: share(~(seen.column("free_min") <= seen.column("nearest_min") + 1e-9)),
    ),
    Indicator(
        "cover_free_{limit:g}", "share", "all calls", "share with a free capable unit expected within the limit",
        lambda seen, limit: share(seen.column("free_min") <= limit),
    ),
    Indicator(
        "cover_static_{limit:g}", "share", "all calls", "the same had every unit been free",
        lambda seen, limit: share(seen.column("nearest_min") <= limit),
    ),
    Indicator(
        "coverage_operational", "share", "calls in the main urban area",
        "share with a free professional unit within reach", _operational, by="area",
    ),
    Indicator(
        "burnt_area_mean", "m2", "fires", "burnt area of a fire",
        lambda seen: mean(seen.column("burnt_m2")[seen.fires]),
    ),
    Indicator("burnt_area", "m2/yr", "fires", "burnt area", partial(_total, column="burnt_m2")),
    Indicator("loss", "CNY/yr", "fires", "direct loss", partial(_total, column="loss_cny")),
    Indicator(
        "loss_mean", "CNY", "fires", "direct loss of a fire", lambda seen: mean(seen.column("loss_cny")[seen.fires])
    ),
    *(
        indicator
        for curve in ("a", "b", "c")
        for indicator in (
            Indicator(
                f"deaths_{curve}", "/yr", "fires", f"expected deaths, risk curve {curve.upper()}",
                partial(_total, column=f"deaths_{curve}"),
            ),
            Indicator(
                f"death_rate_{curve}", "/100k/yr", "fires", f"the same per 100,000 residents, risk curve {curve.upper()}",
                partial(_death_rate, curve=curve),
            ),
        )
    ),
)  # fmt: skip
