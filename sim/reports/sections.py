"""The contents of the report sections, as tables and sentences. The layout is in `templates/page.html`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from itertools import groupby
from typing import Any, NamedTuple, get_args, get_type_hints

import numpy as np
import pandas as pd

from sim.analysis.compare import PAIRED
from sim.analysis.indicators import HEADLINE
from sim.analysis.targets import CHANCE, SENSES, chance_told
from sim.config.book import book
from sim.config.groups.plan import MECHANISM
from sim.config.naming import flat
from sim.config.schema import Config, is_parameter
from sim.errors import pasteable
from sim.plots.labels import Label, label, number, shown
from sim.reports.report_runs import ReportRuns, entry, translated
from sim.storage.run_folder import Result
from sim.world.plan import SWITCHED_OFF, unchanged

SIGNIFICANT = 0.05
TARGET_COLUMNS = ("name", "sense", "target", "mean", "low", "high", "unit", "verdict", "chance_years")


class Cell(NamedTuple):
    """A cell of a table: words, their class, and smaller lines below with theirs."""

    text: str
    kind: str = ""
    below: tuple[str, ...] = ()
    below_kind: str = ""


class Table(NamedTuple):
    """A table: its head, its rows of cells and its class."""

    head: list[str]
    rows: list[list[Cell]]
    kind: str = ""


class Section(NamedTuple):
    """A section that another study adds: sentences, points, pictures (PNG, width, caption) and tables with titles."""

    before: list[str]
    points: list[str]
    pictures: list[tuple[bytes, int, str]]
    tables: list[tuple[str, Table]]


def question(report: ReportRuns) -> list[str]:
    """State the question that the runs answer, from what differs between them."""
    years = {result.info.get("scenario") for result in report.results.values()}
    keys = _differing(list(report.raw_configs.values()))
    sentences = [report.text("question_years")] if len(years) > 1 else []
    if keys:
        sentences.append(report.text("question_keys", keys=report.named(", ".join(keys))))
    if not report.comparison.empty and set(report.comparison["method"]) != {PAIRED}:
        sentences.append(report.text("question_unpaired"))
    elif len(years) > 1:
        sentences.append(report.text("question_paired"))
    return sentences or [report.text("question_same")]


def in_force(report: ReportRuns) -> dict[str, Any] | None:
    """Measure by scenario with the level at the end of the year, and notes; None without any table."""
    tables = _tables(report, "in_force")
    if not tables:
        return None
    first: dict[str, tuple[str, str]] = {}
    for table in tables.values():
        first |= {line["measure"]: (line["clauses"], line["effect"]) for line in table.to_dict("records")}
    rows = []
    for measure, (clause, effect) in first.items():
        clause = clause if isinstance(clause, str) else "–"  # of a place that the region adds
        how = Cell(translated("effects", effect, report.language), "" if effect == MECHANISM else "guess")
        cells = [Cell(entry("measures", measure, report.language)), Cell(clause), how]
        for table in tables.values():
            line = table[table["measure"] == measure]
            if len(line) and float(line["share"].iloc[0]) > 0 and not unchanged(str(line["level"].iloc[0])):
                words = _level(measure, str(line["level"].iloc[0]))
                cells.append(Cell(translated("levels", words, report.language)))
            else:
                cells.append(Cell("–", "off"))
        rows.append(cells)
    head = [report.text(key) for key in ("measure", "clause", "effect")]
    head += [report.short[name] for name in tables]
    return {"table": _side_by_side(head, rows, 3), "notes": _force_notes(tables, report)}


def _force_notes(tables: Mapping[str, Any], report: ReportRuns) -> list[str]:
    """Return notes on the levels: starts of works, the model's own sites, delays, and what is switched off."""
    measures: dict[str, dict[str, None]] = {}  # those that share a note, in order
    for table in tables.values():
        for line in table.to_dict("records"):
            if isinstance(line.get("note"), str) and line["note"]:
                name = entry("measures", str(line["measure"]), report.language)
                measures.setdefault(str(line["note"]), {})[name] = None
    works = any(
        "stations." in str(line["measure"]) and line["note"] != SWITCHED_OFF
        for table in tables.values()
        for line in table.to_dict("records")
    )
    notes = [report.text("works_note")] if works else []
    for words, names in measures.items():
        notes.append(f"{', '.join(names)}: {translated('notes', words, report.language)}.")
    return notes


