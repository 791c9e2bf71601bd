"""Writing a run: into a temporary folder beside the final one, which takes its place in one rename.

Beside a run `name` there may stand, while somebody works on it:

    .name.partial-<pid>-<random>   being written; its `.owner` file is locked as long as the writer lives
    .name.old-<pid>-<random>       the run that stood there before, between the two renames of the exchange
    .name.swap                     the lock on these two renames and on clearing up
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sim.errors import SimError
from sim.storage.files import (
    CONFIG,
    DISK_FULL,
    DISPATCHES,
    FORMAT,
    INCIDENTS,
    INFO,
    KPIS,
    VALUES,
    explain,
    files_below,
    refuse_foreign,
    sentence,
    sha256,
    sync,
)
from sim.storage.locks import FileLock, is_held
from sim.storage.provenance import plain

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

OWNER = ".owner"
SWAP_WAIT_S = 60.0  # an exchange is two renames and the removal of an old run
VALUE_COLUMNS = {
    "replication": ("1", "number of the replication, from 0"),
    "kpi": ("", "name of the indicator"),
    "by": ("", "what the incidents are split by"),
    "group": ("", "the part of them that the value is for"),
    "unit": ("", "unit of the value"),
    "value": ("see unit", "value of the indicator in this replication; empty: not defined"),
}


class RunWriter:
    """Writes one run to `folder`, which holds the complete run after `finish` and is untouched before.

    Leaving the `with` by an exception (KeyboardInterrupt too) removes what was written. SimError when the
    disk is full, the folder cannot be written, or it holds something that is not a run.
    """

    def __init__(self, folder: Path, *, incident_schema: pa.Schema, dispatch_schema: pa.Schema) -> None:
        self.folder = Path(folder)
        self._target = self.folder.resolve()
        self._schemas = {INCIDENTS: incident_schema, DISPATCHES: dispatch_schema, VALUES: values_schema()}
        self._tables: dict[str, pq.ParquetWriter] = {}
        token = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._partial = self._target.with_name(f".{self._target.name}.partial-{token}")
        self._owner = FileLock(self._partial / OWNER)
        self._finished = False

    @property
    def path(self) -> Path:
        """The temporary folder; every file put there before `finish` becomes part of the run."""
        return self._partial

    def __enter__(self) -> Self:
        try:
            with explain(self.folder):
                self._open()
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()
        if isinstance(error, OSError) and error.errno in DISK_FULL:  # a figure, say, saved to `path`
            raise SimError(sentence(error, self.folder)) from error
        if error is None and not self._finished:
            raise RuntimeError(f"the run {self.folder} was left without finish(), nothing is kept of it")

    def _open(self) -> None:
        import pyarrow.parquet as pq

        self._target.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(self._target):
            recover(self._target)
            refuse_foreign(self._target)  # now, not after hours of simulation
            self._partial.mkdir()
            # Nobody else takes this lock, but who lists runs tries it for an instant.
            if not self._owner.acquire(SWAP_WAIT_S):
                raise SimError(f"cannot lock {self._owner.path}: {self._owner.holder()} holds it")
        for name, schema in self._schemas.items():
            self._tables[name] = pq.ParquetWriter(
                self._partial / name, schema, compression="zstd", write_page_checksum=True
            )

    def add(self, incidents: pa.Table, dispatches: pa.Table, values: pd.DataFrame) -> None:
        """Append one replication, as one row group in each file; ValueError for other columns or types."""
        import pyarrow as pa

        if list(values.columns) != list(VALUE_COLUMNS):
            raise ValueError(f"values has the columns {list(values.columns)}, not {list(VALUE_COLUMNS)}")
        value_table = pa.Table.from_pandas(values, schema=self._schemas[VALUES], preserve_index=False)
        tables = {INCIDENTS: incidents, DISPATCHES: dispatches, VALUES: value_table}
        for name, table in tables.items():  # all before the first is written: a replication goes in whole
            _check(name, table, self._schemas[name])
        with explain(self.folder):
            for name, table in tables.items():
                # One chunk: how a table was put together must not show in the bytes.
                rows = max(1, table.num_rows)
                self._tables[name].write_table(table.combine_chunks(), row_group_size=rows)

    def write_csv(self, name: str, frame: pd.DataFrame) -> None:
        """Write a table of the run, such as `in_force.csv`, without the frame's index."""
        if Path(name).name != name or not name.endswith(".csv"):
            raise ValueError(f"{name!r} is not the plain name of a .csv file")
        with explain(self.folder):
            frame.to_csv(self._partial / name, index=False, lineterminator="\n", encoding="utf-8")

    def finish(self, info: dict[str, Any], config_yaml: str, kpis: pd.DataFrame) -> None:
        """Complete the run and put it in the place of `folder`.

        `info` is what run.json shall say, `config_digest` among it for `is_complete`; status, format and
        files are added here. Numbers that JSON cannot hold (nan, inf) become null.
        """
        if taken := {"format", "status", "files"} & set(info):
            raise ValueError(f"info holds {sorted(taken)}, which finish() writes")
        facts = plain(info, strict=True, where="info")
        with explain(self.folder):
            for table in self._tables.values():
                table.close()
            self.write_csv(KPIS, kpis)
            (self._partial / CONFIG).write_text(config_yaml, encoding="utf-8", newline="\n")
            paths = [path for path in files_below(self._partial) if path.name != OWNER]
            files = {
                path.relative_to(self._partial).as_posix(): {
                    "bytes": path.stat().st_size,
                    "sha256": sha256(path),
                }
                for path in paths
            }
            for path in (*paths, *(p for p in self._partial.rglob("*") if p.is_dir())):
                sync(path)
            text = json.dumps(
                {"format": FORMAT, "status": "complete", **facts, "files": files},
                indent=2,
                ensure_ascii=False,
            )
            (self._partial / INFO).write_text(text + "\n", encoding="utf-8", newline="\n")
            sync(self._partial / INFO)
            with exclusive(self._target):
                refuse_foreign(self._target)
                self._owner.release()
                sync(self._partial)
                swap_in(self._partial, self._target)
        self._finished = True

    def _discard(self) -> None:
        """Remove what is left of the temporary folder: all of it, or nothing after `finish`."""
        for table in self._tables.values():
            with suppress(Exception):  # the footer of a file that goes away anyway
                table.close()
        shutil.rmtree(self._partial, ignore_errors=True)
        self._owner.release()


