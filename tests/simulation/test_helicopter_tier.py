"""A helicopter tier is added in three files: a row in sim/terms.py, its numbers in configs/, a label.

The test makes this change in a copy of the program and runs it as a user does. A helicopter flies straight at 180 km/h
from one station to water and mountain rescues. All its numbers are assumptions for this test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.command_line import ROOT

BASE = "春城路特勤站"
SPEED_MS = 50.0
ROW = 'Tier("helicopter", "air", full_force=True, sizes_up=True, beside="first", on_platform=True)'
EDITS = {
    "sim/terms.py": (
        ("\n)  # fmt: skip\nTIERS =", f"\n    {ROW},\n)\nTIERS ="),
        ('"drone", "civil")', '"drone", "civil", "helicopter")'),
        ('"water_rescue": ("civil",)', '"water_rescue": ("civil", "helicopter")'),
        ('"mountain_rescue": ("civil",)', '"mountain_rescue": ("civil", "helicopter")'),
    ),
    "sim/plots/labels.py": (
        ('    "civil": Label(', '    "helicopter": Label("Helicopter", "直升机"),\n    "civil": Label('),
    ),
}  # fmt: skip
NUMBERS = f"""\
# @package _global_
forces:
  further:
    helicopter:
      bases: [{BASE}]
      kind: helicopter
      crew: 5
      water_m3: 0
      availability: 0.95
      weather_hold: 0.2
      radius_m: 150000
      speed_kmh: {SPEED_MS * 3.6}
      turnout: {{law: constant, scale: 300, sd_log: 0}}
dispatch:
  first_aid:
    helicopter: [water_rescue, mountain_rescue]
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a year with a helicopter."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("sim", "configs"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, edits in EDITS.items():
        text = (copy / name).read_text(encoding="utf-8")
        for old, new in edits:
            assert text.count(old) == 1, f"{name} no longer has {old!r} once"
            text = text.replace(old, new)
        (copy / name).write_text(text, encoding="utf-8")
    (copy / "configs" / "experiment" / "helicopter.yaml").write_text(NUMBERS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "sim", "scenario=2023", "experiment=helicopter", "replications=1",
         "out=out", "name=run"],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return copy / "out" / "run"


def test_helicopter_flies_straight_to_rescues(run: Path) -> None:
    sent = pd.read_parquet(run / "dispatches.parquet")
    flights = sent[(sent["tier"] == "helicopter") & sent["arrived_s"].notna()]
    assert len(flights) > 10
    seconds = flights["arrived_s"] - flights["turned_out_s"]
    np.testing.assert_allclose(seconds, flights["route_m"] / SPEED_MS)
    np.testing.assert_allclose(flights["turned_out_s"] - flights["dispatched_s"], 300)
    np.testing.assert_allclose(flights["ready_s"] - flights["released_s"], seconds)
    assert set(flights["crew"]) == {5}


def test_helicopter_arrives_first_in_the_mountains(run: Path) -> None:
    incidents = pd.read_parquet(run / "incidents.parquet")
    first = incidents[incidents["first_arrival_tier"] == "helicopter"]
    assert set(first["type"]) <= {"water_rescue", "mountain_rescue"}
    mountain = first[(first["type"] == "mountain_rescue") & (first["setting"] == "mountain")]
    assert len(mountain)
    assert (mountain["first_capable_tier"] == "helicopter").all()


def test_one_helicopter_is_at_one_rescue_at_a_time(run: Path) -> None:
    sent, incidents = (pd.read_parquet(run / f"{name}.parquet") for name in ("dispatches", "incidents"))
    flights = sent[sent["tier"] == "helicopter"].merge(incidents[["incident", "time_s"]], on="incident")
    begin, end = (np.sort(flights["time_s"] + flights[name]) for name in ("dispatched_s", "ready_s"))
    assert (end[:-1] <= begin[1:]).all()


def test_helicopter_has_its_rows_in_the_indicators(run: Path) -> None:
    kpis = pd.read_csv(run / "kpis.csv")
    rows = kpis[(kpis["by"] == "tier") & (kpis["group"] == "helicopter")].set_index("kpi")["mean"]
    assert rows["dispatches"] > 0
    assert rows["arrived_first"] > 0
