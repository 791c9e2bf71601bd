"""Each "sooner" of the README is found again in the incidents of the years themselves, without the code that wrote it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.config.compose import compose
from sim.simulation import replication, result_tables

README = Path(__file__).parents[2] / "README.md"
REPLICATIONS = 10  # of `make reference`
BUILDINGS = ["residential_fire", "highrise_fire", "premises_fire"]
RESCUES = ["traffic_rescue", "water_rescue", "mountain_rescue", "other_rescue"]
SENTENCES = {  # how each begins in the README: types of incident, column
    "the first capable crew:": (BUILDINGS + RESCUES, "first_capable_s"),
    "the professional brigade:": (BUILDINGS + RESCUES, "first_professional_s"),
    "water by a trained crew, at building fires:": (BUILDINGS, "trained_water_s"),
    "anybody at all, at all calls:": (None, "first_arrival_s"),
}


def minutes(year: int) -> dict[str, float]:
    """Return the mean of each time over the same incidents; one that never came counts as an hour."""
    world = replication.build_world(compose([f"scenario={year}"]))
    parts: dict[str, list[float]] = {begin: [] for begin in SENTENCES}
    for number in range(REPLICATIONS):
        incidents, _ = result_tables.tables(world, replication.simulate(world, number))
        for begin, (types, column) in SENTENCES.items():
            rows = incidents if types is None else incidents[incidents["type"].isin(types)]
            times = pd.to_numeric(rows[column]).fillna(np.inf).clip(upper=3600.0)
            parts[begin].append(float(times.mean()) / 60)
    return {begin: float(np.mean(each)) for begin, each in parts.items()}


@pytest.mark.slow
def test_each_sooner_of_the_readme_is_found_in_the_incidents() -> None:
    text = README.read_text(encoding="utf-8")
    year = int(re.search(r"By the end of (\d{4})", text)[1])
    before, after = minutes(2023), minutes(year)
    for begin in SENTENCES:
        told = re.search(
            re.escape(begin)
            + r"[^\n]*? as shipped ([\d.]+) minutes (sooner|later) \(([\d.]+) minutes instead of ([\d.]+)\)",
            text,
        )
        assert told, f"README has no sentence {begin!r}"
        change = float(told[1]) if told[2] == "later" else -float(told[1])
        assert change == pytest.approx(after[begin] - before[begin], abs=0.0501), begin
        assert float(told[3]) == pytest.approx(after[begin], abs=0.0501), begin
        assert float(told[4]) == pytest.approx(before[begin], abs=0.0501), begin
