"""Response times: mean, median, 90th percentile and shares within limits of each milestone, for groups of incidents.

All are over the same incidents in every year: a time that never came, or came later, counts as 60 minutes (restricted
means), and as late in the shares. Water is asked of fires alone. Quantiles interpolate linearly.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from sim.analysis.coverage import MAIN_URBAN
from sim.analysis.indicators.registry import Floats, Observed, Value
from sim.calendar import DAY_HOURS, whole_hour
from sim.terms import FIRE_TYPES, LIFE_RISK, RESCUE_TYPES, SETTINGS, TYPES

# Milestones measured from the call, in the order in which they happen. One more entry is one more of each statistic.
MILESTONES = {
    "first_arrival": "first arrival of any tier",
    "first_capable": "first capable arrival",
    "first_professional": "first professional arrival",
    "first_water": "first water on a fire",
    "trained_water": "water by a trained crew, fires",
    "full_force": "effective response force complete",
}
OF_FIRES = ("first_water", "trained_water")
# A split of the incidents: by what, names of the groups, group of each incident or -1.
Grouping = tuple[str, Sequence[str], NDArray[np.int64]]
ROWS_AT_ONCE = 200_000  # of incidents times groupings, which bounds the memory
CUT_MIN = 60.0  # a time that never came counts as this


def response_times(seen: Observed) -> Iterator[Value]:
    """Yield the statistics of every milestone, for every group of incidents."""
    everywhere = np.ones(len(seen.kind), dtype=np.bool_)
    sorted_times = {
        name: _sorted_minutes(seen.column(f"{name}_s"), seen.fires if name in OF_FIRES else everywhere)
        for name in MILESTONES
    }
    groupings, at_once = list(_groupings(seen)), max(1, ROWS_AT_ONCE // max(len(everywhere), 1))
    for some in (groupings[place : place + at_once] for place in range(0, len(groupings), at_once)):
        yield from _statistics(some, sorted_times, seen.facts.outcome.within_min)


def _statistics(
    groupings: Sequence[Grouping],
    sorted_times: dict[str, tuple[NDArray[np.int64], Floats]],
    within: Sequence[float],
) -> Iterator[Value]:
    """Yield the statistics for some groupings: the groups of all lie beside each other, one pass a milestone."""
    first = np.cumsum([0, *(len(groups) for _, groups, _ in groupings)]).tolist()
    shifted = [np.where(of >= 0, of + start, -1) for (_, _, of), start in zip(groupings, first, strict=False)]
    group = np.stack(shifted)
    tables = [
        _times(name, rows, minutes, group, first[-1], within)
        for name, (rows, minutes) in sorted_times.items()
    ]
    for (by, groups, _), start in zip(groupings, first, strict=False):
        for table in tables:
            for (statistic, unit), values in table.items():
                yield from zip(repeat(statistic), repeat(by), groups, repeat(unit), values[start:])


def _groupings(seen: Observed) -> Iterator[Grouping]:
    """Yield the splits of the incidents."""
    kind = seen.kind
    category = np.select([kind < len(FIRE_TYPES), kind < len(FIRE_TYPES + RESCUE_TYPES)], [0, 1], 2)
    yield "all", ["all"], np.zeros(len(kind), dtype=np.int64)
    yield "category", ["fire", "rescue", "other"], category
    yield "risk", ["life_risk"], np.where(np.isin(kind, [TYPES.index(name) for name in LIFE_RISK]), 0, -1)
    setting = seen.text("setting").places(SETTINGS)
    yield "setting", SETTINGS, setting
    fire_setting = [f"fire {name}" for name in SETTINGS]
    yield "fire_setting", fire_setting, np.where(category == 0, setting, -1)
    yield "type", TYPES, kind
    yield "area", [MAIN_URBAN], np.where(seen.main_urban, 0, -1)
    for by in ("county", "township"):
        yield by, *seen.text(by).present()
    hour = whole_hour(seen.column("time_s"))
    yield "hour", [f"{hour:02d}" for hour in range(DAY_HOURS)], hour


def _sorted_minutes(seconds: Floats, asked: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Floats]:
    """Return the rows of which a time is asked, the earliest first, and its minutes, cut."""
    minutes = np.fmin(seconds / 60, CUT_MIN)  # what never came is NaN
    rows = np.flatnonzero(asked)
    rows = rows[np.argsort(minutes[rows], kind="stable")]
    return rows, minutes[rows]


def _times(
    name: str,
    rows: NDArray[np.int64],
    minutes: Floats,
    group_of: NDArray[np.int64],
    size: int,
    within: Sequence[float],
) -> dict[tuple[str, str], list[float]]:
    """Return mean, median, 90th percentile and shares within limits of one milestone, by statistic and unit.

    Each has a value for each of the `size` groups. `rows` and `minutes` are those of the incidents of which it is
    asked, in order of time; `group_of`, (groupings, incidents), is of all, -1 for none.
    """
    code = group_of[:, rows].ravel()
    time = np.tile(minutes, len(group_of))
    known = code >= 0
    code, time = code[known], time[known]
    small = np.int16 if size <= np.iinfo(np.int16).max else np.int64  # numpy sorts short numbers in one pass
    order = np.argsort(code.astype(small), kind="stable")
    code, time = code[order], time[order]
    count = np.bincount(code, minlength=size)
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    found: dict[tuple[str, str], list[float]] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        found[f"{name}_mean", "min"] = (np.bincount(code, time, minlength=size) / count).tolist()
        found[f"{name}_median", "min"] = _quantile(time, start, count, 0.5).tolist()
        found[f"{name}_p90", "min"] = _quantile(time, start, count, 0.9).tolist()
        for limit in within:
            share = np.bincount(code[time <= limit], minlength=size) / count
            found[f"{name}_within_{limit:g}", "share"] = share.tolist()
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
