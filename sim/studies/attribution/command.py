"""Attribute the change from before the plan to a year, or to each of several, to groups of measures.

    python -m sim.studies.attribution.command [year=2025 | 2025,2030 | all] [groups=vehicles,patrol_cars,... | all]
                                      [replications=20] [workers=0] [out=results/attribution/YEAR] [key=value ...]

Each group alone, each group last (all but one), and exact Shapley values over the groups, which add up to the
change. The groups that are not asked for are taken together as one part, `other`. n parts take up to 2^n runs of
every replication, on the same workload; those that amount to the same world are run once, across years too. With
20 replications and n = 6, a year takes about five minutes on two cores; each further group doubles it,
but one that changes nothing in the year costs nothing.

Writes attribution.csv (columns: year, then sim.studies.attribution.groups.table), waterfall.png and .svg of the last year,
by_year.png and .svg of several, config.yaml and attribution.json into the folder, complete or not at all. Other
options are those of python -m sim.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.config.compose import compose, options
from sim.config.schema import Config
from sim.config.text import to_yaml
from sim.errors import SimError
from sim.files import publish_folder
from sim.report import terminal
from sim.runs import replications
from sim.runs.processes import in_order
from sim.storage.run_folder import provenance
from sim.studies.attribution import groups as attribution
from sim.studies.attribution import output
from sim.studies.attribution.groups import OTHER, Study
from sim.studies.attribution.output import BY_YEAR, WATERFALL
from sim.world import regions
from sim.world.region import Region

OUT = Path("results/attribution")
YEAR = "2025"
GROUPS = ("vehicles", "patrol_cars", "drones", "unified_dispatch", "stations")  # and the rest as one
TABLE, INFO, CONFIG = "attribution.csv", "attribution.json", "config.yaml"
FILES = {TABLE, INFO, CONFIG, *(f"{name}.{kind}" for name in (WATERFALL, BY_YEAR) for kind in ("png", "svg"))}
Studies = dict[int, Study]  # by year, in order; the parts and all but the year are the same

_variants: list[list[Config]] = []  # of a worker process: every coalition, by year
_land: Region | None = None


def start(studies: Studies) -> None:
    """Make a process ready: the coalitions' configurations and the region they share."""
    global _variants, _land
    land = regions.load(last(studies).config.region)
    _variants, _land = [attribution.configs(study) for study in studies.values()], land


def work(number: int) -> list[np.ndarray]:
    """Return the indicators of a replication in every coalition, year by year."""
    assert _land is not None
    shared = attribution.Shared.of(_variants[0][0], _land, number)
    return [attribution.one(variants, _land, number, shared) for variants in _variants]


def measure(studies: Studies) -> pd.DataFrame:
    """Run every replication in every coalition and return the attribution, year by year."""
    study = last(studies)
    rows = []
    numbers = range(study.config.replications_at_most)
    with terminal.progress(f"attribution {', '.join(map(str, studies))}", len(numbers)) as progress:
        for row in in_order(work, numbers, replications.workers(study.config), start, (studies,)):
            rows.append(row)
            progress(len(rows))
    keys, parts = attribution.keys_of(study.config), list(study.parts)
    tables = []
    for values, year in zip(zip(*rows, strict=True), studies, strict=True):
        table = attribution.table(np.array(values), keys, parts)
        table.insert(0, "year", year)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def last(studies: Studies) -> Study:
    """Return the study of the last year."""
    return next(reversed(studies.values()))


def told(studies: Studies) -> str:
    """Return what is run, in a sentence or two."""
    study = last(studies)
    config = study.config
    runs = study.coalitions * config.replications_at_most * len(studies)
    parts = ", ".join(
        f"{OTHER} ({', '.join(keys)})" if name == OTHER else name for name, keys in study.parts.items()
    )
    text = (
        f"State at the end of {', '.join(map(str, studies))} (delivery={config.delivery}) against no measure at all: "
        f"{len(study.parts)} parts, {study.coalitions} coalitions, {config.replications} replications of {config.days} "
        f"days each, at most {runs:,} runs. Parts: {parts}."
    )
    if config.demand.growth:
        text += (
            " Demand grows: both ends have the demand of the year, so its growth is no part of the change."
        )
    return text


