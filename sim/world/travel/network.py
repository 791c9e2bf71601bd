"""Expected travel over a road network: `travel=network travel.file=roads` (`sim.world.travel.roads` reads it).

A place is at its nearest node, and the way between the two is driven at `travel.off_road_kmh`. Between two places at
the same node the way is straight. Stations, posts and seats of townships have a row in a table of quickest routes
(`sim.world.travel.routes`): trips from them, and home to them, are those of Dijkstra's algorithm. The way home takes
as long as the way out.

A trip from elsewhere (a car on the move, a micro station) is estimated from the rows. A search of its own for each would
take a hundred times as long as all else about an incident, for an origin that the model itself only supposes: units move
along straight lines. The pace, in seconds per straight metre, is that from the nearest place with a row to the same
destination. The result is kept within the bounds that the triangle inequality gives by all rows (Goldberg and Harrelson
2005, as if the way back took as long). The error is in docs/model.md.
"""

from __future__ import annotations

from functools import lru_cache
from math import hypot
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from sim.config.groups.travel import TravelConfig
from sim.errors import SimError
from sim.world.region import Region
from sim.world.travel import routes
from sim.world.travel.law import TravelLaw
from sim.world.travel.matrix import BLOCK, LEAST, plain
from sim.world.travel.model import Destinations, Floats, Places, Trips, Whole, straight

COMPARED = 64  # places without a row that are compared for a point: the nearest in a straight line
PAIRS = 4096  # estimated at once
BESIDE_M = 500.0  # so much nearer to a road that is cut off, a place is at it
MATTERS = 0.01  # share of the residents
PLACES = 100_000  # whose node is remembered


