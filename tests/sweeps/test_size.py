"""A sweep of more runs than can be listed is refused before one is."""

from __future__ import annotations

import pytest

from sim import cli
from sim.sweeps.expand import MOST_RUNS, jobs


@pytest.mark.parametrize(
    ("swept", "values", "runs"),
    [
        (["seed=range(0,1000000000)"], "seed sweeps 1,000,000,000 values", "1,000,000,000"),
        (["seed=range(0,1000)", "days=range(1,301,1)"], "seed sweeps 1,000 values", "300,000"),
        (["seed=range(0,10001)", "scenario=2023,2024"], "seed sweeps 10,001 values", "20,002"),
    ],
)
def test_a_sweep_of_too_many_runs_is_refused_at_once(
    swept: list[str], values: str, runs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["-m", *swept]) == 2
    assert capsys.readouterr().err == (
        f"error: {values}, the sweep {runs} runs; allowed: {MOST_RUNS:,} runs. "
        "Sweep fewer values, or make several sweeps.\n"
    )


def test_the_size_of_a_sweep_is_known_for_every_way_to_write_it() -> None:
    assert len(jobs(["seed=range(0,100)", "days=1,2", "scenario=glob(*)"])) == 200 * len(
        jobs(["scenario=glob(*)"])
    )
