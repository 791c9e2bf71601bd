"""The provenance of a result: a digest of its inputs, the versions and the commit of the code."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
from functools import cache, lru_cache
from importlib import metadata
from math import isfinite
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np

from sim import compiled, loaded
from sim.errors import SimError
from sim.files import read_regular

CORE = ("simpy", "numpy", "scipy", "pandas", "pyarrow", "matplotlib", "hydra-core", "omegaconf", "rich")
COMPUTING = ("simpy", "numpy", "scipy", "pandas", "pyarrow")
MOST_BYTES = 512 * 2**20  # of a table
SETTLED_NS = 2_000_000_000  # a file as old as that has other times after a change, whatever the clock's ticks
CODE = ("sim", "experiments", "configs")  # folders of a checkout that can change a result


def digest(obj: object) -> str:
    """First 16 hex digits of the SHA-256 of `obj` as canonical JSON; TypeError for anything JSON cannot hold.

    Nested dicts, lists, tuples, numbers, strings, booleans and None. The order of keys is without effect;
    1 and 1.0 differ, as an integer and a float do in the configuration.
    """
    text = json.dumps(plain(obj), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plain(value: object, *, strict: bool = False, where: str = "value") -> Any:
    """`value` with only what JSON knows: numpy scalars and tuples unwrapped, number keys as text.

    With `strict`, a float that JSON cannot hold (nan, inf) becomes None.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return None if strict and not isfinite(number) else number
    if isinstance(value, list | tuple):
        return [plain(item, strict=strict, where=f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict):
        return {_key(k, where): plain(v, strict=strict, where=f"{where}.{k}") for k, v in value.items()}
    raise TypeError(
        f"{where} is a {type(value).__name__}; allowed are dict, list, number, str, bool and None"
    )


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return str(key)
    if isinstance(key, Integral) and not isinstance(key, bool):
        return str(int(key))
    raise TypeError(f"{where} has the key {key!r}; a key is a string or a whole number")


@cache
def code_digest() -> str:
    """Digest of everything in this program that the tables of a run depend on.

    The files of the model and of what is made of its records, the shipped tables, and the libraries that
    compute. It changes with any edit there, comments too: a run made again costs less than a wrong one kept.
    SimError when a file was edited since this process began: it may have read the old one.
    """
    content = {name: _sha256(file) for name, file in loaded.files().items()}
    if name := loaded.edited():
        raise SimError(
            f"sim/{name} was changed since the program began, and a result must name the code that made it: "
            "start again (in a notebook: restart the kernel)."
        )
    return digest(
        [content, {name: _version(name) for name in COMPUTING}, platform.python_version_tuple()[:2]]
    )


def tables_digest(folder: Path) -> str:
    """Digest of the tables (CSV) in a folder, such as those of a region, or of one; SimError if it cannot be read."""
    try:
        files = sorted(folder.glob("*.csv")) if folder.is_dir() else [folder] * os.path.lexists(folder)
        tables = [(file, file.stat()) for file in files]
        return _tables_digest(tuple((file, stat.st_size, stat.st_mtime_ns) for file, stat in tables))
    except OSError as error:
        raise SimError(f"the tables in {folder} cannot be read: {error.strerror or error}.") from error


@cache
def _tables_digest(tables: tuple[tuple[Path, int, int], ...]) -> str:
    return digest({file.name: _sha256(file) for file, _, _ in tables})


def forget() -> None:
    """Have code and tables read again the next time a digest of them is asked for."""
    code_digest.cache_clear()
    _tables_digest.cache_clear()


def _sha256(file: Path) -> str:
    """Return the digest of a file, of one that has not been touched since it was read from memory."""
    status = file.stat()
    if time.time_ns() - max(status.st_mtime_ns, status.st_ctime_ns) < SETTLED_NS:
        return hashlib.sha256(read_regular(file, MOST_BYTES)).hexdigest()
    return _sha256_of(file, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


@lru_cache(maxsize=4096)
def _sha256_of(file: Path, *_: int) -> str:
    return hashlib.sha256(read_regular(file, MOST_BYTES)).hexdigest()


def provenance() -> dict[str, Any]:
    """Versions of Python and the core libraries, platform, and the commit of the source tree; never raises.

    `git_commit` and `git_dirty` (uncommitted changes in the code or the configurations) are None when the
    code does not run from a git checkout.
    """
    commit, dirty = _git(Path(__file__).resolve().parents[2])
    return {
        "version": _version("fire-response-sim"),
        "event_model": compiled.status(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in CORE},
        "git_commit": commit,
        "git_dirty": dirty,
    }


@cache
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except Exception:  # a damaged installation must not cost a finished run
        return None


def _git(root: Path) -> tuple[str | None, bool | None]:
    """Return the commit and whether the code differs from it, or two Nones where `root` is not a checkout."""
    git = shutil.which("git")
    # A site-packages folder can lie inside somebody else's checkout: only one whose top is `root` is ours.
    if git is None or not (root / ".git").exists():
        return None, None
    # GIT_DIR and its kin are set inside a git hook and would point at another repository.
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env["GIT_OPTIONAL_LOCKS"] = "0"  # asking for the status must not disturb another git command

    def ask(*words: str) -> str:
        command = [git, "-C", str(root), *words]
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=10, check=True)  # noqa: S603 - fixed words
        return done.stdout.strip()

    try:
        return ask("rev-parse", "HEAD"), bool(ask("status", "--porcelain", "--", *CODE))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None, None
