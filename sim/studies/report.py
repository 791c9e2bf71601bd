"""Write one HTML page about a study or single runs. It opens without a network.

It has the measures in force, the results, an interactive map, the figures, the assumptions, and how to reproduce it.
Without `out` it is report.html (lang=zh: report.zh.html) in the folder of the runs.

    python -m sim report results/rollout lang=zh
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from sim.analysis.compare import refuse_unlike
from sim.errors import SimError, pasteable
from sim.files import a_page
from sim.options import Asked, Option, Usage
from sim.reports.terminal import progress, say
from sim.storage.run_folder import Result
from sim.studies import mixing
from sim.studies.run_selection import LANG, UNCERTAINTY, SelectedRuns, place_beside, selected_runs

MOST_RUNS = 12  # whose pictures and map fit into a page that a browser opens
REPORT_FILE = {
    "en": "report.html",
    "zh": "report.zh.html",
}  # a page does not replace that of the other language
USAGE = Usage(
    (
        LANG,
        mixing.MIXED,
        UNCERTAINTY,
        Option(
            "portfolio",
            "folder of a portfolio study of one of these years: its answer as a section",
            None,
            Path,
        ),
        Option("baseline", 'run to compare with; without it "baseline", else the first run'),
        Option("unpaired", "show runs that share no workloads too, by Welch's interval", type=bool),
        Option("out", "a file, or a folder for the page", None, Path),
    ),
    words="FOLDER",
    least=1,
    most=10_000,
)


def run(asked: Asked) -> int:
    """Write the report and say where it is."""
    began = time.perf_counter()
    runs = selected_runs(asked.words, MOST_RUNS)
    path = a_page(asked["out"] or place_beside(asked.words))
    command = pasteable("report", *asked.line)
    options = {
        name: asked[name] for name in ("lang", "baseline", "unpaired", "mixed", "uncertainty", "portfolio")
    }
    path, size = write(runs, asked.words, path, command, **options)
    say(
        f"Report: {path} ({size / 1e6:.1f} MB, {len(runs.results)} runs, {time.perf_counter() - began:.1f} s)"
    )
    return 0


def write(
    runs: SelectedRuns,
    named: Sequence[str | Path | Result],
    path: Path,
    command: str,
    *,
    lang: Literal["en", "zh"],
    baseline: str | None,
    unpaired: bool = False,
    mixed: bool = False,
    uncertainty: Path | None = None,
    portfolio: Path | None = None,
) -> tuple[Path, int]:
    """Write the report of these runs, `named` by the user so, and return its file and size in bytes."""
    baseline = runs.baseline(baseline)
    if not unpaired:
        refuse_unlike({name: result.info for name, result in runs.results.items()}, baseline)
    if any(result.folder is None for result in runs.results.values()):
        raise SimError(
            "a report is about runs on disk: make them with sim.sweep or python -m sim, and name their folders."
        )
    study = runs.not_known(uncertainty)
    notes = mixing.notes(runs.results, mixed=mixed)
    mixing.refuse_later_tables(runs.results[baseline])
    same_money = None
    if portfolio is not None:
        from sim.studies.portfolio.section import section

        same_money = section(portfolio, runs.results, lang)
    # Matplotlib and plotly take a second to import: only after everything that can be refused was.
    from sim.reports import page
    from sim.reports.report_runs import ReportRuns

    if path.is_dir() or not path.suffix:
        path = path / REPORT_FILE[lang]
    first = named[0]
    title = next(iter(runs.results)) if isinstance(first, Result) else Path(first).resolve().name
    with progress("report"):
        report = ReportRuns(title, runs.results, baseline, lang, study)
        return path, page.write(report, path, command, runs.skipped, notes, same_money)
