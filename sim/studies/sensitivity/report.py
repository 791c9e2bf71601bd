"""The outputs of a sensitivity study, and a finished study read from its files, as its page and figures need it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import SimError
from sim.plots.labels import Label, label, number, shown
from sim.studies import markdown
from sim.studies.attribution.output import NAMES

FILES, PAGE = "sensitivity", "sensitivity.md"
TABLES = (
    "parameters", "importance", "tornado", "morris", "spread", "sobol", "effects", "groups", "orders", "points",
)  # fmt: skip
LONGEST = 42  # letters of a parameter's name in a picture
PER_YEAR, CHANGE = "/yr", ":change"
# The names of the groups of measures in a waterfall, on one line in each language.
GROUPS = {
    group: Label(" ".join(text.split("\n")[:-1]), text.split("\n")[-1]) for group, text in NAMES.items()
}
Measured = Mapping[str, float]  # indicators of a run over all incidents, mean over its replications


@dataclass(frozen=True)
class Output:
    """An indicator of the scenario, or its change from the baseline at the same point.

    The change of a time or a share is a difference. That of a yearly amount, such as deaths, is in per cent of the
    baseline at the same point: the amounts are calibrated with the shipped parameters, so that a point moves the
    baseline's amount too, and only their ratio does not depend on the calibration.
    """

    kpi: str
    unit: str
    change: bool

    @property
    def name(self) -> str:
        """The name in tables: the indicator, with `:change` behind it for its change."""
        return f"{self.kpi}{CHANGE}" if self.change else self.kpi

    @property
    def relative(self) -> bool:
        """Whether it is in per cent of the baseline."""
        return self.change and self.unit.endswith(PER_YEAR)

    @property
    def shown_unit(self) -> str:
        """The unit a reader sees: `min`, `%` for a relative change, deaths a year."""
        return "%" if self.relative else shown(self.unit)[0]

    @property
    def scale(self) -> float:
        """The factor from a stored value to the one shown."""
        return 1.0 if self.relative else shown(self.unit)[1]

    @property
    def heading(self) -> str:
        """The name of its indicator in English."""
        return label(self.kpi).en

    def value(self, amount: float, *, signed: bool | None = None) -> str:
        """Return a value as shown, signed if it is a change."""
        text = number(amount * self.scale)
        plus = self.change if signed is None else signed
        return f"+{text}" if plus and amount * self.scale > 0 and text != "0" else text

    def of(self, scenario: Measured, baseline: Measured) -> float:
        """Return its value from the indicators of both runs at a point."""
        here, before = scenario[self.kpi], baseline[self.kpi]
        if not self.change:
            return here
        if self.relative:
            return 100.0 * (here / before - 1.0) if before else np.nan
        return here - before


def outputs(kpis: Sequence[str], units: Mapping[str, str]) -> list[Output]:
    """Return each indicator and its change; SimError for one that a run does not have over all incidents."""
    for kpi in kpis:
        if kpi not in units:
            raise SimError(f"kpis has {kpi!r}; allowed: {', '.join(units)}.")
    return [Output(kpi, units[kpi], change) for change in (False, True) for kpi in kpis]


def measured(values: pd.DataFrame) -> tuple[dict[str, float], dict[str, str]]:
    """Return the means over replications of a run's indicators over all incidents, and their units."""
    whole = values[values["by"] == "all"]
    means = whole.groupby("kpi", sort=False)["value"].mean()
    units = whole.drop_duplicates("kpi").set_index("kpi")["unit"]
    return {str(k): float(v) for k, v in means.items()}, {str(k): str(u) for k, u in units.items()}


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

    def named(self, output: Output) -> str:
        """Return an indicator and the year, or the years of its change."""
        return f"{output.heading}, {self.title(output)}"

    def output(self, kpi: str) -> Output:
        """Return an indicator of the scenario."""
        return next(output for output in self.outputs if output.kpi == kpi)

    def name(self, symbol: str) -> str:
        """Return the meaning of a parameter as the book words it."""
        rows = self.tables["parameters"].set_index("parameter")
        return str(rows.loc[symbol, "name"])


def read(folder: Path) -> Report:
    """Return the study whose tables and settings lie in `folder`; SimError if one cannot be read."""
    return Report(*markdown.read_study(folder, TABLES, "sensitivity"))


def short(symbol: str, name: str) -> str:
    """Return a parameter as a picture names it: its meaning over lines, and its symbol or the end of its key."""
    words = textwrap.fill(re.split(r" \(|;|: ramp", name)[0], LONGEST)
    return f"{words}\n{key(symbol)}"


def key(symbol: str) -> str:
    """Return a symbol, or the last three parts of a key of the configuration."""
    return ".".join(symbol.split(".")[-3:])


def percent(share: float) -> str:
    """Return a share as a reader sees it: `95 %`."""
    return f"{share:.0%}".replace("%", " %")


def group(name: str) -> str:
    """Return a group of measures in English."""
    return GROUPS[name].en if name in GROUPS else name


def true(item: object) -> bool:
    """Return whether a field of a table that was read says True."""
    return str(item) == "True"
