"""Write the rollout with more calls and an older population beside the one without: growth.md in results/reference.

    python -m experiments.reference.growth [rollout=results/rollout] [growth=results/growth] [out=results/reference]

Both are the studies of `make reference`: the same years of the plan, with the calls and the population of 2023, and with
those expected (`+experiment=growth`).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import sim
from experiments import command_line
from experiments.command_line import options, table
from sim.errors import SimError
from sim.files import write_text
from sim.storage.run_folder import runs_in

NAME = "growth.md"
# Indicator, group and heading; the change is that of the plan from its first year on.
SHOWN = (
    ("calls", "all", "calls a year"),
    ("first_capable_mean", "risk", "first capable crew, life-risk calls, min"),
    ("full_force_mean", "risk", "force complete, life-risk calls, min"),
    ("first_professional_mean", "risk", "brigade, life-risk calls, min"),
    ("utilisation", "all", "professional units at work, share"),
    ("deaths_a", "all", "expected deaths a year, curve A"),
)


def _years(study: Path) -> dict[int, pd.DataFrame]:
    """Return the indicators of each run of a study by scenario year."""
    found = {}
    for folder in runs_in(study):
        run = sim.load(folder)
        found[int(run.info["scenario"])] = run.kpis.set_index(["kpi", "by"])
    if not found:
        raise SimError(f"{study}: holds no run; make it with python -m sim -m +experiment={study.name}.")
    return found


def _cell(kpis: pd.DataFrame, kpi: str, by: str) -> str:
    rows = kpis.loc[[(kpi, by)]]
    mean, half = float(rows["mean"].iloc[0]), float(rows["high"].iloc[0] - rows["low"].iloc[0]) / 2
    digits = 0 if mean >= 1000 else 4 if mean < 0.1 else 2 if mean < 10 else 1
    return f"{mean:,.{digits}f} ± {half:.{digits}f}"


def page(without: dict[int, pd.DataFrame], with_it: dict[int, pd.DataFrame]) -> str:
    """Return the page: a row a year and study, from the indicators of each year."""
    if missing := sorted(set(with_it) - set(without)):
        raise SimError(
            f"the rollout without growth has no run of {missing[0]}, which the one with growth has."
        )
    rows = [
        [year, words, *(_cell(found[year], kpi, by) for kpi, by, _ in SHOWN)]
        for year in sorted(with_it)
        for words, found in (("as in 2023", without), ("growing and ageing", with_it))
    ]
    return f"""\
# The plan with more calls and an older population

The plan's years twice: with the calls and the population of 2023, which shows what the plan alone does, and with calls
that grow by 4.5 % a year (`g_call`, as seen in 2021 to 2025) and a population that ages (`m_ageing`). Means ± half of
the 95 % interval. The two do not meet the same incidents. Made by `make reference`.

{table(["year", "calls and people", *(heading for _, _, heading in SHOWN)], rows)}"""


@command_line.command(__doc__)
def main(arguments: Sequence[str]) -> int:
    """Write the page; 2 and one sentence on standard error if the user has to mend something."""
    refusal = "unknown option {}; options are rollout=FOLDER, growth=FOLDER and out=FOLDER."
    asked = options(
        arguments,
        refusal,
        rollout=Path("results/rollout"),
        growth=Path("results/growth"),
        out=Path("results/reference"),
    )
    write_text(asked["out"] / NAME, page(_years(asked["rollout"]), _years(asked["growth"])))
    print(f"Results  {asked['out'] / NAME}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
