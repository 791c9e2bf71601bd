"""Fit the choice of unit: how often a unit is unavailable, and how far the choice departs from the expected times.

Both are estimated from which station's unit arrived first. If a much farther station often replaces the own one, its
units were unavailable; if only an almost equally near one does, the dispatcher knew more than the log. The own station
(that of the ground where the log names it, else the nearest) may have a lead. The log's own incidents make units busy;
the rest is estimated here, by simulated moments.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.city.files import hours
from sim.city.files.folder import Folder
from sim.demand.streams import Streams

Floats = NDArray[np.float64]
LEADS_S = (0.0, 15.0, 30.0, 60.0, 100.0, 150.0)
SPREADS_S = (0.0, 10.0, 20.0, 30.0, 45.0, 60.0, 80.0, 100.0, 130.0, 160.0)
SHARES = np.array([0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4])  # of a unit's time
PLAIN = 3e-6  # a second of lead or spread costs so much: of what the log cannot tell apart, the plainest
LISTED, MOST_UNITS = 10, 4
DRAWS = 12  # of each incident
GAPS = 4  # groups of incidents by how much farther the second station is
BLOCK_H = 4
MOST_INCIDENTS = 6000


class Choice(NamedTuple):
    """What was fitted."""

    choice_s: float
    own_s: float
    absent: Floats  # (24,) share by hour


class _Seen(NamedTuple):
    """The first engine of each incident: expected times of the nearest stations, their free units, which one came."""

    expected_s: Floats  # (incidents, listed), the nearest first
    free: NDArray[np.int64]  # units on duty that the log's incidents leave free
    came: NDArray[np.int64]  # place in the list
    second: NDArray[np.int64]  # place of the second engine, -1 where there is none
    block: NDArray[np.int64]  # of the day
    gap: NDArray[np.int64]  # group by how much sooner the own station is than the best of the others
    own: NDArray[np.int64]  # place of the own station


def fit(folder: Folder, table: pd.DataFrame, expected_s: Floats) -> Choice:
    """Return absences and spread that come nearest to who came in the log."""
    seen = _seen(folder, table, expected_s)
    if seen is None:
        return Choice(0.0, 0.0, np.zeros(24))
    generator = Streams(0, 0).get("city.choice")
    marks = generator.random((DRAWS, *seen.free.shape, MOST_UNITS))
    noise = generator.standard_normal((DRAWS, *seen.free.shape))
    best = (np.inf, 0.0, 0.0, np.zeros(24 // BLOCK_H))
    blocks = range(24 // BLOCK_H)
    came_own = seen.came == seen.own
    real = _moments(seen, came_own[None], _same(seen.came, seen.second)[None])
    wanted = np.array([came_own[seen.block == block].mean() for block in blocks])
    for lead in LEADS_S:
        for spread in SPREADS_S:
            levels = [
                _chosen(seen, lead, spread, share, marks[:4], noise[:4])[0] == seen.own for share in SHARES
            ]
            near = np.array([[each[:, seen.block == block].mean() for block in blocks] for each in levels])
            share = np.array([np.interp(-wanted[block], -near[:, block], SHARES) for block in blocks])
            first, second = _chosen(seen, lead, spread, share[seen.block][None, :, None, None], marks, noise)
            made = _moments(seen, first == seen.own, np.where(seen.second >= 0, _same(first, second), np.nan))
            off = float(np.nansum((made - real) ** 2)) + PLAIN * (lead + spread)
            if off < best[0]:
                best = (off, spread, lead, share)
    return Choice(best[1], best[2], np.repeat(best[3], BLOCK_H))


def _same(first: NDArray[np.int64], second: NDArray[np.int64]) -> Floats:
    return np.where(second >= 0, first == second, np.nan)


def _moments(seen: _Seen, near: NDArray[np.bool_], same: Floats) -> Floats:
    """Return the share in which the own station came, by gap and by its free units, and that of two from one station."""
    free = seen.free[np.arange(len(seen.own)), seen.own]
    groups = [seen.gap == gap for gap in range(GAPS)] + [free == units for units in (1, 2)]
    shares = [near[:, group].mean() if group.sum() > 20 else np.nan for group in groups]
    return np.array([*shares, np.nanmean(same) if np.isfinite(same).any() else np.nan])


def _chosen(
    seen: _Seen, lead: float, spread: float, share: Floats | float, marks: Floats, noise: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which place of the list is chosen first and second, (draws, incidents)."""
    number = np.arange(MOST_UNITS)
    there = ((marks >= share) & (number < seen.free[:, :, None])).sum(axis=-1)
    places = np.arange(seen.free.shape[1])
    seems = seen.expected_s - lead * (places == seen.own[:, None]) + spread * noise
    first = np.where(there > 0, seems, np.inf).argmin(axis=-1)
    left = there - (places == first[..., None])
    return first, np.where(left > 0, seems, np.inf).argmin(axis=-1)


