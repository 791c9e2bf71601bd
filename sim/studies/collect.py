"""One table over all runs of a sweep, with their parameters: python -m sim.studies.collect results/rollout.

Writes collected.csv into the folder of the sweep: the number and name of the run, a column for the year and for
each key by which the runs differ, then kpi, by, group, unit, mean, low, high, replications as in kpis.csv. With
--values the indicators of each replication instead, as in kpi_values.parquet. Every file of every run is held
against its checksum first. Runs that are missing or failed are named, with the reason, and the exit status is 1.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import pandas as pd

from sim.errors import SimError
from sim.files import publish_file
from sim.storage import run_folder
from sim.sweep import record
from sim.sweep.states import State, states

FILE = "collected.csv"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0, 1 when a run is not complete, 2 and one sentence for a mistake."""
    options = _parser().parse_args(arguments)
    try:
        sweep = record.load(options.folder)
        found = states(sweep)
        out = options.out or options.folder / FILE
        rows = write(tables(found, values=options.values, kpi=options.kpi, by=options.by), out)
    except SimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return tell(sweep, found, out, rows)


def tables(
    found: Sequence[State], *, values: bool, kpi: Sequence[str] | None, by: Sequence[str] | None
) -> Iterator[pd.DataFrame]:
    """Yield the table of each complete run with its parameters in front, one run at a time in memory."""
    names = list(dict.fromkeys(key for item in found for key in item.run.parameters))
    for item in found:
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


def tell(sweep: record.Record, found: Sequence[State], out: Path, rows: int) -> int:
    """Say what is in the table and what is not, and return the exit status."""
    lacking = [item for item in found if item.status != "complete"]
    if rows:
        print(f"{out}: {rows} rows of {len(found) - len(lacking)} runs")
    meant = {item.run.name for item in found}
    others = [path.name for path in run_folder.runs_in(sweep.folder) if path.name not in meant]
    if others:
        print(f"left out, since the sweep does not name them: {', '.join(others)}")
    for item in lacking:
        print(f"{item.status}: {item.run.name}: {item.reason}", file=sys.stderr)
    if lacking:
        again = (
            "submit it again, see docs/hpc.md" if sweep.how == "array" else "start its command again for them"
        )
        print(
            f"error: {len(lacking)} of {len(found)} runs of {sweep.folder} are not complete: {again}.",
            file=sys.stderr,
        )
        return 1
    if not rows:
        print("error: --kpi, --by: no run has such an indicator.", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m sim.studies.collect",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="folder of the sweep")
    parser.add_argument("--out", type=Path, help=f"file of the table; without it {FILE} in the folder")
    parser.add_argument("--values", action="store_true", help="a row per replication, not the means")
    parser.add_argument("--kpi", type=_names, help="only these indicators, with commas between")
    parser.add_argument("--by", type=_names, help="only these splits, such as all,category")
    return parser


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


if __name__ == "__main__":
    sys.exit(main())
