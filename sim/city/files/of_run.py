"""Make the folder of a city from a run of this program: the brigade of its region, and a year that the model made.

Such a log is no record of what happened. It shows what the model of a region does, told and changed like another city.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from sim.analysis.movements import with_times
from sim.city.files.clock import STEPS
from sim.city.files.folder import LOG, STATIONS, UNITS
from sim.city.files.importing import KEPT, REPLACEABLE
from sim.config import schema
from sim.config.city_file import CITY
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.files import publish_folder
from sim.simulation import replication
from sim.storage import run_folder
from sim.studies import mixing
from sim.terms import APPLIANCES, BRIGADE
from sim.world.forces import OUTSIDE

TIMES = ("time_s", "dispatched_s", "turned_out_s", "arrived_s", "released_s")  # of the steps


def write(run: Path, out: Path) -> int:
    """Write the folder from the first replication of a run, complete or not at all; return the rows of its log."""
    REPLACEABLE(out)  # now, not after the work
    result = run_folder.load(run)
    mixing.refuse_later_tables(result)
    world = replication.delivered(replication.build_world(schema.read(from_yaml(result.config))), 0)
    land, forces = world.region, world.forces
    own = [
        (unit.name, forces.stations[unit.station].name, unit.kind, unit.crew)
        for unit in forces.units
        if unit.tier == BRIGADE and unit.kind in APPLIANCES and forces.stations[unit.station].area != OUTSIDE
    ]
    units = pd.DataFrame(own, columns=["unit", "station", "kind", "crew"])
    homes = [home for home in forces.stations if home.name in set(units["station"])]
    x, y = np.array([(home.x, home.y) for home in homes]).T
    lon, lat = land.projection.degrees(x, y)
    stations = pd.DataFrame({"station": [home.name for home in homes], "lon": lon, "lat": lat})
    first = [table[table["replication"] == 0] for table in (result.incidents, result.dispatches)]
    sent = with_times(*first).merge(first[0][["incident", "type"]], on="incident")
    sent = sent[sent["unit"].isin(units["unit"])].rename(columns={"lon": "x", "lat": "y"})
    if sent.empty:
        raise SimError(f"{run} sends no vehicle of the brigade in its first replication: run more days.")
    zero = pd.Timestamp(f"{world.config.scenario.year}-01-01", tz="UTC")
    for step, column in zip(STEPS, TIMES, strict=True):
        sent[step] = (
            zero + pd.to_timedelta(sent[column].where(sent[column] < float("inf")), unit="s")
        ).dt.round("s")
    log = sent.sort_values(["ordered", "incident"], kind="stable").reindex(columns=KEPT)
    head = {"name": land.name, "crs": "degrees", "time_zone": "UTC", "kinds": sorted(set(units["kind"]))}
    with publish_folder(out, REPLACEABLE) as scratch:
        (scratch / CITY).write_text(
            yaml.safe_dump(head, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        for frame, name in ((stations, STATIONS), (units, UNITS), (log, LOG)):
            frame.rename(columns={"x": "lon", "y": "lat"}).to_csv(
                scratch / name, index=False, lineterminator="\n"
            )
    return len(log)
