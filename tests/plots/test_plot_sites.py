"""The map of sites: every cell in the colour of its state, every site where it stands, under its name."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex

from sim.plots.maps import site_map
from sim.plots.maps.basemap import Basemap
from sim.plots.style import new_figure, use_style


@pytest.fixture
def basemap():
    lon, lat = np.meshgrid(118.8 + 0.0103 * np.arange(4), 28.9 + 0.009 * np.arange(3))
    cells = pd.DataFrame({"lon": lon.ravel(), "lat": lat.ravel(), "township": "1", "population": 10.0})
    township = {"code": ["1"], "name": ["荷花街道"], "county": ["柯城区"], "kind": ["subdistrict"]}
    townships = pd.DataFrame({**township, "lon": [118.81], "lat": [28.91], "population": [120.0]})
    return Basemap(cells, townships, pd.DataFrame({"lon": [], "lat": []}))


def scene(**changes):
    parts = {
        "state": np.array([site_map.OUTSIDE, site_map.OPEN, site_map.COVERED, site_map.ADDED] * 3),
        "standing": np.array([[118.82, 28.9]]),
        "planned": np.empty((0, 2)),
        "proposed": np.array([[118.83, 28.91], [118.81, 28.9]]),
        "names": ("拟建1", "拟建2"),
    }
    return site_map.Scene(**{**parts, **changes})


def test_cells_have_the_colour_of_their_state_and_sites_their_names(basemap):
    with use_style():
        axes = new_figure(5, 4).subplots()
        handles = site_map.coverage_map(
            basemap, axes, scene(), extent=site_map.window(basemap, np.ones(12, dtype=bool))
        )
        axes.figure.draw_without_rendering()
    (cells,) = (item for item in axes.collections if isinstance(item, PolyCollection))
    colours = [to_hex(colour) for colour in cells.get_facecolor()]
    assert len(set(colours[:4])) == 4
    assert colours[:4] * 3 == colours
    shown = {text.get_text() for text in axes.texts if text.get_visible()}
    assert {"拟建1", "拟建2"} <= shown
    markers = {line.get_marker(): line.get_xydata().tolist() for line in axes.lines}
    assert markers["s"] == [[118.83, 28.91], [118.81, 28.9]]
    assert markers["^"] == [[118.82, 28.9]]
    # no planned station: no entry for one
    labels = [handle.get_label() for handle in handles]
    assert any("Proposed by this model" in text for text in labels)
    assert not any("Planned" in text for text in labels)


def test_what_stands_already_can_be_other_than_stations(basemap):
    with use_style():
        handles = site_map.coverage_map(basemap, new_figure(5, 4).subplots(), scene(standing_is="in_place"))
    assert "In place\n现有" in [handle.get_label() for handle in handles]


def test_a_window_holds_its_cells_with_a_margin(basemap):
    chosen = np.arange(12) == 5
    west, east, south, north = site_map.window(basemap, chosen)
    corners = basemap.squares[5]
    assert west < corners[:, 0].min() < corners[:, 0].max() < east
    assert south < corners[:, 1].min() < corners[:, 1].max() < north
    assert east - west < 2 * np.ptp(corners[:, 0])
