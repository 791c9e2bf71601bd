"""A table of travel times for `travel=matrix`, written from the law of distance and then changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from sim.config.groups.travel import TravelConfig
from sim.world.region import Region
from sim.world.travel.law import TravelLaw
from sim.world.travel.model import Destinations

Change = Callable[[pd.DataFrame], pd.DataFrame]


def travel_table(config: TravelConfig, region: Region, *, townships: bool = False) -> pd.DataFrame:
    """Return the law's times and metres from every station, and the seats of townships if asked, to every cell."""
    places = {site.name: (site.x, site.y) for site in region.sites}
    if townships:
        places |= {place.code: (place.x, place.y) for place in region.townships}
    cells = np.arange(len(region.cells.x))
    centres = Destinations(np.column_stack([region.cells.x, region.cells.y]), cells)
    trips = TravelLaw(config, region).trips(np.array(list(places.values()))[:, None], centres)
    return pd.DataFrame(
        {
            "station": np.repeat(list(places), len(cells)),
            "cell": np.tile(cells, len(places)),
            "seconds": trips.drive_s.ravel(),
            "metres": trips.route_m.ravel(),
        }
    )


def write(file: Path, table: pd.DataFrame, change: Change | None = None) -> str:
    """Write a table, changed if asked, and return its path as travel.file takes it."""
    table = table.astype(object)
    (table if change is None else change(table)).to_csv(file, index=False)
    return str(file)
