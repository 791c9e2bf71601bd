"""Larson's hypercube model: several stations with one engine each, solved as a Markov chain."""

import exact
import numpy as np
import pytest
import reduced
from reduced import agrees, simulate

SERVICE_S = 36_000.0
ONE_ENGINE = "forces.professional.classes.class1={crew: 6, vehicles: {engine: 1}}"

# Urban Operations Research 5.4: calls of areas 1, 2, 3; area 1 in two parts that differ in their second choice.
LARSON = {(0, 1, 2): 0.50, (0, 2, 1): 0.25, (1, 0, 2): 0.35, (2, 0, 1): 0.40}
LARSON_STATIONS = [(0.0, 0.0), (6000.0, 0.0), (-6000.0, 0.0)]
LARSON_CELLS = [(2500.0 - 1000.0, 0.0), (-1500.0, 0.0), (5000.0, 0.0), (-5000.0, 0.0)]


def arguments(load, kind, service_s=SERVICE_S, replications=20):
    return [
        f"demand.calls_per_year={load * reduced.YEAR_S / SERVICE_S}",
        f"fireground.on_scene.others.social_assistance.scale={service_s}",
        f"dispatch.queue={kind}",
        ONE_ENGINE,
        f"replications={replications}",
    ]


def larson(folder, *, service_s=SERVICE_S, order=(0, 1, 2), replications=30):
    stations = [LARSON_STATIONS[place] for place in order]
    chosen = reduced.region(folder, LARSON_CELLS, stations, [500, 250, 350, 400])
    return simulate(*chosen, *arguments(1.5, "wait", service_s, replications))


def test_the_example_of_larson_and_odoni(tmp_path):
    found = exact.Hypercube(LARSON, queue=True)
    loads = [found.workload(unit) for unit in range(3)]
    assert loads == pytest.approx([0.5574, 0.4734, 0.4693], abs=5e-5)
    assert found.all_busy == pytest.approx(0.23684, abs=5e-6)
    shares = reduced.preferences(LARSON_CELLS, LARSON_STATIONS, [0.50, 0.25, 0.35, 0.40], points=40)
    assert shares == pytest.approx(
        LARSON
    )  # the geometry of the test makes these orders, everywhere in each cell
    runs = larson(tmp_path)
    for unit, load in enumerate(loads):
        assert agrees([reduced.workload(run, reduced.unit_name(unit)) for run in runs], load, widest=0.05)
    waited = [((run.dispatches["dispatched_s"] > 1e-3) & warm(run)).sum() / warm(run).sum() for run in runs]
    assert agrees(waited, found.all_busy, widest=0.10)
    orders = list(LARSON)
    for cell, order in enumerate(orders):
        for unit in range(3):
            share = [share_of(run, cell, unit) for run in runs]
            assert agrees(share, found.dispatches(order, unit), widest=0.20)


@pytest.mark.parametrize("mistake", ["service longer by a tenth", "stations 2 and 3 exchanged"])
def test_a_wrong_example_is_refused(tmp_path, mistake):
    longer = mistake.startswith("service")
    runs = larson(
        tmp_path,
        service_s=SERVICE_S * (1.1 if longer else 1.0),
        order=(0, 1, 2) if longer else (0, 2, 1),
        replications=15,
    )
    found = exact.Hypercube(LARSON, queue=True)
    if longer:
        units = [reduced.workload(run, reduced.unit_name(0)) for run in runs]
        assert not agrees(units, found.workload(0), widest=0.10)
    else:
        assert not agrees([share_of(run, 0, 1) for run in runs], found.dispatches((0, 1, 2), 1), widest=0.20)


def warm(run):
    return run.dispatches["incident"].isin(run.incidents.index)


def share_of(run, cell, unit):
    """Return the share of a cell's served calls that a station's engine went to."""
    cells = run.dispatches["incident"].map(run.incidents["cell"])
    here = run.dispatches[cells == cell]
    return float((here["unit"] == reduced.unit_name(unit)).mean())


def made_up(units):
    """Return stations and cells (metres) and the cells' shares of the calls, the same for ever."""
    draw = np.random.default_rng(units)
    stations = [tuple(point) for point in draw.uniform(-4000, 4000, (units, 2))]
    cells = [tuple(point) for point in draw.uniform(-4000, 4000, (units + 2, 2))]
    return stations, cells, draw.dirichlet(np.full(units + 2, 2.0))


CASES = [
    pytest.param(units, kind, marks=[] if (units, kind) in ((2, "loss"),) else pytest.mark.slow)
    for units in range(2, 8)
    for kind in ("loss", "wait")
]


@pytest.mark.parametrize(("units", "kind"), CASES)
def test_the_hypercube_of_several_units(tmp_path, units, kind):
    stations, cells, share = made_up(units)
    load = 0.6 * units
    orders = {
        order: part * load for order, part in reduced.preferences(cells, stations, share.tolist()).items()
    }
    found = exact.Hypercube(orders, queue=kind == "wait")
    chosen = reduced.region(tmp_path, cells, stations, (share * 1e6).tolist())
    runs = simulate(*chosen, *arguments(load, kind))
    for unit in range(units):
        loads = [reduced.workload(run, reduced.unit_name(unit)) for run in runs]
        # The trips, half a minute in ten hours, lengthen the service by up to 0.3 %.
        assert agrees(loads, found.workload(unit), widest=0.10, margin=0.003)
    if kind == "loss":
        lost = [float((run.incidents["units"] == 0).mean()) for run in runs]
        assert agrees(lost, found.all_busy, widest=0.10, margin=0.006)
    busiest = int(np.argmax(share))
    here = reduced.preferences([cells[busiest]], stations, [1.0])
    for unit in range(units):
        expected = sum(part * found.dispatches(order, unit) for order, part in here.items())
        if expected > 0.05:  # rarer ones have wide intervals, which prove nothing
            seen = [share_of(run, busiest, unit) for run in runs]
            assert agrees(seen, expected, widest=0.30, margin=0.006)


@pytest.mark.parametrize("units", [2, 3, 5])
def test_the_chain_of_equal_units_and_areas_is_erlangs(units):
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


def test_two_units_by_hand():
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
