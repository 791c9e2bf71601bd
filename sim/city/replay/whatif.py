"""What-ifs on a city: add, move or close a station or a vehicle, and replay the same incidents with and without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.statistics import student
from sim.city.files import hours
from sim.city.files.folder import Folder
from sim.city.model import fit as fits
from sim.city.model import world
from sim.city.model.demand import Demand, draw
from sim.city.model.fit import Fit
from sim.city.model.world import CityWorld
from sim.city.replay import score
from sim.city.replay.score import Incidents, Records
from sim.errors import SimError, did_you_mean
from sim.runs.processes import in_order

NUMBER = r"-?\d+(?:\.\d+)?"
ADD = re.compile(
    rf"(?P<name>[^@:]+)(?:@(?P<x>{NUMBER})/(?P<y>{NUMBER}))?(?::(?P<kinds>[\w+]+))?(?::(?P<hours>.+))?"
)
MOVE = re.compile(rf"(?P<name>[^@:]+)@(?P<x>{NUMBER})/(?P<y>{NUMBER})")
HOW = {
    "add": "NAME@X/Y:engine+ladder for a station with its vehicles, NAME:engine for a vehicle of a station; "
    "with hours NAME:engine:Mo-Fr 08:00-18:00",
    "move": "NAME@X/Y, a station and its new place",
}
Changed = tuple[Folder, Fit]


def _mean(seconds: Any) -> float:
    """Return the mean of what is known; a log with one unit a call knows no second one."""
    return float(np.nanmean(seconds)) if np.isfinite(seconds).any() else np.nan


INDICATORS: dict[str, tuple[str, Callable[[Records], float]]] = {
    "first unit, mean": ("s", lambda records: _mean(records.first_s)),
    "first unit, 90th percentile": ("s", lambda records: float(np.nanquantile(records.first_s, 0.9))),
    "first unit within 6 min": ("share", lambda records: score.within(6)(records.first_s)),
    "first unit within 10 min": ("share", lambda records: score.within(10)(records.first_s)),
    "second unit, mean": ("s", lambda records: _mean(records.second_s)),
}


def changed(
    folder: Folder, fit: Fit, add: Sequence[str], move: Sequence[str], close: Sequence[str]
) -> Changed:
    """Return the city with the changes carried out; SimError for what it has not, and for places far from it."""
    if folder.city.crs == "none":
        raise SimError(
            f"{folder.path} has no places (crs none): stations cannot be added, moved or closed there."
        )
    if not (add or move or close):
        raise SimError("nothing is changed; give add=, move= or close=.")
    for text in close:
        folder = _close(folder, text)
    for text in move:
        found = _parsed(MOVE, text, "move")
        _known(folder, found["name"], "move")
        x, y = _place(folder, found, text)
        stations = folder.stations.copy()
        stations.loc[stations["station"] == found["name"], ["x", "y"]] = x, y
        folder = replace(folder, stations=stations)
    for text in add:
        found = _parsed(ADD, text, "add")
        name, kinds = found["name"], (found["kinds"] or "engine").split("+")
        for kind in kinds:
            if kind not in folder.city.kinds:
                hint = did_you_mean(kind, folder.city.kinds)
                raise SimError(
                    f"add is {text!r}: {kind} is no kind of the city{hint}; allowed: {', '.join(folder.city.kinds)}."
                )
        if found["x"] is None:
            _known(folder, name, "add")
        elif name in set(folder.stations["station"]):
            raise SimError(f"add is {text!r}: there is a station {name}; move={name}@X/Y moves it.")
        else:
            x, y = _place(folder, found, text)
            row = pd.DataFrame({"station": [name], "x": [x], "y": [y]})
            folder = replace(folder, stations=pd.concat([folder.stations, row], ignore_index=True))
            mean = float(np.mean(list(fit.turnout_s.values())))
            fit = replace(fit, turnout_s={**fit.turnout_s, name: mean})
        count = int((folder.units["station"] == name).sum())
        crews = folder.units.groupby("kind")["crew"].median()
        new = pd.DataFrame({
            "unit": [f"{name} new {kind} {count + place}" for place, kind in enumerate(kinds, 1)],
            "station": name, "kind": kinds, "crew": [crews.get(kind, np.nan) for kind in kinds],
            "hours": _hours(found["hours"] or "", text),
        })  # fmt: skip
        folder = replace(folder, units=pd.concat([folder.units, new], ignore_index=True))
    touched = {text.split("@")[0].split(":")[0] for text in (*add, *move)} | set(close)
    return _grounds(folder, touched), fit


def _grounds(folder: Folder, touched: set[str]) -> Folder:
    """Draw the station grounds anew where a station was added, moved or closed: to the nearest station with an engine."""
    engines = folder.units[folder.units["kind"] == "engine"]["station"]
    stations = folder.stations[folder.stations["station"].isin(engines)]
    if stations.empty:
        raise SimError("close leaves no engine; allowed: stations so that one with an engine stays open.")
    log = folder.log
    away = np.hypot(
        log["x"].to_numpy()[:, None] - stations["x"].to_numpy(),
        log["y"].to_numpy()[:, None] - stations["y"].to_numpy(),
    )
    nearest = pd.Series(stations["station"].to_numpy()[away.argmin(axis=1)], index=log.index)
    anew = log["area"].isin(touched) | nearest.isin(touched) | ~log["area"].isin(stations["station"])
    return replace(folder, log=log.assign(area=log["area"].where(~anew | log["area"].isna(), nearest)))


def _parsed(pattern: re.Pattern[str], text: str, option: str) -> dict[str, Any]:
    found = pattern.fullmatch(text)
    if found is None:
        raise SimError(f"{option} is {text!r}; allowed: {HOW[option]}.")
    return found.groupdict()


def _hours(hours_text: str, text: str) -> str:
    try:
        return hours.parse(hours_text)
    except ValueError as problem:
        raise SimError(f"add is {text!r}: {problem}.") from None


def _known(folder: Folder, name: str, option: str) -> None:
    names = list(folder.stations["station"])
    if name not in names:
        raise SimError(
            f"{option} names {name}, which is no station of {folder.city.name}{did_you_mean(name, names)}."
        )


def _place(folder: Folder, found: dict[str, Any], text: str) -> tuple[float, float]:
    x, y = float(found["x"]), float(found["y"])
    if folder.plane is not None:
        if not (-180 <= x <= 180 and -90 <= y <= 90):
            raise SimError(f"{text!r} has no place in degrees; allowed: longitude/latitude.")
        (x,), (y,) = folder.plane.metres(np.array([x]), np.array([y]))
    away = np.hypot(folder.stations["x"] - x, folder.stations["y"] - y).min()
    if away > 100_000:
        raise SimError(
            f"{text!r} is {away / 1000:,.0f} km from every station of {folder.city.name}; are the two swapped?"
        )
    return float(x), float(y)


def _close(folder: Folder, name: str) -> Folder:
    station, unit = folder.units["station"] == name, folder.units["unit"] == name
    if not (station | unit).any():
        names = [*folder.stations["station"], *folder.units["unit"]]
        raise SimError(
            f"close names {name}, which is no station or vehicle of {folder.city.name}{did_you_mean(name, names)}."
        )
    units = folder.units[~(station if station.any() else unit)].reset_index(drop=True)
    if units.empty:
        raise SimError("close leaves the city without a vehicle; allowed: all but one, or fewer.")
    return replace(folder, units=units)


Given = tuple[list[Folder], list[CityWorld], Incidents]
Pair = tuple[list[Records], list[Incidents]]  # without and with the changes
_ready: list[tuple[list[tuple[Folder, CityWorld]], Incidents]] = []  # of a worker process
_asked: list[Drawn] = []  # the same, where incidents are drawn


def start(folders: list[Folder], worlds: list[CityWorld], of: Incidents) -> None:
    """Make a process ready."""
    _ready[:] = [(list(zip(folders, worlds, strict=True)), of)]


def work(number: int) -> list[Records]:
    """Return the records of a replication, without and with the changes."""
    ((pairs, of),) = _ready
    return [score.simulated(folder, built, world.simulate(built, number), of)[0] for folder, built in pairs]


def run(
    before: Changed, after: Changed, replications: int, workers: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the indicators without and with the changes, paired, and the change of the first unit by area."""
    given = ready(before, after)
    pairs = list(in_order(work, range(replications), workers, start, given))
    return told(given[0], pairs), _areas(given[2], pairs)


