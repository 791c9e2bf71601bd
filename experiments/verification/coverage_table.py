"""How much of `sim/` the fast tests run, by folder: turn the report of coverage.py into the table for the page.

    python -m experiments.verification.coverage_table coverage.json

`make coverage` calls it. The table is results/reference/coverage.csv.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from experiments.command_line import command
from sim.errors import SimError
from sim.files import write_table

TABLE = Path(__file__).resolve().parents[2] / "results" / "reference" / "coverage.csv"
COUNTS = {  # what a room has and how much of it the tests run, and their names in a report
    "statements": "num_statements",
    "statements_run": "covered_lines",
    "branches": "num_branches",
    "branches_run": "covered_branches",
}


def rooms(report: dict[str, Any]) -> pd.DataFrame:
    """Return a row a room of a report of coverage.py, and one for all."""
    rows = []
    for name, file in report["files"].items():
        parts = Path(name).parts
        room = "/".join(parts[:2]) if len(parts) > 2 else parts[0]
        rows.append({"room": room} | {count: file["summary"][key] for count, key in COUNTS.items()})
    table = pd.DataFrame(rows).groupby("room").sum()
    table.loc["all"] = table.sum()
    return table.reset_index()


def read(file: Path | None = None) -> pd.DataFrame:
    """Return the rows of the last report that was kept, none if there is none."""
    file = file or TABLE
    return pd.read_csv(file) if file.is_file() else pd.DataFrame()


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Keep a report as a table; status 0, or 2 for a mistake of the user."""
    if len(arguments) != 1:
        raise SimError("give one file: the JSON report of coverage.py.")
    try:
        rows = rooms(json.loads(Path(arguments[0]).read_text(encoding="utf-8")))
    except OSError as problem:
        raise SimError(f"{arguments[0]} cannot be read: {problem.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise SimError(f"{arguments[0]} is no JSON report of coverage.py with branches.") from None
    write_table(rows, TABLE)
    whole = rows.iloc[-1]
    branches, statements = (whole[f"{name}_run"] / whole[name] for name in ("branches", "statements"))
    print(f"{branches:.1%} of branches, {statements:.1%} of statements")
    return 0


if __name__ == "__main__":
    sys.exit(main())
