"""Read a comma-separated table and check every cell. Errors name file, line and column."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.config.fields import harm
from sim.errors import SimError
from sim.files import read_regular

Parser = Callable[[str], Any]
Asked = tuple[str, int, Parser, dict[str, Any]]  # a column: name, place, parser, what its cells were read as

DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"[+-]?[0-9]+")
MOST_BYTES = 512 * 2**20
LONGEST = 200  # characters of a text
DIGITS = 18  # of a whole number worth reading
QUOTE = "'"
SHOWN = 60  # characters of a found cell that a message repeats
MOST_TOLD = 6  # faults in one message


class Row(dict[str, Any]):
    """One line of a table: its checked values by column, and where it stands."""

    def __init__(self, file: Path, line: int) -> None:
        super().__init__()
        self.file, self.line = file, line

    def error(self, column: str, problem: str) -> SimError:
        """Return an error that names file, line and column."""
        return SimError(f"{self.file}, line {self.line}, column {column}: {problem}.")


def read(
    file: Path, columns: Mapping[str, Parser], optional: Mapping[str, Parser] | None = None
) -> list[Row]:
    """Return the rows of `file` with the named columns parsed, optional ones if there; others are ignored."""
    try:
        content = read_regular(file, MOST_BYTES)
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
        columns = {**columns, **{name: parser for name, parser in (optional or {}).items() if name in header}}
        _check_header(file, header, columns)
        rows, faults = [], Faults()
        asked: list[Asked] = [(name, header.index(name), parser, {}) for name, parser in columns.items()]
        for cells in reader:
            if not any(cells):
                continue
            try:
                rows.append(_parse(file, reader.line_num, len(header), cells, asked))
            except SimError as fault:
                faults.found.append(str(fault))
        faults.refuse()
    except csv.Error as problem:
        raise SimError(f"{file}, line {reader.line_num}: not a comma-separated table, {problem}.") from None
    return rows


class Faults:
    """Collects what is wrong with some tables, to say all of it at once."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note a SimError raised inside, and go on after the block."""
        try:
            yield
        except SimError as fault:
            self.found.append(str(fault))

    def refuse(self) -> None:
        """Raise SimError with all faults noted, the first of many; do nothing if there are none."""
        told = [fault.rstrip(".") for fault in self.found[:MOST_TOLD]]
        if more := len(self.found) - len(told):
            told.append(f"and {more} more")
        if told:
            raise SimError(f"{'; '.join(told)}.")


def text(cell: str) -> str:
    """Accept a text of printable characters that is neither empty nor too long."""
    if not cell:
        raise ValueError("is empty; a text is needed")
    if not cell.isprintable():
        raise ValueError(f"{_show(cell)} has a character that cannot be printed; a text is needed")
    if len(cell) > LONGEST:
        raise ValueError(f"{len(cell)} characters found; a text of at most {LONGEST} is needed")
    if why := harm(cell):
        raise ValueError(f"{_show(cell)} {why}")
    return cell


def _show(cell: str) -> str:
    return repr(cell) if len(cell) <= SHOWN else f"{cell[:SHOWN]!r} …"


def real(low: float = -math.inf, high: float = math.inf, what: str = "a number") -> Parser:
    """Accept a finite number in low..high."""

    def parse(cell: str) -> float:
        # float() would also take nan, 1_000 and the digits of every script.
        if not DECIMAL.fullmatch(cell):
            raise ValueError(f"{_show(cell)} is not a number; {what} is needed")
        number = float(cell)
        if not (math.isfinite(number) and low <= number <= high):
            bounds = f"{low:g} or more" if high == math.inf else f"{low:g}..{high:g}"
            raise ValueError(f"{_show(cell).strip(QUOTE)} is outside what is allowed: {what}, {bounds}")
        return number

    return parse


def whole(low: int, high: int) -> Parser:
    """Accept a whole number in low..high."""

    def parse(cell: str) -> int:
        if not INTEGER.fullmatch(cell):
            raise ValueError(f"{_show(cell)} is not a whole number; {low}..{high} is allowed")
        digits = len(cell.lstrip("+-0"))
        if digits > DIGITS or not low <= int(cell) <= high:
            raise ValueError(f"{_show(cell)} is outside what is allowed: {low}..{high}")
        return int(cell)

    return parse


def one_of(*allowed: str) -> Parser:
    """Accept one of the given words."""

    def parse(cell: str) -> str:
        if cell not in allowed:
            raise ValueError(f"{_show(cell)} is unknown; allowed: {', '.join(allowed)}")
        return cell

    return parse


def truth(cell: str) -> bool:
    """Accept True or False."""
    if cell.lower() not in ("true", "false"):
        raise ValueError(f"{_show(cell)} is neither True nor False")
    return cell.lower() == "true"


def _check_header(file: Path, header: list[str], columns: Mapping[str, Parser]) -> None:
    missing = [name for name in columns if name not in header]
    if missing and len(header) == 1 and (separator := re.search(r"[;\t|]", header[0])):
        raise SimError(f"{file}, line 1: columns are separated by {separator[0]!r}; a comma is needed.")
    if missing:
        raise SimError(
            f"{file}, line 1: column {', '.join(missing)} is missing; found: {', '.join(header) or 'nothing'}."
        )
    twice = [name for name in columns if header.count(name) > 1]
    if twice:
        raise SimError(f"{file}, line 1: column {', '.join(twice)} stands there more than once.")


def _parse(file: Path, line: int, width: int, cells: list[str], asked: Sequence[Asked]) -> Row:
    if len(cells) != width:
        raise SimError(f"{file}, line {line}: {len(cells)} cells found; the header has {width} columns.")
    row = Row(file, line)
    for name, place, parser, known in asked:
        cell = cells[place]
        if cell not in known:
            try:
                known[cell] = parser(cell.strip())
            except ValueError as problem:
                raise SimError(f"{file}, line {line}, column {name}: {problem}.") from None
        row[name] = known[cell]
    return row
