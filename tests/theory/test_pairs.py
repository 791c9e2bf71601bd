"""Fires take two engines, other calls one: a loss system solved as a Markov chain."""

import exact
import pytest
import reduced
from reduced import agrees, simulate

SINGLE_S, PAIR_S = 14_400.0, 28_800.0
SINGLES, PAIRS = 1.0 / 14_400, 0.5 / 14_400  # calls a second


def chain(engines, pair_s=PAIR_S):
    return exact.pairs_and_singles(engines, SINGLES, PAIRS, SINGLE_S, pair_s)


@pytest.fixture(scope="module")
def runs():
    return simulate(
        f"demand.calls_per_year={(SINGLES + PAIRS) * reduced.YEAR_S}",
        f"demand.mix={{fire: {PAIRS / SINGLES}, social_assistance: 1}}",
        "forces.professional.classes.class1.vehicles.engine=4",
        f"fireground.on_scene.others.social_assistance.scale={SINGLE_S}",
        f"fireground.on_scene.fires.residential_fire.scale={PAIR_S}",
        "replications=20",
    )


def share(runs, kind, units):
    chosen = [run.incidents[run.incidents["type"] == kind] for run in runs]
    return [float((incidents["units"] == units).mean()) for incidents in chosen]


def test_calls_for_two_engines_and_for_one(runs):
    found = chain(4)
    assert agrees(share(runs, "social_assistance", 0), found["lost"], widest=0.08)
    assert agrees(share(runs, "residential_fire", 0), found["lost"], widest=0.12)
    assert agrees(share(runs, "residential_fire", 1), found["half"], widest=0.12)
    loads = [
        sum(reduced.workload(run, f"Station 1 engine {number}") for number in range(1, 5)) for run in runs
    ]
    assert agrees(loads, found["busy"], widest=0.04)


@pytest.mark.parametrize("mistake", [chain(5), chain(4, SINGLE_S)], ids=["an engine more", "equal services"])
def test_a_wrong_chain_is_refused(runs, mistake):
    assert not agrees(share(runs, "social_assistance", 0), mistake["lost"], widest=0.2)


def test_the_chain_without_pairs_is_erlangs():
    alone = exact.pairs_and_singles(5, 3.0, 1e-12, 1.0, 1.0)
    assert alone["lost"] == pytest.approx(exact.erlang_b(3, 5))
    assert alone["busy"] == pytest.approx(3 * (1 - exact.erlang_b(3, 5)))
