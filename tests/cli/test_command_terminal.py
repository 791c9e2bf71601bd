"""The terminal: the progress bar where there is one, one screen when a run is done, Ctrl-C at any time."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from helpers.command_line import environment, sim
from rich.console import Console

from sim.config.compose import compose
from sim.reports import terminal
from sim.runs import execute
from sim.storage import run_folder

BAR = "━"  # what the bar is drawn with
ESCAPE = "\x1b"
GRACE_S = 5.0  # Ctrl-C ends within


@pytest.fixture
def heard():
    """Let children hear Ctrl-C as on a terminal: who is started in the background ignores it, and so would they."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def on_a_terminal(arguments: list[str], limit_s: float = 100.0) -> tuple[int, str]:
    """Run the command on a pseudo-terminal of 100 columns and return its status and what appears there."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sim", *arguments],
        stdin=slave, stdout=slave, stderr=slave, close_fds=True,
        env={**environment(), "COLUMNS": "100", "LINES": "50", "TERM": "xterm"},
    )  # fmt: skip
    os.close(slave)
    seen, end = b"", time.monotonic() + limit_s
    while time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            try:
                part = os.read(master, 65536)
            except OSError:  # the terminal is gone with the last of its users
                break
            seen += part
        elif process.poll() is not None:
            break
    process.kill()
    os.close(master)
    return process.wait(timeout=10), seen.decode("utf-8", errors="replace")


def test_without_a_terminal_there_is_no_trace_of_a_bar(tmp_path: Path) -> None:
    done = sim("days=2", "replications=2", "workers=2", "figures=none", f"out={tmp_path}")
    assert done.returncode == 0
    assert done.stderr == ""
    assert not {BAR, ESCAPE, "\r"} & set(done.stdout)
    assert "left" not in done.stdout.split("Results")[0]


def test_on_a_terminal_a_bar_with_the_time_left_appears_and_goes_away(tmp_path: Path) -> None:
    status, seen = on_a_terminal(
        ["days=20", "replications=4", "workers=1", "figures=none", f"out={tmp_path}"]
    )
    assert status == 0, seen
    assert BAR in seen
    assert re.search(r"\d/4", seen)
    assert "left" in seen
    assert "Building fires, rescues: minutes" in seen.rsplit(BAR, 1)[1]


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_within_seconds_and_leaves_nothing(workers: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "sim", "replications=500", f"workers={workers}", "days=60",
            f"out={tmp_path / 'results'}",
        ],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and not any(
            path.stat().st_size > 4 for path in tmp_path.glob("results/.*partial*/*.parquet")
        ):
            assert process.poll() is None
            time.sleep(0.05)
        assert list(tmp_path.glob("results/.*partial*")), "the run never began to write"
        os.killpg(process.pid, signal.SIGINT)
        began = time.monotonic()
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - began < GRACE_S
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines() == ["interrupted: no result was left behind."]
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.usefixtures("heard")
def test_ctrl_c_in_a_sweep_keeps_what_is_complete(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            sys.executable, "-m", "sim", "-m", "scenario=2023", "replications=1,900", "workers=1", "days=10",
            "figures=none", f"out={tmp_path / 'results'}",
        ],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    second = "2023,replications=900,days=10"
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and not list(tmp_path.glob(f"results/.{second}.partial*")):
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        began = time.monotonic()
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - began < GRACE_S
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in err
    made = [p.name for p in (tmp_path / "results").iterdir() if p.is_dir() and p.name != ".sweep"]
    assert made == ["2023,replications=1,days=10"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[run_folder.Result, Path, pd.DataFrame]:
    """A run of 2030, in which most is in force."""
    config = compose(
        [
            "scenario=2030",
            "replications=2",
            "days=10",
            "workers=1",
            f"out={tmp_path_factory.mktemp('r')}",
            "name=x",
        ]
    )
    folder = execute.on_disk(config)
    return run_folder.load(folder), folder, execute.in_force(config)


@pytest.mark.parametrize("width", [80, 100, 132])
def test_a_run_is_shown_on_one_screen(
    width: int, finished: tuple[run_folder.Result, Path, pd.DataFrame]
) -> None:
    result, folder, in_force = finished
    text = io.StringIO()
    terminal.show(result, in_force, folder, Console(width=width, file=text, color_system=None))
    lines = text.getvalue().splitlines()
    assert len(lines) <= 50
    free = ("Results", "Pictures", "x")  # paths may be longer than the screen
    assert all(Console().measure(line).maximum <= width for line in lines if not line.startswith(free))
    assert "…" not in text.getvalue()  # nothing is cut off
    for word in ("In force", "patrol_cars", "六(二)b", "share 0 → 1", "智慧新城二级站", "start of works",
                 "first capable arrival", "expected deaths, curve B", "Arrived first", str(folder), ".png",
                 "open clauses: stated", "(assumed)"):  # fmt: skip
        assert word in text.getvalue(), word


def test_measures_that_are_off_are_told_from_those_not_yet_due(
    finished: tuple[run_folder.Result, Path, pd.DataFrame],
) -> None:
    result, folder, _ = finished
    text = io.StringIO()
    lines = execute.in_force(compose(["scenario=2024", "plan.patrol_cars.enabled=false"]))
    terminal.show(result, lines, folder, Console(width=100, file=text, color_system=None))
    assert "switched off: patrol_cars" in text.getvalue()
    assert re.search(r"not in force: .*unified_dispatch", text.getvalue())


def test_the_screen_names_the_population_of_its_times_and_of_who_arrives_first(
    finished: tuple[run_folder.Result, Path, pd.DataFrame],
) -> None:
    text = io.StringIO()
    result, folder, in_force = finished
    terminal.show(result, in_force, folder, Console(width=100, file=text, color_system=None))
    assert "Building fires, rescues: minutes" in text.getvalue()
    assert "Arrived first at all calls, %:" in text.getvalue()
