"""Fires take two engines, other calls one: a loss system solved as a Markov chain."""

import pytest

from experiments.verification import exact, queues
from experiments.verification.queues import SERVICE_S, pairs_chain, pairs_runs, share
from experiments.verification.reduced_model import agrees, workload


@pytest.fixture(scope="module")
def runs():
    return pairs_runs()


def test_one_and_two_engine_calls_agree_with_the_markov_chain(runs):
    found = pairs_chain(4)
    assert agrees(share(runs, "social_assistance", 0), found["lost"], widest=0.08)
    assert agrees(share(runs, "residential_fire", 0), found["lost"], widest=0.12)
    assert agrees(share(runs, "residential_fire", 1), found["half"], widest=0.12)
    loads = [sum(workload(run, f"Station 1 engine {number}") for number in range(1, 5)) for run in runs]
    assert agrees(loads, found["busy"], widest=0.04)


@pytest.mark.parametrize(
    "mistake", [pairs_chain(5), pairs_chain(4, SERVICE_S)], ids=["an engine more", "equal services"]
)
def test_wrong_markov_chain_is_refused(runs, mistake):
    assert not agrees(share(runs, "social_assistance", 0), mistake["lost"], widest=0.2)


def test_markov_chain_without_pairs_equals_erlang_b():
    alone = exact.pairs_and_singles(5, 3.0, 1e-12, 1.0, 1.0)
    assert alone["lost"] == pytest.approx(exact.erlang_b(3, 5))
    assert alone["busy"] == pytest.approx(3 * (1 - exact.erlang_b(3, 5)))


def test_fires_last_twice_as_long_as_other_calls():
    assert queues.PAIR_S == 2 * SERVICE_S  # what the chain with equal services gets wrong
