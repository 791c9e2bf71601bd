"""Times through a city's streets, from each station to any points: routes as of `travel=network`, kept on disk."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sim.city.files.folder import Folder
from sim.config.compose import compose
from sim.world.travel import routes
from sim.world.travel.routes import Routes

Floats = NDArray[np.float64]
FAR_M = 1000.0
_known: dict[tuple[str, bytes], Routes] = {}  # of this process: a fit asks many times


def street_seconds(folder: Folder, points: Floats) -> Floats:
    """Return seconds from every station to points, (stations, points); points are (points, 2) metres."""
    found = of(folder)
    off_ms = compose(["travel=network"]).travel.off_road_kmh / 3.6
    away, node = cKDTree(found.xy).query(points)
    from_m, start = cKDTree(found.xy[found.origin]).query(folder.stations[["x", "y"]].to_numpy())
    seconds = found.table[0][node][:, start].T.astype(np.float64)
    return np.asarray(seconds + (away + from_m[:, None]) / off_ms)


def of(folder: Folder) -> Routes:
    """Return the routes from the city's stations."""
    stations = folder.stations[["x", "y"]].to_numpy()
    key = str(folder.path.resolve()), stations.tobytes()
    if key not in _known:
        assert folder.plane is not None
        city = folder.city
        stock = compose(["travel=network"]).travel
        speeds = city.class_kmh or {}
        config = replace(stock, class_kmh=speeds, default_kmh=city.other_kmh, file=str(folder.path))
        _known[key] = routes.between(config, folder.plane, stations)
    return _known[key]


def off_streets(folder: Folder) -> tuple[float, float]:
    """Return how far incidents are off the streets that lead there and back: the most, and the share beyond 1 km."""
    away, _ = cKDTree(of(folder).xy).query(folder.log[["x", "y"]].to_numpy())
    return float(away.max()), float((away > FAR_M).mean())
