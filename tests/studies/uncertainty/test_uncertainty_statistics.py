"""What is not known told apart from chance: a known truth, known variances, known inputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import qmc

from sim.analysis.anchors import Target
from sim.studies.uncertainty import statistics


def anchor(value: float, half: float) -> Target:
    return Target("x", "x", "x", "min", value, value - half, value + half, "made up", lambda year: 0.0)


def covered(rng: np.random.Generator) -> bool:
    """Draw a truth and what is published of it, and ask whether the 90 % interval of another quantity holds it."""
    half, runs = 0.8, 2
    truth = rng.random(6)

    def published(t: np.ndarray) -> list[np.ndarray]:
        return [3 * t[..., 0] + t[..., 1] ** 2 + t[..., 4] / 2, 2 * t[..., 2] - t[..., 0] * t[..., 3]]

    def asked(t: np.ndarray) -> np.ndarray:
        return np.asarray(2 * t[..., 0] + t[..., 2] + 1.5 * t[..., 5] * t[..., 1])

    known = [anchor(float(at + rng.normal(0, half / np.sqrt(2))), half) for at in published(truth)]
    drawn = qmc.Sobol(6, seed=rng).random(256)
    found = np.stack([at[:, None] + rng.normal(0, 0.3, (256, runs)) for at in published(drawn)], axis=2)
    left = (statistics.implausibility(found, known) <= statistics.CUT).all(axis=1)
    _, low, high = statistics.split(
        asked(drawn[left])[:, None] + rng.normal(0, 0.4, (left.sum(), runs))
    ).interval
    return bool(low <= asked(truth) <= high)


@pytest.mark.parametrize("seed", [1, 2])
def test_intervals_of_90_percent_hold_a_known_truth_in_85_to_95_of_100_repeats(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert 85 <= sum(covered(rng) for _ in range(100)) <= 95


def test_chance_and_what_is_not_known_are_told_apart() -> None:
    rng = np.random.default_rng(3)
    runs = rng.normal(5, 2.0, (4000, 1)) + rng.normal(0, 3.0, (4000, 2))
    found = statistics.split(runs)
    assert found.not_known == pytest.approx(4.0, rel=0.1)
    assert found.chance == pytest.approx(4.5, rel=0.1)
    assert np.var(found.draws, ddof=1) == pytest.approx(found.not_known)
    assert found.chance_share == pytest.approx(0.53, abs=0.03)


def test_pure_chance_leaves_nothing_unknown_and_equal_runs_no_chance() -> None:
    rng = np.random.default_rng(4)
    assert statistics.split(rng.normal(0, 1, (500, 2))).not_known < 0.1
    same = np.repeat(rng.normal(0, 1, (50, 1)), 2, axis=1)
    assert statistics.split(same).chance == 0
    assert statistics.split(same).draws == pytest.approx(same[:, 0])


def test_where_all_is_chance_nothing_looks_certain() -> None:
    found = statistics.split(np.tile([1.05, -0.95], (16, 1)))  # each draw has the mean 0.05
    _, low, high = found.interval
    assert found.not_known == 0
    assert low < 0 < high
    assert 0.1 < statistics.chance(found.holds(0.0, above=True))[0] < 0.9
    sure = statistics.split(np.ones((16, 2)))
    assert (sure.holds(1.0, above=True).mean(), sure.holds(1.0, above=True, closed=True).mean()) == (0, 1)


def test_a_draw_is_as_far_off_as_range_discrepancy_and_chance_allow() -> None:
    exact = np.array([[[10.0], [10.0]], [[12.0], [12.0]]])
    assert statistics.implausibility(exact, [anchor(10, 1.0)])[:, 0] == pytest.approx([0, 2 / np.sqrt(0.5)])
    noisy = np.array([[[10.0], [14.0]], [[10.0], [14.0]]])  # variance 8 over two replications
    assert statistics.implausibility(noisy, [anchor(10, 1.0)])[0, 0] == pytest.approx(2 / np.sqrt(0.5 + 4))


def test_the_inputs_that_decide_are_found_and_noise_is_not() -> None:
    rng = np.random.default_rng(5)
    shares = rng.random((200, 60))
    values = 2 * shares[:, 7] + (shares[:, 9] - 0.5) ** 2 * 4 + rng.normal(0, 0.2, 200)
    table = statistics.first_order([str(n) for n in range(60)], shares, values)
    assert table["parameter"][:2].tolist() == ["7", "9"]
    assert (table["p"] < 0.05).sum() == 2
    assert table["share"].sum() == pytest.approx(1, abs=0.35)


def test_it_is_worth_knowing_only_what_would_change_the_choice() -> None:
    rng = np.random.default_rng(6)
    shares = rng.random((400, 3))
    benefit = {"a": 4 * shares[:, 0] + shares[:, 1], "b": 2 + shares[:, 1]}  # input 1 moves both alike
    table = statistics.worth(["decides", "both", "none"], shares, benefit, 1).set_index("parameter")["worth"]
    assert table["decides"] == pytest.approx(0.5, abs=0.06)  # E max(4u, 2) - 2
    assert table[["both", "none"]].max() < 0.02
    choices = statistics.choices(benefit).set_index("option")
    assert choices["best"].sum() == 1
    assert choices.loc["b", "regret_mean"] == pytest.approx(0.5, abs=0.06)


def test_a_chance_has_an_interval_between_0_and_1() -> None:
    assert statistics.chance(np.ones(20, bool)) == pytest.approx((1, 0.839, 1), abs=0.001)
    assert statistics.chance(np.arange(20) < 10) == pytest.approx((0.5, 0.299, 0.701), abs=0.001)


def test_draws_left_out_lie_in_the_interval_of_the_others_in_90_percent() -> None:
    rng = np.random.default_rng(9)
    runs = rng.gamma(2, 1, (1000, 1)) + rng.normal(0, 0.3, (1000, 2))
    held, against = statistics.left_out(runs, 0.3, above=True)
    assert held == pytest.approx(0.90, abs=0.02)
    assert against == pytest.approx(1 - np.mean(statistics.split(runs).draws > 0.3), abs=0.01)
    assert statistics.left_out(runs, 0.3, above=False) == pytest.approx((held, against))
    assert np.isnan(statistics.left_out(runs, 1.5, above=True)[1])  # no sentence, so none can be wrong


def test_draws_of_another_kind_than_the_others_are_seen_when_they_are_left_out() -> None:
    rng = np.random.default_rng(10)
    runs = np.repeat(rng.normal(0, 1, (100, 1)), 2, axis=1)
    runs[::10] += 20  # all in one tenth
    assert statistics.left_out(runs, -15, above=True)[0] < 0.85


def test_the_published_intervals_and_sentences_hold_on_draws_left_out() -> None:
    table = pd.read_csv(Path(__file__).parents[3] / "docs" / "uncertainty" / "claims.csv")
    assert table["left_out_held"].between(0.85, 0.95).all()
    assert table["left_out_against"].max() <= 0.10
    assert (table.loc[table["verdict"] != statistics.OPEN, "left_out_against"].notna()).all()
