"""Claims and decisions as a file holds them: what must be run for them, and what each says as a number.

A claim is about a sum of values of one indicator in several worlds, and says on which side of a bound the sum lies.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, permutations
from pathlib import Path
from typing import Literal

from sim.config.fields import number, optional, value
from sim.config.groups.plan import FIRST_YEAR, LAST_YEAR
from sim.config.text import from_file
from sim.errors import SimError, did_you_mean
from sim.plots.labels import LABELS, Label, label, shown
from sim.plots.labels import number as written
from sim.studies.attribution.output import NAMES
from sim.terms import TYPES

SHIPPED = Path(__file__).parents[2] / "data" / "claims.yaml"
ALL = "all"
CALLS = {
    ALL: (ALL, ALL), **{name: ("category", name) for name in ("fire", "rescue", "other")},
    "life_risk": ("risk", "life_risk"), **{name: ("type", name) for name in TYPES},
}  # fmt: skip
CALLS_NAMED = {ALL: Label("all calls", "全部警情"), "life_risk": Label("life-risk calls", "涉及人身警情")}
GROUPS = {name: Label(" ".join(text.split("\n")[:-1]), text.split("\n")[-1]) for name, text in NAMES.items()}
YEARS = ("year", "falls_from", "rises_from")
FORMS = ("falls_from", "rises_from", "at_most", "at_least", "measure")
Key = tuple[str, str, str]  # kpi, by, group
PLUS, THEN = "+", " > "  # between groups that are there together, or come one after another
ORDERED = (3, 4)  # groups of a decision whose orders are looked at: all their sets must be run
Way = Literal["alone", "last"]


@dataclass(frozen=True)
class Point:
    """A world in which each draw is run: a year with all measures, with one group or none alone, or without one."""

    year: int
    way: str = ALL  # all, alone, last
    group: str = ""  # of measures, or several with + between; alone without one nothing is in force

    @property
    def label(self) -> str:
        """The name in tables."""
        return str(self.year) if self.way == ALL else f"{self.year} {self.way} {self.group or 'none'}"


Terms = tuple[tuple[float, Point], ...]


def named(name: str) -> Label:
    """Return a group of measures as a sentence names it."""
    known = GROUPS.get(name, Label(name, name))
    return Label(known.en[0].lower() + known.en[1:], known.zh)


def effect(group: str, year: int, way: str, sign: float) -> Terms:
    """Return what a group saves, as a sum: alone against nothing in force, or as the last against a year without it."""
    before = Point(year, "alone") if way == "alone" else Point(year, "last", group)
    after = Point(year, "alone", group) if way == "alone" else Point(year)
    return ((sign, before), (-sign, after))


def together(groups: Iterable[str]) -> str:
    """Return several groups as one that a world has alone."""
    return PLUS.join(sorted(groups))


def sign_of(kpi: str) -> float:
    """Return 1 where less is better, -1 where more is."""
    return -1.0 if "_within_" in kpi or kpi.startswith(("cover_", "coverage_")) else 1.0


@dataclass(frozen=True)
class Claim:
    """A statement that is true or false of a draw."""

    kpi: str = value("indicator, such as first_capable_mean")
    year: int = number("state at its end", "", FIRST_YEAR - 1, LAST_YEAR)
    calls: str = optional(value("all, a category, life_risk or a type of incident"), ALL)
    falls_from: int | None = optional(
        number("year against which it is smaller", "", FIRST_YEAR - 1, LAST_YEAR)
    )
    rises_from: int | None = optional(
        number("year against which it is larger", "", FIRST_YEAR - 1, LAST_YEAR)
    )
    by: float = optional(number("by how much at least, in the indicator's unit", "", 0, 1e12), 0.0)
    at_most: float | None = optional(number("largest value", "", -1e12, 1e12))
    at_least: float | None = optional(number("smallest value", "", -1e12, 1e12))
    measure: str | None = optional(value("group of measures that improves the indicator"))
    more_than: str | None = optional(value("group that it improves the indicator more than"))
    way: Way = optional(value("alone (only it), or last (what is lost without it)"), "alone")

    def check(self, path: str) -> None:
        """Refuse what is none or several of the forms, and names that there are not."""
        given = [form for form in FORMS if getattr(self, form) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise SimError(f"{path} has {found}; allowed: one of {', '.join(FORMS)}.")
        if self.calls not in CALLS:
            hint = did_you_mean(self.calls, CALLS)
            raise SimError(f"{path}.calls is {self.calls!r}{hint}; allowed: {', '.join(CALLS)}.")
        if self.by and not (self.falls_from or self.rises_from):
            raise SimError(f"{path}.by is given without falls_from or rises_from; allowed: with one of them.")
        if self.more_than is not None and self.measure is None:
            raise SimError(f"{path}.more_than is given without measure; allowed: with measure.")
        if self.more_than == self.measure and self.measure is not None:
            raise SimError(f"{path}.more_than is {self.more_than!r}, as measure is; allowed: another group.")
        if self.year in (self.falls_from, self.rises_from):
            raise SimError(f"{path}.{given[0]} is {self.year}, as year is; allowed: another year.")

    @property
    def key(self) -> Key:
        """The indicator in tables."""
        return (self.kpi, *CALLS[self.calls])

    @cached_property
    def terms(self) -> Terms:
        """The sum that the claim is about: factors and worlds."""
        if self.measure is not None:
            sign = sign_of(self.kpi)
            first = effect(self.measure, self.year, self.way, sign)
            return first if self.more_than is None else _joined(
                (*first, *((-factor, point) for factor, point in effect(self.more_than, self.year, self.way, sign)))
            )  # fmt: skip
        before = self.falls_from or self.rises_from
        return ((1.0, Point(self.year)), *([(-1.0, Point(before))] if before else []))

    @property
    def bound(self) -> float:
        """The value of the sum at which it turns from true to false."""
        if self.falls_from is not None:
            return -self.by
        levels = (self.at_most, self.at_least, self.by)
        return next(level for level in levels if level is not None)

    @property
    def above(self) -> bool:
        """Whether it holds above the bound, not below it."""
        return self.falls_from is None and self.at_most is None

    def groups(self) -> Iterable[tuple[str, str]]:
        """Yield the groups of measures that it names, with their keys."""
        yield from (
            (key, name) for key in ("measure", "more_than") if (name := getattr(self, key)) is not None
        )

    def told(self, lang: str, unit: str, *, holds: bool = True) -> str:
        """Return the claim, or its opposite, as a sentence without a full stop."""
        en = lang == "en"
        what = getattr(told_of(self.kpi, self.calls), lang)
        name, factor = shown(unit)

        def amount(number: float) -> str:
            return f"{written(number * factor)} {name}".strip()

        if self.measure is not None:
            first, second = named(self.measure), named(self.more_than or self.measure)
            how = Label("alone", "单独实施") if self.way == "alone" else Label("as the last one", "最后实施")
            if self.more_than is None:
                return (
                    f"{what}: {first.en} {how.en} {'improves' if holds else 'does not improve'} it in {self.year}"
                    if en else f"{self.year}年，{first.zh}{how.zh}{'能' if holds else '不能'}改善{what}"
                )  # fmt: skip
            return (
                f"{what}: {first.en} {how.en} {'does' if holds else 'does not do'} more than {second.en} in {self.year}"
                if en else f"{self.year}年，{first.zh}{how.zh}对{what}的作用{'大于' if holds else '不大于'}{second.zh}"
            )  # fmt: skip
        before = self.falls_from or self.rises_from
        if before:
            falls = self.falls_from is not None
            much = (f" by more than {amount(self.by)}" if en else f"超过{amount(self.by)}") if self.by else ""
            verb = (
                ("falls" if falls else "rises") if holds else ("does not fall" if falls else "does not rise")
            )
            chinese = ("" if holds else "未") + ("下降" if falls else "上升")
            return (
                f"{what} {verb}{much} from {before} to {self.year}"
                if en else f"{before}年至{self.year}年，{what}{chinese}{much}"
            )  # fmt: skip
        least = self.at_least is not None
        sign = (Label("at least", "不低于") if least else Label("at most", "不高于")) if holds else (
            Label("below", "低于") if least else Label("above", "高于"))  # fmt: skip
        return (
            f"{what} is {sign.en} {amount(self.bound)} in {self.year}" if en
            else f"{self.year}年，{what}{sign.zh}{amount(self.bound)}"
        )  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """Which group of measures to put first: the one that alone improves the indicator most."""

    kpi: str = value("indicator, such as first_capable_mean")
    year: int = number("year whose levels the groups have", "", FIRST_YEAR, LAST_YEAR)
    first: tuple[str, ...] = value("groups of measures, one of which comes first")
    calls: str = optional(value("all, a category, life_risk or a type of incident"), ALL)

    def check(self, path: str) -> None:
        """Refuse unknown calls, and less than two groups."""
        if self.calls not in CALLS:
            hint = did_you_mean(self.calls, CALLS)
            raise SimError(f"{path}.calls is {self.calls!r}{hint}; allowed: {', '.join(CALLS)}.")
        if len(set(self.first)) < max(len(self.first), 2):
            raise SimError(
                f"{path}.first is {', '.join(self.first)}; allowed: two or more groups, each once."
            )

    @property
    def key(self) -> Key:
        """The indicator in tables."""
        return (self.kpi, *CALLS[self.calls])

    @cached_property
    def options(self) -> dict[str, Terms]:
        """What each group saves alone."""
        return {group: effect(group, self.year, "alone", sign_of(self.kpi)) for group in self.first}

    @cached_property
    def pairs(self) -> dict[str, Terms]:
        """What two groups save together, where there are enough to choose from."""
        return {PLUS.join(two): self._of(two) for two in combinations(self.first, 2)} if self._ordered else {}

    @cached_property
    def orders(self) -> dict[str, Terms]:
        """What each order of the groups saves, as the mean over the stages at which some are there and some are not."""
        return {
            THEN.join(order): _joined(
                (factor / (len(order) - 1), point)
                for stage in range(1, len(order)) for factor, point in self._of(order[:stage])
            )
            for order in (permutations(self.first) if self._ordered else ())
        }  # fmt: skip

    @property
    def _ordered(self) -> bool:
        return len(self.first) in ORDERED

    def _of(self, groups: Iterable[str]) -> Terms:
        return effect(together(groups), self.year, "alone", sign_of(self.kpi))

    def groups(self) -> Iterable[tuple[str, str]]:
        """Yield the groups of measures that it names, with their keys."""
        yield from (("first", name) for name in self.first)


@dataclass(frozen=True)
class Claims:
    """What a file holds."""

    claims: dict[str, Claim] = value("claims by their names")
    decisions: dict[str, Decision] | None = optional(value("decisions by their names"))

    def check(self, path: str) -> None:
        """Refuse a file without a claim."""
        if not self.claims:
            raise SimError("claims is empty; allowed: one claim or more.")

    @property
    def both(self) -> dict[str, Claim | Decision]:
        """Claims and decisions by their place in the file."""
        parts: tuple[tuple[str, Mapping[str, Claim | Decision]], ...] = (
            ("claims", self.claims), ("decisions", self.decisions or {}),
        )  # fmt: skip
        return {f"{part}.{name}": item for part, items in parts for name, item in items.items()}

    def points(self) -> set[Point]:
        """Return the worlds that they need."""
        sums = [claim.terms for claim in self.claims.values()]
        for decision in (self.decisions or {}).values():
            sums += [*decision.options.values(), *decision.pairs.values(), *decision.orders.values()]
        return {point for terms in sums for _, point in terms}


def read(file: Path | None, groups: Iterable[str], years: Iterable[str], keys: Container[Key]) -> Claims:
    """Return the claims of a file, or those shipped; SimError for groups, years and indicators that there are not."""
    place, allowed = file or SHIPPED, {"groups": list(groups), "years": list(years)}
    found = from_file(Claims, place, "the file of claims")
    for name, item in found.both.items():
        asked = [(key, group, "groups") for key, group in item.groups()]
        asked += [
            (key, str(year), "years") for key in YEARS if (year := getattr(item, key, None)) is not None
        ]
        for key, text, which in asked:
            if text not in allowed[which]:
                hint = did_you_mean(text, allowed[which])
                raise SimError(
                    f"{place}: {name}.{key} is {text!r}{hint}; allowed: {', '.join(allowed[which])}."
                )
        if item.key not in keys:
            raise SimError(
                f"{place}: {name}.kpi is {item.kpi!r}, which a run does not have for calls of {item.calls}; allowed: "
                "the indicators of kpis.csv, such as first_capable_mean."
            )
    return found


def _joined(terms: Iterable[tuple[float, Point]]) -> Terms:
    """Return a sum without worlds that cancel out."""
    factors: dict[Point, float] = {}
    for factor, point in terms:
        factors[point] = factors.get(point, 0.0) + factor
    return tuple((factor, point) for point, factor in factors.items() if factor)


def told_of(kpi: str, calls: str) -> Label:
    """Return an indicator and the calls that it is of, as a sentence names them; all calls go without saying."""
    what, of = label(kpi), _calls(calls)
    what = Label(what.en or kpi, what.zh or kpi)
    return what if calls == ALL else Label(f"{what.en}, {of.en}", f"{of.zh}的{what.zh}")


def _calls(name: str) -> Label:
    known = CALLS_NAMED.get(name) or LABELS.get(name) or Label(name, name)
    return Label(known.en[0].lower() + known.en[1:], known.zh)
