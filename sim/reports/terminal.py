"""Terminal output: progress during a run, one screen of results at its end."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from sim.analysis.indicators import MILESTONES
from sim.calendar import YEAR_DAYS, days_told
from sim.config.groups.plan import MECHANISM
from sim.runs import precision
from sim.terms import TIERS
from sim.world.plan import SWITCHED_OFF, unchanged

if TYPE_CHECKING:
    import pandas as pd

    from sim.config.schema import Config
    from sim.runs.execute import Progress
    from sim.storage.run_folder import Result

NARROWEST = 100  # columns of a screen that is no terminal
ROOMY = 90  # columns from which there is room for two blanks between the columns of a table


def console(width: int = NARROWEST) -> Console:
    """Return the console for standard output; without a terminal it writes plain text of this width."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(width=width, color_system=None, highlight=False)


def say(text: str) -> None:
    """Write a line to standard output, at once: a study may take hours until the next one."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Progress]:
    """Show a bar with the time left while something takes long; nothing of it where the output is no terminal.

    Without `total` the bar only shows that something is done.
    """
    screen = Console(stderr=True)
    if not (screen.is_terminal and Console().is_terminal):
        yield lambda done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}"), BarColumn()]
    if total is not None:
        columns += [MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left")]
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)


def run_and_show(config: Config) -> None:
    """Run one configuration, leave its result and print its screen."""
    from sim.runs import execute
    from sim.storage import run_folder

    with progress(f"scenario {config.scenario.year}", config.replications_at_most) as done:
        folder = execute.on_disk(config, done)
    result = run_folder.load(folder)
    show(result, execute.in_force(config, result.info["replications"]), folder, console())


def show(result: Result, in_force: pd.DataFrame, folder: Path, out: Console) -> None:
    """Print one screen about a run: what is in force, the indicators, who came first, where everything is."""
    info = result.info
    kpis = result.kpis
    gap = 2 if out.width >= ROOMY else 1
    off = bool((in_force["note"] == SWITCHED_OFF).all())
    reading = "" if off else f"  reading of the plan's open clauses: {info['reading']}"
    out.print(f"[bold]{escape(info['name'])}[/bold]{escape(reading)}", highlight=False, soft_wrap=True)
    state = "the plan is switched off" if off else escape(info["title"])
    out.print(
        f"{info['replications']} × {info['days']} days, {info['incidents']:,} incidents, computed in "
        f"{info['wall_time_s']:.1f} s. State at the end of {info['scenario']}: {state}",
        highlight=False,
    )
    if part_of_year := info["days"] < YEAR_DAYS:
        told = f"Simulated: {days_told(info['days'])} only; no verdict on the year's targets."
        out.print(told, highlight=False, soft_wrap=True)
    for note in info.get("region_notes", []):
        out.print(escape(note), highlight=False, soft_wrap=True)
    year = "A year, scaled up ± 95 %" if part_of_year else "A year ± 95 %"
    for part in (
        *(() if off else _in_force(in_force, gap)),
        _times(kpis, gap),
        _others(kpis, gap, year),
        _first(kpis),
    ):
        out.print(part, highlight=False)
    book = "docs/configuration.md, docs/parameter-book.md"
    out.print(f"[dim]Which values are assumptions: {book}[/dim]", highlight=False)
    out.print(precision.sentence(info), highlight=False, soft_wrap=True)
    out.print(f"Results  {escape(str(folder))}", highlight=False, soft_wrap=True)
    if pictures := sorted((folder / "figures").glob("*.png")):
        names = ", ".join(path.name for path in pictures)
        out.print(f"Pictures {escape(str(folder / 'figures'))}: {names}", highlight=False, soft_wrap=True)


def _table(names: Sequence[str], sides: str, gap: int) -> Table:
    """Return an empty table; its first heading is its title, `sides` has < or > a column, `gap` blanks are between."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), collapse_padding=True, header_style="dim")
    for number, (name, side) in enumerate(zip(names, sides, strict=True)):
        heading = f"[not dim bold]{name}[/not dim bold]" if number == 0 else name
        table.add_column(heading, justify="left" if side == "<" else "right", no_wrap=True)
    return table


