"""Parallel work: results in order, bounded memory, and no worker that outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sim.errors import SimError
from sim.runs import processes

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


def nothing() -> None:
    pass


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def linger(number: int) -> int:
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(0.2 if number < 2 else 60)
    return number


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order(workers: int) -> None:
    assert list(processes.in_order(square, range(20), workers, nothing, ())) == [n * n for n in range(20)]


def test_lost_worker_gives_one_sentence() -> None:
    with pytest.raises(SimError, match="a worker process ended before its replication was done"):
        list(processes.in_order(die, range(20), 2, nothing, ()))


LINGERING = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from test_processes import linger, nothing
from sim.runs.processes import in_order
if __name__ == "__main__":
    list(in_order(linger, range(10), 2, nothing, ()))
"""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes can be looked at on Linux only")
def test_workers_end_when_their_parent_is_killed() -> None:
    script = LINGERING.format(root=str(ROOT), here=str(HERE))
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = {
        int(parent.stdout.readline()) for _ in range(4)
    }  # two short pieces of work, two long ones begun
    assert all(map(alive, workers))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    end = time.monotonic() + 20
    while any(map(alive, workers)):
        assert time.monotonic() < end, "a worker outlived its parent"
        time.sleep(0.05)


CUT_SHORT = """
import time
from sim.runs.processes import in_order

results = in_order(bytes, [1] + [300_000_000] * 6, 2, int, ())
next(results)
time.sleep(float({wait}))
results.close()
"""


@pytest.mark.parametrize("wait", [0.5, 1.0])  # while large results come through the pipe
def test_who_has_enough_while_a_result_comes_can_still_end(wait: float) -> None:
    done = subprocess.run([sys.executable, "-c", CUT_SHORT.format(wait=wait)], timeout=60, check=False)
    assert done.returncode == 0


ABANDONED = """
import os, sys
from multiprocessing import forkserver
from sim.runs import processes

processes.cores = lambda: 2
processes.prepare(["sim.runs.replications"])
server = forkserver._forkserver._forkserver_pid
assert os.waitpid(server, os.WNOHANG) == (0, 0)
processes.abandon()
sys.exit(os.waitpid(server, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no process that starts others here")
def test_a_command_that_is_refused_leaves_no_process_that_starts_workers() -> None:
    done = subprocess.run([sys.executable, "-c", ABANDONED], timeout=60, check=False, cwd=ROOT)
    assert done.returncode == signal.SIGTERM
