"""Attribute the change from before the plan to a year to groups of measures.

    python -m experiments.attribution [year=2025] [groups=vehicles,patrol_cars,... | all] [replications=20]
                                      [workers=0] [out=results/attribution/YEAR] [key=value ...]

Each group alone, each group last (all but one), and exact Shapley values over the groups, which add up to the
change. The groups that are not asked for are taken together as one part, `other`. n parts need 2^n runs of
every replication, on the same workload: n = 6 takes about ten minutes on
two cores; each further group doubles it, but one that changes nothing in the year costs nothing.

Writes attribution.csv (columns: sim.findings.attribution.table), waterfall.png and .svg, config.yaml and
attribution.json into the folder, complete or not at all. Other options are those of python -m sim.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim import screen
from sim.config.compose import compose
from sim.config.schema import Config
from sim.config.text import to_yaml
from sim.errors import SimError
from sim.findings import attribution, replicate
from sim.findings.attribution import OTHER, Study
from sim.findings.parallel import in_order
from sim.findings.store import provenance
from sim.findings.writer import swap_in
from sim.terms import SETTINGS
from sim.world import region

OUT = Path("results/attribution")
YEAR = "2025"
GROUPS = ("vehicles", "patrol_cars", "drones", "unified_dispatch", "stations")  # and the rest as one
TABLE, INFO, CONFIG, PICTURE = "attribution.csv", "attribution.json", "config.yaml", "waterfall"
FILES = {TABLE, INFO, CONFIG, f"{PICTURE}.png", f"{PICTURE}.svg"}
WIDTH = 110  # columns of a table that goes to a file or a pipe
# Shown in the terminal and drawn: indicator, heading with its unit, in Chinese.
HEADLINE = {
    "first_arrival_mean": ("first arrival, mean, min", "首个力量到场平均时间"),
    "first_capable_mean": ("first capable arrival, mean, min", "首个有效力量到场平均时间"),
    "first_professional_mean": ("first professional arrival, mean, min", "首支国家消防队到场平均时间"),
    "first_water_mean": ("first water on fires, mean, min", "首次出水平均时间"),
    "burnt_area": ("burnt area, m² a year", "年过火面积"),
    "deaths_a": ("expected deaths a year, curve A", "年预期死亡人数（曲线A）"),
}
BY_SETTING = ("first_arrival_mean", "first_capable_mean")
NAMES = {
    "patrol_cars": "Patrol\ncars\n巡逻车",
    "drones": "Drones\n无人机",
    "unified_dispatch": "Unified\ndispatch\n统一指挥",
    "vehicles": "Vehicles,\nkit\n车辆装备",
    "township_teams": "Township\nteams\n专职队",
    "stations": "Stations\n消防站",
    "proposed_stations": "Proposed\nstations\n拟建站点",
    "water": "Water\n水源",
    "fire_lanes": "Fire\nlanes\n生命通道",
    "detection": "Detection,\nawareness\n预警宣传",
    OTHER: "Other\n其他",
}

_variants: list[Config] = []  # of a worker process: every coalition
_land: region.Region | None = None


def start(study: Study) -> None:
    """Make a process ready: the coalitions' configurations and the region they share."""
    global _variants, _land
    _variants, _land = attribution.configs(study), region.load(study.config.region)


def work(number: int) -> np.ndarray:
    """Return the indicators of a replication in every coalition."""
    assert _land is not None
    return attribution.one(_variants, _land, number)


def measure(study: Study) -> pd.DataFrame:
    """Run every replication in every coalition and return the attribution."""
    config = study.config
    rows = []
    numbers = range(config.replications_at_most)
    with screen.progress(f"attribution {config.scenario.year}", len(numbers)) as progress:
        for row in in_order(work, numbers, replicate.workers(config), start, (study,)):
            rows.append(row)
            progress(len(rows))
    return attribution.table(np.array(rows), attribution.keys_of(config), list(study.parts))


