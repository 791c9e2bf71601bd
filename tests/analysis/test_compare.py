"""Comparison of runs: replications are paired by number, and runs that cannot be compared are refused."""

import logging

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sim.analysis.compare import check_run, compare, pairings
from sim.analysis.statistics import holm
from sim.errors import SimError

REPLICATIONS = 12
COLUMNS = ["replication", "kpi", "by", "group", "unit", "value"]


def info(name, **changes):
    return {
        "status": "complete",
        "name": name,
        "seed": 1,
        "replications": REPLICATIONS,
        "days": 365,
        "workload_digest": "5eed0fda7a5e75000",
        "config_digest": name,
        "scenario": name,
    } | changes


def frame(matrix, kpi="first_arrival_mean", by="setting", unit="s", first=0):
    """One row of the matrix is one group's values over the replications."""
    rows = [
        (first + replication, kpi, by, f"g{group}", unit, value)
        for group, series in enumerate(np.asarray(matrix, dtype=float))
        for replication, value in enumerate(series)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture
def study():
    random = np.random.default_rng(21)
    base = random.normal(800, 80, (3, REPLICATIONS))
    matrices = {
        "2023": base,
        "2025": base - 5 + random.normal(0, 20, base.shape),
        "2030": base - 90 + random.normal(0, 30, base.shape),
    }
    return matrices, {name: (frame(matrix), info(name)) for name, matrix in matrices.items()}


def test_every_column_agrees_with_scipy(study):
    matrices, runs = study
    table = compare(runs, "2023")
    assert list(table.columns[:6]) == ["scenario", "baseline", "kpi", "by", "group", "unit"]
    assert list(table["scenario"]) == ["2025"] * 3 + ["2030"] * 3
    assert list(table["group"]) == ["g0", "g1", "g2"] * 2
    for row in table.itertuples():
        group = int(row.group[1:])
        a, b = matrices[row.scenario][group], matrices["2023"][group]
        test = stats.ttest_rel(a, b)
        assert (row.baseline_mean, row.mean) == pytest.approx((b.mean(), a.mean()))
        assert row.difference == pytest.approx(a.mean() - b.mean())
        assert row.relative_difference == pytest.approx(a.mean() / b.mean() - 1)
        assert (row.low, row.high) == pytest.approx(tuple(test.confidence_interval(0.95)))
        # two scenarios against one baseline: 1 - 0.05 / 2
        assert (row.low_simultaneous, row.high_simultaneous) == pytest.approx(
            tuple(test.confidence_interval(0.975))
        )
        assert row.p == pytest.approx(test.pvalue)
        both = [stats.ttest_rel(matrices[name][group], b).pvalue for name in ("2025", "2030")]
        assert row.p_adjusted == pytest.approx(holm(both)[("2025", "2030").index(row.scenario)])
        assert row.variance_reduction == pytest.approx((a.var() + b.var()) / (a - b).var())
        assert (row.n, row.baseline_n, row.method) == (REPLICATIONS, REPLICATIONS, "paired t")


def test_order_of_rows_and_replications_does_not_matter(study):
    _, runs = study
    shuffled = {
        name: (values.sample(frac=1, random_state=len(name)), run) for name, (values, run) in runs.items()
    }
    keys = ["scenario", "group"]
    pd.testing.assert_frame_equal(
        compare(runs, "2023").sort_values(keys, ignore_index=True),
        compare(shuffled, "2023").sort_values(keys, ignore_index=True),
    )


def test_types_of_the_keys_do_not_matter(study):
    _, runs = study
    values, run = runs["2025"]
    stored = values.astype({"kpi": "category", "by": "category", "group": "category", "replication": "int32"})
    pd.testing.assert_frame_equal(compare(runs, "2023"), compare(runs | {"2025": (stored, run)}, "2023"))


@pytest.mark.parametrize("empty", ["", None, np.nan])
def test_indicator_without_group_is_compared(study, empty):
    matrices, _ = study
    runs = {
        name: (frame(matrix[:1], by="all").assign(group=empty if name == "2025" else ""), info(name))
        for name, matrix in matrices.items()
    }
    table = compare(runs, "2023")
    assert list(table["scenario"]) == ["2025", "2030"]
    assert list(table["n"]) == [REPLICATIONS] * 2
    assert list(table["group"]) == ["", ""]


@given(st.integers(0, 2**32), st.integers(2, 15), st.integers(-1000, 1000))
def test_difference_to_itself_is_zero_and_to_a_shifted_run_is_the_shift(seed, n, shift):
    matrix = np.random.default_rng(seed).gamma(2, 400, (4, n))
    same, moved = (
        (frame(matrix), info("a", replications=n)),
        (frame(matrix + shift), info("b", replications=n)),
    )
    table = compare({"base": same, "same": same, "moved": moved}, "base").set_index("scenario")
    assert (
        table.loc["same", ["difference", "low", "high", "low_simultaneous", "high_simultaneous"]] == 0
    ).all(axis=None)
    assert (table.loc["same", ["p", "p_adjusted"]] == 1).all(axis=None)
    bounds = table.loc["moved", ["difference", "low", "high", "low_simultaneous", "high_simultaneous"]]
    np.testing.assert_allclose(bounds.to_numpy(dtype=float), shift, atol=1e-6)


def test_swapping_the_baseline_swaps_the_signs(study):
    _, runs = study
    two = {name: runs[name] for name in ("2023", "2030")}
    there, back = compare(two, "2023"), compare(two, "2030")
    np.testing.assert_allclose(there["difference"], -back["difference"])
    np.testing.assert_allclose(there["low"], -back["high"])
    np.testing.assert_allclose(there["low_simultaneous"], -back["high_simultaneous"])
    np.testing.assert_allclose(there["p_adjusted"], back["p_adjusted"])
    assert (there["difference"] < 0).all()  # the scenario is faster, so scenario minus baseline is negative


def test_interval_coverage_over_a_thousand_studies_is_nominal():
    random = np.random.default_rng(1999)
    base = random.normal(800, 80, (1000, 10))
    runs = {
        "base": (frame(base), info("base", replications=10)),
        "near": (frame(base - 10 + random.normal(0, 20, base.shape)), info("near", replications=10)),
        "far": (frame(base - 70 + random.normal(0, 50, base.shape)), info("far", replications=10)),
    }
    table = compare(runs, "base")
    truth = table["scenario"].map({"near": -10.0, "far": -70.0})
    covered = ((table["low"] <= truth) & (truth <= table["high"])).groupby(table["scenario"]).mean()
    assert covered.between(0.93, 0.97).all()
    together = (table["low_simultaneous"] <= truth) & (truth <= table["high_simultaneous"])
    assert 0.93 <= together.groupby(table["group"]).all().mean() <= 0.975


def test_replication_without_a_value_is_excluded_on_both_sides(study):
    matrices, runs = study
    gap, cut = matrices["2030"].copy(), matrices["2023"].copy()
    gap[1, 3], cut[1, 5] = np.nan, np.nan
    # An empty group may be an empty value in one run and no row at all in another.
    runs["2023"] = (frame(cut).dropna(subset="value"), info("2023"))
    runs["2030"] = (frame(gap), info("2030"))
    table = compare(runs, "2023").set_index(["scenario", "group"])
    assert list(table["n"]) == [12, 11, 12, 12, 10, 12]
    whole = [i for i in range(REPLICATIONS) if i not in (3, 5)]
    row = table.loc[("2030", "g1")]
    assert row["baseline_mean"] == pytest.approx(cut[1, whole].mean())
    assert row["p"] == pytest.approx(stats.ttest_rel(gap[1, whole], cut[1, whole]).pvalue)


def test_indicator_missing_in_one_run_keeps_its_row_but_leaves_the_family(study):
    _, runs = study
    sorties = frame(np.arange(12.0).reshape(1, -1) + 1, kpi="drone_sorties", by="all", unit="per year")
    for name in ("2025", "2030"):
        values, run = runs[name]
        runs[name] = (pd.concat([values, sorties], ignore_index=True), run)
    lacking = compare(runs, "2023").query("kpi == 'drone_sorties'")
    assert list(lacking["n"]) == [0, 0]
    assert lacking[["baseline_mean", "mean", "difference", "low", "p", "p_adjusted"]].isna().all(axis=None)
    values, run = runs["2023"]
    third = pd.concat([values, sorties.assign(value=sorties["value"] % 5)], ignore_index=True)
    values, run_2025 = runs["2025"]
    alone = compare(
        runs | {"2023": (third, run), "2025": (values.query("kpi != 'drone_sorties'"), run_2025)}, "2023"
    )
    row = alone.query("kpi == 'drone_sorties' and scenario == '2030'").iloc[0]
    assert row["p_adjusted"] == row["p"]
    assert (row["low"], row["high"]) == pytest.approx((row["low_simultaneous"], row["high_simultaneous"]))


def test_relative_change_to_zero_is_empty():
    runs = {
        "a": (frame([[0, 0, 0]]), info("a", replications=3)),
        "b": (frame([[1, 2, 3]]), info("b", replications=3)),
        "c": (frame([[-4, -5, -6]]), info("c", replications=3)),
    }
    assert compare(runs, "a")["relative_difference"].isna().all()
    # A rise is positive also above a negative mean: from -5 to 2
    assert compare(runs, "c").query("scenario == 'b'")["relative_difference"].item() == pytest.approx(7 / 5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"seed": 2}, r"the seed \(1 in 2023, 2 in 2030\)"),
        ({"days": 30}, r"the days \(365 in 2023, 30 in 2030\)"),
        (
            {"seed": 2, "days": 30, "workload_digest": "x"},
            r"the seed \(1 in 2023, 2 in 2030\) and the days \(365 in 2023, 30 in 2030\): repeat",
        ),
        (
            {"workload_digest": "0ther"},
            r"the demand or the region \(workload 5eed0fda7a5e in 2023, 0ther in 2030\)",
        ),
    ],
)
def test_runs_with_different_workloads_are_refused_with_the_reason(study, change, reason):
    matrices, runs = study
    runs["2030"] = (frame(matrices["2030"]), info("2030", **change))
    with pytest.raises(
        SimError, match=f"^2023 and 2030 did not meet the same workloads, they differ in {reason}"
    ):
        compare(runs, "2023")


