"""How well replays of a log tell what really happened: the quantities of the validation, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.city.files import hours
from sim.city.files.folder import Folder
from sim.city.model.world import CityWorld
from sim.demand.streams import Streams

Floats = NDArray[np.float64]
WITHIN_MIN = (6, 10)
BANDS_KM = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, np.inf)
BLOCK_H = 4
LEAST = 30  # incidents of a group whose bias is told
LEAST_BLOCKS = 4  # days from which days are drawn, and not single incidents
DRAWS, BLOCK_DAYS = 1000, 1.0
EVERY_S = 600.0  # of the clock at which busy engines are counted
MOST_RANKS = 20


@dataclass(frozen=True)
class Records:
    """One row an incident, real or of a replication: what came first and second, in seconds after their own orders."""

    first_s: Floats
    second_s: Floats  # missing where no second unit arrived
    own: Floats  # the first is of the own station: 1, 0 or missing
    together: Floats  # the first two are of one station
    own_busy: Floats  # no engine of the own station was free at the order
    turnout_s: Floats  # of every unit sent
    stay_s: Floats


@dataclass(frozen=True)
class Incidents:
    """What is known of each incident before anybody is sent."""

    name: NDArray[Any]
    ordered_s: Floats
    hour: NDArray[np.int64]
    km: Floats  # to the own station, or the nearest
    own: NDArray[np.object_]  # name of that station

    def __len__(self) -> int:
        """Return their number."""
        return len(self.name)


@dataclass(frozen=True)
class Check:
    """A quantity: simulated, real, the interval of the real one by block bootstrap, and what difference is allowed."""

    quantity: str
    unit: str
    simulated: float
    real: float
    low: float
    high: float
    allowed: float  # in the unit, or a share of the real value where `relative`
    relative: bool = False

    @property
    def off(self) -> float:
        """Return the difference, as a share of the real value where that is what is allowed."""
        gap = self.simulated - self.real
        return gap / self.real if self.relative else gap

    @property
    def met(self) -> bool:
        """Tell whether the difference is within what is allowed."""
        return bool(abs(self.off) <= self.allowed)

    @property
    def by_chance(self) -> bool:
        """Tell whether the difference is more than allowed but within the real value's own interval."""
        return not self.met and self.low <= self.simulated <= self.high

    @property
    def word(self) -> str:
        """Return yes, NO, or that there are too few incidents to tell."""
        return "yes" if self.met else "may be chance" if self.by_chance else "NO"


def incidents(folder: Folder, table: pd.DataFrame, chosen: Iterable[Any]) -> Incidents:
    """Return the incidents of some names, in the order of their first orders; `table` is `fit.observed`."""
    rows = (
        table[table["incident"].isin(set(chosen))]
        .sort_values("ordered", kind="stable")
        .drop_duplicates("incident")
    )
    engines = folder.units[folder.units["kind"] == "engine"]["station"]
    stations = folder.stations[folder.stations["station"].isin(engines)]
    away = np.hypot(
        rows["x"].to_numpy()[:, None] - stations["x"].to_numpy(),
        rows["y"].to_numpy()[:, None] - stations["y"].to_numpy(),
    )
    nearest = stations["station"].to_numpy()[away.argmin(axis=1)]
    own = np.where(rows["area"].isin(stations["station"]), rows["area"], nearest)
    place = {name: column for column, name in enumerate(stations["station"])}
    km = away[np.arange(len(rows)), [place[name] for name in own]] / 1000
    return Incidents(
        rows["incident"].to_numpy(), folder.seconds(rows["ordered"]), rows["hour"].to_numpy(), km, own
    )


def real(folder: Folder, table: pd.DataFrame, of: Incidents) -> tuple[Records, pd.DataFrame]:
    """Return the log's records, and its engines' times out."""
    rows = pd.DataFrame({
        "incident": table["incident"], "station": table["home"], "kind": table["kind"], "arrived_s": table["total"],
        "dispatched_s": folder.seconds(table["ordered"]), "released_s": folder.seconds(table["released"]),
        "turnout_s": table["turnout"], "unit": table["unit"],
    })  # fmt: skip
    return _records(rows, of, folder)


