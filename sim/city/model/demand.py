"""Demand of a city, fitted to its log: how many incidents by month and hour of the week, of which types, and where.

A law of time is chosen among several by Poisson scores on blocks of days that are left out, the width of a kernel in
space by scores of the places of incidents that are left out. New incidents are drawn as copies of those of the log, at
another time and a little way off: what an incident asks for, and what goes with its place and its hour, stays together.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.calendar import DAY_S
from sim.city.files import clock
from sim.city.files.folder import Folder
from sim.city.model.fit import written_by_fit
from sim.demand.streams import Streams
from sim.errors import SimError

Floats = NDArray[np.float64]
FILE = "demand.json"
HOURS, WEEK_H = 24, 168
BLOCKS = 5  # of days, left out in turn
PRIOR = 3.0  # incidents at the level of the simpler law with which an hour, weekday or month begins (m_city_prior)
WIDTHS_M = (25.0, 50.0, 100.0, 200.0, 400.0, 800.0, 1600.0)
FAR = 1e-3  # share of the incidents that may lie anywhere in the city (m_city_anywhere)
MOST_PLACES = 3000  # that a width is chosen by
ALIKE_H = 4  # hours of a block of the day in which incidents ask for the same (m_city_alike)
FEW_DAYS = 14  # too few to tell how days differ beyond chance
Law = Callable[[pd.DataFrame], Floats]


@dataclass(frozen=True)
class Demand:
    """What was fitted."""

    rate: tuple[
        tuple[float, ...], ...
    ]  # incidents an hour: (12 months, 168 hours of the week from Monday on)
    law: str
    dispersion: float  # days vary like a gamma law of this shape beyond chance; 0: by chance alone
    width_m: float  # of the kernel, one standard deviation each way; 0: without places
    scores: dict[str, float]  # gain of each law over the constant rate, an incident, on days left out

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def read(file: Path) -> Demand:
    """Return a demand from its file."""
    with written_by_fit(file, "demand"):
        raw = json.loads(file.read_text(encoding="utf-8"))
        found = Demand(**raw | {"rate": tuple(map(tuple, raw["rate"]))})
        rate = np.asarray(found.rate, dtype=np.float64)
        if rate.shape != (12, WEEK_H) or not (np.isfinite(rate).all() and (rate >= 0).all() and rate.any()):
            raise ValueError("rate is no table of 12 months by 168 hours")
        if min(float(found.width_m), float(found.dispersion)) < 0:
            raise ValueError("width_m or dispersion is negative")
        return found


def told(demand: Demand) -> str:
    """Say in a line what was fitted."""
    a_day = HOURS * float(np.mean(demand.rate))
    days = (
        f"days vary by a gamma law of shape {demand.dispersion:g}"
        if demand.dispersion
        else "days vary by chance"
    )
    places = f"places within {demand.width_m:g} m" if demand.width_m else "no places"
    return f"{a_day:.1f} incidents a day, by {demand.law}, {days}, {places}"


def run(folder: Folder, log: pd.DataFrame) -> Demand:
    """Return the demand of some rows of the log."""
    first = log.sort_values("ordered", kind="stable").drop_duplicates("incident")
    hours = _hours(folder, folder.seconds(first["ordered"]))
    if len(hours) < HOURS:
        raise SimError(f"{folder.path}: its log spans {len(hours)} hours; a demand needs a day or more.")
    days = hours["day"].to_numpy()
    known = np.unique(days)
    laws = ["constant", "hour"] + ["weekday and hour", "hour of the week"] * (len(known) >= 2 * BLOCKS)
    laws += ["month, weekday and hour"] * (len(hours["month"].unique()) > 1 and len(known) >= 2 * BLOCKS)
    scores = dict.fromkeys(laws, 0.0)
    for block in np.array_split(known, min(BLOCKS, len(known))):
        out = np.isin(days, block)
        if out.all():
            continue
        for name in laws:
            rate = LAWS[name](hours[~out])(hours[out])
            calls = hours["calls"].to_numpy()[out]
            scores[name] += float((calls * np.log(rate) - rate).sum()) / float(hours["calls"].sum())
    scores = {name: score - scores["constant"] for name, score in scores.items()}
    law = max(scores, key=lambda name: scores[name])
    fitted = LAWS[law](hours)
    whole = pd.DataFrame(
        [(month, hour // HOURS, hour % HOURS) for month in range(1, 13) for hour in range(WEEK_H)],
        columns=["month", "weekday", "hour"],
    )
    rate = fitted(whole).reshape(12, WEEK_H)
    width_m = 0.0 if folder.city.crs == "none" else _width(first)
    return Demand(
        tuple(tuple(float(f"{each:.6g}") for each in month) for month in rate), law,
        _dispersion(hours, fitted(hours)), width_m, {name: float(f"{each:.6g}") for name, each in scores.items()},
    )  # fmt: skip


def _hours(folder: Folder, at_s: Floats) -> pd.DataFrame:
    """Return every whole hour of the log's span, with its day, month, weekday, hour of the day and incidents."""
    begin, end = int(at_s.min() // 3600), int(at_s.max() // 3600) + 1
    hour = np.arange(begin, end)
    date = folder.start.tz_localize(None) + pd.to_timedelta(hour // HOURS, unit="D")
    calls = np.bincount((at_s // 3600).astype(np.int64) - begin, minlength=len(hour))
    return pd.DataFrame({
        "day": hour // HOURS, "month": date.month, "weekday": date.day_of_week, "hour": hour % HOURS, "calls": calls,
    })  # fmt: skip


def _shrunk(hours: pd.DataFrame, keys: list[str], before: Floats) -> Law:
    """Return a rate by some columns, drawn towards another rate of the same hours as far as there are few incidents."""
    told = hours.assign(expected=before).groupby(keys)[["calls", "expected"]].sum()
    factor = (told["calls"] + PRIOR) / (told["expected"] + PRIOR)

    def of(where: pd.DataFrame) -> Floats:
        index = pd.MultiIndex.from_frame(where[keys]) if len(keys) > 1 else pd.Index(where[keys[0]])
        return factor.reindex(index).fillna(1.0).to_numpy(dtype=np.float64)

    return of


def _constant(hours: pd.DataFrame) -> Law:
    mean = max(float(hours["calls"].mean()), 1e-9)
    return lambda where: np.full(len(where), mean)


def _times(one: Callable[[pd.DataFrame], Law], keys: list[str]) -> Callable[[pd.DataFrame], Law]:
    def law(hours: pd.DataFrame) -> Law:
        before = one(hours)
        factor = _shrunk(hours, keys, before(hours))
        return lambda where: before(where) * factor(where)

    return law


LAWS: dict[str, Callable[[pd.DataFrame], Law]] = {"constant": _constant}
LAWS["hour"] = _times(LAWS["constant"], ["hour"])
LAWS["weekday and hour"] = _times(LAWS["hour"], ["weekday"])
LAWS["hour of the week"] = _times(LAWS["weekday and hour"], ["weekday", "hour"])
LAWS["month, weekday and hour"] = _times(LAWS["weekday and hour"], ["month"])


def _dispersion(hours: pd.DataFrame, rate: Floats) -> float:
    """Return the shape of the gamma law of days, by moments; 0 where days vary no more than by chance."""
    days = hours.assign(rate=rate).groupby("day")[["calls", "rate"]].sum()
    if len(days) < FEW_DAYS:
        return 0.0
    calls, mean = days["calls"].to_numpy(float), days["rate"].to_numpy(float)
    beyond = float(((calls - mean) ** 2 - mean).sum())
    return float(f"{(mean**2).sum() / beyond:.4g}") if beyond > 0 else 0.0


def _width(first: pd.DataFrame) -> float:
    """Return the width under which places of incidents that are left out are most likely."""
    xy = first[["x", "y"]].to_numpy(dtype=np.float64)
    some = np.linspace(0, len(xy) - 1, min(len(xy), MOST_PLACES)).astype(np.int64)
    xy, parts = xy[some], np.array_split(np.arange(len(some)), BLOCKS)
    spread = np.ptp(xy, axis=0)
    anywhere = FAR / max(float(spread.prod()), 1.0)
    scores = []
    for width in WIDTHS_M:
        score = 0.0
        for part in parts:
            rest = np.delete(xy, part, axis=0)
            if not len(part) or not len(rest):
                continue
            away = ((xy[part, None] - rest[None]) ** 2).sum(axis=2)
            density = np.exp(-away / (2 * width**2)).mean(axis=1) / (2 * np.pi * width**2)
            score += float(np.log((1 - FAR) * density + anywhere).sum())
        scores.append(score)
    return WIDTHS_M[int(np.argmax(scores))]


def draw(
    folder: Folder, demand: Demand, number: int, calls: float, seed: int = 2024
) -> tuple[pd.DataFrame, Floats]:
    """Return a log of new incidents over the span of the city's own, and a mark of each row's incident in 0..1.

    `calls` is how many times as many incidents there are. Those with a mark below a share of it are the incidents of
    that share: with fewer calls the same incidents come, some of them left out.
    """
    generator = Streams(seed, number).get("city.demand")
    log = folder.log.sort_values(["ordered", "incident"], kind="stable")
    first = log.drop_duplicates("incident").reset_index(drop=True)
    hours = _hours(folder, folder.seconds(first["ordered"]))
    rate = np.array(demand.rate)[hours["month"] - 1, hours["weekday"] * HOURS + hours["hour"]]
    if demand.dispersion:
        known, day = np.unique(hours["day"], return_inverse=True)
        rate = rate * generator.gamma(demand.dispersion, 1 / demand.dispersion, len(known))[day]
    counts = generator.poisson(rate * calls)
    row = np.repeat(np.arange(len(hours)), counts)
    hour_s = (hours["day"].to_numpy() * DAY_S + hours["hour"].to_numpy() * 3600.0)[row]
    at_s = np.sort(hour_s + generator.uniform(0, 3600.0, len(row)))
    donor = _donors(folder, first, at_s, generator)
    shift = generator.normal(0.0, 1.0, (len(at_s), 2)) * demand.width_m
    mark = generator.random(len(at_s))
    return _copies(folder, log, first, donor, at_s, shift, mark)


def _donors(
    folder: Folder, first: pd.DataFrame, at_s: Floats, generator: np.random.Generator
) -> NDArray[np.int64]:
    """Return an incident of the log for each new one, of the same block of hours if there is one."""
    of_log = (folder.seconds(first["ordered"]) // 3600 % HOURS // ALIKE_H).astype(np.int64)
    block, luck = (at_s // 3600 % HOURS // ALIKE_H).astype(np.int64), generator.random(len(at_s))
    donor = (luck * len(first)).astype(np.int64)
    for each in np.unique(block):
        there, wanted = np.flatnonzero(of_log == each), block == each
        if len(there):
            donor[wanted] = there[(luck[wanted] * len(there)).astype(np.int64)]
    return donor


def _copies(
    folder: Folder,
    log: pd.DataFrame,
    first: pd.DataFrame,
    donor: NDArray[np.int64],
    at_s: Floats,
    shift: Floats,
    mark: Floats,
) -> tuple[pd.DataFrame, Floats]:
    """Return the donors' rows at their new times and places."""
    by_incident = log.groupby("incident", sort=False).indices
    rows_of = [by_incident[name] for name in first["incident"]]
    sizes = np.array([len(rows) for rows in rows_of])[donor]
    rows = np.concatenate([rows_of[each] for each in donor]) if len(donor) else np.zeros(0, np.int64)
    new = np.repeat(np.arange(len(donor)), sizes)
    found: pd.DataFrame = log.iloc[rows].reset_index(drop=True)
    later = pd.to_timedelta((at_s - folder.seconds(first["ordered"])[donor])[new], unit="s")
    changes: dict[str, Any] = {step: found[step] + later for step in clock.STEPS}
    changes["incident"] = np.char.add("new ", new.astype(str)).astype(object)
    found = found.assign(**changes)
    if shift.any():
        found = found.assign(x=found["x"] + shift[new, 0], y=found["y"] + shift[new, 1])
        _, near = cKDTree(first[["x", "y"]].to_numpy()).query(found[["x", "y"]].to_numpy())
        found = found.assign(area=first["area"].to_numpy()[near])
    return found, mark[new]
