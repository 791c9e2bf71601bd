"""The two calibrations of the outcome on scenario 2023.

They are the yearly mean of weight × risk by curve (outcome.baseline_risk) and the mean uncalibrated loss of a fire
(outcome.baseline_loss_cny). With them, scenario 2023 has the configured deaths a year and mean loss.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from sim.analysis.statistics import Interval, student
from sim.config.compose import compose
from sim.runs import replications
from sim.simulation import replication

KPIS = {"a": "deaths_a", "b": "deaths_b", "c": "deaths_c", "loss": "loss_mean"}


def measure(options: Sequence[str]) -> dict[str, Interval]:
    """Return the 95 % interval of each calibration."""
    fixed = ["outcome.baseline_risk={a: 1, b: 1, c: 1}", "outcome.baseline_loss_cny=1"]
    config = compose([*options, *fixed, "outcome.deaths_per_year=1", "outcome.loss_mean_cny=1"])
    parts = [tables.indicators for tables in replications.run(replication.build_world(config))]
    values = pd.concat(parts)
    return {
        name: student(values.loc[(values["by"] == "all") & (values["kpi"] == kpi), "value"])
        for name, kpi in KPIS.items()
    }
