"""Compare the runs of a study with a baseline: python -m sim.studies.compare results/rollout.

Writes comparison.csv, one row per scenario and indicator (columns: sim.analysis.compare.compare), and pictures
beside it, and prints the headline indicators with the interval of each difference.
"""

import argparse
import sys
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sim.analysis.compare import PAIRED, WELCH, compare, pairings
from sim.analysis.indicators import HEADLINE
from sim.errors import SimError
from sim.files import write_table
from sim.studies.run_selection import RUN_FILE, chosen_baseline, find_runs

if TYPE_CHECKING:
    from rich.console import Console

COMPARISON_FILE, FIGURES = "comparison.csv", "figures"
OVERALL = "all"  # the value of `by` of an indicator over the whole region
SIGNIFICANT = 0.05
HEADINGS = ("baseline", "scenario", "difference", "95 % interval", "in %", "p adj.")
PLAIN_WIDTH = 120  # columns of a table that goes to a file or a pipe


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence on stderr if the user has to mend something."""
    options = _parser().parse_args(arguments)
    try:
        _compare(options)
    except SimError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def selected(table: pd.DataFrame, *, by: Sequence[str] | None, kpi: Sequence[str] | None) -> pd.DataFrame:
    """Keep the rows whose `by` and `kpi` are asked for (None: any); SimError if one is unknown."""
    kept = np.ones(len(table), dtype=bool)
    for column, names in (("by", by), ("kpi", kpi)):
        if names is None:
            continue
        known = list(dict.fromkeys(table[column]))
        unknown = [name for name in names if name not in known]
        if unknown:
            raise SimError(f"--{column}: no run has {', '.join(unknown)}; there is {', '.join(known)}")
        kept &= table[column].isin(names).to_numpy()
    if not kept.any():
        raise SimError(f"--kpi, --by: no run has {', '.join(kpi or [])} by {', '.join(by or [])}")
    return table.loc[kept]


def show(table: pd.DataFrame, console: "Console | None" = None) -> None:
    """Print one table a scenario, then how to read them: method, adjustment, what the pairing gained."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if console is None:
        console = Console(highlight=False)
        if not console.is_terminal:
            console.width = max(console.width, PLAIN_WIDTH)
    for (scenario, baseline, method), rows in table.groupby(["scenario", "baseline", "method"], sort=False):
        counts = [_count(row) for row in rows.to_dict("records")]
        uniform = len(set(counts)) == 1
        how = f"{method}, {counts[0]} replications" if uniform else method
        title = Text(f"{scenario} against {baseline} ({how})", style="bold")
        screen = Table(
            title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
        )
        # On a narrow terminal names and intervals go over two lines; no digit is ever cut off.
        screen.add_column("indicator", overflow="fold")
        for heading in (*HEADINGS, *([] if uniform else ["n"])):
            screen.add_column(heading, justify="right", overflow="fold")
        for row, count in zip(rows.to_dict("records"), counts, strict=True):
            cells = _cells(row) if uniform else [*_cells(row), count]
            style = "bold" if row["p_adjusted"] < SIGNIFICANT else None
            screen.add_row(*map(Text, cells), style=style)
        console.print(screen)
    for sentence in reading(table):
        console.print(Text(sentence))


def reading(table: pd.DataFrame) -> list[str]:
    """Sentences under the table: the intervals, the adjustment and its family, the gain of pairing."""
    if table.empty:
        return [f"No indicator is over the whole region (by = {OVERALL}): name others with --by."]
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
    decimals = _decimals(row)
    relative = row["relative_difference"]
    p = row["p_adjusted"]
    mark = "*" if p < SIGNIFICANT else ""
    group = "" if row["by"] == OVERALL else f", {row['group']}"
    return [
        f"{row['kpi']}{group} ({row['unit']})",
        _text(row["baseline_mean"], f",.{decimals}f"),
        _text(row["mean"], f",.{decimals}f"),
        _text(row["difference"], f"+,.{decimals}f"),
        "-" if np.isnan(row["low"]) else f"{row['low']:+,.{decimals}f} to {row['high']:+,.{decimals}f}",
        _text(100 * relative, "+.1f"),
        "<0.001" + mark if p < 0.001 else _text(p, ".3f", mark),
    ]


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


def _compare(options: argparse.Namespace) -> None:
    found = find_runs(options.folders)
    for sentence in found.skipped:
        print(f"skipped: {sentence}", file=sys.stderr)
    baseline = chosen_baseline(found.runs, options.baseline)
    plan = pairings(found.runs, baseline, unpaired=options.unpaired)
    table = compare(found.runs, baseline, unpaired=options.unpaired)
    table = selected(table, by=options.by, kpi=options.kpi)
    path = _out(options) / COMPARISON_FILE
    write_table(table, path)
    show(_shown(table, options))
    for pairing in plan:
        for note in pairing.notes:
            print(f"Note: {note}.")
    print(f"All {len(table)} rows are in {path}.")
    if options.figures != "none":
        from sim.plots.comparison_figures import draw

        pictures = draw(path.parent / FIGURES, found.results, baseline, which=options.figures)
        print(f"Pictures: {path.parent / FIGURES} ({', '.join(picture.stem for picture in pictures)}).")


def _shown(table: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    """Keep the rows for the screen: what was asked for, else the headline indicators of the whole region."""
    rows = table.loc[table["by"].isin(options.by or [OVERALL])]
    headline = rows["kpi"].isin(HEADLINE)
    return rows.loc[headline] if options.kpi is None and headline.any() else rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sim.studies.compare",
        description="Compare runs with a baseline, paired on the workloads that they share.",
    )
    parser.add_argument(
        "folders", nargs="+", type=Path, metavar="folder", help="a run, or a study: a folder of runs"
    )
    parser.add_argument(
        "--baseline", metavar="NAME", help='run to compare with (default: "baseline", else the first run)'
    )
    parser.add_argument(
        "--unpaired",
        action="store_true",
        help="compare runs that share no workloads too, by Welch's interval",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help=f"where {COMPARISON_FILE} goes (default: the study if one is given, else the current folder)",
    )
    parser.add_argument(
        "--by", type=_names, metavar="BY,...", help="breakdowns to keep, such as all,setting,township"
    )
    parser.add_argument("--kpi", type=_names, metavar="KPI,...", help="indicators to keep")
    parser.add_argument(
        "--figures",
        choices=("none", "main", "all"),
        default="main",
        help=f"pictures to draw into the folder {FIGURES} (default: main)",
    )
    return parser


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("needs at least one name")
    return names


def _out(options: argparse.Namespace) -> Path:
    if options.out is not None:
        return Path(options.out)
    first = Path(options.folders[0])
    return first if len(options.folders) == 1 and not (first / RUN_FILE).exists() else Path()


if __name__ == "__main__":
    sys.exit(main())
