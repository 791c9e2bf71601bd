"""Put all runs of a sweep into one table, with their parameters.

Writes collected.csv into the folder of the sweep: the number and name of the run, a column for the year and for
each key that differs between runs, then kpi, by, group, unit, mean, low, high, replications as in kpis.csv.
First it verifies the checksum of every file of every run. It lists missing and failed runs with the reason; then
the exit status is 1.

    python -m sim collect results/rollout kpi=first_arrival_mean by=all
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pandas as pd

from sim.errors import SimError
from sim.files import publish_file
from sim.options import Asked, Option, Usage
from sim.reports.terminal import progress, say
from sim.storage import run_folder
from sim.sweeps import record
from sim.sweeps.record import State, state

FILE = "collected.csv"
USAGE = Usage(
    (
        Option("values", "a row for each replication, as in kpi_values.parquet, not the means", type=bool),
        Option("kpi", "only these indicators", None, list),
        Option("by", "only these splits, such as all,category", None, list),
        Option("out", f"file of the table; without it {FILE} in the folder", None, Path),
    ),
    words="SWEEP",
    least=1,
    most=1,
)


def run(asked: Asked) -> int:
    """Write the table and say what is in it: 0, or 1 when a run is not complete."""
    folder = Path(asked.words[0])
    sweep = record.load(folder)
    runs = []
    with progress("checking runs", len(sweep.runs)) as done:
        for planned in sweep.runs:
            runs.append(state(sweep, planned))
            done(len(runs))
    out = asked["out"] or folder / FILE
    rows = write(tables(runs, values=asked["values"], kpi=asked["kpi"], by=asked["by"]), out)
    return show(sweep, runs, out, rows)


def tables(
    runs: Sequence[State], *, values: bool, kpi: Sequence[str] | None, by: Sequence[str] | None
) -> Iterator[pd.DataFrame]:
    """Yield the table of each complete run with its parameters in front, one run at a time in memory."""
    names = list(dict.fromkeys(key for item in runs for key in item.run.parameters))
    for item in runs:
        if item.status != "complete":
            continue
        result = run_folder.load(item.folder)
        table = result.values if values else result.kpis  # noqa: PD011 -- a table of a run, not an array
        for column, chosen in (("kpi", kpi), ("by", by)):
            if chosen is not None:
                table = table[table[column].isin(chosen)]
        front = {"number": item.run.number, "run": item.run.name}
        front |= {key: _cell(item.run.parameters.get(key)) for key in names}
        yield pd.concat([pd.DataFrame(front, index=table.index, columns=list(front)), table], axis="columns")


def _cell(value: object) -> object:
    """Return a parameter as a table can hold it: a list as text."""
    return " ".join(map(str, value)) if isinstance(value, list) else value


def write(parts: Iterator[pd.DataFrame], path: Path) -> int:
    """Write the parts as one CSV file that is whole or absent, and return its rows; SimError if it cannot be."""
    filled = (part for part in parts if len(part))
    first = next(filled, None)
    if first is None:
        return 0
    rows = 0
    with publish_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for part in chain([first], filled):
            part.to_csv(file, index=False, header=rows == 0, lineterminator="\n")
            rows += len(part)
    return rows


def show(sweep: record.Record, runs: Sequence[State], out: Path, rows: int) -> int:
    """Say what is in the table and what is not, and return the exit status."""
    lacking = [item for item in runs if item.status != "complete"]
    if rows:
        say(f"{out}: {rows} rows of {len(runs) - len(lacking)} runs")
    meant = {item.run.name for item in runs}
    others = [path.name for path in run_folder.runs_in(sweep.folder) if path.name not in meant]
    if others:
        say(f"left out, since the sweep does not name them: {', '.join(others)}")
    for item in lacking:
        sys.stderr.write(f"{item.status}: {item.run.name}: {item.reason}\n")
    if lacking:
        again = (
            "start its launch=array command again, which says what to submit"
            if sweep.how == "array"
            else "start its command again for them"
        )
        sys.stderr.write(
            f"error: {len(lacking)} of {len(runs)} runs of {sweep.folder} are not complete: {again}.\n"
        )
        return 1
    if not rows:
        raise SimError("kpi, by: no run has such an indicator; the kpis.csv of a run names those there are.")
    return 0
