"""Reading a comma-separated table whose every cell is checked, with errors that name file, line and column."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import SimError

Parser = Callable[[str], Any]


@dataclass(frozen=True)
class Row:
    """One line of a table: its checked values and where it stands."""

    file: Path
    line: int
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        """Return the value in `column`."""
        return self.values[column]

    def error(self, column: str, found: str) -> SimError:
        """Return an error that names file, line and column."""
        return SimError(f"{self.file}, line {self.line}, column {column}: {found}.")


def read(file: Path, columns: Mapping[str, Parser]) -> list[Row]:
    """Return the rows of `file` with the named columns parsed; other columns are passed over."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise SimError(
            f"{file} is missing: a region needs counties, townships, cells and stations."
        ) from None
    except OSError as problem:
        raise SimError(f"{file} cannot be read: {problem.strerror}.") from None
    try:
        lines = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise SimError(f"{file}, line {line}: this is not UTF-8 text; save the table as UTF-8.") from None
    reader = csv.reader(io.StringIO(lines, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(file, header, columns)
        rows = (_parse(file, reader.line_num, header, cells, columns) for cells in reader)
        return [row for row in rows if row]
    except csv.Error as problem:
        raise SimError(f"{file}, line {reader.line_num}: not a comma-separated table, {problem}.") from None


def text(cell: str) -> str:
    """Accept any text that is not empty."""
    if not cell:
        raise ValueError("is empty; a text is needed")
    return cell


def optional(cell: str) -> str:
    """Accept any text, also none."""
    return cell


def real(low: float = -math.inf, high: float = math.inf, what: str = "a number") -> Parser:
    """Accept a finite number in low..high."""

    def parse(cell: str) -> float:
        try:
            found = float(cell)
        except ValueError:
            raise ValueError(f"{cell!r} is not a number; {what} is needed") from None
        if not (math.isfinite(found) and low <= found <= high):
            bounds = f"{low:g} or more" if high == math.inf else f"{low:g}..{high:g}"
            raise ValueError(f"{cell} is outside what is allowed: {what}, {bounds}")
        return found

    return parse


def whole(low: int = 0) -> Parser:
    """Accept a whole number of at least `low`."""

    def parse(cell: str) -> int:
        try:
            found = int(cell)
        except ValueError:
            raise ValueError(f"{cell!r} is not a whole number") from None
        if found < low:
            raise ValueError(f"{found} is outside what is allowed: {low} or more")
        return found

    return parse


def one_of(*allowed: str) -> Parser:
    """Accept one of the given words."""

    def parse(cell: str) -> str:
        if cell not in allowed:
            raise ValueError(f"{cell!r} is unknown; allowed: {', '.join(allowed)}")
        return cell

    return parse


def truth(cell: str) -> bool:
    """Accept True or False."""
    if cell.lower() not in ("true", "false"):
        raise ValueError(f"{cell!r} is neither True nor False")
    return cell.lower() == "true"


def _check_header(file: Path, header: list[str], columns: Mapping[str, Parser]) -> None:
    missing = [name for name in columns if name not in header]
    if missing:
        raise SimError(
            f"{file}, line 1: column {', '.join(missing)} is missing; found: {', '.join(header) or 'nothing'}."
        )
    twice = [name for name in columns if header.count(name) > 1]
    if twice:
        raise SimError(f"{file}, line 1: column {', '.join(twice)} stands there more than once.")


def _parse(
    file: Path, line: int, header: list[str], cells: list[str], columns: Mapping[str, Parser]
) -> Row | None:
    if not any(cells):
        return None
    if len(cells) != len(header):
        raise SimError(
            f"{file}, line {line}: {len(cells)} cells found; the header has {len(header)} columns."
        )
    found = dict(zip(header, cells, strict=True))
    values = {}
    for name, parser in columns.items():
        try:
            values[name] = parser(found[name].strip())
        except ValueError as problem:
            raise SimError(f"{file}, line {line}, column {name}: {problem}.") from None
    return Row(file, line, values)
