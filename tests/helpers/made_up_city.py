"""A made-up city with known truth: stations on a grid, a log of every vehicle, written as raw files with their map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

BASE_S, PER_KM_S, TURNOUT_S, STAY_S = 60.0, 90.0, 80.0, 1200.0
STEP_M = 3000.0
MAP = {
    "name": "Gridton",
    "crs": "metres",
    "time_zone": "Europe/London",
    "log": {
        "file": "log.csv", "form": "unit", "incident": "number", "type": "what", "times": ["%Y-%m-%d %H:%M:%S"],
        "call": "call", "ordered": "ordered", "turned_out": "left", "arrived": "there", "released": "free",
        "unit": "vehicle", "kind": "kind", "area": "ground", "x": "east", "y": "north",
    },
    "kinds": {"PUMP": "engine", "TURNTABLE": "ladder"},
    "stations": {"file": "stations.csv", "station": "station", "x": "east", "y": "north"},
    "units": {"file": "vehicles.csv", "unit": "vehicle", "kind": "kind", "station": "station"},
}  # fmt: skip


def tables(seed: int, incidents: int = 900, side: int = 4, by_day: str = "") -> dict[str, pd.DataFrame]:
    """Return the raw tables: the nearest free pump goes, and at a sixth of the calls a second one.

    Vehicles of the columns of stations named in `by_day`, such as 02, are sent from 8 to 20 h only.
    """
    generator = np.random.default_rng(seed)
    grid = [(f"S{i}{j}", i * STEP_M, j * STEP_M) for i in range(side) for j in range(side)]
    stations = pd.DataFrame(grid, columns=["station", "east", "north"])
    vehicles = pd.DataFrame(
        [(f"{name}-{number}", "PUMP", name) for name in stations["station"] for number in (1, 2)],
        columns=["vehicle", "kind", "station"],
    )
    home = stations.set_index("station").loc[vehicles["station"]][["east", "north"]].to_numpy()
    free = np.zeros(len(vehicles))
    at = np.sort(generator.uniform(0, 40 * 86_400, incidents))
    limited = np.array([name[2] in by_day for name in vehicles["vehicle"]])
    rows = []
    for number, time in enumerate(at):
        east, north = generator.uniform(-STEP_M / 2, (side - 0.5) * STEP_M, 2)
        ordered = time + generator.lognormal(np.log(60), 0.4)
        away = np.hypot(home[:, 0] - east, home[:, 1] - north) / 1000
        there_now = (free <= ordered) & (~limited | (8 <= ordered // 3600 % 24 < 20))
        order = [unit for unit in np.argsort(away, kind="stable") if there_now[unit]]
        ground = stations["station"][np.hypot(stations["east"] - east, stations["north"] - north).argmin()]
        for unit in order[: 1 + (generator.random() < 1 / 6)]:
            left = ordered + TURNOUT_S * generator.lognormal(-0.045, 0.3)
            expected = BASE_S + PER_KM_S * away[unit]
            there = left + expected * generator.lognormal(-0.02, 0.2)
            free[unit] = there + STAY_S * generator.lognormal(-0.18, 0.6)
            times = [_clock(each) for each in (time, ordered, left, there, free[unit])]
            rows.append((number, "fire", vehicles["vehicle"][unit], "PUMP", ground, *times, east, north))
    columns = [
        "number",
        "what",
        "vehicle",
        "kind",
        "ground",
        "call",
        "ordered",
        "left",
        "there",
        "free",
        "east",
        "north",
    ]
    return {"log": pd.DataFrame(rows, columns=columns), "stations": stations, "vehicles": vehicles}


def _clock(seconds: float) -> str:
    return (pd.Timestamp("2024-01-08") + pd.Timedelta(seconds=round(seconds))).strftime("%Y-%m-%d %H:%M:%S")


def write(folder: Path, raw: dict[str, pd.DataFrame], change: dict[str, object] | None = None) -> Path:
    """Write raw files and their map into a folder; return the map."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in raw.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    file = folder / "map.yaml"
    file.write_text(yaml.safe_dump(MAP | (change or {}), sort_keys=False))
    return file
