"""What a user sees in the terminal: progress while it runs, one screen when it is done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from sim.findings.kpi import MILESTONES
from sim.terms import TIERS

if TYPE_CHECKING:
    import pandas as pd

    from sim.findings.store import Result
    from sim.findings.study import Progress

NARROWEST = 100  # columns of a screen that is no terminal


def console() -> Console:
    """Return the console for standard output; without a terminal it writes plain text of a fixed width."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=NARROWEST, color_system=None)


@contextmanager
def progress(title: str, total: int) -> Iterator[Progress]:
    """Show a bar with the time left while replications run; nothing of it where the output is no terminal."""
    screen = Console(stderr=True)
    if not (screen.is_terminal and Console().is_terminal):
        yield lambda done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def show(result: Result, in_force: pd.DataFrame, folder: Path, out: Console) -> None:
    """Print one screen about a run: what is in force, the indicators, who came first, where everything is."""
    info = result.info
    kpis = result.kpis
    out.print(
        f"[bold]{info['name']}[/bold]  {info['title']} (state at the end of {info['scenario']})",
        highlight=False,
    )
    out.print(
        f"{info['replications']} replications of {info['days']} days, {info['incidents']:,} incidents, "
        f"{info['wall_time_s']:.1f} s",
        highlight=False,
    )
    out.print(_in_force(in_force))
    out.print(_times(kpis))
    out.print(_others(kpis))
    out.print(_first(kpis), highlight=False)
    out.print(f"Results  {folder}", highlight=False, soft_wrap=True)
    pictures = sorted((folder / "figures").glob("*.png")) if (folder / "figures").is_dir() else []
    if pictures:
        out.print(
            f"Pictures {folder / 'figures'}: {', '.join(path.name for path in pictures)}",
            highlight=False,
            soft_wrap=True,
        )


def _in_force(lines: pd.DataFrame) -> Table:
    table = Table(title="In force", title_justify="left", box=None, pad_edge=False, header_style="dim")
    for name in ("measure", "level", "clause"):
        table.add_column(name, no_wrap=name == "measure", overflow="fold")
    off = []
    for line in lines.itertuples():
        if line.share > 0:
            note = f" ({line.note})" if line.note else ""
            table.add_row(line.measure, f"{line.level}{note}", line.clauses)
        else:
            off.append(line.measure)
    if off:
        table.add_row("[dim]not in force[/dim]", f"[dim]{', '.join(off)}[/dim]", "")
    return table


def _times(kpis: pd.DataFrame) -> Table:
    table = Table(
        title="Minutes from the call (mean over replications, 95 % interval)",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    table.add_column("", no_wrap=True)
    for name in ("mean", "median", "90th percentile", "within 10 min"):
        table.add_column(name, justify="right", no_wrap=True)
    for group, by, label in (("all", "all", ""), ("fire", "category", ", fires")):
        for name, meaning in MILESTONES.items():
            if by == "category" and name not in ("first_arrival", "first_capable"):
                continue
            cells = [_interval(kpis, f"{name}_{s}", by, group) for s in ("mean", "median", "p90")]
            share = _interval(kpis, f"{name}_within_10", by, group, percent=True)
            table.add_row(f"{meaning}{label}", *cells, share)
    return table


OTHERS = (
    ("calls", "calls a year", "{:,.0f}", 1), ("fires", "fires a year", "{:,.0f}", 1),
    ("vehicles_per_call", "fire-service vehicles per call", "{:.2f}", 1), ("utilisation", "professional utilisation", "{:.1f} %", 100),
    ("simultaneous", "calls while another is open", "{:.0f} %", 100), ("short_units", "units missing at once, a year", "{:.1f}", 1),
    ("drone_sorties", "drone sorties a year", "{:.0f}", 1), ("burnt_area_mean", "burnt area per fire, m²", "{:.0f}", 1),
    ("loss", "direct loss, million CNY a year", "{:.2f}", 1e-6), ("deaths_a", "expected deaths a year, curve A", "{:.2f}", 1),
    ("deaths_b", "expected deaths a year, curve B", "{:.2f}", 1), ("deaths_c", "expected deaths a year, curve C", "{:.2f}", 1),
)  # fmt: skip


def _others(kpis: pd.DataFrame) -> Table:
    table = Table(
        title="Demand, force and outcome (assumptions: docs/parameter-book.md)",
        title_justify="left",
        box=None,
        pad_edge=False,
        show_header=False,
    )
    for _ in range(2):
        table.add_column(no_wrap=True)
        table.add_column(justify="right", no_wrap=True)
    cells: list[str] = []
    for kpi, label, pattern, factor in OTHERS:
        row = _row(kpis, kpi, "all", "all")
        cells += [label, "-" if row is None else _show(row, pattern, factor)]
    for start in range(0, len(cells), 4):
        table.add_row(*cells[start : start + 4])
    return table


def _first(kpis: pd.DataFrame) -> str:
    parts = []
    for tier in TIERS:
        row = _row(kpis, "arrived_first", "tier", tier)
        if row is not None and row["mean"] > 0.0005:
            parts.append(f"{tier} {100 * row['mean']:.1f} %")
    return f"Arrived first: {', '.join(parts)}"


def _row(kpis: pd.DataFrame, kpi: str, by: str, group: str) -> Any:
    found = kpis[(kpis["kpi"] == kpi) & (kpis["by"] == by) & (kpis["group"] == group)]
    return found.iloc[0] if len(found) and found.iloc[0]["replications"] > 0 else None


def _interval(kpis: pd.DataFrame, kpi: str, by: str, group: str, *, percent: bool = False) -> str:
    row = _row(kpis, kpi, by, group)
    if row is None:
        return "-"
    return _show(row, "{:.1f} %", 100) if percent else _show(row, "{:.1f}", 1)


def _show(row: Any, pattern: str, factor: float) -> str:
    mean = pattern.format(row["mean"] * factor)
    half = (row["high"] - row["low"]) / 2 * factor
    if half != half:  # a single replication has no interval
        return mean
    digits = pattern.split(":")[1].split("}")[0]
    return f"{mean} ±{format(half, digits)}"
