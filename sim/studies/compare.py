"""Compare runs with a baseline, paired on the workloads that they share.

Writes comparison.csv, one row per scenario and indicator (columns: sim.analysis.compare.compare), and figures into
the same folder: the study, or that of the first run. Prints the headline indicators with the interval of each
difference. A FOLDER is a run, or a folder of runs.

    python -m sim compare results/rollout baseline=2023 by=all,setting
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sim.analysis.compare import PAIRED, WELCH, compare, pairings
from sim.analysis.indicators import HEADLINE
from sim.errors import SimError, did_you_mean
from sim.files import not_a_run, publish_files
from sim.options import Asked, Option, Usage
from sim.plots.labels import number
from sim.reports import terminal
from sim.studies import mixing
from sim.studies.run_selection import UNCERTAINTY, SelectedRuns, place_beside, selected_runs

COMPARISON_FILE, FIGURES = "comparison.csv", "figures"
OVERALL = "all"  # the value of `by` of an indicator over the whole region
SIGNIFICANT = 0.05
NOT_KNOWN = "not_known"  # the column of the middle draw
HEADINGS = ("baseline", "scenario", "difference", "95 % interval", "in %", "p adj.")
PLAIN_WIDTH = 120  # columns of a table that goes to a file or a pipe
MOST_LINES = 150  # that are printed
MANY = 10_000  # folders that may be named
USAGE = Usage(
    (
        Option("baseline", 'run to compare with; without it "baseline", else the first run'),
        mixing.MIXED,
        UNCERTAINTY,
        Option("unpaired", "compare runs that share no workloads too, by Welch's interval", type=bool),
        Option("by", "breakdowns to keep, such as all,setting,township", None, list),
        Option("kpi", "indicators to keep", None, list),
        Option(
            "out", f"folder of {COMPARISON_FILE}; without it the study, else beside the first run", None, Path
        ),
        Option(
            "figures", f"pictures drawn into the folder {FIGURES}", "main", allowed=("none", "main", "all")
        ),
    ),
    words="FOLDER",
    least=1,
    most=MANY,
)


def run(asked: Asked) -> int:
    """Compare the runs, write the table and the pictures, and print the headline."""
    runs = selected_runs(asked.words)
    place = not_a_run(asked["out"] or place_beside(asked.words))
    baseline = runs.baseline(asked["baseline"])
    mixtures = mixing.notes(runs.results, mixed=asked["mixed"])
    plan = pairings(runs.runs, baseline, unpaired=asked["unpaired"])
    table = compare(runs.runs, baseline, unpaired=asked["unpaired"])
    table = selected(table, by=asked["by"], kpi=asked["kpi"])
    if study := runs.not_known(asked["uncertainty"]):
        table = study.beside(
            table, {name: int(result.info["scenario"]) for name, result in runs.results.items()}
        )
    path = place / COMPARISON_FILE
    names = _publish(table, runs, baseline, path, asked["figures"])
    show(_shown(table, asked))
    for note in (*mixtures, *(note for pairing in plan for note in pairing.notes)):
        terminal.say(f"Note: {note}.")
    terminal.say(f"All {len(table)} rows are in {path}.")
    if names:
        terminal.say(f"Pictures: {path.parent / FIGURES} ({', '.join(names)}).")
    return 0


def _publish(table: pd.DataFrame, runs: SelectedRuns, baseline: str, path: Path, which: str) -> list[str]:
    """Write the table and the pictures together, and return the names of these."""
    if which != "none":
        mixing.refuse_later_tables(runs.results[baseline])
    with publish_files(path.parent, last=path.name) as scratch:
        names: list[str] = []
        if which != "none":
            from sim.plots.data import ComparisonData
            from sim.plots.registry import draw_figures

            (scratch / FIGURES).mkdir()
            with terminal.progress("drawing"):
                names = draw_figures(
                    scratch / FIGURES, ComparisonData(runs.results, baseline), "comparison", which
                )
        table.to_csv(scratch / path.name, index=False, lineterminator="\n")
    return names


def selected(table: pd.DataFrame, *, by: Sequence[str] | None, kpi: Sequence[str] | None) -> pd.DataFrame:
    """Keep the rows whose `by` and `kpi` are asked for (None: any); SimError if one is unknown."""
    kept = np.ones(len(table), dtype=bool)
    for column, names in (("by", by), ("kpi", kpi)):
        if names is None:
            continue
        known = list(dict.fromkeys(table[column]))
        unknown = [name for name in names if name not in known]
        if unknown:
            hint = did_you_mean(unknown[0], known)
            raise SimError(f"{column}: no run has {', '.join(unknown)}{hint}; there is {', '.join(known)}")
        kept &= table[column].isin(names).to_numpy()
    if not kept.any():
        raise SimError(f"kpi, by: no run has {', '.join(kpi or [])} by {', '.join(by or [])}")
    return table.loc[kept]


def show(table: pd.DataFrame, console: Console | None = None) -> None:
    """Print one table a scenario, then how to read them: method, adjustment, what the pairing gained."""
    if console is None:
        console = terminal.console(PLAIN_WIDTH)
    for (scenario, baseline, method), rows in table.head(MOST_LINES).groupby(
        ["scenario", "baseline", "method"], sort=False
    ):
        counts = [_count(row) for row in rows.to_dict("records")]
        uniform = len(set(counts)) == 1
        how = f"{method}, {counts[0]} replications" if uniform else method
        title = Text(f"{scenario} against {baseline} ({how})", style="bold")
        screen = Table(
            title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
        )
        # On a narrow terminal names and intervals go over two lines; no digit is ever cut off.
        screen.add_column("indicator", overflow="fold")
        known = ["not known, 90 %"] if NOT_KNOWN in rows else []
        for heading in (*known, *HEADINGS, *([] if uniform else ["n"])):
            screen.add_column(heading, justify="right", overflow="fold")
        for row, count in zip(rows.to_dict("records"), counts, strict=True):
            name, *rest = _cells(row)
            cells = [name, *(_not_known(row) for _ in known), *rest, *([] if uniform else [count])]
            style = "bold" if row["p_adjusted"] < SIGNIFICANT else None
            screen.add_row(*map(Text, cells), style=style)
        console.print(screen)
    if len(table) > MOST_LINES:
        more = "others with by=, kpi=, fewer runs, or in the table"
        console.print(Text(f"{MOST_LINES} of {len(table):,} lines are shown; {more}."))
    for sentence in reading(table):
        console.print(Text(sentence))


def reading(table: pd.DataFrame) -> list[str]:
    """Sentences under the table: the intervals, the adjustment and its family, the gain of pairing."""
    if table.empty:
        return [f"No indicator is over the whole region (by = {OVERALL}): name others with by=..."]
    comparisons = table["scenario"].nunique()
    baseline = table["baseline"].iloc[0]
    methods = set(table["method"])
    interval = {PAIRED: "Student's, of differences paired by replication", WELCH: "Welch's, unpaired"}
    intervals = " or ".join(interval[method] for method in (PAIRED, WELCH) if method in methods)
    plural = "s" if comparisons > 1 else ""
    adjustment = (
        f"Intervals are {intervals}. * and bold: p < {SIGNIFICANT:g} after Holm's adjustment over the "
        f"{comparisons} comparison{plural} of each indicator with {baseline}; nothing is adjusted across "
        f"indicators. {COMPARISON_FILE} also has simultaneous (Bonferroni) intervals."
    )
    sentences = [adjustment]
    if NOT_KNOWN in table:
        sentences.insert(
            0, "Not known: the middle draw of all that is not known, and between what 90 % of the draws lie."
        )
    # Infinite where a scenario never touches the indicator: true, but no gain that the study could use.
    gain = table.loc[np.isfinite(table["variance_reduction"]), "variance_reduction"]
    if len(gain):
        middle = float(gain.median())
        times = "more than 1,000" if middle > 1000 else f"{middle:,.1f}"
        sentences.append(
            f"Variance reduction by common random numbers: {times} times (median of {len(gain)} rows): "
            "independent runs would need that many times the replications for the same intervals."
        )
    return sentences


def _cells(row: Mapping[Hashable, Any]) -> list[str]:
    decimals, p = _decimals(row), row["p_adjusted"]
    mark = "*" if p < SIGNIFICANT else ""
    group = "" if row["by"] == OVERALL else f", {row['group']}"
    return [
        f"{row['kpi']}{group} ({row['unit']})",
        _text(row["baseline_mean"], f",.{decimals}f"),
        _text(row["mean"], f",.{decimals}f"),
        _text(row["difference"], f"+,.{decimals}f"),
        "-" if np.isnan(row["low"]) else f"{row['low']:+,.{decimals}f} to {row['high']:+,.{decimals}f}",
        _text(100 * row["relative_difference"], "+.1f"),
        "<0.001" + mark if p < 0.001 else _text(p, ".3f", mark),
    ]


def _not_known(row: Mapping[Hashable, Any]) -> str:
    """Say the change over all that is not known."""
    if np.isnan(row[NOT_KNOWN]):
        return "-"
    middle, low, high = (number(float(f"{row[NOT_KNOWN + end]:.2g}")) for end in ("", "_low", "_high"))
    return f"{middle} ({low} to {high})"


def _count(row: Mapping[Hashable, Any]) -> str:
    """Replications behind a row, as scenario/baseline where the two differ."""
    return str(row["n"]) if row["n"] == row["baseline_n"] else f"{row['n']}/{row['baseline_n']}"


def _decimals(row: Mapping[Hashable, Any]) -> int:
    """Decimals that show two digits of the half-width, or four of the mean where there is none."""
    for size, digits in (((row["high"] - row["low"]) / 2, 2), (abs(row["baseline_mean"]), 4)):
        if size > 0:
            return int(np.clip(digits - 1 - np.floor(np.log10(size)), 0, 4))
    return 0


def _text(value: float, form: str, suffix: str = "") -> str:
    return "-" if np.isnan(value) else format(value, form) + suffix


def _shown(table: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """Keep the rows for the screen: what was asked for, else the headline indicators of the whole region."""
    rows = table.loc[table["by"].isin(asked["by"] or [OVERALL])]
    headline = rows["kpi"].isin(HEADLINE)
    return rows.loc[headline] if asked["kpi"] is None and headline.any() else rows