class TravelNetwork:
    """Quickest routes from stations, posts and townships; estimates from elsewhere. See `TravelModel`."""

    def __init__(self, config: TravelConfig, region: Region) -> None:
        law = TravelLaw(config, region)
        self.speed_factor, self.noise = law.speed_factor, law.noise
        places: list[Any] = [*region.sites, *region.posts, *region.townships]
        self._routes = routes.between(
            config, region.projection, np.array([(place.x, place.y) for place in places])
        )
        self._xy, origin = self._routes.xy, self._routes.origin
        self._seconds, self._metres = self._routes.table
        self._tree, self._rows = cKDTree(self._xy), cKDTree(self._xy[origin])
        self._row = np.full(len(self._xy), -1)
        self._row[origin] = np.arange(len(origin))
        self._factor, self._extra_s = config.network_factor, config.network_extra_s
        self._off_ms = config.off_road_kmh / 3.6
        # no estimate is quicker than this in a straight line: the pace is that of a road, or the least one
        self._fastest_ms = max(float(self._routes.fastest_ms[0]), self._off_ms, float(LEAST[1] / LEAST[0]))
        # plain numbers for single trips
        self._times, self._ways, self._row_of = (
            plain(column) for column in (self._seconds, self._metres, self._row)
        )
        self._place = lru_cache(PLACES)(self._find)
        self.notes = [
            f"Road network: {note}." for note in (*self._routes.notes, *self._reached(config, region))
        ]

    def _reached(self, config: TravelConfig, region: Region) -> list[str]:
        """Return what is to be said of places off the roads; SimError if a station or many residents are."""
        cells, sites = region.cells, region.sites
        xy = np.array([(site.x, site.y) for site in sites]).reshape(-1, 2)
        xy = np.concatenate([xy, np.column_stack([cells.x, cells.y])])
        gap_m, _ = self._find_all(xy)
        far = gap_m > config.off_road_m
        cut = np.zeros(len(xy), dtype=np.bool_)
        if len(self._routes.cut_off):
            cut = cKDTree(self._routes.cut_off).query(xy)[0] < gap_m - BESIDE_M
        off, off_cells = far | cut, (far | cut)[len(sites) :]
        if not off.any():
            return []
        what = "farther than travel.off_road_m from the roads, or at roads that are cut off from the others"
        total = max(region.population, 1e-9)
        share = float(cells.population[off_cells].sum()) / total
        if off[: len(sites)].any():
            who, away_m = sites[int(off.argmax())].name, gap_m[off.argmax()]
        elif share > MATTERS:
            row = int((off_cells & (cells.population > 0)).argmax())
            who, away_m = f"cell {row}", gap_m[len(sites) + row]
        else:
            return [f"{int(off_cells.sum())} cells with {share:.2%} of the residents are {what}"]
        raise SimError(
            f"travel.file {config.file}: {who} is {away_m:,.0f} m from the nearest road that leads there and back, and "
            f"{share:.1%} of the residents are {what}; allowed: {config.off_road_m:,.0f} m (travel.off_road_m), for "
            f"stations and {1 - MATTERS:.0%} of the residents."
        )

    def _find_all(self, xy: Floats) -> tuple[Floats, Whole]:
        """Return the way to the nearest node, and the node."""
        gap_m, node = self._tree.query(xy)
        return gap_m, node

    def _find(self, x: float, y: float) -> tuple[float, int]:
        gap_m, node = self._tree.query((x, y))
        return float(gap_m), int(node)

    def trips(self, origins: Floats, to: Destinations) -> Trips:
        """Return the trips from origins to points."""
        columns: Any = (*self._find_all(origins), *self._find_all(to.xy))
        gap_m, node, beyond_m, at = np.broadcast_arrays(*columns)
        row = self._row[node]
        seconds, metres = (column[at, row].astype(np.float64) for column in (self._seconds, self._metres))
        if (rest := row < 0).any():
            seconds[rest], metres[rest] = self._estimate(node[rest], at[rest])
        direct = np.hypot(*np.moveaxis(to.xy - origins, -1, 0))
        off_m = np.where(node == at, direct, gap_m + beyond_m)
        return Trips(self._extra_s + self._factor * seconds + off_m / self._off_ms, metres + off_m)

    def _estimate(self, node: Whole, at: Whole) -> tuple[Floats, Floats]:
        """Return seconds and metres between nodes of which the first has no row, both (pairs,)."""
        parts = [
            self._estimate_some(node[i : i + PAIRS], at[i : i + PAIRS]) for i in range(0, len(node), PAIRS)
        ]
        seconds, metres = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return seconds, metres

    def _estimate_some(self, node: Whole, at: Whole) -> tuple[Floats, Floats]:
        here, there = self._xy[node], self._xy[at]
        _, row = self._rows.query(here)
        origin = self._xy[self._routes.origin[row]]
        direct, known_m = (np.hypot(*(there - xy).T) for xy in (here, origin))
        known_s = np.maximum(self._seconds[at, row].astype(np.float64), LEAST[0])
        from_rows, to_rows = self._seconds[node], self._seconds[at]
        least = np.abs(to_rows - from_rows).max(axis=1).astype(np.float64)
        most = (to_rows + from_rows).min(axis=1).astype(np.float64)
        seconds = np.clip(direct * known_s / np.maximum(known_m, LEAST[1]), least, most)
        seconds[node == at] = 0.0
        # at the speed of the same route
        speed = np.maximum(self._metres[at, row].astype(np.float64), LEAST[1]) / known_s
        return seconds, np.where(node == at, 0.0, np.maximum(direct, seconds * speed))

    def nearest(self, places: Places, to: Destinations, count: int) -> tuple[Whole, Trips]:
        """Return the places that reach each point first; without rows, of those nearest in a straight line."""
        _, node = self._find_all(places.xy)
        few = len(places.xy) > COMPARED and (self._row[node] < 0).any()
        parts = []
        for start in range(0, len(to.xy), BLOCK):
            block = to.at(np.arange(start, min(start + BLOCK, len(to.xy))))
            near = straight(places, block, max(count, COMPARED))[0] if few else None
            trips = self.trips(places.xy if near is None else places.xy[near], block.column)
            first = np.argsort(trips.drive_s, axis=1, kind="stable")[:, :count]
            found = first if near is None else np.take_along_axis(near, first, axis=1)
            parts.append((found, *(np.take_along_axis(column, first, axis=1) for column in trips)))
        found, drive_s, route_m = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return found, Trips(drive_s, route_m)

    def ranked(self, origins: Floats, x: float, y: float, cell: int) -> Whole:
        """Return the order in which origins reach one point."""
        to = Destinations(np.array([x, y]), np.array(cell))
        return np.argsort(self.trips(origins, to).drive_s, kind="stable")

    def trip(self, from_x: float, from_y: float, x: float, y: float, cell: int) -> tuple[float, float]:
        """Return seconds and route metres of one trip."""
        del cell  # the roads know where the point is
        (gap_m, node), (beyond_m, at) = self._place(from_x, from_y), self._place(x, y)
        if node == at:
            seconds, metres, off_m = 0.0, 0.0, hypot(x - from_x, y - from_y)
        else:
            row, off_m = self._row_of[node], gap_m + beyond_m
            if row >= 0:
                seconds, metres = self._times[at, row], self._ways[at, row]
            else:
                seconds, metres = (
                    float(part[0]) for part in self._estimate_some(np.array([node]), np.array([at]))
                )
        return self._extra_s + self._factor * seconds + off_m / self._off_ms, metres + off_m

    def home_s(self, x: float, y: float, home_x: float, home_y: float, cell: int) -> float:
        """Return the seconds home: those of the way out."""
        return self.trip(home_x, home_y, x, y, cell)[0]

    def reach_m(self, drive_s: float, cell: int) -> float:
        """Return a straight distance; no unit on the road from farther away reaches the cell within this time."""
        del cell
        return max(drive_s - self._extra_s, 0.0) / min(self._factor, 1.0) * self._fastest_ms
