"""Indicators: the results of a replication as numbers. To add one, add an entry to INDICATORS in `table.py`.

All values are tidy: (kpi, by, group, unit, value). `by` names how the incidents are divided, `group` names the
part; by=all means all incidents.
"""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING

from sim.analysis.indicators.registry import Facts, Indicator, Observed
from sim.analysis.indicators.table import INDICATORS
from sim.analysis.indicators.times import MILESTONES, response_times
from sim.simulation.columns import Data

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["HEADLINE", "INDICATORS", "MILESTONES", "Facts", "Indicator", "measure"]

HEADLINE = (
    "first_arrival_mean", "first_arrival_p90", "first_capable_mean", "first_capable_p90", "first_professional_mean",
    "first_professional_p90", "first_water_mean", "first_capable_within_15", "vehicles_per_call", "persons_per_call",
    "utilisation", "loss", "deaths_a", "deaths_b", "deaths_c",
)  # fmt: skip


def measure(incidents: Data, dispatches: Data, facts: Facts) -> pd.DataFrame:
    """Return the indicator values of one replication: kpi, by, group, unit, value.

    Indicators that follow each other and have the same groups stand group by group.
    """
    import pandas as pd

    seen = Observed(incidents, dispatches, facts)
    values = list(response_times(seen))
    for _, alike in groupby(INDICATORS, key=lambda indicator: (indicator.by, indicator.limited)):
        found = [indicator.values(seen) for indicator in alike]
        values += chain.from_iterable(zip(*found, strict=True))
    return pd.DataFrame(values, columns=["kpi", "by", "group", "unit", "value"])
