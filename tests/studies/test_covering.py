"""The covering problems against brute force over all choices of sites."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import SimError
from sim.studies.siting import covering

CANDIDATES, PLACES = 6, 8


@st.composite
def instances(draw):
    reach = np.array(
        draw(
            st.lists(
                st.lists(st.booleans(), min_size=PLACES, max_size=PLACES),
                min_size=CANDIDATES,
                max_size=CANDIDATES,
            )
        )
    )
    weight = np.array(draw(st.lists(st.integers(0, 9), min_size=PLACES, max_size=PLACES)), dtype=np.float64)
    before = np.array(draw(st.lists(st.booleans(), min_size=PLACES, max_size=PLACES)))
    return reach, weight + np.eye(1, PLACES)[0], before  # the first place always weighs something


def share(reach, weight, before, chosen):
    return weight[before | reach[list(chosen)].any(axis=0)].sum() / weight.sum()


@settings(max_examples=25, deadline=None)
@given(instances(), st.integers(0, CANDIDATES))
def test_most_weight_with_a_number_of_sites_is_that_of_brute_force(instance, sites):
    reach, weight, before = instance
    found = covering.greatest(reach, weight, sites, before=before)
    best = max(share(reach, weight, before, some) for some in combinations(range(CANDIDATES), sites))
    assert len(set(found.chosen)) == sites
    assert found.share == pytest.approx(share(reach, weight, before, found.chosen))
    assert found.share == pytest.approx(best)
    assert found.proven


@settings(max_examples=25, deadline=None)
@given(instances(), st.floats(0.05, 1))
def test_fewest_sites_for_a_share_are_those_of_brute_force(instance, target):
    reach, weight, before = instance
    every = share(reach, weight, before, range(CANDIDATES))
    if every < target - covering.SLACK:
        with pytest.raises(SimError, match="candidate sites together cover"):
            covering.fewest(reach, weight, target, before=before)
        return
    found = covering.fewest(reach, weight, target, before=before)
    number, best = next(
        (size, top)
        for size in range(CANDIDATES + 1)
        if (top := max(share(reach, weight, before, some) for some in combinations(range(CANDIDATES), size)))
        >= target - covering.SLACK
    )
    assert len(found.chosen) == number
    assert found.share == pytest.approx(share(reach, weight, before, found.chosen))
    assert found.share == pytest.approx(best)  # of the fewest, those that cover most
    assert found.proven


def test_equals_are_told_apart_by_backup():
    # both pairs cover everything; candidate 2 covers the middle a second time
    reach = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 1, 1]], dtype=bool)
    assert set(covering.fewest(reach, np.ones(4), 1.0).chosen) == {0, 2}


def test_sites_come_in_the_order_of_what_they_add():
    reach = np.array([[1, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 0, 1]], dtype=bool)
    found = covering.greatest(reach, np.array([2.0, 1, 1, 1, 1]), 3)
    assert found.chosen == (1, 0, 2)
    assert found.share == pytest.approx(1)


def test_what_cannot_be_is_refused():
    reach = np.eye(3, dtype=bool)
    with pytest.raises(SimError, match="3 candidate sites"):
        covering.greatest(reach, np.ones(3), 4)
    with pytest.raises(SimError, match=r"cover 0\.7500"):
        covering.fewest(np.eye(3, 4, dtype=bool), np.ones(4), 0.8)
    with pytest.raises(SimError, match="nothing to cover"):
        covering.greatest(reach, np.zeros(3), 1)


def test_a_limit_too_short_for_any_answer_is_named():
    rng = np.random.default_rng(1)
    reach = rng.random((400, 400)) < 0.02
    with pytest.raises(SimError, match="time_limit=1e-06 s"):
        covering.fewest(reach, np.ones(400), 0.9, limit_s=1e-6)
