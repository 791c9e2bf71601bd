"""How much of `sim/` the fast tests run, by folder: turn the report of coverage.py into the table for the page.

    python -m experiments.verification.coverage_table coverage.json

`make coverage` calls it. The table is results/reference/coverage.csv.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from experiments.command_line import command
from sim.errors import SimError
from sim.files import publish_file

TABLE = Path(__file__).resolve().parents[2] / "results" / "reference" / "coverage.csv"
ALL = "all"


@dataclass(frozen=True)
class Covered:
    """Statements and branches of a room, and how many of them the tests run."""

    room: str
    statements: int
    statements_run: int
    branches: int
    branches_run: int


def rooms(report: dict[str, Any]) -> list[Covered]:
    """Return a row a room of a report of coverage.py, and one for all."""
    sums: dict[str, list[int]] = {}
    for name, file in report["files"].items():
        parts = Path(name).parts
        room = "/".join(parts[:2]) if len(parts) > 2 else parts[0]
        summary = file["summary"]
        for key in (room, ALL):
            row = sums.setdefault(key, [0, 0, 0, 0])
            row[0] += summary["num_statements"]
            row[1] += summary["covered_lines"]
            row[2] += summary["num_branches"]
            row[3] += summary["covered_branches"]
    return [Covered(room, *sums[room]) for room in [*sorted(sums.keys() - {ALL}), ALL]]


def read(file: Path | None = None) -> list[Covered]:
    """Return the rows of the last report that was kept."""
    file = file or TABLE
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        return [
            Covered(row["room"], *(int(row[field.name]) for field in fields(Covered)[1:]))
            for row in csv.DictReader(stream)
        ]


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Keep a report as a table; status 0, or 2 for a mistake of the user."""
    if len(arguments) != 1:
        raise SimError("give one file: the JSON report of coverage.py.")
    try:
        report = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        rows = rooms(report)
    except OSError as problem:
        raise SimError(f"{arguments[0]} cannot be read: {problem.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise SimError(f"{arguments[0]} is no JSON report of coverage.py with branches.") from None
    with publish_file(TABLE) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([field.name for field in fields(Covered)])
        writer.writerows(astuple(row) for row in rows)
    whole = rows[-1]
    print(
        f"{whole.branches_run / whole.branches:.1%} of branches, {whole.statements_run / whole.statements:.1%} of statements"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
