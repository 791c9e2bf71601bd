"""Describe and check one field of the configuration.

A field of a schema dataclass carries what a user needs to know about it: meaning, unit, allowed range and the
key of the parameter book that gives the source of its value. `result_free` marks a root key that changes no result
table. Code that leaves such keys out takes the list from `sim.config.schema.RESULT_FREE`. `build` turns a plain
nested dictionary into the frozen dataclass. It refuses invalid input with a one-sentence error.
"""

from __future__ import annotations

import dataclasses
import math
import textwrap
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal, TypeVar

from sim.errors import SimError, did_you_mean

T = TypeVar("T")

FORMULA = tuple("=+-@＝＋－＠")  # a spreadsheet computes a cell that begins so (OWASP, CSV injection)
FULL = 10**30  # whole numbers up to here are shown in full
SHOWN = 80  # characters of a found value that a message repeats


def harm(text: str) -> str:
    """Say why a text must not stand in tables and on screens, to follow a "which"; empty where it may."""
    if text.strip() != "-" and text.lstrip().startswith(FORMULA):  # a dash alone stands for nothing
        return f"begins with {text.lstrip()[0]!r}: a spreadsheet would take it for a formula"
    if not all(map(str.isprintable, text.split())):
        return "has a character that cannot be printed"
    return ""


def refuse_missing(path: str, table: Any, keys: Iterable[str], why: str = "") -> None:
    """Refuse a table with a key left out; `why` says what the key is for."""
    for key in keys:
        if key not in table:
            raise SimError(f"key {path}.{key} is missing{why}.")


def refuse_unknown(path: str, table: Iterable[str], allowed: Sequence[str]) -> None:
    """Refuse a table with a key that is not allowed."""
    for key in table:
        if key not in allowed:
            raise SimError(f"unknown key {path}.{key}; allowed: {', '.join(allowed)}.")


def number(
    meaning: str, unit: str, low: float, high: float, book: str = "", *, result_free: bool = False
) -> Any:
    """Return a numeric field allowed in `low`..`high` (both included)."""
    return dataclasses.field(
        metadata={
            "meaning": meaning, "unit": unit, "low": low, "high": high, "book": book, "result_free": result_free,
        }
    )  # fmt: skip


def fraction(meaning: str, book: str = "") -> Any:
    """Return a numeric field without a unit, allowed in 0..1."""
    return number(meaning, "-", 0, 1, book)


def vector(
    meaning: str, unit: str, low: float, high: float, length: int | None = None, book: str = ""
) -> Any:
    """Return a field holding a list of numbers, each in `low`..`high`, of the given length if there is one."""
    return dataclasses.field(
        metadata={"meaning": meaning, "unit": unit, "low": low, "high": high, "length": length, "book": book}
    )


def value(
    meaning: str, book: str = "", names: tuple[str, ...] | None = None, *, result_free: bool = False
) -> Any:
    """Return a field that is no number: a switch, a choice, a text, a group, or lists of names from `names`."""
    return dataclasses.field(
        metadata={"meaning": meaning, "book": book, "names": names, "result_free": result_free}
    )


def optional(described: Any, default: Any = None) -> Any:
    """Return a described field that may be left out of what `build` reads."""
    described.default = default
    return described


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def build(cls: type[T], raw: Any, path: str = "") -> T:
    """Return an instance of the dataclass `cls` from nested plain values, checked field by field.

    Raises SimError naming the key, what was found and what is allowed: for unknown and missing keys, wrong
    types and values outside their range. A dataclass may add a `check(path)` method for rules over fields.
    """
    if not isinstance(raw, Mapping):
        raise SimError(f"{path or 'the configuration'} must be a group of keys, found {_show(raw)}.")
    hints = _hints(cls)  # type: ignore[arg-type]
    known = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for key in raw:
        if key not in known:
            where = f"in {path}" if path else "here"
            name = f"{_join(path, _word(key))}{did_you_mean(str(key), known)}"
            raise SimError(f"unknown key {name}; known keys {where}: {', '.join(known)}.")
    values = {}
    for name, field in known.items():
        key = _join(path, name)
        if name in raw:
            values[name] = _convert(hints[name], raw[name], key, field.metadata)
        elif field.default is dataclasses.MISSING:
            raise SimError(f"key {key} is missing: {field.metadata.get('meaning', 'a value')}.")
    result = cls(**values)
    check = getattr(result, "check", None)
    if check is not None:
        check(path)
    return result


