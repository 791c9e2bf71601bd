"""Whether a promise is kept, by the interval of what was found."""

from __future__ import annotations

from sim.errors import SimError

SENSES = ("at least", "at most")


def verdict(sense: str, target: float, low: float, high: float) -> str:
    """Judge a target by the interval of the finding: `met`, `not_met`, or `cannot_be_told`.

    It is met when the whole interval is on the right side, bounds included, missed when none of it is; an
    interval that holds the target, or an unknown bound, decides nothing.
    """
    if sense not in SENSES:
        raise SimError(f"sense: {sense} found; allowed: {', '.join(SENSES)}")
    if sense == "at most":
        target, low, high = -target, -high, -low
    if low >= target:
        return "met"
    return "not_met" if high < target else "cannot_be_told"
