"""Draw the pictures of a run, in several processes where the run has them: the same bytes with any number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sim.config.schema import Config
from sim.runs.processes import in_order

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_shown: Shown | None = None  # what a worker process draws


@dataclass(frozen=True)
class Shown:
    """What the pictures show; incidents and dispatches replication by replication."""

    folder: Path
    config: Config
    stations_open: Collection[str]
    incidents: Sequence[pa.Table]
    dispatches: Sequence[pa.Table]
    kpis: pd.DataFrame
    targets: pd.DataFrame
    parts: int  # processes that share the work

    def draw(self, part: int) -> None:
        """Draw one of the shares. Only here are imports that take long."""
        import pyarrow as pa

        from sim.plots.data import RunData
        from sim.plots.registry import draw_figures

        incidents, dispatches = (
            pa.concat_tables(tables).to_pandas() for tables in (self.incidents, self.dispatches)
        )
        data = RunData(self.config, self.stations_open, incidents, dispatches, self.kpis, self.targets)
        draw_figures(self.folder, data, "run", self.config.figures, (part, self.parts))


def draw(shown: Shown) -> None:
    """Draw into the folder, which is there already."""
    for _ in in_order(_work, range(shown.parts), shown.parts, _start, (shown,)):
        pass
    _start(None)


def _start(shown: Shown | None) -> None:
    global _shown  # noqa: PLW0603 -- a worker process is told once
    _shown = shown


def _work(part: int) -> None:
    assert _shown is not None
    _shown.draw(part)
