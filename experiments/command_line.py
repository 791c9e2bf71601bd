"""Shared behaviour of all commands here: --help, and one sentence with status 2 for a mistake of the user."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps

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
