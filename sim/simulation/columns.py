"""A column of a result table: name, type, unit, meaning and computation. The tables are made from their columns.

The columns of incidents.parquet are in `incident_columns` (what happened) and `sim.analysis.outcome` (loss and deaths),
those of dispatches.parquet in `dispatch_columns`. To add one, add it to its tuple there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from sim.config.groups.dispatch import DispatchConfig

if TYPE_CHECKING:
    import pyarrow as pa

NUMPY = {"int8": np.int8, "int32": np.int32, "float64": np.float64, "float32": np.float32, "truth": np.bool_}
NONE = -1  # code of a missing value
AFTER = "seconds after the call; empty if it did not happen"

Floats = NDArray[np.float64]
Kept = dict[str, NDArray[Any]]  # the recorder's values, by column; `i` is the row of the workload
Keep = Callable[[Sequence[Any], DispatchConfig], Iterable[float]]


@dataclass(frozen=True)
class Column:
    """A column of a result table.

    `of` computes it from the rows (`IncidentRows`, `DispatchRows`, or the incidents so far). If the rows are not
    enough, `kept` takes it from finished incidents or dispatches, and the recorder keeps it as `kept[name]`: a text
    as the code of its name.
    """

    name: str
    dtype: str  # int32, int8, float64, float32, text, truth
    unit: str
    meaning: str
    of: Callable[..., ArrayLike]
    kept: Keep | None = None
    code: str = "int8"  # type of the code of a text that is kept

    @property
    def kept_as(self) -> type:
        """The type in which the recorder keeps its values."""
        return NUMPY[self.code if self.dtype == "text" else self.dtype]


def each(attribute: str, codes: Sequence[str] | None = None) -> Keep:
    """Return how to keep an attribute of each incident or dispatch; with `codes`, its index in these names."""
    get = attrgetter(attribute)
    if codes is None:
        return lambda items, rules: map(get, items)
    code: dict[str | None, int] = {None: NONE, **{name: place for place, name in enumerate(codes)}}
    return lambda items, rules: map(code.__getitem__, map(get, items))


def names(known: Sequence[str], codes: NDArray[Any]) -> NDArray[Any]:
    """Return the names behind codes, None for a missing one."""
    return np.asarray(np.array([*known, None], dtype=object)[codes])


def finite(values: Floats) -> Floats:
    """Return the values with NaN for infinite ones, which mark events that never happened."""
    return np.where(np.isfinite(values), values, np.nan)


def keep(columns: Sequence[Column], items: Sequence[Any], rules: DispatchConfig) -> Kept:
    """Return the values that the columns keep of finished incidents or dispatches."""
    return {
        column.name: np.fromiter(column.kept(items, rules), column.kept_as, len(items))
        for column in columns
        if column.kept is not None
    }


def table(columns: Sequence[Column], rows: Any | None) -> pd.DataFrame:
    """Return the table of the rows, an empty one where there are none."""
    data: dict[str, Any] = {}
    for column in columns:
        values = () if rows is None else column.of(rows)
        if column.dtype == "text":
            data[column.name] = pd.Series(values, dtype="str")
        else:
            data[column.name] = np.asarray(values, dtype=NUMPY[column.dtype])
    return pd.DataFrame(data)


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Arrow schema with unit and meaning in each field's metadata."""
    import pyarrow as pa

    kinds = {
        "int32": pa.int32(), "int8": pa.int8(), "float64": pa.float64(), "float32": pa.float32(),
        "text": pa.string(), "truth": pa.bool_(),
    }  # fmt: skip
    return pa.schema(
        [pa.field(c.name, kinds[c.dtype], metadata={"unit": c.unit, "meaning": c.meaning}) for c in columns]
    )
