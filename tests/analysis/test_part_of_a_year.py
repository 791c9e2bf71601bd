"""A run of part of a year: its numbers are those of a year, its verdicts are none."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

import sim
from sim.calendar import days_told
from sim.config.compose import compose
from sim.demand import arrivals
from sim.demand.streams import Streams
from sim.reports.terminal import show
from sim.runs import execute
from sim.storage.run_folder import Result
from sim.terms import FIRE_TYPES, TYPES

DAYS = 40


@pytest.fixture(scope="module")
def january() -> Result:
    return sim.run(scenario=2025, replications=2, days=DAYS, workers=1)


@pytest.mark.parametrize("days", [30, 120, 200, 300])
def test_share_of_the_year_is_that_of_the_expected_calls_by_type(days: int) -> None:
    demand = compose(["scenario=2025"]).demand
    drawn = np.mean([arrivals.rates(demand, Streams(1, number)) for number in range(400)], axis=0)
    share = arrivals.share_of_year(demand, days)
    assert share == pytest.approx(drawn[:days].sum(axis=0) / drawn.sum(axis=0), rel=0.06)
    assert (arrivals.share_of_year(demand, 365) == 1).all()


def test_yearly_numbers_are_scaled_by_the_share_of_expected_calls_of_each_type(january: Result) -> None:
    share = dict(zip(TYPES, arrivals.share_of_year(compose(["scenario=2025"]).demand, DAYS), strict=True))
    found = january.values[january.values["replication"] == 0].set_index(["kpi", "by", "group"])["value"]
    incidents = january.incidents[january.incidents["replication"] == 0]
    weight = 1 / incidents["type"].astype(str).map(share)
    fires = incidents["type"].isin(FIRE_TYPES)
    assert found["calls", "all", "all"] == pytest.approx(weight.sum())
    assert found["fires", "all", "all"] == pytest.approx(weight[fires].sum())
    assert found["deaths_a", "all", "all"] == pytest.approx((incidents["deaths_a"] * weight).sum())
    sent = january.dispatches[january.dispatches["replication"] == 0].merge(
        incidents.assign(weight=weight)[["incident", "weight"]], on="incident"
    )
    for tier in ("professional", "patrol"):
        assert found["dispatches", "tier", tier] == pytest.approx(sent["weight"][sent["tier"] == tier].sum())


def test_part_of_a_year_gives_no_verdict_on_the_year(january: Result) -> None:
    assert not january.kpis["kpi"].str.startswith("target_chance").any()
    config = compose(["scenario=2025", f"days={DAYS}", "replications=2", "workers=1"])
    world = execute.replication.build_world(config)
    board = execute.scoreboard.scoreboard(config, world, january.kpis)
    found = board[board["source"] == "found"]
    assert found["key"].tolist()[:3] == ["death_rate"] * 3
    assert set(found["verdict"]) == {"cannot_be_told"}
    assert found[["low", "high", "chance"]].isna().all(axis=None)
    assert found["note"].str.contains(days_told(DAYS)).all()
    assert "met" in set(board.loc[board["source"] == "given", "verdict"])


def test_terminal_says_which_days_were_simulated(january: Result, tmp_path) -> None:
    screen = io.StringIO()
    config = compose(["scenario=2025", f"days={DAYS}", "replications=2"])
    show(january, execute.in_force(config, 2), tmp_path, Console(file=screen, width=100))
    assert "Simulated: 1 January to 9 February only; no verdict on the year's targets." in screen.getvalue()
