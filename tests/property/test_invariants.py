"""Invariants hold over random small regions, forces, policies and workloads."""

from __future__ import annotations

import pandas as pd
import pytest
from helpers import small_world, worlds
from helpers.invariants import INVARIANTS
from hypothesis import given, note, settings

from experiments.validation.page import WORLDS

FEW, MANY = WORLDS  # examples of make test and of make verify


def holds_everywhere(case):
    played = small_world.run(case.world, case.work)
    for invariant in INVARIANTS:
        try:
            invariant(case.world, case.work, played)
        except AssertionError:
            note(f"{invariant.__name__} does not hold")
            note(played.incidents.dropna(axis=1, how="all").to_string())
            note(played.dispatches.to_string())
            raise


@settings(max_examples=FEW)
@given(worlds.cases())
def test_invariants_hold_in_random_worlds(case):
    holds_everywhere(case)


@pytest.mark.slow
@settings(max_examples=MANY)
@given(worlds.cases())
def test_invariants_hold_in_many_random_worlds(case):
    holds_everywhere(case)


@settings(max_examples=40)
@given(worlds.cases())
def test_same_world_and_workload_give_the_same_tables(case):
    first, second = (small_world.run(case.world, case.work) for _ in range(2))
    pd.testing.assert_frame_equal(first.incidents, second.incidents, check_exact=True)
    pd.testing.assert_frame_equal(first.dispatches, second.dispatches, check_exact=True)
