"""Compile the event model with mypyc, from the same source: python compile_model.py, or make compiled.

The extension modules go into sim/_compiled and are used as long as they fit the source (sim/compiled.py). Without a C
compiler, mypy or setuptools nothing changes: the program runs in pure Python, with the same results, more slowly.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from sim import compiled

ROOT = Path(__file__).resolve().parent
COMPILED = (  # files below sim/: what runs once an incident or more often
    "simulation/records.py", "simulation/story.py", "simulation/fireground.py", "simulation/incident.py",
    "simulation/model.py", "simulation/dispatch/dispatcher.py", "simulation/dispatch/first_responders.py",
    "simulation/dispatch/fleet.py", "simulation/dispatch/orders.py", "simulation/dispatch/pending_needs.py",
    "simulation/dispatch/release.py", "simulation/dispatch/returning_units.py", "simulation/prepare/batch.py",
    "world/travel/law.py", "demand/durations.py",
)  # fmt: skip


def sources() -> list[Path]:
    """Return the files that are compiled."""
    return [ROOT / "sim" / name for name in COMPILED]


def compiler() -> str | None:
    """Return the C compiler that Python's own extensions are made with, None where there is none."""
    return shutil.which((os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0])


def compile_all() -> str:
    """Compile what has changed into sim/_compiled, and return in a sentence what was done."""
    if os.environ.get("SIM_COMPILED") == "0":
        return "not compiled: SIM_COMPILED=0"
    files = sources()
    meant = {file.relative_to(ROOT / "sim").as_posix(): compiled.digest(file) for file in files}
    folder = compiled.FOLDER
    with contextlib.suppress(OSError, ValueError, KeyError):
        if (
            json.loads((folder / compiled.MANIFEST).read_text(encoding="utf-8"))["sources"] == meant
            and not compiled.unfit()
        ):
            return "compiled already"
    if compiler() is None:
        return "not compiled: there is no C compiler; the program runs in pure Python"
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        # A process of its own: the compiler's own changes to this one (setuptools, mypy's caches) end with it.
        done = subprocess.run(  # noqa: S603 -- this very file
            [sys.executable, __file__, "--into", scratch, *map(str, files)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            return f"not compiled, the program runs in pure Python: {(done.stderr or done.stdout).strip()[-2000:]}"
        folder.mkdir()
        for file in Path(scratch, "lib").rglob(f"*{compiled.SUFFIX}"):
            name = ".".join(file.relative_to(Path(scratch, "lib")).parts)
            shutil.copy2(file, folder / name)
    text = json.dumps({"suffix": compiled.SUFFIX, "sources": meant}, indent=1)
    (folder / compiled.MANIFEST).write_text(text + "\n", encoding="utf-8")
    return f"compiled {len(files)} modules"


def build(scratch: Path, files: list[str]) -> None:
    """Compile the files: extension modules below `scratch`/lib."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    extensions = mypycify(
        ["--config-file=pyproject.toml", "--cache-dir=/dev/null" if os.name == "posix" else "--no-incremental", *files],
        opt_level="2", debug_level="0", group_name="sim", target_dir=str(scratch / "c"),
    )  # fmt: skip
    for (
        extension
    ) in extensions:  # as Python does: a product that is not rounded before a sum moves the last bit
        extension.extra_compile_args.append("-ffp-contract=off")
    command = build_ext(Distribution({"name": "sim", "ext_modules": extensions}))
    command.build_lib, command.build_temp = str(scratch / "lib"), str(scratch / "tmp")
    command.parallel = os.cpu_count() or 1
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--into"]:
        build(Path(sys.argv[2]), sys.argv[3:])
    else:
        sys.stdout.write(compile_all() + "\n")
