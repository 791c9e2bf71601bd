"""Shared by all commands here: --help, options, one sentence with status 2 for a user's mistake, Markdown tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

from sim.errors import SimError


def command(page: str | None) -> Callable[[Callable[[list[str]], int]], Callable[..., int]]:
    """Make the main() of a command from a function of its arguments; `page` is what --help prints."""

    def decorate(run: Callable[[list[str]], int]) -> Callable[..., int]:
        @wraps(run)
        def main(arguments: Sequence[str] | None = None) -> int:
            words = list(sys.argv[1:] if arguments is None else arguments)
            if {"-h", "--help"} & set(words):
                print(page)
                return 0
            try:
                return run(words)
            except SimError as mistake:
                sys.stderr.write(f"error: {mistake}\n")
                return 2

        return main

    return decorate


def options(
    arguments: Sequence[str], refusal: str, words: Sequence[str] = (), least: int = 0, **defaults: Any
) -> dict[str, Any]:
    """Return the `words` that stand alone as True or False, and key=value options in the types of their defaults.

    Numbers are whole and at least `least`; `refusal` is the sentence about an argument, with a place for it.
    """
    found = {**dict.fromkeys(words, False), **defaults}
    for item in arguments:
        name, _, text = item.partition("=")
        number = isinstance(defaults.get(name), int)
        if item in words:
            found[item] = True
        elif name in defaults and (text.isdecimal() and int(text) >= least if number else text):
            found[name] = type(defaults[name])(text)
        else:
            raise SimError(refusal.format(item))
    return found


def row(cells: Iterable[object]) -> str:
    """Return a line of a Markdown table."""
    return (
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|').replace(chr(10), ' ') for cell in cells)} |\n"
    )


def table(header: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table, whose last line ends."""
    return "".join(map(row, [header, ["---"] * len(header), *rows]))
