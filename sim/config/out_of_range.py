"""Values of a run outside the parameter book's own range: a note for each key before the run, or an error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sim.config.book import range_of, walk, within
from sim.config.naming import shipped
from sim.config.schema import Config
from sim.errors import SimError

# Of a whole region: where it is another one, Quzhou's range says nothing.
ABSOLUTE = ("demand.calls_per_year", "outcome.deaths_per_year")
WIDER = {"outcome.deaths_per_year": (1.07, 3.25)}  # outcome=target, outcome=national: other rows of the book
# Factors from another unit to the key's.
SLIPS = {"m": (1000.0,), "km": (0.001,), "s": (60.0,), "min": (60.0, 1 / 60)}
LISTED_KEYS, LISTED_VALUES = 10, 5  # on the terminal; of a key in a note


@dataclass(frozen=True)
class Bounds:
    """The parameter book's range for a key, in the key's unit."""

    key: str
    low: float
    high: float
    unit: str
    symbol: str

    def note(self, values: Sequence[float]) -> str:
        """Say that these values lie outside, and what was meant if it looks like another unit."""
        unit = "" if self.unit in ("-", "x") else f" {self.unit}"
        meant = ""
        for factor in SLIPS.get(self.unit, ()):
            others = [value * factor for value in values]
            if all(within(value, self.low, self.high) for value in others):
                meant = f"; did you mean {_listed(others)}{unit}?"
        return (
            f"{self.key} is {_listed(values)}{unit}, outside the parameter book's range of "
            f"{self.low:.6g} to {self.high:.6g}{unit} ({self.symbol}{meant})"
        )


Found = tuple[Bounds, float]


def _listed(values: Sequence[float]) -> str:
    texts = [f"{value:.6g}" for value in sorted(values)]
    return (
        ", ".join(texts) if len(texts) <= LISTED_VALUES else f"{texts[0]} … {texts[-1]} ({len(texts)} values)"
    )


@cache
def ranges(year: int, *, made_up: bool) -> tuple[Bounds, ...]:
    """Return the ranges of the keys whose shipped value lies in that of their row."""
    leaves = [(leaf, range_of(leaf)) for leaf in walk(shipped(year, made_up=made_up))]
    return tuple(
        Bounds(leaf.key, *WIDER.get(leaf.key, (span.low, span.high)), leaf.unit, leaf.row)
        for leaf, span in leaves
        if span
    )


def values(config: Config) -> Iterator[Found]:
    """Yield the values outside the book's range. Shipped values are inside, so all of these are the user's."""
    for bounds in ranges(config.scenario.year, made_up=config.region.synthetic is not None):
        value = _at(config, bounds.key)
        elsewhere = bounds.key in ABSOLUTE and not config.region.shipped
        if value is not None and not elsewhere and not within(value, bounds.low, bounds.high):
            yield bounds, float(value)


def _at(item: Any, key: str) -> Any:
    """Return the value of a dotted key; None where a user took it away."""
    for part in key.split("."):
        item = item.get(part) if isinstance(item, dict) else getattr(item, part, None)
    return item


def notes(found: Iterable[Found]) -> list[str]:
    """Return a note for each key that has values outside its range."""
    by_key: dict[Bounds, dict[float, None]] = {}
    for bounds, value in found:
        by_key.setdefault(bounds, {})[value] = None
    return [bounds.note(list(of_key)) for bounds, of_key in by_key.items()]


def tell(found: Iterable[Found], *, strict: bool) -> None:
    """Write the notes to standard error before a run or a sweep; SimError with all of them for `strict`."""
    told = notes(found)
    if told and strict:
        raise SimError(f"{'; '.join(told)}. With strict=true every value must be inside.")
    more = [f"{len(told) - LISTED_KEYS} more values are outside: run.json lists all"] * (
        len(told) > LISTED_KEYS
    )
    for note in (*told[:LISTED_KEYS], *more):
        sys.stderr.write(f"note: {note}\n")
