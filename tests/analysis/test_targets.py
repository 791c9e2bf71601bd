"""The targets table: what is promised for a year, what is found, and when no verdict is possible."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sim.analysis import coverage as cover
from sim.analysis.targets import (
    COLUMNS,
    CURVES,
    HORIZONS,
    chance_rows,
    chance_told,
    lines,
    scoreboard,
    verdict,
)
from sim.config import compose as door
from sim.plots.registry import figures_of
from sim.runs import execute
from sim.simulation import replication


@cache
def world(*arguments):
    return replication.build_world(door.compose(arguments))


def kpis(deaths=2.3, half=0.2, replications=20, operational=0.5):
    """Return the indicators that the scoreboard reads, as a run of so many replications leaves them."""
    means = zip(CURVES, np.broadcast_to(deaths, 3), strict=True)
    rows = [(f"deaths_{curve}", "all", "all", mean, mean - half, mean + half) for curve, mean in means]
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
            judged = verdict(row["sense"], row["target"], row["low"], row["high"])
            assert row["verdict"] == ("chance" if row["key"] == "death_rate" else judged)
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


def test_deaths_have_a_chance_for_each_horizon_and_no_verdict():
    found = deaths(deaths=2.3)
    assert found["chance_years"].tolist() == list(HORIZONS)
    assert found["name"].tolist() == [
        f"Fire deaths per 100,000 over {said}" for said in ("1 year", "3 years", "5 years")
    ]
    assert set(found["verdict"]) == {"chance"}
    people = world("scenario=2025").region.population
    assert found["mean"].tolist() == pytest.approx([2.3 / people * 1e5] * 3)
    # one death in 2.29 million is allowed, two are not: no fatal fire, or one with a single victim
    fires = 2.3 / 1.18
    assert found["chance"].iloc[0] == pytest.approx(np.exp(-fires) * (1 + 0.86 * fires), abs=1e-9)
    assert found["chance"].is_monotonic_decreasing
    assert found["low"].is_monotonic_increasing
    assert found["high"].is_monotonic_decreasing


@pytest.mark.parametrize("by_curve", [(2.2, 2.4, 2.0), (2.0, 2.2, 2.4), (2.4, 2.0, 2.2)])
def test_the_chance_is_of_the_middle_curve_with_the_span_of_the_three(by_curve):
    found = deaths(deaths=by_curve, half=0.0)
    lowest, middle, highest = (deaths(deaths=mean, half=0.0)["chance"].tolist() for mean in (2.4, 2.2, 2.0))
    assert found["chance"].tolist() == middle
    assert found["chance_low"].tolist() == lowest
    assert found["chance_high"].tolist() == highest


@pytest.mark.parametrize(("mean", "chance"), [(0.0, 1.0), (30.0, 0.0)])
def test_extreme_numbers_of_deaths_have_a_chance_too(mean, chance):
    found = deaths(deaths=mean, half=0.0)
    assert set(found["verdict"]) == {"chance"}
    assert found["chance"].tolist() == pytest.approx([chance] * 3, abs=1e-9)


def test_a_chance_is_said_in_both_languages():
    row = {"target": 0.047, "chance": 0.388, "chance_low": 0.36, "chance_high": 0.411, "chance_years": 1.0}
    assert chance_told(row) == (
        "chance 39 % (36 to 41 %) to stay below 0.047 over 1 year",
        "1年内低于0.047的概率为39%（36%至41%）",
    )


def test_the_chance_of_the_scoreboard_is_that_of_the_indicators():
    there, means = world("scenario=2025"), {"deaths_a": 2.2, "deaths_b": 2.4, "deaths_c": 2.0}
    several = SimpleNamespace(over=lambda name, by: np.array([means[name] - 0.1, means[name] + 0.1]))
    facts = SimpleNamespace(days=365, population=there.region.population, outcome=there.config.outcome)
    told = chance_rows(several, facts).set_index(["group", "kpi"])["mean"]
    for row in deaths(deaths=tuple(means.values())).to_dict("records"):
        by_curve = told[str(int(row["chance_years"]))]
        ends = [row["chance_high"], row["chance"], row["chance_low"]]
        assert by_curve[["target_chance_c", "target_chance_a", "target_chance_b"]].tolist() == pytest.approx(
            ends
        )


def test_the_interval_of_the_mean_widens_the_range():
    sure, unsure = deaths(deaths=5.0, half=0.0), deaths(deaths=5.0, half=3.0)
    assert (unsure["low"] <= sure["low"]).all()
    assert (unsure["high"] > sure["high"]).all()


def test_single_replication_has_no_interval():
    found = deaths(deaths=2.3, half=np.nan, replications=1)
    assert (found["high"] == deaths(deaths=2.3, half=0.0)["high"]).all()


def test_chance_of_a_target_agrees_with_simulation():
    people = world("scenario=2025").region.population
    for row, years in zip(deaths(deaths=2.3, half=0.0).to_dict("records"), HORIZONS, strict=True):
        draw, fires = np.random.default_rng(years), 2.3 / 1.18 * years
        by_victims = draw.poisson([0.86 * fires, 0.1 * fires, 0.04 * fires], (200_000, 3))
        drawn = (by_victims * [1, 2, 3]).sum(axis=1) / years / people * 1e5
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
    assert found[0] == "Promised by the end of 2027: 10 met, 4 not met, 3 a chance"
    text = "\n".join(found)
    assert (
        "a chance       Fire deaths per 100,000 over 1 year: 0.101, chance 38 % (38 to 38 %) to stay below 0.047"
        in text
    )
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
    assert len(stored) == 17
    assert (folder / "figures" / "targets.png").stat().st_size > 10_000
    assert (folder / "figures" / "targets.svg").is_file()
    in_force = pd.read_csv(folder / "in_force.csv", keep_default_na=False)
    assert in_force.set_index("measure").loc["patrol_cars", "clauses"] == "六(二)b 三(三)"


def test_target_with_an_unknown_bound_is_undecided():
    assert verdict("at least", 1.0, float("nan"), float("nan")) == "cannot_be_told"
