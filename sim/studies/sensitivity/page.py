"""Write the page of a sensitivity study from its tables alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.plots.labels import number
from sim.studies.sensitivity.outputs import Output
from sim.studies.sensitivity.rank_order import OF_NOTE
from sim.studies.sensitivity.report import (
    FILES,
    Report,
    group,
    heading,
    key,
    percent,
    scale,
    true,
    unit,
    value,
)

NAMED = 3  # parameters named for a result in the summary
LAWS = {"uniform": "evenly", "log": "evenly in the logarithm", "whole": "whole numbers, evenly"}
LEAST = 0.0005  # of an effect, in the unit shown, that is written as a number
Cell = Callable[[Output, Any], str]


def render(report: Report) -> str:
    """Return the page."""
    parts = [_head(report), _short(report), _results(report), _parameters(report), _one_at_a_time(report)]
    stages = (("morris", _morris), ("sobol", _sobol), ("orders", _measures))
    parts += [part(report) for table, part in stages if table in report.tables]
    return "\n".join([*parts, _limits(report)])


def _head(report: Report) -> str:
    asked = report.settings
    more = f", with {' '.join(f'`{item}`' for item in asked['common'])}" if asked["common"] else ""
    return f"""\
# Sensitivity: which assumptions move the results

Written by this command; do not edit it by hand. Its tables are in [{FILES}/]({FILES}/).

    {asked["command"]}

{asked["region"]}: {len(report.order)} parameters are varied, each over its range in
[the parameter book](parameter-book.md) or one given in the command. Every point is a run of {asked["scenario"]} and
one of {asked["baseline"]}{more}: {_replications(asked["replications"])} of {asked["days"]} days, with the same incidents
and the same luck at every point (seed {asked["seed"]}), so that what differs between points is due to the parameters.
"""


def _short(report: Report) -> str:
    weights = report.tables["importance"]
    first = weights.head(len(report.settings["matter"]) or NAMED).to_dict("records")
    listed = ", ".join(f"{_name(report, row['parameter'])} {percent(row['importance'])}" for row in first)
    lines = [
        f"- Most important over all results (share of the effects, each result counting alike): {listed}."
    ]
    lines += [f"- {_title(report, output)}: {_movers(report, output)}" for output in report.outputs]
    if "orders" in report.tables:
        lines += [f"- {_order(report, row)}" for row in report.tables["orders"].to_dict("records")]
    return "## In short\n\n" + "\n".join(lines) + "\n"


def _movers(report: Report, output: Output) -> str:
    """Return what moves a result most, with its values at both ends of the parameters' ranges."""
    ends = report.of("tornado", output).set_index("parameter")
    if "morris" in report.tables:
        size = report.of("morris", output).set_index("parameter")["mu_star"]
    else:
        size = (ends["high"] - ends["low"]).abs()
    ordered = size.sort_values(ascending=False, kind="stable")
    low, high = ends["low"].to_dict(), ends["high"].to_dict()
    moving = [str(name) for name in ordered.index[:NAMED] if ordered[name] > 0]
    shipped = f"{value(output, float(ends['nominal'].iloc[0]))} {unit(output)} as shipped"
    if not moving:
        return f"{shipped}; nothing that is varied moves it."
    parts = [f"`{key(name)}` ({value(output, low[name])} … {value(output, high[name])})" for name in moving]
    return f"{shipped}; moved most by {', '.join(parts)}."


def _order(report: Report, row: dict[Any, Any]) -> str:
    """Return in a sentence whether the measures keep their order by an indicator."""
    output = next(o for o in report.outputs if o.kpi == row["kpi"])
    groups = report.tables["groups"]
    kept = [
        group(str(item["group"]))
        for item in groups[groups["kpi"] == row["kpi"]].to_dict("records")
        if true(item["ranked"])
    ]
    by = f"Measures by {_lower(heading(output))}"
    if len(kept) < 2:
        return f"{by}: {kept[0] if kept else 'none'} alone has an effect of note."
    return (
        f"{by}: {' > '.join(_lower(name) for name in kept)} as shipped. The whole order holds at "
        f"{percent(row['same_order'])} of {int(row['points'])} points, the first place at {percent(row['same_first'])}; "
        f"Kendall's tau {row['tau_mean']:.2f} on average, {row['tau_least']:.2f} at the worst point."
    )


