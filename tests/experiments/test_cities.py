"""python -m experiments.validation.cities: the table of other cities held against their records."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from experiments.validation import cities
from sim.city.replay.score import Check, Skill


def test_the_table_has_a_row_a_quantity_and_what_is_beyond_the_allowed_in_bold() -> None:
    checks = [
        Check("first unit, median", "s", 303, 300, 290, 310, 0.03, relative=True),
        Check("first unit, mean", "s", 330, 300, 290, 310, 0.03, relative=True),
        Check("first unit, 90th percentile", "s", 400, 400, 390, 410, 0.05, relative=True),
        Check("first unit within 6 min", "share", 0.70, 0.75, 0.7, 0.8, 0.02),
        Check("first unit, mean, 00-04 h", "s", 305, 300, 290, 310, 12),
        Check("first unit, mean, 04-08 h", "s", 280, 300, 290, 310, 12),
        Check("first unit, mean, own station 0-0.5 km away", "s", 195, 200, 190, 210, 20),
    ]
    skill = Skill(100, 60.2, 61.8, 70.0, 1.6, 0.8, 2.3, np.zeros(20, dtype=np.int64))
    one: Any = SimpleNamespace(checks=checks, skill=skill, of=range(1234))
    bare: Any = SimpleNamespace(checks=checks[:1], skill=skill, of=range(5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cities, "ROWS", dict(list(cities.ROWS.items())[:4]))
        page = cities.page({"A": one, "B": bare})
    assert page == (
        "|  | A | B | allowed |\n| --- | --- | --- | --- |\n"
        "| incidents replayed | 1,234 | 5 |  |\n"
        "| first unit, median | +1.0 % | +1.0 % | 3 % |\n"
        "| first unit, mean | **+10.0 %** | – | 3 % |\n"
        "| first unit, 90th percentile | +0.0 % | – | 5 % |\n"
        "| first unit within 6 min, points | **-5.0** | – | 2 |\n"
        "| first unit by block of hours, worst | **-20 s** | – | 12 s |\n"
        "| first unit by distance, worst | -5 s | – | 20 s |\n"
        "| score (CRPS) an incident, s: simulation, regression | 60.2, 61.8 | 60.2, 61.8 | less |\n"
        "| gain over the regression, 95 % interval, s | +0.8 to +2.3 | +0.8 to +2.3 | above 0 |\n"
    )


@pytest.mark.parametrize(("words", "problem"), [
    (["records=nowhere"], "nowhere is no folder; records=FOLDER names"),
    (["recods=x"], "unknown option recods=x; allowed: records=FOLDER"),
    (["records=HERE", "replications=1"], "unknown option replications=1; allowed: records=FOLDER, replications=N"),
])  # fmt: skip
def test_what_is_not_there_or_meant_is_said_in_a_sentence(
    words: list[str], problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "san_francisco").mkdir()
    assert cities.main([word.replace("HERE", str(tmp_path)) for word in words]) == 2
    assert problem in capsys.readouterr().err
