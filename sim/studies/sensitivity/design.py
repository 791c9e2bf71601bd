"""Designs: the points of the parameter space to run. SALib makes them all, as quantiles 0..1 of each distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import SimError

Floats = NDArray[np.float64]

LEVELS = 4  # of Morris's grid: 0, 1/3, 2/3, 1
POOL, FEW = 10, 10  # up to so many trajectories are chosen, furthest apart, from so many times as many


def problem(names: Sequence[str]) -> dict[str, Any]:
    """Return the parameters as SALib wants them, each between 0 and 1."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def trajectories(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return Morris's design: `count` × (parameters + 1) points, (points, parameters).

    Each trajectory changes one parameter after another by two thirds of its law.
    """
    need()
    from SALib.sample import morris

    if count < 2:
        raise SimError(f"trajectories is {count}; allowed: 0, or 2 and more.")
    drawn, kept = (POOL * count, count) if count <= FEW else (count, None)
    points: Floats = morris.sample(
        problem(names), drawn, num_levels=LEVELS, optimal_trajectories=kept, seed=seed
    )
    return points


def saltelli(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return the design of Sobol's first and total indices: `count` × (parameters + 2) points.

    `count` is a power of two, because the points are a scrambled Sobol sequence.
    """
    need()
    from SALib.sample import sobol

    if count < 2 or count & (count - 1):
        raise SimError(f"samples is {count}; allowed: 0 or a power of two, such as 16.")
    points: Floats = sobol.sample(problem(names), count, calc_second_order=False, scramble=True, seed=seed)
    return points


def hypercube(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return a Latin hypercube of `count` points: each parameter once in each of `count` equal parts of its law."""
    need()
    from SALib.sample import latin

    points: Floats = latin.sample(problem(names), count, seed=seed)
    return points


def need() -> None:
    """Refuse, saying what to install, where SALib is missing."""
    try:
        import SALib  # noqa: F401 -- an extra of the package
    except ModuleNotFoundError:
        raise SimError(
            "a sensitivity study needs SALib, which is not installed: pip install 'fire-response-sim[sensitivity]'"
        ) from None
