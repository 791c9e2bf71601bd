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

from pathlib import Path

from sim.config.compose import compose, options
from sim.errors import SimError
from sim.files import write_table
from sim.options import Asked, Option, Usage
from sim.reports.terminal import progress, say
from sim.simulation import replication
from sim.simulation.replication import World
from sim.studies.siting import evaluation as study
from sim.studies.siting import output, points
from sim.studies.siting.evaluation import Options
from sim.studies.siting.points import TIERS
from sim.terms import COVERAGES, STATION_CLASSES

USAGE = Usage(
    (
        Option("what", "what is sited", "stations", allowed=("stations", *TIERS)),
        Option(
            "year",
            "state at its end; without it the years of the plan's targets, or the last",
            allowed=lambda: options("scenario"),
        ),
        Option("definition", "of coverage by stations; without it each", allowed=COVERAGES),
        Option("target", "share to be covered", None, float, 0, 1),
        Option("sites", "how many sites, instead of a share", None, int, 1, 100_000),
        Option("kind", "class of the stations", "class2", allowed=STATION_CLASSES),
        Option(
            "weight",
            "what covered cells count by, for nests, teams and patrol cars",
            "demand",
            allowed=("demand", "population"),
        ),
        Option(
            "candidates",
            "where nests, teams and patrol cars may stand: at seats of townships or in any cell",
            "seats",
            allowed=("seats", "cells"),
        ),
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
            Options.time_limit,
            float,
            0.01,
            86_400,
        ),
        Option("publish", "folder of a region whose table of proposed stations takes the sites", None, Path),
    ),
    configuration=True,
    refused={"scenario": "scenario is set by the year of the targets: use year=2027."},
)


def options_of(asked: Asked) -> Options:
    """Return what is asked for; SimError for options that do not go together."""
    if asked["target"] is not None and asked["sites"] is not None:
        raise SimError(
            "target and sites are both given: give the share to reach or the number of sites, not both."
        )
    unfit: list[str]
    without = asked["target"] is None and asked["sites"] is None
    if asked["what"] == "stations":
        unfit = [name for name in ("weight", "candidates") if name in asked.given]
        if not without and asked["year"] is None:
            raise SimError("target and sites need the year that they are meant for: give year=2027.")
    else:
        unfit = [name for name in ("definition", "kind", "publish") if name in asked.given]
        if without:
            raise SimError(
                f"what={asked['what']} needs sites=N or target=SHARE: the plan promises no share for them."
            )
    if unfit:
        raise SimError(f"{unfit[0]} has no meaning with what={asked['what']}.")
    year = None if asked["year"] is None else int(asked["year"])
    return Options(**{**asked.values, "year": year})


def run(asked: Asked) -> int:
    """Propose sites, try them in the event model, and leave tables and a map."""
    chosen = options_of(asked)
    worlds: dict[int, World] = {}

    def world_of(year: int) -> World:
        if year not in worlds:
            given = [f"scenario={year}", f"replications={max(chosen.replications, 1)}", *asked.others]
            config = compose([*given, "plan.extra_stations.enabled=false"])
            study.region_folder(config)  # refuses a region without tables before anything is built
            worlds[year] = replication.build_world(config)
        return worlds[year]

    year = chosen.year or int(options("scenario")[-1])
    folder = Path(world_of(year).config.out)
    if chosen.what == "stations":
        _stations(chosen, world_of, folder / "siting")
    else:
        _points(chosen, world_of(year), folder / f"siting_{chosen.what}")
    return 0


def _stations(chosen: Options, world_of: study.WorldOf, folder: Path) -> None:
    with progress("seeking sites"):
        proposals = list(study.propose(chosen, world_of))
    shares = study.coverage_table(proposals)
    sites = study.site_table(proposals, world_of)
    output.show_proposals(shares, sites)
    effect = study.effect(proposals, sites, world_of) if chosen.replications and len(sites) else None
    if effect is not None:
        output.show_effect(effect)
    write_table(shares, folder / "coverage.csv")
    write_table(sites, folder / "sites.csv")
    if effect is None:
        (folder / "effect.csv").unlink(missing_ok=True)  # of an earlier proposal
    else:
        write_table(effect, folder / "effect.csv")
    output.draw_proposals(folder, proposals, world_of)
    if chosen.publish is not None:
        say(f"Proposal {output.write_proposal(sites, chosen.publish)}")
    say(
        f"Results  {folder}: coverage.csv, sites.csv{'' if effect is None else ', effect.csv'}, map.png, map.svg"
    )


def _points(chosen: Options, world: World, folder: Path) -> None:
    with progress("seeking sites"):
        task, best, table = points.points(chosen, world)
    output.show_points(chosen, world, task, best, table)
    effect = points.effect(chosen, world, table) if chosen.replications and len(table) else None
    write_table(table, folder / "sites.csv")
    if effect is None:
        (folder / "effect.csv").unlink(missing_ok=True)  # of earlier sites
    else:
        output.show_effect(effect, "Whole region")
        if chosen.what == "nests" and not world.levels.platform:
            say("plan.platform is not in force: nobody flies a drone, with or without further nests.")
        write_table(effect, folder / "effect.csv")
    output.draw_points(folder, chosen, world, task, best)
    say(f"Results  {folder}: sites.csv, {'' if effect is None else 'effect.csv, '}map.png, map.svg")
