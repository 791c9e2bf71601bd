"""The pictures of a run: which there are, at what size. How each is drawn stands in `sim.plots`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import incident_tables
from sim.config.schema import Config
from sim.errors import SimError
from sim.plots import bars, curves, trends
from sim.plots import targets as scoreboard
from sim.plots.maps import response_maps
from sim.plots.maps.basemap import Ground
from sim.plots.style import new_figure, save, use_style
from sim.simulation.replication import levels_of
from sim.world.region import Region
from sim.world.region_tables import PROPOSALS, tables_folder

HOURS = 24


def ground_of(config: Config, opened: Collection[str] = ()) -> Ground:
    """Return the cells, townships and stations of the configured region, for maps (see `ground_at`)."""
    return ground_at(asdict(config.region), opened)


def ground_at(region: Mapping[str, Any], opened: Collection[str] = ()) -> Ground:
    """Return the ground of a region by its part of a configuration; SimError for one that is made up.

    Of the sites that the model itself proposes those among `opened` are stations too, of status "proposed".
    """
    if not has_map(region):
        raise SimError("region.synthetic makes the region up: there are maps only of regions with tables.")
    folder = tables_folder(region.get("folder"))
    cells = pd.read_csv(folder / "cells.csv", dtype={"township": str})
    townships = pd.read_csv(folder / "townships.csv", dtype={"code": str, "county_code": str})
    stations = pd.read_csv(folder / "stations.csv")
    if opened and (folder / PROPOSALS).is_file():
        proposed = pd.read_csv(folder / PROPOSALS)
        proposed = proposed[proposed["name"].isin(opened)].drop_duplicates("name")
        columns = [name for name in ("name", "brigade", "kind", "lon", "lat") if name in proposed]
        if len(proposed):
            stations = pd.concat([stations, proposed[columns].assign(status="proposed")], ignore_index=True)
    return Ground(cells, townships, stations)


def has_map(region: Mapping[str, Any]) -> bool:
    """Tell whether there is ground to be drawn: a made-up region is no place, and may have a million cells."""
    return region.get("synthetic") is None


def draw(
    folder: Path,
    config: Config,
    region: Region,
    incidents: pd.DataFrame,
    dispatches: pd.DataFrame,
    kpis: pd.DataFrame,
) -> None:
    """Draw the pictures of a run into `folder`: the main ones, or all with figures=all."""
    year = str(config.scenario.year)
    made_up = not has_map(asdict(config.region))
    ground = None if made_up else ground_of(config, levels_of(config, region).stations_open)
    folder.mkdir(parents=True, exist_ok=True)
    with use_style():
        figure = new_figure(13, 5.2)
        left, right = figure.subplots(1, 2)
        curves.milestones(incidents, left)
        curves.by_tier(dispatches, incidents, right)
        figure.suptitle(f"{config.region.name} {year}: response times at fires 火灾响应时间")
        save(figure, folder, "response_curves")

        if ground is not None:
            figure = new_figure(9.5, 8)
            response_maps.response_map(incidents, ground, figure.subplots())
            save(figure, folder, "map_first_capable")

        figure = new_figure(6.5, 5)
        bars.who_arrives_first(incident_tables.first_tier_shares({year: incidents}), figure.subplots())
        save(figure, folder, "who_arrives_first")
        if config.figures == "all":
            _draw_rest(folder, config, ground, incidents, dispatches, kpis)


def draw_targets(folder: Path, config: Config, targets: pd.DataFrame) -> None:
    """Draw the scoreboard of the year's promises into `folder`; nothing where the year has none."""
    if targets.empty:
        return
    folder.mkdir(parents=True, exist_ok=True)
    with use_style():
        figure = new_figure(13, 1.6 + 0.46 * len(targets))
        scoreboard.scoreboard(targets, figure.subplots())
        figure.suptitle(f"{config.region.name} {config.scenario.year}: what the plan promises 规划承诺指标")
        save(figure, folder, "targets")


def _draw_rest(
    folder: Path,
    config: Config,
    ground: Ground | None,
    incidents: pd.DataFrame,
    dispatches: pd.DataFrame,
    kpis: pd.DataFrame,
) -> None:
    if ground is not None:
        figure = new_figure(9.5, 8)
        view = response_maps.View(column="first_arrival_s", statistic="p90", by="township", least=5)
        response_maps.response_map(incidents, ground, figure.subplots(), view)
        save(figure, folder, "map_first_arrival_p90")

    figure = new_figure(7, 4.5)
    replications = incidents["replication"].nunique()
    shares = [
        incident_tables.open_at_once(part, config.days * 86_400.0)
        for _, part in incidents.groupby("replication", sort=True)
    ]
    summed = pd.concat(shares).groupby("open_incidents")["share"].sum() / max(replications, 1)
    mean = summed.rename_axis("open_incidents").reset_index(name="share")
    bars.simultaneous_demand(mean, figure.subplots())
    save(figure, folder, "simultaneous_demand")

    figure = new_figure(10, 5.5)
    by_hour = busy_by_hour(dispatches, incidents, kpis)
    works = [station.name for station in config.plan.stations.values()]
    trends.utilisation(by_hour, figure.subplots(), works)
    save(figure, folder, "utilisation")


def busy_by_hour(dispatches: pd.DataFrame, incidents: pd.DataFrame, kpis: pd.DataFrame) -> pd.DataFrame:
    """Return, by professional station and hour of the day, the share of manned unit-hours away: station, hour, value.

    A station's mean over the hours is its indicator `utilisation`, which knows how many crews it has.
    """
    rows = kpis[(kpis["kpi"] == "utilisation") & (kpis["by"] == "station")]
    mean = rows.set_index("group")["mean"]
    sent = dispatches[dispatches["tier"] == "professional"].merge(
        incidents[["replication", "incident", "time_s"]], on=["replication", "incident"]
    )
    start = (sent["time_s"] + sent["dispatched_s"]).to_numpy() % 86_400 / 3600
    length = ((sent["ready_s"] - sent["dispatched_s"]).fillna(0.0) / 3600).to_numpy().clip(0, None)
    found = []
    for station, share in mean.items():
        here = (sent["station"] == station).to_numpy()
        # hours of [start, start + length) that fall into [hour, hour + 1), on the first day and the days after
        days_over = np.arange(int(np.ceil((length[here].max(initial=0.0) + HOURS) / HOURS)) + 1) * HOURS
        begin, end = start[here][:, None], (start + length)[here][:, None]
        away = np.array(
            [
                np.clip(
                    np.minimum(end, hour + 1 + days_over) - np.maximum(begin, hour + days_over), 0, None
                ).sum()
                for hour in range(HOURS)
            ]
        )
        total = away.sum()
        values = away * (HOURS * share / total) if total > 0 else away
        found += [(station, hour, float(value)) for hour, value in enumerate(values)]
    return pd.DataFrame(found, columns=["station", "hour", "value"])
