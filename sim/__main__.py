"""`python -m sim`, and the command `fire-response-sim`."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from multiprocessing import util

try:
    from sim.cli import INTERRUPTED, main
    from sim.files import cache_folder
except KeyboardInterrupt:
    sys.stderr.write("interrupted: no result was left behind.\n")
    os._exit(130)  # before there is anything to clean up

GRACE_S = 2.0  # for threads to end after an interruption


def run() -> None:
    """Run the command line and end the process with its exit status."""
    try:
        status = main()
    except Exception as problem:  # a mistake of the program: its traceback is for who mends it
        sys.exit(_unexpected(problem))
    if status == INTERRUPTED:
        # What ends at the exit may wait for a lost worker, too.
        late = threading.Timer(3 * GRACE_S, os._exit, (status,))
        late.daemon = True
        late.start()
        _end_in_spite_of_threads(status)
    sys.exit(status)


def _unexpected(problem: Exception) -> int:
    """Say in a sentence that the program failed, and where its traceback is; return the exit status."""
    told = traceback.format_exc()
    place = cache_folder() / "failed.txt"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"{sys.argv[1:]}\n{told}", encoding="utf-8")
    except OSError:
        sys.stderr.write(told)
        return 1
    first = (str(problem).splitlines() or [""])[0][:200]
    sys.stderr.write(
        f"error: the program itself failed ({type(problem).__name__}: {first}); please report it with {place}, which has "
        "the traceback.\n"
    )
    return 1


def _end_in_spite_of_threads(status: int) -> None:
    """End the process if a thread of a pool does not.

    A worker that is terminated while it sends leaves half a message. The pool's thread waits for the rest, which
    never comes, and Python waits for the thread. Results are cleaned up by now; so are the semaphores here.
    """
    others = [t for t in threading.enumerate() if t is not threading.main_thread() and not t.daemon]
    for thread in others:
        thread.join(GRACE_S)
    if any(thread.is_alive() for thread in others):
        util._run_finalizers()  # type: ignore[attr-defined]
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    run()