def simulated(
    folder: Folder, world: CityWorld, sent: pd.DataFrame, of: Incidents
) -> tuple[Records, pd.DataFrame]:
    """Return the records of a replication (`world.simulate`), and its engines' times out."""
    names, units = folder.stations["station"].to_numpy(), world.forces.unit_names
    rows = sent.assign(
        incident=world.orders["incident"].to_numpy()[sent["order"]], station=names[sent["station"]],
        unit=units[sent["unit"]],
    )  # fmt: skip
    return _records(rows, of, folder)


def _records(rows: pd.DataFrame, of: Incidents, folder: Folder) -> tuple[Records, pd.DataFrame]:
    there = rows[rows["arrived_s"].notna()].assign(at=lambda each: each["dispatched_s"] + each["arrived_s"])
    there = there.sort_values(["at", "dispatched_s"], kind="stable")
    place = there.groupby("incident").cumcount()
    first, second = (there[place == number].set_index("incident").reindex(of.name) for number in (0, 1))
    known = first["station"].notna().to_numpy()
    own = np.where(known, (first["station"].to_numpy() == of.own).astype(float), np.nan)
    both = known & second["station"].notna().to_numpy()
    together = np.where(
        both, (first["station"].to_numpy() == second["station"].to_numpy()).astype(float), np.nan
    )
    engines = rows[(rows["kind"] == "engine") & rows["station"].notna() & rows["released_s"].notna()]
    busy = _own_busy(engines, of, folder)
    stay = rows["released_s"] - rows["dispatched_s"] - rows["arrived_s"]
    of_these = rows["incident"].isin(set(of.name)).to_numpy()
    durations = (np.asarray(each, dtype=np.float64)[of_these] for each in (rows["turnout_s"], stay))
    return Records(
        first["arrived_s"].to_numpy(), second["arrived_s"].to_numpy(), own, together, busy, *durations
    ), engines


def _own_busy(engines: pd.DataFrame, of: Incidents, folder: Folder) -> Floats:
    units = folder.units[folder.units["kind"] == "engine"]
    work = engines.rename(columns={"dispatched_s": "begin", "released_s": "end"})
    busy = np.full(len(of), np.nan)
    if engines.empty:
        return busy
    for name in np.unique(of.own):
        here, own = np.flatnonzero(of.own == name), units[units["station"] == name]
        at = of.ordered_s[here]
        busy[here] = hours.free(own, folder.staffed(own, at), work[work["station"] == name], at) <= 0
    return busy


def busy_at_once(engines: pd.DataFrame, of: Incidents) -> Floats:
    """Return how many engines are out, at regular times between the first and the last incident."""
    at = np.arange(of.ordered_s.min(), of.ordered_s.max(), EVERY_S)
    begin, end = np.sort(engines["dispatched_s"]), np.sort(engines["released_s"])
    return np.asarray(
        np.searchsorted(begin, at, "right") - np.searchsorted(end, at, "right"), dtype=np.float64
    )


