"""python -m sim incident on a small run: the worst, one by number, the picture, and what it refuses."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from sim import cli
from sim.analysis.timeline import clock
from sim.plots.style import new_figure, use_style
from sim.plots.timeline import draw_timeline
from sim.storage import run_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    assert (
        cli.main(
            [
                "scenario=2025",
                "replications=2",
                "days=10",
                "workers=1",
                "figures=none",
                f"out={out}",
                "name=run",
            ]
        )
        == 0
    )
    return out / "run"


def test_the_worst_incidents_are_told_worst_first_and_drawn(folder, capsys):
    assert cli.main(["incident", str(folder), "worst=3"]) == 0
    told = capsys.readouterr().out
    table = run_folder.load(folder).incidents
    times = np.sort(table["first_capable_s"].dropna())[::-1][:3]
    found = [line.split()[0] for line in told.splitlines() if "first capable arrival" in line]
    assert found == [clock(s) for s in times]
    pictures = folder.with_name("run-incidents")
    assert len(list(pictures.glob("incident_*.png"))) == len(list(pictures.glob("incident_*.svg"))) == 3


def test_one_incident_by_replication_and_number_with_every_unit(folder, capsys, tmp_path):
    result = run_folder.load(folder)
    row = result.incidents[result.incidents["replication"] == 1].nlargest(1, "recalled").iloc[0]
    number = str(row["incident"])
    assert cli.main(["incident", str(folder), "replication=1", f"number={number}", f"out={tmp_path}"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Replication 1, incident {number}: {row['type']}")
    sent = result.dispatches[
        (result.dispatches["replication"] == 1) & (result.dispatches["incident"] == row["incident"])
    ]
    assert len(sent) > 1
    for unit in sent["unit"]:
        assert told.count(f"  {unit} [") == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        f"incident_1_{number}.png",
        f"incident_1_{number}.svg",
    }


def test_the_worst_of_one_replication(folder, capsys, tmp_path):
    assert (
        cli.main(["incident", str(folder), "worst=2", "replication=1", "by=burnt_m2", f"out={tmp_path}"]) == 0
    )
    assert capsys.readouterr().out.count("Replication 1, incident") == 2


def test_stories_can_be_chosen_by_type_township_and_day(folder, capsys, tmp_path):
    table = run_folder.load(folder).incidents
    row = table[table["type"] == "residential_fire"].iloc[0]
    day = int(row["time_s"] // 86_400) + 1
    words = [f"township={row['township']}", "type=residential_fire", f"day={day}", f"out={tmp_path}"]
    assert cli.main(["incident", str(folder), "worst=1000", *words]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Replication")]
    alike = table[(table["township"] == row["township"]) & (table["type"] == row["type"])]
    assert len(told) == (alike["time_s"] // 86_400 == day - 1).sum() >= 1
    assert all("residential_fire severity" in line and row["township"] in line for line in told)


def test_bars_are_where_the_times_are():
    """One unit that arrived, one that was turned back: bars in minutes, worked out from the table."""
    sent = pd.DataFrame(
        {
            "unit": ["甲 engine 1", "甲 engine 2"],
            "tier": "professional",
            "reason": ["run_card", "waited"],
            "dispatched_s": [60.0, 60.0],
            "turned_out_s": [120.0, 120.0],
            "arrived_s": [600.0, np.nan],
            "released_s": [36000.0, 300.0],
            "ready_s": [37800.0, 480.0],
            "outcome": ["arrived", "recalled"],
        }
    )
    row = pd.Series(
        {
            "type": "residential_fire", "severity": 1, "township": "甲乡", "county": "甲县", "time_s": 0.0,
            "ignition_s": -300.0, "size_up_s": 240.0, "first_capable_s": 600.0, "first_water_s": 720.0,
            "control_s": 720.0, "closed_s": 36000.0,
        }
    )  # fmt: skip
    with use_style():
        axes = draw_timeline(row, sent, new_figure(11, 4).subplots())
        bars = {
            (bar.get_y() + bar.get_height() / 2, bar.get_x()): bar.get_width() for bar in axes.patches[:7]
        }
        names = [text.get_text() for text in axes.get_legend().get_texts()]
        labels = [text.get_text() for text in axes.get_yticklabels()]
        texts = [text.get_text() for text in axes.texts]
    # turnout 1-2, road 2-10, scene 10-600, home 600-630; turned back: 1-2, 2-5, home 5-8
    first = {(0.0, 1.0): 1.0, (0.0, 2.0): 8.0, (0.0, 10.0): 590.0, (0.0, 600.0): 30.0}
    second = {(1.0, 1.0): 1.0, (1.0, 2.0): 3.0, (1.0, 5.0): 3.0}
    assert bars == pytest.approx(first | second)
    # ten hours of work are cut off soon after control, 12 minutes, and said; the time before the call is there
    low, high = axes.get_xlim()
    assert -6 < low < -5
    assert 12 < high < 20
    assert texts == ["until 600 min →"]
    assert labels[1].endswith("· waited")
    assert any(name.startswith("control") and name.endswith("12.0 min") for name in names)
    assert any(name.startswith("closed") and name.endswith("600.0 min →") for name in names)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["worst=0"], "worst is '0'; allowed: a whole number in 1..1000."),
        (["worst=many"], "worst is 'many'; allowed: a whole number"),
        (["by=colour"], "by is 'colour'; allowed: first_arrival_s"),
        (["replication=7"], "replication is 7; "),
        (["number=99999"], "has no incident 99999 in replication 0; allowed: 0.."),
        (
            ["number=1", "worst=2"],
            "number names one incident; it does not go with worst, by, type, township, day.",
        ),
        (["township=府山"], "township is '府山' (did you mean 府山街道?); "),
        (["type=fire"], "type is 'fire'; allowed: residential_fire"),
        (["day=11"], "day is 11; the run has the days 1..10"),
        (["out=/dev/null/there"], "cannot write /dev/null/there/"),
        (["--colour", "red"], "unknown flag --colour: options are of the form key=value"),
    ],
)
def test_mistakes_are_refused_in_one_sentence(folder, capsys, options, sentence):
    assert cli.main(["incident", str(folder), *options]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_folder_that_is_no_run_is_refused(folder, capsys, tmp_path):
    assert cli.main(["incident", str(tmp_path / "nowhere")]) == 2
    assert "does not exist" in capsys.readouterr().err
    half = tmp_path / "half"
    shutil.copytree(folder, half)
    (half / "run.json").unlink()
    assert cli.main(["incident", str(half)]) == 2
    assert "is an incomplete run: run.json is missing" in capsys.readouterr().err
    assert not (tmp_path / "half-incidents").exists()


def test_a_run_without_incidents_has_none_to_tell(capsys, tmp_path):
    quiet = ("demand.calls_per_year=1", "days=1", "replications=1", "workers=1", "figures=none", "name=quiet")
    assert cli.main(["scenario=2025", *quiet, f"out={tmp_path}"]) == 0
    assert cli.main(["incident", str(tmp_path / "quiet")]) == 2
    assert "quiet holds no incident: make it with more days or calls." in capsys.readouterr().err
