"""The options of a command, declared once. Parsing, --help, completion and error messages follow from the declaration.

All commands use the same syntax: key=value for an option, a plain word for a folder or other argument.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.errors import SimError, did_you_mean, explain
from sim.files import read_regular

WIDTH = 100  # columns of a help text
MOST_BYTES = 1_000_000  # of a file of words


@dataclass(frozen=True)
class Option:
    """An option: what it means, what it may be, and what it is if it is not given.

    `type` is str, int, float, bool, Path, or list for names with commas between.
    """

    name: str
    meaning: str
    default: Any = None
    type: type = str
    low: float = -math.inf
    high: float = math.inf
    allowed: Sequence[str] | Callable[[], Sequence[str]] = ()

    @property
    def choices(self) -> list[str]:
        """The words that the option may be; empty where it is not one of a few."""
        if self.type is bool:
            return ["true", "false"]
        return list(self.allowed() if callable(self.allowed) else self.allowed)

    @property
    def kind(self) -> str:
        """Say in words what the option may be."""
        if self.choices:
            return ", ".join(self.choices)
        if self.type in (int, float):
            bounds = (
                f" in {self.low:.12g}..{self.high:.12g}"
                if self.high < math.inf
                else f", {self.low:g} or more"
            )
            return f"a {'whole ' if self.type is int else ''}number{bounds}"
        if self.type is list:
            return "names with commas between"
        return "a path" if self.type is Path else "a text"

    def read(self, text: str) -> Any:
        """Return the value that a text stands for; SimError where it is none."""
        if self.type is list:
            names = [name.strip() for name in text.split(",") if name.strip()]
            if not names:
                raise SimError(f"{self.name} is empty; it needs at least one name.")
            for name in names:
                self._check(name)
            return names
        if not text:
            raise SimError(f"{self.name} is empty; allowed: {self.kind}.")
        self._check(text)
        if self.type is bool:
            return text == "true"
        if self.type in (int, float):
            return self._number(text)
        return self.type(text)

    def _check(self, text: str) -> None:
        if self.choices and text not in self.choices:
            hint = did_you_mean(text, self.choices)
            raise SimError(f"{self.name} is {text!r}{hint}; allowed: {', '.join(self.choices)}.")

    def _number(self, text: str) -> float:
        try:
            number = self.type(text)
        except ValueError:
            number = math.nan
        if not self.low <= number <= self.high:
            raise SimError(f"{self.name} is {text!r}; allowed: {self.kind}.")
        return float(number) if self.type is float else int(number)


@dataclass(frozen=True)
class Asked:
    """What a command was asked for: a value for every option, the plain words, and the keys that are left."""

    values: Mapping[str, Any]
    given: frozenset[str] = frozenset()  # the options that were not left at their defaults
    words: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # key=value of the configuration
    line: tuple[str, ...] = ()  # the arguments as they were typed

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True)
class Usage:
    """What a command understands. With `configuration` other keys are those of a run, except the `refused`."""

    options: tuple[Option, ...] = ()
    words: str = ""  # the name of its plain words, such as FOLDER; empty where it takes none
    form: str = ""  # how they are written, where that is more than their name as often as there are any
    least: int = 0  # words
    most: int = 0
    configuration: bool = False
    refused: Mapping[str, str] = field(default_factory=dict)  # key: why
    interrupted: str = "no result was left behind."

    def parse(self, arguments: Sequence[str], keys: Callable[[], Sequence[str]] = tuple) -> Asked:
        """Return what the arguments ask for; SimError says what does not fit.

        `keys` are those of the configuration: a key that is none of them may be a slip of the pen.
        """
        values = {option.name: option.default for option in self.options}
        known = {option.name: option for option in self.options}
        given, words, others = set(), [], []
        option_like = r"\+?[\w.]+" if self.configuration else r"\w+"
        for argument in arguments:
            key, equals, text = argument.partition("=")
            if argument.startswith("-"):
                name = re.split(r"[= ]", argument.lstrip("-"))[0].replace("-", "_")
                hint = f" (did you mean {name}=...?)" if name in known else ""
                raise SimError(
                    f"unknown flag {argument}{hint}: options are of the form key=value{self._known()}."
                )
            if self.most and (not re.fullmatch(option_like, key) or not equals or Path(argument).exists()):
                words.append(argument)  # the folder of a run may hold an equals sign: results/2025,days=30
            elif not equals:
                raise SimError(
                    f"{argument} is not of the form key=value; this command takes no plain words{self._known()}."
                )
            elif key in self.refused:
                raise SimError(self.refused[key])
            elif key in known:
                found = known[key].read(text)  # names that are given in several parts add up
                values[key] = values[key] + found if key in given and known[key].type is list else found
                given.add(key)
            elif not self.configuration or (did_you_mean(key, known) and keys() and key not in keys()):
                raise SimError(f"unknown option {key}{did_you_mean(key, known)}{self._known()}.")
            else:
                others.append(argument)
        if not self.least <= len(words) <= self.most:
            several = "s" if self.least != 1 else ""
            wanted = self.form or f"{self.least or 'at most ' + str(self.most)} {self.words}{several}"
            more = " or more" if 0 < self.least < self.most and not self.form else ""
            raise SimError(f"this command needs {wanted}{more}, found {len(words)}: see --help.")
        return Asked(values, frozenset(given), tuple(words), tuple(others), tuple(arguments))

    def _known(self) -> str:
        return f"; options are {', '.join(option.name for option in self.options)}" if self.options else ""

    def help(self, name: str, doc: str) -> str:
        """Return the text of --help: how the command is written, what it does, and its options."""
        words = f"{self.words} " * max(self.least, 1) if self.words else ""
        more = f"[{self.words} ...] " if self.most > max(self.least, 1) else ""
        words, more = (f"{self.form} ", "") if self.form else (words, more)
        lines = [f"python -m sim {name} {words}{more}[key=value ...]", "", doc.strip(), ""]
        if self.options:
            lines.append("Options")
        indent = max((len(option.name) for option in self.options), default=0) + 4
        for option in self.options:
            text = f"{option.meaning} ({option.kind}{_default(option.default)})"
            lines += textwrap.wrap(
                text, WIDTH, initial_indent=f"  {option.name}=".ljust(indent), subsequent_indent=" " * indent
            )
        if self.configuration:
            lines.append("Every other key is one of the configuration, as for python -m sim.")
        return "\n".join(lines) + "\n"

    def completions(self) -> list[str]:
        """Return the words that a shell may offer."""
        return [f"{option.name}={choice}" for option in self.options for choice in (option.choices or [""])]


def lines(text: str, file: str = "the file") -> list[str]:
    """Return the words of a file with one a line, without its comments; SimError for a line that is no word."""
    words = []
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        key = line.partition("=")[0]
        if "=" not in line or not key.isprintable() or " " in key or key == "file":
            raise SimError(
                f"{file}, line {number}: {line[:60]!r} is not of the form key=value, with a key of the command."
            )
        words.append(line)
    return words


def with_file(usage: Usage, asked: Asked) -> Asked:
    """Return what is asked for with the words of the file that `file=` names, before those of the command line."""
    if asked["file"] is None:
        return asked
    with explain(asked["file"], "read", "name another file"):
        content = read_regular(asked["file"], MOST_BYTES)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SimError(f"{asked['file']} is not UTF-8 text; save it as UTF-8.") from None
    words = [word for word in asked.line if not word.startswith("file=")]
    return usage.parse([*lines(text, str(asked["file"])), *words])


def _default(default: Any) -> str:
    if default is None:
        return ""
    text = ",".join(default) if isinstance(default, list | tuple) else str(default)
    return f"; default {text.lower() if isinstance(default, bool) else text}"


def as_arguments(given: Sequence[Any], options: Mapping[str, Any], *, sweep: bool = False) -> list[str]:
    """Return what a program gives to a run as the command line would: texts as they are, keywords as key=value.

    With `sweep` a list means one run for each of its entries. SimError for what has no place on a command line.
    """
    words = [word for item in given for word in (item if isinstance(item, list | tuple) else [item])]
    for word in words:
        if not isinstance(word, str):
            raise SimError(
                f"{word!r} is no option: options are texts such as 'scenario=2025', or keywords such as scenario=2025."
            )
    pairs = []
    for key, value in options.items():
        several = sweep and isinstance(value, list | tuple)
        pairs.append(f"{key}={','.join(map(_literal, value)) if several else _literal(value)}")
    return [*words, *pairs]


def _literal(value: Any) -> str:
    """Return a value as the command line takes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_literal, value))}]"
    if isinstance(value, Mapping):
        raise SimError(
            f"{value!r} cannot be given as a whole: give its keys, as in **{{'plan.x.enabled': False}}."
        )
    text = str(value)
    return text if re.fullmatch(r"[\w./+-]+", text) else "'{}'".format(text.replace("'", r"\'"))
