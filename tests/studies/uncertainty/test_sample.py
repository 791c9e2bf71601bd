"""What records are worth: as an analysis on paper says, for a normal mean and for a share."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from sim.config.compose import compose
from sim.studies.sensitivity.parameters import choose
from sim.studies.uncertainty import sample

U = (np.arange(sample.VALUES) + 0.5) / sample.VALUES


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0])
def test_records_of_a_normal_mean_are_worth_what_the_formula_says(noise: float) -> None:
    mean = ndtri(
        U
    )  # prior N(0, 1); records' mean N(mean, noise²); an option worth the mean against one worth 0
    benefit = np.stack([mean, np.zeros_like(mean)], axis=1)
    seen = mean + np.random.default_rng(1).normal(0, noise, len(mean))
    before = 1 / np.sqrt(1 + noise**2)  # sd of the posterior mean
    assert sample.sample_gain(benefit, seen) == pytest.approx(before / np.sqrt(2 * np.pi), rel=0.06)
    assert sample.gain(benefit) == pytest.approx(1 / np.sqrt(2 * np.pi), rel=0.01)


def test_one_yes_or_no_about_an_even_share_is_worth_a_twelfth() -> None:
    benefit = np.stack([U - 0.5, np.zeros_like(U)], axis=1)  # Beta(1, 1): after a yes the mean is 2/3
    seen = np.random.default_rng(2).binomial(1, U).astype(float)
    assert sample.sample_gain(benefit, seen) == pytest.approx(1 / 12, rel=0.05)


def test_more_weeks_are_worth_more_and_never_more_than_to_know_it() -> None:
    parameter = choose(["t_disp0"], compose(["scenario=2023"]))[0]
    found = sample.table(parameter, np.array([[0.0, 0.0], [1.0, 0.0]]), 0.5, 3)["share"]
    assert found.is_monotonic_increasing
    assert 0.3 < found.iloc[0] < 0.9
    assert 0.95 < found.iloc[-1] <= 1
