"""Try faults on real sweeps and count what happens: python -m experiments.faults.

Part `faults`: sweeps under SIGKILL at random moments (seeded), a full disk, a read-only folder, damaged files, a job
that raises, a limit on memory. Part `signals`: signals to every command at random moments. Part `writes`: each write of
every command fails or is the last. After each fault the same command is started again. Part `changes`: each published
file changed, for each reader. Writes the tables into docs/reliability.md, between the marks of each part. Full disk and
read-only folder need root (a small tmpfs is mounted), Slurm needs a node (tests/helpers/slurm_node.sh). The table names
faults that could not be tried on this machine.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from experiments.command_line import command, table
from experiments.faults import commands, tampering
from experiments.faults.trials import RUNS, Outcome, Trial, after, kill, slurm_jobs, sweeper, workers
from sim.errors import SimError, explain
from sim.files import write_text

PAGE = Path("docs/reliability.md")
LAPTOP, BASIC = ("launch=laptop", "launch.jobs=2"), ("workers=2",)
SLURM = ("launch=slurm", "launch.slurm.memory=512")
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


def _sweeps(scratch: Path, options: argparse.Namespace) -> tuple[str, bool]:
    undisturbed = Trial(scratch / "reference", ("workers=1",))
    if undisturbed.run():
        raise SimError(f"the undisturbed sweep failed: {undisturbed.output}")
    reference = undisturbed.sums()
    kills, sound = _kills(scratch, reference, options.kills, options.seed)
    others, whole = _others(scratch, reference)
    return f"{kills}\n{others}", sound and whole


def _signals(scratch: Path, options: argparse.Namespace) -> tuple[str, bool]:
    rows, sound = commands.trials(scratch, options.commands, options.signals, options.seed)
    return table(["command (SIGKILL, SIGTERM, SIGINT)", *commands.COLUMNS], rows), sound


def _writes(scratch: Path, options: argparse.Namespace) -> tuple[str, bool]:
    rows, sound = commands.writes(scratch, options.commands, options.every)
    return table(["command, write", *commands.COLUMNS], rows), sound


def _changes(scratch: Path, options: argparse.Namespace) -> tuple[str, bool]:
    rows, sound = tampering.trials(scratch, options.changes, options.seed)
    return table(tampering.COLUMNS, rows), sound


PARTS = {"faults": _sweeps, "signals": _signals, "writes": _writes, "changes": _changes}
COUNTS = {"faults": ("kills",), "signals": ("signals",), "changes": ("changes",)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m experiments.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )  # fmt: skip
    parser.add_argument("--parts", default=",".join(PARTS), help="tables to renew, of these")
    parser.add_argument("--kills", type=int, default=60, help="kills of sweeps in total")
    parser.add_argument("--signals", type=int, default=500, help="signals to every command in total")
    parser.add_argument("--changes", type=int, default=300, help="changes of published files, at least")
    parser.add_argument("--every", type=int, default=1, help="writes: try one in so many, of long commands")
    parser.add_argument(
        "--commands",
        type=lambda words: words.split(","),
        default=list(commands.COMMANDS),
        help="for signals and writes",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the moments, the victims and the places")
    parser.add_argument("--page", type=Path, default=PAGE, help="page that the tables are written into")
    return parser


@command(_parser().format_help())
def main(arguments: Sequence[str]) -> int:
    """Run the command: 0 when nothing was lost or wrongly believed, else 1; 2 for a mistake."""
    options = _parser().parse_args(arguments)
    parts, sound = options.parts.split(","), True
    if unknown := sorted(set(parts) - set(PARTS)):
        raise SimError(f"there is no part {unknown[0]!r}; parts are {', '.join(PARTS)}.")
    if unknown := sorted(set(options.commands) - set(commands.COMMANDS)):
        raise SimError(f"no command {unknown[0]!r} is tried; those tried are {', '.join(commands.COMMANDS)}.")
    few = "" if options.commands == list(commands.COMMANDS) else f" --commands {','.join(options.commands)}"
    for part in parts:
        _put(options.page, part, None)
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
            tables, well = PARTS[part](Path(scratch), options)
        minutes = (time.perf_counter() - begun) / 60
        count = "".join(f" --{name} {getattr(options, name)}" for name in COUNTS.get(part, ()))
        count += few if part in ("signals", "writes") else ""
        count += f" --every {options.every}" if part == "writes" and options.every > 1 else ""
        made_by = f"python -m experiments.faults --parts {part}{count} --seed {options.seed}"
        _put(options.page, part, f"Made by `{made_by}` in {minutes:.0f} minutes.\n\n{tables}")
        sound &= well
    return 0 if sound else 1


def _put(page: Path, part: str, content: str | None) -> None:
    """Put a table between its marks on the page, as it is by now; nothing: see whether the marks are there."""
    first, last = f"<!-- {part} -->\n", f"<!-- end of {part} -->"
    with explain(page, "read"):
        text = (
            page.read_text("utf-8")
            if page.exists()
            else "".join(f"<!-- {name} -->\n<!-- end of {name} -->\n" for name in PARTS)
        )
    if first not in text or last not in text:
        raise SimError(f"{page} has not the marks {first.strip()} and {last}.")
    if content is not None:
        write_text(page, f"{text.partition(first)[0]}{first}{content}{last}{text.partition(last)[2]}")


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
            victims = {"a worker": workers, "a Slurm job": slurm_jobs}.get(what, sweeper)
            delay_s = rng.uniform(0, duration_s)
            outcomes.append(kill(trial, victims, rng, delay_s, reference, group="group" in what))
            print(f"{what}, {how}, after {delay_s:.1f} s: {_brief(outcomes[-1])}", flush=True)
            shutil.rmtree(trial.folder, ignore_errors=True)
        counts = [
            (item.struck, item.kept, item.lost, item.partial, item.believed, item.orphans, _whole(item))
            for item in outcomes
        ]
        rows.append(
            [what, how, str(len(outcomes)), *(str(sum(column)) for column in zip(*counts, strict=True))]
        )
        sound &= all(_sound(item) for item in outcomes)
    heading = [
        "killed (SIGKILL)", "launch", "trials", "at work then", "runs complete then", "of these lost or remade",
        "unfinished folders then", "wrongly believed", "processes left over", "whole and identical after restart",
    ]  # fmt: skip
    return table(heading, rows), sound


def _whole(item: Outcome) -> bool:
    return item.finished and item.identical


def _sound(item: Outcome) -> bool:
    return _whole(item) and not item.lost and not item.believed and not item.orphans


def _brief(item: Outcome) -> str:
    return (
        f"{'at work' if item.struck else 'ended'}, {item.kept} complete, {item.partial} unfinished, lost {item.lost}, "
        f"believed {item.believed}, left over {item.orphans}, restart {'whole' if item.finished else 'NOT WHOLE'}"
        f"{'' if item.identical else ' AND NOT IDENTICAL'} ({item.again})"
    )


def _others(scratch_folder: Path, reference: dict[str, str]) -> tuple[str, bool]:
    """Try the faults that are no kills, each once."""
    rows, sound = [], True
    for what, attempt in OTHERS:
        trial = attempt(scratch_folder)
        if isinstance(trial, str):
            rows.append([what, f"not tried: {trial}", "", ""])
            continue
        outcome = after(trial, reference)
        sound &= _sound(outcome)
        answer = f"{outcome.kept} of {RUNS}; {outcome.lost} lost, {outcome.believed} wrongly believed"
        lines = outcome.output.splitlines()
        said = " ".join([line for line in lines if line.startswith("error: ")] or lines[-1:])
        whole = "whole and identical" if _whole(outcome) else "NOT WHOLE"
        rows.append([what, said.replace(str(scratch_folder), "…"), answer, whole])
        print(f"{what}: {_brief(outcome)}", flush=True)
        if (disk := trial.folder.parent).is_mount():
            subprocess.run(["umount", "--lazy", str(disk)], check=False)  # noqa: S603, S607 -- our own mount
        shutil.rmtree(trial.folder, ignore_errors=True)
    return table(["fault", "what the command said", "complete then", "after restart"], rows), sound


def _on_a_disk(
    name: str, first: str, before: str, later: str, problem: str, scratch_folder: Path
) -> Trial | str:
    """Sweep into a disk of its own: options of mount at first, before the sweep and after it; or what prevents it."""
    disk = scratch_folder / name
    disk.mkdir()
    if os.geteuid() != 0 or shutil.which("mount") is None or not _mount(disk, first):
        return problem
    trial = Trial(disk / "sweep", (), log=scratch_folder / f"{name}.log")
    trial.folder.mkdir()
    _mount(disk, before)
    trial.run()
    _mount(disk, later)
    return trial


def _damaged(file: str, damage: Callable[[bytes], bytes], scratch_folder: Path) -> Trial:
    """Damage a file of the first run, and ask the collecting command what it thinks of the sweep."""
    trial = Trial(scratch_folder / f"damaged-{file}", ())
    trial.run()
    path = next(trial.folder.glob(f"*/{file}"))
    path.write_bytes(damage(path.read_bytes()))
    collect = [sys.executable, "-m", "sim", "collect", str(trial.folder)]
    asked = subprocess.run(collect, capture_output=True, text=True, check=False)  # noqa: S603 -- our own command
    trial.output = "error: " + asked.stderr.splitlines()[0]
    return trial


def _changed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


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


def _mount(disk: Path, options: str) -> bool:
    words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0  # noqa: S603 -- our own command


OTHERS: tuple[tuple[str, Callable[[Path], Trial | str]], ...] = (
    (
        "disk full (tmpfs of 1 MiB), then enlarged",
        partial(_on_a_disk, "full", "size=1m", "remount,size=1m", "remount,size=256m", "mounting a tmpfs needs root"),
    ),
    (
        "folder read-only, then writable",
        partial(_on_a_disk, "readonly", "size=256m", "remount,ro", "remount,rw",
                "root may write everywhere else, and mounting needs root"),
    ),
    ("a byte of incidents.parquet changed", partial(_damaged, "incidents.parquet", _changed)),
    ("dispatches.parquet cut short", partial(_damaged, "dispatches.parquet", _cut)),
    ("a job raises ZeroDivisionError, then mended", _raises),
    ("max_memory=120, then none", _memory),
)  # fmt: skip


def _slurm() -> bool:
    """Whether a Slurm node answers here."""
    if shutil.which("sinfo") is None:
        return False
    asked = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False)  # noqa: S607
    return any(asked.stdout.startswith(word) for word in ("idle", "mixed", "allocated"))
