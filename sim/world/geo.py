"""Degrees to metres: a transverse Mercator projection on a sphere about the region's centre.

Within 150 km of the centre, distances are true to 0.3 %, which is far inside the uncertainty of a detour factor.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """A local plane with its origin at (lon0, lat0) in WGS-84 degrees; x to the east, y to the north."""

    lon0: float
    lat0: float

    def metres(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Return x, y in metres of points in degrees."""
        phi, lam = np.radians(lat), np.radians(np.asarray(lon) - self.lon0)
        x = EARTH_RADIUS_M * np.arctanh(np.cos(phi) * np.sin(lam))
        y = EARTH_RADIUS_M * (np.arctan2(np.tan(phi), np.cos(lam)) - np.radians(self.lat0))
        return x, y

    def degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Return lon, lat in degrees of points in metres."""
        east, north = np.asarray(x) / EARTH_RADIUS_M, np.asarray(y) / EARTH_RADIUS_M + np.radians(self.lat0)
        lat = np.degrees(np.arcsin(np.sin(north) / np.cosh(east)))
        lon = self.lon0 + np.degrees(np.arctan2(np.sinh(east), np.cos(north)))
        return lon, lat
