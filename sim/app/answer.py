"""The answer so far as words: each number with its interval, never with more digits than are known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis import statistics
from sim.plots.labels import TIERS, label, shown
from sim.reports.report_runs import Language, said, unit_said

TIMES = (
    "first_arrival_mean", "first_capable_mean", "first_capable_p90", "first_capable_within_10", "first_capable_within_15",
    "first_professional_mean", "first_water_mean", "full_force_mean",
)  # fmt: skip
OUTCOMES = (
    "deaths_a", "deaths_b", "deaths_c", "loss", "vehicles_per_call", "persons_per_call", "utilisation",
)  # fmt: skip
LEAST_MIN = 0.05  # of a time, in minutes
TABS = {"times": [(kpi, "all", "all") for kpi in TIMES], "outcomes": [(kpi, "all", "all") for kpi in OUTCOMES],
        "who": [("arrived_first", "tier", tier) for tier in TIERS]}  # fmt: skip
FEWER_IS_BETTER = ("mean", "p90", "deaths", "loss")
ON_MAP = "first_capable_mean"
MOST_DECIMALS = 2
FINE = 3.0  # a half-width that begins with 1 or 2 has two figures, others one
NONE = "–"
Floats = NDArray[np.float64]
Sides = Sequence[list[pd.DataFrame]]  # a table a replication, without and with the changes


def of(tables: Sides, names: Sequence[str], language: Language) -> dict[str, Any]:
    """Return the rows of each tab, the townships of the map and the headline."""
    sides = [values(side) for side in tables]
    units = dict(
        zip(
            map(tuple, tables[0][0][["kpi", "by", "group"]].to_numpy()),
            tables[0][0]["unit"],
            strict=True,
        )
    )
    found: dict[str, Any] = {
        tab: [row for key in keys if (row := _row(key, sides, units, language))] for tab, keys in TABS.items()
    }
    keys = [(ON_MAP, "township", name) for name in names]
    found["map"] = on_map(picked(sides[0], keys), picked(sides[1], keys))
    found["headline"] = next(row for row in found["times"] if row["key"] == ON_MAP)
    return found


def on_map(before: Floats, after: Floats) -> list[Any]:
    """Return the change of each area: minutes, whether it is clear, and in words."""
    difference = statistics.paired(after, before)
    low, high = difference.interval()
    return [
        None if math.isnan(d) else [round(d, 2), _clear(a, b), change(d, (b - a) / 2)]
        for d, a, b in zip(difference.difference.tolist(), low.tolist(), high.tolist(), strict=True)
    ]


def values(tables: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the indicators of the page, a row each and a column a replication."""
    wanted = {kpi for keys in TABS.values() for kpi, _, _ in keys}
    kept = [
        table[table["kpi"].isin(wanted) & table["by"].isin(["all", "tier", "township"])] for table in tables
    ]
    return pd.concat(kept).pivot_table(
        index=["kpi", "by", "group"], columns="replication", values="value", observed=True
    )


def picked(values: pd.DataFrame, keys: list[tuple[str, str, str]]) -> Any:
    """Return the values of these indicators, (keys, replications)."""
    return values.reindex(pd.MultiIndex.from_tuples(keys)).to_numpy()


def _row(
    key: tuple[str, str, str], sides: list[pd.DataFrame], units: dict[Any, str], language: Language
) -> dict[str, Any] | None:
    if key not in units:
        return None
    unit, factor = shown(units[key])
    before, after = (factor * picked(side, [key])[0] for side in sides)
    group = key[2] if key[1] == "tier" else key[0]
    name, shown_unit = said(label(group), language), "" if unit == "-" else unit_said(unit, language)
    return compared(group, name, shown_unit, before, after, judged=key[0] in (*TIMES, *OUTCOMES[:4]))


def compared(
    key: str, name: str, unit: str, before: Floats, after: Floats, *, judged: bool = True
) -> dict[str, Any]:
    """Return an indicator's row from its values without and with the changes, a replication each."""
    paired = statistics.paired(after, before)
    low, high = (float(end) for end in paired.interval())
    fewer = any(word in key for word in FEWER_IS_BETTER)
    gain = (before - after) if fewer else (after - before)
    middle, half = float(paired.difference), (high - low) / 2
    return {
        "key": key,
        "name": name,
        "unit": unit,
        "before": _mean(before),
        "after": _mean(after),
        "change": change(middle, half),
        "low": change(low, half) if half else NONE,
        "high": change(high, half) if half else NONE,
        "clear": _clear(low, high),
        "small": abs(middle) < LEAST_MIN,  # nobody would notice
        "good": middle < 0 if fewer else middle > 0,
        "judged": judged,
        "better": int((gain > 0).sum()),
        "same": bool((gain == 0).all()),
        "n": int(np.isfinite(gain).sum()),
    }  # fmt: skip


def _clear(low: float, high: float) -> bool:
    return bool(low > 0 or high < 0)


def _mean(values: Any) -> str:
    found = statistics.student(values)
    mean, half = float(found.estimate), float(found.half_width)
    return f"{digits(mean, half)} ± {digits(half, half)}" if half > 0 else digits(mean, half)


def change(value: float, half: float) -> str:
    """Write a change with its sign."""
    text = digits(value, half)
    return text if text.strip("0.,") == "" or text.startswith("−") or text == NONE else f"+{text}"


def digits(value: float, half: float) -> str:
    """Write a number as precisely as its half-width allows; two figures of it where there is none."""
    if not math.isfinite(value):
        return NONE
    size = half if half > 0 else abs(value) / 10
    if not (size > 0 and math.isfinite(size)):
        size = 1.0
    decimals = -math.floor(math.log10(size))
    if half > 0 and size * 10**decimals < FINE:  # one figure of 1.4 would be rounded by a third
        decimals += 1
    decimals = min(MOST_DECIMALS, decimals)
    text = f"{round(value, decimals):,.{max(decimals, 0)}f}".replace("-", "−")
    return text.removeprefix("−") if text.strip("−0.,") == "" else text
