"""Draw the figures of a comparison. Each has its own file in `sim/plots/figures`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sim.files import publish_files
from sim.plots.data import ComparisonData
from sim.plots.registry import draw_figures
from sim.storage.run_folder import Result


def draw(folder: Path, results: Mapping[str, Result], baseline: str, *, which: str = "main") -> list[Path]:
    """Draw the figures of a comparison into `folder` (PNG and SVG) and return the PNG files.

    `which` is main or all. All are drawn before any takes its place, so an interruption leaves the old ones.
    """
    with publish_files(folder) as scratch:
        names = draw_figures(scratch, ComparisonData(results, baseline), "comparison", which)
    return [folder / f"{name}.png" for name in names]
