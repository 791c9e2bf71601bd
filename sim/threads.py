"""Set one thread for each numerical library. Replications already run in parallel; more threads would compete."""

from __future__ import annotations

import os

LIBRARIES = ("OMP", "OPENBLAS", "MKL", "BLIS", "VECLIB")


def one_each() -> None:
    """Say so in the environment, for this process if it has not read it yet, and for those that it starts."""
    for library in LIBRARIES:
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