def _results(report: Report) -> str:
    spread = report.tables.get("spread")
    rows = []
    for output in report.outputs:
        nominal = float(report.of("tornado", output)["nominal"].iloc[0])
        cells = [_title(report, output), unit(output), value(output, nominal)]
        if spread is not None:
            found = report.of("spread", output).iloc[0]
            cells += [value(output, float(found[name])) for name in ("least", "middle", "most")]
        rows.append(cells)
    headers = ["result", "unit", "as shipped", *(["least", "median", "most"] if spread is not None else [])]
    whole = (
        "Times are over all incidents that were reached, of every type; water and deaths are of fires.\n\n"
    )
    text = (
        "Least, median and most are over the points of Morris's design, where all parameters vary at once between the "
        "ends of their ranges: how far the assumptions together can move a result, not how likely that is.\n\n"
    )
    return f"## The results\n\n{whole}{text if spread is not None else ''}{_sheet(headers, rows)}"


def _parameters(report: Report) -> str:
    table = report.tables["parameters"].set_index("parameter").loc[report.order]
    weights = report.tables["importance"].set_index("parameter")["importance"]
    rows = []
    for row in table.reset_index().to_dict("records"):
        symbol = str(row["parameter"])
        keys = ", ".join(f"`{item}`" for item in str(row["keys"]).split())
        law = LAWS[str(row["law"])] + ("; changes the incidents" if true(row["workload"]) else "")
        ends = [number(row[name]) for name in ("nominal", "low", "high")]
        name, measure, sure = (str(row[column]) for column in ("name", "unit", "confidence"))
        rows.append(
            [f"`{key(symbol)}`", name, measure, *ends, law, keys, sure, f"{100 * weights[symbol]:.1f} %"]
        )
    headers = [
        "parameter", "meaning", "unit", "shipped", "low", "high", "spread", "keys", "confidence", "importance",
    ]  # fmt: skip
    text = (
        "Importance is the parameter's share in the sizes of all effects on a result, averaged over the results. "
        "Values lie evenly in the range, in its logarithm where the book's law is log-normal."
    )
    if "parameters=" not in report.settings["command"]:
        text += (
            " These are, of all that the book marks as assumptions, those that move the results most one at a time "
            "(`parameters=assumptions trajectories=0 samples=0 points=0`), apart from how many calls of each kind there "
            "are: other totals draw other incidents, and what they do is part luck."
        )
    return f"## The parameters\n\n{text}\n\n{_sheet(headers, rows)}"


def _one_at_a_time(report: Report) -> str:
    def cell(output: Output, row: Any) -> str:
        return f"{value(output, row['low'])} … {value(output, row['high'])}"

    text = "The result at the low and at the high end of a parameter's range, all others as shipped."
    return _section(report, "One at a time", "tornado", text, cell)


def _morris(report: Report) -> str:
    def cell(output: Output, row: Any) -> str:
        size, half, sigma = (
            number(row[name] * scale(output)) for name in ("mu_star", "mu_star_conf", "sigma")
        )
        if row["mu_star"] * scale(output) < LEAST:
            return "≈ 0" if row["mu_star"] else "0"
        return f"{size} ± {half} ({'−' if row['mu'] < 0 else '+'}; σ {sigma})"

    text = (
        f"{report.settings['trajectories']} trajectories: the mean size μ* of the effect that a parameter's whole range "
        "has on a result while the others vary, ± half of its 95 % interval (bootstrap), and in brackets the sign of the "
        "mean effect and the spread σ of the effects. Where σ is as large as μ*, the effect depends on the other "
        "parameters or is curved."
    )
    return _section(report, "Screening (Morris)", "morris", text, cell)


def _sobol(report: Report) -> str:
    def cell(_: Output, row: Any) -> str:
        if np.isnan(row["st"]):
            return "–"
        shown = [f"{row[name]:.2f}".replace("-", "−") for name in ("s1", "s1_conf", "st", "st_conf")]
        return f"{shown[0]} ± {shown[1]} / {shown[2]} ± {shown[3]}"

    matter = report.settings["matter"]
    text = (
        f"First / total index of the {len(matter)} most important parameters, ± half of the 95 % interval (bootstrap), "
        f"from {report.settings['samples'] * (len(matter) + 2)} points: the share of the result's variance that goes "
        "with the parameter alone, and with it and its part in interactions. All others are as shipped. Where an "
        "interval is wide, the points are too few to tell; more `samples` narrow it."
    )
    return _section(report, "Variance (Sobol)", "sobol", text, cell)


