"""The memory limit stops a run with one sentence and leaves no files."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from sim import cli
from sim.analysis.accumulator import Accumulator
from sim.errors import SimError
from sim.runs import memory

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="memory can be read on Linux only"
)
MIB = 2**20


TOUCHED = """
import numpy as np
from sim.runs import memory

before = memory.used_mib()
block = np.ones(64 * 2**20, dtype=np.uint8)
print(memory.used_mib() - before)
"""


def test_touched_memory_is_counted() -> None:
    # A process of its own: here the children of other tests come and go.
    done = subprocess.run([sys.executable, "-c", TOUCHED], capture_output=True, text=True, check=True)
    assert 60 < float(done.stdout) < 70


def test_memory_of_child_processes_is_counted() -> None:
    before = memory.used_mib()
    script = f"x = bytearray(b'1') * {64 * MIB}; print(len(x), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as below:
        assert below.stdout is not None
        below.stdout.readline()
        assert memory.used_mib() - before > 60
        assert memory.used_mib(below.pid) > 60
        below.communicate(b"\n")
    assert memory.used_mib(below.pid) == 0


def take() -> None:
    block = np.ones(100 * MIB, dtype=np.uint8)
    time.sleep(10)
    pytest.fail(f"{len(block)} bytes were taken")


def test_run_above_the_bound_is_stopped_with_a_message() -> None:
    limit = int(memory.used_mib()) + 50
    with (
        pytest.raises(SimError, match=rf"took \d+ MiB where max_memory is {limit} MiB"),
        memory.bounded(limit),
    ):
        take()


def test_run_below_the_bound_is_not_touched_and_ctrl_c_still_works() -> None:
    with memory.bounded(1_000_000):
        time.sleep(3 * memory.LOOK_EVERY_S)
    with pytest.raises(KeyboardInterrupt), memory.bounded(1_000_000):
        raise KeyboardInterrupt
    with memory.bounded(0):
        pass


def test_end_that_a_callback_swallowed_comes_again() -> None:
    class Slow:
        def __del__(self) -> None:  # cannot raise
            time.sleep(3 * memory.LOOK_EVERY_S)

    def work() -> None:
        Slow()
        time.sleep(20 * memory.LOOK_EVERY_S)

    with pytest.raises(SimError, match="the run took"), memory.bounded(1):
        work()


def test_bound_in_a_thread_is_refused() -> None:
    caught: list[BaseException] = []

    def elsewhere() -> None:
        try:
            with memory.bounded(100):
                pass
        except SimError as error:
            caught.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


@pytest.mark.parametrize("workers", [1, 2])
def test_run_above_its_bound_gives_one_sentence_and_no_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], workers: int
) -> None:
    # One worker: already over the bound at the first look. Two: the bound is less than what they take.
    bound = int(memory.used_mib()) + (-20 if workers == 1 else 40)
    options = [
        "replications=20",
        "figures=none",
        f"workers={workers}",
        f"max_memory={bound}",
        f"out={tmp_path}",
    ]
    assert cli.main(options) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: the run took ")
    assert len(told.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_values_of_many_replications_take_eight_bytes_each() -> None:
    import tracemalloc

    import pandas as pd

    count, replications = 2000, 200
    values = pd.DataFrame(
        {"kpi": [f"kpi{i}" for i in range(count)], "by": "all", "group": "all", "unit": "min", "value": 1.0}
    )
    accumulator = Accumulator()
    accumulator.add(values)
    tracemalloc.start()
    for _ in range(replications):
        accumulator.add(values)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 1.1 * 8 * count * replications
    assert len(accumulator.summary()) == count
