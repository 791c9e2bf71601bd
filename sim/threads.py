"""Set one thread for each numerical library. Replications already run in parallel; more threads would compete."""

from __future__ import annotations

import os

NAMES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def one_each() -> None:
    """Say so in the environment, for this process if it has not read it yet, and for those that it starts."""
    for name in NAMES:
        os.environ.setdefault(name, "1")
