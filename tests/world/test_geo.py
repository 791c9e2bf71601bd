"""The map projection: round trips, and distances compared with the sphere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.world.projection import EARTH_RADIUS_M, EqualArea, Projection
from sim.world.region import Region

QUZHOU = Projection(118.7, 28.85)
lons = st.floats(117.9, 119.5)
lats = st.floats(28.1, 29.6)


def haversine(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Great-circle distance in metres, written independently of the projection."""
    a, b = np.radians(lat1), np.radians(lat2)
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(lon2 - lon1) / 2) ** 2
    return float(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half)))


@given(lons, lats)
def test_projection_round_trip_is_exact_to_a_millimetre(lon: float, lat: float) -> None:
    x, y = QUZHOU.metres(np.array([lon]), np.array([lat]))
    back_lon, back_lat = QUZHOU.degrees(x, y)
    assert haversine(lon, lat, float(back_lon[0]), float(back_lat[0])) < 1e-3


@given(lons, lats, lons, lats)
def test_distances_agree_with_the_sphere_to_three_per_mille(
    lon1: float, lat1: float, lon2: float, lat2: float
) -> None:
    x, y = QUZHOU.metres(np.array([lon1, lon2]), np.array([lat1, lat2]))
    plane = float(np.hypot(x[1] - x[0], y[1] - y[0]))
    assert plane == pytest.approx(haversine(lon1, lat1, lon2, lat2), rel=3e-3, abs=1e-2)


def test_centre_is_the_origin_and_axes_point_east_and_north() -> None:
    x, y = QUZHOU.metres(np.array([118.7, 118.8, 118.7]), np.array([28.85, 28.85, 28.95]))
    assert (x[0], y[0]) == pytest.approx((0, 0), abs=1e-6)
    assert x[1] == pytest.approx(haversine(118.7, 28.85, 118.8, 28.85), rel=1e-4)
    assert y[2] == pytest.approx(haversine(118.7, 28.85, 118.7, 28.95), rel=1e-6)
    assert x[2] == pytest.approx(0, abs=1e-6)


def test_shipped_cells_agree_with_their_degrees(region: Region) -> None:
    lon, lat = region.projection.degrees(region.cells.x, region.cells.y)
    np.testing.assert_allclose(lon, region.cells.lon, atol=1e-9)
    np.testing.assert_allclose(lat, region.cells.lat, atol=1e-9)


COUNTRY = EqualArea(104.0, 36.0)
wide = st.floats(-2.0e6, 2.0e6)
high = st.floats(-1.2e6, 1.2e6)


@given(wide, high)
def test_country_projection_keeps_areas(x: float, y: float) -> None:
    # the area between two meridians and under the curve of the sine of the latitude, by the shoelace formula
    side = 1000.0
    lon, lat = COUNTRY.degrees(x + side * np.array([0, 1, 1, 0]), y + side * np.array([0, 0, 1, 1]))
    u, v = np.radians(lon), np.sin(np.radians(lat))
    area = (
        abs(np.dot(u - u.mean(), np.roll(v - v.mean(), 1)) - np.dot(v - v.mean(), np.roll(u - u.mean(), 1)))
        / 2
    )
    assert area * EARTH_RADIUS_M**2 == pytest.approx(side**2, rel=1e-3)


@given(wide, high, st.floats(0, 2 * np.pi))
def test_country_projection_keeps_lengths_to_two_per_cent(x: float, y: float, angle: float) -> None:
    lon, lat = COUNTRY.degrees(x + np.array([0, 5e3 * np.cos(angle)]), y + np.array([0, 5e3 * np.sin(angle)]))
    assert haversine(lon[0], lat[0], lon[1], lat[1]) == pytest.approx(5e3, rel=0.02)
