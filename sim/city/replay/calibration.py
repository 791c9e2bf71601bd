"""The last step of a fit, by the event model itself on the part that is fitted: absences, and the start of a trip.

`sim.city.model.choice` estimates absences with the busy times of the log. In the event model units also take over the
work of absent ones, so the same absences have a larger effect. Their level is set so that the own station comes first as
often as in the log. Then the fixed part of a trip's time is set so that the first unit comes as soon as in the log: the
first of several units arrives sooner than a fit to single trips predicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from sim.city.files.folder import Folder
from sim.city.model import fit as fits
from sim.city.model import world
from sim.city.model.fit import Fit
from sim.city.replay import score
from sim.city.replay.score import Incidents, Records

LEVELS = (0.0, 0.5, 1.0)  # of the first estimate
REPLICATIONS = 3


def run(folder: Folder, log: pd.DataFrame) -> Fit:
    """Return the fit to some rows of the log."""
    fit = fits.run(folder, log)
    if folder.city.crs == "none":
        return fit
    table = fits.observed(folder, log)
    of = score.incidents(folder, table, log["incident"].unique())
    real = score.real(folder, table, of)[0]
    if any(fit.absent):
        share = [
            np.mean([np.nanmean(each.own) for each in _runs(folder, log, _at(fit, level), of)])
            for level in LEVELS
        ]
        fit = _at(fit, float(np.interp(-np.nanmean(real.own), -np.array(share), LEVELS)))
    runs = _runs(folder, log, fit, of)
    late_s = [float(number(real.first_s) - np.mean([number(each.first_s) for each in runs]))
              for number in (np.nanmean, np.nanmedian)]  # fmt: skip
    return _later(fit, float(np.mean(late_s)))


def _runs(folder: Folder, log: pd.DataFrame, fit: Fit, of: Incidents) -> Sequence[Records]:
    built = world.build(folder, log, fit)
    return [
        score.simulated(folder, built, world.simulate(built, number), of)[0] for number in range(REPLICATIONS)
    ]


def _at(fit: Fit, level: float) -> Fit:
    return replace(fit, absent=tuple(float(f"{share * level:.6g}") for share in fit.absent))


def _later(fit: Fit, seconds: float) -> Fit:
    law = replace(fit.law, base_s=max(fit.law.base_s + seconds, 1.0))
    streets = fit.streets and (max(fit.streets[0] + seconds, 1.0), fit.streets[1])
    return replace(fit, law=law, streets=streets)
