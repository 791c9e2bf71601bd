"""Run the notebooks of docs/notebooks and renew what they show: python -m experiments.reference.notebooks."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.command_line import command
from sim.files import publish_file

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))


def cells(file: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook as nbformat stores them."""
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return found


def executed(file: Path) -> Iterator[dict[str, str]]:
    """Run the cells one after the other; yield for each what a notebook would show of its last line, by MIME type."""
    names: dict[str, object] = {}
    for cell in cells(file):
        if cell["cell_type"] != "code":
            yield {}
            continue
        body = ast.parse("".join(cell["source"])).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), str(file), "exec"), names)  # noqa: S102 -- our own
        value: Any = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), str(file), "eval"), names)  # noqa: S307
        shown = {} if value is None else {"text/plain": repr(value)}
        if hasattr(value, "_repr_html_"):
            shown = {"text/html": value._repr_html_(), **shown}
        yield shown


def renew(file: Path) -> None:
    """Run a notebook and put what it shows under its cells."""
    book = json.loads(file.read_text(encoding="utf-8"))
    for number, (cell, shown) in enumerate(zip(book["cells"], executed(file), strict=True), 1):
        if cell["cell_type"] == "code":
            data = {kind: text.splitlines(keepends=True) for kind, text in shown.items()}
            about = {"data": data, "execution_count": number, "metadata": {}, "output_type": "execute_result"}
            cell["execution_count"], cell["outputs"] = number, [about] if data else []
    with publish_file(file) as temporary:
        temporary.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def page(file: Path) -> str:
    """Return a notebook as a page of the site: its words, its code, and what it showed when it was run."""
    parts = []
    for cell in cells(file):
        text = "".join(cell["source"])
        parts.append(text if cell["cell_type"] == "markdown" else f"```python\n{text}\n```")
        for output in cell.get("outputs", ()):
            shown = {kind: "".join(lines) for kind, lines in output["data"].items()}
            # A blank line would end the part of a page that is HTML, a class would take the site's looks away.
            lines = [line for line in shown.get("text/html", "").splitlines() if line.strip()]
            table = re.sub("<table[^>]*>", "<table>", "\n".join(lines))
            parts.append(table or f"```text\n{shown['text/plain']}\n```")
    return "\n\n".join(parts) + "\n"


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Renew all notebooks."""
    for file in FILES:
        renew(file)
        print(file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
