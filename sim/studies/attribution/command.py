"""Attribute the change from before the plan to one or more years to groups of measures.

Computes the effect of each group alone, of each group last (all but one), and exact Shapley values, which add up to
the change. Groups that you do not name form one part, `other`. n parts take up to 2^n runs of every replication,
on the same workload. Combinations with the same world are run once, across years too. With 20 replications and
n = 6, a year takes about five minutes on two cores. Each further group doubles it, unless it changes nothing in
the year.

Writes attribution.csv (columns: year, then sim.studies.attribution.groups.table, and effect: mechanism, or what is
assumed), waterfall.png and .svg of the last year, by_year.png and .svg of several years, config.yaml and
attribution.json. The folder is complete or absent.

    python -m sim attribution year=2025 groups=vehicles,patrol_cars
    python -m sim attribution year=all
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from sim.config import out_of_range
from sim.config.compose import compose, options
from sim.config.groups.plan import effect_of
from sim.config.schema import Config
from sim.config.text import to_yaml
from sim.errors import SimError
from sim.files import only, publish_folder
from sim.options import Asked, Option, Usage
from sim.reports import terminal
from sim.runs import replications
from sim.runs.processes import in_order
from sim.storage.provenance import provenance
from sim.studies.attribution import groups as attribution
from sim.studies.attribution import output
from sim.studies.attribution.groups import OTHER, AttributionStudy
from sim.studies.attribution.output import BY_YEAR, WATERFALL
from sim.world import regions
from sim.world.region import Region

OUT = Path("results/attribution")
GROUPS = ("vehicles", "patrol_cars", "drones", "unified_dispatch", "stations")  # and the rest as one
TABLE, INFO, CONFIG = "attribution.csv", "attribution.json", "config.yaml"
FILES = {TABLE, INFO, CONFIG, *(f"{name}.{kind}" for name in (WATERFALL, BY_YEAR) for kind in ("png", "svg"))}
Studies = dict[int, AttributionStudy]  # by year, in order; the parts and all but the year are the same

_YEAR = "years of the plan; all are those after 2023"
USAGE = Usage(
    (
        Option("year", _YEAR, ["2025"], list, allowed=lambda: ["all", *options("scenario")]),
        Option(
            "groups",
            "groups of measures, or all; `assumed` takes out all whose effect is typed in; the rest is `other`",
            list(GROUPS),
            list,
        ),
        Option("out", f"folder for the results; without it {OUT}/YEAR", None, Path),
    ),
    configuration=True,
    refused={"scenario": "scenario is given as year=... here."},
)

_ready: list[
    tuple[Region, list[list[Config]]]
] = []  # of a worker process: the region; every coalition, by year


def start(studies: Studies) -> None:
    """Make a process ready: the coalitions' configurations and the region they share."""
    region = regions.load(last(studies).config.region)
    _ready[:] = [(region, [attribution.configs(study) for study in studies.values()])]


def work(number: int) -> list[np.ndarray]:
    """Return the indicators of a replication in every coalition, year by year."""
    region, by_year = _ready[0]
    shared = attribution.Shared.of(by_year[0][0], region, number)
    return [attribution.coalition_values(variants, region, number, shared) for variants in by_year]


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
        plan = study.config.plan
        table["effect"] = [effect_of(plan, study.parts[part]) if part else "" for part in table["part"]]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def last(studies: Studies) -> AttributionStudy:
    """Return the study of the last year."""
    return next(reversed(studies.values()))


def summary(studies: Studies) -> str:
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


refuse = only(FILES, "attribution", INFO)


def write(folder: Path, table: pd.DataFrame, studies: Studies, seconds: float) -> None:
    """Write everything into a temporary folder next to `folder`, which it then replaces."""
    study, config = last(studies), last(studies).config
    info = {
        "status": "complete", "scenario": config.scenario.year, "years": list(studies), "delivery": config.delivery,
        "parts": study.parts, "coalitions": study.coalitions, "replications": config.replications, "days": config.days,
        "seed": config.seed, "wall_time_s": round(seconds, 1), **provenance(),
    }  # fmt: skip
    with publish_folder(folder, refuse) as partial:
        table.to_csv(partial / TABLE, index=False, lineterminator="\n")
        output.draw(table, study, partial)
        (partial / CONFIG).write_text(to_yaml(config), encoding="utf-8")
        text = json.dumps(info, indent=2, ensure_ascii=False) + "\n"
        (partial / INFO).write_text(text, encoding="utf-8")


def studies_of(asked: Asked) -> tuple[Studies, Path]:
    """Return the studies that are asked for, by year, and their folder."""
    folder = asked["out"] or OUT / ",".join(asked["year"])
    studies = {}
    for year in _years(asked["year"]):
        config = compose([f"scenario={year}", *asked.others])
        if config.replications == "auto":
            raise SimError(
                "replications is 'auto'; an attribution needs a number, the same for every coalition."
            )
        parts = attribution.parts_of(config.plan, _groups(asked, config))
        studies[config.scenario.year] = AttributionStudy(replace(config, out=str(folder)), parts)
    configs = [study.config for study in studies.values()]
    found = [item for config in configs for item in out_of_range.values(config)]
    out_of_range.tell(found, strict=any(config.strict for config in configs))
    return studies, folder


def _years(years: list[str]) -> list[str]:
    """Return the years asked for in order; all are those after the first, which is before the plan."""
    if years == ["all"]:
        return options("scenario")[1:]
    if len(set(years)) < len(years):
        raise SimError(f"year names one twice: {','.join(years)}; each may be named once.")
    if "all" in years:
        raise SimError("year is all and more; allowed: all alone, or years.")
    return sorted(years)


def _groups(asked: Asked, config: Config) -> list[str]:
    known = list(attribution.groups_of(config.plan))
    if asked["groups"] == ["all"]:
        return known
    if "groups" not in asked.given:
        return [name for name in GROUPS if name in known]  # a user's own plan may lack some
    return list(asked["groups"])


def run(asked: Asked) -> int:
    """Run every coalition, write the attribution and print it."""
    began = time.perf_counter()
    studies, folder = studies_of(asked)
    refuse(folder)
    terminal.say(summary(studies))
    table = measure(studies)
    write(folder, table, studies, time.perf_counter() - began)
    output.show(table)
    terminal.say(
        "Mean over replications with its 95 % interval; every difference is between runs on the same workload. "
        "alone: the only measures in force; after all others: what is lost without them; Shapley value: the mean "
        "over all orders, and these add up to the change. Times are over the same incidents: one that never came, as an "
        "engine's that turned back because the fire was out, counts as 60 minutes."
    )
    pictures = ", ".join(f"{name}.png" for name in (BY_YEAR, WATERFALL) if (folder / f"{name}.png").exists())
    rows = f"{folder / TABLE}: all {len(table):,} rows, of fires and by setting too"
    terminal.say(f"{rows}; pictures {pictures} beside it")
    return 0
