"""Where further sites would have to stand: stations for the plan's coverage, or nests, teams and patrol cars.

    python -m sim.studies.siting.command [year=2027|2030|...] [definition=nominal|reach|demand] [target=0.75 | sites=N]
                                 [kind=class2] [replications=5] [--write-proposal] [key=value ...]
    python -m sim.studies.siting.command what=nests|teams|patrol sites=N [year=2030] [weight=demand|population]
                                 [candidates=seats|cells] [replications=5]

Without options: which further stations would reach the coverage that the plan promises, 75 % in 2027 and 100 %
in 2030, under each definition of coverage; what was proposed for one year stays for the next. Prints, stores
coverage.csv, sites.csv, effect.csv and a map in results/siting, and runs the event model with and without the
proposal on the same workloads (replications=0 leaves that out). --write-proposal puts the sites into the
region's proposed_sites.csv, which scenario 2030 reads (plan.extra_stations).
Nests, teams and patrol cars: the same into results/siting_nests and so on; they reach the event model as the
region's further_posts.csv, a table that you can write yourself (docs/siting.md).
Options of the solver: time_limit=60 (seconds a problem). Other keys are those of the configuration.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sim.config.compose import compose, options
from sim.errors import SimError
from sim.files import write_table
from sim.simulation import replication
from sim.simulation.replication import World
from sim.studies.siting import evaluation as study
from sim.studies.siting import output, points
from sim.studies.siting.evaluation import Options
from sim.studies.siting.points import TIERS
from sim.terms import COVERAGES, STATION_CLASSES

FLAG = "--write-proposal"


def read(arguments: Sequence[str]) -> tuple[Options, list[str]]:
    """Return the options of the command and the keys that are the configuration's."""
    readers: dict[str, Callable[[str, str], Any]] = {
        "year": _one_of(*options("scenario"), then=int),
        "definition": _one_of(*COVERAGES),
        "target": _number(0, 1),
        "sites": _whole(1, 100_000),
        "what": _one_of("stations", *TIERS),
        "kind": _one_of(*STATION_CLASSES),
        "weight": _one_of("demand", "population"),
        "candidates": _one_of("seats", "cells"),
        "replications": _whole(0, 100_000),
        "time_limit": _number(0.01, 86_400),
    }
    found: dict[str, Any] = {}
    others = []
    for argument in arguments:
        key, equals, text = argument.partition("=")
        if argument == FLAG:
            found["write"] = True
        elif argument.startswith("-"):
            raise SimError(f"unknown flag {argument}; allowed: {FLAG}, and options of the form key=value.")
        elif key == "scenario":
            raise SimError("scenario is set by the year of the targets: use year=2027.")
        elif equals and key in readers:
            if key in found:
                raise SimError(f"{key} stands there twice; once is enough.")
            found[key] = readers[key](key, text)
        else:
            others.append(argument)
    return _checked(Options(**found), found), others


def _checked(chosen: Options, given: dict[str, Any]) -> Options:
    if chosen.target is not None and chosen.sites is not None:
        raise SimError(
            "target and sites are both given: give the share to reach or the number of sites, not both."
        )
    if chosen.what == "stations":
        unfit = [name for name in ("weight", "candidates") if name in given]
        if (chosen.target is not None or chosen.sites is not None) and chosen.year is None:
            raise SimError("target and sites need the year that they are meant for: give year=2027.")
    else:
        unfit = [name for name in ("definition", "kind", "write") if name in given]
        if chosen.target is None and chosen.sites is None:
            raise SimError(
                f"what={chosen.what} needs sites=N or target=SHARE: the plan promises no share for them."
            )
    if unfit:
        named = FLAG if unfit[0] == "write" else unfit[0]
        raise SimError(f"{named} has no meaning with what={chosen.what}.")
    return chosen


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence on standard error if the user has to mend something."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if {"--help", "-h"} & set(arguments):
        print(__doc__)
        return 0
    try:
        _run(*read(arguments))
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted.\n")
        return 130
    return 0


def _run(chosen: Options, others: list[str]) -> None:
    worlds: dict[int, World] = {}

    def world_of(year: int) -> World:
        if year not in worlds:
            given = [f"scenario={year}", f"replications={max(chosen.replications, 1)}", *others]
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


def _stations(chosen: Options, world_of: study.WorldOf, folder: Path) -> None:
    proposals = list(study.propose(chosen, world_of))
    shares = study.coverage_table(proposals)
    sites = study.site_table(proposals, world_of)
    output.show_proposals(shares, sites)
    found = study.effect(proposals, sites, world_of) if chosen.replications and len(sites) else None
    if found is not None:
        output.show_effect(found)
    write_table(shares, folder / "coverage.csv")
    write_table(sites, folder / "sites.csv")
    if found is None:
        (folder / "effect.csv").unlink(missing_ok=True)  # of an earlier proposal
    else:
        write_table(found, folder / "effect.csv")
    output.draw_proposals(folder, proposals, world_of)
    if chosen.write:
        print(f"Proposal {output.write_proposal(sites, world_of(proposals[0].year))}")
    print(
        f"Results  {folder}: coverage.csv, sites.csv{'' if found is None else ', effect.csv'}, map.png, map.svg"
    )


def _points(chosen: Options, world: World, folder: Path) -> None:
    task, best, table = points.points(chosen, world)
    output.show_points(chosen, world, task, best, table)
    found = points.effect(chosen, world, table) if chosen.replications and len(table) else None
    write_table(table, folder / "sites.csv")
    if found is None:
        (folder / "effect.csv").unlink(missing_ok=True)  # of earlier sites
    else:
        output.show_effect(found, "Whole region")
        if chosen.what == "nests" and not world.levels.platform:
            print("plan.platform is not in force: nobody flies a drone, with or without further nests.")
        write_table(found, folder / "effect.csv")
    output.draw_points(folder, chosen, world, task, best)
    print(f"Results  {folder}: sites.csv, {'' if found is None else 'effect.csv, '}map.png, map.svg")


def _one_of(*allowed: str, then: Callable[[str], Any] = str) -> Callable[[str, str], Any]:
    def reader(key: str, text: str) -> Any:
        if text not in allowed:
            raise SimError(f"{key} is {text!r}; allowed: {', '.join(allowed)}.")
        return then(text)

    return reader


def _number(low: float, high: float) -> Callable[[str, str], float]:
    def reader(key: str, text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not low <= found <= high:
            raise SimError(f"{key} is {text!r}; allowed: a number in {low:g}..{high:g}.")
        return found

    return reader


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def reader(key: str, text: str) -> int:
        if not (text.isdecimal() and low <= int(text) <= high):
            raise SimError(f"{key} is {text!r}; allowed: a whole number in {low}..{high}.")
        return int(text)

    return reader


if __name__ == "__main__":
    sys.exit(main())
