"""Further nests, township teams or patrol cars: the best sites, and their effect in the event model."""

from __future__ import annotations

from itertools import count, islice

import numpy as np
import pandas as pd

from sim.analysis import coverage
from sim.options import Asked
from sim.simulation.replication import World
from sim.studies.siting import covering, tasks
from sim.studies.siting.evaluation import copied_region, measured, paired
from sim.world.region_tables import POSTS

TIERS = {"nests": ("drone",), "teams": ("professional", "township"), "patrol": ("patrol",)}
TIER_OF = {"nests": "drone", "teams": "township", "patrol": "patrol"}
WORD = {"nests": "机巢", "teams": "专职队", "patrol": "巡逻车"}
EFFECTS = (
    "first_arrival_mean", "first_arrival_p90", "first_capable_mean", "first_capable_p90", "first_water_mean",
    "drone_sorties", "drone_minutes_gained", "drone_runs_saved", "loss", "deaths_a", "deaths_b", "deaths_c",
)  # fmt: skip


def points(asked: Asked, world: World) -> tuple[tasks.Task, covering.Siting, pd.DataFrame]:
    """Return the task, the choice and its table for nests, township teams or patrol cars."""
    config, region = world.config, world.region
    candidates = np.column_stack([region.cells.x, region.cells.y])
    if asked["candidates"] == "seats":
        candidates = np.array([(township.x, township.y) for township in region.townships], dtype=np.float64)
    weight = region.cells.population
    if asked["weight"] == "demand":
        weight = coverage.demand_weight(config.demand, region, config.coverage.demand)
    there = standing(asked, world)
    if asked["what"] == "nests":
        task = tasks.by_radius(region, config.forces.drones.radius_m, there, candidates, weight)
    else:
        faster = config.forces.patrol.speed_factor if asked["what"] == "patrol" else 1.0
        within_s = config.coverage.township_travel_min * 60 * faster
        task = tasks.by_road(region, world.travel, within_s, there, candidates, weight)
    if asked["target"] is not None:
        best = task.fewest(asked["target"], asked["time_limit"])
    else:
        best = task.greatest(asked["sites"], asked["time_limit"])
    return task, best, _point_table(asked, world, task, best)


def standing(asked: Asked, world: World) -> tasks.Floats:
    """Return the places in metres of the posts that stand, (posts, 2)."""
    forces = world.forces
    posts = [index for tier in TIERS[asked["what"]] for index in forces.by_tier[tier].tolist()]
    return np.array([forces.xy[index] for index in posts], dtype=np.float64).reshape(-1, 2)


def names(asked: Asked, world: World, best: covering.Siting) -> list[str]:
    """Return names of the sites, numbered on from the region's further posts, which nothing there has."""
    taken = {site.name for site in world.region.sites} | {post.name for post in world.region.posts}
    numbered = (f"拟建{WORD[asked['what']]}{number}" for number in count(len(world.region.posts) + 1))
    return list(islice((name for name in numbered if name not in taken), len(best.chosen)))


def _point_table(asked: Asked, world: World, task: tasks.Task, best: covering.Siting) -> pd.DataFrame:
    region = world.region
    lon, lat = (np.round(part, 5) for part in region.projection.degrees(task.x, task.y))
    covered, rows = task.before.copy(), []
    for name, index in zip(names(asked, world, best), best.chosen, strict=True):
        covered |= task.reach[index]
        township = region.townships[index if asked["candidates"] == "seats" else region.cells.township[index]]
        share = float(task.weight[covered].sum() / task.weight.sum())
        rows.append((name, township.county, township.name, lon[index], lat[index], share))
    return pd.DataFrame(rows, columns=["name", "county", "township", "lon", "lat", "share_so_far"])


def effect(asked: Asked, world: World, sites: pd.DataFrame) -> pd.DataFrame:
    """Run the event model with and without the sites on the same workloads; one row an indicator of the whole region.

    They reach the model as a user's own would: as the table of further posts in the region's folder, here a copy.
    """
    with copied_region(world.config) as (opened, folder):
        rows = sites[["name", "lon", "lat"]].assign(tier=TIER_OF[asked["what"]])
        if (folder / POSTS).is_file():
            rows = pd.concat(
                [pd.read_csv(folder / POSTS, dtype={"name": str}, keep_default_na=False), rows],
                ignore_index=True,
            )
        rows.to_csv(folder / POSTS, index=False)
        return paired(*(measured(config, "all", "all", EFFECTS) for config in (world.config, opened)))
