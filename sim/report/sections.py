"""The sections of a report as HTML: tables of what was in force, found, assumed and run."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.compare import PAIRED
from sim.analysis.kpi import HEADLINE
from sim.analysis.verdict import SENSES, verdict
from sim.plots.labels import label, number, shown
from sim.report import parameter_book
from sim.report.study import Study
from sim.report.words import CONFIDENCE, MEASURES, METHOD, level, note, text

SIGNIFICANT = 0.05
NOT_COMPARED = ("name", "out", "workers", "figures", "scenario")
TARGET_COLUMNS = ("name", "sense", "target", "mean", "low", "high", "unit")


def question(study: Study) -> str:
    """Say what the study asks, from what differs between its runs."""
    years = {result.info.get("scenario") for result in study.results.values()}
    keys = _differing(list(study.raw_configs.values()))
    parts = []
    if len(years) > 1:
        parts.append(_p(text("question_years", study.language)))
    if keys:
        parts.append(_p(text("question_keys", study.language, keys=", ".join(keys))))
    return "".join(parts) or _p(text("question_same", study.language))


def in_force(study: Study) -> str:
    """Measure by scenario with the level at the end of the year."""
    tables = {name: _csv(result.folder, "in_force.csv") for name, result in study.results.items()}
    tables = {name: table for name, table in tables.items() if table is not None}
    if not tables:
        return ""
    first: dict[str, str] = {}
    for table in tables.values():
        first |= dict(zip(table["measure"], table["clauses"], strict=True))
    head = [
        text("measure", study.language),
        text("clause", study.language),
        *(study.short[n] for n in tables),
    ]
    rows = []
    for measure, clause in first.items():
        name = study.say(MEASURES[measure]) if measure in MEASURES else measure
        cells = [_cell(name), _cell(clause)]
        for table in tables.values():
            line = table[table["measure"] == measure]
            there = len(line) and float(line["share"].iloc[0]) > 0
            words = _level(measure, str(line["level"].iloc[0])) if there else "–"
            cells.append(_cell(level(words, study.language), "" if there else "off"))
        rows.append(cells)
    return _p(text("force_note", study.language)) + _side_by_side(head, rows, 2) + _force_notes(tables, study)


def _force_notes(tables: Mapping[str, Any], study: Study) -> str:
    """Say what must be said beside the levels: starts of works, the model's own sites, lateness, what is switched off."""
    said: dict[str, dict[str, None]] = {}
    for table in tables.values():
        for line in table.to_dict("records"):
            if isinstance(line.get("note"), str) and line["note"]:
                measure = str(line["measure"])
                name = study.say(MEASURES[measure]) if measure in MEASURES else measure
                said.setdefault(str(line["note"]), {})[name] = None
    items = (
        [text("works_note", study.language)] if any("stations." in key for key in _measures(tables)) else []
    )
    items += [f"{', '.join(names)}: {note(words, study.language)}." for words, names in said.items()]
    return f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in items)}</ul>" if items else ""


def _measures(tables: Mapping[str, Any]) -> set[str]:
    return {str(key) for table in tables.values() for key in table["measure"]}


def scoreboard(study: Study) -> str:
    """Set the plan's numbers beside what was found, where the runs have them; the death-rate target always."""
    tables = {name: _csv(result.folder, "targets.csv") for name, result in study.results.items()}
    tables = {name: table for name, table in tables.items() if table is not None and len(table)}
    known = {name: table for name, table in tables.items() if set(TARGET_COLUMNS) <= set(table.columns)}
    parts = [_p(text("scoreboard_note", study.language)), _targets(known, study)] if known else []
    for name, table in tables.items():
        if name not in known:  # shown as it is: another version's table
            lines = [
                [_cell("" if pd.isna(item) else str(item)) for item in row]
                for row in table.itertuples(index=False)
            ]
            parts.append(f"<h3>{html.escape(study.short[name])}</h3>" + _table(list(table.columns), lines))
    if not parts:
        parts.append(_p(text("scoreboard_none", study.language)))
    rows = []
    for curve in "abc":
        for years in ("1", "3", "5"):
            cells = [_cell(curve.upper()), _cell(years)]
            for kpis in study.kpis.values():
                key = (f"target_chance_{curve}", "years", years)
                cells.append(_cell(_share(kpis.loc[key]) if key in kpis.index else "–", "num"))
            rows.append(cells)
    head = [text("curve", study.language), text("years", study.language), *study.short.values()]
    return "".join(parts) + _p(text("scoreboard_rate", study.language)) + _side_by_side(head, rows, 2)


