"""Calibrate scenario 2023: the fire and what is sent at once, then loss and deaths.

    python -m experiments.calibration [replications=100] [points=0] [each=4] [page=docs/calibration.md]

With points=64 a Sobol design over the ranges of the parameter book is run first (`each` replications a point), and the
points with the least misfit are printed: their values go to configs/fireground by hand. The page shows every target
beside the simulated value, and marks those that were not fitted. Printed last: baseline_risk and baseline_loss_cny for
configs/outcome.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from scipy.stats import qmc

from experiments.calibration import outcome
from experiments.calibration.targets import found, misfit
from experiments.command_line import command, options, table
from sim.analysis.anchors import TARGETS
from sim.files import write_text

REFUSAL = "unknown option {!r}; allowed: replications, points and each (whole numbers), page=<file>."
FREE = {  # key, least, most: ranges of the parameter book
    "fireground.growth.incubation.scale": (60.0, 600.0),
    "fireground.water.held_m2": (24.0, 60.0),
    "fireground.growth.doubling.scale": (180.0, 900.0),
    "demand.severity.self_limiting": (0.45, 0.75),
    "fireground.growth.cap_m2.premises_fire": (100.0, 300.0),
}
BEST = 5  # points that are printed
PAGE = """\
# Calibration

Made by `python -m experiments.calibration`: scenario 2023, {replications} replications. The free parameters are the
incubation of fires, the area that a nozzle holds, the doubling time beyond the room, the share of fires that stay small
by themselves and the size of premises that are no factories. They were chosen together, within the ranges of the
[parameter book](parameter-book.md): a Sobol design (`points=64`) runs them all at once, and the point with the least sum
of squared distances from the published values, in half-ranges, is rounded and taken. What is sent (run cards) was
calibrated by hand on the same targets. Targets that are *not fitted* are shown as a check.

{table}
Loss and deaths come last: the model's mean loss and risks of 2023 are scaled to the published mean loss and to the
configured deaths a year (`outcome.baseline_loss_cny`, `outcome.baseline_risk`).
"""


@command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Run the design if one is asked for, write the page, print the calibrations of the outcome."""
    asked = options(arguments, REFUSAL, replications=100, points=0, each=4, page=Path("docs/calibration.md"))
    for words, values, off in sorted(_design(asked["points"], asked["each"]), key=lambda item: item[2])[
        :BEST
    ]:
        print(f"misfit {off:.2f}: {' '.join(words)}")
        print(f"    {', '.join(f'{name} {value:.3g}' for name, value in values.items())}")
    values = found([], asked["replications"])
    rows = (
        (
            f"`{target.symbol}`", target.name, f"{target.value:g}", f"{target.low:g} to {target.high:g}", target.unit,
            f"{values[target.symbol]:.3g}",
            "in range" if target.low <= values[target.symbol] <= target.high else "**outside**",
            "fitted" if target.fitted else "*not fitted*", target.source,
        )
        for target in TARGETS
        if target.symbol in values
    )  # fmt: skip
    header = ("key", "quantity", "published", "range", "unit", "model, 2023", "", "", "source")
    write_text(asked["page"], PAGE.format(replications=asked["replications"], table=table(header, rows)))
    calibrations = outcome.measure(["scenario=2023", f"replications={asked['replications']}"])
    risks = ", ".join(f"{curve}: {calibrations[curve].estimate:.5g}" for curve in ("a", "b", "c"))
    print(f"baseline_risk: {{{risks}}}")
    print(f"baseline_loss_cny: {calibrations['loss'].estimate:.5g}")
    for name, interval in calibrations.items():
        mean, half = float(interval.estimate), float(interval.half_width)
        print(f"# {name}: {mean:.5g} ± {half:.2g} ({100 * half / mean:.1f} %)")
    return 0


def _design(points: int, each: int) -> Iterator[tuple[list[str], dict[str, float], float]]:
    """Yield the options, what came out and the misfit of each point of a Sobol design."""
    if not points:
        return
    low, high = zip(*FREE.values(), strict=True)
    for point in qmc.scale(qmc.Sobol(len(FREE), seed=2024).random(points), low, high):
        words = [f"{key}={value:.3g}" for key, value in zip(FREE, point, strict=True)]
        values = found(words, each)
        yield words, values, misfit(values)
