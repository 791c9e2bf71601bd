"""Draw the figures of a run. Each has its own file in `sim/plots/figures`."""

from __future__ import annotations

from pathlib import Path

from sim.plots.data import RunData
from sim.plots.registry import draw_figures


def draw(folder: Path, data: RunData) -> None:
    """Draw into `folder` the figures that the configuration asks for: the main ones, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    draw_figures(folder, data, "run", data.config.figures)
