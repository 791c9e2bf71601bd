"""Intervals of what is not known stand only beside runs of the study's own years, region and options."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from sim.analysis import not_known
from sim.analysis.not_known import NotKnown
from sim.config.compose import compose
from sim.config.text import to_yaml
from sim.errors import SimError

YEARS = (2023, 2027)
KEY = ("first_capable_mean", "all", "all")
INFO = {"scenario": 2027, "region_digest": "here"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("study") / "uncertainty"
    place.mkdir()
    worlds = {year: not_known.world(compose([f"scenario={year}"])) for year in YEARS}
    (place / "study.json").write_text(json.dumps({"worlds": worlds, "region_digest": "here"}))
    (place / "years.csv").write_text(
        "kpi,by,group,unit,before,year,low,lower,middle,upper,high,not_known_sd,monte_carlo_sd\n"
        "first_capable_mean,all,all,min,,2027,12,13,14,15,16,1.2,0.1\n"
        "first_capable_mean,all,all,min,2023,2027,-3.6,-3,-2.2,-1,-0.9,0.8,0.1\n"
    )
    return place.parent


def text(*words: str) -> str:
    return to_yaml(compose(["scenario=2027", *words]))


def test_a_run_of_a_year_of_the_study_is_taken_however_long_it_is(folder: Path) -> None:
    study = NotKnown.read(folder)
    study.refuse_other("a", INFO, text("replications=3", "seed=5", "out=elsewhere", "workers=1"))


@pytest.mark.parametrize(
    ("info", "words", "said"),
    [
        ({"region_digest": "there"}, (), "is another region's"),
        ({"scenario": 2025}, (), "is of 2025; the study has 2023, 2027"),
        ({}, ("plan.patrol_cars.enabled=false",), "is not 2027 with the options of the study"),
        ({}, ("days=30",), "is not 2027 with the options of the study"),
    ],
)
def test_another_run_is_refused(
    folder: Path, info: dict[str, object], words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(SimError, match=said) as refusal:
        NotKnown.read(folder).refuse_other("mine", INFO | info, text(*words))
    assert "does not speak of mine" in str(refusal.value)


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="holds no uncertainty study that can be read"):
        NotKnown.read(tmp_path)


def test_a_change_backwards_has_the_other_sign(folder: Path) -> None:
    study = NotKnown.read(folder)
    table = pd.DataFrame(
        {"scenario": ["b", "a"], "baseline": ["a", "b"], "kpi": [KEY[0]] * 2, "by": "all", "group": "all"}
    )
    found = study.beside(table, {"a": 2023, "b": 2027})[["not_known_low", "not_known", "not_known_high"]]
    assert found.to_numpy().tolist() == [[-3.6, -2.2, -0.9], [0.9, 2.2, 3.6]]
