"""Exponentials, powers and angles of arrays as the C library computes them: the same on every processor.

numpy's own differ in the last digits between processors with AVX-512, with AVX2 and without, and so do its products
of vectors (`@`, `dot`). The model uses neither. numpy's sums, roots, sines and cosines do not differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import inv_boxcox, xlogy


def exp(x: Any) -> Any:
    """Return e to the power of each number."""
    return inv_boxcox(x, 0.0)  # its limit at 0


def power(base: Any, exponent: Any) -> Any:
    """Return numbers of at least 0 to any power."""
    return exp(xlogy(exponent, base))


def each(function: Callable[..., float], *columns: Any) -> NDArray[np.float64]:
    """Return a function of `math` at each place of the columns."""
    return np.asarray(np.frompyfunc(function, len(columns), 1)(*columns), dtype=np.float64)
