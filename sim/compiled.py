"""The compiled event model: machine code made by mypyc from the same source, used only where it fits that source.

The folder `_compiled` holds extension modules and `manifest.json`, which names the digest of each of them, and of every
source file that they depend on. Python never finds this folder by itself: `activate` puts a finder in front of the
import system. So an edit of such a file is never ignored: the manifest no longer fits, and the program runs in pure
Python.
`SIM_COMPILED=0` forces pure Python. Results are the same bytes either way.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

PACKAGE = Path(__file__).resolve().parent
FOLDER = PACKAGE / "_compiled"
MANIFEST = "manifest.json"
SUFFIX = EXTENSION_SUFFIXES[0]  # names interpreter and platform

_status = ["pure Python"]  # how it runs, set once


def status() -> str:
    """Return how the event model runs: `compiled`, or `pure Python` with the reason."""
    return _status[-1]


def digest(file: Path) -> str:
    """Return the SHA-256 of a source file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def unfit(folder: Path = FOLDER, package: Path = PACKAGE) -> str:
    """Return why compiled modules cannot be used, empty where they can."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sources, suffix = dict(manifest["sources"]), manifest["suffix"]
        modules = dict(manifest["modules"])
    except (OSError, ValueError, KeyError, TypeError):
        return "not compiled"
    if suffix != SUFFIX:
        return f"compiled for another Python ({suffix})"
    for name, expected in sources.items():
        file = package / name
        if not file.is_file() or digest(file) != expected:
            return f"sim/{name} has changed since it was compiled; make compiled compiles it again"
    for name, expected in modules.items():
        file = folder / name
        if not file.is_file() or digest(file) != expected:
            return f"sim/{folder.name}/{name} is not as it was compiled; make compiled compiles it again"
    return ""


class _Finder:
    """Finds the extension modules of the folder by their full names."""

    def __init__(self, folder: Path) -> None:
        self.files = {file.name.removesuffix(SUFFIX): file for file in folder.glob(f"*{SUFFIX}")}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a compiled module, None for any other."""
        if name not in self.files:
            return None
        file = self.files[name]
        return spec_from_file_location(name, file, loader=ExtensionFileLoader(name, str(file)))


def activate() -> None:
    """Let the import system find the compiled modules, if they fit. Called once, before the first import of the model."""
    if os.environ.get("SIM_COMPILED") == "0":
        _status.append("pure Python (SIM_COMPILED=0)")
    elif reason := unfit():
        _status.append(f"pure Python ({reason})")
    else:
        sys.meta_path.insert(0, _Finder(FOLDER))
        _status.append("compiled")
