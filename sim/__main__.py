"""`python -m sim`, and the command `fire-response-sim`."""

from __future__ import annotations

import os
import sys
import threading
from multiprocessing import util

try:
    from sim.cli import INTERRUPTED, main
except KeyboardInterrupt:
    sys.stderr.write("interrupted: no result was left behind.\n")
    os._exit(130)  # before there is anything to clean up

GRACE_S = 2.0  # for threads to end after an interruption


def run() -> None:
    """Run the command line and end the process with its exit status."""
    status = main()
    if status == INTERRUPTED:
        _end_in_spite_of_threads(status)
    sys.exit(status)


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
