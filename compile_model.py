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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sim import compiled

ROOT = Path(__file__).resolve().parent
COMPILED = (  # files below sim/: what runs once an incident or more often
    "simulation/records.py", "simulation/story.py", "simulation/fireground.py", "simulation/incident.py",
    "simulation/scene_work.py", "simulation/model.py", "simulation/dispatch/dispatcher.py",
    "simulation/dispatch/first_responders.py", "simulation/dispatch/outside.py",
    "simulation/dispatch/nearest_help.py", "simulation/dispatch/fleet.py", "simulation/dispatch/orders.py",
    "simulation/prepare/luck.py", "simulation/dispatch/move_ups.py", "simulation/dispatch/move_up/nearest.py",
    "simulation/dispatch/move_up/policy.py",
    "simulation/dispatch/pending_needs.py", "simulation/dispatch/release.py",
    "simulation/dispatch/returning_units.py", "simulation/prepare/batch.py", "world/travel/law.py",
    "demand/durations.py", "demand/seats.py",
)  # fmt: skip
# Their types and constants are compiled in: an edit here counts like one of a compiled file.
FOLLOWED = (
    "calendar.py",
    "config",
    "demand",
    "errors.py",
    "garbage_collection.py",
    "libm.py",
    "service.py",
    "simulation",
    "terms.py",
    "world",
)
# `make lint` checks the types. Here those of other packages are left out: where the program is built none is installed.
MYPY = "[mypy]\nignore_errors = True\nignore_missing_imports = True\nno_site_packages = True\n"


def compiler() -> str | None:
    """Return the C compiler that Python's own extensions are made with, None where there is none."""
    return shutil.which((os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0])


def usable() -> bool:
    """Tell whether there are compiled modules of the sources as they are, and they are wanted."""
    return os.environ.get("SIM_COMPILED") != "0" and not compiled.unfit()


def compile_all() -> str:
    """Compile what has changed into sim/_compiled, and return in a sentence what was done."""
    if os.environ.get("SIM_COMPILED") == "0":
        return "not compiled: SIM_COMPILED=0"
    # This file counts too: it says how the others are compiled.
    made_by = compiled.digest(Path(__file__))
    folder, manifest = compiled.FOLDER, compiled.FOLDER / compiled.MANIFEST
    with contextlib.suppress(OSError, ValueError, KeyError):
        if usable() and json.loads(manifest.read_text(encoding="utf-8"))["made_by"] == made_by:
            return "compiled already"
    if compiler() is None:
        return "not compiled: there is no C compiler; the program runs in pure Python"
    sources = [ROOT / "sim" / name for name in COMPILED]
    followed = [
        file for name in FOLLOWED for file in (ROOT / "sim" / name, *(ROOT / "sim" / name).rglob("*.py"))
    ]
    digests = {
        file.relative_to(ROOT / "sim").as_posix(): compiled.digest(file)
        for file in followed
        if file.is_file()
    }
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        # A process of its own: the compiler's own changes to this one (setuptools, mypy's caches) end with it.
        done = subprocess.run(  # noqa: S603 -- this very file
            [sys.executable, __file__, "--into", scratch, *map(str, sources)],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            return f"not compiled, the program runs in pure Python: {(done.stderr or done.stdout).strip()[-2000:]}"
        folder.mkdir()
        for file in Path(scratch, "lib").rglob(f"*{compiled.SUFFIX}"):
            name = ".".join(file.relative_to(Path(scratch, "lib")).parts)
            shutil.copy2(file, folder / name)
    modules = {file.name: compiled.digest(file) for file in sorted(folder.iterdir())}
    made = {"suffix": compiled.SUFFIX, "made_by": made_by, "sources": digests, "modules": modules}
    manifest.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return f"compiled {len(sources)} modules"


def build(scratch: Path, files: list[str]) -> None:
    """Compile the files: extension modules below `scratch`/lib."""
    from mypyc.build import mypycify
    from setuptools import Distribution
    from setuptools.command.build_ext import build_ext

    class InParallel(build_ext):
        def build_extensions(self) -> None:
            one_by_one = self.compiler.compile

            def compile_sources(files: list[str], **options: Any) -> list[str]:
                with ThreadPoolExecutor(os.cpu_count()) as pool:
                    made = pool.map(lambda file: one_by_one([file], **options), files)
                    return [name for names in made for name in names]

            self.compiler.compile = compile_sources
            super().build_extensions()

    config = scratch / "mypy.ini"
    config.write_text(MYPY, encoding="utf-8")
    extensions = mypycify(
        [f"--config-file={config}", f"--cache-dir={os.devnull}", *files],
        opt_level="2", debug_level="0", group_name="sim", target_dir=str(scratch / "c"), multi_file=True,
    )  # fmt: skip
    for extension in extensions:
        # As Python does: a product that is not rounded before a sum moves the last bit.
        extension.extra_compile_args.append("-ffp-contract=off")
    command = InParallel(Distribution({"name": "sim", "ext_modules": extensions}))
    command.build_lib, command.build_temp = str(scratch / "lib"), str(scratch / "tmp")
    command.ensure_finalized()
    command.run()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--into"]:
        build(Path(sys.argv[2]), sys.argv[3:])
    else:
        sys.stdout.write(compile_all() + "\n")