def _in_force(lines: pd.DataFrame, gap: int) -> Iterator[Table | str]:
    """Yield the table of the measures in force, a line each, and beneath it what holds for several of them."""
    table = _table(["In force", "level (before → now)", "clause"], "<<<", gap)
    table.columns[1].no_wrap = False  # a long level goes over two lines; names and clauses stay whole
    notes: list[str] = []
    waiting: dict[str, list[str]] = {}
    for line in lines.to_dict("records"):
        note = str(line["note"])
        if line["share"] <= 0 or unchanged(line["level"]):
            waiting.setdefault(note or "not in force", []).append(escape(line["measure"]))
            continue
        if note and note not in notes:
            notes.append(note)
        star = "*" * (notes.index(note) + 1) if note else ""
        name = str(line["measure"]).removeprefix("stations.")
        typed = line["effect"].removeprefix(f"{MECHANISM}, and ")  # a level without a mark is all mechanism
        effect = "" if typed == MECHANISM else f" ({typed})"
        table.add_row(escape(name), f"{escape(line['level'] + effect)}{star}", escape(line["clauses"]))
    yield table
    for number, note in enumerate(notes, 1):
        yield f"[dim]{'*' * number} {escape(note)}[/dim]"
    for why, names in waiting.items():
        yield f"[dim]{escape(why)}: {', '.join(names)}[/dim]"


TIMES = (  # milestone, by, group, in words
    *((name, "risk", "life_risk", MILESTONES[name])
      for name in ("trained_water", "first_capable", "full_force", "first_professional")),
    ("first_arrival", "all", "all", "first arrival, all calls"),
    ("first_capable", "all", "all", "first capable, all calls"),
)  # fmt: skip


def _times(kpis: pd.DataFrame, gap: int) -> Table:
    """Return the table of the milestones: life-risk calls, then all, with mean ± half of the 95 % interval."""
    names = ["Building fires, rescues: minutes", "mean", "median", "90th pct.", "≤ 10 min"]
    table = _table(names, "<>>>>", gap)
    for name, by, group, words in TIMES:
        cells = [_show(kpis, (f"{name}_{s}", by, group), "{:.1f}", 1) for s in ("mean", "median", "p90")]
        share = _show(kpis, (f"{name}_within_10", by, group), "{:.1f} %", 100)
        table.add_row(words, *cells, share)
    return table


OTHERS = (
    ("calls", "calls", "{:,.0f}", 1), ("fires", "fires", "{:,.0f}", 1),
    ("vehicles_per_call", "fire vehicles per call", "{:.2f}", 1),
    ("utilisation", "professional utilisation", "{:.1f} %", 100),
    ("simultaneous", "calls while another is open", "{:.0f} %", 100),
    ("short_units", "units missing at once", "{:.1f}", 1),
    ("drone_sorties", "drone sorties", "{:.0f}", 1), ("burnt_area_mean", "burnt area per fire, m²", "{:.0f}", 1),
    ("loss", "direct loss, million CNY", "{:.2f}", 1e-6), ("deaths_a", "expected deaths, curve A", "{:.2f}", 1),
    ("deaths_b", "expected deaths, curve B", "{:.2f}", 1), ("deaths_c", "expected deaths, curve C", "{:.2f}", 1),
)  # fmt: skip


def _others(kpis: pd.DataFrame, gap: int, year: str) -> Table:
    """Return demand, force and outcome of a year, two indicators a line."""
    table = _table([year, "", "", ""], "<><>", gap)
    cells: list[str] = []
    for kpi, label, pattern, factor in OTHERS:
        cells += [label, _show(kpis, (kpi, "all", "all"), pattern, factor)]
    for start in range(0, len(cells), 4):
        table.add_row(*cells[start : start + 4])
    return table


def _first(kpis: pd.DataFrame) -> str:
    parts = []
    for tier in TIERS:
        row = _row(kpis, "arrived_first", "tier", tier)
        if row is not None and row["mean"] > 0.0005:
            parts.append(f"{tier} {100 * row['mean']:.1f}")
    return f"[bold]Arrived first at all calls, %[/bold]: {', '.join(parts)}"


def _row(kpis: pd.DataFrame, kpi: str, by: str, group: str) -> Any:
    rows = kpis[(kpis["kpi"] == kpi) & (kpis["by"] == by) & (kpis["group"] == group)]
    return rows.iloc[0] if len(rows) and rows.iloc[0]["replications"] > 0 else None


def _show(kpis: pd.DataFrame, key: tuple[str, str, str], pattern: str, factor: float) -> str:
    """Write mean ± half-width of the indicator of this kpi, by and group; a dash where there is none."""
    row = _row(kpis, *key)
    if row is None:
        return "-"
    mean = pattern.format(row["mean"] * factor)
    half = (row["high"] - row["low"]) / 2 * factor
    if half != half:  # a single replication has no interval
        return mean
    digits = pattern.split(":")[1].split("}")[0]
    if half > row["mean"] * factor >= 0:  # nothing here is below zero, and no share above one
        high = row["high"] * factor if factor < 100 else min(row["high"], 1.0) * factor
        return f"{mean} ≤{format(high, digits if high < 100 else ',.0f')}"  # no room for more
    return f"{mean} ±{format(half, digits)}"
