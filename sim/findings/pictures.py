"""The pictures of a run: which there are, at what size. How each is drawn stands in `sim.findings.plot`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.config.schema import Config
from sim.errors import SimError
from sim.findings.plot import bars, curves, maps, scoreboard, tables, trends
from sim.findings.plot.ground import Ground
from sim.findings.plot.style import new_figure, save, use_style
from sim.world.region import Region, tables_folder

HOURS = 24


def ground_of(config: Config) -> Ground:
    """Return the cells, townships and stations of the configured region, for maps."""
    return ground_at(asdict(config.region))


def ground_at(region: Mapping[str, Any]) -> Ground:
    """Return the ground of a region by its part of a configuration; SimError for one that is made up."""
    if not has_map(region):
        raise SimError("region.synthetic makes the region up: there are maps only of regions with tables.")
    folder = tables_folder(region.get("folder"))
    cells = pd.read_csv(folder / "cells.csv", dtype={"township": str})
    townships = pd.read_csv(folder / "townships.csv", dtype={"code": str, "county_code": str})
    return Ground(cells, townships, pd.read_csv(folder / "stations.csv"))


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
    folder.mkdir(parents=True, exist_ok=True)
    with use_style():
        figure = new_figure(13, 5.2)
        left, right = figure.subplots(1, 2)
        curves.milestones(incidents, left)
        curves.by_tier(dispatches, incidents, right)
        figure.suptitle(f"{config.region.name} {year}: response times at fires 火灾响应时间")
        save(figure, folder, "response_curves")

        if config.region.synthetic is None:
            figure = new_figure(9.5, 8)
            maps.response_map(incidents, ground_of(config), figure.subplots())
            save(figure, folder, "map_first_capable")

        figure = new_figure(6.5, 5)
        bars.who_arrives_first(tables.first_tier_shares({year: incidents}), figure.subplots())
        save(figure, folder, "who_arrives_first")
        if config.figures == "all":
            _draw_rest(folder, config, region, incidents, dispatches, kpis)


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
    region: Region,
    incidents: pd.DataFrame,
    dispatches: pd.DataFrame,
    kpis: pd.DataFrame,
) -> None:
    if config.region.synthetic is None:
        figure = new_figure(9.5, 8)
        view = maps.View(column="first_arrival_s", statistic="p90", by="township", least=5)
        maps.response_map(incidents, ground_of(config), figure.subplots(), view)
        save(figure, folder, "map_first_arrival_p90")

    figure = new_figure(7, 4.5)
    replications = incidents["replication"].nunique()
    shares = [
        tables.open_at_once(part, config.days * 86_400.0)
        for _, part in incidents.groupby("replication", sort=True)
    ]
    summed = pd.concat(shares).groupby("open_incidents")["share"].sum() / max(replications, 1)
    mean = summed.rename_axis("open_incidents").reset_index(name="share")
    bars.simultaneous_demand(mean, figure.subplots())
    save(figure, folder, "simultaneous_demand")

    figure = new_figure(10, 5.5)
    trends.utilisation(busy_by_hour(dispatches, incidents, config.days), figure.subplots())
    save(figure, folder, "dispatches_by_hour")


def busy_by_hour(dispatches: pd.DataFrame, incidents: pd.DataFrame, days: int) -> pd.DataFrame:
    """Return, by professional station and hour of the day, the share of unit-hours away: station, hour, value."""
    sent = dispatches[dispatches["tier"] == "professional"].merge(
        incidents[["replication", "incident", "time_s"]], on=["replication", "incident"]
    )
    units = sent.groupby("station")["unit"].nunique()
    start = (sent["time_s"] + sent["dispatched_s"]).to_numpy() % 86_400 / 3600
    length = ((sent["ready_s"] - sent["dispatched_s"]).fillna(0.0) / 3600).to_numpy().clip(0, None)
    rows = []
    replications = max(incidents["replication"].nunique(), 1)
    for station, number in units.items():
        here = (sent["station"] == station).to_numpy()
        for hour in range(HOURS):
            # hours of [start, start + length) that fall into [hour, hour + 1), on the first day and the days after
            days_over = np.arange(int(np.ceil((length[here].max(initial=0.0) + HOURS) / HOURS)) + 1) * HOURS
            low = np.maximum(start[here][:, None], hour + days_over)
            high = np.minimum((start + length)[here][:, None], hour + 1 + days_over)
            rows.append(
                (station, hour, float(np.clip(high - low, 0, None).sum()) / (number * days * replications))
            )
    return pd.DataFrame(rows, columns=["station", "hour", "value"])
