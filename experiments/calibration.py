"""Measure the two calibrations of the outcome on scenario 2023 and print them for configs/outcome.

    python -m experiments.calibration [replications=100] [key=value ...]

They are the yearly mean of weight × risk by curve (outcome.baseline_risk) and the mean uncalibrated loss of a fire
(outcome.baseline_loss_cny). With them, scenario 2023 has the configured deaths a year and mean loss.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pandas as pd

from experiments.command_line import command
from sim.analysis.statistics import Interval, student
from sim.config.compose import compose
from sim.runs import replications
from sim.simulation import replication

REPLICATIONS = 100
KPIS = {"a": "deaths_a", "b": "deaths_b", "c": "deaths_c", "loss": "loss_mean"}


def measure(arguments: Sequence[str]) -> dict[str, Interval]:
    """Return the 95 % interval of each calibration."""
    options = ["scenario=2023", f"replications={REPLICATIONS}", *arguments]
    fixed = ["outcome.baseline_risk={a: 1, b: 1, c: 1}", "outcome.baseline_loss_cny=1"]
    config = compose([*options, *fixed, "outcome.deaths_per_year=1", "outcome.loss_mean_cny=1"])
    parts = [tables.indicators for tables in replications.run(replication.build_world(config))]
    values = pd.concat(parts)
    return {
        name: student(values.loc[(values["by"] == "all") & (values["kpi"] == kpi), "value"])
        for name, kpi in KPIS.items()
    }


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Print the calibrations."""
    calibrations = measure(arguments)
    risks = ", ".join(f"{curve}: {calibrations[curve].estimate:.5g}" for curve in ("a", "b", "c"))
    print(f"baseline_risk: {{{risks}}}")
    print(f"baseline_loss_cny: {calibrations['loss'].estimate:.5g}")
    for name, interval in calibrations.items():
        mean, half = float(interval.estimate), float(interval.half_width)
        print(f"# {name}: {mean:.5g} ± {half:.2g} ({100 * half / mean:.1f} %)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