def draw(table: pd.DataFrame, study: Study, folder: Path) -> None:
    """Draw the waterfalls of the headline indicators into `folder`."""
    from sim.findings.plot import bars
    from sim.findings.plot.style import new_figure, save, use_style

    year = str(study.config.scenario.year)
    with use_style():
        columns = 2
        figure = new_figure(max(13.0, 2.2 * (len(study.parts) + 2)), 12.5)
        panels = figure.subplots(len(HEADLINE) // columns, columns).ravel()
        for (name, (heading, chinese)), axes in zip(HEADLINE.items(), panels, strict=True):
            steps = attribution.steps(table, name, NAMES, "2023", year)
            unit = table.loc[table["kpi"] == name, "unit"].iloc[0]
            bars.waterfall(steps, axes, unit=unit)
            axes.set_title(f"{heading} {chinese}")
            axes.set_ylabel("")
        figure.suptitle(
            f"{study.config.region.name}: what changes from before the plan to {year}, by group of measures "
            "(Shapley values) 各项措施的贡献"
        )
        save(figure, folder, PICTURE)


def show(table: pd.DataFrame, study: Study) -> None:
    """Print the headline indicators part by part, and two of them by setting."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(width=WIDTH, color_system=None, highlight=False)
    year = study.config.scenario.year
    rows = table.set_index(["kpi", "by", "group", "way", "part"]).sort_index()

    def cell(*key: str) -> str:
        return _interval(rows.loc[key])

    for name, (heading, _) in HEADLINE.items():
        whole = (name, "all", "all")
        title = f"{heading}: {cell(*whole, 'before', '')} before, {cell(*whole, 'after', '')} in {year}"
        console.print(f"\n[bold]{title}[/bold]")
        sheet = Table(box=None, pad_edge=False, header_style="dim")
        sheet.add_column("change due to", no_wrap=True)
        for way in ("alone", "after all others", "Shapley value"):
            sheet.add_column(way, justify="right", no_wrap=True)
        for part in study.parts:
            sheet.add_row(part, *(cell(*whole, way, part) for way in ("alone", "last", "shapley")))
        sheet.add_row("all", "", "", cell(*whole, "change", ""))
        console.print(sheet)
    for name in BY_SETTING:
        title = f"{HEADLINE[name][0]}: Shapley values by setting"
        console.print(f"\n[bold]{title}[/bold]")
        sheet = Table(box=None, pad_edge=False, header_style="dim")
        sheet.add_column("change due to", no_wrap=True)
        for setting in SETTINGS:
            sheet.add_column(setting, justify="right", no_wrap=True)
        for part in study.parts:
            sheet.add_row(part, *(cell(name, "setting", setting, "shapley", part) for setting in SETTINGS))
        sheet.add_row("all", *(cell(name, "setting", setting, "change", "") for setting in SETTINGS))
        console.print(sheet)


def _interval(row: pd.Series[Any]) -> str:
    """Write a mean with its half-width, two figures of which are told."""
    mean, half = float(row["mean"]), float(row["high"] - row["low"]) / 2
    sign = "" if row.name[3] in ("before", "after") else "+"  # type: ignore[index]
    if np.isnan(mean):
        return "-"
    if mean == 0 and not half > 0:
        return "0"
    size = half if half > 0 else abs(mean)
    decimals = int(np.clip(1 - np.floor(np.log10(size)), 0, 4)) if size > 0 else 0
    text = format(mean, f"{sign},.{decimals}f")
    return text if np.isnan(half) else f"{text} ±{half:.{decimals}f}"


def told(study: Study) -> str:
    """Return what is run, in a sentence or two."""
    config = study.config
    runs = study.coalitions * config.replications_at_most
    parts = ", ".join(
        f"{OTHER} ({', '.join(keys)})" if name == OTHER else name for name, keys in study.parts.items()
    )
    text = (
        f"State at the end of {config.scenario.year} (delivery={config.delivery}) against no measure at all: "
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


def leave(folder: Path, table: pd.DataFrame, study: Study, seconds: float) -> None:
    """Write everything into a temporary folder beside `folder`, which then takes its place."""
    target = folder.resolve()
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        try:
            partial.mkdir(parents=True)
            table.to_csv(partial / TABLE, index=False, lineterminator="\n")
            draw(table, study, partial)
            (partial / CONFIG).write_text(to_yaml(study.config), encoding="utf-8")
            (partial / INFO).write_text(
                json.dumps(_info(study, seconds), indent=2, ensure_ascii=False) + "\n"
            )
            swap_in(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as problem:
        raise SimError(f"cannot write {folder}: {problem.strerror or problem}.") from problem


def _info(study: Study, seconds: float) -> dict[str, Any]:
    config = study.config
    return {
        "status": "complete",
        "scenario": config.scenario.year,
        "delivery": config.delivery,
        "parts": {name: list(keys) for name, keys in study.parts.items()},
        "coalitions": study.coalitions,
        "replications": config.replications,
        "days": config.days,
        "seed": config.seed,
        "wall_time_s": round(seconds, 1),
        **provenance(),
    }


def read(arguments: Sequence[str]) -> tuple[Study, Path]:
    """Return the study that the arguments ask for and its folder."""
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
    config = compose([f"scenario={own['year']}", *rest])
    if config.replications == "auto":
        raise SimError("replications is 'auto'; an attribution needs a number, the same for every coalition.")
    groups = list(attribution.groups_of(config.plan))
    asked = groups if own["groups"] == "all" else [name.strip() for name in own["groups"].split(",")]
    if own["groups"] == ",".join(GROUPS):
        asked = [name for name in GROUPS if name in groups]  # a plan of one's own may lack some
    folder = Path(own["out"]) if own["out"] else OUT / own["year"]
    config = replace(config, out=str(folder))
    return Study(config, attribution.parts_of(config.plan, asked)), folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, 2 for a mistake of the user, 130 for Ctrl-C."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(given):
        print(__doc__)
        return 0
    try:
        began = time.perf_counter()
        study, folder = read(given)
        refuse(folder)
        print(told(study), flush=True)
        table = measure(study)
        leave(folder, table, study, time.perf_counter() - began)
    except SimError as mistake:
        sys.stderr.write(f"error: {mistake}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: no result was left behind.\n")
        return 130
    show(table, study)
    print(
        "Mean over replications with its 95 % interval; every difference is between runs on the same workload. "
        "alone: the only measures in force; after all others: what is lost without them; Shapley value: the mean "
        "over all orders, and these add up to the change. Times are means over the incidents that were reached: where "
        "a first crew has put a fire out, engines turn back and their time is missing from the mean."
    )
    print(f"{folder / TABLE}: all {len(table):,} rows, by setting too; picture {folder / PICTURE}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