def headline(study: Study) -> str:
    """Headline indicators by scenario with intervals, and differences from the baseline below each."""
    differences = {}
    if not study.comparison.empty:
        overall = study.comparison[study.comparison["by"] == "all"]
        differences = {(row.scenario, row.kpi): row for row in overall.itertuples()}
    rows = []
    for kpi in HEADLINE:
        key = (kpi, "all", "all")
        if not any(key in kpis.index for kpis in study.kpis.values()):
            continue
        unit, factor = shown(_unit(study, key))
        digits = _decimals([kpis.loc[key] for kpis in study.kpis.values() if key in kpis.index], factor)
        cells = [_cell(f"{study.say(label(kpi))}{f' ({study.unit(unit)})' if unit else ''}")]
        for name, kpis in study.kpis.items():
            found = _mean(kpis.loc[key], factor, digits) if key in kpis.index else "–"
            difference = differences.get((name, kpi))
            below = "" if difference is None else _difference(difference, factor, digits, study)
            cells.append(f'<td class="num">{found}{below}</td>')
        rows.append(cells)
    table = _side_by_side([text("indicator", study.language), *study.short.values()], rows, 1, "headline")
    if study.comparison.empty:
        return table
    return _p(_headline_note(study)) + table + _gain(study) + _precision(study)


def method(study: Study) -> str:
    """How the numbers came about, in sentences."""
    items = "".join(f"<li>{html.escape(study.say(sentence))}</li>" for sentence in METHOD)
    return f"<ul>{items}</ul>"


def assumptions(study: Study) -> str:
    """Every parameter of the book that the configuration uses, with its confidence."""
    table = parameter_book.used()
    guesses = int((table["confidence"] == "assumption").sum())
    said = _p(text("assumptions_note", study.language, count=guesses, all=len(table)))
    head = [text(key, study.language) for key in ("name", "value", "range", "source", "confidence")]
    rows = []
    for row in table.itertuples():
        confidence = (
            CONFIDENCE.get(row.confidence, row.confidence) if study.language == "zh" else row.confidence
        )
        unit = "" if row.unit in ("-", "") else f" {row.unit}"
        rows.append(
            [
                f'<td>{html.escape(row.name)} <span class="key">{html.escape(row.symbol)}</span></td>',
                _cell(f"{row.value}{unit}"),
                _cell(row.range),
                _cell(row.source),
                _cell(confidence, "guess" if row.confidence == "assumption" else ""),
            ]
        )
    title = html.escape(text("assumptions", study.language))
    return f"{said}<details><summary>{title} ({len(table)})</summary>{_table(head, rows, 'book')}</details>"


def reproduce(study: Study, command: str) -> str:
    """Commands, seeds, versions and digests."""
    rows = []
    for name, result in study.results.items():
        info, words = result.info, study.overrides(name)
        line = (
            text("unknown_command", study.language)
            if words is None
            else f"python -m sim {' '.join(map(_quoted, words))}"
        )
        commit = str(info.get("git_commit") or "–")[:12]
        digests = f"{info.get('config_digest', '–')}<br>{info['workload_digest']}"
        dirty = f" ({text('changed_code', study.language)})" if info.get("git_dirty") else ""
        rows.append(
            [
                _cell(study.short[name]), f"<td><code>{html.escape(line)}</code></td>", _cell(str(info["seed"]), "num"),
                _cell(str(info["replications"]), "num"), _cell(f"{info.get('wall_time_s', 0):.1f}", "num"),
                f"<td><code>{digests}</code></td>",
                _cell(f"{commit}{dirty}"),
            ]
        )  # fmt: skip
    keys = ("run", "command", "seed", "replications", "seconds", "digests", "commit")
    table = _table([text(key, study.language) for key in keys], rows)
    info = next(iter(study.results.values())).info
    packages = ", ".join(f"{name} {version}" for name, version in info.get("packages", {}).items())
    code = f"fire-response-sim {info.get('version') or '–'}, {info.get('python', '–')}"
    versions = f"{code}, {packages}; {info.get('platform', '–')}"
    return (
        _p(text("reproduce_note", study.language))
        + table
        + _p(f"{text('versions', study.language)}: {versions}")
        + f"<p><code>{html.escape(command)}</code></p>"
    )


