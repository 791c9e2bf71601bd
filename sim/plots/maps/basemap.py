"""Draw the base of a map: cells as squares, county borders, place names and a scale."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from sim.analysis.incident_tables import need
from sim.config.city_file import tables_folder
from sim.errors import SimError
from sim.plots.labels import TERMS
from sim.plots.maps.place_names import MarkerBox, Place
from sim.plots.style import INK
from sim.world import tables
from sim.world.region_tables import PROPOSALS, unique_names

KM_PER_DEGREE = 111.2
_DIRECTIONS = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])  # east, north, west, south
# side k of a cell is corner k to k + 1
_CORNERS = np.array([[0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]])
TICKS = 5  # of each axis, at most
Extent = tuple[float, float, float, float]  # west, east, south, north in degrees


def read_basemap(region: Mapping[str, Any], opened: Collection[str] = ()) -> "Basemap":
    """Read the basemap of a region from its part of a configuration; SimError for a synthetic region.

    Of the sites that the model itself proposes those among `opened` are stations too, of status "proposed".
    """
    if not has_map(region):
        raise SimError(
            "region.synthetic makes the region up, or it is a single cell: there are maps only of regions with a "
            "table of cells."
        )
    folder = tables_folder(region.get("folder"))
    place = {"lon": tables.real(), "lat": tables.real()}
    people, named = {**place, "population": tables.real()}, {**place, "name": tables.text}
    cells = tables.read(folder / "cells.csv", {**people, "township": tables.text})
    words = dict.fromkeys(("code", "name", "county", "kind"), tables.text)
    townships = tables.read(folder / "townships.csv", {**people, **words}, {"pinyin": str})
    stations = pd.DataFrame(tables.read(folder / "stations.csv", named, {"status": tables.text}))
    if opened and (folder / PROPOSALS).is_file():
        proposed = [row for row in tables.read(folder / PROPOSALS, named) if row["name"] in opened]
        if proposed:
            added = pd.DataFrame(proposed).assign(status="proposed")
            stations = pd.concat([stations, added], ignore_index=True)
    return Basemap(
        pd.DataFrame(cells), pd.DataFrame(townships).assign(name=unique_names(townships)), stations
    )


def has_map(region: Mapping[str, Any]) -> bool:
    """Tell whether a region has a map: a synthetic one has none, as it may have a million cells, nor has one cell."""
    if region.get("synthetic") is not None:
        return False
    with (tables_folder(region.get("folder")) / "cells.csv").open("rb") as lines:
        return len(list(islice(lines, 3))) == 3


@dataclass(frozen=True, eq=False)
class Basemap:
    """A region's cells, townships and stations, with the columns of the tables in `sim/data/quzhou`.

    `cells` is in the order of the cell numbers of the incidents (row i is cell i) and lies on a regular
    square grid. `stations` may be empty; a column `status`, if there is one, marks stations
    that are planned (the start of works is promised) or proposed (the model's own).
    """

    cells: pd.DataFrame
    townships: pd.DataFrame
    stations: pd.DataFrame

    def __post_init__(self) -> None:
        need(self.cells, ["lon", "lat", "township", "population"], "cells")
        need(self.townships, ["code", "name", "county", "kind", "lon", "lat", "population"], "townships")
        if len(self.cells) < 2:
            raise SimError(f"cells: {len(self.cells)} row found; a map needs at least 2 cells")
        if unknown := set(self.cells["township"]) - set(self.townships["code"]):
            raise SimError(f"cells: township {min(unknown)} is not a code of the table of townships")

    @property
    def shape(self) -> float:
        """Length of a degree of latitude over that of a degree of longitude: the aspect of the axes."""
        return float(1 / np.cos(np.deg2rad(self.cells["lat"].mean())))

    @cached_property
    def _km(self) -> NDArray[Any]:
        """Cell centres in km east and north of the equator's prime meridian: (cells, 2)."""
        lon, lat = self.cells["lon"].to_numpy(), self.cells["lat"].to_numpy()
        return np.column_stack([lon * np.cos(np.deg2rad(lat.mean())), lat]) * KM_PER_DEGREE

    @cached_property
    def _grid(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """Neighbour (cells, 4) east, north, west, south, or -1; and the grid's axes as rows, km."""
        tree = cKDTree(self._km)
        step_km = float(np.median(tree.query(self._km, k=2)[0][:, 1]))
        pairs = tree.query_pairs(1.2 * step_km, output_type="ndarray")
        across = self._km[pairs[:, 1]] - self._km[pairs[:, 0]]
        # a projected grid is rotated by its convergence: mean angle modulo 90 degrees
        turn = float(np.angle(np.exp(4j * np.arctan2(across[:, 1], across[:, 0])).mean())) / 4
        axes_km = step_km * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        neighbours = np.full((len(self._km), 4), -1)
        for side, direction in enumerate(_DIRECTIONS):
            away, index = tree.query(self._km + direction @ axes_km, distance_upper_bound=0.4 * step_km)
            neighbours[:, side] = np.where(np.isfinite(away), index, -1)
        return neighbours, axes_km

    @cached_property
    def steps(self) -> NDArray[Any]:
        """Column and row of each cell in the grid, from 0: (cells, 2) int.

        Counted from neighbour to neighbour: relative to the meridians a projected grid is rotated and bent.
        """
        neighbours, axes_km = self._grid
        rough = np.rint((self._km - self._km.min(axis=0)) @ np.linalg.inv(axes_km)).astype(int)
        steps = np.zeros((len(neighbours), 2), int)
        known = np.zeros(len(neighbours), bool)
        step = _DIRECTIONS.astype(int)
        for start in range(len(neighbours)):  # each connected part, from its approximate position
            if known[start]:
                continue
            steps[start], known[start] = rough[start], True
            waiting = [start]
            while waiting:
                cell = waiting.pop()
                for side, other in enumerate(neighbours[cell]):
                    if other >= 0 and not known[other]:
                        steps[other], known[other] = steps[cell] + step[side], True
                        waiting.append(int(other))
        return np.asarray(steps - steps.min(axis=0))

    @cached_property
    def around(self) -> NDArray[Any]:
        """The cell and its eight neighbours, -1 where there is none: (cells, 9)."""
        at = np.pad(np.full(self.steps.max(axis=0) + 1, -1), 1, constant_values=-1)
        at[tuple(self.steps.T + 1)] = np.arange(len(self.steps))
        column, row = self.steps.T
        return np.stack([at[column + i, row + j] for i in range(3) for j in range(3)], axis=1)

    @cached_property
    def squares(self) -> NDArray[Any]:
        """Corners of the cells in degrees, counter-clockwise from the south-east: (cells, 4, 2)."""
        degrees = self._km[:, None, :] + (_CORNERS @ self._grid[1])[None, :, :]
        return np.asarray(degrees / KM_PER_DEGREE * np.array([self.shape, 1.0]))

    @cached_property
    def township_of(self) -> NDArray[Any]:
        """Row of the township of each cell: (cells,) int."""
        return np.asarray(pd.Index(self.townships["code"]).get_indexer(self.cells["township"]))

    def borders(self, of: ArrayLike) -> NDArray[Any]:
        """Sides of cells between different labels (one per cell), and the outline: (sides, 2, 2) degrees."""
        value = np.asarray(of)
        neighbours, _ = self._grid
        outside = neighbours < 0
        other = value[np.maximum(neighbours, 0)] != value[:, None]
        other[:, 2:] = False  # each inner side once: from the west, from the south
        cell, side = np.nonzero(outside | other)
        return np.array([self.squares[cell, side], self.squares[cell, (side + 1) % 4]]).swapaxes(0, 1)

    def township_rows(self, names: "pd.Index[Any]") -> NDArray[Any]:
        """Rows of townships given by the names that no other has."""
        rows = pd.Index(self.townships["name"]).get_indexer(names)
        if (rows < 0).any():
            raise SimError(f"incidents: township {names[rows < 0][0]} is not a name of the townships")
        return np.asarray(rows)

    def places(self, towns: int, size: float = 11.0, *, window: bool = False) -> list[Place]:
        """Names for a map, most important first: each county at its densest cell, then the largest towns.

        A `window` on a part of the region has room for subdistricts and townships too. `size` is that of the
        counties, in points.
        """
        county = self.townships["county"].to_numpy()[self.township_of]
        cells = self.cells.assign(county=county).sort_values("population", ascending=False)
        seats = cells.drop_duplicates("county").set_index("county")
        # a name leans from the seat to the middle of its county, away from the neighbours' names
        lean = cells.groupby("county")[["lon", "lat"]].mean() - seats[["lon", "lat"]]
        names = [
            Place(str(name), lon, lat, size, must=True, lean=tuple(lean.loc[name]))
            for name, lon, lat in zip(seats.index, seats["lon"], seats["lat"], strict=True)
        ]
        rows = self.townships if window else self.townships[self.townships["kind"] == "town"]
        rows = rows.sort_values("population", ascending=False).head(len(rows) if window else towns)
        towns_at = zip(rows["name"], rows["lon"], rows["lat"], strict=True)
        return names + [Place(str(name), lon, lat, 0.7 * size) for name, lon, lat in towns_at]

    def free_corners(self) -> list[tuple[float, float]]:
        """Corners of the map as axes fractions (0 or 1), the one with the fewest cells under it first."""
        low, high = self._km.min(axis=0), self._km.max(axis=0)
        at = (self._km - low) / (high - low)
        corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
        return sorted(corners, key=lambda c: int((np.abs(at - np.array(c)) < 0.3).all(axis=1).sum()))


class MarkerKind(NamedTuple):
    """Points of one kind, (points, 2) degrees, their name among the terms of the labels, and their look."""

    name: str
    points: NDArray[Any]
    shape: str
    face: str
    edge: str


def outline(basemap: Basemap, axes: Axes, townships: str | None = None) -> None:
    """Draw county borders and, in a colour if one is given, township borders."""
    if townships is not None:
        _sides(basemap.borders(basemap.township_of), axes, townships, 0.5, zorder=3)
    counties = basemap.borders(basemap.townships["county"].to_numpy()[basemap.township_of])
    _sides(counties, axes, "white", 1.8, zorder=4)  # a casing: the line also shows on the darkest colours
    _sides(counties, axes, INK, 0.8, zorder=4.1)


def _sides(sides: NDArray[Any], axes: Axes, colour: str, width: float, zorder: float) -> None:
    # one broken line instead of thousands of lines keeps vector files small
    broken = np.concatenate([sides, np.full((len(sides), 1, 2), np.nan)], axis=1).reshape(-1, 2)
    line = Line2D(broken[:, 0], broken[:, 1], color=colour, linewidth=width, zorder=zorder)
    line.set_solid_capstyle("round")
    line.set_snap(False)  # snapped one by one, the sides of neighbouring cells would not meet
    axes.add_line(line)


def fill_cells(basemap: Basemap, axes: Axes, extent: Extent | None = None, **look: Any) -> None:
    """Fill the cells with the colours of a collection's `look`, and set limits (by default the region) and aspect."""
    cells = PolyCollection(list(basemap.squares), linewidths=0.3, antialiaseds=False, **look)
    cells.set_rasterized(True)  # thousands of outlines would make every vector file megabytes
    axes.add_collection(cells, autolim=False)
    if extent is None:
        low, high = basemap.squares.min(axis=(0, 1)), basemap.squares.max(axis=(0, 1))
        margin = 0.02 * (high - low)
        extent = (low[0] - margin[0], high[0] + margin[0], low[1] - margin[1], high[1] + margin[1])
    axes.set(xlim=extent[:2], ylim=extent[2:], aspect=basemap.shape)
    axes.grid(visible=False)
    axes.locator_params(nbins=TICKS)
    digits = max(1, math.ceil(-math.log10((extent[1] - extent[0]) / TICKS)))
    axes.xaxis.set_major_formatter(f"{{x:.{digits}f}}°E")
    axes.yaxis.set_major_formatter(f"{{x:.{digits}f}}°N")


def draw_markers(axes: Axes, kinds: Sequence[MarkerKind], size: float) -> tuple[list[Any], list[MarkerBox]]:
    """Draw point markers (`size` in points); return the entries of a key and the boxes that names keep clear of."""
    handles: list[Any] = []
    boxes: list[MarkerBox] = []
    for kind in kinds:
        if not len(kind.points):
            continue
        look: dict[str, Any] = {
            "marker": kind.shape, "markersize": 0.75 * size if kind.shape == "D" else size, "linestyle": "none",
            "markeredgewidth": 0.7, "markerfacecolor": kind.face, "markeredgecolor": kind.edge,
        }  # fmt: skip
        axes.plot(kind.points[:, 0], kind.points[:, 1], zorder=7, **look)
        handles.append(Line2D([], [], label=TERMS[kind.name].stacked, **look))
        boxes += [MarkerBox(axes, float(lon), float(lat), size / 2) for lon, lat in kind.points]
    return handles, boxes


def scale_bar(axes: Axes, corner: tuple[float, float]) -> float:
    """Draw a scale of 1, 2 or 5 times 10ⁿ km, at most a fifth of the width; give its length in km."""
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    km_per_degree = KM_PER_DEGREE * np.cos(np.deg2rad((south + north) / 2))
    wanted = (east - west) * km_per_degree / 5
    power = 10.0 ** np.floor(np.log10(wanted))
    length_km = float(max(step for step in (1, 2, 5) if step * power <= wanted) * power)
    across = length_km / km_per_degree
    left = west + 0.04 * (east - west) if corner[0] == 0 else east - 0.04 * (east - west) - across
    height = south + (0.04 if corner[1] == 0 else 0.93) * (north - south)
    bar = [left, left + across], [height, height]
    axes.plot(*bar, color=INK, linewidth=2.5, solid_capstyle="butt", zorder=8)
    axes.annotate(
        f"{length_km:g} km", (left + across / 2, height), (0, 3), textcoords="offset points", ha="center",
        va="bottom", fontsize=8, zorder=8, path_effects=[withStroke(linewidth=2, foreground="white")],
    )  # fmt: skip
    return length_km
