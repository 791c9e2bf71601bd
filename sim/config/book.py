"""The parameter book: its rows, what its texts of ranges mean, and the numbers of the configuration with its keys."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from importlib import resources
from typing import Any

from sim.config.schema import Config

BOOKS = ("parameters.csv", "assumptions.csv")
UNITS = {  # unit of the row, of the key: factor; the last three are one unit in other words
    ("km", "m"): 1000.0, ("min", "s"): 60.0, ("s", "min"): 1 / 60,
    ("-", "x"): 1.0, ("log-sd", "-"): 1.0, ("MW per 6 L/s", "MW"): 1.0,
}  # fmt: skip
SAME = 1e-9
NOT_A_LEVER = "scenario"  # what the plan promises: a target moves no run
_NUMBER = r"[-−]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_ASIDE = r"(?:\s*\([^)]*\))?"  # a year or a source in brackets behind an end
# Two ends with an en dash between them, at the beginning; what follows a space, comma, semicolon or bracket is
# commentary. A second range beside it ("5–30 / 45–360", "30–120 and 3–15") means that the row holds two numbers.
_RANGE = re.compile(
    rf"(?P<times>×)?(?P<low>{_NUMBER}){_ASIDE}\s*–\s*(?P<high>{_NUMBER})(?![\w.–])(?!\s*(?:/|and\b))"
)
_BESIDE = re.compile(r"\s*/\s*|\s+and\s+|[,;]\s+")  # between the ranges of a row that holds several
_OWN = re.compile(rf"(?P<low>{_NUMBER})\.\.(?P<high>{_NUMBER})")

# Keys whose row has another symbol than that of the field which they share with other keys.
ALSO = {
    "crew_spc": ("forces.professional.classes.special.crew",),
    "crew_2": ("forces.professional.classes.class2.crew",),
    "lt_sts": ("plan.stations.shuanggang_small.lead_months", "plan.stations.zhihui_small.lead_months"),
    "k_rur": ("travel.detour.plain",),
    "k_mtn": ("travel.detour.mountain",),
    "v_town": ("travel.local_kmh.town",),
    "v_cty": ("travel.local_kmh.plain",),
    "v_mtn": ("travel.local_kmh.mountain",),
    "p_obs_vil": ("fireground.access.obstructed.plain", "fireground.access.obstructed.mountain"),
    "cov_smart": ("plan.elderly_alarms.level",),
    "os_big": (
        "fireground.on_scene.fires.highrise_fire.scale", "fireground.on_scene.fires.premises_fire.scale",
        "fireground.on_scene.others.hazmat_rescue.scale",
    ),
    "os_out": ("fireground.on_scene.fires.outdoor_fire.scale",),
    "os_veh": ("fireground.on_scene.fires.vehicle_fire.scale",),
    "os_soc": ("fireground.on_scene.others.social_assistance.scale",),
    "os_false": ("fireground.on_scene.others.false_alarm.scale",),
}  # fmt: skip
_OTHER_ROW = {key: symbol for symbol, keys in ALSO.items() for key in keys}


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


@dataclass(frozen=True)
class Leaf:
    """A number of the configuration: key, shipped value, unit, allowed ends, symbol of the book, meaning."""

    key: str
    value: float
    unit: str
    low: float
    high: float
    symbol: str
    meaning: str
    whole: bool

    @property
    def row(self) -> str:
        """Symbol of the row that is about this key, where it has another one than its field."""
        return _OTHER_ROW.get(self.key, self.symbol)


@cache
def book() -> dict[str, dict[str, str]]:
    """Return the rows of the parameter book and of the table of assumptions by symbol."""
    texts = [(resources.files("sim") / "data" / name).read_text(encoding="utf-8") for name in BOOKS]
    return {row["symbol"]: row for text in texts for row in csv.DictReader(text.splitlines())}


def range_of(leaf: Leaf) -> Range | None:
    """Return the range of a key's row in the key's unit; None where the row has none that is about this key.

    A row may speak of a neighbour of the key, such as the crew of another class. So unit and shipped value must fit.
    Of several ranges ("5–30 / 45–360") the one that holds the shipped value is the key's.
    """
    row = book().get(leaf.row)
    factor = row and (1.0 if row["unit"] == leaf.unit else UNITS.get((row["unit"], leaf.unit)))
    if not row or not factor:
        return None
    for span in filter(None, map(parse, [row["range"], *_BESIDE.split(row["range"])])):
        scale = leaf.value if span.times else factor
        low, high = span.low * scale, span.high * scale
        if within(leaf.value, low, high) and low < high:
            return Range(low, high)
    return None


def within(value: float, low: float, high: float) -> bool:
    """Tell whether a value lies in a range whose ends may be rounded."""
    return low <= value <= high or any(math.isclose(value, end, rel_tol=SAME) for end in (low, high))


def walk(config: Config) -> Iterator[Leaf]:
    """Yield every number of the configuration that a run can be given, entries of tables and medians too."""
    for field in fields(config):
        item = getattr(config, field.name)
        if is_dataclass(item) and field.name != NOT_A_LEVER:
            yield from _leaves(item, field.name, {})


def _leaves(item: Any, path: str, outer: Mapping[str, Any]) -> Iterator[Leaf]:
    """Yield the numbers in a group, a table or a number itself; `outer` describes what it stands in."""
    if is_dataclass(item):
        for field in fields(item):
            own: Mapping[str, Any] = field.metadata
            if field.name == "scale" and not own.get("book"):  # of a duration: its source is the duration's
                own = {**own, "book": outer.get("book", "")}
            yield from _leaves(getattr(item, field.name), f"{path}.{field.name}", own)
    elif isinstance(item, dict):
        for name, inner in item.items():
            yield from _leaves(inner, f"{path}.{name}", outer)
    elif isinstance(item, int | float) and not isinstance(item, bool) and "low" in outer:
        yield Leaf(
            path, float(item), outer.get("unit", ""), outer["low"], outer["high"], outer.get("book", ""),
            outer["meaning"], isinstance(item, int),
        )  # fmt: skip
