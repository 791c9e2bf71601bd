"""The targets table: what is promised for a year, what is found, and when no verdict is possible."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.analysis import coverage as cover
from sim.analysis.targets import COLUMNS, CURVES, HORIZONS, lines, scoreboard, verdict
from sim.config import compose as door
from sim.plots.figures.targets import verdict as drawn_verdict
from sim.plots.registry import figures_of
from sim.runs import execute
from sim.simulation import replication


@cache
def world(*arguments):
    return replication.build_world(door.compose(arguments))


def kpis(deaths=2.3, half=0.2, replications=20, operational=0.5):
    """Return the indicators that the scoreboard reads, as a run of so many replications leaves them."""
    rows = [(f"deaths_{curve}", "all", "all", deaths, deaths - half, deaths + half) for curve in CURVES]
    rows.append(
        (
            "coverage_operational",
            "area",
            cover.MAIN_URBAN,
            operational,
            operational - 0.02,
            operational + 0.02,
        )
    )
    table = pd.DataFrame(rows, columns=["kpi", "by", "group", "mean", "low", "high"])
    return table.assign(replications=replications)


def board(*arguments, **found):
    there = world(*arguments)
    return scoreboard(there.config, there, kpis(**found))


def by_key(*arguments, **found):
    return board(*arguments, **found).drop_duplicates("key").set_index("key")


def test_year_before_the_policy_has_no_targets():
    found = board("scenario=2023")
    assert list(found.columns) == list(COLUMNS)
    assert found.empty
    assert lines(found, 2023) == ["The plan promises no number by the end of 2023."]
    (drawn,) = (spec for spec in figures_of("run") if spec.name == "targets")
    assert not drawn.possible(SimpleNamespace(targets=found))


def test_year_has_rows_for_exactly_its_targets():
    for year in (2024, 2025, 2027, 2030):
        targets = world(f"scenario={year}").config.scenario.targets
        wanted = {key for key, target in vars(targets).items() if target is not None}
        found = board(f"scenario={year}")
        assert set(found["key"]) == wanted
        assert found["clause"].str.len().min() > 0
        assert set(found["year"]) == {year}
        for row in found.to_dict("records"):
            assert row["target"] == getattr(targets, row["key"])
            assert row["verdict"] == drawn_verdict(row["sense"], row["target"], row["low"], row["high"])
    assert found["name"].is_unique
    assert found["name_zh"].is_unique


def test_promised_plan_meets_its_input_targets():
    found = by_key("scenario=2026")
    given = found[found["source"] == "given"]
    assert set(given["verdict"]) == {"met"}
    assert (given["mean"] == given["target"]).all()
    assert found.loc["works_started", "clause"] == "七(二)b 七(二)c 七(二)d"


def test_station_target_counts_starts_of_works_and_states_it():
    promised, late = by_key("scenario=2026"), by_key("scenario=2026", "delivery=lagged")
    said = "the clauses promise starts of works, not openings"
    assert promised.loc["works_started", "note"] == f"{said}; counted as in service: 3"
    assert late.loc["works_started", "note"] == f"{said}; in service: 2"
    assert late.loc["works_started", "verdict"] == "met"  # works did start


def test_disabled_measure_misses_its_target():
    found = by_key("scenario=2025", "plan=off")
    given = found[found["source"] == "given"]
    assert set(given["verdict"]) == {"not_met"}
    assert found.loc["patrol_share", "mean"] == 0
    assert found.loc["awareness", "mean"] == pytest.approx(0.8)
    assert found.loc["works_started", "mean"] == 0
    assert found.loc["works_started", "note"] == ""


def test_half_delivered_measure_is_reported_as_half():
    found = by_key(
        "scenario=2025", "plan.patrol_cars.share=0.5", "plan.awareness.level=0.85", "forces.specialists={}"
    )
    assert 0.3 < found.loc["patrol_share", "mean"] < 0.7
    assert found.loc["patrol_share", "verdict"] == "not_met"
    assert found.loc["awareness", "mean"] == pytest.approx(0.85)


def deaths(**found):
    table = board("scenario=2025", **found)
    return table[table["key"] == "death_rate"]


def test_ordinary_year_of_deaths_is_undecided():
    found = deaths(deaths=2.3)
    assert len(found) == len(CURVES) * len(HORIZONS)
    year = found.iloc[0]
    people = world("scenario=2025").region.population
    assert year["mean"] == pytest.approx(2.3 / people * 1e5)
    assert year["verdict"] == "cannot_be_told"
    # one death in 2.29 million is allowed, two are not: P(0) + P(1) of a Poisson number
    assert year["chance"] == pytest.approx(np.exp(-2.3) * (1 + 2.3), abs=1e-9)
    assert year["note"] == "chance to stay below in a year: 33%"
    assert found["chance"].iloc[:3].is_monotonic_decreasing
    assert (
        found["low"].iloc[:3].is_monotonic_increasing,
        found["high"].iloc[:3].is_monotonic_decreasing,
    ) == (True, True)


@pytest.mark.parametrize(("mean", "wanted"), [(0.0, "met"), (0.01, "met"), (30.0, "not_met")])
def test_extreme_numbers_of_deaths_decide_the_target(mean, wanted):
    assert set(deaths(deaths=mean, half=0.0)["verdict"]) == {wanted}


def test_the_interval_of_the_mean_widens_the_range():
    sure, unsure = deaths(deaths=5.0, half=0.0), deaths(deaths=5.0, half=3.0)
    assert (unsure["low"] <= sure["low"]).all()
    assert (unsure["high"] > sure["high"]).all()


def test_single_replication_has_no_interval():
    found = deaths(deaths=2.3, half=np.nan, replications=1)
    assert (found["high"] == deaths(deaths=2.3, half=0.0)["high"]).all()


def test_chance_of_a_target_agrees_with_simulation():
    people = world("scenario=2025").region.population
    for row, years in zip(deaths(deaths=2.3, half=0.0).iloc[:3].to_dict("records"), HORIZONS, strict=True):
        drawn = np.random.default_rng(years).poisson(2.3 * years, 200_000) / years / people * 1e5
        assert np.mean(drawn < 0.047) == pytest.approx(row["chance"], abs=0.004)
        inside = np.mean((drawn >= row["low"] - 1e-12) & (drawn <= row["high"] + 1e-12))
        assert 0.95 <= inside < 0.995


def test_coverage_is_given_by_every_definition_and_operationally():
    found = board("scenario=2027", operational=0.41)
    rows = found[found["key"] == "station_coverage"].set_index("name")
    static = cover.static(world("scenario=2027"))
    assert rows["mean"].tolist() == pytest.approx([static.nominal, static.reach, static.demand, 0.41])
    assert set(rows["target"]) == {0.75}
    assert set(rows["verdict"]) == {"not_met"}
    assert not rows["note"].str.contains("proposal").any()
    own = board("scenario=2030").query("key == 'station_coverage'")
    assert own["note"].str.contains("of the stations are the model's own proposal").all()
    assert set(own["target"]) == {1.0}


def test_partial_delivery_widens_the_input_targets():
    there = world("scenario=2027", "delivery=partial")
    found = scoreboard(there.config, there, kpis(replications=12))
    done = execute.deliveries(replace(there.config, replications=12))
    rows = found.drop_duplicates("key").set_index("key")
    assert rows.loc["platforms", "mean"] == pytest.approx(np.mean(done["platform"]))
    assert rows.loc["platforms", ["low", "high"]].tolist() == [0, 1]
    assert rows.loc["platforms", "verdict"] == "cannot_be_told"
    met = np.mean(done["platform"])
    assert rows.loc["platforms", "note"] == f"reached in {met:.0%} of replications"
    assert rows.loc["hydrants_serviceable", "verdict"] == "not_met"
    assert rows.loc["hydrants_serviceable", "low"] >= 0.93 + 0.07 * 0.5 - 1e-9
    coverage = found[found["key"] == "station_coverage"].iloc[1]
    assert coverage["low"] < coverage["mean"] < coverage["high"]


def test_partial_delivery_widens_the_coverage_indicators():
    rows = cover.static_rows(world("scenario=2027", "delivery=partial"), 12).set_index("kpi")
    assert rows.loc["coverage_reach", "low"] < rows.loc["coverage_reach", "mean"]
    sure = cover.static_rows(world("scenario=2027"), 12).set_index("kpi")
    assert rows.loc["coverage_reach", "mean"] < sure.loc["coverage_reach", "mean"]
    assert np.isnan(sure.loc["coverage_reach", "low"])


def test_target_lines_state_target_value_and_verdict():
    found = lines(board("scenario=2027"), 2027)
    assert found[0] == "Promised by the end of 2027: 10 met, 4 not met, 9 cannot be told"
    text = "\n".join(found)
    assert "cannot be told fire deaths per 100,000, curve A: 0.1" in text
    assert "below 0.047 with chance 33% over 1 y" in text
    assert "met            Fire-safety awareness: 90 %, promised ≥ 90 %" in text
    assert "not met        Main urban area covered, by reach:" in text
    assert "not openings; counted as in service: 3" in text
    assert max(map(len, found)) < 170


def test_run_writes_its_targets_as_table_and_figure(tmp_path):
    config = door.compose(
        [
            "scenario=2027",
            "replications=1",
            "days=3",
            "workers=1",
            f"out={tmp_path}",
            "name=run",
            "figures=main",
        ]
    )
    folder = execute.on_disk(config)
    stored = pd.read_csv(folder / "targets.csv", keep_default_na=False, na_values={"chance": [""]})
    assert list(stored.columns) == list(COLUMNS)
    assert len(stored) == 23
    assert (folder / "figures" / "targets.png").stat().st_size > 10_000
    assert (folder / "figures" / "targets.svg").is_file()
    in_force = pd.read_csv(folder / "in_force.csv", keep_default_na=False)
    assert in_force.set_index("measure").loc["patrol_cars", "clauses"] == "六(二)b 三(三)"


def test_target_with_an_unknown_bound_is_undecided():
    assert verdict("at least", 1.0, float("nan"), float("nan")) == "cannot_be_told"
