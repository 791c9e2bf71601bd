"""Automatic number of replications: when the rule stops, what it reports, and that workers do not matter."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim import cli
from sim.analysis import not_known
from sim.analysis.statistics import student
from sim.config.city_file import tables_folder
from sim.config.compose import compose
from sim.errors import SimError
from sim.runs import precision as enough
from sim.storage.provenance import tables_digest
from sim.storage.run_folder import load

AUTO = ("replications=auto", "precision_kpis=[x]")


@pytest.fixture(scope="module")
def config():
    return compose(AUTO)


def fed(config, series) -> enough.Precision:
    """Feed a series until the rule has enough."""
    precision = enough.Precision(config)
    for value in series:
        precision.add(pd.DataFrame({"kpi": ["x", "x"], "by": ["all", "setting"], "value": [value, 1e9]}))
        if precision.enough():
            break
    return precision


def test_auto_run_stops_when_the_interval_is_narrow_enough(config):
    series = np.random.default_rng(1).normal(100, 8, 300)
    precision = fed(config, series)
    widths = {n: float(student(series[:n]).relative_half_width) for n in range(10, 300, enough.BATCH)}
    assert precision.done == next(n for n, width in widths.items() if width <= config.precision)
    assert 20 < precision.done < 200
    report = precision.report()
    assert report["met"]
    assert report["reached"]["x"] == pytest.approx(widths[precision.done])


def test_auto_run_keeps_its_least_and_most_replications(config):
    assert fed(config, [5.0] * 50).done == 10
    bounded = replace(config, most_replications=17)
    precision = fed(bounded, np.random.default_rng(2).normal(0, 1, 50))
    assert precision.done == 17
    assert not precision.report()["met"]


def test_auto_run_waits_for_every_named_indicator(config):
    both = replace(config, precision_kpis=("x", "y"))
    precision = enough.Precision(both)
    rng = np.random.default_rng(3)
    while not precision.enough():
        values = [100.0, rng.normal(100, 8)]
        precision.add(pd.DataFrame({"kpi": ["x", "y"], "by": "all", "value": values}))
    assert precision.done > 20
    assert precision.report()["reached"]["x"] == 0


def a_study(folder, config, sd):
    """Write a study of the year of a configuration, in which this much is not known of the indicator x."""
    digest = tables_digest(tables_folder(None))
    settings = {"worlds": {config.scenario.year: not_known.world(config)}, "region_digest": digest}
    (folder / "study.json").write_text(json.dumps(settings))
    header = "kpi,by,group,unit,before,year,low,middle,high,not_known_sd\n"
    (folder / "years.csv").write_text(f"{header}x,all,all,min,,{config.scenario.year},1,2,3,{sd}\n")
    return replace(config, not_known=str(folder))


def test_auto_run_stops_once_chance_is_a_hundredth_of_what_is_not_known(config, tmp_path):
    series = np.random.default_rng(7).normal(100, 40, 300)
    assert fed(config, series).done == 200  # the bound: 2 % takes more
    precision = fed(a_study(tmp_path, config, sd=80.0), series)
    shares = {n: np.var(series[:n], ddof=1) / n / 80.0**2 for n in range(10, 300, enough.BATCH)}
    assert precision.done == next(n for n, share in shares.items() if share <= 0.01) < 50
    report = precision.report()
    assert report["met"]
    assert report["of_not_known"]["x"] == pytest.approx(shares[precision.done])
    line = enough.sentence({"replications": precision.done, "precision": report})
    assert f"after {precision.done} replications: more would not help" in line


def test_little_that_is_not_known_asks_for_no_more_than_precision(config, tmp_path):
    series = np.random.default_rng(1).normal(100, 8, 300)
    assert fed(a_study(tmp_path, config, sd=0.01), series).done == fed(config, series).done


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"days": 30}, "does not speak of this run, which is not 2025 with the options of the study"),
        ({"precision_kpis": ("x", "y")}, "precision_kpis holds 'y', which the study"),
        ({"not_known": "nowhere"}, "nowhere holds no uncertainty study"),
    ],
)
def test_a_study_that_does_not_speak_of_the_run_is_refused(config, tmp_path, change, said):
    with pytest.raises(SimError, match=said):
        enough.Precision(replace(a_study(tmp_path, config, sd=1.0), **change))


def test_stopping_rule_is_unbiased_and_keeps_its_coverage(config):
    rng = np.random.default_rng(4)
    wide = replace(config, precision=0.08)
    held = 0
    for _ in range(100):
        series = rng.normal(100, 15, 200)
        done = fed(wide, series).done
        interval = student(series[:done])
        held += bool(interval.low <= 100 <= interval.high)
    assert 0.88 <= held / 100 <= 1  # looking again costs a little of the 95 %


def test_fixed_run_reports_the_replications_needed(config):
    fixed = replace(config, replications=20)
    series = np.random.default_rng(5).normal(100, 8, 20)
    precision = fed(fixed, series)
    report = precision.report()
    width = float(student(series).relative_half_width)
    assert precision.done == 20
    assert report["asked"] is None
    assert report["aim"] == pytest.approx(width / 2)
    assert (
        70 <= report["replications_for_aim"] <= 80
    )  # four times as many, less what Student's law gives back
    line = enough.sentence({"replications": 20, "precision": report})
    assert line.startswith(f"Precision: x ±{100 * width:.2g} % with 20 replications; about ")


def test_precision_line_states_what_was_reached(config):
    series = np.random.default_rng(6).normal(100, 8, 300)
    good = fed(config, series)
    line = enough.sentence({"replications": good.done, "precision": good.report()})
    assert line.startswith(f"Precision: ±2 % reached after {good.done} replications: x ±")
    short = fed(replace(config, most_replications=12), series)
    line = enough.sentence({"replications": 12, "precision": short.report()})
    assert "±2 % not reached with the bound of 12 replications" in line
    assert f"(most_replications={short.report()['replications_for_aim']})" in line


def test_single_replication_has_no_interval(config):
    report = fed(replace(config, replications=1), [3.0]).report()
    assert report["reached"] == {"x": None}
    line = enough.sentence({"replications": 1, "precision": report})
    assert line.startswith("Precision: no interval from 1 replication;")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["replications=many"], ("1..100000", "'many'", "auto")),
        (["replications=0"], ("1..100000", "auto")),
        (["replications=auto", "most_replications=4"], ("most_replications is 4", "10")),
        (["replications=auto", "precision=0"], ("precision is 0",)),
        (["replications=auto", "precision_kpis=[]"], ("precision_kpis is empty",)),
    ],
)
def test_impossible_precision_is_refused(arguments, words):
    with pytest.raises(SimError) as refused:
        compose(arguments)
    assert all(word in str(refused.value) for word in words)


def test_unknown_indicator_writes_no_result(tmp_path, capsys):
    arguments = ["replications=auto", "precision_kpis=[speed]", "days=2", "workers=1", f"out={tmp_path}"]
    assert cli.main(arguments) == 2
    assert "precision_kpis holds 'speed'" in capsys.readouterr().err
    assert not [path for path in tmp_path.iterdir() if not path.name.startswith(".")]


def test_number_of_workers_does_not_change_the_tables(tmp_path, capsys):
    few = ["replications=auto", "precision=0.15", "days=5", "least_replications=3", "figures=none"]
    found = []
    for workers in (1, 2):
        assert cli.main([*few, f"workers={workers}", f"out={tmp_path}", f"name=w{workers}"]) == 0
        found.append(load(tmp_path / f"w{workers}"))
    one, two = found
    assert one.info["replications"] == two.info["replications"] == one.values["replication"].nunique()  # noqa: PD011
    pd.testing.assert_frame_equal(one.values, two.values)
    pd.testing.assert_frame_equal(one.incidents, two.incidents)
    assert capsys.readouterr().out.count("Precision: ±15 % reached after") == 2
