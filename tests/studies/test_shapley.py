"""Exact Shapley values: the axioms, a known game, and all orders counted one by one."""

from itertools import permutations

import numpy as np
import pytest

from sim.studies.attribution.groups import alone, last, members, shapley


def by_orders(game):
    """Return the mean over all orders of what each part brings when it comes."""
    parts = len(game).bit_length() - 1
    found, orders = np.zeros((parts, *np.shape(game)[1:])), list(permutations(range(parts)))
    for order in orders:
        mask = 0
        for part in order:
            found[part] += game[mask | 1 << part] - game[mask]
            mask |= 1 << part
    return found / len(orders)


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 6])
def test_it_is_the_mean_over_all_orders(parts):
    game = np.random.default_rng(parts).normal(10, 3, (2**parts, 2, 3))
    assert shapley(game) == pytest.approx(by_orders(game))


@pytest.mark.parametrize("parts", [1, 2, 5, 9])
def test_the_parts_add_up_to_the_whole_change(parts):
    game = np.random.default_rng(parts).normal(1000, 300, (2**parts, 4))
    assert shapley(game).sum(axis=0) == pytest.approx(game[-1] - game[0], rel=1e-12, abs=1e-9)


def test_the_glove_game():
    # a left glove is worth something only with one of two right gloves: 2/3, 1/6, 1/6
    left, others = members(3)[:, 0], members(3)[:, 1:]
    assert shapley((left & others.any(axis=1)).astype(float)) == pytest.approx([2 / 3, 1 / 6, 1 / 6])


def test_a_part_that_does_nothing_gets_exactly_nothing():
    game = np.random.default_rng(3).normal(5, 1, 8)
    doubled = np.concatenate([game, game])  # the fourth part changes no coalition
    found = shapley(doubled)
    assert found[3] == 0
    assert found[:3] == pytest.approx(shapley(game))


def test_without_interaction_all_ways_agree():
    worth = np.array([3.0, -1.0, 0.5])
    game = 20 + members(3) @ worth
    for way in (alone, last, shapley):
        assert way(game) == pytest.approx(worth)


def test_alone_and_last_are_single_differences():
    game = np.arange(8.0) ** 2  # value = mask squared
    assert alone(game).tolist() == [1, 4, 16]
    assert last(game).tolist() == [49 - 36, 49 - 25, 49 - 9]
