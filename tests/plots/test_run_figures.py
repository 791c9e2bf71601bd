"""The pictures of a run say what its tables say."""

from dataclasses import asdict

import pandas as pd
import pytest

from sim.analysis.accumulator import summarise
from sim.config.compose import compose
from sim.plots.figures.utilisation import busy_by_hour
from sim.plots.maps.basemap import read_basemap
from sim.runs import replications
from sim.simulation.replication import build_world


def test_utilisation_by_hour_has_the_mean_of_the_indicator():
    world = build_world(compose(["scenario=2024", "days=20", "replications=1"]))
    run = replications.one(world, 0)
    kpis = summarise(run.indicators)
    found = busy_by_hour(run.dispatches.to_pandas(), run.incidents.to_pandas(), kpis)
    rows = kpis[(kpis["kpi"] == "utilisation") & (kpis["by"] == "station")].set_index("group")["mean"]
    assert found.groupby("station")["value"].mean().to_dict() == pytest.approx(rows.to_dict())
    assert found["hour"].nunique() == 24
    assert rows.max() > 0


def test_time_away_falls_into_its_hours():
    sent = pd.DataFrame(
        {"replication": [0], "incident": [1], "tier": ["professional"], "station": ["甲站"], "dispatched_s": [1800.0],
         "ready_s": [1800.0 + 2 * 3600]}
    )  # fmt: skip
    incidents = pd.DataFrame({"replication": [0], "incident": [1], "time_s": [86_400 + 23 * 3600.0]})
    kpis = pd.DataFrame({"kpi": ["utilisation"], "by": ["station"], "group": ["甲站"], "mean": [0.1]})
    found = busy_by_hour(sent, incidents, kpis).set_index("hour")["value"]
    # away from 23:30 to 1:30: half an hour, a whole one, half an hour
    assert found[found > 0].to_dict() == pytest.approx({23: 0.6, 0: 1.2, 1: 0.6})


def test_basemap_has_proposed_sites_only_where_they_are_open():
    config = compose(["scenario=2030"])
    region = asdict(config.region)
    bare = read_basemap(region).stations
    opened = build_world(config).levels.stations_open
    full = read_basemap(region, opened).stations
    own = full[full["status"] == "proposed"]
    assert "proposed" not in set(bare["status"])
    assert set(own["name"]) == set(opened) - set(bare["name"])
    assert len(own) > 5
    before = build_world(compose(["scenario=2027"])).levels.stations_open
    assert len(read_basemap(region, before).stations) == len(bare)
