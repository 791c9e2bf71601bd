"""Time a study of many short runs: points of a design × two years × replications of 90 days."""

from __future__ import annotations

import io
import tempfile
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from sim.runs.processes import cores
from sim.storage import run_folder
from sim.sweeps.run import points as run_points

YEARS = (2023, 2025)
REPLICATIONS, DAYS = 5, 90


def timed(points: int, scratch: Path) -> dict[str, Any]:
    """Return what a study of so many points takes: checked, run over all cores, written, read back; elapsed seconds."""
    design = [
        [
            f"scenario={year}",
            f"travel.noise_sd_log={0.1 + 0.2 * point / points:.6f}",
            f"name=p{point:05d}_{year}",
        ]
        for point in range(points)
        for year in YEARS
    ]
    size = [f"replications={REPLICATIONS}", f"days={DAYS}", "figures=none", "keep=kpis", "launch=laptop"]
    with tempfile.TemporaryDirectory(dir=scratch) as folder, redirect_stdout(io.StringIO()):
        began = time.perf_counter()
        folders = run_points(design, [*size, f"out={folder}/study"])
        incidents = sum(run_folder.load(path).info["incidents"] for path in folders)
        elapsed = time.perf_counter() - began
    replications = len(design) * REPLICATIONS
    return {
        "points": points, "runs": len(design), "replications": replications, "cores": cores(), "elapsed_s": elapsed,
        "ms_per_replication": 1000 * elapsed / replications, "incidents_per_s": incidents / elapsed,
    }  # fmt: skip
