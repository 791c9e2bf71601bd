"""Parameters of the book that can be varied: range, distribution and the configuration keys that they set."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sim.config.book import SAME, UNITS, Leaf, Range, book, parse, parse_own, walk
from sim.config.schema import Config
from sim.errors import SimError, did_you_mean

ASSUMPTION = "assumption"
ALL, ASSUMPTIONS = "all", "assumptions"  # words for many parameters at once
WORKLOAD = "demand."  # the group of the configuration on which the incidents depend


@dataclass(frozen=True)
class Target:
    """A key that a parameter moves: its value is the parameter's times `scale`, whole if the key is."""

    key: str
    scale: float
    whole: bool

    def argument(self, value: float) -> str:
        """Return the option of a run that sets the key."""
        number = value * self.scale
        return f"{self.key}={round(number) if self.whole else float(f'{number:.6g}')}"


@dataclass(frozen=True)
class Parameter:
    """A number that is varied between two ends. `law` is uniform, log (even in the logarithm) or whole."""

    symbol: str
    name: str
    unit: str
    nominal: float
    low: float
    high: float
    law: str
    targets: tuple[Target, ...]
    source: str
    confidence: str

    @property
    def workload(self) -> bool:
        """Whether the incidents themselves change with it."""
        return any(target.key.startswith(WORKLOAD) for target in self.targets)

    def at(self, u: float) -> float:
        """Return the value below which the share `u` (0..1) of its law lies: `low` at 0, `high` at 1."""
        if self.law == "whole":
            steps = round(self.high - self.low)
            return self.low + min(math.floor(u * (steps + 1) + SAME), steps)
        if self.law == "log":
            return float(self.low * (self.high / self.low) ** u)
        return self.low + u * (self.high - self.low)

    def arguments(self, value: float) -> list[str]:
        """Return the options of a run in which it has this value."""
        return [target.argument(value) for target in self.targets]


def choose(items: Sequence[str], config: Config) -> list[Parameter]:
    """Return the parameters asked for: symbols, keys of the configuration, each with `:LOW..HIGH` if wanted.

    `assumptions` stands for all that the book marks so and that can be varied, `all` for all that can be. SimError
    names the first that is unknown, asked for twice or without a range that can be read.
    """
    rows, leaves = book(), {leaf.key: leaf for leaf in walk(config)}
    parameters: list[Parameter] = []
    for item in items:
        if item in (ALL, ASSUMPTIONS):
            wanted = [s for s, row in rows.items() if item == ALL or row["confidence"] == ASSUMPTION]
            parameters += [p for s in wanted if isinstance(p := variable(s, rows, leaves), Parameter)]
        else:
            parameters.append(_one(item, rows, leaves))
    keys: dict[str, str] = {}
    for parameter in parameters:
        for target in parameter.targets:
            if target.key in keys:
                raise SimError(
                    f"parameters moves {target.key} twice, by {keys[target.key]} and {parameter.symbol}: leave out one."
                )
            keys[target.key] = parameter.symbol
    if not parameters:
        raise SimError("parameters is empty; allowed: symbols of the parameter book with commas between.")
    return parameters