@dataclass(frozen=True)
class Drawn:
    """A what-if on incidents that are drawn from the fitted demand, anew in each replication.

    `calls` is how many times as many there are. Where stations or vehicles change, on both sides; else with the change
    alone, whose incidents are those without it and further ones.
    """

    folder: Folder
    fit: Fit
    demand: Demand
    calls: float
    add: Sequence[str] = ()
    move: Sequence[str] = ()
    close: Sequence[str] = ()

    def work(self, number: int) -> Pair:
        """Return the records and the incidents of a replication, without and with the changes."""
        changes = (self.add, self.move, self.close)
        most = self.calls if any(changes) else max(self.calls, 1.0)
        log, mark = draw(self.folder, self.demand, number, most)
        first = self.calls if any(changes) else 1.0
        sides = [replace(self.folder, log=log[mark < share / most]) for share in (first, self.calls)]
        if not all(len(side.log) for side in sides):
            raise SimError(
                f"calls is {self.calls:g}: a replication has no incident; allowed: more calls, or a longer log."
            )
        fits_of = [self.fit, self.fit]
        if any(changes):
            sides[1], fits_of[1] = changed(sides[1], self.fit, *changes)
        of = known(sides[0])
        incidents = [of, of if any(changes) else known(sides[1])]
        worlds = [
            world.build(side, side.log, fit, whole=log) for side, fit in zip(sides, fits_of, strict=True)
        ]
        records = [
            score.simulated(side, built, world.simulate(built, number), of)[0]
            for side, built, of in zip(sides, worlds, incidents, strict=True)
        ]
        return records, incidents


