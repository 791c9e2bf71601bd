"""Fit a city's service to a part of its log: turnout, travel, noise, choice of the unit, stays, absences.

Everything is estimated from the rows that it is given, nothing from others. `fit.json` keeps the result.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.city.files.folder import Folder
from sim.city.model import choice, laws
from sim.city.model.laws import Fitted
from sim.city.model.streets import street_seconds
from sim.city.model.travel import Law
from sim.demand.streams import Streams
from sim.errors import SimError, pasteable
from sim.service import LEVELS, Quantiles, Shared

Floats = NDArray[np.float64]
FILE = "fit.json"
OTHER = ""  # type of incidents that the fitted rows do not have
POWERS = (1.0, 0.8, 0.6, 0.5)
LEAST_TRIPS = 100
WILD = 0.995  # level beyond which a residual does not bend the expected time
STAY_S = 1800.0  # assumed where the log does not tell when a unit is free again (m_city_stay)
FEW = laws.FEW
BLOCK_H = 4  # hours of a block of the day
BOOTSTRAP = 200


@dataclass(frozen=True)
class Fit:
    """What was fitted. Times are seconds."""

    rows: int
    until: str  # the first order after the part that was used
    handling: Fitted | None  # call to order
    turnout: Fitted | None  # factor on the station's mean; none where the log has no time on the way
    turnout_s: dict[str, float]  # by station; without a turnout of its own what the station differs by
    turnout_hour: tuple[float, ...]
    law: Law
    streets: tuple[float, float] | None  # seconds at the start, factor on the time through the streets
    travel_hour: tuple[float, ...]
    noise: tuple[float, ...]  # quantiles of the standardised residual
    noise_s: float
    noise_share: float
    trip_shared: Shared
    turnout_shared: Shared
    choice_s: float
    own_s: float
    absent: tuple[float, ...]  # share of a unit's time out for other reasons, by hour
    stay: dict[str, Fitted]  # by type
    cancelled: tuple[float, ...]
    intervals: dict[str, tuple[float, float]]  # 95 %, by drawing whole days with replacement
    scores: dict[str, float]  # mean score of each law of travel on parts that it was not fitted on, s

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        plain = asdict(self) | {
            "handling": self.handling and self.handling.plain, "turnout": self.turnout and self.turnout.plain,
            "stay": {name: law.plain for name, law in self.stay.items()}, "noise": laws.rounded(np.array(self.noise)),
        }  # fmt: skip
        file.write_text(json.dumps(plain, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@contextmanager
def written_by_fit(file: Path, what: str) -> Iterator[None]:
    """Say in a sentence what is wrong with a file that `city fit` should have written."""
    try:
        yield
    except FileNotFoundError:
        first = pasteable("city", "fit", str(file.parent))
        raise SimError(f"{file} is missing: run {first} first.") from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError) as problem:
        raise SimError(
            f"{file} is no {what} of this program ({problem!r:.80}); run `python -m sim city fit` again."
        ) from None


def read(file: Path) -> Fit:
    """Return a fit from its file."""
    with written_by_fit(file, "fit"):
        raw = json.loads(file.read_text(encoding="utf-8"))
        lists = ("turnout_hour", "travel_hour", "noise", "absent", "cancelled")
        raw |= {name: tuple(raw[name]) for name in lists}
        raw["intervals"] = {name: tuple(ends) for name, ends in raw["intervals"].items()}
        raw |= {name: Shared(**raw[name]) for name in ("trip_shared", "turnout_shared")}
        raw["law"], raw["streets"] = Law(**raw["law"]), raw["streets"] and tuple(raw["streets"])
        for name in ("handling", "turnout"):
            raw[name] = raw[name] and laws.of_plain(raw[name])
        raw["stay"] = {name: laws.of_plain(law) for name, law in raw["stay"].items()}
        found = Fit(**raw)
        numbers = [found.law.base_s, found.law.slope_s, found.law.power, found.noise_s, found.noise_share]
        numbers += [
            *found.turnout_s.values(),
            *found.turnout_hour,
            *found.travel_hour,
            *found.noise,
            *found.absent,
        ]
        if (
            not np.isfinite(np.asarray(numbers, dtype=np.float64)).all()
            or min(found.law.base_s, found.rows) < 0
        ):
            raise ValueError("its numbers are not finite")
        return found


def observed(folder: Folder, log: pd.DataFrame) -> pd.DataFrame:
    """Return the log with the home of each unit, its distance to the scene, and the durations of its steps."""
    home = folder.units.set_index("unit")["station"]
    stations = folder.stations.set_index("station")
    table = log.assign(home=log["station"].fillna(log["unit"].map(home)))
    for axis in ("x", "y"):
        table[f"home_{axis}"] = table["home"].map(stations[axis])
    table["km"] = np.hypot(table["x"] - table["home_x"], table["y"] - table["home_y"]) / 1000
    steps = {"handling": ("call", "ordered"), "turnout": ("ordered", "turned_out"), "stay": ("arrived", "released"),
             "travel": ("turned_out", "arrived"), "total": ("ordered", "arrived")}  # fmt: skip
    for name, (first, last) in steps.items():
        table[name] = (table[last] - table[first]).dt.total_seconds()
    table["hour"] = table["ordered"].dt.tz_convert(folder.city.zone).dt.hour
    return table


def run(folder: Folder, log: pd.DataFrame) -> Fit:
    """Return the fit to some rows of the log."""
    table = observed(folder, log)
    until = str(log["ordered"].max())
    stations = list(folder.stations["station"])
    split = table["turnout"].notna().mean() > 0.5
    turnout, turnout_s, turnout_hour = (
        _turnout(table, stations) if split else (None, dict.fromkeys(stations, 0.0), (1.0,) * 24)
    )
    drive = table["travel"] if split else table["total"]
    trips = table[drive.notna()].assign(drive=drive[drive.notna()].clip(lower=1.0))
    placed = folder.city.crs != "none"
    if placed:
        trips = trips[trips["home"].notna()]
    if len(trips) < LEAST_TRIPS:
        raise SimError(
            f"{folder.path}: {len(trips)} trips with station and arrival; a fit needs {LEAST_TRIPS} or more."
        )
    if placed:
        travel = _travel(folder, trips)
    else:  # a time without a way
        mean = float(trips["drive"].mean())
        travel = _Travel(Law(mean, 0.0, 1.0), None, np.full(len(trips), mean), {})
    expected = travel.expected
    by_hour = _by_block(trips["hour"].to_numpy(), trips["drive"].to_numpy() / expected)
    expected = expected * by_hour[trips["hour"].to_numpy()]
    if not split:
        off = _shrunk(trips["home"], trips["drive"].to_numpy() - expected)
        turnout_s = {name: off.get(name, 0.0) for name in stations}
        expected = np.maximum(expected + trips["home"].map(off).fillna(0).to_numpy(), 1.0)
    noise, noise_s, noise_share = _noise(expected, trips["drive"].to_numpy())
    rest = (trips["drive"].to_numpy() - expected) / (noise_s + noise_share * expected)
    first = Fit(
        len(table), until, _law_of(table["handling"]), turnout, turnout_s, turnout_hour, travel.law, travel.streets,
        tuple(laws.rounded(by_hour)), tuple(noise.tolist()), noise_s, noise_share,
        _shared(trips, rest), _shared(table, table["turnout"].to_numpy()), 0.0, 0.0, (0.0,) * 24,
        _stays(table), _cancelled(table), intervals(table, trips, travel.law), travel.scores,
    )  # fmt: skip
    if not placed:
        return first
    chosen = choice.fit(folder, table, expected_seconds(folder, first, table))
    return Fit(
        **{
            **vars(first),
            "choice_s": chosen.choice_s,
            "own_s": chosen.own_s,
            "absent": tuple(laws.rounded(chosen.absent)),
        }
    )


def expected_seconds(folder: Folder, fit: Fit, table: pd.DataFrame) -> Floats:
    """Return the expected seconds from order to arrival, (rows, stations), that a dispatcher would know."""
    stations = folder.stations
    straight = np.hypot(
        table["x"].to_numpy()[:, None] - stations["x"].to_numpy(),
        table["y"].to_numpy()[:, None] - stations["y"].to_numpy(),
    )
    seconds = fit.law.seconds(straight)
    if fit.streets:
        base, factor = fit.streets
        seconds = base + factor * street_seconds(folder, table[["x", "y"]].to_numpy()).T
    hour = table["hour"].to_numpy()
    by_station = np.array([fit.turnout_s[name] for name in stations["station"]])
    return np.asarray(seconds * np.array(fit.travel_hour)[hour][:, None] + by_station)


@dataclass(frozen=True)
class _Travel:
    law: Law
    streets: tuple[float, float] | None
    expected: Floats
    scores: dict[str, float]


def _travel(folder: Folder, trips: pd.DataFrame) -> _Travel:
    """Choose the law of distance, or the streets where there are some, by the score on blocks that are left out."""
    drive, km = trips["drive"].to_numpy(), trips["km"].to_numpy()
    designs = {f"law, power {power:g}": km**power for power in POWERS}
    if folder.has_streets:
        rows = folder.stations["station"].reset_index(drop=True)
        row_of = {name: row for row, name in enumerate(rows)}
        every = street_seconds(folder, trips[["x", "y"]].to_numpy())
        designs["streets"] = every[trips["home"].map(row_of).to_numpy(), np.arange(len(trips))]
    block = np.arange(len(trips)) * laws.BLOCKS // len(trips)
    scores = {}
    for name, design in designs.items():
        total = 0.0
        for left_out in range(laws.BLOCKS):
            own, other = block == left_out, block != left_out
            base, slope = _line(design[other], drive[other])
            spread = np.quantile(drive[other] / (base + slope * design[other]), LEVELS)
            total += float(
                laws.crps_each(np.maximum(base + slope * design[own], 1.0), spread, drive[own]).sum()
            )
        scores[name] = total / len(trips)
    best_law = min((name for name in designs if name != "streets"), key=lambda name: scores[name])
    power = POWERS[list(designs).index(best_law)]
    law = Law(*_line(designs[best_law], drive), power)
    streets = None
    if "streets" in scores and scores["streets"] < scores[best_law]:
        streets = _line(designs["streets"], drive)
    design, line = (
        (designs["streets"], streets) if streets else (designs[best_law], (law.base_s, law.slope_s))
    )
    return _Travel(law, streets, np.maximum(line[0] + line[1] * design, 1.0), scores)


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Return intercept and slope of least squares, with wild residuals taken back to the edge of the others."""
    target = y
    for _ in range(3):
        slope, base = np.polyfit(x, target, 1)
        rest = y - base - slope * x
        low, high = np.quantile(rest, [1 - WILD, WILD])
        target = base + slope * x + np.clip(rest, low, high)
    shift = float((y - base - slope * x).mean())  # the mean is that of all
    return float(max(base + shift, 1.0)), float(max(slope, 0.0))


