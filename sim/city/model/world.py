"""A city as the event model takes it: region, forces, travel and the workload of its log. Nothing of Quzhou is in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.calendar import DAY_S, YEAR_DAYS
from sim.city.files import hours
from sim.city.files.folder import Folder
from sim.city.model import fit as fits
from sim.city.model.fit import Fit
from sim.city.model.streets import street_seconds
from sim.city.model.travel import CityTravel
from sim.config.compose import compose
from sim.config.schema import Config
from sim.demand.call_centre import Calls
from sim.demand.streams import Streams
from sim.demand.workload import LogRows, Workload, draws_of
from sim.service import Absence, Quantiles, Service
from sim.simulation.incident import Incident
from sim.simulation.model import Model
from sim.simulation.replication import levels_of
from sim.terms import BRIGADE, TYPES
from sim.world import regions
from sim.world.forces import ROSTER_SLOTS, SLOTS, Forces, Station, Unit
from sim.world.plan import Levels
from sim.world.region import Cells, Region, Township

Floats = NDArray[np.float64]
ROSTER = 250  # persons: every vehicle has a crew
CREW = 4  # persons of a vehicle where units.csv does not say; they change no time (m_city_crew)
LATER_S = 60.0  # units ordered so long after the first of an incident are a later order (m_city_later)
ABSENCE_S = (
    5400.0  # mean length of an absence: assumed, only its share of the time is fitted (m_city_absence)
)
KIND = TYPES.index("other_rescue")  # nothing burns; who is sent stands in the log


@dataclass(frozen=True)
class CityWorld:
    """What is the same in all replications."""

    config: Config
    levels: Levels
    region: Region
    forces: Forces
    travel: CityTravel
    orders: pd.DataFrame  # incident, type, ordered_s, x, y, cell, and the units needed by kind
    fit: Fit
    off: tuple[Absence, ...]  # when units are off duty
    # The orders are some of more, whose luck they have: their rows among those, how many these are, first and last.
    among: tuple[NDArray[np.int64], int, tuple[float, float]]


def orders_of(folder: Folder, log: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each incident and later order: units of an incident ordered within a minute go together."""
    rows = log.assign(ordered_s=folder.seconds(log["ordered"])).sort_values(
        ["incident", "ordered_s"], kind="stable"
    )
    later = rows["ordered_s"] - rows.groupby("incident")["ordered_s"].shift()
    rows["order"] = (later > LATER_S).groupby(rows["incident"]).cumsum()
    needs = rows.pivot_table(index=["incident", "order"], columns="kind", aggfunc="size", fill_value=0)
    first = rows.drop_duplicates(["incident", "order"]).set_index(["incident", "order"])
    row_of = {name: row for row, name in enumerate(folder.stations["station"])}
    first["own"] = first["area"].map(row_of).fillna(-1).astype(np.int32)
    found = first[["type", "ordered_s", "x", "y", "own"]].join(needs).reset_index()
    return found.sort_values("ordered_s", kind="stable").reset_index(drop=True)


def build(
    folder: Folder, log: pd.DataFrame, fit: Fit, seed: int = 2024, whole: pd.DataFrame | None = None
) -> CityWorld:
    """Return the world of a city for the incidents of some rows of its log.

    Where the log is a part of a `whole` one, its incidents have the same luck as there.
    """
    config = compose(["+experiment=theory/city", f"seed={seed}"])
    orders = orders_of(folder, log)
    points, cell = np.unique(orders[["x", "y"]].to_numpy(), axis=0, return_inverse=True)
    orders["cell"] = cell.reshape(-1)
    region = _region(folder, points)
    stations = folder.stations[["x", "y"]].to_numpy()
    streets = None
    if fit.streets:
        base, factor = fit.streets
        streets = base + factor * street_seconds(folder, points)
    travel = CityTravel(stations, points, fit.law, streets, np.array(fit.travel_hour))
    levels = levels_of(config, regions.load(config.region))
    forces, until_s = _forces(folder, fit), float(orders["ordered_s"].max())
    hours_of = folder.units.set_index("unit")["hours"]
    off = tuple(
        Absence(unit.index, *span)
        for unit in forces.units
        for span in hours.off_duty(hours_of[unit.name], folder.start.weekday(), until_s)
    )
    return CityWorld(config, levels, region, forces, travel, orders, fit, off, _among(folder, orders, whole))


