"""Map of coverage: existing, planned and proposed sites, with covered and uncovered cells."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.plots.labels import TERMS
from sim.plots.maps.basemap import Basemap, Extent, MarkerKind, draw_markers, fill_cells, outline, scale_bar
from sim.plots.maps.place_names import Place, PlaceNames
from sim.plots.style import FAINT, NO_DATA

OUTSIDE, OPEN, COVERED, ADDED = -1, 0, 1, 2
# CIE lightness falls from open (86) over covered (71) to added (53): distinct in grey too
_COLOURS = {OUTSIDE: NO_DATA, OPEN: "#FBD9A0", COVERED: "#92B8D6", ADDED: "#3F87B5"}
_STATES = {OPEN: "not_covered", COVERED: "covered", ADDED: "added"}
_INK = "#0B3C6F"
_PROPOSED = "#A31621"
_MARKER = 7.0
_MARGIN = 0.06


@dataclass(frozen=True, eq=False)
class Scene:
    """What a map of sites shows: the state of every cell, and points in degrees, each (points, 2)."""

    state: NDArray[Any]  # (cells,) OUTSIDE, OPEN, COVERED or ADDED
    standing: NDArray[Any]
    planned: NDArray[Any]
    proposed: NDArray[Any]
    names: tuple[str, ...]  # of the proposed
    standing_is: str = "station"  # what stands already, a term of the labels


def window(basemap: Basemap, cells: NDArray[np.bool_]) -> Extent:
    """Return west, east, south and north of some cells with a margin, degrees."""
    corners = basemap.squares[cells]
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    margin = _MARGIN * (high - low)
    west, south = (low - margin).tolist()
    east, north = (high + margin).tolist()
    return west, east, south, north


def coverage_map(basemap: Basemap, axes: Axes, scene: Scene, extent: Extent | None = None) -> list[Any]:
    """Draw cells by state, the sites and the names of the proposed ones; give the entries of a key."""
    fill_cells(
        basemap, axes, extent, facecolors=[_COLOURS[int(state)] for state in scene.state], edgecolors="face"
    )
    if extent is not None:  # a window of some kilometres: 0.1 degree would repeat labels
        axes.xaxis.set_major_formatter("{x:.2f}°E")
        axes.yaxis.set_major_formatter("{x:.2f}°N")
    outline(basemap, axes, "white" if extent is not None else None)
    handles: list[Any] = [
        Patch(facecolor=_COLOURS[state], edgecolor=FAINT, linewidth=0.5, label=TERMS[name].stacked)
        for state, name in _STATES.items()
    ]
    kinds = [
        MarkerKind(scene.standing_is, scene.standing, "^", _INK, "white"),
        MarkerKind("planned", scene.planned, "^", "white", _INK),
        MarkerKind("proposed", scene.proposed, "s", _PROPOSED, "white"),
    ]
    entries, avoid = draw_markers(axes, kinds, _MARKER if extent is not None else _MARKER / 2)
    handles += entries
    scale_bar(axes, (1.0, 0.0) if extent is not None else basemap.free_corners()[1])
    places = [
        Place(name, float(lon), float(lat), 9.0, must=True)
        for name, (lon, lat) in zip(scene.names, scene.proposed, strict=True)
    ]
    places += basemap.places(0 if extent is not None else 10, size=9.0, window=extent is not None)
    PlaceNames(axes, places, avoid)
    return handles
