"""What some weeks of records of an input are worth before a choice: the expected value of sample information.

The method is regression on a summary of the records (Strong, Oakley and Brennan 2015): records are simulated for each
value of the input, and the benefit of each option is regressed on a summary of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.studies.sensitivity.parameters import Parameter
from sim.studies.uncertainty.draws import Floats

WEEKS = (1, 2, 4, 8, 13, 26, 52)
MOST = 0.8  # of what it is worth to know the input for sure: with so much the records would do
SPREAD = 0.6  # log-sd of one record of a time, a speed or a size about the middle one
VALUES = 2**15  # of the input, evenly over its law
DEGREE = 5  # of the regression on the summary
YEAR_WEEKS = 52


def gain(benefit: Floats) -> float:
    """Return what it brings to choose by these benefits, (draws, options), instead of one option for all draws."""
    return float(benefit.max(axis=1).mean() - benefit.mean(axis=0).max())


def sample_gain(benefit: Floats, summary: Floats) -> float:
    """Return what it brings to choose by the benefit that is expected from a summary of records, (draws,)."""
    from scipy.stats import rankdata

    design = np.polynomial.legendre.legvander(2 * rankdata(summary) / (len(summary) + 1) - 1, DEGREE)
    return gain(design @ np.linalg.lstsq(design, benefit, rcond=None)[0])


def records(
    rng: np.random.Generator, parameter: Parameter, values: Floats, weeks: int, a_week: float
) -> Floats:
    """Return a summary of what is recorded in some weeks, one record a call, for each value of the input.

    A share is counted over the calls, a yearly number is counted; all else is the mean of logarithms.
    """
    count = max(round(weeks * a_week), 1)
    if parameter.unit == "/yr":
        return np.asarray(rng.poisson(values * weeks / YEAR_WEEKS), dtype=float)
    if parameter.unit == "-" and parameter.low >= 0 and parameter.high <= 1:
        return np.asarray(rng.binomial(count, values) / count, dtype=float)
    noise = rng.normal(0, SPREAD / np.sqrt(count), len(values))
    return np.log(np.maximum(values, 1e-12)) + noise


def table(parameter: Parameter, curves: Floats, a_week: float, seed: int) -> pd.DataFrame:
    """Return, by weeks, the share of what the input is worth that records of these weeks bring.

    `curves` are the coefficients of the benefit of each option over the input's law, (terms, options).
    """
    u = (np.arange(VALUES) + 0.5) / VALUES
    benefit = np.polynomial.legendre.legvander(2 * u - 1, len(curves) - 1) @ curves
    values, whole = np.array([parameter.at(float(at)) for at in u]), gain(benefit)
    rows = []
    for weeks in WEEKS:
        drawn = records(np.random.default_rng(seed), parameter, values, weeks, a_week)
        found = sample_gain(benefit, drawn)
        rows.append((weeks, round(weeks * a_week), min(found / whole, 1.0) if whole > 0 else np.nan))
    return pd.DataFrame(rows, columns=["weeks", "records", "share"])
