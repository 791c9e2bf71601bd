"""Every command under every limit of the system: it does its work, or says in a sentence why not. No traceback."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.command_line import environment, sim

from sim import cli
from sim.cli import completion
from sim.errors import SimError, beyond_a_limit, explain
from sim.options import Asked

SHORT = "replications=2 days=2"
ONE_CLAIM = "claims:\n  fewer_deaths: {kpi: deaths_a, year: 2027, falls_from: 2023, by: 0.2}\n"
STUDY = f"scenario=2023,2025 {SHORT} figures=none"
COMMANDS = {
    "run": f"{SHORT} workers=2 figures=main name=run out=OUT",
    "sweep": f"-m {STUDY} workers=1 out=OUT",
    "laptop": f"-m {STUDY} launch=laptop out=OUT",
    "array": "array OUT/listed job=0",
    "compare": "compare IN out=OUT figures=main",
    "report": "report IN out=OUT/report.html",
    "incident": "incident IN/2025,replications=2,days=2 worst=1 out=OUT/incident",
    "watch": "watch IN/2025,replications=2,days=2 out=OUT/day.html",
    "export": "export IN/2025,replications=2,days=2 formats=csv,geojson,geopackage out=OUT/export",
    "collect": "collect IN out=OUT/collected.csv",
    "attribution": f"attribution groups=vehicles {SHORT} workers=2 out=OUT/attribution",
    "effects": f"effects {SHORT} workers=2 out=OUT/effects",
    "sensitivity": "sensitivity parameters=m_seats trajectories=0 samples=0 points=0 kpis=first_arrival_mean "
    f"{SHORT} launch=laptop out=OUT/sensitivity",
    "uncertainty": f"uncertainty draws=16 parameters=v_mtn claims=CLAIMS {SHORT} workers=2 out=OUT/uncertainty",
    "portfolio": "portfolio objective=deaths budget=20 design=8 screen=1 final=2 most=4 draws=0 days=2 workers=2 "
    "out=OUT/portfolio",
    "siting": f"siting what=nests sites=1 year=2027 {SHORT} workers=2 out=OUT/siting",
    "help": "siting --help",
    "completion": "completion bash",
}
LIMITS = {"-v 500000": "(ulimit -v)", "-n 20": "(ulimit -n)", "-u 20": "(ulimit -u)", "-f 8": "(ulimit -f)"}
BY_ROOT = {  # in a view of the disks that ends with the command
    "no /dev/shm": "mkdir DEV; mount -t tmpfs none DEV; for f in null zero random urandom; do touch DEV/$f; "
    "mount --bind /dev/$f DEV/$f; done; mount --rbind DEV /dev; ",
    "read-only": "mount --bind OUT OUT; mount -o remount,ro,bind OUT; ",
    "full disk": "mount -t tmpfs -o size=64k none OUT; ",
}
SCREENS = (">/dev/full", ">&-", "2>&-", ">&- 2>&- <&-", "| true")
NO_MOUNTS = os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    assert cli.main(["-m", *STUDY.split(), f"out={folder / 'runs'}"]) == 0
    assert cli.main(["-m", *STUDY.split(), "launch=array", f"out={folder / 'listed'}"]) == 0
    (folder / "claims.yaml").write_text(ONE_CLAIM, encoding="utf-8")
    return folder


def tried(command: str, study: Path, tmp_path: Path, before: str = "", after: str = "") -> tuple[int, str]:
    """Run a command in a shell that meets a fault; return its status and what it said on standard error."""
    out = tmp_path / "out"
    if "OUT" in COMMANDS[command] + before:
        shutil.copytree(study / "listed", out / "listed")
    words = COMMANDS[command]
    if before != BY_ROOT["no /dev/shm"]:  # which is about workers; elsewhere they only take time
        words = words.replace("workers=2", "workers=1")
    line = f"{before} {sys.executable} -m sim {words} {after}"
    places = {"OUT": out, "IN": study / "runs", "DEV": tmp_path / "dev", "CLAIMS": study / "claims.yaml"}
    for name, place in places.items():
        line = line.replace(name, str(place))
    shell = ["bash", "-o", "pipefail", "-c", line]
    if before in BY_ROOT.values():
        shell = ["unshare", "-m", "--propagation", "private", *shell]
    done = subprocess.run(
        shell, env=environment(), cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=[] if name == "run" else pytest.mark.slow) for name in COMMANDS]
)
def test_a_limit_too_small_to_work_under_is_refused_at_once(command: str, limit: str, tmp_path: Path) -> None:
    words = COMMANDS[command].replace("IN", str(tmp_path)).replace("OUT", str(tmp_path))
    line = f"ulimit {limit}; exec {sys.executable} -m sim {words}"
    done = subprocess.run(
        ["bash", "-c", line], env=environment(), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    if command == "help":
        assert (done.returncode, done.stderr) == (0, "")
        return
    assert done.returncode == 2
    assert done.stderr.startswith("error: the limit on ")
    assert LIMITS[limit] in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", [*BY_ROOT, *SCREENS])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_ends_well_or_says_why_not(
    command: str, fault: str, study: Path, tmp_path: Path
) -> None:
    if fault in BY_ROOT and NO_MOUNTS:
        pytest.skip("only root may mount")
    after = fault if fault in SCREENS else ""
    status, told = tried(command, study, tmp_path, BY_ROOT.get(fault, ""), after)
    assert status in ((0, 1) if fault in SCREENS else (0, 1, 2))
    assert len(told.splitlines()) <= 3
    if fault in SCREENS and "2>" not in fault and status:
        assert told.startswith("error: standard output cannot be written") or "true" in fault
    assert status == 0 or told or fault in SCREENS


@pytest.mark.slow
def test_attribution_of_one_replication_of_one_day_ends_well(tmp_path: Path) -> None:
    done = sim("attribution", "groups=vehicles", "replications=1", "days=1", f"out={tmp_path / 'one'}")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "one" / "waterfall.png").exists()


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (MemoryError(), "memory ran out"),
        (MemoryError("Unable to allocate 3 GiB"), "Unable to allocate 3 GiB"),
        (OSError(errno.EMFILE, "Too many open files"), "(ulimit -n)"),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), "(ulimit -u)"),
        (RuntimeError("can't start new thread"), "(ulimit -u)"),
        (ImportError("libscipy.so: failed to map segment from shared object"), "(ulimit -v)"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/x"),
            "/tmp/x: the disk is full; free space there.",
        ),
        (FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']"), "TMPDIR"),
    ],
)
def test_a_limit_met_anywhere_is_a_sentence_with_what_to_do(
    problem: Exception, words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def strikes(asked: Asked) -> int:
        raise problem

    monkeypatch.setattr(completion, "run", strikes)
    assert cli.main(["completion", "bash"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert words in told
    assert told.count("\n") == 1


def test_another_error_stays_what_it_is() -> None:
    assert beyond_a_limit(ValueError("a mistake of the program")) == ""


def test_too_many_open_files_are_no_fault_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="ulimit -n") as refusal, explain(tmp_path):
        raise OSError(errno.EMFILE, "Too many open files")
    assert "check the disk" not in str(refusal.value)