def checks(
    of: Incidents, seen: Records, runs: Sequence[Records], out: tuple[Floats, Sequence[Floats]]
) -> list[Check]:
    """Return all quantities. `out` are the busy engines of the log and of the replications."""
    found: list[Check] = []
    blocks = days(of)

    def add(
        quantity: str,
        unit: str,
        column: str,
        number: Callable[[Floats], float],
        allowed: float,
        *,
        relative: bool = False,
    ) -> None:
        truth = getattr(seen, column)
        if np.isfinite(truth).sum() < LEAST:
            return
        made = float(np.mean([number(getattr(run, column)) for run in runs]))
        low, high = interval(truth, blocks, number) if len(truth) == len(blocks) else (np.nan, np.nan)
        found.append(Check(quantity, unit, made, number(truth), low, high, allowed, relative))

    for name, column, limits in (
        ("first unit", "first_s", (0.03, 0.03, 0.05)),
        ("second unit", "second_s", (0.05, 0.05, 0.08)),
    ):
        add(f"{name}, median", "s", column, lambda v: float(np.nanmedian(v)), limits[0], relative=True)
        add(f"{name}, mean", "s", column, lambda v: float(np.nanmean(v)), limits[1], relative=True)
        add(
            f"{name}, 90th percentile",
            "s",
            column,
            lambda v: float(np.nanquantile(v, 0.9)),
            limits[2],
            relative=True,
        )
    for minutes in WITHIN_MIN:
        add(f"first unit within {minutes} min", "share", "first_s", within(minutes), 0.02)
    add("first unit of the own station", "share", "own", lambda v: float(np.nanmean(v)), 0.04)
    add("first two of one station", "share", "together", lambda v: float(np.nanmean(v)), 0.05)
    add("own station without a free engine", "share", "own_busy", lambda v: float(np.nanmean(v)), 0.03)
    if len(out[0]) and np.isfinite(seen.own_busy).any():
        for quantity, number in (
            ("engines out at once, mean", np.mean),
            ("engines out at once, 95th percentile", lambda v: np.quantile(v, 0.95)),
        ):
            made = float(np.mean([number(run) for run in out[1]]))
            found.append(
                Check(quantity, "engines", made, float(number(out[0])), np.nan, np.nan, 0.1, relative=True)
            )
    for name, column in (("turnout", "turnout_s"), ("stay at the scene", "stay_s")):
        for level in (0.1, 0.25, 0.5, 0.75, 0.9, 0.95):
            add(f"{name}, {level:.0%} quantile", "s", column, quantile(level), 0.05, relative=True)
    return found + _biases(of, seen, runs)


