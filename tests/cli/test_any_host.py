"""Runs inside another program: a notebook's kernel, a pool worker, a Hydra program, threads, poor terminals, Ctrl-C."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hydra import compose as hydra_compose
from hydra import initialize_config_dir, version
from hydra.core.global_hydra import GlobalHydra

import sim
from sim.config.compose import compose, config_folder
from sim.errors import SimError, was_interrupted

SMALL = ("days=1", "replications=1", "workers=1")


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {
        key: text for key, text in os.environ.items() if not key.startswith(("PYTHONIO", "PYTHONUTF8"))
    }
    return subprocess.run(
        [sys.executable, *arguments], env={**environment, **variables}, capture_output=True, check=False
    )


SLOW = pytest.mark.slow  # one case of each is enough for every day


@pytest.mark.parametrize(
    "backend",
    [
        pytest.param("module://matplotlib_inline.backend_inline", marks=SLOW),
        pytest.param("TkAgg", marks=SLOW),
        "none",
    ],
)
def test_backend_of_the_environment_does_not_matter(tmp_path: Path, backend: str) -> None:
    done = python("-m", "sim", *SMALL, "figures=main", f"out={tmp_path}", "name=run", MPLBACKEND=backend)
    assert (done.returncode, done.stderr) == (0, b"")
    assert list((tmp_path / "run" / "figures").iterdir())


@pytest.mark.parametrize(
    "encoding", [pytest.param("gbk", marks=SLOW), pytest.param("latin-1", marks=SLOW), "ascii"]
)
def test_encoding_of_the_terminal_does_not_matter(tmp_path: Path, encoding: str) -> None:
    done = python(
        "-m",
        "sim",
        *SMALL,
        "figures=none",
        f"out={tmp_path}",
        "name=run",
        PYTHONIOENCODING=encoding,
        LC_ALL="C",
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))["status"] == "complete"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_full_output_keeps_the_result(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "sim", *SMALL, "figures=none", f"out={tmp_path}", "name=run"],
            stdout=full, stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: standard output cannot be written")
    assert done.stderr.count(b"\n") == 1
    assert (tmp_path / "run" / "run.json").exists()


def incidents(seed: int) -> int:
    return len(sim.run(*SMALL, "workers=2", "replications=2", seed=seed).incidents)


def test_worker_of_a_pool_may_run() -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(incidents, (5,)) == incidents(5)


def test_state_of_a_hydra_program_is_left_as_it_was() -> None:
    with initialize_config_dir(str(config_folder()), version_base="1.2"):
        before = GlobalHydra.instance().hydra
        sim.run(*SMALL)
        with pytest.raises(SimError):
            compose(["no_such_key=1"])
        assert GlobalHydra.instance().hydra is before
        assert str(version.getbase()) == "1.2"
        assert hydra_compose("config").seed == 2024


@pytest.mark.slow
def test_threads_do_not_disturb_each_other() -> None:
    years = [2023 + number % 8 for number in range(100)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda year: compose([f"scenario={year}", f"days={year % 9 + 1}"]), years))
    assert [config.scenario.year for config in found] == years
    assert [config.days for config in found] == [year % 9 + 1 for year in years]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # folders read by half
def test_ctrl_c_while_the_configuration_is_composed_stays_ctrl_c() -> None:
    def compose_for_ever(number: int) -> None:
        word = "+plan.slips.measure=12" if number % 2 else "days=3"  # set in Hydra's tree, or in plain values
        while True:
            compose([f"seed={number}", "scenario=2030", word])

    random_moment = random.Random(1)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    assert threading.current_thread() is threading.main_thread()
    try:
        for number in range(200):
            signal.setitimer(signal.ITIMER_REAL, random_moment.uniform(0.0005, 0.06))
            with pytest.raises(KeyboardInterrupt):
                compose_for_ever(number)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert compose(["seed=7"]).seed == 7


def test_interruption_behind_another_error_is_seen() -> None:
    def broken_clean_up() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise ValueError("the clean-up was cut short")

    with pytest.raises(ValueError, match="cut short") as caught:
        broken_clean_up()
    assert was_interrupted(caught.value)
    assert not was_interrupted(ValueError())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("experiment=rollout",), ["study of", "sim.sweep"]),
        (("launch=slurm",), ["launch=slurm is for sweeps", "sim.sweep"]),
        ((7,), ["7 is no option"]),
    ],
)
def test_what_is_no_single_run_is_refused(arguments: tuple[str, ...], words: list[str]) -> None:
    with pytest.raises(SimError) as refusal:
        sim.run(*arguments)
    assert all(word in str(refusal.value) for word in words), refusal.value


def test_arguments_may_be_a_list() -> None:
    assert len(sim.run([*SMALL, "seed=3"]).incidents) == len(sim.run(*SMALL, seed=3).incidents)