def _convert(hint: Any, raw: Any, key: str, metadata: Mapping[str, Any]) -> Any:
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in typing.get_args(hint) if option is not type(None)]
        if raw is None:
            return None
        for option in options[:-1]:
            try:
                return _convert(option, raw, key, metadata)
            except SimError:
                continue
        try:
            return _convert(options[-1], raw, key, metadata)
        except SimError as problem:
            words = [word for option in options for word in typing.get_args(option) if isinstance(word, str)]
            if not words:
                raise
            raise SimError(f"{str(problem).rstrip('.')}, or {', '.join(words)}.") from None
    if origin is Literal:
        allowed = typing.get_args(hint)
        if raw not in allowed or isinstance(raw, bool):
            hint = did_you_mean(str(raw)[:SHOWN], map(str, allowed))
            raise SimError(f"{key} is {_show(raw)}{hint}; allowed: {', '.join(map(str, allowed))}.")
        return raw
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return build(hint, raw, key)
    if origin is tuple:
        return _convert_list(typing.get_args(hint)[0], raw, key, metadata)
    if origin is dict:
        if not isinstance(raw, Mapping):
            raise SimError(f"{key} must be a group of keys, found {_show(raw)}.")
        names = metadata.get("names")
        for name in raw:
            if names and name not in names:
                raise SimError(f"unknown key {_join(key, _word(name))}; allowed: {', '.join(names)}.")
        inner = typing.get_args(hint)[1]
        metadata = {**metadata, "names": None}  # the names are those of the keys, not of what they hold
        return {
            _text(str(name), f"a key of {key}"): _convert(inner, item, _join(key, _word(name)), metadata)
            for name, item in raw.items()
        }
    return _convert_scalar(hint, raw, key, metadata)


def _convert_list(inner: Any, raw: Any, key: str, metadata: Mapping[str, Any]) -> tuple[Any, ...]:
    if not isinstance(raw, list | tuple):
        raise SimError(f"{key} must be a list, found {_show(raw)}.")
    length = metadata.get("length")
    if length is not None and len(raw) != length:
        raise SimError(f"{key} must have {length} entries, found {len(raw)}.")
    items = tuple(_convert(inner, item, f"{key}[{place}]", metadata) for place, item in enumerate(raw))
    names = metadata.get("names")
    for item in items:
        if names and isinstance(item, str) and item not in names:
            raise SimError(f"{key} holds {_show(item)}; allowed: {', '.join(names)}.")
    return items


def _convert_scalar(hint: Any, raw: Any, key: str, metadata: Mapping[str, Any]) -> Any:
    unit = f" {metadata['unit']}" if metadata.get("unit") not in (None, "", "-") else ""
    if hint is bool:
        if not isinstance(raw, bool):
            raise SimError(f"{key} must be true or false, found {_show(raw)}.")
        return raw
    if hint is str:
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            raise SimError(f"{key} must be a text, found {_show(raw)}.")
        return _text(str(raw), key)
    whole = hint is int
    kind = "a whole number" if whole else "a number"
    bounds = f" in {_figure(metadata['low'])}..{_figure(metadata['high'])}{unit}" if "low" in metadata else ""
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise SimError(f"{key} must be {kind}{bounds}, found {_show(raw)}.")
    if isinstance(raw, float) and (not math.isfinite(raw) or (whole and raw != int(raw))):
        raise SimError(f"{key} must be {kind}{bounds}, found {_show(raw)}.")
    if bounds and not metadata["low"] <= raw <= metadata["high"]:
        raise SimError(f"{key} is {_figure(raw)}{unit}; allowed:{bounds.removeprefix(' in')}.")
    try:
        return int(raw) if whole else float(raw)
    except OverflowError:
        raise SimError(f"{key} must be {kind}{bounds}, found {_figure(raw)}.") from None


def _text(text: str, what: str) -> str:
    if why := harm(text):
        raise SimError(f"{what} is {_show(text)}, which {why}.")
    return text


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _word(key: object) -> str:
    """Return a key as it can stand in a sentence."""
    text = str(key)
    return text if text.isprintable() and len(text) <= SHOWN else _show(text)


def _figure(number: float) -> str:
    """Return a number in full where that is short."""
    if isinstance(number, int) and abs(number) >= FULL:
        return f"a number of about {number.bit_length() * math.log10(2):.0f} digits"
    return str(number) if isinstance(number, int) else f"{number:.12g}"


def _show(raw: Any) -> str:
    if raw is None:
        return "nothing"
    if isinstance(raw, Mapping):
        return f"a group ({textwrap.shorten(', '.join(map(str, raw)), SHOWN, placeholder=' …')})"
    if isinstance(raw, int) and not isinstance(raw, bool):
        return _figure(raw)
    text = repr(raw)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} …"
