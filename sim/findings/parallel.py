"""Work by number over processes: the results in order, whatever the number of workers.

Memory is bounded: at most two pieces of work a worker are under way or waiting to be taken.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from sim.errors import SimError

T = TypeVar("T")


def in_order(
    work: Callable[[int], T],
    numbers: Iterable[int],
    workers: int,
    start: Callable[..., None],
    given: tuple[Any, ...],
) -> Generator[T]:
    """Yield `work(number)` for each number; `start(*given)` makes every process ready first.

    With one worker everything happens in this process. SimError if a worker process is lost.
    """
    if workers <= 1:
        start(*given)
        for number in numbers:
            yield work(number)
        return
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(start, given))
    waiting = iter(numbers)
    under_way: deque[Future[T]] = deque()
    try:
        for number in waiting:
            under_way.append(pool.submit(work, number))
            if len(under_way) >= 2 * workers:
                break
        while under_way:
            result = under_way.popleft().result()
            for number in waiting:
                under_way.append(pool.submit(work, number))
                break
            yield result
        pool.shutdown()
    except BrokenProcessPool:
        raise SimError(
            "a worker process ended before its replication was done (killed, or out of memory): "
            "start the command again, with fewer workers if memory was short."
        ) from None
    finally:
        _stop(pool)


def _begin(start: Callable[..., None], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    start(*given)


def _stop(pool: ProcessPoolExecutor) -> None:
    """End the worker processes at once; nothing they have not delivered is wanted."""
    processes = list((getattr(pool, "_processes", None) or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
