"""San Francisco, 31 December 2016 to 4 January 2017: the road network against the straight line, on first engines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import roads as made
from helpers.small_world import Place, region, shipped
from scipy.stats import spearmanr

from sim.world.projection import Projection
from sim.world.region import Site
from sim.world.travel.law import TravelLaw
from sim.world.travel.model import Destinations
from sim.world.travel.network import TravelNetwork

FOLDER = made.SHARED / "validation" / "san_francisco"
PLANE = Projection(-122.44, 37.76)
MPH = 1.609344
CLASS_KMH = {str(kind): mph * MPH for kind, mph in {1: 55, 2: 35, 3: 28, 4: 25, 5: 20}.items()}
LONGEST_S = 1800.0  # a longer trip is no trip to an incident


def first_engines() -> pd.DataFrame:
    """Return the first engine at each scene: seconds from rolling to arrival, its station and the scene in degrees."""
    calls = pd.read_csv(FOLDER / "calls_2016-12-31_2017-01-04.csv", low_memory=False)
    units, stations = (pd.read_csv(FOLDER / f"{name}.csv") for name in ("units_seen", "stations"))
    engines = calls[calls["Unit Type"] == "ENGINE"].dropna(subset=["Response DtTm", "On Scene DtTm"])
    left, arrived = (
        pd.to_datetime(engines[f"{name} DtTm"], format="%m/%d/%Y %I:%M:%S %p")
        for name in ("Response", "On Scene")
    )
    engines = engines.assign(arrived=arrived, travel_s=(arrived - left).dt.total_seconds())
    engines = engines.sort_values("arrived").drop_duplicates("Incident Number")
    engines = engines.merge(units[["Unit ID", "station_from_id"]]).merge(
        stations, left_on="station_from_id", right_on="station"
    )
    scene = (
        engines["Location"].str.extract(r"\((?P<scene_lat>[-\d.]+), (?P<scene_lon>[-\d.]+)\)").astype(float)
    )
    engines = pd.concat([engines, scene], axis=1).dropna(subset=["scene_lat"])
    return engines[engines["travel_s"].between(10, LONGEST_S)]


def after_a_linear_fit(
    predicted: np.ndarray, travel_s: np.ndarray
) -> tuple[float, float, tuple[float, float]]:
    """Return rank correlation, mean absolute error of the linear fit, and the fit."""
    slope, base = np.polyfit(predicted, travel_s, 1)
    return (
        spearmanr(predicted, travel_s)[0],
        np.abs(travel_s - base - slope * predicted).mean(),
        (base, slope),
    )


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"{FOLDER} is absent: docs/model.md says where the records come from"
)
def test_the_network_is_no_worse_than_the_straight_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    engines = first_engines()
    (from_x, from_y), (x, y) = (
        PLANE.metres(engines[lon].to_numpy(), engines[lat].to_numpy())
        for lon, lat in (("lon", "lat"), ("scene_lon", "scene_lat"))
    )
    homes = sorted(set(zip(from_x.tolist(), from_y.tolist(), strict=True)))
    sites = tuple(Site(str(number), "SFFD", "class1", False, *home) for number, home in enumerate(homes))
    land = replace(region((Place("San Francisco"),)), projection=PLANE, sites=sites, townships=())
    nodes, edges = (pd.read_csv(FOLDER / f"road_{name}.csv") for name in ("nodes", "edges"))
    file = made.write(tmp_path / "roads", nodes, edges.rename(columns={"classcode": "class"}))
    config = replace(shipped("travel=network").travel, file=file, class_kmh=CLASS_KMH, default_kmh=20 * MPH)
    origins, to = (
        np.column_stack([from_x, from_y]),
        Destinations(np.column_stack([x, y]), np.zeros(len(x), int)),
    )
    network = TravelNetwork(config, land)
    travel_s = engines["travel_s"].to_numpy()
    rank, error_s, (base_s, factor) = after_a_linear_fit(network.trips(origins, to).drive_s, travel_s)
    straight_rank, straight_error_s, _ = after_a_linear_fit(np.hypot(from_x - x, from_y - y), travel_s)
    law_rank, law_error_s, _ = after_a_linear_fit(
        TravelLaw(config, land).trips(origins, to).drive_s, travel_s
    )
    assert len(engines) == 1398
    assert (rank, straight_rank, law_rank) == pytest.approx((0.489, 0.493, 0.493), abs=0.002)
    assert (error_s, straight_error_s, law_error_s) == pytest.approx((74.2, 74.7, 74.3), abs=0.1)
    assert (base_s, factor) == pytest.approx((87, 0.93), rel=0.02)
    assert error_s < min(straight_error_s, law_error_s)
    assert network.notes == [
        "Road network: edges of a class that travel.class_kmh has not, at travel.default_kmh: 542 ('0', '6').",
        "Road network: of 9401 nodes are left out: 35 that no road joins to the others.",
    ]
