"""Record the program's files at its start, so that no result is attributed to files that were edited later."""

from __future__ import annotations

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
# Compiled modules, too: nothing else ties them to their source.
SUFFIXES = (".py", ".csv", ".yaml", ".so", ".pyd")
SHOWING = ("plots", "reports", "sweeps", "studies", "cli", "__main__.py")  # rooms that change no table


def files() -> dict[str, Path]:
    """Return every file of the program that can change a table, code and data, by its name in the package."""
    found = {}
    for folder, inside, names in os.walk(PACKAGE):
        room = os.path.relpath(folder, PACKAGE).replace(os.sep, "/")
        inside[:] = [
            name for name in inside if name != "__pycache__" and (room != "." or name not in SHOWING)
        ]
        for name in names:
            if name.endswith(SUFFIXES) and (room != "." or name not in SHOWING):
                path = Path(folder, name)
                if path.is_file():  # and no link to nowhere
                    found[name if room == "." else f"{room}/{name}"] = path
    return dict(sorted(found.items()))


def edited() -> str:
    """Return the name of a code file that was edited, added or removed since the program began; empty where none was."""
    now = _stats()
    return next((name for name in sorted({*now, *_BEGAN}) if now.get(name) != _BEGAN.get(name)), "")


def _stats() -> dict[str, tuple[int, int]]:
    # Code only: tables are read by each run.
    code = {name: path.stat() for name, path in files().items() if path.suffix not in (".csv", ".yaml")}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in code.items()}


_BEGAN = _stats()
