"""Indicators: what a replication says as numbers, and their means with 95 % intervals over replications.

Tidy all the way: a value is (kpi, by, group, unit, value). `by` says what the incidents are divided by, `group`
which part it is; by=all is everything. Quantiles interpolate linearly. Shares count an arrival that never came as late.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis import coverage as cover
from sim.analysis.accumulator import Tally
from sim.analysis.outcome import chance_of_target
from sim.analysis.statistics import student
from sim.calendar import DAY_S, YEAR_DAYS, hour_of_day, month_of_year, whole_hour
from sim.config.groups.coverage import CoverageConfig
from sim.config.groups.outcome import OutcomeConfig
from sim.terms import BRIGADE, FIRE_TYPES, RESCUE_TYPES, SETTINGS, TIER_TABLE, TIERS, TYPES
from sim.world.forces import Forces
from sim.world.region import Region

Floats = NDArray[np.float64]
Value = tuple[str, str, str, str, float]

# Milestones measured from the call, in the order in which they happen.
MILESTONES = {
    "first_arrival": "first arrival of any tier",
    "first_capable": "first capable arrival",
    "first_professional": "first professional arrival",
    "first_water": "first water on a fire",
    "full_force": "effective response force complete",
}
HEADLINE = (
    "first_arrival_mean", "first_arrival_p90", "first_capable_mean", "first_capable_p90", "first_professional_mean",
    "first_professional_p90", "first_water_mean", "first_capable_within_15", "vehicles_per_call", "persons_per_call",
    "utilisation", "loss", "deaths_a", "deaths_b", "deaths_c",
)  # fmt: skip
FIRE_SERVICE_TIERS = [
    tier.name for tier in TIER_TABLE if tier.fire_service
]  # those whose vehicles and persons the statistics count
MOST_OPEN = 5  # other incidents open at once that are told apart


@dataclass(frozen=True)
class Facts:
    """What the indicators need to know of the world."""

    days: int
    population: float
    urban_cell: NDArray[np.bool_]
    units_by_station: dict[str, int]  # professional stations
    units: tuple[str, ...]  # their units
    crews_by_station: dict[str, float]  # crews on duty, expected
    outcome: OutcomeConfig
    main_urban_cell: NDArray[np.bool_]
    coverage: CoverageConfig

    @classmethod
    def of(
        cls, days: int, region: Region, forces: Forces, outcome: OutcomeConfig, coverage: CoverageConfig
    ) -> Facts:
        """Return the facts of a world."""
        stations = {
            forces.stations[index].name: len(forces.units_of[index])
            for index in forces.by_tier[BRIGADE].tolist()
        }
        units = tuple(
            forces.units[unit].name
            for index in forces.by_tier[BRIGADE].tolist()
            for unit in forces.units_of[index]
        )
        crews = {
            station.name: (station.roster * station.presence + 2) // forces.crew_per_vehicle
            for station in (forces.stations[index] for index in forces.by_tier[BRIGADE].tolist())
        }
        cells = region.cells
        return cls(
            days, region.population, cells.urban, stations, units, crews, outcome, cells.main_urban, coverage
        )


def measure(incidents: pd.DataFrame, dispatches: pd.DataFrame, facts: Facts) -> pd.DataFrame:
    """Return the indicator values of one replication: kpi, by, group, unit, value."""
    values: list[Value] = []
    sorted_times = {name: _sorted_minutes(incidents[f"{name}_s"]) for name in MILESTONES}
    for by, groups, codes in _groupings(incidents, facts.main_urban_cell):
        for name, (rows, minutes) in sorted_times.items():
            values += _times(name, rows, minutes, by, groups, codes, facts.outcome.within_min)
    values += _demand(incidents, facts)
    values += _service(incidents, dispatches, facts)
    values += _cover(incidents, facts)
    values += _outcomes(incidents, facts)
    return pd.DataFrame(values, columns=["kpi", "by", "group", "unit", "value"])


def summarise(values: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 95 % Student interval over replications of every indicator, in the order met first."""
    tally = Tally()
    for _, part in values.groupby("replication", sort=False):
        tally.add(part)
    return tally.summary()


