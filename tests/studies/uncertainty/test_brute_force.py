"""Two chances of the study once more, by plain random draws and whole runs of the program, without its own methods."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim import cli
from sim.config.compose import compose
from sim.runs import replications
from sim.simulation import replication
from sim.studies.uncertainty import tables
from sim.studies.uncertainty.page import read

RANGES = {  # the inputs drawn here, by key: range of the book, evenly; the first two evenly in the logarithm
    "dispatch.centre.handling_fragmented.scale": (45.0, 240.0),
    "dispatch.relay.delay.scale": (60.0, 480.0),
    "plan.unified_dispatch.before.township": (0.0, 0.95),
    "forces.township.availability": (0.7, 0.95),
}
SYMBOLS = "t_disp0,t_relay,b_int_t,m_avail_t"
CLAIMS = """
claims:
  falls: {kpi: first_capable_mean, year: 2027, falls_from: 2023, by: 4.0}
  level: {kpi: first_capable_mean, year: 2027, at_most: 13.2}
"""
DRAWS, DAYS = 96, 60


def mean(words: list[str], number: int) -> float:
    """Return the mean time of a run, made as any other: its own world, its own workload."""
    config = compose([*words, f"days={DAYS}", f"seed={number}", "figures=none", "keep=kpis"])
    table = replications.one(replication.build_world(config), 0).indicators
    row = table[(table["kpi"] == "first_capable_mean") & (table["by"] == "all")]
    return float(row["value"].iloc[0])


@pytest.mark.slow
def test_two_chances_agree_with_brute_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "CUT", np.inf)  # nothing is ruled out: both draw from the same ranges
    rng = np.random.default_rng(11)
    holds = []
    for number in range(DRAWS):
        words = []
        for place, (key, (low, high)) in enumerate(RANGES.items()):
            drawn = np.exp(rng.uniform(np.log(low), np.log(high))) if place < 2 else rng.uniform(low, high)
            words.append(f"{key}={drawn:.6g}")
        before, after = (mean([f"scenario={year}", *words], number) for year in (2023, 2027))
        holds.append((after - before < -4.0, after <= 13.2))
    (tmp_path / "claims.yaml").write_text(CLAIMS)
    given = [
        f"claims={tmp_path / 'claims.yaml'}",
        f"days={DAYS}",
        "draws=128",
        "years=2027",
        f"out={tmp_path / 'u'}",
    ]
    assert cli.main(["uncertainty", f"parameters={SYMBOLS}", *given]) == 0
    found = read(tmp_path / "u" / "uncertainty").tables
    for (name, row), there in zip(
        found["claims"].set_index("name").iterrows(), np.array(holds).T, strict=True
    ):
        chance = float(row["chance"])
        error = np.sqrt(chance * (1 - chance) * (1 / DRAWS + 1 / row["draws"])) + 0.02
        assert 0.1 < there.mean() < 0.9, name  # else the test says little
        assert abs(there.mean() - chance) < 2.5 * error, (
            f"{name}: {there.mean()} by brute force, {chance} by the study"
        )
