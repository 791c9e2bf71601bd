"""Further nests, township teams or patrol cars: the best sites, and their effect in the event model."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sim.analysis import coverage
from sim.simulation.replication import World
from sim.studies.siting import covering, tasks
from sim.studies.siting.evaluation import Options, measured, paired, region_folder
from sim.world.region_tables import POSTS

TIERS = {"nests": ("drone",), "teams": ("professional", "township"), "patrol": ("patrol",)}
TIER_OF = {"nests": "drone", "teams": "township", "patrol": "patrol"}
WORD = {"nests": "机巢", "teams": "专职队", "patrol": "巡逻车"}
EFFECTS = (
    "first_arrival_mean", "first_arrival_p90", "first_capable_mean", "first_capable_p90", "first_water_mean",
    "drone_sorties", "drone_minutes_gained", "drone_runs_saved", "loss", "deaths_a", "deaths_b", "deaths_c",
)  # fmt: skip


def points(chosen: Options, world: World) -> tuple[tasks.Task, covering.Siting, pd.DataFrame]:
    """Return the task, the choice and its table for nests, township teams or patrol cars."""
    config, region = world.config, world.region
    standing = np.array(
        [
            world.forces.xy[index]
            for tier in TIERS[chosen.what]
            for index in world.forces.by_tier[tier].tolist()
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    seats = np.array([(township.x, township.y) for township in region.townships], dtype=np.float64)
    centres = np.column_stack([region.cells.x, region.cells.y])
    candidates = seats if chosen.candidates == "seats" else centres
    weight = region.cells.population
    if chosen.weight == "demand":
        weight = coverage.demand_weight(config.demand, region, config.coverage.demand)
    if chosen.what == "nests":
        task = tasks.by_radius(region, config.forces.drones.radius_m, standing, candidates, weight)
    else:
        faster = config.forces.patrol.speed_factor if chosen.what == "patrol" else 1.0
        within_s = config.coverage.township_travel_min * 60 * faster
        task = tasks.by_road(region, world.travel, within_s, standing, candidates, weight)
    if chosen.target is not None:
        best = covering.fewest(
            task.reach, weight, chosen.target, before=task.before, limit_s=chosen.time_limit
        )
    else:
        best = covering.greatest(
            task.reach, weight, chosen.sites or 0, before=task.before, limit_s=chosen.time_limit
        )
    return task, best, _point_table(chosen, world, task, best)


def names(chosen: Options, world: World, best: covering.Siting) -> list[str]:
    """Return names of the sites, which no further post of the region's own has while these are numbered on."""
    first = len(world.region.posts) + 1
    return [f"拟建{WORD[chosen.what]}{number}" for number in range(first, first + len(best.chosen))]


def _point_table(chosen: Options, world: World, task: tasks.Task, best: covering.Siting) -> pd.DataFrame:
    region = world.region
    lon, lat = region.projection.degrees(task.x, task.y)
    covered, rows = task.before.copy(), []
    for name, index in zip(names(chosen, world, best), best.chosen, strict=True):
        covered |= task.reach[index]
        if chosen.candidates == "seats":
            township = region.townships[index]
        else:
            township = region.townships[region.cells.township[index]]
        share = float(task.weight[covered].sum() / task.weight.sum())
        rows.append(
            (
                name,
                township.county,
                township.name,
                round(float(lon[index]), 5),
                round(float(lat[index]), 5),
                share,
            )
        )
    return pd.DataFrame(rows, columns=["name", "county", "township", "lon", "lat", "share_so_far"])


def effect(chosen: Options, world: World, sites: pd.DataFrame) -> pd.DataFrame:
    """Run the event model with and without the sites on the same workloads; one row an indicator of the whole region.

    They reach the model as a user's own would: as the table of further posts in the region's folder, here a copy.
    """
    config = world.config
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "region"
        shutil.copytree(region_folder(config), folder)
        file = folder / POSTS
        rows = sites[["name", "lon", "lat"]].assign(tier=TIER_OF[chosen.what])
        if file.is_file():
            rows = pd.concat([pd.read_csv(file), rows], ignore_index=True)
        rows.to_csv(file, index=False)
        opened = replace(config, region=replace(config.region, folder=str(folder)))
        before, after = (measured(variant, "all", "all", EFFECTS) for variant in (config, opened))
    return paired(before, after)