def target_rows(tally: Tally, facts: Facts) -> pd.DataFrame:
    """Return, by risk curve, the chance of staying below the plan's death rate over 1, 3 and 5 years.

    Deaths are Poisson about the mean over replications: a year has about two deaths, so that one year
    says next to nothing about the mean.
    """
    rows = []
    for curve in ("a", "b", "c"):
        chosen = tally.over(f"deaths_{curve}", "all")
        if not len(chosen):
            continue
        interval = student(chosen)
        points = np.array([interval.estimate, interval.high, interval.low], dtype=np.float64)
        for years in (1, 3, 5):
            mean, low, high = chance_of_target(
                np.maximum(points, 0.0), facts.population, facts.outcome.target_rate, years
            )
            rows.append(
                (f"target_chance_{curve}", "years", str(years), "share", mean, low, high, len(chosen))
            )
    return pd.DataFrame(rows, columns=["kpi", "by", "group", "unit", "mean", "low", "high", "replications"])


def _groupings(
    incidents: pd.DataFrame, main_urban_cell: NDArray[np.bool_]
) -> Iterator[tuple[str, Sequence[str], NDArray[np.int64]]]:
    """Yield (by, names of the groups, group of each incident, -1 for none)."""
    kind = _codes(incidents["type"], TYPES)
    category = np.select([kind < len(FIRE_TYPES), kind < len(FIRE_TYPES + RESCUE_TYPES)], [0, 1], 2)
    yield "all", ["all"], np.zeros(len(incidents), dtype=np.int64)
    yield "category", ["fire", "rescue", "other"], category
    setting = _codes(incidents["setting"], SETTINGS)
    yield "setting", SETTINGS, setting
    fire_setting = [f"fire {name}" for name in SETTINGS]
    yield "fire_setting", fire_setting, np.where(category == 0, setting, -1)
    yield "type", TYPES, kind
    yield "area", [cover.MAIN_URBAN], np.where(main_urban_cell[incidents["cell"].to_numpy()], 0, -1)
    for by in ("county", "township"):
        codes, names = pd.factorize(incidents[by], sort=True)
        yield by, [str(name) for name in names], codes.astype(np.int64)
    hour = whole_hour(incidents["time_s"].to_numpy())
    yield "hour", [f"{hour:02d}" for hour in range(24)], hour


def _sorted_minutes(seconds: pd.Series) -> tuple[NDArray[np.int64], Floats]:
    """Return the rows where something happened, the earliest first, and its minutes."""
    minutes = seconds.to_numpy(dtype=np.float64) / 60
    rows = np.flatnonzero(np.isfinite(minutes))
    rows = rows[np.argsort(minutes[rows], kind="stable")]
    return rows, minutes[rows]


def _times(
    name: str,
    rows: NDArray[np.int64],
    minutes: Floats,
    by: str,
    groups: Sequence[str],
    codes: NDArray[np.int64],
    within: Sequence[float],
) -> list[Value]:
    """Return mean, median, 90th percentile and shares within limits of one milestone, for every group at once.

    `rows` and `minutes` are those of the incidents that reached it, in order of time; `codes` are of all incidents.
    """
    size = len(groups)
    total = np.bincount(codes[codes >= 0], minlength=size)
    code = codes[rows]
    known = code >= 0
    code, time = code[known], minutes[known]
    small = np.int16 if size <= np.iinfo(np.int16).max else np.int64  # numpy sorts short numbers in one pass
    order = np.argsort(code.astype(small), kind="stable")
    code, time = code[order], time[order]
    count = np.bincount(code, minlength=size)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    with np.errstate(invalid="ignore", divide="ignore"):
        statistics = {"mean": np.bincount(code, time, minlength=size) / count}
        statistics["median"] = _quantile(time, start, count, 0.5)
        statistics["p90"] = _quantile(time, start, count, 0.9)
        shares = {
            f"within_{limit:g}": np.bincount(code[time <= limit], minlength=size) / total for limit in within
        }
    found = []
    for unit, table in (("min", statistics), ("share", shares)):
        for statistic, column in table.items():
            found += [
                (f"{name}_{statistic}", by, group, unit, value)
                for group, value, there in zip(groups, column.tolist(), total.tolist(), strict=True)
                if there or by not in ("county", "township")
            ]
    return found


def _quantile(time: Floats, start: NDArray[np.int64], count: NDArray[np.int64], q: float) -> Floats:
    """Return quantiles of sorted runs of `time`, NaN for empty ones."""
    position = q * np.maximum(count - 1, 0)
    low = np.floor(position).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    if not len(time):
        return np.full(len(count), np.nan)
    last = len(time) - 1
    lower, upper = time[np.minimum(start + low, last)], time[np.minimum(start + high, last)]
    return np.asarray(np.where(count > 0, lower + (upper - lower) * (position - low), np.nan))


