"""Pages in Markdown: words from a template, tables from rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.files import only, publish_folder


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


@contextmanager
def replacing(
    place: Path, files: str, pages: Iterable[str], names: Collection[str], what: str, key: str
) -> Iterator[Path]:
    """Yield a folder that replaces the files of a study's pages, which go away before and are to be written last."""
    with publish_folder(place / files, only(names, what, key)) as scratch:
        yield scratch
        for page in pages:
            (place / page).unlink(missing_ok=True)
