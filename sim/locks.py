"""Locks between processes: files that the kernel unlocks when their holder ends.

Only flock(2) decides, never the pid in the file: a pid can be used again, or belong to another host or
another container. The text in the file is only for the message to a second process that wants the lock.
"""

from __future__ import annotations

import json
import os
import socket
import time
import weakref
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sim.errors import NO_LOCKS, SimError, explain


class FileLock:
    """An exclusive lock on the file `path`, which is removed with the lock; a dead holder leaves it free."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self, wait_s: float = 0.0) -> bool:
        """Take the lock within `wait_s`; False when another process holds it, OSError from the disk."""
        give_up = time.monotonic() + wait_s
        while not self._try():
            if time.monotonic() >= give_up:
                return False
            time.sleep(0.02)
        return True

    def _try(self) -> bool:
        try:
            import fcntl  # here, so that a run can be read where there is no flock
        except ImportError:
            raise SimError(
                "writing a run needs the file locks of Linux or macOS; on Windows use WSL"
            ) from None
        # Through a link of this name the lock would empty and remove a file of somebody else.
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
        mine = False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The last holder may have removed the file after it was opened here: then this locks nothing.
            if not os.path.samestat(os.fstat(fd), self.path.stat()):
                os.close(fd)
                return False
            mine = True
            since = datetime.now(UTC).isoformat(timespec="seconds")
            note = {"host": socket.gethostname(), "pid": os.getpid(), "since": since}
            os.ftruncate(fd, 0)
            os.pwrite(fd, json.dumps(note).encode(), 0)
        except (BlockingIOError, FileNotFoundError):
            os.close(fd)
            return False
        except BaseException as problem:
            if mine or getattr(problem, "errno", None) in NO_LOCKS:  # nobody else can hold it
                with suppress(OSError):
                    self.path.unlink()
            os.close(fd)
            raise
        self._fd = fd
        _HELD.add(self)
        return True

    def release(self) -> None:
        """Remove the file and free the lock; nothing where it is not held."""
        if self._fd is None:
            return
        with suppress(OSError):
            if os.path.samestat(os.fstat(self._fd), self.path.stat()):  # not somebody else's by now
                self.path.unlink()
        os.close(self._fd)
        self._fd = None
        _HELD.discard(self)

    def forget(self) -> None:
        """Give up this process's share in the lock, without freeing it for the process that took it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def holder(self) -> str:
        """Say who holds the lock, as far as the file says it."""
        try:
            note = json.loads(self.path.read_bytes())
            return f"process {note['pid']} on {note['host']} since {note['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"


_HELD: weakref.WeakSet[FileLock] = weakref.WeakSet()


def _forget_in_child() -> None:
    """Keep a worker that outlives a killed parent from holding the parent's locks for ever."""
    for lock in list(_HELD):
        lock.forget()
    _HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file `path` (or may, where this process cannot try it)."""
    if not path.exists():
        return False
    lock = FileLock(path)
    try:
        if not lock.acquire():
            return True
    except OSError:
        return True
    lock.release()
    return False


class Lock:
    """One process at a time works in `folder`, which need not exist yet; SimError for the second.

    The lock file is next to the folder, as `.<name>.lock`: inside, it would keep an unfinished run from
    being absent, and would be swapped out together with an old run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        resolved = self.folder.resolve()
        self._lock = FileLock(resolved.with_name(f".{resolved.name}.lock"))

    def __enter__(self) -> Self:
        with explain(self.folder, "lock"):
            self._lock.path.parent.mkdir(parents=True, exist_ok=True)
            free = self._lock.acquire()
        if not free:
            raise SimError(
                f"{self.folder} is in use by {self._lock.holder()}; "
                "wait until it ends, stop it, or choose another folder with out=..."
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