def _check(name: str, table: pa.Table, schema: pa.Schema) -> None:
    if not table.schema.equals(schema):
        found = {field.name: str(field.type) for field in table.schema}
        wanted = {field.name: str(field.type) for field in schema}
        raise ValueError(f"the table for {name} has the columns {found}, not {wanted}")
    for field in schema:
        if not field.nullable and table[field.name].null_count:
            raise ValueError(f"the column {field.name} for {name} has empty values")


def values_schema() -> pa.Schema:
    """Columns of kpi_values.parquet, with unit and meaning in the metadata of each."""
    import pyarrow as pa

    types = {"replication": pa.int32(), "value": pa.float64()}
    text = pa.dictionary(pa.int32(), pa.string())
    return pa.schema(
        pa.field(name, types.get(name, text), name == "value", {"unit": unit, "meaning": meaning})
        for name, (unit, meaning) in VALUE_COLUMNS.items()
    )


@contextmanager
def exclusive(target: Path) -> Iterator[None]:
    """Be the only process that exchanges or clears up what stands at and beside `target`."""
    lock = FileLock(target.with_name(f".{target.name}.swap"))
    if not lock.acquire(SWAP_WAIT_S):
        raise SimError(f"{target} is being exchanged by {lock.holder()}; stop that process or wait for it")
    try:
        yield
    finally:
        lock.release()


def swap_in(new: Path, target: Path) -> None:
    """Put the complete folder `new` in the place of `target`; an old run steps aside and is then removed."""
    old = target.with_name(new.name.replace(".partial-", ".old-"))
    try:
        if target.exists():
            target.replace(old)
        new.replace(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.replace(target)
        raise
    sync(target.parent)
    _remove_old(old)


def leftovers(target: Path, kind: str) -> list[Path]:
    """Return the folders of `kind` (partial, old) beside `target`, the youngest first."""
    pattern = re.compile(rf"\.{re.escape(target.name)}\.{kind}-\d+-[0-9a-f]{{8}}")
    found = (
        [p for p in target.parent.iterdir() if pattern.fullmatch(p.name)] if target.parent.is_dir() else []
    )
    return sorted(found, key=lambda p: p.stat().st_mtime_ns, reverse=True)


def recover(target: Path) -> None:
    """Clear up after writers of `target` that were killed; call it inside `exclusive(target)`.

    An old run comes back when its successor never took its place. Temporary folders of living writers stay.
    """
    for old in leftovers(target, "old"):
        if (old / INFO).exists() and not target.exists():
            old.replace(target)
        else:
            _remove_old(old)
    for partial in leftovers(target, "partial"):
        if not is_held(partial / OWNER):
            shutil.rmtree(partial, ignore_errors=True)


def put_back(target: Path) -> None:
    """Bring an old run back before `target` is read, when its exchange was cut off and `target` is absent."""
    target = target.resolve()
    if not target.exists() and leftovers(target, "old"):
        with suppress(OSError), exclusive(target):  # on a read-only disk the reader says what is missing
            recover(target)


def _remove_old(old: Path) -> None:
    # Without its run.json first, so that half a run is never taken for one that must come back.
    with suppress(OSError):
        (old / INFO).unlink()
    shutil.rmtree(old, ignore_errors=True)
