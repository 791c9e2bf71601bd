"""The outputs of a sensitivity study: indicators of a year, and their change from a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.errors import SimError

PER_YEAR = "/yr"
CHANGE = ":change"

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
        """The unit of its values."""
        return "%" if self.relative else self.unit

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
