"""Write the page of a sensitivity study from its tables alone; its words are in page.md.jinja."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.plots.labels import number
from sim.studies import markdown
from sim.studies.markdown import sheet
from sim.studies.sensitivity.rank_order import OF_NOTE
from sim.studies.sensitivity.report import FILES, Output, Report, group, key, percent, true

NAMED = 3  # parameters named for a result in the summary
LAWS = {"uniform": "evenly", "log": "evenly in the logarithm", "whole": "whole numbers, evenly"}
LEAST = 0.0005  # of an effect, in the unit shown, that is written as a number


def render(report: Report) -> str:
    """Return the page."""
    asked, tables = report.settings, report.tables
    weights = tables["importance"].head(len(asked["matter"]) or NAMED)
    first = [
        f"`{key(symbol)}` ({report.name(symbol).split(' (')[0].split(';')[0]}) {percent(weight)}"
        for symbol, weight in zip(weights["parameter"], weights["importance"], strict=True)
    ]
    moved = tables["parameters"].loc[tables["parameters"]["workload"].map(true), "parameter"]
    count = asked["replications"]
    return markdown.render(
        "sensitivity/page.md.jinja",
        report=report, asked=asked, files=FILES, first=", ".join(first), of_note=percent(OF_NOTE), percent=percent,
        common=f", with {' '.join(f'`{item}`' for item in asked['common'])}" if asked["common"] else "",
        replications="one replication" if count == 1 else f"{count} replications",
        orders=tables["orders"].to_dict("records") if "orders" in tables else [],
        moved=", ".join(f"`{key(symbol)}`" for symbol in moved),
        movers=_movers, kept_order=_order, results=_results, parameters=_parameters, values=_values, effects=_effects,
    )  # fmt: skip


def _movers(report: Report, output: Output) -> str:
    """Return what moves a result most, with its values at both ends of the parameters' ranges."""
    ends = report.of("tornado", output).set_index("parameter")
    size = (ends["high"] - ends["low"]).abs()
    if "morris" in report.tables:
        size = report.of("morris", output).set_index("parameter")["mu_star"]
    ordered = size.sort_values(ascending=False, kind="stable")
    shipped = f"{output.value(float(ends['nominal'].iloc[0]))} {output.shown_unit} as shipped"
    parts = [
        f"`{key(str(name))}` ({_ends(output, ends.loc[name])})"
        for name in ordered.index[:NAMED]
        if ordered[name] > 0
    ]
    if not parts:
        return f"{shipped}; nothing that is varied moves it."
    return f"{shipped}; moved most by {', '.join(parts)}."


def _order(report: Report, row: dict[Any, Any]) -> str:
    """Return in a sentence whether the measures keep their order by an indicator."""
    groups = report.tables["groups"]
    kept = (
        groups.loc[(groups["kpi"] == row["kpi"]) & groups["ranked"].map(true), "group"].map(group).to_list()
    )
    by = f"Measures by {_lower(report.output(row['kpi']).heading)}"
    if len(kept) < 2:
        return f"{by}: {kept[0] if kept else 'none'} alone has an effect of note."
    return (
        f"{by}: {' > '.join(_lower(name) for name in kept)} as shipped. The whole order holds at "
        f"{percent(row['same_order'])} of {int(row['points'])} points, the first place at {percent(row['same_first'])}; "
        f"Kendall's tau {row['tau_mean']:.2f} on average, {row['tau_least']:.2f} at the worst point."
    )


def _results(report: Report) -> str:
    columns = {"spread": ("least", "middle", "most")} if "spread" in report.tables else {}
    rows = []
    for output in report.outputs:
        cells = [report.named(output), output.shown_unit]
        for table, names in {"tornado": ("nominal",), **columns}.items():
            found = report.of(table, output).iloc[0]
            cells += [output.value(float(found[name])) for name in names]
        rows.append(cells)
    return sheet(["result", "unit", "as shipped", *(["least", "median", "most"] if columns else [])], rows)


def _parameters(report: Report) -> str:
    weights = report.tables["importance"].set_index("parameter")["importance"]
    rows = []
    table = report.tables["parameters"].set_index("parameter")
    for symbol in report.order:
        row: Any = table.loc[symbol]
        keys = ", ".join(f"`{item}`" for item in str(row["keys"]).split())
        law = LAWS[row["law"]] + ("; changes the incidents" if true(row["workload"]) else "")
        ends = [number(row[name]) for name in ("nominal", "low", "high")]
        rows.append([
            f"`{key(symbol)}`", str(row["name"]), str(row["unit"]), *ends, law, keys, str(row["confidence"]),
            f"{100 * weights[symbol]:.1f} %",
        ])  # fmt: skip
    headers = [
        "parameter", "meaning", "unit", "shipped", "low", "high", "spread", "keys", "confidence", "importance",
    ]  # fmt: skip
    return sheet(headers, rows)


def _values(report: Report, table: str) -> str:
    """Return a table of a stage for the year and one for the changes: a line a parameter, a column a result."""
    order = [name for name in report.order if name in set(report.tables[table]["parameter"])]
    parts = []
    for change in (False, True):
        outputs = [output for output in report.outputs if output.change == change]
        tables = [report.of(table, output).set_index("parameter") for output in outputs]
        rows = [
            [
                f"`{key(name)}`",
                *(CELLS[table](o, found.loc[name]) for o, found in zip(outputs, tables, strict=True)),
            ]
            for name in order
        ]
        heads = [o.heading if table == "sobol" else f"{o.heading} ({o.shown_unit})" for o in outputs]
        parts.append(sheet([report.title(outputs[0]), *heads], rows))
    return "\n".join(parts)


def _ends(output: Output, row: Any) -> str:
    return f"{output.value(row['low'])} … {output.value(row['high'])}"


def _size(output: Output, row: Any) -> str:
    size, half, sigma = (number(row[name] * output.scale) for name in ("mu_star", "mu_star_conf", "sigma"))
    if row["mu_star"] * output.scale < LEAST:
        return "≈ 0" if row["mu_star"] else "0"
    return f"{size} ± {half} ({'−' if row['mu'] < 0 else '+'}; σ {sigma})"


def _shares(_: Output, row: Any) -> str:
    if np.isnan(row["st"]):
        return "–"
    shown = [f"{row[name]:.2f}".replace("-", "−") for name in ("s1", "s1_conf", "st", "st_conf")]
    return f"{shown[0]} ± {shown[1]} / {shown[2]} ± {shown[3]}"


CELLS = {"tornado": _ends, "morris": _size, "sobol": _shares}


def _effects(report: Report, kpi: str) -> str:
    """Return the table of what the groups of measures do (saved is positive), and which do nothing."""
    output = report.output(kpi)
    lines, idle = [], []
    for row in report.tables["groups"].query("kpi == @kpi").to_dict("records"):
        values = [float(row[name]) for name in ("nominal", "least", "middle", "most")]
        if not any(values[i] for i in (0, 1, 3)):
            idle.append(_lower(group(str(row["group"]))))
            continue
        effect = [
            output.value(x, signed=True) if not 0 < abs(x * output.scale) < LEAST else "≈ 0" for x in values
        ]
        rank = [f"{row['rank']:g}", percent(row["same_rank"])] if true(row["ranked"]) else ["–", "–"]
        lines.append([group(str(row["group"])), *effect, *rank])
    headers = ["group", f"as shipped ({output.shown_unit})", "least", "median", "most", "rank", "same rank"]
    return sheet(headers, lines) + (f"\nWithout any effect: {', '.join(idle)}.\n" if idle else "")


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