def test_unpaired_uses_welch_only_for_unpaired_runs(study):
    matrices, runs = study
    runs["2030"] = (frame(matrices["2030"]), info("2030", seed=2))
    table = compare(runs, "2023", unpaired=True).set_index(["scenario", "group"])
    assert list(table["method"]) == ["paired t"] * 3 + ["Welch t"] * 3
    expected = stats.ttest_ind(matrices["2030"][0], matrices["2023"][0], equal_var=False)
    row = table.loc[("2030", "g0")]
    assert row["p"] == pytest.approx(expected.pvalue)
    assert (row["low"], row["high"]) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert table.loc["2030", "variance_reduction"].isna().all()
    assert table.loc["2025", "variance_reduction"].gt(1).all()
    note = pairings(runs, "2023", unpaired=True)[1].notes[0]
    assert "unpaired (Welch's interval)" in note
    assert "seed (1 in 2023, 2 in 2030)" in note


def test_runs_of_different_length_pair_on_the_common_replications(study, caplog):
    matrices, runs = study
    runs["2030"] = (frame(matrices["2030"][:, 4:10], first=4), info("2030", replications=6))
    with caplog.at_level(logging.INFO, logger="sim.analysis.compare"):
        table = compare(runs, "2023").set_index(["scenario", "group"])
    assert list(table["n"]) == [12] * 3 + [6] * 3
    expected = stats.ttest_rel(matrices["2030"][2, 4:10], matrices["2023"][2, 4:10])
    assert table.loc[("2030", "g2"), "p"] == pytest.approx(expected.pvalue)
    (note,) = pairings(runs, "2023")[1].notes
    assert note == "2030 has 6 replications and 2023 12: they are paired on the 6 in common (4–9)"
    assert note in caplog.messages
    assert pairings(runs, "2023")[0].notes == ()