def _among(
    folder: Folder, orders: pd.DataFrame, whole: pd.DataFrame | None
) -> tuple[NDArray[np.int64], int, tuple[float, float]]:
    if whole is None:
        every, rows = orders, np.arange(len(orders))
    else:
        every = orders_of(folder, whole)
        names = [pd.MultiIndex.from_frame(table[["incident", "order"]]) for table in (every, orders)]
        rows = names[0].get_indexer(names[1])
    onset = every["ordered_s"]
    return rows, len(every), (float(onset.min()), float(onset.max()))


def _region(folder: Folder, points: Floats) -> Region:
    count, (x, y) = len(points), points.T
    lon, lat = folder.plane.degrees(x, y) if folder.plane else (x, y)
    none, no = np.zeros(count), np.zeros(count, dtype=np.bool_)
    cells = Cells(x, y, lon, lat, np.zeros(count, np.int32), none + 1, np.zeros(count, np.int8), no, no)
    home = Township("1", folder.city.name, folder.city.name, "town", float(x.mean()), float(y.mean()), 0, 0)
    plane = folder.plane or regions.load(compose(["region=point"]).region).projection
    return Region(folder.city.name, plane, (folder.city.name,), (home,), (), cells)


def _forces(folder: Folder, fit: Fit) -> Forces:
    names = list(folder.stations["station"])
    stations = tuple(
        Station(
            row, name, BRIGADE, float(x), float(y), folder.city.name, township=-1, roster=ROSTER, presence=1.0,
            integrated=True, slot=crc32(name.encode()) % SLOTS, roster_slot=crc32(name.encode()) % ROSTER_SLOTS,
        )
        for row, (name, x, y) in enumerate(folder.stations[["station", "x", "y"]].itertuples(index=False))
    )  # fmt: skip
    row_of = {name: row for row, name in enumerate(names)}
    table = folder.units.assign(row=folder.units["station"].map(row_of)).sort_values("row", kind="stable")
    units = tuple(
        Unit(number, str(each.unit), row, BRIGADE, str(each.kind), int(crew), 0.0)
        for number, (each, row, crew) in enumerate(
            zip(table.itertuples(), table["row"].tolist(), table["crew"].fillna(CREW).tolist(), strict=True)
        )
    )
    one = Quantiles(np.ones(200))
    service = Service(
        turnout_s=np.array([fit.turnout_s.get(name, 0.0) for name in names]),
        turnout_hour=np.array(fit.turnout_hour),
        turnout=fit.turnout.quantiles if fit.turnout else one,
        noise=Quantiles(np.array(fit.noise)), noise_s=fit.noise_s, noise_share=fit.noise_share,
        choice_s=fit.choice_s, own_s=fit.own_s,
        trip_shared=fit.trip_shared, turnout_shared=fit.turnout_shared,
        stay=tuple(law.quantiles for law in fit.stay.values()), cancelled=fit.cancelled,
    )  # fmt: skip
    return Forces(stations, units, 4, service)


