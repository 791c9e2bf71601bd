"""The files of a run: their names, their checksums, and whether a folder holds them all."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from sim.errors import SimError, sentence

INFO = "run.json"
FORMAT = "fire-response-sim run 1"  # changes when an older reader could not read the folder
CONFIG = "config.yaml"
INCIDENTS = "incidents.parquet"
DISPATCHES = "dispatches.parquet"
VALUES = "kpi_values.parquet"
KPIS = "kpis.csv"
REQUIRED = (CONFIG, INCIDENTS, DISPATCHES, VALUES, KPIS)
# a folder with only these is a run, or was
USUAL = frozenset({INFO, *REQUIRED, "in_force.csv", "targets.csv", "figures"})


def sha256(path: Path) -> str:
    """SHA-256 of a file as hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_info(folder: Path) -> dict[str, Any]:
    """Return what run.json says, or raise SimError when `folder` is not a complete run of this program."""
    path = folder / INFO
    try:
        info = json.loads(path.read_bytes())
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
    except ValueError as error:
        raise SimError(f"{path} is damaged ({error}); run it again") from error
    if not isinstance(info, dict) or not str(info.get("format", "")).startswith("fire-response-sim run"):
        raise SimError(f"{path} was not written by this program; name the folder of a run")
    if info["format"] != FORMAT:
        raise SimError(
            f"{path} has the format {info['format']!r}, this version reads {FORMAT!r}; run it again"
        )
    if info.get("status") != "complete":
        raise SimError(f"{path} has the status {info.get('status')!r}, not 'complete'; run it again")
    files = info.get("files")
    if not isinstance(files, dict) or not all(name in files for name in REQUIRED):
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


def refuse_foreign(folder: Path) -> None:
    """Raise SimError when a run must not take the place of `folder` because it holds something else."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise SimError(f"cannot write {folder}: it is a file; move it away or choose a folder with out=...")
    names = sorted(p.name for p in folder.iterdir())
    try:
        is_run = set(names) <= USUAL or bool(read_info(folder))
    except SimError:
        is_run = False
    if not is_run:
        first = next(name for name in names if name not in USUAL)
        raise SimError(f"{folder} is not a run (it holds {first}) and is left alone; choose another out=...")
