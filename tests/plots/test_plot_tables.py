"""The tables behind the pictures, against values worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from sim.analysis.incident_tables import (
    first_by_tier,
    first_tier_shares,
    minutes_by,
    need,
    of_types,
    open_at_once,
)
from sim.errors import SimError
from sim.terms import FIRE_TYPES

FIRE, RESCUE = "residential_fire", "traffic_rescue"


def test_need_names_the_table_and_the_column():
    with pytest.raises(SimError, match="incidents: column lon is missing; the table has cell"):
        need(pd.DataFrame({"cell": [1]}), ["cell", "lon"], "incidents")


def test_of_types_keeps_the_incidents_of_the_types():
    incidents = pd.DataFrame({"type": [FIRE, RESCUE, "outdoor_fire"]})
    assert list(of_types(incidents, FIRE_TYPES).index) == [0, 2]
    assert list(of_types(incidents, [RESCUE]).index) == [1]
    assert of_types(incidents, None) is incidents


def test_first_by_tier_takes_the_earliest_that_arrived():
    incidents = pd.DataFrame({"replication": [0, 0, 1], "incident": [1, 2, 1], "type": [FIRE, RESCUE, FIRE]})
    dispatches = pd.DataFrame(
        [
            (0, 1, "professional", 600.0),
            (0, 1, "professional", 480.0),
            (0, 1, "township", 300.0),
            (0, 1, "drone", np.nan),  # recalled on its way
            (0, 2, "professional", 60.0),  # a rescue
            (1, 1, "professional", 900.0),  # the same incident number in another replication
        ],
        columns=["replication", "incident", "tier", "arrived_s"],
    )
    found = first_by_tier(dispatches, of_types(incidents, FIRE_TYPES))
    assert found.to_numpy().tolist() == [
        [0, 1, "professional", 480],
        [0, 1, "township", 300],
        [1, 1, "professional", 900],
    ]


def test_first_tier_shares_count_nobody():
    incidents = pd.DataFrame(
        {
            "type": [FIRE] * 4 + [RESCUE],
            "first_arrival_tier": ["micro", "micro", "professional", None, "drone"],
        }
    )
    shares = first_tier_shares({"2023": of_types(incidents, FIRE_TYPES)}).set_index("tier")["share"]
    assert shares[["micro", "professional", "none", "drone"]].tolist() == [0.5, 0.25, 0.25, 0]
    assert shares.sum() == 1


def test_a_blank_first_tier_counts_as_nobody():
    incidents = pd.DataFrame({"type": [FIRE] * 2, "first_arrival_tier": pd.Categorical(["patrol", ""])})
    shares = first_tier_shares({"a": incidents}).set_index("tier")["share"]
    assert (shares["patrol"], shares["none"]) == (0.5, 0.5)


def test_open_at_once_counts_the_time_with_so_many_incidents_open():
    # replication 0: one open in 10–40 but for 20–30, two there; replication 1: one from 90 to the end, 100
    incidents = pd.DataFrame(
        {"replication": [0, 0, 1], "time_s": [10.0, 20.0, 90.0], "closed_s": [20.0, 20.0, np.nan]}
    )
    table = open_at_once(incidents, duration_s=100.0)
    assert table["open_incidents"].tolist() == [0, 1, 2]
    assert table["share"].to_numpy() == pytest.approx([160 / 200, 30 / 200, 10 / 200])


def test_an_incident_open_at_the_end_does_not_reach_into_the_next_replication():
    incidents = pd.DataFrame({"replication": [4, 9], "time_s": [50.0, 0.0], "closed_s": [500.0, 10.0]})
    table = open_at_once(incidents, duration_s=100.0)
    assert table["share"].to_numpy() == pytest.approx([140 / 200, 60 / 200])


def test_open_at_once_without_incidents():
    empty = pd.DataFrame({"replication": [], "time_s": [], "closed_s": []})
    assert open_at_once(empty, duration_s=100.0).empty


def test_minutes_by_place_are_infinite_where_an_unreached_incident_decides():
    incidents = pd.DataFrame(
        {"cell": [7, 7, 7, 2, 2, 5], "first_capable_s": [60, 120, 600, 300, np.nan, np.nan]}
    )
    median = minutes_by(incidents, "first_capable_s", "median", "cell")
    assert median.to_dict() == {2: np.inf, 5: np.inf, 7: 2.0}
    assert minutes_by(incidents, "first_capable_s", "p25", "cell")[7] == pytest.approx(1.5)
    assert list(minutes_by(incidents, "first_capable_s", "median", "cell", least=3).index) == [7]


def test_one_unreached_incident_does_not_move_the_median_of_three():
    incidents = pd.DataFrame({"cell": [1, 1, 1], "first_capable_s": [60.0, 180.0, np.nan]})
    assert minutes_by(incidents, "first_capable_s", "median", "cell")[1] == 3.0
    assert np.isinf(minutes_by(incidents, "first_capable_s", "p90", "cell")[1])
