"""The validation page of a city: what was replayed, how near it came, pictures, and what it may be used for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.city.replay.score import LEAST_BLOCKS, Check, days
from sim.city.replay.validation import Validation
from sim.config.city_file import City
from sim.errors import SimError, explain
from sim.files import only, publish_folder, write_text
from sim.plots.style import new_figure, save, use_style
from sim.studies.markdown import render, sheet

PAGE, TABLE = "validation.md", "validation.csv"
REPLACEABLE = only((PAGE, TABLE, "fit.json", "validation.png", "validation.svg"), "validation", TABLE)
REAL, MADE, OTHER = "#444444", "#0072B2", "#D55E00"
USES = {  # for each use the quantities that it rests on
    "where stations stand, and how many": (
        "first unit, median",
        "first unit, mean",
        "first unit of the own station",
    ),
    "targets for the first unit (share within minutes, 90th percentile)": (
        "first unit, 90th",
        "first unit within",
    ),
    "second vehicles": ("second unit", "first two of one station"),
    "turnout and time at the scene": ("turnout", "stay at the scene"),
    "how many engines are needed at once": ("own station without", "engines out"),
}
MOST_NAMED = 3
MOST_MISSED = 0.34  # share of a use's quantities; beyond it the answer is no


def write(city: City, result: Validation, out: Path, looked: str) -> None:
    """Write the page, its table and its pictures into a folder, complete or not at all."""
    with publish_folder(out, REPLACEABLE) as scratch:
        frame(result.checks).to_csv(scratch / TABLE, index=False, lineterminator="\n")
        result.fit.write(scratch / "fit.json")
        with use_style():
            _draw(city.name, result, scratch)
        write_text(scratch / PAGE, page(city, result, looked))


def frame(checks: Sequence[Check]) -> pd.DataFrame:
    """Return the quantities as a table."""
    rows = [
        (
            c.quantity,
            c.unit,
            c.simulated,
            c.real,
            c.low,
            c.high,
            c.off,
            c.allowed,
            "share" if c.relative else c.unit,
            c.met,
        )
        for c in checks
    ]
    columns = [
        "quantity",
        "unit",
        "simulated",
        "real",
        "real_low",
        "real_high",
        "difference",
        "allowed",
        "difference_unit",
        "met",
    ]
    return pd.DataFrame(rows, columns=columns)


def read(folder: Path) -> list[Check]:
    """Return the quantities of a validation that was written; SimError where its table cannot be read."""
    with explain(folder / TABLE, "read", "validate the city again"):
        table = pd.read_csv(folder / TABLE)
    try:
        return [
            Check(
                row["quantity"], row["unit"], row["simulated"], row["real"], row["real_low"], row["real_high"],
                row["allowed"], relative=row["difference_unit"] == "share" != row["unit"],
            )
            for row in table.to_dict("records")
        ]  # fmt: skip
    except KeyError as problem:
        raise SimError(
            f"{folder / TABLE}: the column {problem} is missing; validate the city again."
        ) from None


def page(city: City, result: Validation, looked: str) -> str:
    """Return the page in Markdown."""
    skill, fit = result.skill, result.fit
    quantities = sheet(
        ("quantity", "simulated", "real", "95 % of the real one", "difference", "allowed", "met"),
        [(c.quantity, _show(c.simulated, c), _show(c.real, c), _range(c), _off(c, c.off), _off(c, c.allowed),
          c.word) for c in result.checks],
    )  # fmt: skip
    scores = sheet(
        ("forecast of the first unit", "mean score (CRPS), s"),
        [("the simulation", f"{skill.simulation:.1f}"), ("a regression on distance and hour", f"{skill.regression:.1f}"),
         ("all earlier incidents alike", f"{skill.climatology:.1f}")],
    )  # fmt: skip
    way = (
        "a multiple of the time through the streets"
        if fit.streets
        else f"a law of distance (power {fit.law.power:g})"
    )
    return render(
        "page.md.jinja", Path(__file__).parent, name=city.name, zone=city.time_zone,
        drawn=_drawn(result), result=result, quantities=quantities, scores=scores,
        skill=skill,
        fit=fit, way=way, uses=verdicts(result.checks), looked=looked, laws=_laws(result),
        travel=sorted(fit.scores.items(), key=lambda it: it[1]),
        better="better" if skill.low > 0 else "worse" if skill.high < 0 else "not to be told apart",
    )  # fmt: skip


def verdicts(checks: Sequence[Check]) -> list[tuple[str, str]]:
    """Return for each use: yes, with care, no, or that the log or so few incidents cannot tell."""
    found = []
    for use, begins in USES.items():
        own = [check for check in checks if check.quantity.startswith(begins)]
        missed = [check.quantity for check in own if not check.met]
        if not any(check.quantity.startswith(begins[-1]) for check in own):
            word = "the log cannot tell"
        elif not missed:
            word = "yes"
        elif len(missed) <= MOST_MISSED * len(own):
            word = f"with care ({_some(missed)})"
        elif surely := [check.quantity for check in own if check.word == "NO"]:
            word = f"no ({_some(surely)})"
        else:
            word = f"too few incidents to tell ({_some(missed)})"
        found.append((use, word))
    return found


def _drawn(result: Validation) -> str:
    count = len(np.unique(days(result.of)))
    return (
        "whole days"
        if count >= LEAST_BLOCKS
        else f"single incidents, since {LEAST_BLOCKS} days or more are needed to draw days,"
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return "; ".join(names[:MOST_NAMED]) + more


def _laws(result: Validation) -> list[tuple[str, str]]:
    fit = result.fit
    told = [("call to order", fit.handling), ("turnout, factor on the station's mean", fit.turnout)]
    return [(name, f"{law.law}, {law.size:,} values") for name, law in told if law]


def _show(value: float, check: Check) -> str:
    return (
        "-"
        if not np.isfinite(value)
        else f"{100 * value:.1f} %"
        if check.unit == "share"
        else f"{value:.1f} {check.unit}"
    )


def _range(check: Check) -> str:
    return "-" if not np.isfinite(check.low) else f"{_show(check.low, check)} to {_show(check.high, check)}"


def _off(check: Check, value: float) -> str:
    if check.relative:
        return f"{100 * value:+.1f} %" if value is check.off else f"{100 * value:.1f} %"
    return f"{100 * value:.1f} points" if check.unit == "share" else f"{value:.1f} {check.unit}"


def _draw(name: str, result: Validation, folder: Path) -> None:
    picture = new_figure(10, 7.2)
    axes = picture.subplots(2, 2)
    _curve(axes[0, 0], result, "first_s", "First unit")
    _curve(axes[0, 1], result, "second_s", "Second unit")
    _means(axes[1, 0], result)
    _ranks(axes[1, 1], result)
    picture.suptitle(
        f"{name}: {len(result.of):,} incidents, {result.from_:%Y-%m-%d} to {result.until:%Y-%m-%d}",
        fontsize=11,
    )
    save(picture, folder, "validation")


def _curve(axes: Axes, result: Validation, column: str, title: str) -> None:
    truth = getattr(result.seen, column)
    made = np.concatenate([getattr(run, column) for run in result.runs])
    for values, label, colour in ((truth, "real", REAL), (made, "simulated", MADE)):
        known = np.sort(values[np.isfinite(values)]) / 60
        if len(known):
            axes.plot(known, np.arange(1, len(known) + 1) / len(known), color=colour, label=label)
    axes.set(
        title=f"{title}, order to scene", xlabel="min", ylabel="share arrived", xlim=(0, 20), ylim=(0, 1)
    )
    if axes.lines:
        axes.legend(loc="lower right", frameon=False)


def _means(axes: Axes, result: Validation) -> None:
    hours = [check for check in result.checks if check.quantity.endswith(" h")]
    place = np.arange(len(hours))
    real = np.array([check.real for check in hours])
    half = np.array([check.high - check.real for check in hours])
    axes.errorbar(place - 0.08, real, half, fmt="o", color=REAL, label="real, 95 %", capsize=3)
    axes.plot(place + 0.08, [check.simulated for check in hours], "s", color=MADE, label="simulated")
    axes.set(title="First unit, mean by hour of the day", ylabel="s", ylim=(0, None))
    axes.set_xticks(place, [check.quantity.split(", ")[-1] for check in hours], fontsize=8)
    axes.legend(loc="lower right", frameon=False)


def _ranks(axes: Axes, result: Validation) -> None:
    counts = result.skill.ranks / result.skill.ranks.sum()
    axes.bar(np.arange(len(counts)), counts, width=0.9, color=MADE)
    axes.axhline(1 / len(counts), color=OTHER, linewidth=1)
    axes.set(
        title="Rank of the real one among the simulated",
        xlabel="soonest → latest",
        ylabel="share of incidents",
    )
    axes.set_xticks([])
