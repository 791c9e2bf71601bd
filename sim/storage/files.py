"""The files of a run: their names, their checksums, and whether a folder holds them all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from sim.errors import SimError, sentence
from sim.files import open_regular
from sim.storage.seal import SEAL, unsealed

INFO = "run.json"
FORMAT = (
    "fire-response-sim run 2"  # changes when one reader cannot trust what another version wrote: 2 is sealed
)
CONFIG = "config.yaml"
INCIDENTS = "incidents.parquet"
DISPATCHES = "dispatches.parquet"
VALUES = "kpi_values.parquet"
KPIS = "kpis.csv"
REQUIRED = (CONFIG, INCIDENTS, DISPATCHES, VALUES, KPIS)
TABLES = {"tables": (INCIDENTS, DISPATCHES), "kpis": ()}  # what a run keeps: the tables that it has
IN_FORCE, TARGETS = "in_force.csv", "targets.csv"
FIGURES = "figures"
USUAL = frozenset({INFO, *REQUIRED, IN_FORCE, TARGETS})
LITTER = (".DS_Store", "figures/.DS_Store", "Thumbs.db", "figures/Thumbs.db")  # of systems that show folders


def sha256(path: Path) -> str:
    """SHA-256 of a file as hex digits."""
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_info(folder: Path) -> dict[str, Any]:
    """Return what run.json says, or raise SimError when `folder` is not a complete run of this program."""
    path = folder / INFO
    try:
        info = unsealed(path, "run it again")
    except FileNotFoundError:
        if not folder.exists():
            raise SimError(f"{folder} does not exist; run it first or name another folder") from None
        kind = (
            "is an incomplete run" if any((folder / name).exists() for name in REQUIRED) else "is not a run"
        )
        raise SimError(f"{folder} {kind}: {INFO} is missing; run it again or name another folder") from None
    except NotADirectoryError:
        raise SimError(f"{folder} is not a folder; name the folder of a run") from None
    except OSError as error:
        raise SimError(sentence(error, path, "read")) from error
    if not isinstance(info, dict) or not str(info.get("format", "")).startswith("fire-response-sim run"):
        raise SimError(f"{path} was not written by this program; name the folder of a run")
    if info["format"] != FORMAT:
        raise SimError(
            f"{path} has the format {info['format']!r}, this version reads {FORMAT!r}; run it again"
        )
    if SEAL not in info:
        raise SimError(f"{path} has no seal: it was changed after it was written; run it again")
    if info.get("status") != "complete":
        raise SimError(f"{path} has the status {info.get('status')!r}, not 'complete'; run it again")
    files = info.get("files")
    left_out = {INCIDENTS, DISPATCHES} - {*TABLES.get(info.get("keep", "tables"), ())}
    if not isinstance(files, dict) or not {*REQUIRED} - left_out <= {*files}:
        raise SimError(f"{path} does not list every table of a run under 'files'; run it again")
    return info


def check_sum(folder: Path, name: str, info: dict[str, Any]) -> None:
    """Raise SimError when a file of a run is not, byte for byte, the one that run.json tells of."""
    if sha256(folder / name) != info["files"][name]["sha256"]:
        raise SimError(f"{folder / name} has another checksum than {INFO} says: it was changed; run it again")


def check_files(folder: Path, info: dict[str, Any], *, checksums: bool = False) -> None:
    """Raise SimError for the first file of run.json that is missing or has another size (or checksum)."""
    for name, expected in info["files"].items():
        path = folder / name
        try:
            size = path.stat().st_size
            if size != expected["bytes"]:
                wrong = f"has {size} bytes where {INFO} says {expected['bytes']}"
                raise SimError(f"{path} {wrong}: it is truncated or was changed; run it again")
            if checksums:
                check_sum(folder, name, info)
        except (FileNotFoundError, NotADirectoryError):
            raise SimError(f"{path} is missing; run it again") from None
        except OSError as error:
            raise SimError(sentence(error, path, "read")) from error
        except (KeyError, TypeError) as error:
            raise SimError(f"{folder / INFO} has no size and checksum for {name}; run it again") from error


def refuse_foreign(folder: Path, config_digest: str = "") -> None:
    """Raise SimError when a run must not take the place of `folder`, since that would cost somebody a file.

    Only what this program wrote may go: the files that run.json lists, or without a readable one those that a run
    has. With a `config_digest` a finished run of another configuration stays, too.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise SimError(f"cannot write {folder}: it is a file; move it away or choose a folder with out=...")
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    try:
        info = read_info(folder)
    except SimError:
        info = {}
    listed = {INFO, *info.get("files", ()), *LITTER}
    is_run = bool(info) or any(name in found for name in (INFO, INCIDENTS, DISPATCHES, VALUES))
    for name, path in found.items():
        own = name in listed or (not info and is_run and _usual(name))
        if own and not path.is_symlink():
            continue
        if path.is_dir() and not path.is_symlink() and name == FIGURES and (is_run or found.keys() == {name}):
            continue
        what = "a run but" if info else "not a run:"
        raise SimError(
            f"{folder} is {what} it holds {name}, which this program did not write there, and is left alone; "
            "move that file away or choose another out=..."
        )
    if config_digest and info and info.get("config_digest") != config_digest:
        raise SimError(
            f"{folder} holds a finished run of another configuration (scenario {info.get('scenario')}); "
            "overwrite=true replaces it, or choose another name=... or out=..."
        )


def _usual(name: str) -> bool:
    """Whether a run has a file of this name."""
    folder, _, file = name.rpartition("/")
    return name in USUAL if not folder else folder == FIGURES and file.endswith((".png", ".svg"))