def scoreboard(report: ReportRuns) -> dict[str, Any]:
    """Compare the plan's numbers with the results of the runs that have them; always show the death-rate target."""
    tables = {name: table for name, table in _tables(report, "targets").items() if len(table)}
    known = {name: table for name, table in tables.items() if set(TARGET_COLUMNS) <= set(table.columns)}
    targets = [("", _targets(known, report))] if known else []
    for name, table in tables.items():
        if name not in known:  # a table of another version is shown unchanged
            lines = table.astype(object).where(table.notna(), "").itertuples(index=False)
            cells = [[Cell(str(item)) for item in row] for row in lines]
            targets.append((report.short[name], Table(list(table.columns), cells)))
    rows = []
    for curve in "abc":
        for years in ("1", "3", "5"):
            key = (f"target_chance_{curve}", "years", years)
            shares = [_share(kpis.loc[key]) if key in kpis.index else "–" for kpis in report.kpis.values()]
            rows.append([Cell(curve.upper()), Cell(years), *(Cell(share, "num") for share in shares)])
    head = [report.text("curve"), report.text("years"), *report.short.values()]
    note = "scoreboard_note" if targets else "scoreboard_none"
    return {"note": note, "targets": targets, "chances": _side_by_side(head, rows, 2)}


def headline(report: ReportRuns) -> dict[str, Any]:
    """Headline indicators by scenario with intervals, and differences from the baseline below each."""
    differences = {}
    if not report.comparison.empty:
        overall = report.comparison[report.comparison["by"] == "all"]
        differences = {(row.scenario, row.kpi): row for row in overall.itertuples()}
    rows = []
    for kpi in HEADLINE:
        key = (kpi, "all", "all")
        if not any(key in kpis.index for kpis in report.kpis.values()):
            continue
        unit, factor = shown(report.stored_unit(*key))
        digits = _decimals([kpis.loc[key] for kpis in report.kpis.values() if key in kpis.index], factor)
        cells = [Cell(f"{report.say(label(kpi))}{f' ({report.unit(unit)})' if unit else ''}")]
        for name, kpis in report.kpis.items():
            mean = _mean(kpis.loc[key], factor, digits) if key in kpis.index else "–"
            cells.append(
                Cell(mean, "num", *_difference(differences.get((name, kpi)), factor, digits, report))
            )
        rows.append(cells)
    table = _side_by_side([report.text("indicator"), *report.short.values()], rows, 1, "headline")
    if report.comparison.empty:
        return {"before": [], "table": table, "after": [], "precision": ""}
    before, precision = [_headline_note(report)], _precision(report)
    return {"before": before, "table": table, "after": _gain(report), "precision": precision}


def posts(report: ReportRuns) -> Table | None:
    """Return what each nest flew in a replication and how busy each station was, by run; None without either."""
    cells: dict[str, dict[str, Cell]] = {}
    for run, result in report.results.items():
        if "dispatches.parquet" in result.info["files"]:
            for nest, (sorties, first) in _sorties(result).items():
                words = report.text("post_sorties", sorties=number(sorties), first=number(first))
                cells.setdefault(nest, {})[run] = Cell(words)
        kpis = report.kpis[run]
        if ("utilisation", "station") in kpis.index.droplevel(2):
            for station, share in kpis.loc[("utilisation", "station"), "mean"].items():
                words = report.text("post_busy", share=f"{100 * share:.1f}")
                cells.setdefault(str(station), {})[run] = Cell(words)
    rows = [[Cell(post), *(of.get(run, Cell("–")) for run in report.results)] for post, of in cells.items()]
    return _side_by_side([report.text("post"), *report.short.values()], rows, 1) if rows else None


def _sorties(result: Result) -> dict[str, tuple[float, float]]:
    """Return of each nest the sorties of a replication that came there, and those that came before any crew."""
    sent = result.dispatches.query("tier == 'drone' and outcome == 'arrived'")
    keys = ["replication", "incident"]
    sent = sent.merge(result.incidents[[*keys, "first_arrival_s"]], on=keys)
    first = sent["arrived_s"] < sent["first_arrival_s"].fillna(np.inf)
    count = first.groupby(sent["station"].astype(str)).agg(["size", "sum"]) / int(result.info["replications"])
    for name in ("dispatches", "incidents"):
        result.__dict__.pop(name, None)  # read again if ever asked for; not kept in memory
    return {str(nest): (row["size"], row["sum"]) for nest, row in count.iterrows()}


