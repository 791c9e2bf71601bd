"""Results of a point, and whether measures keep their order: by hand-made effects with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.errors import SimError
from sim.studies.sensitivity import rank_order
from sim.studies.sensitivity.report import Output, measured, outputs

POINTS = {  # point: effects of the groups; the first is as shipped
    0: {"cars": 5.0, "drones": 3.0, "stations": 1.0, "lanes": 0.01},
    1: {
        "cars": 9.0,
        "drones": 4.0,
        "stations": 2.0,
        "lanes": 8.0,
    },  # the same order, and a larger one unranked
    2: {"cars": 5.0, "drones": 1.0, "stations": 2.0, "lanes": 0.0},  # second and third change places: tau 1/3
    3: {"cars": 1.0, "drones": 2.0, "stations": 3.0, "lanes": 0.0},  # upside down: tau -1
}


def effects() -> pd.DataFrame:
    rows = [
        (point, "wait", group, value) for point, found in POINTS.items() for group, value in found.items()
    ]
    return pd.DataFrame(rows, columns=list(rank_order.EFFECTS))


def test_groups_keep_their_rank_at_so_many_points() -> None:
    found = rank_order.groups(effects()).set_index("group")
    assert list(found.index) == ["cars", "drones", "stations", "lanes"]
    assert found["rank"].tolist()[:3] == [1, 2, 3]
    assert found["same_rank"].tolist()[:3] == pytest.approx([2 / 3, 2 / 3, 1 / 3])
    assert not found.loc["lanes", "ranked"]  # less than 2 % of the largest: its place would be chance
    assert np.isnan(found.loc["lanes", "rank"])
    assert found.loc["cars", ["nominal", "least", "middle", "most"]].tolist() == [5, 1, 5, 9]


def test_the_order_as_a_whole_and_kendalls_tau() -> None:
    found = rank_order.orders(effects()).iloc[0]
    assert (found["points"], found["groups"]) == (3, 3)
    assert found["same_order"] == pytest.approx(1 / 3)
    assert found["same_first"] == pytest.approx(2 / 3)
    assert found["tau_mean"] == pytest.approx((1 + 1 / 3 - 1) / 3)
    assert found["tau_least"] == pytest.approx(-1)


def test_of_a_single_group_there_is_no_order() -> None:
    rows = [(point, "wait", "cars", 2.0 + point) for point in range(3)]
    found = rank_order.orders(pd.DataFrame(rows, columns=list(rank_order.EFFECTS))).iloc[0]
    assert found["groups"] == 1
    assert np.isnan(found["tau_mean"])


def test_a_benefit_is_time_saved_or_share_gained() -> None:
    assert rank_order.benefit("first_arrival_mean", 9.0, 11.0) == 2
    assert rank_order.benefit("first_arrival_within_10", 0.6, 0.5) == pytest.approx(0.1)


def test_the_change_of_a_yearly_amount_does_not_depend_on_its_calibration() -> None:
    deaths, wait = Output("deaths_a", "/yr", change=True), Output("first_arrival_mean", "min", change=True)
    scenario, baseline = (
        {"deaths_a": 1.8, "first_arrival_mean": 9.0},
        {"deaths_a": 2.0, "first_arrival_mean": 15.0},
    )
    assert deaths.of(scenario, baseline) == pytest.approx(-10)
    twice = [{**found, "deaths_a": 2 * found["deaths_a"]} for found in (scenario, baseline)]
    assert deaths.of(*twice) == deaths.of(scenario, baseline)
    assert wait.of(scenario, baseline) == -6
    assert (deaths.name, deaths.shown_unit, wait.shown_unit) == ("deaths_a:change", "%", "min")
    assert Output("deaths_a", "/yr", change=False).of(scenario, baseline) == 1.8


def test_results_are_the_indicators_and_their_changes() -> None:
    found = outputs(["b", "a"], {"a": "min", "b": "share"})
    assert [output.name for output in found] == ["b", "a", "b:change", "a:change"]
    with pytest.raises(SimError, match="kpis has 'c'; allowed: a, b"):
        outputs(["c"], {"a": "min", "b": "share"})


def test_a_run_is_measured_over_all_incidents_by_the_mean_of_its_replications() -> None:
    rows = [
        (0, "wait", "all", "all", "min", 4.0),
        (1, "wait", "all", "all", "min", 6.0),
        (0, "wait", "type", "x", "min", 99.0),
    ]
    columns = ["replication", "kpi", "by", "group", "unit", "value"]
    assert measured(pd.DataFrame(rows, columns=columns)) == ({"wait": 5.0}, {"wait": "min"})
