"""Read a finished sensitivity study from its files, with the names and numbers that its page and figures share."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sim.errors import SimError
from sim.plots.labels import Label, label, number, shown
from sim.studies.attribution.output import NAMES
from sim.studies.sensitivity.outputs import Output

FILES, PAGE, SETTINGS = "sensitivity", "sensitivity.md", "study.json"
TABLES = (
    "parameters", "importance", "tornado", "morris", "spread", "sobol", "effects", "groups", "orders", "points",
)  # fmt: skip
LONGEST = 42  # letters of a parameter's name in a picture
# The names of the groups of measures in a waterfall, on one line in each language.
GROUPS = {
    group: Label(" ".join(text.split("\n")[:-1]), text.split("\n")[-1]) for group, text in NAMES.items()
}


@dataclass(frozen=True)
class Report:
    """Settings and tables of a study that is done."""

    settings: dict[str, Any]
    tables: dict[str, pd.DataFrame]

    @property
    def outputs(self) -> list[Output]:
        """The results whose sensitivity was asked for: of the year first, then the changes."""
        return [Output(**item) for item in self.settings["outputs"]]

    @property
    def order(self) -> list[str]:
        """The parameters, the most important first."""
        return [str(name) for name in self.tables["importance"]["parameter"]]

    def of(self, table: str, output: Output) -> pd.DataFrame:
        """Return the rows of a table that are about an output."""
        rows = self.tables[table]
        return rows[rows["output"] == output.name]

    def title(self, output: Output) -> str:
        """Return what an output is, without its unit: `2025`, or `2023 → 2025` for a change."""
        years = self.settings["baseline"], self.settings["scenario"]
        return f"{years[0]} → {years[1]}" if output.change else str(years[1])

    def name(self, symbol: str) -> str:
        """Return the meaning of a parameter as the book words it."""
        rows = self.tables["parameters"].set_index("parameter")
        return str(rows.loc[symbol, "name"])


def read(folder: Path) -> Report:
    """Return the study whose tables and settings lie in `folder`; SimError if one cannot be read."""
    try:
        settings = json.loads((folder / SETTINGS).read_text(encoding="utf-8"))
        tables = {
            name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""])
            for name in TABLES
            if (folder / f"{name}.csv").is_file()
        }
    except (OSError, ValueError) as problem:
        raise SimError(f"{folder} is no sensitivity study that can be read: {problem}.") from None
    return Report(settings, tables)


def short(symbol: str, name: str) -> str:
    """Return a parameter as a picture names it: its meaning cut short, and its symbol or the end of its key."""
    words = re.split(r" \(|;|: ramp", name)[0]
    if len(words) > LONGEST:
        words = words[:LONGEST].rsplit(" ", 1)[0] + " …"
    return f"{words}\n{key(symbol)}"


def key(symbol: str) -> str:
    """Return a symbol, or the last three parts of a key of the configuration."""
    return ".".join(symbol.split(".")[-3:])


def unit(output: Output) -> str:
    """Return the unit a reader sees: `min`, `% of the baseline` for a relative change, deaths a year."""
    return "%" if output.relative else shown(output.unit)[0]


def scale(output: Output) -> float:
    """Return the factor from a stored value to the one shown."""
    return 1.0 if output.relative else shown(output.unit)[1]


def value(output: Output, amount: float, *, signed: bool | None = None) -> str:
    """Return a value of an output as shown, signed if it is a change."""
    text = number(amount * scale(output))
    plus = output.change if signed is None else signed
    return f"+{text}" if plus and amount * scale(output) > 0 and text != "0" else text


def heading(output: Output) -> str:
    """Return the name of an output's indicator in English."""
    return label(output.kpi).en


def percent(share: float) -> str:
    """Return a share as a reader sees it: `95 %`."""
    return f"{share:.0%}".replace("%", " %")


def group(name: str) -> str:
    """Return a group of measures in English."""
    return GROUPS[name].en if name in GROUPS else name


def true(item: object) -> bool:
    """Return whether a field of a table that was read says True."""
    return str(item) == "True"
