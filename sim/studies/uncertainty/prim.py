"""In which draws something happens, as a box that a person can read: the patient rule induction method.

Friedman and Fisher (1999) peel a little off one side of one input after another, so that what is left has the most
cases. Of the boxes on the way the one is taken whose coverage (share of all cases that lie in it) and density (share of
cases among its draws) have the largest harmonic mean. Bryant and Lempert (2010) ask of each restriction how likely chance
would do as much: the quasi-p-value. Inputs that fail that test, corrected for the number of inputs looked at, are
dropped, and the box is peeled again with the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.studies.uncertainty.draws import Floats

PEEL = 0.1  # of the draws in a box, taken off at a time
FEWEST = 10  # cases, and draws left in a box
SURE = 0.05
Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Box:
    """Bounds of each input, (inputs, 2), ±inf where there is none, and what lies inside."""

    bounds: Floats
    p: Floats  # of the restriction of each input, for all that were looked at; 1 where there is none
    draws: int
    coverage: float
    density: float

    @property
    def inputs(self) -> list[int]:
        """The inputs that are restricted, the surest first."""
        return [int(place) for place in np.argsort(self.p, kind="stable") if self.p[place] < 1]


def find(x: Floats, cases: Truths) -> Box | None:
    """Return the box of the cases among draws, (draws, inputs); None where no input tells them apart."""
    least = min(cases.sum(), (~cases).sum())
    chosen = np.arange(x.shape[1] if least >= FEWEST else 0)
    while len(chosen):
        bounds = _peeled(x[:, chosen], cases)
        p = np.minimum(_quasi_p(x[:, chosen], cases, bounds) * 2 * x.shape[1], 1.0)
        kept = p < SURE
        if kept.all():
            inside = _inside(x[:, chosen], bounds)
            whole, ps = np.tile([-np.inf, np.inf], (x.shape[1], 1)), np.ones(x.shape[1])
            whole[chosen], ps[chosen] = bounds, p
            hits = int((inside & cases).sum())
            return Box(whole, ps, int(inside.sum()), hits / int(cases.sum()), hits / int(inside.sum()))
        if not kept.any() and len(chosen) > 1 and p.min() < 1:
            kept = p == p.min()  # alone it may cut better
        chosen = chosen[kept]
    return None


def _peeled(x: Floats, cases: Truths) -> Floats:
    """Return the bounds of the box on the way with the largest harmonic mean of coverage and density."""
    bounds = np.tile([-np.inf, np.inf], (x.shape[1], 1))
    inside = np.ones(len(x), dtype=bool)
    best, found = 2 * cases.mean() / (1 + cases.mean()), bounds
    while (1 - PEEL) * inside.sum() >= FEWEST and not cases[inside].all():
        ends = np.quantile(x[inside], [PEEL, 1 - PEEL], axis=0)
        left = np.stack([x[inside] > ends[0], x[inside] < ends[1]])  # (sides, draws, inputs)
        counts = left.sum(axis=1)
        density = np.where(counts > 0, (left & cases[inside, None]).sum(axis=1) / np.maximum(counts, 1), -1.0)
        side, place = divmod(int(density.argmax()), x.shape[1])
        bounds = bounds.copy()
        bounds[place, side] = ends[side, place]
        inside &= _inside(x[:, [place]], bounds[[place]])
        coverage = (inside & cases).sum() / cases.sum()
        mean = 2 * coverage * cases[inside].mean() / max(coverage + cases[inside].mean(), 1e-300)
        if mean > best:
            best, found = mean, bounds
    return found


def _inside(x: Floats, bounds: Floats) -> Truths:
    return np.asarray(((x > bounds[:, 0]) & (x < bounds[:, 1])).all(axis=1))


def _quasi_p(x: Floats, cases: Truths, bounds: Floats) -> Floats:
    """Return how likely so many cases would be in the box by chance, had it not the restriction of each input."""
    from scipy import special

    within = (x > bounds[:, 0]) & (x < bounds[:, 1])
    inside, p = within.all(axis=1), np.ones(x.shape[1])
    count, hits = inside.sum(), (inside & cases).sum()
    for place in np.flatnonzero(np.isfinite(bounds).any(axis=1)):
        without = np.delete(within, place, axis=1).all(axis=1)
        p[place] = special.bdtrc(hits - 1, count, cases[without].mean()) if hits else 1.0
    return p
