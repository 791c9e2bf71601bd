"""A column of a result table: name, type, unit, meaning and computation. The tables are made from their columns.

The columns of incidents.parquet are in `incident_columns` (what happened) and `sim.analysis.outcome` (loss and deaths),
those of dispatches.parquet in `dispatch_columns`. To add one, add it to its tuple there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.config.groups.dispatch import DispatchConfig

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NUMPY = {"int8": np.int8, "int32": np.int32, "float64": np.float64, "float32": np.float32, "truth": np.bool_}
NONE = -1  # code of a missing value
AFTER = "seconds after the call; empty if it did not happen"

Floats = NDArray[np.float64]
Kept = dict[str, NDArray[Any]]  # the recorder's values, by column; `i` is the row of the workload
Keep = Callable[[Sequence[Any], DispatchConfig], Iterable[float]]


@dataclass(frozen=True)
class Text:
    """A column of names: code n stands for names[n], a negative code for none."""

    names: Sequence[str] | NDArray[np.object_]
    codes: NDArray[Any]

    def __len__(self) -> int:
        return len(self.codes)

    def mapped(self, values: Mapping[str, float], otherwise: float) -> NDArray[Any]:
        """Return the value of each row's name, `otherwise` for other names and for none."""
        of_name = np.array([*(values.get(name, otherwise) for name in self.names), otherwise])
        return np.asarray(of_name[self.codes])

    def places(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Return the place of each row's name among `names`, -1 for others and for none."""
        return self.mapped({name: place for place, name in enumerate(names)}, NONE).astype(np.int64)

    def isin(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Tell which rows have one of these names."""
        return np.asarray(self.places(names) >= 0)

    def present(self) -> tuple[list[str], NDArray[np.int64]]:
        """Return the names that occur, sorted, and the place of each row among them."""
        found = sorted({self.names[code] for code in np.unique(self.codes).tolist() if code >= 0})
        return found, self.places(found)


Data = dict[str, Any]  # a table: of each column an array, or a Text


@dataclass(frozen=True)
class Column:
    """A column of a result table.

    `of` computes it from the rows (`IncidentRows`, `DispatchRows`, or the incidents so far): an array, or a Text. If
    the rows are not enough, `kept` takes it from finished incidents or dispatches, and the recorder keeps it as
    `kept[name]`: a text as the code of its name.
    """

    name: str
    dtype: str  # int32, int8, float64, float32, text, truth
    unit: str
    meaning: str
    of: Callable[..., Any]
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


def finite(values: Floats) -> Floats:
    """Return the values with NaN for infinite ones, which mark events that never happened."""
    return np.where(np.isfinite(values), values, np.nan)


def filled(values: Floats, otherwise: float) -> Floats:
    """Return the values with another one for NaN."""
    return np.where(np.isnan(values), otherwise, values)


def keep(columns: Sequence[Column], items: Sequence[Any], rules: DispatchConfig) -> Kept:
    """Return the values that the columns keep of finished incidents or dispatches."""
    return {
        column.name: np.fromiter(column.kept(items, rules), column.kept_as, len(items))
        for column in columns
        if column.kept is not None
    }


def table(columns: Sequence[Column], rows: Any | None) -> Data:
    """Return the table of the rows, an empty one where there are none."""
    data: Data = {}
    for column in columns:
        if column.dtype == "text":
            data[column.name] = Text((), np.array([], np.int8)) if rows is None else column.of(rows)
        else:
            values = () if rows is None else column.of(rows)
            data[column.name] = np.asarray(values, dtype=NUMPY[column.dtype])
    return data


def frame(data: Data) -> pd.DataFrame:
    """Return a table as a frame of pandas."""
    import pandas as pd

    texts = {
        name: np.array([*item.names, None], object)[item.codes]
        for name, item in data.items()
        if isinstance(item, Text)
    }
    return pd.DataFrame(
        {name: pd.Series(texts[name], dtype="str") if name in texts else item for name, item in data.items()}
    )


def arrow(columns: Sequence[Column], data: Data) -> pa.Table:
    """Return a table as one of Arrow, NaN as an empty value."""
    import pyarrow as pa

    def array(item: Any) -> pa.Array:
        if not isinstance(item, Text):
            return pa.array(item, from_pandas=True)
        codes = pa.array(item.codes, mask=item.codes < 0)
        return pa.DictionaryArray.from_arrays(codes, pa.array(item.names, pa.string())).cast(pa.string())

    return pa.Table.from_arrays([array(data[column.name]) for column in columns], schema=schema(columns))


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
