"""Write docs/configuration.md: every key of the configuration with its value, range, meaning and source.

    python -m experiments.reference.configuration_reference [out=docs/configuration.md]

The page is made from the typed schema and the default values. A test compares it with the page in the repository.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

from experiments.command_line import command, table
from sim import terms
from sim.config.book import book
from sim.config.compose import READINGS, compose, config_folder, options
from sim.config.groups.forces import Duration
from sim.config.schema import RESULT_FREE, Config
from sim.errors import SimError
from sim.files import write_text

PAGE = "docs/configuration.md"
MADE_UP = "region.synthetic"
HEADINGS = ("key", "value", "unit", "allowed", "meaning", "source", "confidence")
LISTS = {
    terms.TYPES: "types of incident",
    terms.FIRE_TYPES: "types of fire",
    terms.RESCUE_TYPES: "types of rescue",
    terms.TIERS: "tiers",
    terms.SETTINGS: "settings",
    terms.SPECIALTIES: "specialties",
    terms.STATION_CLASSES: "classes of station",
}
ABSENT = object()  # the value of a key that the shipped configuration does not have
INTRODUCTION = """\
# Configuration

Written by `python -m experiments.reference.configuration_reference` from the typed schema (`sim/config/`) and the shipped
values (`configs/`, scenario {year}); do not edit it by hand.

A run is changed with `key=value` on the command line, a whole group with `group=file`:

    python -m sim scenario=2030 plan.drone_nests.per_brigade=2 outcome=national

`plan/readings=NAME` reads an open clause of the plan otherwise than stated ([register](policy-register.md)), several
as `plan/readings=[NAME,NAME]`: {readings}.

An entry of a table is added with `+key.entry=value` and taken away with `~key.entry`. A key with `<name>` stands for
one key for each name in its value, as in `travel.detour.urban=1.3` for the entry `urban` of `travel.detour`.
A key with the value – is there with another file of its group.
A value outside the allowed range, of another type, or for an unknown key is refused before anything runs.

