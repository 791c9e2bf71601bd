"""Write the report of a study: python -m sim.studies.report results/rollout [lang=zh] [baseline=2023] [out=report.html].

One HTML file that opens without a network: what was in force, what was found, an interactive map, the pictures,
the assumptions, and how to reproduce it. It goes beside the runs as report.html if `out` does not say otherwise.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from sim.errors import SimError
from sim.studies.run_selection import RUN_FILE, chosen_baseline, find_runs

REPORT_FILE = "report.html"
OPTIONS = {"lang": "en or zh", "baseline": "name of a run", "out": "a file or a folder"}
LANGUAGES = ("en", "zh")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence on stderr if the user has to mend something."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(arguments):
        print(__doc__)
        return 0
    try:
        _report(arguments)
    except SimError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 2
    return 0


def _report(arguments: Sequence[str]) -> None:
    began = time.perf_counter()
    folders, options = _parsed(arguments)
    found = find_runs(folders)
    for sentence in found.skipped:
        print(f"skipped: {sentence}", file=sys.stderr)
    baseline = chosen_baseline(found.results, options.get("baseline"))
    # Matplotlib and plotly take a second to import: only after everything that can be refused was.
    from sim.report import page
    from sim.report.report_runs import ReportRuns

    runs = ReportRuns(
        folders[0].resolve().name, found.results, baseline, "zh" if options.get("lang") == "zh" else "en"
    )
    command = f"python -m sim.studies.report {' '.join(arguments)}"
    path = _out(folders, options.get("out"))
    size = page.write(runs, path, command, found.skipped)
    print(
        f"Report: {path} ({size / 1e6:.1f} MB, {len(found.results)} runs, {time.perf_counter() - began:.1f} s)"
    )


def _parsed(arguments: Sequence[str]) -> tuple[list[Path], dict[str, str]]:
    folders, options = [], {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        # The folder of a run may hold an equals sign: results/2025,days=30.
        if not equals or not re.fullmatch(r"-*[a-z]+", key) or Path(argument).exists():
            if argument.startswith("-"):
                raise SimError(f"unknown flag {argument}; options are {_usage()}.")
            folders.append(Path(argument))
        elif key not in OPTIONS:
            raise SimError(f"unknown option {key}; options are {_usage()}.")
        else:
            options[key] = value
    if not folders:
        raise SimError("name a study or the folders of runs: python -m sim.studies.report results/rollout.")
    if options.get("lang", "en") not in LANGUAGES:
        raise SimError(f"lang is {options['lang']!r}; allowed: {', '.join(LANGUAGES)}.")
    return folders, options


def _usage() -> str:
    return ", ".join(f"{key}=({meaning})" for key, meaning in OPTIONS.items())


def _out(folders: Sequence[Path], asked: str | None) -> Path:
    if asked is not None:
        path = Path(asked)
        return path / REPORT_FILE if path.is_dir() or not path.suffix else path
    study = folders[0] if len(folders) == 1 and not (folders[0] / RUN_FILE).exists() else Path()
    return study / REPORT_FILE


if __name__ == "__main__":
    sys.exit(main())
