"""The scoreboard: every promised number, the model's value, and whether the target is met, or with what chance."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETRIGHT
from matplotlib.patches import Rectangle

from sim.analysis.targets import CHANCE, chance_told
from sim.plots.data import RunData
from sim.plots.labels import TERMS, Label, label, number, shown
from sim.plots.registry import figure
from sim.plots.style import BETTER, FAINT, INK, WORSE, note

_SIGNS = {"at least": "≥", "at most": "≤"}
# a sign, a colour and a word each: the verdict also reads in grey
_LOOKS = {"met": ("✔", BETTER), "not_met": ("✘", WORSE), "cannot_be_told": ("?", FAINT), CHANCE: ("", FAINT)}
_COLUMNS = ("name", "sense", "target", "mean", "low", "high", "unit", "verdict")
_CHANCES = ("chance", "chance_low", "chance_high", "chance_years")
# left edges of the columns and the ends of the picture column, as shares of the width
_NAME, _TARGET, _FOUND, _INTERVAL, _PICTURE, _VERDICT = 0.0, 0.285, 0.367, 0.447, (0.535, 0.665), 0.69


@figure(
    "targets", kind="run", title=Label("What the plan promises", "规划承诺指标"), population="all calls", order=40,
    needs={"targets": (*_COLUMNS, *_CHANCES)}, size=lambda data: (15, 2 + 0.46 * len(data.targets)),
    possible=lambda data: not data.targets.empty,
)  # fmt: skip
def targets(data: RunData, picture: Figure) -> None:
    """Draw the scoreboard of the year's promises."""
    scoreboard(data.targets, picture.subplots())


def scoreboard(targets: pd.DataFrame, axes: Axes) -> Axes:
    """Draw one row per target of `_COLUMNS` (sense: at least, at most); with a chance as verdict of `_CHANCES` too.

    A column `name_zh`, if there is one, stands below the name. The picture column shows the interval relative
    to the target, the side where it is met shaded, cut at twice the target, with an arrow where it goes on.
    """
    axes.set(xlim=(0, 1), ylim=(len(targets) + 0.1, -1.1))
    axes.axis("off")
    if targets.empty:
        return note(axes, TERMS["no_data"].stacked)
    left, right = _PICTURE
    heads = {
        _NAME: "commitment", _TARGET: "target", _FOUND: "found", _INTERVAL: "interval",
        (left + right) / 2: "ratio", _VERDICT: "verdict"
    }  # fmt: skip
    for x, key in heads.items():
        middle = "center" if key == "ratio" else "left"
        axes.text(x, -0.5, TERMS[key].stacked, ha=middle, va="center", fontsize=8.5, color=FAINT)
    axes.plot([0, 1], [0, 0], color=INK, linewidth=1)
    for row, target in enumerate(targets.to_dict("records")):
        _row(row, target, axes)
    return axes


def _row(row: int, target: dict[Any, Any], axes: Axes) -> None:
    unit, factor = shown(str(target["unit"]))
    goal, mean, low, high = (factor * float(target[key]) for key in ("target", "mean", "low", "high"))
    middle = row + 0.5
    chinese = target.get("name_zh")
    known = label(str(target["name"]))
    lines = f"{known.en}\n{chinese if isinstance(chinese, str) else known.zh}".strip()
    axes.text(_NAME, middle, lines, va="center", fontsize=9)
    sense = str(target["sense"])
    sign, colour = _LOOKS[target["verdict"]]
    by_chance = target["verdict"] == CHANCE
    words = Label(*chance_told(target)) if by_chance else TERMS[target["verdict"]]
    suffix = f" {unit}" if unit else ""
    percent = " %" if unit == "%" and np.isfinite(mean) else ""
    axes.text(_TARGET, middle, f"{_SIGNS[sense]} {number(goal)}{suffix}", va="center")
    axes.text(_FOUND, middle, f"{number(mean)}{percent}", va="center")
    interval = (
        f"{number(low)} – {number(high)}{percent}" if np.isfinite([low, high]).all() and low < high else "–"
    )
    axes.text(_INTERVAL, middle, interval, va="center")
    axes.text(_VERDICT, middle, sign, va="center", color=colour, fontsize=12)
    axes.text(_VERDICT + 0.025 * (not by_chance), middle, words.stacked, va="center", fontsize=8.5)
    axes.plot([0, 1], [row + 1, row + 1], color="#E0E0E0", linewidth=0.7)
    if goal > 0:
        _picture(middle, np.array([mean, low, high]) / goal, sense, axes, colour)


def _picture(middle: float, ratios: Any, sense: str, axes: Axes, colour: str) -> None:
    """Draw a value and its interval between 0 and 2 targets."""
    left, right = _PICTURE
    goal = (left + right) / 2
    side = goal if sense == "at least" else left
    axes.add_patch(Rectangle((side, middle - 0.3), goal - left, 0.6, facecolor="#E3EEF6", linewidth=0))
    axes.plot([goal, goal], [middle - 0.36, middle + 0.36], color=INK, linewidth=1.2)
    mean, low, high = left + (right - left) * np.clip(ratios, 0, 2) / 2
    axes.plot([low, high], [middle, middle], color=colour, linewidth=2, solid_capstyle="butt")
    if ratios[2] > 2:
        axes.plot([right + 0.008], [middle], marker=CARETRIGHT, color=colour, markersize=5, clip_on=False)
    if ratios[0] <= 2:
        axes.plot([mean], [middle], marker="o", color=colour, markersize=6, markeredgecolor=INK)
