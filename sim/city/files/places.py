"""Coordinates of a city: degrees of three kinds, metres; what is swapped, shifted or far from every station."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.city.files.description import Crs
from sim.errors import SimError
from sim.world.projection import Projection

Floats = NDArray[np.float64]
AXIS_M, ECCENTRICITY = 6_378_245.0, 0.00669342162296594323  # the ellipsoid of GCJ-02
CHINA = (72.004, 137.8347, 0.8293, 55.8271)  # degrees in which maps are shifted
POINT = r"^\(?\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*\)?$"
FAR_M = 100_000.0  # farther from every station no place belongs to the city (m_city_far)
SWAPPED = 0.9  # share of the rows that lie near once the two columns are swapped


def from_point(texts: pd.Series[Any]) -> tuple[Floats, Floats]:
    """Return x (longitude) and y (latitude) of "(latitude, longitude)"."""
    parts = texts.astype("string").str.extract(POINT)
    lat, lon = (
        pd.to_numeric(parts[place], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        for place in (0, 1)
    )
    return lon, lat


def wgs84(x: Floats, y: Floats, crs: Crs) -> tuple[Floats, Floats]:
    """Return longitude and latitude in WGS 84. GCJ-02 and BD-09 are the shifted degrees of Chinese maps."""
    if crs == "bd09":
        x, y = x - 0.0065, y - 0.006
        z = np.hypot(x, y) - 0.00002 * np.sin(y * math.pi * 3000 / 180)
        angle = np.arctan2(y, x) - 0.000003 * np.cos(x * math.pi * 3000 / 180)
        x, y = z * np.cos(angle), z * np.sin(angle)
    if crs in ("bd09", "gcj02"):
        lon, lat = x, y
        for _ in range(5):  # the shift is known at the true place only
            east, north = shift(lon, lat)
            lon, lat = x - east, y - north
        x, y = lon, lat
    return x, y


def shift(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Return by how many degrees GCJ-02 differs from WGS 84 at places; nothing outside China."""
    x, y = lon - 105.0, lat - 35.0
    waves = (20 * np.sin(6 * x * math.pi) + 20 * np.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x)) + waves
    north += (20 * np.sin(y * math.pi) + 40 * np.sin(y / 3 * math.pi)) * 2 / 3
    north += (160 * np.sin(y / 12 * math.pi) + 320 * np.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x)) + waves
    east += (20 * np.sin(x * math.pi) + 40 * np.sin(x / 3 * math.pi)) * 2 / 3
    east += (150 * np.sin(x / 12 * math.pi) + 300 * np.sin(x / 30 * math.pi)) * 2 / 3
    phi = np.radians(lat)
    root = 1 - ECCENTRICITY * np.sin(phi) ** 2
    north = north * 180 / (AXIS_M * (1 - ECCENTRICITY) / (root * np.sqrt(root)) * math.pi)
    east = east * 180 / (AXIS_M / np.sqrt(root) * np.cos(phi) * math.pi)
    west, last, south, most = CHINA
    inside = (lon > west) & (lon < last) & (lat > south) & (lat < most)
    return np.where(inside, east, 0.0), np.where(inside, north, 0.0)


def plane(lon: Floats, lat: Floats) -> Projection:
    """Return the local plane about the middle of some stations."""
    return Projection(float(np.median(lon)), float(np.median(lat)))


def nearest_m(x: Floats, y: Floats, near_x: Floats, near_y: Floats, degrees: bool) -> Floats:
    """Return how far each point is from the nearest of some others; infinite for one that is no place."""
    away = np.full(len(x), np.inf)
    good = np.isfinite(x) & np.isfinite(y)
    if degrees:
        good &= (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if good.any():
        from scipy.spatial import cKDTree

        if degrees:
            to = plane(near_x, near_y)
            places, others = (
                np.column_stack(to.metres(x[good], y[good])),
                np.column_stack(to.metres(near_x, near_y)),
            )
        else:
            places, others = np.column_stack([x[good], y[good]]), np.column_stack([near_x, near_y])
        away[good] = cKDTree(others).query(places)[0]
    return away


def refuse_swapped(x: Floats, y: Floats, near_x: Floats, near_y: Floats, degrees: bool, names: str) -> None:
    """Refuse columns that lie near the stations only when they are swapped."""
    far = nearest_m(x, y, near_x, near_y, degrees) > FAR_M
    if far.mean() > SWAPPED and (nearest_m(y, x, near_x, near_y, degrees) <= FAR_M).mean() > SWAPPED:
        raise SimError(
            f"{names}: the coordinates are swapped (the first row has {x[0]:.12g}, {y[0]:.12g}); swap the two in the map."
        )


def suspect_shift(lon: Floats, lat: Floats, near: Floats) -> str:
    """Say so if the places lie nearer to known points, (points, 2) lon and lat, once a Chinese shift is taken off."""
    from scipy.spatial import cKDTree

    to = plane(near[:, 0], near[:, 1])
    tree = cKDTree(np.column_stack(to.metres(near[:, 0], near[:, 1])))
    away = {
        crs: float(np.median(tree.query(np.column_stack(to.metres(*wgs84(lon, lat, crs))))[0]))
        for crs in ("wgs84", "gcj02", "bd09")
    }  # fmt: skip
    best = min(away, key=lambda crs: away[crs])
    if best == "wgs84" or away[best] > 0.5 * away["wgs84"] or away["wgs84"] < 50:
        return ""
    return (
        f"places look like {best}: taken so they are {away[best]:.0f} m from the streets, as they stand "
        f"{away['wgs84']:.0f} m; set crs to {best} in the map"
    )
