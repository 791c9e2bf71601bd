"""What the queue of Slurm says of jobs, and what is concluded from it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sim import threads
from sim.sweeps import slurm

submitit = pytest.importorskip("submitit", reason="the extra hpc is not installed")


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch):
    """A watcher that is told what squeue says, at a time of the test's choosing."""
    now = [0.0]
    monkeypatch.setattr(slurm.time, "monotonic", lambda: now[0])
    with slurm.watched():
        from submitit.slurm.slurm import SlurmJob

        watcher = SlurmJob.watcher
        watcher.update = lambda: None  # no squeue here
        watcher.now = now
        yield watcher


def told(watcher, listing: str) -> None:
    watcher._info_dict.update(watcher.read_info(listing.encode()))


def test_lines_of_the_queue() -> None:
    assert slurm.states("12_3|RUNNING\n12_4|PENDING\n\n13|FAILED\n") == {
        "12_3": "RUNNING",
        "12_4": "PENDING",
        "13": "FAILED",
    }
    assert slurm.states("") == {}


def test_a_job_is_done_when_the_queue_says_so_or_lists_it_no_more(queue) -> None:
    for job in ("7_0", "7_1", "7_2"):
        queue.register_job(job)
    told(queue, "")  # just submitted: the queue may not know them yet
    assert not any(queue.is_done(job) for job in ("7_0", "7_1", "7_2"))
    told(queue, "7_0|RUNNING\n7_1|PENDING\n7_2|COMPLETING\n")
    assert not any(queue.is_done(job) for job in ("7_0", "7_1", "7_2"))
    told(queue, "7_0|CANCELLED\n7_1|NODE_FAIL\n")
    assert all(queue.is_done(job) for job in ("7_0", "7_1", "7_2"))
    assert queue.get_state("7_2") == "GONE"


def test_a_job_that_the_queue_never_lists_is_gone_after_a_minute(queue) -> None:
    queue.register_job("8")
    queue.now[0] = 59.0
    told(queue, "")
    assert not queue.is_done("8")
    queue.now[0] = 61.0
    told(queue, "")
    assert queue.is_done("8")


def test_an_array_as_a_whole_is_done_with_its_last_job(queue) -> None:
    queue.register_job("9")
    told(queue, "9_0|COMPLETED\n9_1|RUNNING\n")
    assert not queue.is_done("9")
    told(queue, "9_0|COMPLETED\n9_1|TIMEOUT\n")
    assert queue.is_done("9")


def test_submitit_has_its_own_way_again_afterwards() -> None:
    from submitit.slurm.slurm import SlurmJob

    before = SlurmJob.watcher
    with slurm.watched():
        assert SlurmJob.watcher is not before
    assert SlurmJob.watcher is before


@pytest.mark.parametrize("first", ["sim.cli", "sim.sweeps.run"])
def test_numerical_libraries_use_one_thread_and_a_user_may_say_otherwise(first: str) -> None:
    script = f"import os, {first}; from sim.threads import *; one_each(); print(*map(os.environ.get, NAMES))"
    free = {key: text for key, text in os.environ.items() if key not in threads.NAMES}
    for given, expected in (({}, "1 1 1 1 1"), ({"MKL_NUM_THREADS": "3"}, "1 1 3 1 1")):
        done = subprocess.run(
            [sys.executable, "-c", script], env={**free, **given}, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected
