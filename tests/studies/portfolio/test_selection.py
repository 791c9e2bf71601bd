"""The choice of the best: as often right as promised, and not for ever."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sim.studies.portfolio import selection


def race(seed: int, gap: float, systems: int = 10, most: int = 400) -> selection.Selection:
    """Choose among systems of which the last is better by `gap`, with noise that they share and noise of their own."""
    mean = np.full(systems, gap)
    mean[-1] = 0.0

    def sample(chosen: Sequence[int], replications: range) -> np.ndarray:
        columns = []
        for number in replications:
            rng = np.random.default_rng([seed, number])
            shared, own = rng.normal(0, 3), rng.normal(0, 1, systems)
            columns.append((mean + shared + own)[list(chosen)])
        return np.array(columns).T

    return selection.choose(sample, systems, 1.0, 0.05, 10, most)


def test_the_best_is_chosen_at_least_as_often_as_promised() -> None:
    found = [race(seed, 1.0) for seed in range(100)]
    assert sum(each.best == 9 for each in found) >= 95
    assert all(each.guaranteed for each in found)


def test_the_easy_case_costs_less_than_the_hard_one() -> None:
    easy, hard = ([race(seed, gap).replications for seed in range(10)] for gap in (5.0, 1.0))
    assert sum(easy) < sum(hard)


def test_a_bound_that_comes_first_takes_the_guarantee_away() -> None:
    assert not race(1, 0.0, most=11).guaranteed


def test_equal_systems_end_with_one_of_them() -> None:
    found = selection.choose(lambda chosen, r: np.zeros((len(chosen), len(r))), 3, 1.0, 0.05, 10, 40)
    assert found.best == 0


@pytest.mark.parametrize("systems", [1, 2])
def test_one_or_two_systems_are_no_special_case(systems: int) -> None:
    assert race(3, 1.0, systems).best == systems - 1
