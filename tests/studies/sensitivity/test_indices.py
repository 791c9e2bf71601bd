"""Designs and indices on functions whose indices are known exactly, through the same laws that parameters have."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from sim.errors import SimError
from sim.studies.sensitivity import indices
from sim.studies.sensitivity.parameters import Parameter, Target

pytest.importorskip("SALib", reason="the extra `sensitivity` is not installed")

SEED = 7
NAMES = ("x1", "x2", "x3")


def parameter(low: float, high: float, law: str = "uniform") -> Parameter:
    targets = (Target("a.key", 1.0, whole=False),)
    return Parameter("x", "x", "-", (low + high) / 2, low, high, law, targets, "", "")


def at(grid: np.ndarray, low: float, high: float) -> np.ndarray:
    one = parameter(low, high)
    return np.vectorize(one.at)(grid)


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def by(table: pd.DataFrame, column: str) -> list[float]:
    return [float(value) for value in table.set_index("parameter").loc[list(NAMES), column]]


def test_sobol_finds_the_indices_of_ishigamis_function() -> None:
    # Ishigami and Homma (1990), a = 7, b = 0.1: variances of the parts, integrated by hand
    a, b = 7.0, 0.1
    total = a**2 / 8 + b * math.pi**4 / 5 + b**2 * math.pi**8 / 18 + 0.5
    first = [0.5 * (1 + b * math.pi**4 / 5) ** 2 / total, a**2 / 8 / total, 0.0]
    both = 8 * b**2 * math.pi**8 / 225 / total
    grid = indices.saltelli(NAMES, 1024, SEED)
    assert grid.shape == (1024 * 5, 3)
    found = indices.sobol(NAMES, {"y": ishigami(at(grid, -math.pi, math.pi))}, SEED)
    for column, exact in (("s1", first), ("st", [first[0] + both, first[1], both])):
        values, halves = by(found, column), by(found, f"{column}_conf")
        np.testing.assert_allclose(values, exact, atol=0.04)
        assert all(abs(v - e) < 1.5 * h + 1e-9 for v, e, h in zip(values, exact, halves, strict=True))
        assert max(halves) < 0.15


def test_sobol_of_a_sum_gives_each_part_its_share_of_the_variance() -> None:
    grid = at(indices.saltelli(NAMES, 1024, SEED), 10, 12)
    found = indices.sobol(NAMES, {"y": 3 * grid[:, 0] - grid[:, 1] + 5}, SEED)
    np.testing.assert_allclose(by(found, "s1"), [0.9, 0.1, 0], atol=0.01)
    np.testing.assert_allclose(by(found, "st"), [0.9, 0.1, 0], atol=0.01)


def test_sobol_says_nothing_of_what_does_not_vary() -> None:
    found = indices.sobol(NAMES, {"y": np.full(20, 3.0)}, SEED)
    assert found[["s1", "st"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("function", "size", "sign", "sigma"),
    [
        (lambda x: 3 * x[:, 0] - x[:, 1] + 5, [3, 1, 0], [3, -1, 0], [0, 0, 0]),
        # the slope of x1² over two thirds is x + 1/3 at both ends of a step: 2/3 or 4/3, half of the steps each
        (lambda x: x[:, 0] ** 2, [1, 0, 0], [1, 0, 0], [None, 0, 0]),
    ],
)
def test_morris_finds_the_effect_of_a_whole_range(
    function: Callable[[np.ndarray], np.ndarray],
    size: list[float],
    sign: list[float],
    sigma: list[float | None],
) -> None:
    grid = indices.trajectories(NAMES, 40, SEED)
    assert grid.shape == (160, 3)
    assert set(np.round(np.unique(grid), 6)) == {0.0, 0.333333, 0.666667, 1.0}
    found = indices.morris(NAMES, grid, {"y": function(grid)}, SEED)
    np.testing.assert_allclose(by(found, "mu_star"), size, atol=0.12 if None in sigma else 1e-9)
    np.testing.assert_allclose(by(found, "mu"), sign, atol=0.12 if None in sigma else 1e-9)
    for value, exact in zip(by(found, "sigma"), sigma, strict=True):
        if exact is None:
            assert value == pytest.approx(1 / 3, abs=0.03)  # of effects of 2/3 and 4/3 in equal numbers
        else:
            assert value == pytest.approx(exact, abs=1e-9)


def test_each_trajectory_changes_one_parameter_at_a_time_and_each_once() -> None:
    grid = indices.trajectories(NAMES, 5, SEED).reshape(5, 4, 3)
    steps = np.abs(np.diff(grid, axis=1)) > 1e-9
    assert (steps.sum(axis=2) == 1).all()
    assert (steps.sum(axis=1) == 1).all()


def test_a_hypercube_holds_each_parameter_once_in_every_part_of_its_law() -> None:
    grid = indices.hypercube(NAMES, 10, SEED)
    for column in grid.T:
        assert sorted(np.floor(10 * column)) == list(range(10))


def test_a_design_is_the_same_for_the_same_seed_only() -> None:
    for make in (indices.trajectories, indices.saltelli, indices.hypercube):
        np.testing.assert_array_equal(make(NAMES, 4, SEED), make(NAMES, 4, SEED))
        assert not np.array_equal(make(NAMES, 4, SEED), make(NAMES, 4, SEED + 1))


def test_one_at_a_time_pairs_the_ends_with_their_parameters() -> None:
    found = indices.tornado(["a", "b"], {"y": np.array([5.0, 4.0, 7.0, 5.0, 5.5])})
    assert found.to_numpy().tolist() == [["y", "a", 5.0, 4.0, 7.0], ["y", "b", 5.0, 5.0, 5.5]]
    spread = indices.spread({"y": 5.0}, {"y": np.array([3.0, 9.0, 4.0])})
    assert spread.to_numpy().tolist() == [["y", 5.0, 3.0, 4.0, 9.0]]


def test_importance_counts_every_result_alike_whatever_its_unit() -> None:
    rows = [
        ("minutes", "a", 3.0),
        ("minutes", "b", 1.0),
        ("deaths", "a", 0.0),
        ("deaths", "b", 0.02),
        ("none", "a", 0.0),
    ]
    found = indices.importance(pd.DataFrame(rows, columns=["output", "parameter", "mu_star"]))
    assert list(found.index) == ["b", "a"]
    assert found["b"] == pytest.approx((0.25 + 1) / 2)
    assert found["a"] == pytest.approx((0.75 + 0 + 0) / 3)


def test_a_result_that_a_run_cannot_give_is_named() -> None:
    values = {"first_water_mean": np.array([1.0, np.nan, 2.0, 1.0])}
    with pytest.raises(SimError, match="first_water_mean has no value at 1 of 4 points"):
        indices.morris(NAMES, indices.trajectories(NAMES, 2, SEED), values, SEED)


@pytest.mark.parametrize(
    ("law", "low", "high", "u", "value"),
    [
        ("uniform", 10, 20, 0.25, 12.5),
        ("log", 30, 480, 0.5, 120),
        ("log", 30, 480, 1, 480),
        ("whole", 2, 4, 0, 2),
        ("whole", 2, 4, 0.34, 3),
        ("whole", 2, 4, 1, 4),
    ],
)
def test_a_law_goes_from_its_low_to_its_high_end(
    law: str, low: float, high: float, u: float, value: float
) -> None:
    assert parameter(low, high, law).at(u) == pytest.approx(value)


def test_a_whole_number_is_as_often_each_of_its_values() -> None:
    one = parameter(2, 4, "whole")
    found = [one.at(u) for u in (np.arange(300) + 0.5) / 300]
    assert [found.count(value) for value in (2, 3, 4)] == [100, 100, 100]
