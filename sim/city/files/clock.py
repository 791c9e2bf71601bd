"""Times of a log: formats, midnight, daylight saving. Every time that cannot be read or be true is counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.city.files.audit import Audit

STEPS = ("call", "ordered", "turned_out", "arrived", "released")  # in the order in which they happen
FIRST_YEAR, LAST_YEAR = 1970, 2100  # of a time of a log
MIDNIGHT_S = 43_200.0  # a clock that goes back by more has passed midnight (m_city_midnight)
LONGEST_S = {  # a step that takes longer is a mistake of the log, not of the service (m_city_longest_*)
    ("call", "ordered"): 3600.0, ("ordered", "turned_out"): 1800.0, ("turned_out", "arrived"): 7200.0,
    ("ordered", "arrived"): 7200.0, ("arrived", "released"): 86_400.0, ("ordered", "released"): 90_000.0,
}  # fmt: skip


def read(texts: pd.Series[Any], formats: Sequence[str], column: str, audit: Audit) -> pd.Series[Any]:
    """Return times without a zone, missing where a cell is empty or in none of the formats."""
    texts = texts.astype("string").str.strip()
    given = texts.notna() & (texts != "")
    found = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns]")
    for form in formats:
        parsed = pd.to_datetime(texts.where(given & found.isna()), format=form, errors="coerce")
        parsed = parsed.where(parsed.dt.year.between(FIRST_YEAR, LAST_YEAR))
        found = found.fillna(parsed.astype("datetime64[ns]"))
    wrong = given & found.isna()
    audit.count(wrong, f"{column}: time in none of the formats", "time left out", texts)
    return found


def over_midnight(times: pd.DataFrame) -> pd.DataFrame:
    """Add a day to clocks that have passed midnight since the step before; the date is that of the first step."""
    before, result = None, {}
    for step in [step for step in STEPS if step in times]:
        now = times[step]
        if before is not None:
            back = (before - now).where(before.notna() & now.notna())
            back_s = pd.Series(back).dt.total_seconds() - MIDNIGHT_S
            days = np.ceil(back_s / 86_400).clip(lower=0).fillna(0)
            now = now + pd.to_timedelta(days, unit="D")
        result[step] = now
        before = now if before is None else now.fillna(before)
    return pd.DataFrame(result)


def in_zone(times: pd.DataFrame, zone: str, audit: Audit) -> pd.DataFrame:
    """Return the times in UTC. The hour that daylight saving repeats is its first, unless the order of steps says so."""
    result: dict[str, pd.Series[Any]] = {}
    before: pd.Series[Any] | None = None
    for step in times:
        local = times[step]
        first = local.dt.tz_localize(zone, ambiguous=np.ones(len(local), bool), nonexistent="NaT")
        second = local.dt.tz_localize(zone, ambiguous=np.zeros(len(local), bool), nonexistent="NaT")
        audit.count(
            local.notna() & first.isna(),
            f"{step}: an hour that daylight saving leaves out",
            "time left out",
            local,
        )
        audit.count(
            (first != second) & first.notna(), f"{step}: an hour that daylight saving repeats", "kept", local
        )
        first, second = first.dt.tz_convert("UTC"), second.dt.tz_convert("UTC")
        now = first if before is None else first.where(~(first < before), second)
        before = now if before is None else now.fillna(before)
        result[str(step)] = now
    return pd.DataFrame(result)


def plausible(times: pd.DataFrame, audit: Audit) -> pd.DataFrame:
    """Leave out times that go backwards or are absurdly late; the order itself is kept."""
    times = times.copy()
    for step in [step for step in ("call", "turned_out", "arrived", "released") if step in times]:
        for other in STEPS[: STEPS.index(step)] if step != "call" else ("ordered",):
            if other not in times:
                continue
            first, last = (step, other) if step == "call" else (other, step)
            took_s = (times[last] - times[first]).dt.total_seconds()
            audit.count(took_s < 0, f"{last}: before {first}", f"{step} left out", times[step])
            longest = LONGEST_S.get((first, last), np.inf)
            audit.count(
                took_s > longest,
                f"{last}: more than {longest / 60:.0f} min after {first}",
                f"{step} left out",
                times[step],
            )
            times[step] = times[step].where(~((took_s < 0) | (took_s > longest)))
    return times
