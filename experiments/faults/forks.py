"""Calls of the program as forks of this process, which may end or fail at any write.

A fork does not import the program again, so hundreds of trials fit into minutes. Every picture is the same small one:
the trials are about how files appear, not about what they show.
"""

from __future__ import annotations

import errno
import mmap
import os
import signal
import sys
import time
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest import mock

from sim import cli

WRITES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.truncate")  # audit events
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NONE, DIES, FAILS = 0, 1, 2
_count = mmap.mmap(-1, 8)  # shared with the fork


class _Fault:
    """What is to happen to this process, at which write."""

    place, what, at = "", NONE, 0


@cache
def prepare() -> None:
    """Import all that a call needs, and make pictures cheap."""
    import pyarrow.parquet as pq
    from matplotlib.figure import Figure

    from sim.cli.commands import COMMANDS
    from sim.config.compose import compose
    from sim.plots import style

    for found in COMMANDS.values():
        __import__(found.module)
    for room in (
        "sim.reports.terminal",
        "sim.sweeps.launch",
        "sim.plots.registry",
        "sim.plots.contributions",
    ):
        __import__(room)
    compose(["scenario=2023"])
    small = BytesIO()
    Figure(figsize=(0.1, 0.1)).savefig(small, format="png")

    def save(self: Figure, file: Any, **_: Any) -> None:
        file.write(small.getvalue()) if hasattr(file, "write") else Path(file).write_bytes(small.getvalue())

    mock.patch.object(Figure, "savefig", save).start()
    mock.patch.object(style, "_SETTLING", 0).start()
    sys.addaudithook(_look)  # what is opened or moved; Python tells nothing of these:
    os.fsync = _counted(os.fsync)
    pq.ParquetWriter.write_table = _counted(pq.ParquetWriter.write_table)
    pq.ParquetWriter.close = _counted(pq.ParquetWriter.close)


def _look(event: str, given: tuple[Any, ...]) -> None:
    opened = event == "open"
    if (
        not _Fault.at
        or event not in WRITES
        or (opened and not (isinstance(given[2], int) and given[2] & WRITING))
    ):
        return
    if not opened or str(given[0]).startswith(_Fault.place):
        _step()


def _counted(function: Any) -> Any:
    def counted(*given: Any, **named: Any) -> Any:
        _step()
        return function(*given, **named)

    return counted


def _step() -> None:
    """Count a write; at the chosen one end at once, or fail as on a full disk."""
    if not _Fault.at:
        return
    number = steps() + 1
    _count[:8] = number.to_bytes(8, "little")
    if number == _Fault.at and _Fault.what == DIES:
        os.kill(os.getpid(), signal.SIGKILL)
    if number == _Fault.at and _Fault.what == FAILS:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def steps() -> int:
    """Return how many writes the last call with a chosen write came to."""
    return int.from_bytes(_count[:8], "little")


def start(words: Sequence[str], place: Path, log: Path, what: int = NONE, at: int = 0) -> int:
    """Start a command in `place`, in a process group of its own; return its process number."""
    prepare()
    _count[:8] = bytes(8)
    if pid := os.fork():
        while os.getpgid(pid) != pid:  # a signal to the group would be one to this process
            time.sleep(0.0005)
        return pid
    status = 1
    try:
        os.setsid()
        os.chdir(place)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(out, 1)
        os.dup2(out, 2)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _Fault.place, _Fault.what, _Fault.at = str(place), what, at
        sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w")
        status = cli.main(list(words))
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        _Fault.at = 0
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def call(words: Sequence[str], place: Path, log: Path, what: int = NONE, at: int = 0) -> int:
    """Run a command in `place` and return its exit status, negative for the signal that ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(start(words, place, log, what, at), 0)[1])
