"""Refresh the baseline table of the tests, after a change that moves results on purpose.

    python -m experiments.reference.refresh_baseline

Needs a new line under "Results change" in CHANGELOG.md that says what moved and why. The newest line must differ from
that of the last refresh, kept in reason.txt next to the table. Prints which indicators moved most. If nothing moved,
nothing is written.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.command_line import command
from sim.config.compose import compose
from sim.errors import SimError
from sim.runs import execute

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "baseline"
CHANGELOG = ROOT / "CHANGELOG.md"
HEADING = "### Results change"
SCENARIOS = ("2023", "2025")
RUN = ("replications=2", "days=60", "workers=1")
PLACES = ("township", "county", "station", "unit", "cell")  # too many rows for a file that people read
KEYS = ["scenario", "kpi", "by", "group", "unit"]
TOLERANCE = 1e-9  # relative: below it are only other versions of the libraries
SHOWN = 20


def measure() -> pd.DataFrame:
    """Return the indicator values of a small run: scenario, kpi, by, group, unit, and a column a replication."""
    parts = []
    for scenario in SCENARIOS:
        result = execute.in_memory(compose([f"scenario={scenario}", *RUN]))
        values = result.values  # noqa: PD011 - a table of the run, not an array
        values = values[~values["by"].isin(PLACES)].astype({"kpi": str, "by": str, "group": str, "unit": str})
        table = values.assign(scenario=scenario).pivot_table(
            index=KEYS, columns="replication", values="value", dropna=False, observed=True, sort=True
        )
        table.columns = [f"replication_{number}" for number in table.columns]
        parts.append(table.dropna(how="all").reset_index())
    return pd.concat(parts, ignore_index=True)


def read(folder: Path = FOLDER) -> pd.DataFrame:
    """Return the table as it was last refreshed."""
    return pd.read_csv(folder / "kpi_values.csv", dtype=dict.fromkeys(KEYS, str), keep_default_na=True)


def moved(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that differ by more than the tolerance, or stand in one table only, largest change first."""
    both = before.merge(after, on=KEYS, how="outer", suffixes=("_before", "_after"), indicator=True)
    columns = [column for column in after.columns if column not in KEYS]
    old, new = (both[[f"{name}_{when}" for name in columns]].to_numpy(float) for when in ("before", "after"))
    scale = np.maximum(np.maximum(np.abs(old), np.abs(new)), 1e-12)
    relative = np.where(np.isnan(old) & np.isnan(new), 0.0, np.abs(new - old) / scale)
    change = np.nan_to_num(relative, nan=np.inf).max(axis=1)
    change = np.where(both["_merge"] == "both", change, np.inf)
    both = both.assign(change=change).drop(columns="_merge")
    return both[both["change"] > TOLERANCE].sort_values("change", ascending=False, kind="stable")


def reason(changelog: Path = CHANGELOG) -> str:
    """Return the last line under the first "Results change" of the changelog; SimError if there is none."""
    if not changelog.is_file():
        raise SimError(f"{changelog.name} is missing: a change of results needs a line under {HEADING!r}.")
    parts = re.split(rf"^{HEADING}$", changelog.read_text(encoding="utf-8"), maxsplit=1, flags=re.MULTILINE)
    if len(parts) == 1:
        raise SimError(f"{changelog.name} has no heading {HEADING!r}: say there what moved and why.")
    section = re.split(r"^#", parts[1], flags=re.MULTILINE)[0]
    items = re.split(r"^- ", section, flags=re.MULTILINE)[1:]
    if not items:
        raise SimError(f"{changelog.name} has nothing under {HEADING!r}: say there what moved and why.")
    return " ".join(items[-1].split())


def refresh(folder: Path = FOLDER, changelog: Path = CHANGELOG) -> str:
    """Write the table anew and return what there is to say; SimError without a new line in the changelog."""
    after = measure()
    table, note = folder / "kpi_values.csv", folder / "reason.txt"
    why = reason(changelog)
    if table.is_file():
        changes = moved(read(folder), after)
        if changes.empty:
            return "Nothing moved: the baseline stands as it is."
        if note.is_file() and note.read_text(encoding="utf-8").strip() == why:
            raise SimError(
                f"{len(changes)} values moved, but the last line under {HEADING!r} in {changelog.name} is that of the "
                f"last refresh: add one that says what moved and why.\n{changes.head(SHOWN).to_string(index=False)}"
            )
        said = f"{len(changes)} values moved ({why}):\n{changes.head(SHOWN).to_string(index=False)}"
    else:
        said = f"First baseline of {len(after)} values."
    folder.mkdir(parents=True, exist_ok=True)
    after.to_csv(table, index=False, lineterminator="\n", float_format="%.17g")
    note.write_text(why + "\n", encoding="utf-8")
    return said


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Refresh and say what moved."""
    if arguments:
        raise SimError(f"unknown option {arguments[0]!r}: the command takes none.")
    print(refresh())
    return 0


if __name__ == "__main__":
    sys.exit(main())