def days(of: Incidents) -> NDArray[np.int64]:
    """Return the block of time of each incident."""
    return (of.ordered_s // (BLOCK_DAYS * 86_400)).astype(np.int64)


def quantile(level: float) -> Callable[[Floats], float]:
    """Return the function that gives a quantile."""
    return lambda values: float(np.nanquantile(values, level))


def within(minutes: int) -> Callable[[Floats], float]:
    """Return the function that gives the share within so many minutes."""
    return lambda values: float((values[np.isfinite(values)] <= minutes * 60).mean())


def _biases(of: Incidents, seen: Records, runs: Sequence[Records]) -> list[Check]:
    """Return the mean of the first unit by block of hours and by distance."""
    made = mean_of([run.first_s for run in runs])
    band = np.searchsorted(BANDS_KM, of.km, "right") - 1
    groups = []
    for hour in range(0, 24, BLOCK_H):
        groups.append((f"{hour:02d}-{hour + BLOCK_H:02d} h", of.hour // BLOCK_H == hour // BLOCK_H, 12.0))
    for place, (low, high) in enumerate(pairwise(BANDS_KM)):
        away = f"{low:g} km or more" if high == np.inf else f"{low:g}-{high:g} km"
        groups.append((f"own station {away} away", band == place, 20.0))
    found = []
    for name, here, allowed in groups:
        both = here & np.isfinite(made) & np.isfinite(seen.first_s)
        if both.sum() >= LEAST and not here.all():
            mean, mean_made = float(seen.first_s[both].mean()), float(made[both].mean())
            half = 1.96 * float(np.std(seen.first_s[both]) / np.sqrt(both.sum()))
            name = f"first unit, mean, {name}"
            found.append(Check(name, "s", mean_made, mean, mean - half, mean + half, allowed))
    return found


def mean_of(columns: Sequence[Floats]) -> Floats:
    """Return the mean of some columns by row over what is there, missing where nothing is."""
    table = np.array(columns)
    count = np.isfinite(table).sum(axis=0)
    return np.where(count > 0, np.nansum(table, axis=0) / np.maximum(count, 1), np.nan)


def interval(
    values: Floats, blocks: NDArray[np.int64], number: Callable[[Floats], float]
) -> tuple[float, float]:
    """Return the 95 % interval of a number by drawing whole blocks of time with replacement (Künsch 1989).

    Single incidents where there are fewer than `LEAST_BLOCKS`.
    """
    names, place = np.unique(blocks, return_inverse=True)
    rows = [np.flatnonzero(place == each) for each in range(len(names))]
    if len(rows) < LEAST_BLOCKS:
        rows = [np.array([each]) for each in range(len(values))]
    generator = Streams(0, 0).get("city.bootstrap")
    drawn = [
        number(values[np.concatenate([rows[each] for each in generator.integers(0, len(rows), len(rows))])])
        for _ in range(DRAWS // 5)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def crps_of_sample(sample: Floats, values: Floats) -> Floats:
    """Return the score of each value under a sample of the forecast, (values, members); fair by Ferro (2014)."""
    ordered = np.sort(sample, axis=1)
    members = ordered.shape[1]
    weight = 2 * np.arange(1, members + 1) - members - 1
    spread = (ordered * weight).sum(axis=1) / (members * (members - 1))
    return np.asarray(np.abs(sample - values[:, None]).mean(axis=1) - spread)


@dataclass(frozen=True)
class Skill:
    """Mean score per incident of the simulation and of two simple forecasts; less is better."""

    incidents: int
    simulation: float
    regression: float
    climatology: float
    gain: float  # regression less simulation
    low: float  # 95 % interval of the gain, paired bootstrap over blocks of time
    high: float
    ranks: NDArray[np.int64]  # of the real one among the members


def skill(of: Incidents, seen: Records, runs: Sequence[Records], before: tuple[Incidents, Records]) -> Skill:
    """Return the scores of the first unit; the simple forecasts are fitted on the part `before`."""
    sample = np.array([run.first_s for run in runs]).T
    whole = (np.isfinite(sample).sum(axis=1) > 1) & np.isfinite(seen.first_s)
    values, sample = seen.first_s[whole], _filled(sample[whole])
    simple, climate = _regression(before, of, whole)
    scores = {
        name: crps_of_sample(each, values)
        for name, each in (("sim", sample), ("reg", simple), ("cli", climate))
    }
    gain = scores["reg"] - scores["sim"]
    low, high = interval(gain, days(of)[whole], lambda v: float(v.mean()))
    jitter = Streams(0, 0).get("city.ranks").random(sample.shape)
    ranks = (sample + 1e-6 * jitter < values[:, None]).sum(axis=1) * MOST_RANKS // (sample.shape[1] + 1)
    counts = np.bincount(ranks, minlength=MOST_RANKS)
    simulation, regression, climatology = (float(scores[name].mean()) for name in ("sim", "reg", "cli"))
    return Skill(len(values), simulation, regression, climatology, float(gain.mean()), low, high, counts)


def _filled(sample: Floats) -> Floats:
    """Return the members with those that never arrived (cancelled) replaced by others of the same incident."""
    place = np.arange(sample.shape[1])
    order = np.argsort(~np.isfinite(sample), axis=1, kind="stable")
    count = np.isfinite(sample).sum(axis=1)[:, None]
    return np.take_along_axis(np.take_along_axis(sample, order, axis=1), place % count, axis=1)


def _regression(
    before: tuple[Incidents, Records], of: Incidents, whole: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return members of a regression on distance and hour, and of all earlier incidents alike."""
    old, seen = before
    known = np.isfinite(seen.first_s)

    def design(each: Incidents) -> Floats:
        hours = [(each.hour // BLOCK_H == block).astype(float) for block in range(1, 24 // BLOCK_H)]
        return np.column_stack([np.ones(len(each)), each.km, np.sqrt(each.km), *hours])

    values = seen.first_s[known]
    line, *_ = np.linalg.lstsq(design(old)[known], values, rcond=None)
    rest = np.quantile(values - design(old)[known] @ line, (np.arange(200) + 0.5) / 200)
    return (design(of)[whole] @ line)[:, None] + rest, np.tile(
        np.quantile(values, (np.arange(200) + 0.5) / 200), (int(whole.sum()), 1)
    )