def _demand(incidents: pd.DataFrame, facts: Facts) -> list[Value]:
    year = YEAR_DAYS / facts.days
    fires = incidents["type"].isin(FIRE_TYPES).to_numpy()
    hour = hour_of_day(incidents["time_s"].to_numpy())
    rural = ~facts.urban_cell[incidents["cell"].to_numpy()]
    month = month_of_year(incidents["time_s"].to_numpy())
    values = [
        ("calls", "all", "all", "/yr", len(incidents) * year),
        ("fires", "all", "all", "/yr", fires.sum() * year),
        ("fires_rural", "all", "all", "share", _share(rural[fires])),
        ("fires_0_6h", "all", "all", "share", _share(hour[fires] < 6)),
        ("fires_10_20h", "all", "all", "share", _share((hour[fires] >= 10) & (hour[fires] < 20))),
        ("fires_dec_feb", "all", "all", "share", _share(np.isin(month[fires], (11, 0, 1)))),
        ("social_jun_aug", "all", "all", "share",
         _share(np.isin(month, (5, 6, 7))[(incidents["type"] == "social_assistance").to_numpy()])),
    ]  # fmt: skip
    counts = incidents["type"].value_counts()
    values += [("calls", "type", kind, "/yr", float(counts.get(kind, 0)) * year) for kind in TYPES]
    return values


def _service(incidents: pd.DataFrame, dispatches: pd.DataFrame, facts: Facts) -> list[Value]:
    calls = max(len(incidents), 1)
    year = YEAR_DAYS / facts.days
    tier = _codes(dispatches["tier"], TIERS)
    outside = (dispatches["reason"] == "mutual_aid").to_numpy()
    counted = np.isin(tier, [TIERS.index(name) for name in FIRE_SERVICE_TIERS]) & ~outside
    crew = dispatches["crew"].to_numpy()
    busy = (dispatches["ready_s"] - dispatches["dispatched_s"]).fillna(0.0).to_numpy()
    brigade = (tier == TIERS.index(BRIGADE)) & ~outside
    period = facts.days * DAY_S
    units = max(sum(facts.units_by_station.values()), 1)
    crews = max(sum(facts.crews_by_station.values()), 1)
    waited = (dispatches["reason"] == "waited").to_numpy()
    answer = incidents["answered_s"].to_numpy()
    values: list[Value] = [
        ("vehicles_per_call", "all", "all", "vehicles", counted.sum() / calls),
        ("persons_per_call", "all", "all", "persons", crew[counted].sum() / calls),
        ("utilisation", "all", "all", "share", busy[brigade].sum() / (crews * period)),
        ("utilisation_vehicles", "all", "all", "share", busy[brigade].sum() / (units * period)),
        ("recalled_units", "all", "all", "/yr", (dispatches["outcome"] == "recalled").sum() * year),
        ("withdrawn_units", "all", "all", "/yr", (dispatches["outcome"] == "withdrawn").sum() * year),
        ("cover_moves", "all", "all", "/yr", incidents["cover_moves"].sum() * year),
        ("second_alarms", "all", "all", "/yr", (incidents["alarm_level"] > 1).sum() * year),
        ("third_alarms", "all", "all", "/yr", (incidents["alarm_level"] > 2).sum() * year),
        ("waited_units", "all", "all", "/yr", waited.sum() * year),
        ("unit_wait_mean", "all", "all", "min", _mean(dispatches["waited_s"].to_numpy()[waited] / 60)),
        ("short_units", "all", "all", "/yr", incidents["short"].sum() * year),
        ("mutual_aid_units", "all", "all", "/yr", outside.sum() * year),
        ("answer_wait_mean", "all", "all", "s", _mean(answer)),
        ("answer_waits", "all", "all", "share", _share(answer > 0)),
        ("simultaneous", "all", "all", "share", _share(incidents["open_incidents"].to_numpy() > 0)),
    ]
    first = _codes(incidents["first_arrival_tier"], TIERS)
    fires = incidents["type"].isin(FIRE_TYPES).to_numpy()
    for code, name in enumerate(TIERS):
        values.append(("arrived_first", "tier", name, "share", _share(first == code)))
        values.append(("arrived_first_fires", "tier", name, "share", _share(first[fires] == code)))
        values.append(("dispatches", "tier", name, "/yr", (tier == code).sum() * year))
    away = _summed(dispatches["station"][brigade], list(facts.crews_by_station), busy[brigade])
    for (name, number), hours in zip(facts.crews_by_station.items(), away, strict=True):
        values.append(("utilisation", "station", name, "share", hours / (max(number, 1) * period)))
    away = _summed(dispatches["unit"][brigade], facts.units, busy[brigade])
    values += [
        ("utilisation", "unit", name, "share", hours / period)
        for name, hours in zip(facts.units, away, strict=True)
    ]
    others = np.bincount(
        np.minimum(incidents["open_incidents"].to_numpy(), MOST_OPEN), minlength=MOST_OPEN + 1
    )
    for number, count in enumerate(others.tolist()):
        name = f"{number}+" if number == MOST_OPEN else str(number)
        values.append(("open_incidents", "others", name, "share", count / calls))
    return values + _drones(incidents, year)