def workload(world: CityWorld, number: int) -> Workload:
    """Return the log's incidents with the draws of a replication."""
    orders, streams = world.orders, Streams(world.config.seed, number)
    count, rows = len(orders), np.arange(len(orders), dtype=np.int32)
    chosen, total, _ = world.among
    draws, unit_draws = (each.part(chosen) for each in draws_of(streams, total))
    ones, none = np.ones(count, np.int8), np.zeros(count)
    known = fits.types(world.fit)
    kind = orders["type"].map(known).fillna(known[fits.OTHER]).to_numpy().astype(np.int32)
    kinds = [
        name
        for name in orders.columns
        if name in ("engine", "tanker", "ladder", "rescue", "hazmat", "support")
    ]
    needs = tuple(
        {name: int(n) for name, n in zip(kinds, row, strict=True) if n} for row in orders[kinds].to_numpy()
    )
    onset = orders["ordered_s"].to_numpy(dtype=np.float64)
    days = int(onset.max() // DAY_S) + 2
    return Workload(
        number=rows, onset_s=onset, kind=np.full(count, KIND, np.int8), cell=orders["cell"].to_numpy(np.int32),
        x=orders["x"].to_numpy(np.float64), y=orders["y"].to_numpy(np.float64), severity=ones, reported=ones,
        growth_class=ones * 0, self_limiting=np.zeros(count, np.bool_), draws=draws, unit_draws=unit_draws,
        repeats=none, repeat_gaps=np.zeros((count, 1), np.float32),
        roster=np.zeros((2 * max(days, YEAR_DAYS) + 2, ROSTER_SLOTS)), weather=np.zeros(8 * max(days, YEAR_DAYS)),
        log=LogRows(kind, needs, orders["own"].to_numpy().astype(np.int32)),
    )  # fmt: skip


def absences(world: CityWorld, number: int) -> list[Absence]:
    """Return when units are out for other reasons, in order: Poisson in time at the fitted share of each hour."""
    share = np.array(world.fit.absent)
    if not share.any():
        return []
    generator = Streams(world.config.seed, number).get("city.absences")
    begin_s, last_s = world.among[2]
    first_s = max(begin_s - 4 * ABSENCE_S, 0.0)
    rate = share / (1 - share) / ABSENCE_S  # a second, of a unit that is there
    found = []
    for unit in range(len(world.forces.units)):
        count = generator.poisson(rate.max() * (last_s - first_s))
        begin = np.sort(generator.uniform(first_s, last_s, count))
        length = generator.exponential(ABSENCE_S, count)
        kept = generator.random(count) * rate.max() < rate[(begin // 3600 % 24).astype(np.int64)]
        found += [
            Absence(unit, a, a + b) for a, b in zip(begin[kept].tolist(), length[kept].tolist(), strict=True)
        ]
    return sorted(found, key=lambda absence: (absence.from_s, absence.unit))


def _end_duty(model: Model, off: Absence, _event: object = None) -> None:
    """Take a unit off duty; one that is out finishes, and is not sent again before it is on duty."""
    free_from = model.fleet.free_from
    free_from[off.unit] = max(free_from[off.unit], off.until_s)
    model.fleet.away.add(off.unit)


def simulate(world: CityWorld, number: int) -> pd.DataFrame:
    """Return every unit sent in a replication: order (row), unit, station, kind, and seconds after the order."""
    work = workload(world, number)
    at, count = work.onset_s, len(work)
    calls = Calls(at, at, at, at, np.zeros(count), np.zeros(count, np.bool_), np.zeros(count, np.bool_))
    model = Model(work, calls, world.region, world.forces, world.travel, world.config, world.levels)
    for off in world.off:  # begun first, so that each goes before an order at the same time
        if off.from_s > 0:
            model.env.timeout(off.from_s).callbacks.append(partial(_end_duty, model, off))
        else:
            _end_duty(model, off)
    rows: list[tuple[object, ...]] = []

    def record(incidents: list[Incident]) -> None:
        for incident in incidents:
            for sent in incident.dispatches:
                arrived = sent.arrives - sent.dispatched if sent.outcome == "arrived" else np.nan
                rows.append((
                    incident.workload_row, sent.unit, sent.station, sent.kind, sent.waited,
                    sent.turned_out - sent.dispatched, arrived, sent.dispatched, sent.released,
                ))  # fmt: skip

    model.run(record, absences(world, number))
    columns = [
        "order",
        "unit",
        "station",
        "kind",
        "waited_s",
        "turnout_s",
        "arrived_s",
        "dispatched_s",
        "released_s",
    ]
    return pd.DataFrame(rows, columns=columns).sort_values("order", kind="stable").reset_index(drop=True)
