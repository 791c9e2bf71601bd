"""Write a run into a temporary folder next to the final one, which it replaces in one rename."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sim.errors import DISK_FULL, SimError, explain, sentence
from sim.files import NewFolder
from sim.storage import files as run_files
from sim.storage.files import DISPATCHES, INCIDENTS, VALUES, refuse_foreign, sha256
from sim.storage.provenance import plain
from sim.storage.seal import SEAL, sealed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

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

    def __init__(self, folder: Path, *, table_schemas: Sequence[pa.Schema] = (), only_over: str = "") -> None:
        """`table_schemas`: of incidents and dispatches, where they are kept.

        `only_over`: the digest of the only configuration whose finished run may be replaced; empty for any.
        """
        self.folder = Path(folder)
        self._new = NewFolder(self.folder, partial(refuse_foreign, config_digest=only_over))
        self._schemas = dict(zip((INCIDENTS, DISPATCHES), table_schemas, strict=False)) | {
            VALUES: values_schema()
        }
        self._tables: dict[str, pq.ParquetWriter] = {}
        self._finished = False

    @property
    def path(self) -> Path:
        """The temporary folder; every file put there before `finish` becomes part of the run."""
        return self._new.path

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
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._new.open()
        for name, schema in self._schemas.items():
            # Names repeat, numbers hardly do: a dictionary of numbers takes longer and makes the file larger.
            repeated = [field.name for field in schema if field.type == pa.string()]
            self._tables[name] = pq.ParquetWriter(
                self.path / name,
                schema,
                compression="zstd",
                use_dictionary=repeated,
                write_page_checksum=True,
            )

    def add(self, values: pd.DataFrame, *kept: pa.Table) -> None:
        """Append one replication, as one row group in each file; ValueError for other columns or types.

        `kept` are the tables of incidents and dispatches, where the run has them.
        """
        import pyarrow as pa

        if list(values.columns) != list(VALUE_COLUMNS):
            raise ValueError(f"values has the columns {list(values.columns)}, not {list(VALUE_COLUMNS)}")
        value_table = pa.Table.from_pandas(values, schema=self._schemas[VALUES], preserve_index=False)
        tables = dict(zip(self._schemas, (*kept, value_table), strict=True))
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
            frame.to_csv(self.path / name, index=False, lineterminator="\n", encoding="utf-8")

    def finish(self, info: dict[str, Any], config_yaml: str, kpis: pd.DataFrame) -> None:
        """Complete the run and put it in the place of `folder`.

        `info` is what run.json shall say, `config_digest` among it for `is_complete`; status, format and
        files are added here. Numbers that JSON cannot hold (nan, inf) become null.
        """
        if taken := {"format", "status", "files", SEAL} & set(info):
            raise ValueError(f"info holds {sorted(taken)}, which finish() writes")
        facts = plain(info, strict=True, where="info")
        with explain(self.folder):
            for table in self._tables.values():
                table.close()
            self.write_csv(run_files.KPIS, kpis)
            (self.path / run_files.CONFIG).write_text(config_yaml, encoding="utf-8", newline="\n")
            files = {
                path.relative_to(self.path).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
                for path in self._new.files()
            }
            text = sealed({"format": run_files.FORMAT, "status": "complete", **facts, "files": files})
            (self.path / run_files.INFO).write_text(text, encoding="utf-8", newline="\n")
            self._new.publish()
        self._finished = True

    def _discard(self) -> None:
        """Remove what is left of the temporary folder: all of it, or nothing after `finish`."""
        for table in self._tables.values():
            with suppress(Exception):  # the footer of a file that goes away anyway
                table.close()
        self._new.discard()


def _check(name: str, table: pa.Table, schema: pa.Schema) -> None:
    if not table.schema.equals(schema):
        columns = {field.name: str(field.type) for field in table.schema}
        expected = {field.name: str(field.type) for field in schema}
        raise ValueError(f"the table for {name} has the columns {columns}, not {expected}")
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
