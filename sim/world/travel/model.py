"""The interface of a travel model. Only a travel model knows a formula, a detour, a metric or a file.

Times are those of a heavy vehicle on the road in daylight and good weather, as a dispatcher expects them. The hour
and the weather are a factor on the speed; the noise of a trip is a factor on its time.
A new model is a class with these methods in a file of this folder, and a line in `models.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Cells = NDArray[np.integer[Any]]  # indices of cells


@dataclass(frozen=True)
class Places:
    """Points that trips can start from, such as the stations of a tier."""

    xy: Floats  # (places, 2) metres

    @cached_property
    def tree(self) -> cKDTree:
        """Return the spatial index of the places."""
        return cKDTree(self.xy)


class Destinations(NamedTuple):
    """Points that trips lead to, and the cell of the region that each lies in."""

    xy: Floats  # (..., 2) metres
    cell: Cells  # (...)

    def at(self, rows: Whole) -> Destinations:
        """Return some of the points."""
        return Destinations(self.xy[rows], self.cell[rows])

    @property
    def column(self) -> Destinations:
        """Return the points as a column, (points, 1), to compare each with several origins."""
        return Destinations(self.xy[:, None], self.cell[:, None])


class Trips(NamedTuple):
    """Expected trips, two arrays of one shape."""

    drive_s: Floats
    route_m: Floats


class TravelModel(Protocol):
    """Expected travel in a region. Built from the configuration of travel and the region."""

    notes: list[str]  # what of its file does not fit the region, a sentence each

    def trips(self, origins: Floats, to: Destinations) -> Trips:
        """Return the trips from origins, (..., 2) metres, to points; the shapes before the last axis broadcast."""

    def nearest(self, places: Places, to: Destinations, count: int) -> tuple[Whole, Trips]:
        """Return for each point, (points,), the `count` places that reach it first: (points, count), nearest first."""

    def ranked(self, origins: Floats, x: float, y: float, cell: int) -> Whole:
        """Return the order in which origins, (n, 2), reach one point; ties to the first."""

    def trip(self, from_x: float, from_y: float, x: float, y: float, cell: int) -> tuple[float, float]:
        """Return seconds and route metres of one trip to a point in a cell, for the event model: plain numbers."""

    def home_s(self, x: float, y: float, home_x: float, home_y: float, cell: int) -> float:
        """Return the seconds home from a point on the way to an incident, or at it; `cell` is the incident's."""

    def reach_m(self, drive_s: float, cell: int) -> float:
        """Return a straight distance in metres; no unit from farther away reaches the cell within this time."""

    def speed_factor(self, time_s: Floats, cell: Cells, weather: Floats) -> Floats:
        """Return the factor on the speed at times of the year; `weather` is a mark in 0..1, the worst at 1."""

    def noise(self, z: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return the factor on the time of trips, mean 1, for standard normal draws."""


def straight(places: Places, to: Destinations, count: int) -> tuple[Whole, Floats]:
    """Return the nearest places of each point and their straight distances, both (points, count)."""
    distance_m, found = places.tree.query(to.xy, k=list(range(1, count + 1)))
    return found, distance_m
