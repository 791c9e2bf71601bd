"""Keep the indicator values of all replications in little memory: eight bytes a value, each name stored once."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.analysis.statistics import student

if TYPE_CHECKING:
    import pandas as pd

KEYS = ["kpi", "by", "group", "unit"]
PART = 500_000  # values that are summarised at a time

Key = tuple[str, str, str, str]


class Accumulator:
    """Values by indicator and replication; an indicator that a replication does not have is NaN there."""

    def __init__(self) -> None:
        self._rows: dict[Key, int] = {}  # in the order met first
        self._columns: list[NDArray[np.float64]] = []

    def add(self, values: pd.DataFrame) -> None:
        """Take in the indicator values of one replication; ValueError when it has one twice."""
        rows = self._rows
        names = zip(*(values[key].tolist() for key in KEYS), strict=True)
        places = np.fromiter((rows.setdefault(name, len(rows)) for name in names), np.intp, len(values))
        if len(np.unique(places)) < len(places):
            raise ValueError("a replication has the same indicator twice")
        column = np.full(len(rows), np.nan)
        column[places] = values["value"].to_numpy(dtype=np.float64)
        self._columns.append(column)

    @property
    def replications(self) -> int:
        """The replications taken in."""
        return len(self._columns)

    def summary(self) -> pd.DataFrame:
        """Return mean and 95 % Student interval over replications of every indicator, in the order met first."""
        import pandas as pd

        result = pd.DataFrame(list(self._rows), columns=KEYS)
        step = max(1, PART // max(1, self.replications))
        # At least two indicators together: numpy adds up a single one in another order.
        cuts = [*range(0, max(1, len(result) - 1), max(2, step)), len(result)]
        parts = [student(self._part(first, end)) for first, end in pairwise(cuts) if end > first]
        for name, field in (("mean", "estimate"), ("low", "low"), ("high", "high"), ("replications", "n")):
            result[name] = np.concatenate([getattr(part, field) for part in parts]) if parts else None
        return result

    def over(self, kpi: str, by: str) -> NDArray[np.float64]:
        """Return the values of an indicator, replication after replication, over the groups of `by`."""
        places = [row for key, row in self._rows.items() if key[:2] == (kpi, by)]
        found = [column[row] for column in self._columns for row in places if row < len(column)]
        return np.array(found, dtype=np.float64)

    def _part(self, first: int, end: int) -> NDArray[np.float64]:
        """Return a part of the table, `(indicators, replications)`; a late indicator was not there before."""
        part = np.full((len(self._columns), end - first), np.nan)
        for line, column in zip(part, self._columns, strict=True):
            known = column[first:end]
            line[: len(known)] = known
        return part.T


def summarise(values: pd.DataFrame) -> pd.DataFrame:
    """Return mean and 95 % Student interval over replications of every indicator, in the order met first."""
    accumulator = Accumulator()
    for _, part in values.groupby("replication", sort=False):
        accumulator.add(part)
    return accumulator.summary()