def variable(
    symbol: str, rows: Mapping[str, Mapping[str, str]], leaves: Mapping[str, Leaf], own: Range | None = None
) -> Parameter | str:
    """Return the parameter of a row, in the range of the book or an `own` one, or why it cannot be varied."""
    row = rows[symbol]
    carrying = [leaf for leaf in leaves.values() if leaf.symbol == symbol or leaf.row == symbol]
    if not carrying:
        return f"parameter {symbol} stands in no key of the configuration that is a number: nothing to vary."
    span = own or parse(row["range"])
    example = carrying[0].key
    if not (span and span.times) and _number(row["value"]) is None:
        return (
            f"parameter {symbol} has the value {row['value']!r}, which is not one number; "
            f"vary a key with a range of its own, such as {example}:LOW..HIGH."
        )
    if span is None:
        return (
            f"parameter {symbol} has the range {row['range']!r}, which is not LOW–HIGH; "
            f"give one, as in {symbol}:LOW..HIGH."
        )
    nominal, unit = (1.0, "x") if span.times else (float(row["value"]), row["unit"])
    found = []
    for leaf in carrying:
        factor = UNITS.get((row["unit"], leaf.unit))
        if not span.times and math.isclose(leaf.value, nominal * (factor or 1.0), rel_tol=SAME):
            found.append(Target(leaf.key, factor or 1.0, leaf.whole))
        elif span.times and leaf.value and (factor or leaf.unit == row["unit"]):
            found.append(Target(leaf.key, leaf.value, leaf.whole))
    targets = tuple(found)
    if not targets:
        return (
            f"parameter {symbol} has the value {row['value']}, which no key has as it is; "
            f"vary a key with a range of its own, such as {example}:LOW..HIGH."
        )
    if not span.low <= nominal <= span.high:
        return (
            f"parameter {symbol} has the value {row['value']} outside its range "
            f"{span.low:g}..{span.high:g}; give another, as in {symbol}:LOW..HIGH."
        )
    for target in targets:
        leaf = leaves[target.key]
        for end in (span.low, span.high):
            if not leaf.low <= end * target.scale <= leaf.high:
                return (
                    f"parameter {symbol} would set {leaf.key} to {end * target.scale:g}; "
                    f"allowed: {leaf.low:g}..{leaf.high:g}."
                )
    whole = not span.times and all(target.whole for target in targets)
    spread = span.times or row["distribution"].startswith("lognormal")
    law = "whole" if whole else "log" if spread and span.low > 0 else "uniform"
    low, high = (math.ceil(span.low), math.floor(span.high)) if whole else (span.low, span.high)
    name = row["name"]
    return Parameter(symbol, name, unit, nominal, low, high, law, targets, row["source"], row["confidence"])


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _one(item: str, rows: Mapping[str, Mapping[str, str]], leaves: Mapping[str, Leaf]) -> Parameter:
    name, colon, ends = item.partition(":")
    own = parse_own(ends) if colon else None
    if colon and own is None:
        raise SimError(f"parameters has {item!r}; allowed: {name}:LOW..HIGH with LOW below HIGH.")
    if name in rows:
        parameter = variable(name, rows, leaves, own)
    elif name in leaves:
        parameter = _of_key(leaves[name], rows, leaves, own)
    else:
        hint = did_you_mean(name, [*rows, *leaves]) or "; see docs/parameter-book.md"
        raise SimError(
            f"parameters has {name!r}, which is no symbol of the parameter book and no number of the "
            f"configuration{hint}."
        )
    if isinstance(parameter, str):
        raise SimError(parameter)
    return parameter


def _of_key(
    leaf: Leaf, rows: Mapping[str, Mapping[str, str]], leaves: Mapping[str, Leaf], own: Range | None
) -> Parameter | str:
    """Return a key as a parameter: in its own range, or in that of its row where it has the row's value."""
    symbol = leaf.row
    row = rows.get(symbol, {})
    if own is None:
        row_parameter = variable(symbol, rows, leaves) if symbol in rows else None
        if isinstance(row_parameter, Parameter):
            targets = tuple(target for target in row_parameter.targets if target.key == leaf.key)
            if targets:
                return replace(row_parameter, symbol=leaf.key, targets=targets)
        return (
            f"parameter {leaf.key} has no range of its own in the book; give one, as in {leaf.key}:LOW..HIGH."
        )
    for end in (own.low, own.high):
        if not leaf.low <= end <= leaf.high:
            return f"parameter {leaf.key} would be {end:g}; allowed: {leaf.low:g}..{leaf.high:g}."
    if not own.low <= leaf.value <= own.high:
        return f"parameter {leaf.key} has the value {leaf.value:g}, outside {own.low:g}..{own.high:g}."
    low, high = (math.ceil(own.low), math.floor(own.high)) if leaf.whole else (own.low, own.high)
    return Parameter(
        leaf.key, leaf.meaning, leaf.unit, leaf.value, low, high, "whole" if leaf.whole else "uniform",
        (Target(leaf.key, 1.0, leaf.whole),), row.get("source", "given"), row.get("confidence", ASSUMPTION),
    )  # fmt: skip