def _measures(report: Report) -> str:
    asked, orders = report.settings, report.tables["orders"].set_index("kpi")
    text = (
        f"At {asked['points']} points of a Latin hypercube over all parameters, each group of measures is switched off "
        f"alone in {asked['scenario']}; its effect is what is lost then. Groups with less than {percent(OF_NOTE)} of the "
        "largest effect as shipped are not ranked: their place would be chance. *Same rank* is the share of the points "
        "at which a group has the rank that it has as shipped."
    )
    parts = [f"## Do the measures keep their order?\n\n{text}\n"]
    parts.append(f"![Effects of the measures at all points]({FILES}/measures.png)\n")
    for output in [output for output in report.outputs if not output.change]:
        rows = report.tables["groups"][report.tables["groups"]["kpi"] == output.kpi].to_dict("records")
        acting = [row for row in rows if any(row[name] for name in ("nominal", "least", "most"))]
        idle = [_lower(group(str(row["group"]))) for row in rows if row not in acting]
        headers = ["group", f"as shipped ({unit(output)})", "least", "median", "most", "rank", "same rank"]
        sheet = _sheet(headers, [_effect(output, row) for row in acting])
        held: dict[Any, Any] = orders.loc[output.kpi].to_dict()
        text = f"The whole order holds at {percent(held['same_order'])} of the points, the first place at "
        text += percent(held["same_first"])
        if not np.isnan(held["tau_mean"]):
            text += f"; Kendall's tau is {held['tau_mean']:.2f} on average and {held['tau_least']:.2f} at the worst point"
        rest = f"\nWithout any effect: {', '.join(idle)}.\n" if idle else ""
        parts.append(f"### {heading(output)}\n\n{text}.\n\n{sheet}{rest}")
    return "\n".join(parts)


def _effect(output: Output, row: dict[Any, Any]) -> list[str]:
    """Return a line of the table of effects: saved is positive."""
    values = [float(row[name]) for name in ("nominal", "least", "middle", "most")]
    effect = [
        value(output, x, signed=True) if not 0 < abs(x * scale(output)) < LEAST else "≈ 0" for x in values
    ]
    rank = [f"{row['rank']:g}", percent(row["same_rank"])] if true(row["ranked"]) else ["–", "–"]
    return [group(str(row["group"])), *effect, *rank]


def _limits(report: Report) -> str:
    asked, table = report.settings, report.tables["parameters"]
    moved = [f"`{key(str(row['parameter']))}`" for row in table.to_dict("records") if true(row["workload"])]
    demand = f"- The incidents depend on {', '.join(moved)}: they differ between points, not between the years of one.\n"
    count = _replications(asked["replications"]).capitalize()
    return f"""\
## How to read this

- Yearly amounts such as deaths are calibrated to {asked["baseline"]} with the parameters as shipped, and a changed
  parameter moves the amount of {asked["baseline"]} too. Their change is therefore given in per cent of
  {asked["baseline"]} at the same point, which does not depend on the calibration.
- Parameters vary independently of each other. Where the book gives the law of single cases (a log-normal duration), its
  range is read as that of the median. That is wider than what is not known of the median: such a parameter may matter
  less than it looks here.
{demand if moved else ""}\
- {count} at every point: enough to tell the parameters apart. They do not give the precision of a result; for
  that, see the intervals of `python -m sim compare`.
- What no number stands for is not varied here: run cards, which teams join the platform first, the shape of a risk curve.
"""


def _section(report: Report, title: str, table: str, text: str, cell: Cell) -> str:
    """Return a section with its picture, a table for the year and one for the changes."""
    order = [name for name in report.order if name in set(report.tables[table]["parameter"])]
    parts = [f"## {title}\n\n{text}\n\n![{title}]({FILES}/{table}.png)\n"]
    for change in (False, True):
        outputs = [output for output in report.outputs if output.change == change]
        sheets: dict[str, pd.DataFrame] = {
            o.name: report.of(table, o).set_index("parameter") for o in outputs
        }
        rows = [[f"`{key(name)}`", *(cell(o, sheets[o.name].loc[name]) for o in outputs)] for name in order]
        heads = [heading(o) if table == "sobol" else f"{heading(o)} ({unit(o)})" for o in outputs]
        parts.append(_sheet([report.title(outputs[0]), *heads], rows))
    return "\n".join(parts)


def _title(report: Report, output: Output) -> str:
    return f"{heading(output)}, {report.title(output)}"


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _replications(count: int) -> str:
    return "one replication" if count == 1 else f"{count} replications"


def _name(report: Report, symbol: str) -> str:
    """Return a parameter with its meaning up to the first aside."""
    return f"`{key(symbol)}` ({report.name(symbol).split(' (')[0].split(';')[0]})"


def _sheet(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)
