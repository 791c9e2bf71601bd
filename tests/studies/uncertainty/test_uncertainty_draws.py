"""The draws: a sequence that goes on, even over each law, with the groups that are high or low together."""

from __future__ import annotations

import numpy as np
from scipy.stats import spearmanr

from sim.config.compose import compose
from sim.studies.sensitivity.parameters import choose
from sim.studies.uncertainty import draws

PARAMETERS = choose(["t_disp0", "t_disp1", "v_mtn", "m_seats"], compose(["scenario=2023"]))


def test_more_draws_begin_with_the_same_ones() -> None:
    few, many = (draws.quantiles(PARAMETERS, count, 7) for count in (64, 128))
    assert (many[:64] == few).all()
    assert (draws.quantiles(PARAMETERS, 64, 8) != few).any()


def test_each_law_is_covered_evenly_also_in_a_group() -> None:
    shares = draws.quantiles(PARAMETERS, 1024, 7)
    for column in shares.T:
        counts, _ = np.histogram(column, bins=8, range=(0, 1))
        assert abs(counts - 128).max() <= 20


def test_a_group_is_high_or_low_together_and_the_others_are_independent() -> None:
    shares = draws.quantiles(PARAMETERS, 1024, 7)
    found = spearmanr(shares).statistic
    assert 0.62 < found[0, 1] < 0.74  # of ranks, where the normal scores have 0.7
    assert abs(found[2, [0, 1, 3]]).max() < 0.1


def test_values_follow_the_laws_of_the_sensitivity_study() -> None:
    values = draws.values(PARAMETERS, np.array([[0.0, 1.0, 0.5, 0.999]]))[0]
    assert values.tolist() == [45.0, 180.0, 28.0, 8.0]


def test_what_is_drawn_as_shipped_is_a_configuration() -> None:
    parameters = choose(draws.PARAMETERS, compose(["scenario=2023"]))
    for values in draws.values(parameters, draws.quantiles(parameters, 4, 2024)):
        compose(
            ["scenario=2027", *(w for p, at in zip(parameters, values, strict=True) for w in p.arguments(at))]
        )
