"""Read the two ends of a range from the text of the parameter book."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"[-−]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_ASIDE = r"(?:\s*\([^)]*\))?"  # a year or a source in brackets behind an end
# Two ends with an en dash between them, at the beginning; what follows a space, comma, semicolon or bracket is
# commentary. A second range beside it ("5–30 / 45–360", "30–120 and 3–15") means that the row holds two numbers.
_RANGE = re.compile(
    rf"(?P<times>×)?(?P<low>{_NUMBER}){_ASIDE}\s*–\s*(?P<high>{_NUMBER})(?![\w.–])(?!\s*(?:/|and\b))"
)
_OWN = re.compile(rf"(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})")


@dataclass(frozen=True)
class Range:
    """Both ends of a range, in the unit of its row; with `times` they are factors to the shipped values."""

    low: float
    high: float
    times: bool = False


def parse(text: str) -> Range | None:
    """Return the range with which a text of the book begins, None where it does not begin with one.

    `0.4–0.95; night 0.6x` is 0.4 to 0.95, `-0.8 – -0.2, phased` is -0.8 to -0.2, `7 (Dock 1) – 10 (Dock 2)` is 7 to
    10, `×0.5–2` is half to twice. One end (`≤7`), an infinite one, none at all or several ranges are no range.
    """
    match = _RANGE.match(text.strip())
    return _range(match, times=bool(match["times"])) if match else None


def parse_own(text: str) -> Range | None:
    """Return the range that a user writes as `LOW..HIGH`, None if it is not of that form."""
    match = _OWN.fullmatch(text.strip())
    return _range(match, times=False) if match else None


def _range(match: re.Match[str], *, times: bool) -> Range | None:
    low, high = (float(match[end].replace("−", "-")) for end in ("low", "high"))
    return Range(low, high, times) if low < high and math.isfinite(high) else None