def _differing(configs: Sequence[dict[str, Any]]) -> list[str]:
    flat = [_flat(config) for config in configs]
    keys = dict.fromkeys(key for item in flat for key in item)
    return [
        key
        for key in keys
        if key.split(".")[0] not in NOT_COMPARED and len({repr(item.get(key)) for item in flat}) > 1
    ]


def _flat(item: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(item, dict):
        return {path: item}
    found: dict[str, Any] = {}
    for key, inner in item.items():
        found |= _flat(inner, f"{path}.{key}" if path else str(key))
    return found


def _level(measure: str, words: str) -> str:
    """Leave out what a level was before the plan and the name of a station: they stand elsewhere in the row."""
    words = re.sub(r" \(before [^)]*\)", "", words)
    found = re.search(r"(counted as |not )?open\b.*", words) if "stations" in measure else None
    return found[0] if found else words


def _targets(tables: Mapping[str, Any], study: Study) -> str:
    """Return one row a promised number, one column a run that has numbers promised."""
    names: dict[str, str] = {}
    cells: dict[tuple[str, str], str] = {}
    for run, table in tables.items():
        for line in table.to_dict("records"):
            key, chinese = str(line["name"]), line.get("name_zh")
            names[key] = (
                chinese if study.language == "zh" and isinstance(chinese, str) else study.say(label(key))
            )
            cells[key, run] = _target(line, study)
    head = [study.say(label("commitment")), *(study.short[run] for run in tables)]
    rows = [
        [_cell(title), *(cells.get((key, run), "<td></td>") for run in tables)]
        for key, title in names.items()
    ]
    return _side_by_side(head, rows, 1, "headline")


def _target(line: Mapping[Any, Any], study: Study) -> str:
    """Return the cell of a promised number: what is given or found, its range, the target and the verdict."""
    unit, factor = shown("" if pd.isna(line["unit"]) else str(line["unit"]))
    goal, mean, low, high = (factor * float(line[key]) for key in ("target", "mean", "low", "high"))
    found = verdict(str(line["sense"]), goal, low, high)
    sign = dict(zip(SENSES, ("≥", "≤"), strict=True))[str(line["sense"])]
    percent = " %" if unit == "%" else ""
    between = f" ({number(low)}–{number(high)})" if low < high else ""
    words = f"{sign} {number(goal)}{f' {study.unit(unit)}' if unit else ''}: {study.say(label(found))}"
    return (
        f'<td class="num">{html.escape(f"{number(mean)}{percent}{between}")}'
        f'<br><span class="verdict {found}">{html.escape(words)}</span></td>'
    )


def _headline_note(study: Study) -> str:
    methods = set(study.comparison["method"])
    words = "; ".join(
        text("paired" if name == PAIRED else "welch", study.language) for name in sorted(methods)
    )
    return text("headline_note", study.language, baseline=study.short[study.baseline], method=words)


def _gain(study: Study) -> str:
    table = study.comparison
    rows = table[
        (table["by"] == "all") & table["kpi"].isin(HEADLINE) & np.isfinite(table["variance_reduction"])
    ]
    return (
        _p(text("gain", study.language, gain=f"{rows['variance_reduction'].median():,.1f}"))
        if len(rows)
        else ""
    )


def _precision(study: Study) -> str:
    """Say how precise the baseline is and what more replications would bring."""
    info = study.results[study.baseline].info
    found = info.get("precision")
    if not found or any(width is None for width in found["reached"].values()):
        return ""
    widths = ", ".join(
        f"{study.say(label(kpi))} ±{100 * width:.2g} %" for kpi, width in found["reached"].items()
    )
    line = text(
        "precision", study.language, run=study.short[study.baseline], n=info["replications"], widths=widths
    )
    if found["replications_for_aim"] is not None:
        more = {"more": f"{found['replications_for_aim']:,}", "aim": f"{100 * found['aim']:.2g}"}
        line += text("precision_more", study.language, **more)
    return _p(line, "faint")


def _decimals(rows: Sequence[Any], factor: float) -> int:
    """Decimals that show two digits of the widest half-width in a row of the table, three at most."""
    halves = [(row["high"] - row["low"]) / 2 * factor for row in rows]
    sizes = [half for half in halves if half > 0] or [0.01 * abs(row["mean"]) * factor for row in rows]
    largest = max((size for size in sizes if size > 0), default=1.0)
    return int(np.clip(1 - np.floor(np.log10(largest)), 0, 3))


def _mean(row: Any, factor: float, digits: int) -> str:
    mean, half = row["mean"] * factor, (row["high"] - row["low"]) / 2 * factor
    return _fixed(mean, digits) if np.isnan(half) else f"{_fixed(mean, digits)} ±{_fixed(half, digits)}"


def _difference(row: Any, factor: float, digits: int, study: Study) -> str:
    if np.isnan(row.difference):
        return ""
    sure = row.p_adjusted < SIGNIFICANT
    lines = [f"{_fixed(row.difference * factor, digits, '+')}{'*' if sure else ''}"]
    if not np.isnan(row.low):
        to = text("to", study.language)
        lines.append(f"{_fixed(row.low * factor, digits, '+')} {to} {_fixed(row.high * factor, digits, '+')}")
    words = "<br>".join(lines)
    return f'<br><span class="difference{" sure" if sure else ""}">{words}</span>'


def _fixed(value: float, digits: int, sign: str = "") -> str:
    return f"{value:{sign},.{digits}f}".replace("-", "−")


def _share(row: Any) -> str:
    values = [f"{100 * row[key]:.0f}" for key in ("mean", "low", "high")]
    return f"{values[0]} % ({values[1]}–{values[2]})"


def _unit(study: Study, key: tuple[str, str, str]) -> str:
    return next(str(kpis.loc[key]["unit"]) for kpis in study.kpis.values() if key in kpis.index)


def _quoted(word: str) -> str:
    return f"'{word}'" if re.search(r"[\s\[\]{}()*?$&;|<>~]", word) else word


def _csv(folder: Any, name: str) -> Any:
    return pd.read_csv(folder / name) if folder is not None and (folder / name).is_file() else None


def _p(words: str, kind: str = "") -> str:
    return f"<p{f' class={kind!r}' if kind else ''}>{html.escape(words)}</p>"


def _cell(words: str, kind: str = "") -> str:
    return f"<td{f' class={kind!r}' if kind else ''}>{html.escape(words)}</td>"


def _side_by_side(head: Sequence[str], rows: Sequence[Sequence[str]], fixed: int, kind: str = "") -> str:
    """Return a table of runs, neighbours that are the same in every row as one column; the first `fixed` stay."""
    columns = [[*column] for column in zip(*rows, strict=True)]
    groups: list[list[int]] = []
    for place in range(fixed, len(head)):
        if groups and columns and columns[place] == columns[groups[-1][0]]:
            groups[-1].append(place)
        else:
            groups.append([place])
    names = []
    for group in groups:
        own = [head[place] for place in group]
        whole = len(own) > 2 and all(name.isdecimal() for name in own)
        names.append(f"{own[0]}–{own[-1]}" if whole else ", ".join(own))
    kept = [*range(fixed), *(group[0] for group in groups)]
    return _table([*head[:fixed], *names], [[row[place] for place in kept] for row in rows], kind)


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    top = "".join(f"<th>{html.escape(words)}</th>" for words in head)
    body = "".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f'<div class="wide"><table class="{kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
