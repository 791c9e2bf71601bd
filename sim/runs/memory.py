"""Limit the memory of a run: watch the sum over all its processes while they work.

The measure is the proportional set size (PSS) of Linux: a page that several processes share counts once. The
check runs every tenth of a second, so a short burst can exceed the limit for that long. For a hard limit, use
the kernel (ulimit -v, cgroups, Slurm).
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.errors import SimError

LOOK_EVERY_S = 0.1
PROC = Path("/proc")
KIB_A_MIB = 1024


def used_mib(pid: int | str = "self") -> float:
    """Return the memory of a process and of all that it started, in MiB; 0 for one that has ended."""
    folder = PROC / str(pid)
    try:
        lines = (folder / "smaps_rollup").read_text().splitlines()
        own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / KIB_A_MIB
        children = [
            child for task in (folder / "task").iterdir() for child in (task / "children").read_text().split()
        ]
    except (OSError, StopIteration, ValueError):
        return 0.0
    return own + sum(used_mib(child) for child in children)


class _OverBound(BaseException):
    """Not an Exception, as KeyboardInterrupt is none: nobody shall go on after it."""


def _interrupt(*_: object) -> None:
    raise _OverBound


@contextmanager
def bounded(limit_mib: int) -> Iterator[None]:
    """End what runs inside with SimError when this process and those below it take more than `limit_mib`.

    0 means no bound. It must be entered in the main thread, which is interrupted by an exception wherever it is, as
    by Ctrl-C. SimError at once where memory cannot be watched.
    """
    if not limit_mib:
        yield
        return
    if not (PROC / "self" / "smaps_rollup").exists():
        raise SimError("max_memory needs Linux, where the memory of a process can be read; use max_memory=0.")
    if threading.current_thread() is not threading.main_thread():
        raise SimError("max_memory needs the main thread of the program; use max_memory=0 here.")
    over: list[float] = []
    end, told = threading.Event(), threading.Event()

    def watch() -> None:
        while not end.wait(LOOK_EVERY_S):
            if not told.is_set() and (used := used_mib()) > limit_mib and not end.is_set():
                over.append(used)
                told.set()
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    def swallowed(lost: sys.UnraisableHookArgs) -> None:
        """Tell again if Python was in a callback that cannot raise, such as one of its garbage collector."""
        if lost.exc_type is _OverBound:
            told.clear()
        else:
            hook(lost)

    before = signal.signal(signal.SIGUSR1, _interrupt)
    hook, sys.unraisablehook = sys.unraisablehook, swallowed
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        try:
            yield
        finally:
            end.set()
            thread.join()
    except _OverBound:
        raise SimError(
            f"the run took {max(over, default=0):.0f} MiB where max_memory is {limit_mib} MiB, and was ended: "
            "use fewer workers, fewer days, or a higher max_memory."
        ) from None
    finally:
        sys.unraisablehook = hook
        signal.signal(signal.SIGUSR1, before)
