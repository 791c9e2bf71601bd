"""Expected travel by a table of travel times: `travel=matrix travel.file=times.csv`.

The table (.csv or .parquet) has a row for every station in it and every cell of the region:

    station  name of a station (stations.csv, proposed_sites.csv, further_posts.csv), or code of a township for its seat
    cell     row of the cell in cells.csv, from 0, as in the column `cell` of incidents.parquet
    seconds  from the station to the centre of the cell, in daylight and good weather
    metres   of the same route; without this column the law of distance gives them

A trip to an incident takes as long as to the centre of its cell. A trip from any other place follows the law of
distance, times a factor: table / law on the way from the table's nearest station to the incident's cell. In this
factor, times under a minute count as a minute and routes under a kilometre as a kilometre. The way home has the factor
of the way out. Hours, weather and noise are those of the law.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.config.groups.travel import TravelConfig
from sim.errors import SimError
from sim.world.region import Region
from sim.world.travel.law import TravelLaw
from sim.world.travel.lines import FAR_M, FASTEST_KMH, load
from sim.world.travel.model import Destinations, Floats, Places, Trips, Whole

LONGEST_S, LONGEST_M = 86_400.0, 1e7
LEAST = Trips(np.array(60.0), np.array(1000.0))  # least time and way in the factor
BLOCK = 512  # points held at once against all places of a tier


class TravelMatrix:
    """Times from a table; elsewhere the law of distance, scaled to the table. See `TravelModel`."""

    def __init__(self, config: TravelConfig, region: Region) -> None:
        self._law = TravelLaw(config, region)
        self.speed_factor, self.noise, self.notes = self._law.speed_factor, self._law.noise, self._law.notes
        table = _read(config.file, region)
        centres = Destinations(
            np.column_stack([region.cells.x, region.cells.y]), np.arange(len(region.cells.x))
        )
        law = self._law.trips(table.xy[:, None], centres)
        self._table = Trips(table.seconds, law.route_m if table.metres is None else table.metres)
        self._stretch = Trips(
            *(
                np.maximum(given, least) / np.maximum(by_law, least)
                for given, by_law, least in zip(self._table, law, LEAST, strict=True)
            )
        )
        self._least_stretch = self._stretch.drive_s.min(axis=0).tolist()
        self._tree = cKDTree(table.xy)
        _, row = self._tree.query(table.xy)  # of two stations at one point the same one always
        self._row: dict[tuple[float, float], int] = dict(
            zip(map(tuple, table.xy.tolist()), row.tolist(), strict=True)
        )
        # the same for single trips: an item of a memoryview is a plain number
        self._times, self._routes = (plain(column) for column in self._table)
        self._slower, self._longer = (plain(column) for column in self._stretch)

    def trips(self, origins: Floats, to: Destinations) -> Trips:
        """Return the trips from origins to points."""
        gap_m, row = self._tree.query(origins)
        law = self._law.trips(origins, to)
        from_table = np.broadcast_to(gap_m == 0, law.drive_s.shape)
        columns = zip(self._table, law, self._stretch, strict=True)
        return Trips(
            *(
                np.where(from_table, table[row, to.cell], by_law * stretch[row, to.cell])
                for table, by_law, stretch in columns
            )
        )

    def nearest(self, places: Places, to: Destinations, count: int) -> tuple[Whole, Trips]:
        """Return the places that reach each point first; all of them are looked at."""
        parts = []
        for start in range(0, len(to.xy), BLOCK):
            block = self.trips(places.xy, to.at(np.arange(start, min(start + BLOCK, len(to.xy)))).column)
            first = np.argsort(block.drive_s, axis=1, kind="stable")[:, :count]
            parts.append((first, *(np.take_along_axis(column, first, axis=1) for column in block)))
        found, drive_s, route_m = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return found, Trips(drive_s, route_m)

    def ranked(self, origins: Floats, x: float, y: float, cell: int) -> Whole:
        """Return the order in which origins reach one point."""
        to = Destinations(np.array([x, y]), np.array(cell))
        return np.argsort(self.trips(origins, to).drive_s, kind="stable")

    def trip(self, from_x: float, from_y: float, x: float, y: float, cell: int) -> tuple[float, float]:
        """Return seconds and route metres of one trip."""
        row = self._row.get((from_x, from_y))
        if row is not None:
            return self._times[row, cell], self._routes[row, cell]
        row = self._nearest_row(from_x, from_y)
        drive_s, route_m = self._law.trip(from_x, from_y, x, y, cell)
        return drive_s * self._slower[row, cell], route_m * self._longer[row, cell]

    def home_s(self, x: float, y: float, home_x: float, home_y: float, cell: int) -> float:
        """Return the seconds home, scaled by the factor of the way out."""
        drive_s: float = self._law.home_s(x, y, home_x, home_y, cell)
        return drive_s * float(self._slower[self._nearest_row(home_x, home_y), cell])

    def _nearest_row(self, x: float, y: float) -> int:
        row = self._row.get((x, y))
        return int(self._tree.query((x, y))[1]) if row is None else row

    def reach_m(self, drive_s: float, cell: int) -> float:
        """Return a straight distance; no unit on the road from farther away reaches the cell within this time."""
        return self._law.reach_m(drive_s / self._least_stretch[cell], cell)


def plain(column: NDArray[Any]) -> Any:
    """Return an array whose items are plain numbers."""
    return memoryview(np.ascontiguousarray(column).data)


class _Table(NamedTuple):
    xy: Floats  # (stations, 2)
    seconds: Floats  # (stations, cells)
    metres: Floats | None


def _read(name: str | None, region: Region) -> _Table:
    """Return a table of travel times; SimError names file, line and column of what does not fit."""
    if name is None:
        raise SimError(
            "travel.file is nothing; allowed: the table that travel.model=matrix reads, .csv or .parquet."
        )
    file, cells = Path(name), region.cells
    lines = load(file)
    places = {place.code: (place.x, place.y) for place in region.townships}
    places |= {post.name: (post.x, post.y) for post in region.posts}
    places |= {site.name: (site.x, site.y) for site in region.sites}
    row, names = lines.column("station").astype(str).factorize()
    unknown = np.array([name not in places for name in names], dtype=np.bool_)
    lines.refuse("station", unknown[row], "is no station of the region and no code of a township")
    numbers = lines.numbers("cell", len(cells.x) - 1)
    lines.refuse("cell", numbers != np.floor(numbers), "is not a whole number")
    cell = numbers.astype(np.int64)
    xy = np.array([places[name] for name in names], dtype=np.float64)
    slot = row * len(cells.x) + cell
    twice = np.ones(len(slot), dtype=np.bool_)
    twice[np.unique(slot, return_index=True)[1]] = False
    lines.refuse("cell", twice, "stands there a second time for this station")
    away_m = np.hypot(cells.x[cell] - xy[row, 0], cells.y[cell] - xy[row, 1])
    seconds = lines.numbers("seconds", LONGEST_S)
    fast = (away_m >= FAR_M) & (away_m > seconds * (FASTEST_KMH / 3.6))
    what = f"is faster than {FASTEST_KMH:g} km/h in a straight line; seconds are needed, not minutes"
    lines.refuse("seconds", fast, what)
    columns = {"seconds": seconds}
    if "metres" in lines.table:
        columns["metres"] = lines.numbers("metres", LONGEST_M)
        short = (away_m >= FAR_M) & (columns["metres"] < away_m / 2)
        lines.refuse(
            "metres", short, "is less than half the straight line; metres are needed, not kilometres"
        )
    _refuse_holes(file, list(names), slot, region)
    order = np.argsort(slot)  # none is missing, none stands twice
    full = {column: values[order].reshape(len(names), -1) for column, values in columns.items()}
    return _Table(xy, full["seconds"], full.get("metres"))


def _refuse_holes(file: Path, names: list[str], slot: Whole, region: Region) -> None:
    total = len(region.cells.x)
    there = np.zeros(len(names) * total, dtype=np.bool_)
    there[slot] = True
    holes = np.flatnonzero(~there)
    if len(holes):
        name, cell = names[holes[0] // total], holes[0] % total
        raise SimError(
            f"{file}, column cell: station {name} has no row for cell {cell}; {len(holes)} rows are missing, "
            f"each station needs the cells 0..{total - 1}."
        )
    missing = [site.name for site in region.sites if not site.planned and site.name not in names]
    if missing:
        raise SimError(
            f"{file}, column station: {missing[0]} is missing; every standing station needs its rows."
        )
