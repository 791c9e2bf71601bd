"""Designs, made by SALib as quantiles 0..1 of each distribution, and the indices from the values at their points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import SimError

Floats = NDArray[np.float64]

LEVELS = 4  # of Morris's grid: 0, 1/3, 2/3, 1
POOL, FEW = 10, 10  # up to so many trajectories are chosen, furthest apart, from so many times as many
RESAMPLES = 1000  # of the bootstrap behind the intervals
LEVEL = 0.95
TORNADO = ("output", "parameter", "nominal", "low", "high")
MORRIS = ("output", "parameter", "mu", "mu_star", "mu_star_conf", "sigma")
SPREAD = ("output", "nominal", "least", "middle", "most")
SOBOL = ("output", "parameter", "s1", "s1_conf", "st", "st_conf")


def problem(names: Sequence[str]) -> dict[str, Any]:
    """Return the parameters as SALib wants them, each between 0 and 1."""
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def trajectories(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return Morris's design: `count` × (parameters + 1) points, (points, parameters).

    Each trajectory changes one parameter after another by two thirds of its law.
    """
    from SALib.sample import morris

    drawn, kept = (POOL * count, count) if count <= FEW else (count, None)
    points: Floats = morris.sample(
        problem(names), drawn, num_levels=LEVELS, optimal_trajectories=kept, seed=seed
    )
    return points


def saltelli(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return the design of Sobol's first and total indices: `count` × (parameters + 2) points.

    `count` is a power of two, because the points are a scrambled Sobol sequence.
    """
    from SALib.sample import sobol

    points: Floats = sobol.sample(problem(names), count, calc_second_order=False, scramble=True, seed=seed)
    return points


def hypercube(names: Sequence[str], count: int, seed: int) -> Floats:
    """Return a Latin hypercube of `count` points: each parameter once in each of `count` equal parts of its law."""
    from SALib.sample import latin

    points: Floats = latin.sample(problem(names), count, seed=seed)
    return points


def need() -> None:
    """Refuse, saying what to install, where SALib is missing."""
    try:
        import SALib  # noqa: F401 -- an extra of the package
    except ModuleNotFoundError:
        raise SimError("a sensitivity study needs SALib, which is not installed: pip install SALib") from None


def tornado(names: Sequence[str], values: Mapping[str, Floats]) -> pd.DataFrame:
    """Return each output at the low and the high end of each parameter, all others as shipped.

    `values` holds, by output, the value as shipped and then two for each parameter: at its low and high end.
    """
    rows = [
        (output, name, series[0], series[1 + 2 * number], series[2 + 2 * number])
        for output, series in values.items()
        for number, name in enumerate(names)
    ]
    return pd.DataFrame(rows, columns=list(TORNADO)).astype(dict.fromkeys(TORNADO[2:], float))


def morris(names: Sequence[str], points: Floats, values: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    """Return Morris's measures of every output and parameter.

    An elementary effect is the change of the output for the whole law of a parameter, in the output's unit.
    mu is their mean, mu_star that of their sizes with the half-width of its 95 % interval (bootstrap), sigma
    their standard deviation: large against mu_star where the effect depends on the others or is curved.
    """
    from SALib.analyze import morris as analysis

    rows = []
    for output, series in values.items():
        _check(output, series)
        got = analysis.analyze(
            problem(names), points, series, num_levels=LEVELS, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed
        )  # fmt: skip
        rows += [(output, name, *(float(got[key][i]) for key in MORRIS[2:])) for i, name in enumerate(names)]
    return pd.DataFrame(rows, columns=list(MORRIS))


def sobol(names: Sequence[str], values: Mapping[str, Floats], seed: int) -> pd.DataFrame:
    """Return first and total indices with the half-widths of their 95 % intervals (bootstrap).

    The first index is the share of the output's variance that goes with a parameter alone, the total one with it
    and whatever it does together with others. NaN where the output does not vary.
    """
    from SALib.analyze import sobol as analysis

    rows = []
    for output, series in values.items():
        _check(output, series)
        if np.ptp(series) == 0:
            rows += [(output, name, *[np.nan] * 4) for name in names]
            continue
        got = analysis.analyze(
            problem(names), series, calc_second_order=False, num_resamples=RESAMPLES, conf_level=LEVEL, seed=seed
        )  # fmt: skip
        keys = ("S1", "S1_conf", "ST", "ST_conf")
        rows += [(output, name, *(float(got[key][i]) for key in keys)) for i, name in enumerate(names)]
    return pd.DataFrame(rows, columns=list(SOBOL))


def spread(shipped: Mapping[str, float], values: Mapping[str, Floats]) -> pd.DataFrame:
    """Return each output as shipped, and its least, median and largest value over the points of a design."""
    rows = [
        (output, shipped[output], series.min(), np.median(series), series.max())
        for output, series in values.items()
    ]
    return pd.DataFrame(rows, columns=list(SPREAD)).astype(dict.fromkeys(SPREAD[1:], float))


def importance(screening: pd.DataFrame) -> pd.Series:
    """Return the importance of each parameter over all outputs, largest first.

    Of an output it is the share in the sum of mu_star; over the outputs the mean of these shares, so that each
    output counts alike. `screening` is that of `morris`, or of `tornado` (then the width between the ends).
    """
    table = screening.copy()
    if "mu_star" not in table:
        table["mu_star"] = (table["high"] - table["low"]).abs()
    total = table.groupby("output")["mu_star"].transform("sum")
    table["share"] = (table["mu_star"] / total.where(total > 0)).fillna(0.0)
    shares = table.groupby("parameter", sort=False)["share"].mean()
    return shares.sort_values(ascending=False, kind="stable")


def _check(output: str, values: Floats) -> None:
    if not np.isfinite(values).all():
        raise SimError(
            f"{output} has no value at {int((~np.isfinite(values)).sum())} of {len(values)} points: leave it out of "
            "kpis, or simulate more days or replications."
        )