def assumptions(report: ReportRuns) -> dict[str, Any]:
    """Every parameter of the book that the configuration uses, with its confidence."""
    lines = used()
    guesses = sum(line["confidence"] == "assumption" for line in lines)
    head = [report.text(key) for key in ("name", "value", "range", "source", "confidence")]
    rows = []
    for line in lines:
        name = Cell(report.say(Label(line["name"], line["name_zh"])), "", (line["symbol"],), "key")
        unit = "" if line["unit"] == "-" else f" {report.unit(line['unit'])}"
        value = Cell(f"{line['value']}{unit}".strip())
        kind = "guess" if line["confidence"] == "assumption" else ""
        confidence = Cell(entry("confidence", line["confidence"], report.language), kind)
        rows.append([name, value, Cell(line["range"]), Cell(line["source"]), confidence])
    note = report.text("assumptions_note", count=guesses, all=len(rows))
    return {"note": note, "table": Table(head, rows, "book")}


def used() -> list[dict[str, str]]:
    """Return the rows of the parameter book whose keys the configuration's schema names, in its order."""
    return [book()[key] for key in dict.fromkeys(_book_keys(Config)) if key in book()]


def _book_keys(cls: Any) -> Iterator[str]:
    """Yield the book keys of a schema dataclass and of those inside it."""
    hints = get_type_hints(cls)
    for field in fields(cls):
        if key := field.metadata.get("book"):
            yield key
        for inner in (hints[field.name], *get_args(hints[field.name])):
            if is_dataclass(inner):
                yield from _book_keys(inner)


def reproduce(report: ReportRuns) -> dict[str, Any]:
    """Commands, seeds, versions and digests."""
    rows = []
    for name, result in report.results.items():
        info, words = result.info, report.overrides(name)
        command = pasteable(*words) if words is not None else ""
        dirty = f" ({report.text('changed_code')})" if info.get("git_dirty") else ""
        rows.append(
            [
                Cell(report.short[name]),
                Cell(command or report.text("unknown_command"), "code"),
                Cell(str(info["seed"]), "num"),
                Cell(str(info["replications"]), "num"),
                Cell(f"{info.get('wall_time_s', 0):.1f}", "num"),
                Cell(str(info.get("config_digest", "–")), "code", (str(info["workload_digest"]),)),
                Cell(f"{str(info.get('git_commit') or '–')[:12]}{dirty}"),
            ]
        )
    keys = ("run", "command", "seed", "replications", "seconds", "digests", "commit")
    info = next(iter(report.results.values())).info
    packages = ", ".join(f"{name} {version}" for name, version in info.get("packages", {}).items())
    code = f"fire-response-sim {info.get('version') or '–'}, {info.get('python', '–')}"
    versions = f"{report.text('versions')}: {code}, {packages}; {info.get('platform', '–')}"
    return {"table": Table([report.text(key) for key in keys], rows), "versions": versions}


def _differing(configs: Sequence[dict[str, Any]]) -> list[str]:
    values = [flat(config) for config in configs]
    keys = dict.fromkeys(key for item in values for key in item)
    told = [key for key in keys if is_parameter(key) and not key.startswith("plan.register.")]
    return [key for key in told if len({repr(item.get(key)) for item in values}) > 1]


def _level(measure: str, words: str) -> str:
    """Remove the level before the plan and the name of a station: other cells of the row have them."""
    words = re.sub(r" \(before [^)]*\)", "", words)
    suffix = re.search(r"(counted as |not )?open\b.*", words) if "stations" in measure else None
    return suffix[0] if suffix else words


def _targets(tables: Mapping[str, Any], report: ReportRuns) -> Table:
    """Return one row a promised number, one column a run that has numbers promised."""
    names: dict[str, str] = {}
    cells: dict[tuple[str, str], Cell] = {}
    for run, table in tables.items():
        for line in table.to_dict("records"):
            key, chinese = str(line["name"]), line.get("name_zh")
            names[key] = (
                chinese if report.language == "zh" and isinstance(chinese, str) else report.say(label(key))
            )
            cells[key, run] = _target(line, report)
    head = [report.say(label("commitment")), *(report.short[run] for run in tables)]
    rows = [
        [Cell(title), *(cells.get((key, run), Cell("")) for run in tables)] for key, title in names.items()
    ]
    return _side_by_side(head, rows, 1, "headline")


def _target(line: Mapping[Any, Any], report: ReportRuns) -> Cell:
    """Return the cell of a promised number: what is given or found, its range, the target and the verdict or chance."""
    unit, factor = shown("" if pd.isna(line["unit"]) else str(line["unit"]))
    goal, mean, low, high = (factor * float(line[key]) for key in ("target", "mean", "low", "high"))
    result = str(line["verdict"])
    sign = dict(zip(SENSES, ("≥", "≤"), strict=True))[str(line["sense"])]
    percent = " %" if unit == "%" else ""
    between = f" ({number(low)}–{number(high)})" if low < high else ""
    words = f"{sign} {number(goal)}{f' {report.unit(unit)}' if unit else ''}: {report.say(label(result))}"
    if result == CHANCE:
        words = report.say(Label(*chance_told(line)))
    return Cell(f"{number(mean)}{percent}{between}", "num", (words,), f"verdict {result}")


