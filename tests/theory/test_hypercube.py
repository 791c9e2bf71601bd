"""Larson's hypercube model: several stations with one engine each, solved as a Markov chain."""

import numpy as np
import pytest

from experiments.verification import exact, reduced_model
from experiments.verification.hypercube import (
    LARSON,
    LARSON_CELLS,
    LARSON_STATIONS,
    SERVICE_S,
    larson_runs,
    several,
    share_of,
    waited,
)
from experiments.verification.reduced_model import agrees


@pytest.mark.slow
def test_hypercube_of_larson_and_odoni_is_reproduced(tmp_path):
    found = exact.Hypercube(LARSON, queue=True)
    loads = [found.workload(unit) for unit in range(3)]
    assert loads == pytest.approx([0.5574, 0.4734, 0.4693], abs=5e-5)
    assert found.all_busy == pytest.approx(0.23684, abs=5e-6)
    shares = reduced_model.preferences(LARSON_CELLS, LARSON_STATIONS, [0.50, 0.25, 0.35, 0.40], points=40)
    assert shares == pytest.approx(
        LARSON
    )  # the geometry of the test makes these orders, everywhere in each cell
    runs = larson_runs(tmp_path)
    for unit, load in enumerate(loads):
        assert agrees(
            [reduced_model.workload(run, reduced_model.unit_name(unit)) for run in runs], load, widest=0.05
        )
    assert agrees([waited(run) for run in runs], found.all_busy, widest=0.10)
    orders = list(LARSON)
    for cell, order in enumerate(orders):
        for unit in range(3):
            share = [share_of(run, cell, unit) for run in runs]
            assert agrees(share, found.dispatches(order, unit), widest=0.20)


@pytest.mark.slow
@pytest.mark.parametrize("mistake", ["service longer by a tenth", "stations 2 and 3 exchanged"])
def test_wrong_hypercube_is_refused(tmp_path, mistake):
    longer = mistake.startswith("service")
    runs = larson_runs(
        tmp_path,
        service_s=SERVICE_S * (1.1 if longer else 1.0),
        order=(0, 1, 2) if longer else (0, 2, 1),
        replications=15,
    )
    found = exact.Hypercube(LARSON, queue=True)
    if longer:
        units = [reduced_model.workload(run, reduced_model.unit_name(0)) for run in runs]
        assert not agrees(units, found.workload(0), widest=0.10)
    else:
        assert not agrees([share_of(run, 0, 1) for run in runs], found.dispatches((0, 1, 2), 1), widest=0.20)


def test_hypercube_of_two_units_is_reproduced():
    """Drawn stations and areas, calls lost; two to seven units, lost and waiting, are in test_every_proof.py."""
    proofs = list(several(2, "loss", replications=20))
    assert all(proof.met and proof.refused and proof.width < 0.12 for proof in proofs), proofs
    assert {proof.quantity for proof in proofs} >= {"workload of unit 1", "workload of unit 2", "calls lost"}


@pytest.mark.parametrize("units", [2, 3, 5])
def test_symmetric_hypercube_equals_erlang_b(units):
    """By symmetry: every workload is the carried load over the units, whatever the preferences."""
    orders = {tuple(np.roll(range(units), -first).tolist()): 0.5 for first in range(units)}
    lossy = exact.Hypercube(orders, queue=False)
    load = 0.5 * units
    assert lossy.all_busy == pytest.approx(exact.erlang_b(load, units))
    assert lossy.workload(0) == pytest.approx(load * (1 - exact.erlang_b(load, units)) / units)
    waiting = exact.Hypercube(orders, queue=True)
    assert waiting.all_busy == pytest.approx(exact.erlang_c(load, units))
    assert waiting.workload(units - 1) == pytest.approx(load / units)
    assert sum(waiting.dispatches(next(iter(orders)), unit) for unit in range(units)) == pytest.approx(1)


def test_hypercube_of_two_units_equals_hand_calculation():
    """Two units, two areas: the four states solved with pencil and paper."""
    first, second = 0.7, 0.4
    total = first + second
    found = exact.Hypercube({(0, 1): first, (1, 0): second}, queue=False)
    nobody = 1 / (1 + total + total**2 / 2)
    only_first = nobody * (first + total**2 / 2) / (1 + total)
    both = nobody * total**2 / 2
    assert found.chance[frozenset()] == pytest.approx(nobody)
    assert found.chance[frozenset({0})] == pytest.approx(only_first)
    assert found.all_busy == pytest.approx(both)