def _codes(column: pd.Series, names: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each value among `names`, -1 for others and for none."""
    return np.asarray(pd.Index(list(names)).get_indexer_for(pd.Index(column)), dtype=np.int64)


def _summed(group: pd.Series, names: Sequence[str], values: Floats) -> list[float]:
    """Return the sum of the values of each named group, in one pass over them."""
    place = _codes(group, names)
    order = np.argsort(place, kind="stable")
    edges = np.searchsorted(place[order], np.arange(len(names) + 1))
    ordered = values[order]
    return [float(ordered[low:high].sum()) for low, high in pairwise(edges.tolist())]


def _drones(incidents: pd.DataFrame, year: float) -> list[Value]:
    drone = incidents["drone_s"].to_numpy()
    there = np.isfinite(drone)
    crew = np.fmin(incidents["first_professional_s"].to_numpy(), incidents["first_capable_s"].to_numpy())
    gained = (crew - drone)[there] / 60
    settled = (incidents["size_up_tier"] == "drone").to_numpy()
    reported = np.isfinite(incidents["size_up_gain_s"].to_numpy())
    return [
        ("drone_sorties", "all", "all", "/yr", there.sum() * year),
        ("drone_first", "all", "all", "share", _share(gained > 0)),
        ("drone_minutes_gained", "all", "all", "min", _mean(np.maximum(gained, 0.0))),
        ("drone_size_ups", "all", "all", "/yr", settled.sum() * year),
        (
            "drone_size_up_gain",
            "all",
            "all",
            "min",
            _mean(incidents["size_up_gain_s"].to_numpy()[settled & reported] / 60),
        ),
        ("drone_runs_saved", "all", "all", "/yr", incidents["runs_saved"].sum() * year),
    ]


def _cover(incidents: pd.DataFrame, facts: Facts) -> list[Value]:
    """Return cover as lived: is the nearest capable unit that is free expected in time.

    Incidents are a sample of the demand in time and place, so the share of them is demand-weighted.
    """
    free, nearest = incidents["free_min"].to_numpy(), incidents["nearest_min"].to_numpy()
    values: list[Value] = [("nearest_busy", "all", "all", "share", _share(~(free <= nearest + 1e-9)))]
    for limit in facts.outcome.within_min:
        values.append((f"cover_free_{limit:g}", "all", "all", "share", _share(free <= limit)))
        values.append((f"cover_static_{limit:g}", "all", "all", "share", _share(nearest <= limit)))
    central = facts.main_urban_cell[incidents["cell"].to_numpy()]
    share = cover.lived(incidents["free_travel_s"].to_numpy()[central], facts.coverage.travel_s)
    values.append(("coverage_lived", "area", cover.MAIN_URBAN, "share", share))
    return values


def _outcomes(incidents: pd.DataFrame, facts: Facts) -> list[Value]:
    year = YEAR_DAYS / facts.days
    fires = incidents["type"].isin(FIRE_TYPES).to_numpy()
    burnt, loss = incidents["burnt_m2"].to_numpy(), incidents["loss_cny"].to_numpy()
    values: list[Value] = [
        ("burnt_area_mean", "all", "all", "m2", _mean(burnt[fires])),
        ("burnt_area", "all", "all", "m2/yr", float(np.nansum(burnt)) * year),
        ("loss", "all", "all", "CNY/yr", float(np.nansum(loss)) * year),
        ("loss_mean", "all", "all", "CNY", _mean(loss[fires])),
    ]
    for curve in ("a", "b", "c"):
        deaths = float(np.nansum(incidents[f"deaths_{curve}"].to_numpy())) * year
        values.append((f"deaths_{curve}", "all", "all", "/yr", deaths))
        values.append((f"death_rate_{curve}", "all", "all", "/100k/yr", deaths / facts.population * 1e5))
    return values


def _share(condition: NDArray[np.bool_]) -> float:
    return float(np.mean(condition)) if len(condition) else float("nan")


def _mean(values: Floats) -> float:
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")
