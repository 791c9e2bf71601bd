"""Put together the pages of the documentation site from docs/ and from the code itself; `make docs` builds it.

python -m experiments.reference.site                  pages into build/pages
python -m experiments.reference.site tutorial=true    run the tutorial and renew the output that it shows
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import sim
from experiments.command_line import command
from experiments.reference import notebooks
from sim.analysis import indicators
from sim.analysis.outcome import INCIDENTS
from sim.cli.commands import COMMANDS
from sim.cli.help import help_text
from sim.errors import SimError
from sim.files import publish_file
from sim.options import Option, Usage
from sim.plots.labels import label
from sim.reports.page import font_face
from sim.reports.report_runs import catalogue
from sim.simulation.columns import Column
from sim.simulation.dispatch_columns import DISPATCHES

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {
    "README.md": "index.md",
    "README.zh.md": "zh/index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
PICTURES = ("results/reference/figures", "docs/sensitivity", "docs/uncertainty")
FONT = (
    'body, input { font-family: "Report CJK", system-ui; } code { font-family: monospace, "Report CJK"; }\n'
)
SHIM = "iframe-worker.js"  # of the search
TUTORIALS = ("docs/tutorial.md", "docs/zh/tutorial.md")
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]*)(#[^)\s]*)?\)")
STEP = re.compile(r"```sh\n(python -m sim [^\n]*)\n```\n\n```text\n(.*?)```", re.DOTALL)
MILESTONES = (
    "Of each milestone ({}) there are mean, median, 90th percentile (`_mean`, `_median`, `_p90`) and shares within 5, 10 "
    "and 15 minutes (`_within_5` …), by several splits. The others:"
)
SHOWN_LINES = 14
USAGE = Usage(
    (
        Option("out", "folder of the pages", Path("build/pages"), Path),
        Option("tutorial", "run the commands of the tutorial and renew what they print, no pages", type=bool),
    )
)  # fmt: skip


def pages() -> dict[str, str]:
    """Return every page by its name in the site."""
    sources = {path.relative_to(ROOT / "docs").as_posix(): path for path in (ROOT / "docs").rglob("*.md")}
    sources |= {name: ROOT / source for source, name in OTHERS.items()}
    places = {path.resolve(): name for name, path in sources.items()}
    places |= {path.resolve(): f"pictures/{path.name}" for path in pictures()}
    places |= {file.resolve(): f"{file.stem}.md" for file in notebooks.FILES}
    written = {name: _linked(path, name, places) for name, path in sources.items()}
    made = {
        **{f"{file.stem}.md": notebooks.page(file) for file in notebooks.FILES},
        "commands.md": commands_page(),
        "data-dictionary.md": dictionary(),
        "api.md": api(),
        "gallery.md": gallery(),
    }
    return written | made


def pictures() -> list[Path]:
    """Return the published pictures."""
    return [path for folder in PICTURES for path in sorted((ROOT / folder).glob("*.png"))]


def _linked(path: Path, name: str, places: Mapping[Path, str]) -> str:
    """Return a page with its links as they are in the site; what is not in the site stays as its words."""

    def link(found: re.Match[str]) -> str:
        mark, words, target, anchor = found.groups()
        if not target or ":" in target:
            return found[0]
        place = places.get((path.parent / target).resolve())
        if place is None:
            return words
        return f"{mark}[{words}]({os.path.relpath(place, Path(name).parent)}{anchor or ''})"

    return LINK.sub(link, path.read_text(encoding="utf-8"))


def commands_page() -> str:
    """Return the page of the commands: what --help says."""
    parts = ["# Commands", "What `--help` says.", _block(help_text())]
    for name, known in COMMANDS.items():
        module = importlib.import_module(known.module)
        parts += [f"## {name}", _block(module.USAGE.help(name, module.__doc__))]
    return "\n\n".join(parts) + "\n"


def dictionary() -> str:
    """Return the page of every column and indicator."""
    parts = ["# Data dictionary", "Every column of the result tables and every indicator, from the code."]
    tables: dict[str, Sequence[Column]] = {"incidents.parquet": INCIDENTS, "dispatches.parquet": DISPATCHES}
    for name, columns in tables.items():
        rows = ((f"`{item.name}`", item.dtype, item.unit, item.meaning) for item in columns)
        parts += [f"## {name}", _table(("column", "type", "unit", "meaning"), rows)]
    of = (
        (f"`{item.name}`", item.by, item.unit, item.population, item.meaning)
        for item in indicators.INDICATORS
    )
    parts += [
        "## Indicators",
        MILESTONES.format(", ".join(f"`{name}`" for name in indicators.MILESTONES)),
        _table(("indicator", "by", "unit", "population", "meaning"), of),
    ]
    return "\n\n".join(parts) + "\n"


def api() -> str:
    """Return the page of what notebooks import."""
    parts = ["# API", inspect.getdoc(sim) or ""]
    for name in sim.__all__:
        item = getattr(sim, name)
        head = f"sim.{name}" if inspect.isclass(item) else f"sim.{name}{inspect.signature(item)}"
        parts += [f"## sim.{name}", _block(head, "python"), inspect.getdoc(item) or ""]
    return "\n\n".join(parts) + "\n"


def gallery() -> str:
    """Return the page of all published pictures, each with its name and how to read it."""
    captions = catalogue("en")["captions"]
    parts = ["# Gallery", "Pictures of the reference study, of sensitivity and of uncertainty."]
    for path in pictures():
        parts += [
            f"## {path.stem}",
            f"![{label(path.stem).en}](pictures/{path.name})",
            captions.get(path.stem, ""),
        ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _block(text: str, language: str = "text") -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in line)} |" for line in lines)


def steps(text: str) -> list[str]:
    """Return the commands of a tutorial in their order."""
    return [match[1] for match in STEP.finditer(text)]


def run(command: str, folder: Path, more: Sequence[str] = ()) -> str:
    """Return what a command of the tutorial prints; SimError when it fails."""
    done = subprocess.run(  # noqa: S603 -- this program
        [sys.executable, *shlex.split(command)[1:], *more], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}", "COLUMNS": "100"},
    )  # fmt: skip
    if done.returncode:
        raise SimError(
            f"{command} ended with {done.returncode}, must end with 0: {done.stderr.strip()[-300:]}"
        )
    return done.stdout


def renew() -> None:
    """Run the tutorial and put what it prints under each command, in every language."""
    with tempfile.TemporaryDirectory() as folder:
        told = {
            command: run(command, Path(folder)) for command in steps((ROOT / TUTORIALS[0]).read_text("utf-8"))
        }

    def shown(found: re.Match[str]) -> str:
        lines = told[found[1]].rstrip().splitlines()
        short = [*lines[:SHOWN_LINES], "..."] if len(lines) > SHOWN_LINES + 1 else lines
        return f"```sh\n{found[1]}\n```\n\n" + _block("\n".join(line.rstrip() for line in short))

    for name in TUTORIALS:
        text = STEP.sub(shown, (ROOT / name).read_text("utf-8"))
        with publish_file(ROOT / name) as temporary:
            temporary.write_text(text, encoding="utf-8")


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Write the pages, or renew the tutorial."""
    asked = USAGE.parse(arguments)
    if asked["tutorial"]:
        renew()
        return 0
    out = asked["out"]
    shutil.rmtree(out, ignore_errors=True)
    written = pages()
    for name, text in written.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    (out / "pictures").mkdir()
    shutil.copyfile(ROOT / "docs" / SHIM, out / SHIM)
    (out / "font.css").write_text(font_face("".join(written.values())) + FONT, encoding="utf-8")
    for path in pictures():
        shutil.copyfile(path, out / "pictures" / path.name)
    print(f"{out}: {len(list(out.rglob('*.md')))} pages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