def _noise(expected: Floats, drive: Floats) -> tuple[Floats, float, float]:
    """Return quantiles of the standardised residual, and its scale: seconds, and share of the expected time."""
    rest = drive - expected
    # Where all expected times are alike, none is a share of them.
    share, seconds = (
        np.polyfit(expected, np.abs(rest), 1) if np.ptp(expected) > 1e-6 * expected.mean() else (-1, 0)
    )
    if share < 0:
        share, seconds = 0.0, float(np.abs(rest).mean())
    if seconds < 0:
        share, seconds = float(np.abs(rest).mean() / expected.mean()), 0.0
    return np.quantile(rest / (seconds + share * expected), LEVELS), float(seconds), float(share)


def _shared(table: pd.DataFrame, values: Floats) -> Shared:
    """Return what two units at one incident share, from rank correlations of pairs: of one station, and of two."""
    rows = table[["incident", "home", "ordered"]].assign(value=values).dropna(subset=["value", "home"])
    rows["place"] = rows.sort_values("ordered", kind="stable").groupby("incident").cumcount()
    pairs = rows[rows["place"] == 0].merge(rows[rows["place"] == 1], on="incident", suffixes=("", "_other"))
    same = pairs["home"] == pairs["home_other"]
    found = []
    for group in (pairs[~same], pairs[same]):
        rank = group["value"].corr(group["value_other"], method="spearman") if len(group) >= FEW else 0.0
        found.append(float(max(2 * np.sin(np.pi / 6 * rank), 0.0)))
    return Shared(float(f"{found[0]:.4g}"), float(f"{max(found[1] - found[0], 0.0):.4g}"))


