"""Find where further sites are needed: stations for the plan's coverage, or nests, teams and patrol cars.

Without options it finds the further stations that reach the coverage promised by the plan, 75 % in 2027 and 100 %
in 2030, under each definition of coverage. Stations proposed for one year stay in the next. It runs the event model
with and without the proposal on the same workloads, and writes coverage.csv, sites.csv, effect.csv and a map into
OUT/siting. publish=REGION_FOLDER writes the region's proposed_sites.csv, which scenario 2030 reads
(plan.extra_stations).
For nests, teams and patrol cars the results are in OUT/siting_nests and so on. The event model reads these sites from
the region's further_posts.csv, a table that you can write yourself (docs/siting.md).

    python -m sim siting year=2027 definition=reach sites=3
    python -m sim siting what=nests sites=8
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import pandas as pd

from sim.config import out_of_range
from sim.config.compose import compose, options
from sim.config.schema import Config
from sim.errors import SimError
from sim.files import only, publish_folder
from sim.options import Asked, Option, Usage
from sim.reports.terminal import progress, say
from sim.simulation import replication
from sim.simulation.replication import World
from sim.studies.siting import covering, output, points
from sim.studies.siting import evaluation as study
from sim.studies.siting.points import TIERS
from sim.terms import COVERAGES, STATION_CLASSES

_YEAR = "state at its end; without it the years of the plan's targets, or the last"
_SEATS = "where nests, teams and patrol cars may stand: at seats of townships or in any cell"
_WEIGHT = "what covered cells count by, for nests, teams and patrol cars"
FILES = ("coverage.csv", "sites.csv", "effect.csv", "map.png", "map.svg")
REPLACEABLE = only(FILES, "siting", "sites.csv")
USAGE = Usage(
    (
        Option("what", "what is sited", "stations", allowed=("stations", *TIERS)),
        Option("year", _YEAR, allowed=lambda: options("scenario")),
        Option("definition", "of coverage by stations; without it each", allowed=COVERAGES),
        Option("target", "share to be covered", None, float, 0, 1),
        Option("sites", "how many sites, instead of a share", None, int, 1, 100_000),
        Option("kind", "class of the stations", "class2", allowed=STATION_CLASSES),
        Option("weight", _WEIGHT, "demand", allowed=("demand", "population")),
        Option("candidates", _SEATS, "seats", allowed=("seats", "cells")),
        Option(
            "replications",
            "of the event model with and without the sites; 0 leaves it out",
            5,
            int,
            0,
            100_000,
        ),
        Option(
            "time_limit",
            "seconds that the solver has for each problem",
            covering.TIME_LIMIT_S,
            float,
            0.01,
            86_400,
        ),
        Option("publish", "folder of a region whose table of proposed stations takes the sites", None, Path),
    ),
    configuration=True,
    refused={"scenario": "scenario is set by the year of the targets: use year=2027."},
)


def refuse(asked: Asked) -> None:
    """Raise SimError for options that do not go together."""
    what, open_ended = asked["what"], asked["target"] is None and asked["sites"] is None
    if asked["target"] is not None and asked["sites"] is not None:
        raise SimError(
            "target and sites are both given: give the share to reach or the number of sites, not both."
        )
    if what == "stations" and not open_ended and asked["year"] is None:
        raise SimError("target and sites need the year that they are meant for: give year=2027.")
    if what != "stations" and open_ended:
        raise SimError(f"what={what} needs sites=N or target=SHARE: the plan promises no share for them.")
    for name in ("weight", "candidates") if what == "stations" else ("definition", "kind", "publish"):
        if name in asked.given:
            raise SimError(f"{name} has no meaning with what={what}: leave it out.")


def run(asked: Asked) -> int:
    """Propose sites, try them in the event model, and leave tables and a map."""
    refuse(asked)

    def config_of(year: int) -> Config:
        given = [f"scenario={year}", f"replications={max(asked['replications'], 1)}", *asked.others]
        return compose([*given, "plan.extra_stations.enabled=false"])

    @cache
    def world_of(year: int) -> World:
        config = config_of(year)
        study.region_folder(config)  # refuses a region without tables before anything is built
        return replication.build_world(config)

    year = int(asked["year"] or options("scenario")[-1])
    config = config_of(year)
    out_of_range.tell(out_of_range.values(config), strict=config.strict)
    world = world_of(year)
    folder = Path(world.config.out) / ("siting" if asked["what"] == "stations" else f"siting_{asked['what']}")
    REPLACEABLE(folder)  # now, not after the work
    tables = (
        _stations(asked, world_of, folder) if asked["what"] == "stations" else _points(asked, world, folder)
    )
    say(f"Results  {folder}: {', '.join(f'{name}.csv' for name in tables)}, map.png, map.svg")
    return 0


def _stations(asked: Asked, world_of: study.WorldOf, folder: Path) -> dict[str, pd.DataFrame]:
    with progress("seeking sites"):
        proposals = list(study.propose(asked, world_of))
    tables = {"coverage": study.coverage_table(proposals), "sites": study.site_table(proposals, world_of)}
    output.show_proposals(**tables)
    if asked["replications"] and len(tables["sites"]):
        tables["effect"] = study.effect(proposals, tables["sites"], world_of)
        output.show_effect(tables["effect"])
    _write(tables, folder, partial(output.draw_proposals, proposals=proposals, world_of=world_of))
    if asked["publish"] is not None:
        say(f"Proposal {output.write_proposal(tables['sites'], asked['publish'])}")
    return tables


def _points(asked: Asked, world: World, folder: Path) -> dict[str, pd.DataFrame]:
    with progress("seeking sites"):
        task, best, sites = points.points(asked, world)
    tables = {"sites": sites}
    output.show_points(asked, world, task, best, sites)
    if asked["replications"] and len(sites):
        tables["effect"] = points.effect(asked, world, sites)
        output.show_effect(tables["effect"], "Whole region")
        if asked["what"] == "nests" and not world.levels.platform:
            say("plan.platform is not in force: nobody flies a drone, with or without further nests.")
    _write(tables, folder, partial(output.draw_points, asked=asked, world=world, task=task, best=best))
    return tables


def _write(tables: dict[str, pd.DataFrame], folder: Path, draw: Callable[[Path], None]) -> None:
    """Write tables and map together: the folder is complete or absent."""
    with publish_folder(folder, REPLACEABLE) as scratch:
        for name, table in tables.items():
            table.to_csv(scratch / f"{name}.csv", index=False, lineterminator="\n")
        draw(scratch)
