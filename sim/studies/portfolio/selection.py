"""Choose the best of several systems with a guarantee: Kim and Nelson (2001), with common random numbers.

If the best system is better than every other by `indifference` or more, it is chosen with a probability of 1 - `alpha`
or more, for normal outputs. Systems that are clearly worse stop early.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Sample = Callable[[Sequence[int], range], Floats]  # systems, replications: (systems, replications)


@dataclass(frozen=True)
class Selection:
    """The chosen system, those still in the race at the end, what was seen, and whether the guarantee holds."""

    best: int
    left: tuple[int, ...]
    replications: int
    guaranteed: bool  # False where the bound on replications came first


def choose(
    sample: Sample, systems: int, indifference: float, alpha: float, first: int, most: int, batch: int = 5
) -> Selection:
    """Return the system with the least mean; `sample` gives the same replications to every system."""
    if systems == 1:
        return Selection(0, (0,), 0, guaranteed=True)
    seen = sample(range(systems), range(first))
    h2 = (first - 1) * ((2 * alpha / (systems - 1)) ** (-2 / (first - 1)) - 1)
    reach = h2 * np.var(seen[:, None] - seen[None], axis=2, ddof=1) / indifference**2  # (systems, systems)
    left, r = np.arange(systems), first
    while True:
        means = seen[:, :r].mean(axis=1)
        slack = np.maximum(0.0, indifference / (2 * r) * (reach[np.ix_(left, left)] - r))
        worse = (means[:, None] > means[None] + slack).any(axis=1)
        if worse.all():  # equal ones keep each other
            worse = means > means.min()
        seen, left = seen[~worse], left[~worse]
        if len(left) == 1 or r >= most:
            break
        if r == seen.shape[1]:
            seen = np.hstack([seen, sample(left.tolist(), range(r, min(r + batch, most)))])
        r += 1
    over = len(left) > 1 and r < reach[np.ix_(left, left)].max()
    return Selection(
        int(left[seen[:, :r].mean(axis=1).argmin()]), tuple(left.tolist()), r, guaranteed=not over
    )
