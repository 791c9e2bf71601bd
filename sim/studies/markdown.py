"""Pages in Markdown: words from a template, tables from rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.errors import SimError
from sim.files import only, publish_folder

SETTINGS = "study.json"


def render(template: str, folder: Path = Path(__file__).parent, **values: Any) -> str:
    """Return the page of a template, named by its path from a folder, this one unless given."""
    environment = Environment(  # noqa: S701 -- no HTML
        loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(template).render(**values)


def sheet(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def read_study(
    folder: Path, names: Iterable[str], what: str
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Return settings and tables of a finished study, those that it has; SimError if one cannot be read."""
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        files = {name: folder / f"{name}.csv" for name in names}
        tables = {
            name: pd.read_csv(file, keep_default_na=False, na_values=[""])
            for name, file in files.items()
            if file.is_file()
        }
    except (OSError, ValueError) as problem:
        raise SimError(f"{folder} is no {what} study that can be read: {problem}.") from None
    return settings, tables


@contextmanager
def replacing(
    place: Path, files: str, pages: Iterable[str], names: Collection[str], what: str, key: str
) -> Iterator[Path]:
    """Yield a folder that replaces the files of a study's pages, which go away before and are to be written last."""
    with publish_folder(place / files, only(names, what, key)) as scratch:
        yield scratch
        for page in pages:
            (place / page).unlink(missing_ok=True)
