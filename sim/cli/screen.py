"""Output streams whose errors (a closed pipe, a full disk) never stop a command: what is shown decides nothing."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO


class Screen:
    """A text stream that goes on when its reader is gone, its disk is full, or its encoding lacks a character."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- as long as the process
        self.lost: OSError | None = None

    def write(self, text: str) -> int:
        """Write what can be written: `?` for a character that the encoding lacks, nothing once the stream is lost."""
        if self.lost is None:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:
                encoding = self._stream.encoding
                self.write(text.encode(encoding, "replace").decode(encoding))
            except OSError as problem:
                self.lost = problem
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        if self.lost is None:
            try:
                self._stream.flush()
            except OSError as problem:
                self.lost = problem

    def drop(self) -> None:
        """Send what a lost stream still holds nowhere, or Python would complain at its end."""
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def screens() -> Iterator[Screen]:
    """Put such streams in the place of both, and yield that of standard output."""
    for number in range(3):
        # A file of ours would be opened under the number of a closed one, and workers lack it.
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 -- it takes no keyword
    before = sys.stdout, sys.stderr
    out, error = Screen(sys.stdout), Screen(sys.stderr)
    sys.stdout, sys.stderr = out, error
    try:
        yield out
    finally:
        for screen in (out, error):
            screen.flush()
            if screen.lost is not None:
                screen.drop()
        sys.stdout, sys.stderr = before


def complaint(problem: OSError) -> str:
    """Say why standard output could not be written; nothing when its reader has seen enough."""
    if problem.errno == errno.EPIPE:
        return ""
    return (
        f"error: standard output cannot be written ({problem.strerror}): what was computed is in its files.\n"
    )
