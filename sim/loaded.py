"""The files of the program as they were when it was loaded: a result must not be told to be of files edited since."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
SUFFIXES = (".py", ".csv", ".so", ".pyd")  # compiled modules, too: nothing else ties them to their source
SHOWING = ("plots", "reports", "sweeps", "studies", "cli", "__main__.py")  # rooms that change no table


def files() -> dict[str, Path]:
    """Return every file of the program that can change a table, code and data, by its name in the package."""
    paths = (path for path in PACKAGE.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    found = {path.relative_to(PACKAGE): path for path in paths}
    return {name.as_posix(): path for name, path in sorted(found.items()) if name.parts[0] not in SHOWING}


def edited() -> str:
    """Return the name of a code file that was edited, added or removed since the program began; empty where none was."""
    now = _stats()
    return next((name for name in sorted({*now, *_BEGAN}) if now.get(name) != _BEGAN.get(name)), "")


def _stats() -> dict[str, tuple[int, int]]:
    # Code only: tables are read by each run.
    code = {name: path.stat() for name, path in files().items() if path.suffix != ".csv"}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in code.items()}


_BEGAN = _stats()
