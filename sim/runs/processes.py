"""Run numbered tasks over processes, and return the results in order, whatever the number of workers.

Memory is bounded: at most two tasks per worker are running or waiting for collection. Workers end with the
process that started them, even if it is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any, TypeVar

from sim.errors import SimError
from sim.threads import one_each

T = TypeVar("T")
_MAIN_MODULE_LOCK = threading.Lock()


def cores() -> int:
    """Return the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def is_daemon() -> bool:
    """Whether this process may have no children, as a worker of multiprocessing.Pool."""
    return multiprocessing.current_process().daemon


def in_order(
    work: Callable[[int], T],
    numbers: Iterable[int],
    workers: int,
    start: Callable[..., None],
    start_arguments: tuple[Any, ...],
) -> Generator[T]:
    """Yield `work(number)` for each number; `start(*given)` makes every process ready first.

    With one worker, or where no child is allowed or none can be talked to, everything happens in this process.
    SimError if a worker process is lost. Who has enough closes the iterator.
    """
    if workers <= 1 or is_daemon() or not semaphores():
        start(*start_arguments)
        for number in numbers:
            yield work(number)
        return
    one_each()
    pool = ProcessPoolExecutor(
        workers, mp_context=_context(work.__module__), initializer=_begin, initargs=(start, start_arguments)
    )
    waiting = iter(numbers)
    under_way: deque[Future[T]] = deque()
    try:
        for number in waiting:
            under_way.append(_submit(pool, work, number))
            if len(under_way) >= 2 * workers:
                break
        while under_way:
            result = under_way.popleft().result()
            for number in waiting:
                under_way.append(_submit(pool, work, number))
                break
            yield result
        pool.shutdown()
    except (BrokenProcessPool, EOFError):  # the latter is what the process that starts workers leaves
        raise SimError(
            "a worker process ended before its replication was done (killed, out of memory, or too many): "
            "start the command again, with fewer workers if memory was short."
        ) from None
    finally:
        _stop(pool)


@cache
def semaphores() -> bool:
    """Whether processes can have the semaphores that a pool needs; says so on standard error where they cannot."""
    try:
        multiprocessing.get_context("spawn").Lock()
    except OSError as problem:  # a container without /dev/shm, or where it may not be written
        sys.stderr.write(
            f"no semaphores for worker processes (/dev/shm: {problem}): one process does the work\n"
        )
        return False
    return True


def prepare(modules: Sequence[str]) -> None:
    """Begin to start the process that starts workers, which reads these modules meanwhile.

    So workers are there sooner by the time that the modules take. Nothing happens where no worker can be started.
    """
    if cores() > 1 and not is_daemon() and "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
        with _interrupts_wait():
            forkserver.ensure_running()


def abandon() -> None:
    """End the process that starts workers: whoever waits for our output would wait for it, too."""
    server = getattr(getattr(forkserver, "_forkserver", None), "_forkserver_pid", None)
    if server is not None:
        with suppress(ProcessLookupError):
            os.kill(server, signal.SIGTERM)


def _context(module: str) -> BaseContext:
    methods = multiprocessing.get_all_start_methods()
    method = "forkserver" if "forkserver" in methods else "spawn"
    if multiprocessing.get_start_method(allow_none=True) not in (None, *methods):
        # A worker of joblib has a method of joblib's own, which processes started from here would not know.
        multiprocessing.set_start_method(method, force=True)
    context = multiprocessing.get_context(method)
    if method == "forkserver" and module != "__main__":
        context.set_forkserver_preload([module])
    return context


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Let interrupts wait: a process that starts just now would be forgotten, or complain of what cut it short."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGUSR1])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _submit(pool: ProcessPoolExecutor, work: Callable[[int], T], number: int) -> Future[T]:
    """Hand out a piece of work; a worker that starts for it does not run the caller's script again.

    Workers need nothing of it, and a plain script that calls `sim.run` has no `if __name__ == "__main__"`. Where the
    work is the script's own, a command's of experiments/, it must be there.
    """
    with _MAIN_MODULE_LOCK:  # other threads would take the empty script for the real one
        return _submit_without_script(pool, work, number)


def _submit_without_script(pool: ProcessPoolExecutor, work: Callable[[int], T], number: int) -> Future[T]:
    script = sys.modules["__main__"]
    if work.__module__ != "__main__":
        sys.modules["__main__"] = ModuleType("__main__")
    try:
        with _interrupts_wait():
            return pool.submit(work, number)
    finally:
        sys.modules["__main__"] = script


def _begin(start: Callable[..., None], start_arguments: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    start(*start_arguments)


def _end_with_parent() -> None:
    """End this worker when its parent is killed: it would wait for work for ever, and hold its memory."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the worker processes at once; nothing they have not delivered is wanted."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    results = getattr(pool, "_result_queue", None)
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    # One may have been stopped in the middle of a result. The pool's thread waits for the rest, and this process for
    # the thread, until nobody is left who could write: the workers are gone, and this end is closed here.
    if results is not None:
        results._writer.close()