def test_runs_without_a_common_replication_are_refused_or_independent(study):
    matrices, runs = study
    runs["2030"] = (frame(matrices["2030"], first=100), info("2030"))
    with pytest.raises(SimError, match=r"differ in the replications \(0–11 in 2023, 100–111 in 2030\)"):
        compare(runs, "2023")
    assert compare(runs, "2023", unpaired=True)["method"].iloc[-1] == "Welch t"


def test_one_common_replication_gives_no_interval_and_says_so(study):
    matrices, runs = study
    runs["2030"] = (frame(matrices["2030"][:, :1]), info("2030", replications=1))
    assert compare(runs, "2023").query("scenario == '2030'")[["low", "high", "p"]].isna().all(axis=None)
    assert "no interval" in pairings(runs, "2023")[1].notes[1]


def test_missing_replications_are_named(study):
    matrices, runs = study
    values = frame(matrices["2030"])
    for kept, named in (([0, 3, 11], "0, 3, 11"), ([0, 2, 3, 5, 7, 9], "6 numbers in 0–9")):
        part = values.loc[values["replication"].isin(kept)]
        runs["2030"] = (part, info("2030", replications=len(kept)))
        assert named in pairings(runs, "2023")[1].notes[0]


def test_baseline_must_be_one_of_at_least_two_runs(study):
    _, runs = study
    with pytest.raises(SimError, match="'2024' is not among the runs; they are 2023, 2025, 2030"):
        compare(runs, "2024")
    with pytest.raises(SimError, match="only '2023'"):
        compare({"2023": runs["2023"]}, "2023")


def test_units_must_agree(study):
    matrices, runs = study
    runs["2030"] = (frame(matrices["2030"] / 60, unit="min"), info("2030"))
    with pytest.raises(SimError, match=r"first_arrival_mean by setting g0: .*different units \(s, min\)"):
        compare(runs, "2023")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda v, i: (v, {k: i[k] for k in i if k not in ("seed", "days")}), "run.json lacks seed, days"),
        (lambda v, i: (v, i | {"status": "running"}), "status 'running'"),
        (lambda v, i: (v.drop(columns=["by", "unit"]), i), "lacks the column.* by, unit"),
        (lambda v, i: (v.assign(value="fast"), i), "as value, not numbers"),
        (lambda v, i: (v.assign(replication=v["replication"] / 2), i), "float64 as replication"),
        (lambda v, i: (v.assign(value=np.inf), i), "infinite"),
        (lambda v, i: (v.query("replication < 7"), i), "says 12 replications, kpi_values has 7"),
        (lambda v, i: (v.iloc[:0], i | {"replications": 0}), "kpi_values has 0"),
        (
            lambda v, i: (pd.concat([v, v.iloc[[4]]]), i),
            "more than one value of first_arrival_mean by setting g0",
        ),
    ],
)
def test_inconsistent_run_is_refused_by_name(study, spoil, reason):
    _, runs = study
    runs["2030"] = spoil(*runs["2030"])
    with pytest.raises(SimError, match=f"^2030: .*{reason}"):
        compare(runs, "2023")
    with pytest.raises(SimError, match=f"^here: .*{reason}"):
        check_run("here", *runs["2030"])
