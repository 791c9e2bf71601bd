"""Frames of pandas as the tables of the program."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.simulation.columns import Data, Text


def data_of(frame: pd.DataFrame) -> Data:
    """Return a frame as arrays, a column of words as a Text."""
    return {str(name): _column(frame[name]) for name in frame}


def _column(column: pd.Series) -> object:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy()
    codes, names = pd.factorize(column)
    return Text(np.asarray(names, dtype=object), codes)
