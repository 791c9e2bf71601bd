"""Which sites cover most, and how few cover enough: two classic location problems as integer programmes.

Maximal covering (Church and ReVelle 1974): with p sites, the largest weight that is covered. Set covering
(Toregas et al. 1971), for a share of the weight: the fewest sites. Both are solved by branch and cut
(`scipy.optimize.milp`, HiGHS); if the time limit stops it, the gap is reported. Of equally good choices, the one
with most backup is taken: weight counted once for every chosen site that covers it
(Daskin and Stern 1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, OptimizeResult, milp
from scipy.sparse import csr_array, eye_array, hstack

from sim.errors import SimError

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]
TIME_LIMIT_S = 60.0
SLACK = 1e-6  # share of all weight by which a target may be missed: the solver's own tolerance
HALF = 0.5


@dataclass(frozen=True)
class Siting:
    """The chosen candidates, most weight gained first, and how good the choice is known to be.

    `share` is the share of all weight covered, what was covered before included. `gap` is that of the program's
    objective (the number of sites for the fewest, the weight for the most) relative to its bound; 0 is proven optimal.
    """

    chosen: tuple[int, ...]
    share: float
    gap: float

    @property
    def proven(self) -> bool:
        """Whether no better choice exists."""
        return self.gap <= SLACK


def greatest(
    reach: Truths, weight: Floats, sites: int, *, before: Truths | None = None, limit_s: float = TIME_LIMIT_S
) -> Siting:
    """Return `sites` candidates that cover most weight together with what is covered `before`.

    `reach` says which candidate covers which place, (candidates, places); `weight` and `before`, (places,).
    SimError if there are fewer candidates than sites.
    """
    if sites > len(reach):
        raise SimError(f"sites is {sites}; there are {len(reach)} candidate sites.")
    problem = _Problem.of(reach, weight, before)
    if not len(problem.weight):  # nothing is left to gain
        return problem.answer(range(sites), 0.0)
    count = problem.at_least(problem.count, sites, sites)
    best = problem.solve(problem.gain, [count], limit_s)
    return problem.answer(problem.backed([count], best, limit_s), float(best.mip_gap))


def fewest(
    reach: Truths,
    weight: Floats,
    target: float,
    *,
    before: Truths | None = None,
    limit_s: float = TIME_LIMIT_S,
) -> Siting:
    """Return the fewest candidates with which the share of the weight covered is at least `target`.

    Among them those that cover most. SimError if all candidates together cover less than the target.
    """
    problem = _Problem.of(reach, weight, before)
    missing = (target - SLACK) * problem.total - problem.covered
    if missing <= 0:
        return problem.answer((), 0.0)
    if float(problem.weight.sum()) < missing:
        most = (problem.covered + float(problem.weight.sum())) / problem.total
        raise SimError(f"target is {target:g}; all {len(reach)} candidate sites together cover {most:.4f}.")
    enough = problem.at_least(problem.gain, missing)
    first = problem.solve(-problem.count, [enough], limit_s)
    sites = round(first.fun)
    count = problem.at_least(problem.count, sites, sites)
    best = problem.solve(problem.gain, [count, enough], limit_s)
    return problem.answer(problem.backed([count], best, limit_s), float(first.mip_gap))


@dataclass(frozen=True)
class _Problem:
    """Variables: x, one a candidate (0 or 1), then y, one a place that is not yet covered (0..1)."""

    reach: Truths  # (candidates, places that matter), places with the same candidates taken together
    weight: Floats  # (places that matter,)
    total: float  # weight of all places
    covered: float  # weight covered before

    @classmethod
    def of(cls, reach: Truths, weight: Floats, before: Truths | None) -> _Problem:
        """Return the problem without places that are covered, weigh nothing or are out of every candidate's reach."""
        covered = np.zeros(reach.shape[1], dtype=np.bool_) if before is None else before
        matter = np.flatnonzero(~covered & (weight > 0) & reach.any(axis=0))
        _, first, member = np.unique(
            np.packbits(reach[:, matter], axis=0), axis=1, return_index=True, return_inverse=True
        )
        together: Floats = np.bincount(member.ravel(), weight[matter], minlength=len(first)).astype(
            np.float64
        )
        total = float(weight.sum())
        if total <= 0:
            raise SimError("no place has any weight: there is nothing to cover.")
        return cls(reach[:, matter[first]], together, total, float(weight[covered].sum()))

    @property
    def gain(self) -> Floats:
        """Return the coefficients of the weight covered."""
        return np.concatenate([np.zeros(len(self.reach)), self.weight])

    @property
    def count(self) -> Floats:
        """Return the coefficients of the number of sites."""
        return np.concatenate([np.ones(len(self.reach)), np.zeros(len(self.weight))])

    def at_least(self, row: Floats, low: float, high: float = np.inf) -> LinearConstraint:
        """Return low <= row · variables <= high."""
        return LinearConstraint(csr_array(row[None, :]), low, high)

    def solve(self, row: Floats, constraints: list[LinearConstraint], limit_s: float) -> OptimizeResult:
        """Return the solution with the largest row · variables; SimError if time passed before there was any."""
        candidates = len(self.reach)
        # a place is covered only if a chosen candidate covers it
        linked = hstack(
            [csr_array(self.reach.T.astype(np.float64)), -eye_array(len(self.weight))], format="csr"
        )
        result = milp(
            -row,
            integrality=np.repeat([1, 0], [candidates, len(self.weight)]),
            bounds=Bounds(0, 1),
            constraints=[LinearConstraint(linked, 0, np.inf), *constraints],
            options={"time_limit": limit_s, "mip_rel_gap": 0.0},
        )
        if result.x is None:
            raise SimError(f"no choice of sites was found within time_limit={limit_s:g} s; allow more.")
        return result

    def backed(
        self, constraints: list[LinearConstraint], best: OptimizeResult, limit_s: float
    ) -> Sequence[int]:
        """Return the candidates that cover as much as the best choice does, with most backup."""
        backup = np.concatenate([np.einsum("ij,j->i", self.reach, self.weight), np.zeros(len(self.weight))])
        enough = self.at_least(self.gain, -best.fun - SLACK * self.total)
        try:
            result = self.solve(backup, [*constraints, enough], limit_s)
        except SimError:  # the first choice stands; only the tie is left open
            result = best
        chosen: list[int] = np.flatnonzero(result.x[: len(self.reach)] > HALF).tolist()
        return chosen

    def answer(self, chosen: Sequence[int], gap: float) -> Siting:
        """Return the choice in the order in which each site adds most to those before it."""
        left, weight = list(chosen), self.weight.copy()
        order = []
        share = self.covered
        while left:
            adds = np.einsum("ij,j->i", self.reach[left], weight)
            next_one = left.pop(int(np.argmax(adds)))
            share += float(adds.max())
            weight[self.reach[next_one]] = 0.0
            order.append(next_one)
        return Siting(tuple(order), share / self.total, gap)
