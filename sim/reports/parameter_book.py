"""The parameter book for a run: value, range, source and confidence of each parameter in the configuration."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pandas as pd

from sim.config.schema import Config

TABLES = ("parameters.csv", "assumptions.csv")
COLUMNS = ("name", "symbol", "value", "unit", "range", "source", "confidence")


def used() -> Any:
    """Return the rows of the book whose keys the configuration's schema names, in the order of the schema."""
    known = _book().drop_duplicates("symbol").set_index("symbol", drop=False)
    keys = [key for key in dict.fromkeys(_keys(Config)) if key in known.index]
    return known.loc[keys, list(COLUMNS)].reset_index(drop=True)


def _book() -> pd.DataFrame:
    folder = resources.files("sim") / "data"
    parts = []
    for name in TABLES:
        file = folder / name
        if file.is_file():
            with file.open("r", encoding="utf-8") as stream:
                parts.append(pd.read_csv(stream, dtype=str, keep_default_na=False))
    return pd.concat(parts, ignore_index=True)


def _keys(cls: Any) -> Iterator[str]:
    """Yield the book keys of a schema dataclass and of those inside it."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        if key := field.metadata.get("book"):
            yield key
        for inner in (hints[field.name], *typing.get_args(hints[field.name])):
            if dataclasses.is_dataclass(inner):
                yield from _keys(inner)
