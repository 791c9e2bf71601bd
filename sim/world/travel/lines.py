"""Tables of travel: their rows as texts, checked column by column, and refused by file, line and column."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.errors import SimError
from sim.files import open_regular
from sim.world.travel.model import Floats

if TYPE_CHECKING:
    import pandas as pd

FASTEST_KMH = 200.0  # beyond it in a straight line, the numbers are taken for minutes
FAR_M = 1000.0  # from here on, times and metres are checked against the straight line
TEXTS = dict.fromkeys(("station", "node", "from_node", "to_node", "class", "oneway"), str)


class Lines(NamedTuple):
    """The rows of a file, and where each stands."""

    file: Path
    table: pd.DataFrame

    def column(self, name: str) -> pd.Series[Any]:
        """Return a column; SimError if it is missing."""
        if name not in self.table:
            found = ", ".join(map(str, self.table)) or "nothing"
            raise SimError(f"{self.file}, line 1: column {name} is missing; found: {found}.")
        return self.table[name]

    def numbers(self, name: str, high: float, low: float = 0.0, *, blank: bool = False) -> Floats:
        """Return a column of numbers in low..high; nan where nothing stands, if that is allowed."""
        import pandas as pd

        column = self.column(name)
        values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
        wrong = np.isnan(values)
        if blank and wrong.any():
            wrong &= (column.notna() & (column.astype(str) != "")).to_numpy()
        self.refuse(name, wrong, "is not a number")
        self.refuse(
            name, (values < low) | (values > high), f"is outside what is allowed: {low:.0f}..{high:.0f}"
        )
        return values

    def refuse(self, name: str, wrong: NDArray[np.bool_], what: str) -> None:
        """Refuse the first row that is wrong."""
        if wrong.any():
            row = int(wrong.argmax())
            found, line = self.table[name].iloc[row], row + 2 if self.file.suffix == ".csv" else row
            where = "line" if self.file.suffix == ".csv" else "row"
            raise SimError(f"{self.file}, {where} {line}, column {name}: {str(found)[:60]!r} {what}.")


def load(file: Path) -> Lines:
    """Return a table, .csv or .parquet; SimError if it is none."""
    import pandas as pd

    if file.suffix not in (".csv", ".parquet"):
        raise SimError(f"travel.file is {file}; allowed: a table that ends in .csv or .parquet.")
    try:
        open_regular(file).close()  # a pipe would never end
        if file.suffix == ".parquet":
            table = pd.read_parquet(file)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells than the header has
                table = pd.read_csv(
                    file, dtype=TEXTS, keep_default_na=False, encoding="utf-8-sig", index_col=False,
                    low_memory=False,
                )  # fmt: skip
    except OSError as problem:
        raise SimError(f"travel.file {file} cannot be read: {problem.strerror or problem}.") from None
    except (ValueError, pd.errors.ParserWarning) as problem:  # not UTF-8, not a table
        raise SimError(
            f"travel.file {file} is no table: {' '.join(str(problem).split()).rstrip('.')}."
        ) from None
    if table.empty:
        raise SimError(f"{file} has no rows; allowed: at least one.")
    return Lines(file, table)