def run_drawn(asked: Drawn, replications: int, workers: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what `run` returns, on incidents that are drawn."""
    if any((asked.add, asked.move, asked.close)):  # refused at once, if at all
        changed(asked.folder, asked.fit, asked.add, asked.move, asked.close)
    pairs = list(in_order(_work_drawn, range(replications), workers, _start_drawn, (asked,)))
    return told([asked.folder] * 2, [records for records, _ in pairs]), _areas_drawn(pairs)


def _start_drawn(asked: Drawn) -> None:
    _asked[:] = [asked]


def _work_drawn(number: int) -> Pair:
    return _asked[0].work(number)


def known(folder: Folder) -> Incidents:
    """Return the incidents of the city's log."""
    return score.incidents(folder, fits.observed(folder, folder.log), folder.log["incident"].unique())


def ready(before: Changed, after: Changed) -> Given:
    """Return what a process starts with."""
    worlds = [world.build(city, before[0].log, fit) for city, fit in (before, after)]
    return [before[0], after[0]], worlds, known(before[0])


def told(folders: Sequence[Folder], pairs: Sequence[list[Records]]) -> pd.DataFrame:
    """Return the indicators without and with the changes, paired."""
    rows = []
    for name, (unit, number) in INDICATORS.items():
        values = np.array([[number(each) for each in pair] for pair in pairs], dtype=np.float64)
        gap = student(values[:, 1] - values[:, 0])
        rows.append((name, unit, *values.mean(axis=0), float(gap.estimate), float(gap.low), float(gap.high)))
    if folders[0].units["crew"].notna().all():
        duty = [float(folder.persons_on_duty.mean()) for folder in folders]
        rows.append(("persons on duty, mean of the week", "persons", *duty, *[duty[1] - duty[0]] * 3))
    return pd.DataFrame(rows, columns=["indicator", "unit", "without", "with", "difference", "low", "high"])


def _areas(of: Incidents, pairs: Sequence[list[Records]]) -> pd.DataFrame:
    change: NDArray[np.float64] = score.mean_of([pair[1].first_s - pair[0].first_s for pair in pairs])
    table = pd.DataFrame({"area": of.own, "change_s": change}).dropna()
    found = table.groupby("area")["change_s"].agg(["mean", "size"]).reset_index()
    return found.rename(columns={"mean": "change_s", "size": "incidents"}).sort_values(
        "change_s", kind="stable"
    )


def _areas_drawn(pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return the change of the mean first unit by area, with the incidents of a replication without the changes."""
    table = pd.concat([
        pd.DataFrame({"area": of.own, "side": side, "first_s": records.first_s})
        for pair in pairs
        for side, (records, of) in enumerate(zip(*pair, strict=True))
    ])  # fmt: skip
    whole = table.dropna().groupby(["area", "side"])["first_s"].agg(["mean", "size"]).unstack("side").dropna()  # noqa: PD010
    found = pd.DataFrame({
        "area": whole.index, "change_s": (whole["mean"][1] - whole["mean"][0]).to_numpy(),
        "incidents": (whole["size"][0] / len(pairs)).round().astype(int).to_numpy(),
    })  # fmt: skip
    return found.sort_values("change_s", kind="stable")
