"""Try faults on real sweeps and count what happens: python -m experiments.faults.

The faults: SIGKILL at random moments (seeded), a full disk, a read-only folder, damaged files, a job that raises, and
a limit on memory. After each fault the same command is started again. Writes the tables into docs/reliability.md,
between its two marks. Full disk and read-only folder need root (a small tmpfs is mounted), Slurm needs a node
(tests/helpers/slurm_node.sh). The table names faults that could not be tried on this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from experiments.faults.trials import RUNS, Outcome, Trial, after, kill, slurm_job, sweeper, worker
from sim.errors import SimError, explain
from sim.files import write_text

PAGE = Path("docs/reliability.md")
MARKS = ("<!-- faults -->", "<!-- end of faults -->")
LAPTOP, BASIC, SLURM = (
    ("launch=laptop", "launch.jobs=2"),
    ("workers=2",),
    ("launch=slurm", "launch.slurm.memory=512"),
)
KILLS = (  # what is killed, how the sweep is run, share of all kills
    ("a worker", LAPTOP, 0.2),
    ("a worker", BASIC, 0.1),
    ("the sweeping process", LAPTOP, 0.2),
    ("the sweeping process", BASIC, 0.1),
    ("the process group", LAPTOP, 0.2),
    ("a Slurm job", SLURM, 0.1),
    ("the sweeping process", SLURM, 0.1),
)
RAISES = """\
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
class Finder(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "sim.analysis.targets":
            return None
        spec = PathFinder.find_spec(name, path)
        plain_exec = spec.loader.exec_module
        def exec_module(module):
            plain_exec(module)
            plain = module.scoreboard
            def scoreboard(config, *rest):
                if config.scenario.year == 2024:
                    raise ZeroDivisionError("tried on purpose")
                return plain(config, *rest)
            module.scoreboard = scoreboard
        spec.loader.exec_module = exec_module
        return spec
sys.meta_path.insert(0, Finder())
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command: 0 when nothing was lost or wrongly believed, else 1; 2 for a mistake."""
    options = _parser().parse_args(arguments)
    begun = time.perf_counter()
    try:
        if options.page.exists() and not all(mark in options.page.read_text("utf-8") for mark in MARKS):
            raise SimError(f"{options.page} has not the marks {MARKS[0]} and {MARKS[1]}.")
        with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
            scratch_folder = Path(scratch)
            reference = _reference(scratch_folder)
            kills, sound = _kills(scratch_folder, reference, options.kills, options.seed)
            others, whole = _others(scratch_folder, reference)
    except SimError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 2
    minutes = (time.perf_counter() - begun) / 60
    command = f"python -m experiments.faults --kills {options.kills} --seed {options.seed}"
    header = f"Made by `{command}` in {minutes:.0f} minutes."
    _write(options.page, f"{header}\n\n{kills}\n{others}")
    return 0 if sound and whole else 1


def _reference(scratch_folder: Path) -> dict[str, str]:
    """Return the checksums of an undisturbed sweep in one process."""
    trial = Trial(scratch_folder / "reference", ("workers=1",))
    if trial.run():
        raise SimError(f"the undisturbed sweep failed: {trial.output}")
    return trial.sums()


def _kills(scratch_folder: Path, reference: dict[str, str], count: int, seed: int) -> tuple[str, bool]:
    rng = np.random.default_rng(seed)
    rows, sound = [], True
    for what, options, share in KILLS:
        how = next((item.removeprefix("launch=") for item in options if item.startswith("launch=")), "basic")
        if how == "slurm" and not _slurm():
            rows.append([what, how, "not tried: no Slurm node answers", *[""] * 7])
            continue
        usual = Trial(scratch_folder / f"usual-{how}-{len(rows)}", options)
        began = time.perf_counter()
        usual.run()
        duration_s = time.perf_counter() - began
        outcomes = []
        for number in range(max(1, round(count * share))):
            trial = Trial(scratch_folder / f"{how}-{len(rows)}-{number}", options)
            choose = {"a worker": worker(rng), "a Slurm job": slurm_job(rng)}.get(what, sweeper)
            delay_s = rng.uniform(0, duration_s)
            outcomes.append(kill(trial, choose, delay_s, reference, group="group" in what))
            print(f"{what}, {how}, after {delay_s:.1f} s: {_brief(outcomes[-1])}", flush=True)
            shutil.rmtree(trial.folder, ignore_errors=True)
        rows.append(_row(what, how, outcomes))
        sound &= all(_sound(item) for item in outcomes)
    heading = [
        "killed (SIGKILL)", "launch", "trials", "at work then", "runs complete then", "of these lost or remade",
        "unfinished folders then", "wrongly believed", "processes left over", "whole and identical after restart",
    ]  # fmt: skip
    return _table(heading, rows), sound


def _row(what: str, how: str, outcomes: Sequence[Outcome]) -> list[str]:
    counts = [
        len(outcomes),
        sum(item.struck for item in outcomes),
        sum(item.kept for item in outcomes),
        sum(item.lost for item in outcomes),
        sum(item.partial for item in outcomes),
        sum(item.believed for item in outcomes),
        sum(item.orphans for item in outcomes),
        sum(item.finished and item.identical for item in outcomes),
    ]
    return [what, how, *map(str, counts)]


def _sound(item: Outcome) -> bool:
    return item.finished and item.identical and not item.lost and not item.believed and not item.orphans


def _brief(item: Outcome) -> str:
    return (
        f"{'at work' if item.struck else 'ended'}, {item.kept} complete, {item.partial} unfinished, lost {item.lost}, "
        f"believed {item.believed}, left over {item.orphans}, restart {'whole' if item.finished else 'NOT WHOLE'}"
        f"{'' if item.identical else ' AND NOT IDENTICAL'} ({item.again})"
    )


def _others(scratch_folder: Path, reference: dict[str, str]) -> tuple[str, bool]:
    """Try the faults that are no kills, each once."""
    rows, sound = [], True
    trials: list[tuple[str, Callable[[Path], Trial | str]]] = [
        ("disk full (tmpfs of 1 MiB), then enlarged", _full_disk),
        ("folder read-only, then writable", _read_only),
        ("a byte of incidents.parquet changed", _changed),
        ("dispatches.parquet cut short", _cut),
        ("a job raises ZeroDivisionError, then mended", _raises),
        ("max_memory=120, then none", _memory),
    ]
    for what, attempt in trials:
        trial = attempt(scratch_folder)
        if isinstance(trial, str):
            rows.append([what, f"not tried: {trial}", "", ""])
            continue
        outcome = after(trial, reference)
        sound &= _sound(outcome)
        answer = f"{outcome.kept} of {RUNS}; {outcome.lost} lost, {outcome.believed} wrongly believed"
        whole = "whole and identical" if outcome.finished and outcome.identical else "NOT WHOLE"
        rows.append([what, _said(outcome.output, scratch_folder), answer, whole])
        print(f"{what}: {_brief(outcome)}", flush=True)
        _unmount(trial.folder.parent)
        shutil.rmtree(trial.folder, ignore_errors=True)
    return _table(["fault", "what the command said", "complete then", "after restart"], rows), sound


def _said(output: str, scratch_folder: Path) -> str:
    lines = [line for line in output.splitlines() if line.startswith("error: ")] or output.splitlines()[-1:]
    return " ".join(lines).replace(str(scratch_folder), "…").replace("|", "\\|")


def _full_disk(scratch_folder: Path) -> Trial | str:
    disk = scratch_folder / "full"
    if not _mounted(disk, "size=1m"):
        return "mounting a tmpfs needs root"
    trial = Trial(disk / "sweep", (), log=scratch_folder / "full.log")
    trial.run()
    _mount(disk, "remount,size=256m")
    return trial


def _read_only(scratch_folder: Path) -> Trial | str:
    disk = scratch_folder / "readonly"
    if not _mounted(disk, "size=256m"):
        return "root may write everywhere else, and mounting needs root"
    trial = Trial(disk / "sweep", (), log=scratch_folder / "readonly.log")
    trial.folder.mkdir()
    _mount(disk, "remount,ro")
    trial.run()
    _mount(disk, "remount,rw")
    return trial


def _changed(scratch_folder: Path) -> Trial:
    trial = Trial(scratch_folder / "changed", ())
    trial.run()
    file = next(trial.folder.glob("*/incidents.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    return _collected(trial)


def _cut(scratch_folder: Path) -> Trial:
    trial = Trial(scratch_folder / "cut", ())
    trial.run()
    file = next(trial.folder.glob("*/dispatches.parquet"))
    os.truncate(file, file.stat().st_size // 2)
    return _collected(trial)


def _collected(trial: Trial) -> Trial:
    """Ask the collecting command what it thinks of the sweep."""
    command = [sys.executable, "-m", "sim", "collect", str(trial.folder)]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own command
    trial.output = "error: " + asked.stderr.splitlines()[0]
    return trial


def _raises(scratch_folder: Path) -> Trial:
    folder = scratch_folder / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(RAISES, encoding="utf-8")
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    trial = Trial(scratch_folder / "raises", LAPTOP, variables={"PYTHONPATH": path})
    if trial.run() == 0:
        raise SimError("the job that was to raise did not: nothing was tried.")
    trial.variables.clear()
    return trial


def _memory(scratch_folder: Path) -> Trial:
    trial = Trial(scratch_folder / "memory", ("max_memory=120",))
    trial.run()
    trial.options = ()
    return trial


def _mounted(disk: Path, options: str) -> bool:
    disk.mkdir()
    return os.geteuid() == 0 and shutil.which("mount") is not None and _mount(disk, options)


def _mount(disk: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 -- our own command


def _unmount(disk: Path) -> None:
    if disk.is_mount():
        subprocess.run(["umount", "--lazy", str(disk)], check=False)  # noqa: S603, S607 -- our own mount


def _slurm() -> bool:
    """Whether a Slurm node answers here."""
    if shutil.which("sinfo") is None:
        return False
    asked = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False)  # noqa: S607
    return any(asked.stdout.startswith(word) for word in ("idle", "mixed", "allocated"))


def _table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _write(page: Path, content: str) -> None:
    with explain(page, "read"):
        text = page.read_text(encoding="utf-8") if page.exists() else f"{MARKS[0]}\n{MARKS[1]}\n"
    before, _, rest = text.partition(MARKS[0])
    behind = rest.partition(MARKS[1])[2]
    write_text(page, f"{before}{MARKS[0]}\n{content}{MARKS[1]}{behind}")


def _parser() -> argparse.ArgumentParser:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m experiments.faults",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=60, help="kills in total")
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the victims")
    parser.add_argument("--page", type=Path, default=PAGE, help="page that the tables are written into")
    return parser