def _seen(folder: Folder, table: pd.DataFrame, expected_s: Floats) -> _Seen | None:
    engines = folder.units[folder.units["kind"] == "engine"]
    stations = folder.stations["station"].reset_index(drop=True)
    total = engines["station"].value_counts().reindex(stations).fillna(0).to_numpy(dtype=np.int64)
    able = np.flatnonzero(total)
    row_of = {name: row for row, name in enumerate(stations[able])}
    rows = table.reset_index(drop=True)
    known = rows[(rows["kind"] == "engine") & rows["home"].isin(row_of) & rows["arrived"].notna()]
    known = known.sort_values(["ordered", "arrived"], kind="stable")
    first = known.drop_duplicates("incident").iloc[-MOST_INCIDENTS:]
    if len(first) < 50 or len(able) < 2:
        return None
    others = known.drop(first.index).drop_duplicates("incident").set_index("incident")["home"]
    times = expected_s[first.index][:, able]
    order = np.argsort(times, axis=1, kind="stable")[:, :LISTED]
    home = first["home"].map(row_of).to_numpy()
    next_home = first["incident"].map(others).map(row_of).fillna(-1).to_numpy(dtype=np.int64)
    ground = first["area"].map(row_of)
    grounds = ground.fillna(pd.Series(order[:, 0], index=ground.index)).to_numpy(dtype=np.int64)
    place = [(order == np.asarray(each)[:, None]) for each in (home, next_home, grounds)]
    listed = place[0].any(axis=1) & place[2].any(axis=1)
    free = _free(folder, rows, first, list(row_of))
    came, second, own = (np.where(found.any(axis=1), found.argmax(axis=1), -1) for found in place)
    near = np.take_along_axis(times, order, axis=1)
    others_s = np.where(place[2], np.inf, near).min(axis=1)
    gap = others_s - near[np.arange(len(near)), own]
    group = np.searchsorted(np.quantile(gap, np.arange(1, GAPS) / GAPS), gap)
    block = first["hour"].to_numpy() // BLOCK_H
    found = np.take_along_axis(np.clip(free, 0, MOST_UNITS), order, axis=1)
    return _Seen(*(part[listed] for part in (near, found, came, second, block, group, own)))


def _free(folder: Folder, rows: pd.DataFrame, first: pd.DataFrame, stations: list[str]) -> NDArray[np.int64]:
    """Return how many engines of each station are on duty and not out by the log at each of the incidents' orders."""
    zero = first["ordered"].min()
    at, at_s = (first["ordered"] - zero).dt.total_seconds().to_numpy(), folder.seconds(first["ordered"])
    work = rows[(rows["kind"] == "engine") & rows["released"].notna()]
    steps = {"begin": "ordered", "end": "released"}
    work = work.assign(**{name: (work[step] - zero).dt.total_seconds() for name, step in steps.items()})
    engines, by_home = folder.units[folder.units["kind"] == "engine"], dict(list(work.groupby("home")))
    found = []
    for name in stations:
        own = engines[engines["station"] == name]
        found.append(hours.free(own, folder.staffed(own, at_s), by_home.get(name, work.iloc[:0]), at))
    return np.array(found).T