*Source* is the symbol in `sim/data/parameters.csv` (explained in [the parameter book](parameter-book.md)) or, with
`m_`, in `sim/data/assumptions.csv`; *confidence* says what the value rests on. Everything whose confidence is
*assumption* or *from memory* is just that. A shipped value may differ from its source where the source gives a
neighbouring quantity; `tests/config/test_parameter_keys.py` lists each such difference with its reason.
"""


@dataclass(frozen=True)
class Entry:
    """A key of the configuration, as a line of the page shows it."""

    key: str
    value: str
    unit: str
    allowed: str
    meaning: str
    source: str


def entries(config: Config) -> Iterator[Entry]:
    """Yield every key of the configuration in the order of the schema, with the value of `config`.

    The keys of a region that is made up, which one from tables has not, come with the values of region=synthetic.
    """
    made_up = compose(["region=synthetic"]).region.synthetic
    for entry in _group(Config, {"": config}, ""):
        yield entry
        if entry.key == MADE_UP and config.region.synthetic is None:
            yield from _group(type(made_up), {"": made_up}, MADE_UP)


def render(config: Config) -> str:
    """Return the page."""
    known = book()
    parts = [
        INTRODUCTION.format(
            year=config.scenario.year, readings=", ".join(f"`{name}`" for name in options(READINGS))
        )
    ]
    by_group: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries(config):
        by_group[entry.key.split(".")[0] if "." in entry.key else ""].append(entry)
    meanings = {field.name: field.metadata["meaning"] for field in dataclasses.fields(Config)}
    for group, lines in sorted(by_group.items(), key=lambda item: item[0] != ""):
        parts.append(f"## {group or 'Run'}\n")
        if group:
            files = ", ".join(f"`{group}={name}`" for name in options(group))
            parts.append(f"{meanings[group].capitalize()}. Files: {files}.\n")
        rows = (
            (
                f"`{line.key}`", line.value, line.unit, line.allowed, line.meaning,
                f"`{line.source}`" if line.source else "", known.get(line.source, {}).get("confidence", ""),
            )
            for line in lines
        )  # fmt: skip
        parts.append(table(HEADINGS, rows))
    names = (f"- {name}: {', '.join(f'`{item}`' for item in items)}\n" for items, name in LISTS.items())
    return "\n".join([*parts, "## Names\n", "".join(names)])


def _group(cls: type, nodes: Mapping[str, Any], path: str) -> Iterator[Entry]:
    """Yield the keys of a dataclass; `nodes` holds its instances, by name where it stands in a table."""
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        key = f"{path}.{field.name}" if path else field.name
        values = {name: getattr(node, field.name) for name, node in nodes.items()}
        yield from _key(hints[field.name], values, key, field.metadata)


def _key(hint: Any, values: Mapping[str, Any], key: str, metadata: Mapping[str, Any]) -> Iterator[Entry]:
    arguments, alone = typing.get_args(hint), list(values) == [""]
    if _is_group(hint):
        yield from _group(hint, values, key)
        return
    if typing.get_origin(hint) is dict and _is_group(arguments[1]) and alone:
        yield from _group(arguments[1], values[""], f"{key}.<name>")
        return
    optional = next(filter(_is_group, arguments), None)
    if optional is not None and values == {"": None}:  # a group that another file of configs/ has
        absent = {field.name: ABSENT for field in dataclasses.fields(optional)}
        yield from _group(optional, {"": SimpleNamespace(**absent)}, key)
        return
    shown = "; ".join(_text(item) if alone else f"{name} {_text(item)}" for name, item in values.items())
    unit = "" if metadata.get("unit", "-") == "-" else metadata["unit"]
    meaning = metadata["meaning"] + ("; changes no result" if key.split(".")[0] in RESULT_FREE else "")
    yield Entry(key, shown, unit, _allowed(hint, metadata), meaning, metadata.get("book", ""))


def _is_group(hint: Any) -> bool:
    return dataclasses.is_dataclass(hint) and hint is not Duration


def _allowed(hint: Any, metadata: Mapping[str, Any]) -> str:
    """Return in words what a key may hold."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is bool:
        return "true, false"
    if hint is Duration:
        return "law, scale in s, sd_log"
    if origin is Literal:
        return ", ".join(map(str, arguments))
    names = metadata.get("names")
    named = f" ({LISTS.get(tuple(names), ', '.join(names))})" if names else ""
    if origin is dict:
        return f"table of {_allowed(arguments[1], metadata)}" if "low" in metadata else f"table{named}"
    if origin is tuple:
        length = f"{metadata['length']} of " if metadata.get("length") else "list of "
        return length + (_allowed(arguments[0], metadata) if "low" in metadata else f"names{named}")
    if "low" in metadata:
        whole = "whole " if hint is int else ""
        return f"{whole}{_text(metadata['low'])}..{_text(metadata['high'])}"
    if type(None) in arguments:
        return "a group or nothing" if any(map(dataclasses.is_dataclass, arguments)) else "text or nothing"
    return "text"


def _text(item: Any) -> str:
    """Return a value as it is written on the command line, durations in words."""
    if isinstance(item, Duration):
        spread = f", sd_log {_text(item.sd_log)}" if item.law == "lognormal" else ""
        return f"{item.law} {_text(item.scale)} s{spread}"
    if dataclasses.is_dataclass(item):
        return ", ".join(f"{f.name} {_text(getattr(item, f.name))}" for f in dataclasses.fields(item))
    if isinstance(item, Mapping):
        return f"{{{', '.join(f'{name}: {_text(inner)}' for name, inner in item.items())}}}"
    if isinstance(item, tuple):
        return f"[{', '.join(map(_text, item))}]"
    if item is ABSENT:
        return "–"
    if item is None:
        return "null"
    if isinstance(item, bool):
        return str(item).lower()
    return f"{item:.12g}" if isinstance(item, float) else str(item)


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Write the page; 2 and one sentence on standard error if it cannot be written."""
    if len(arguments) > 1 or any(not item.startswith("out=") or item == "out=" for item in arguments):
        raise SimError(f"found {' '.join(arguments)}; allowed: out=file, where the page is written.")
    file = Path(arguments[0].removeprefix("out=")) if arguments else config_folder().parent / PAGE
    write_text(file, render(compose()))
    print(f"written: {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
