"""A sweep of three short runs, as the tests of sweeps start it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("replications=2", "days=3", "figures=none", "workers=1")
YEARS = "scenario=2023,2024,2025"
NAMES = [f"{year},replications=2,days=3" for year in (2023, 2024, 2025)]
TABLES = (
    "incidents.parquet",
    "dispatches.parquet",
    "kpi_values.parquet",
    "kpis.csv",
    "in_force.csv",
    "targets.csv",
)


def command(*arguments: str, module: str = "sim", cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a command of the project in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def sums(folder: Path) -> dict[str, str]:
    """Return the checksums of the tables of all runs in a folder."""
    found = {
        f"{run.parent.name}/{name}": hashlib.sha256((run.parent / name).read_bytes()).hexdigest()
        for run in folder.glob("*/run.json")
        for name in TABLES
    }
    assert found
    return found


def made(folder: Path) -> dict[str, int]:
    """Return what tells a run from the same run made again."""
    return {path.parent.name: path.stat().st_ino for path in folder.glob("*/run.json")}
