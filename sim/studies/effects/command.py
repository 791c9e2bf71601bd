"""Measure the effect of each mechanism of the model: switch it off alone, on the same incidents.

Tries every mechanism of sim/studies/effects/mechanisms.py on scenario 2025 (or another), paired by replication.
All use the workload of the full model, except mechanisms that change the demand itself. Prints the table, writes
effects.csv (columns: COLUMNS; difference is off minus full, low and high its 95 % Student interval) and effects.md.

    python -m sim effects replications=10
"""

from __future__ import annotations

import math
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.table import Table

from sim.analysis import indicators, outcome
from sim.analysis.statistics import LEVEL, paired
from sim.config import out_of_range
from sim.config.compose import compose
from sim.config.schema import Config
from sim.errors import SimError
from sim.files import not_a_run, publish_files, write_text
from sim.options import Asked, Option, Usage
from sim.reports import terminal
from sim.runs import replications
from sim.runs.processes import in_order
from sim.simulation import replication, result_tables
from sim.simulation.replication import World
from sim.studies.effects.mechanisms import MECHANISMS, Mechanism
from sim.studies.markdown import render
from sim.world import regions

TABLE, PAGE = "effects.csv", "effects.md"
LEAST_DECIMALS = 4  # a change below the fourth is as good as none
GIVEN = ("scenario=2025", "replications=10")
USAGE = Usage(
    (
        Option("out", "folder for the results", Path("results/effects"), Path),
        Option("publish", "folder into which the page is copied, such as docs", None, Path),
    ),
    configuration=True,
)
# Shown, with headings. The others are in the CSV alone.
SHOWN = {
    "first_arrival_mean": "first arrival, min",
    "first_capable_mean": "capable arrival, min",
    "first_water_mean": "first water, min",
    "burnt_area": "burnt, m² a year",
    "deaths_a": "deaths a year (A)",
}
UNITS = {
    "first_arrival_mean": "min", "first_capable_mean": "min", "first_water_mean": "min", "burnt_area": "m2/yr",
    "deaths_a": "/yr", "first_professional_mean": "min", "full_force_mean": "min", "first_capable_p90": "min",
    "first_capable_within_15": "share", "deaths_b": "/yr", "deaths_c": "/yr", "vehicles_per_call": "vehicles",
    "persons_per_call": "persons", "utilisation": "share", "answer_wait_mean": "s", "recalled_units": "/yr",
    "withdrawn_units": "/yr", "second_alarms": "/yr", "waited_units": "/yr", "drone_sorties": "/yr",
    "drone_first": "share",
}  # fmt: skip
KPIS = tuple(UNITS)
COLUMNS = (
    "mechanism", "step", "change", "options", "kpi", "unit", "full", "off", "difference", "low", "high", "p",
    "replications",
)  # fmt: skip


@dataclass(frozen=True)
class EffectsStudy:
    """The full model and each mechanism's configuration, all checked."""

    full: Config
    off: tuple[Config, ...]
    mechanisms: tuple[Mechanism, ...]


_worlds: list[World] = []  # of a worker process: the full model's, then one a mechanism


def study_of(options: Sequence[str], mechanisms: Sequence[Mechanism] = MECHANISMS) -> EffectsStudy:
    """Return the configurations; SimError for an option that no configuration takes."""
    given = [*GIVEN, *options]
    full = compose(given)
    if full.replications_at_most < 2 or full.replications == "auto":
        raise SimError(f"replications is {full.replications}; allowed: 2 or more, for an interval.")
    out_of_range.tell(out_of_range.values(full), strict=full.strict)
    off = []
    with terminal.progress("configurations", len(mechanisms)) as done:
        for item in mechanisms:
            off.append(compose([*given, *item.options]))
            done(len(off))
    return EffectsStudy(full, tuple(off), tuple(mechanisms))


def start(study: EffectsStudy) -> None:
    """Make a process ready: every world, on one region."""
    region = regions.load(study.full.region)
    _worlds[:] = [replication.build_world(config, region) for config in (study.full, *study.off)]


def work(number: int) -> np.ndarray:
    """Return the indicators of a replication, (1 + mechanisms, KPIS), NaN where there is none."""
    full = _worlds[0]
    same = replication.workload_of(full, number)
    rows = []
    for world in _worlds:
        own = same if world.config.demand == full.config.demand else replication.workload_of(world, number)
        delivered = replication.delivered(world, number)
        incidents, dispatches = result_tables.columns(delivered, replication.simulate(world, number, own))
        incidents = outcome.add(incidents, world.config.outcome)
        values = indicators.measure(incidents, dispatches, replications.facts_of(delivered))
        whole = values[values["by"] == "all"].set_index("kpi")["value"]
        rows.append(whole.reindex(KPIS).to_numpy(dtype=np.float64))
    return np.array(rows)