def refuse(folder: Path) -> None:
    """Raise SimError when the folder holds something that is no attribution."""
    if not os.path.lexists(folder):
        return
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else {"a file of that name"}
    if strange := sorted(names - FILES):
        raise SimError(f"out={folder} holds {strange[0]}, which is no attribution; choose another folder.")


def leave(folder: Path, table: pd.DataFrame, studies: Studies, seconds: float) -> None:
    """Write everything into a temporary folder beside `folder`, which then takes its place."""
    with publish_folder(folder, refuse) as partial:
        table.to_csv(partial / TABLE, index=False, lineterminator="\n")
        output.draw(table, last(studies), partial)
        (partial / CONFIG).write_text(to_yaml(last(studies).config), encoding="utf-8")
        (partial / INFO).write_text(
            json.dumps(_info(studies, seconds), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )


def _info(studies: Studies, seconds: float) -> dict[str, Any]:
    study = last(studies)
    config = study.config
    return {
        "status": "complete",
        "scenario": config.scenario.year,
        "years": list(studies),
        "delivery": config.delivery,
        "parts": {name: list(keys) for name, keys in study.parts.items()},
        "coalitions": study.coalitions,
        "replications": config.replications,
        "days": config.days,
        "seed": config.seed,
        "wall_time_s": round(seconds, 1),
        **provenance(),
    }


def read(arguments: Sequence[str]) -> tuple[Studies, Path]:
    """Return the studies that the arguments ask for, by year, and their folder."""
    own = {"year": YEAR, "groups": ",".join(GROUPS), "out": ""}
    rest = []
    for argument in arguments:
        key, equals, given = argument.partition("=")
        if not equals or key.startswith("-"):
            raise SimError(f"unknown option {argument}: options are of the form key=value; see --help.")
        if key in own and given:
            own[key] = given
        elif key in ("year", "groups"):
            raise SimError(f"{key} is empty; see --help.")
        elif key == "scenario":
            raise SimError("scenario is given as year=... here.")
        elif not (key == "workers" and not given):
            rest.append(argument)
    folder = Path(own["out"]) if own["out"] else OUT / own["year"]
    studies = {}
    for year in _years(own["year"]):
        config = compose([f"scenario={year}", *rest])
        if config.replications == "auto":
            raise SimError(
                "replications is 'auto'; an attribution needs a number, the same for every coalition."
            )
        parts = attribution.parts_of(config.plan, _asked(own["groups"], config))
        studies[config.scenario.year] = Study(replace(config, out=str(folder)), parts)
    return studies, folder


def _years(asked: str) -> list[str]:
    """Return the years asked for in order; all are those after the first, which is before the plan."""
    if asked == "all":
        return options("scenario")[1:]
    years = [year.strip() for year in asked.split(",")]
    if len(set(years)) < len(years):
        raise SimError(f"year names one twice: {asked}; each may be named once.")
    return sorted(years)


def _asked(groups: str, config: Config) -> list[str]:
    known = list(attribution.groups_of(config.plan))
    if groups == "all":
        return known
    if groups == ",".join(GROUPS):
        return [name for name in GROUPS if name in known]  # a plan of one's own may lack some
    return [name.strip() for name in groups.split(",")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 2 for a mistake of the user, 130 for Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(given):
        print(__doc__)
        return 0
    try:
        began = time.perf_counter()
        studies, folder = read(given)
        refuse(folder)
        print(told(studies), flush=True)
        table = measure(studies)
        leave(folder, table, studies, time.perf_counter() - began)
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: no result was left behind.\n")
        return 130
    output.show(table, last(studies))
    print(
        "Mean over replications with its 95 % interval; every difference is between runs on the same workload. "
        "alone: the only measures in force; after all others: what is lost without them; Shapley value: the mean "
        "over all orders, and these add up to the change. Times are means over the incidents that were reached: where "
        "a first crew has put a fire out, engines turn back and their time is missing from the mean."
    )
    pictures = ", ".join(f"{name}.png" for name in (BY_YEAR, WATERFALL) if (folder / f"{name}.png").exists())
    print(
        f"{folder / TABLE}: all {len(table):,} rows, of fires and by setting too; pictures {pictures} beside it"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