def _headline_note(report: ReportRuns) -> str:
    methods = set(report.comparison["method"])
    words = "; ".join(report.text("paired" if name == PAIRED else "welch") for name in sorted(methods))
    return report.text("headline_note", baseline=report.short[report.baseline], method=words)


def _gain(report: ReportRuns) -> list[str]:
    table = report.comparison
    rows = table[
        (table["by"] == "all") & table["kpi"].isin(HEADLINE) & np.isfinite(table["variance_reduction"])
    ]
    return [report.text("gain", gain=f"{rows['variance_reduction'].median():,.1f}")] if len(rows) else []


def _precision(report: ReportRuns) -> str:
    """Say how precise the baseline is and what more replications would bring."""
    info = report.results[report.baseline].info
    precision = info.get("precision")
    if not precision or any(width is None for width in precision["reached"].values()):
        return ""
    widths = ", ".join(
        f"{report.say(label(kpi))} ±{number(100 * width)} %" for kpi, width in precision["reached"].items()
    )
    line = report.text("precision", run=report.short[report.baseline], n=info["replications"], widths=widths)
    if precision["replications_for_aim"] is not None:
        more = {"more": f"{precision['replications_for_aim']:,}", "aim": f"{100 * precision['aim']:.2g}"}
        line += report.text("precision_more", **more)
    return line


def _decimals(rows: Sequence[Any], factor: float) -> int:
    """Decimals that show two digits of the widest half-width in a row of the table, three at most."""
    halves = [(row["high"] - row["low"]) / 2 * factor for row in rows]
    sizes = [half for half in halves if half > 0] or [0.01 * abs(row["mean"]) * factor for row in rows]
    largest = max((size for size in sizes if size > 0), default=1.0)
    return int(np.clip(1 - np.floor(np.log10(largest)), 0, 3))


def _mean(row: Any, factor: float, digits: int) -> str:
    mean, half = row["mean"] * factor, (row["high"] - row["low"]) / 2 * factor
    return _fixed(mean, digits) if np.isnan(half) else f"{_fixed(mean, digits)} ±{_fixed(half, digits)}"


def _difference(row: Any, factor: float, digits: int, report: ReportRuns) -> tuple[tuple[str, ...], str]:
    """Return the lines below a mean and their class."""
    if row is None or np.isnan(row.difference):
        return (), ""
    sure = row.p_adjusted < SIGNIFICANT
    lines = [f"{_fixed(row.difference * factor, digits, '+')}{'*' if sure else ''}"]
    if not np.isnan(row.low):
        ends = (_fixed(end * factor, digits, "+") for end in (row.low, row.high))
        lines.append(f" {report.text('to')} ".join(ends))
    return tuple(lines), "difference sure" if sure else "difference"


def _fixed(value: float, digits: int, sign: str = "") -> str:
    return f"{value:{sign},.{digits}f}".replace("-", "−")


def _share(row: Any) -> str:
    values = [f"{100 * row[key]:.0f}" for key in ("mean", "low", "high")]
    return f"{values[0]} % ({values[1]}–{values[2]})"


def _tables(report: ReportRuns, which: str) -> dict[str, Any]:
    """Return a table of every run that has it in its folder."""
    tables = {name: result.table(which) for name, result in report.results.items()}
    return {name: table for name, table in tables.items() if table is not None}


def _side_by_side(head: Sequence[str], rows: Sequence[Sequence[Cell]], fixed: int, kind: str = "") -> Table:
    """Return a table of runs, neighbours that are the same in every row as one column; the first `fixed` stay."""
    columns = [[*cells] for cells in zip(*rows, strict=True)] or [[column] for column in range(len(head))]
    alike = groupby(range(fixed, len(head)), key=columns.__getitem__)
    groups = [list(group) for _, group in alike]
    names = []
    for group in groups:
        own = [head[column] for column in group]
        whole = len(own) > 2 and all(name.isdecimal() for name in own)
        names.append(f"{own[0]}–{own[-1]}" if whole else ", ".join(own))
    kept = [*range(fixed), *(group[0] for group in groups)]
    return Table([*head[:fixed], *names], [[row[column] for column in kept] for row in rows], kind)