def measure(study: EffectsStudy) -> pd.DataFrame:
    """Run every replication with the full model and without each mechanism; return the table of COLUMNS."""
    numbers = range(study.full.replications_at_most)
    rows = []
    with terminal.progress("effects", len(numbers)) as progress:
        for row in in_order(work, numbers, replications.workers(study.full), start, (study,)):
            rows.append(row)
            progress(len(rows))
    return table(np.array(rows), study)


def table(values: np.ndarray, study: EffectsStudy) -> pd.DataFrame:
    """Return the differences of values of shape (replications, 1 + mechanisms, KPIS), off minus full."""
    rows = []
    for number, item in enumerate(study.mechanisms, 1):
        found = paired(values[:, number].T, values[:, 0].T)
        numbers = np.column_stack(
            [found.baseline_mean, found.mean, found.difference, *found.interval(LEVEL), found.p]
        )
        for column, (name, unit) in enumerate(UNITS.items()):
            about = (item.name, item.step, item.change, " ".join(item.options), name, unit)
            rows.append((*about, *numbers[column].tolist(), int(found.n[column])))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def cell(row: Mapping[Hashable, Any]) -> str:
    """Write a difference with its interval, two figures of which are shown; bold where it leaves out zero."""
    mean, low, high = (float(row[name]) for name in ("difference", "low", "high"))
    half = (high - low) / 2
    if math.isnan(mean):
        return "–"
    if mean == 0 and not half > 0:
        return "0"
    size = half if half > 0 else abs(mean)
    decimals = int(np.clip(1 - math.floor(math.log10(size)), 0, LEAST_DECIMALS))
    text = f"{mean:+,.{decimals}f} ±{half:,.{decimals}f}"
    if float(text.split()[0].replace(",", "")) == 0:
        return f"< {10.0**-LEAST_DECIMALS:g}"
    return f"**{text}**" if low > 0 or high < 0 else text


def lines(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Return the rows to show: mechanism, what is changed, a cell an indicator."""
    return [
        (
            str(name),
            str(change),
            *(cell(row) for row in part.set_index("kpi").loc[list(SHOWN)].to_dict("records")),
        )
        for (name, change), part in table.groupby(["mechanism", "change"], sort=False)
    ]


def base_line(table: pd.DataFrame) -> str:
    """Return the full model's means in a sentence."""
    full = table.drop_duplicates("kpi").set_index("kpi")["full"]
    return "; ".join(f"{heading}: {full[name]:,.4g}" for name, heading in SHOWN.items())


def page(table: pd.DataFrame, study: EffectsStudy) -> str:
    """Return the page."""
    demand = study.full.demand
    pairs = zip(study.mechanisms, study.off, strict=True)
    return render(
        "effects/page.md.jinja", config=study.full, mechanisms=study.mechanisms, shown=list(SHOWN.values()),
        other=", ".join(item.name for item, config in pairs if config.demand != demand), lines=lines(table),
        base_line=base_line(table),
    )  # fmt: skip


def show(table: pd.DataFrame) -> None:
    """Print the table."""
    sheet = Table(box=None, pad_edge=False, header_style="dim")
    for number, name in enumerate(("switched off", "that is", *SHOWN.values())):
        sheet.add_column(name, justify="right" if number > 1 else "left", overflow="fold")
    for row in lines(table):
        sheet.add_row(*(text.replace("**", "") for text in row))
    terminal.say(f"Full model: {base_line(table)}")
    terminal.console().print(sheet)


def run(asked: Asked) -> int:
    """Measure, write the table and the page, and print."""
    began = time.perf_counter()
    study = study_of(asked.others)
    for folder in filter(None, (asked["out"], asked["publish"])):
        not_a_run(folder)  # now, not after the work
    effects = measure(study)
    with publish_files(asked["out"], last=PAGE) as scratch:
        effects.to_csv(scratch / TABLE, index=False, lineterminator="\n")
        (scratch / PAGE).write_text(page(effects, study), encoding="utf-8", newline="\n")
    show(effects)
    seconds = time.perf_counter() - began
    terminal.say(f"{len(study.mechanisms)} mechanisms, {seconds:.0f} s. Table {asked['out'] / TABLE}")
    if asked["publish"]:
        write_text(asked["publish"] / PAGE, page(effects, study))
    for folder in filter(None, (asked["out"], asked["publish"])):
        terminal.say(f"Page {folder / PAGE}")
    return 0
