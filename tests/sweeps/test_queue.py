"""What the queue of Slurm says of jobs, and what is concluded from it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sim import threads
from sim.sweeps import expand, record, slurm
from sim.sweeps.job import make_run

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
    lines = (f"{line}|None" if line.count("|") == 1 else line for line in listing.splitlines())
    watcher._info_dict.update(watcher.read_info("\n".join(lines).encode()))


def test_lines_of_the_queue() -> None:
    assert slurm.states("12_3|RUNNING|None\n12_4|PENDING|Priority\n\n13|FAILED|NonZeroExitCode\n") == {
        "12_3": ("RUNNING", "None"),
        "12_4": ("PENDING", "Priority"),
        "13": ("FAILED", "NonZeroExitCode"),
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


def test_jobs_that_wait_are_told_of_once_with_the_reason_and_what_to_do(
    queue, capsys: pytest.CaptureFixture[str]
) -> None:
    for job in ("7_0", "7_1"):
        queue.register_job(job)
    held = "7_0|PENDING|JobHeldUser\n7_1|PENDING|JobHeldUser\n8_0|PENDING|Priority\n"
    for now, listing in (
        (0, held),
        (19, held),
        (25, held),
        (60, held),
        (70, "7_0|PENDING|Priority\n7_1|RUNNING|None\n"),
    ):
        assert now > 20 or not capsys.readouterr().out
        queue.now[0] = now
        told(queue, listing)
    assert capsys.readouterr().out == "Slurm lets 2 jobs wait: JobHeldUser: scontrol release 7 lets them go\n"
    queue.now[0] = 100
    told(queue, "7_0|PENDING|Priority\n")
    assert capsys.readouterr().out == "Slurm lets 1 job wait: Priority\n"
    told(queue, "7_0|COMPLETED\n7_1|COMPLETED\n")  # otherwise it is waited for


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ("Invalid job array specification", "launch.runs"),
        ("invalid partition specified: nosuch", "launch.slurm.partition"),
        ("Memory specification can not be satisfied; Requested node configuration is not available", "slurm.memory"),
        ("Requested time limit is invalid (missing or exceeds some limit)", "launch.slurm.minutes"),
        ("PartitionTimeLimit", "launch.slurm.minutes"),
        ("Invalid account or account/partition combination specified", "launch.slurm.account"),
        ("Requested node configuration is not available", "launch.cores"),
        ("Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)", "launch.jobs"),
        ("Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions", "sinfo -R"),
        ("Unable to contact slurm controller (connect failure)", "try again later"),
    ],
)  # fmt: skip
def test_what_slurm_refuses_names_the_key_to_change(words: str, key: str) -> None:
    answer = f"sbatch: error: Batch job submission failed: {words}\n"
    assert key in slurm.advice(words)
    assert slurm.refusal(answer) == f"Slurm does not take the jobs: {words}: {slurm.advice(words)}."


def test_a_job_at_its_limit_names_the_limit() -> None:
    lost = (
        "Job 3_1 (task: 0) with path /x.pkl\nhas not produced any output (state: {})\nError stream produced:"
    )
    assert "launch.slurm.minutes" in slurm.lost(RuntimeError(lost.format("TIMEOUT")))
    assert "launch.slurm.memory" in slurm.lost(RuntimeError(lost.format("OUT_OF_MEMORY")))
    assert slurm.lost(RuntimeError(lost.format("NODE_FAIL"))).startswith("a job was lost: Job 3_1")


def test_a_run_that_slurm_warns_of_the_end_of_its_time_says_so(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from submitit.core.utils import UncompletedJobError

    def warned(config) -> None:
        raise UncompletedJobError("Job not requeued because: timed-out too many times.")

    meant, common = expand.checked([["days=1", "replications=1", f"out={tmp_path}"]])
    sweep = record.of(tmp_path, meant, common.launch)
    sweep.write(meant)
    assert make_run(sweep, sweep.runs[0], warned) == slurm.AT_LIMIT


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