def _turnout(table: pd.DataFrame, stations: list[str]) -> tuple[Fitted, dict[str, float], tuple[float, ...]]:
    """Return the law of the factor, the mean by station, shrunk to that of all, and the factor by hour."""
    known = table[table["turnout"].notna()]
    values = known["turnout"].to_numpy(dtype=np.float64)
    mean = float(values.mean())
    hour = _by_block(known["hour"].to_numpy(), values / mean)
    rest = values / hour[known["hour"].to_numpy()]
    group = known["home"]
    off = _shrunk(group, rest - rest.mean())
    by_station = rest.mean() + group.map(off).fillna(0).to_numpy()
    factor = rest / by_station
    own = {name: float(rest.mean() + off.get(name, 0.0)) for name in stations}
    return laws.fit(factor / factor.mean()), own, tuple(laws.rounded(hour))


def _by_block(hour: NDArray[Any], ratio: Floats) -> Floats:
    """Return a factor for each hour of the day, that of its block of hours, shrunk to 1."""
    block = pd.Series(hour // BLOCK_H)
    off = _shrunk(
        block,
        np.minimum(ratio, np.quantile(ratio, WILD)) / np.minimum(ratio, np.quantile(ratio, WILD)).mean() - 1,
    )
    return np.array([1 + off.get(each // BLOCK_H, 0.0) for each in range(24)])


def _shrunk(group: pd.Series[Any], rest: Floats) -> dict[Any, float]:
    """Return the mean by group, shrunk by how much of the spread of means is chance (empirical Bayes)."""
    found = (
        pd.DataFrame({"group": group.to_numpy(), "rest": rest})
        .groupby("group")["rest"]
        .agg(["mean", "count"])
    )
    if len(found) < 2:
        return {}
    within = float(np.var(rest - pd.Series(group.to_numpy()).map(found["mean"]).fillna(0).to_numpy()))
    between = float(
        np.average((found["mean"]) ** 2, weights=found["count"]) - within * len(found) / found["count"].sum()
    )
    half = within / between if between > 0 else np.inf
    return (
        {} if not np.isfinite(half) else (found["mean"] * found["count"] / (found["count"] + half)).to_dict()
    )


def _law_of(durations: pd.Series[Any]) -> Fitted | None:
    known = durations.dropna().to_numpy(dtype=np.float64)
    return laws.fit(known) if len(known) >= FEW else None


def intervals(table: pd.DataFrame, trips: pd.DataFrame, law: Law) -> dict[str, tuple[float, float]]:
    """Return intervals of the main numbers: whole days are drawn with replacement, the power of the law is kept."""
    generator = Streams(0, 0).get("city.intervals")
    found: dict[str, list[float]] = {}
    days = trips["ordered"].dt.floor("D"), table["ordered"].dt.floor("D")
    names, place = np.unique(days[1], return_inverse=True)
    rows = [np.flatnonzero(place == each) for each in range(len(names))]
    trip_rows = [np.flatnonzero((days[0] == name).to_numpy()) for name in names]
    drive, km = (
        trips["drive"].to_numpy(),
        trips["km"].to_numpy() ** law.power if law.slope_s else np.zeros(len(trips)),
    )
    for _ in range(BOOTSTRAP):
        drawn = generator.integers(0, len(names), len(names))
        chosen = np.concatenate([trip_rows[each] for each in drawn])
        if law.slope_s:
            base, slope = _line(km[chosen], drive[chosen])
            for each in (1, 2):
                found.setdefault(f"trip of {each} km", []).append(base + slope * each**law.power)
        else:
            found.setdefault("trip", []).append(float(drive[chosen].mean()))
        every = np.concatenate([rows[each] for each in drawn])
        for name in ("handling", "turnout", "stay"):
            values = table[name].to_numpy()[every]
            if np.isfinite(values).any():
                found.setdefault(name, []).append(float(np.nanmean(values)))
    ends = {name: laws.rounded(np.quantile(values, [0.025, 0.975])) for name, values in found.items()}
    return {name: (low, high) for name, (low, high) in ends.items()}


def _stays(table: pd.DataFrame) -> dict[str, Fitted]:
    """Return the law of the stay by type; a unit that is not known to be free again stayed longer than is known."""
    known = table[table["stay"].notna()]
    if len(known) < FEW:
        constant = Fitted("assumed", Quantiles(np.full(len(LEVELS), STAY_S)), 0)
        return dict.fromkeys((OTHER, *table["type"].unique()), constant)
    every = laws.fit(known["stay"].to_numpy())
    found = {OTHER: every}
    for name, rows in table.groupby("type"):
        stay = rows["stay"].dropna().to_numpy()
        found[str(name)] = laws.fit(stay) if len(stay) >= FEW else every
    return found


def _cancelled(table: pd.DataFrame) -> tuple[float, ...]:
    """Return the share that did not arrive: of units sent alone, of the first of several, of all others."""
    if table["released"].isna().all():
        return (0.0, 0.0, 0.0)
    groups = table.groupby("incident")
    several = groups["ordered"].transform("size") > 1
    group = several.astype(int) + (several & (groups.cumcount() > 0))
    gone = (table["arrived"].isna() & table["released"].notna()).groupby(group).mean()
    return tuple(float(f"{gone.get(each, 0.0):.4g}") for each in range(3))


def types(fit: Fit) -> Mapping[str, int]:
    """Return the index of each type."""
    return {name: place for place, name in enumerate(fit.stay)}
