"""What an import found and did: each reason with its count, what happened to the rows, and an example."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import SimError

COLUMNS = ["found", "rows", "what happened", "example, row of the file"]
MOST_DROPPED = 0.3  # of the rows: beyond it what is left says little about the service (m_city_dropped)


@dataclass
class Audit:
    """Collects findings about the rows of a log."""

    rows: int  # read
    lines: list[tuple[str, int, str, str]] = field(default_factory=list)
    dropped: int = 0

    def count(
        self, wrong: pd.Series[bool] | NDArray[np.bool_], found: str, done: str, values: pd.Series[Any]
    ) -> None:
        """Note how many rows are so, with the first as an example."""
        chosen = np.flatnonzero(np.asarray(wrong, dtype=bool))
        if len(chosen):
            row = values.index[chosen[0]]
            self.lines.append((found, len(chosen), done, f"{values.iloc[chosen[0]]!s:.60} ({int(row) + 2})"))

    def drop(
        self, table: pd.DataFrame, wrong: pd.Series[bool] | NDArray[np.bool_], found: str, column: str
    ) -> pd.DataFrame:
        """Return the table without the rows that are so, and note them."""
        wrong = np.asarray(wrong, dtype=bool)
        self.count(wrong, found, "row dropped", table[column])
        self.dropped += int(wrong.sum())
        return table.loc[~wrong]

    def refuse_too_many(self, name: str) -> None:
        """Refuse a log of which too much was dropped as wrong."""
        if self.dropped > MOST_DROPPED * self.rows:
            worst = max((line for line in self.lines if line[2] == "row dropped"), key=lambda line: line[1])
            raise SimError(
                f"{name}: {self.dropped:,} of {self.rows:,} rows cannot be used, most often for this reason: {worst[0]} "
                f"(for example {worst[3]}); allowed: {MOST_DROPPED:.0%}. Mend the map or the log."
            )

    def table(self) -> pd.DataFrame:
        """Return the findings."""
        return pd.DataFrame(self.lines, columns=COLUMNS)
