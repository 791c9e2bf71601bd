"""A counterexample: the nearest free unit is not always best for the system (Carter, Chaiken, Ignall 1972).

Two units 4 km apart. Seven calls in ten come from the first one's doorstep, the others from 1.5 km towards the second.
The nearest unit to all is the first. Sent to the doorstep alone, with the second for the others, it is there more
often when it is wanted: journeys are shorter on average, though each of those others is longer.
"""

import numpy as np

from experiments.verification import exact, reduced_model
from experiments.verification.reduced_model import agrees, simulate
from sim.calendar import YEAR_S

STATIONS = [(0.0, 0.0), (4000.0, 0.0)]
CELLS, SHARE = [(0.0, 0.0), (1500.0, 0.0)], [0.7, 0.3]
LOAD, SERVICE_S = 1.5, 14_400.0


def mean_route(orders, load=LOAD):
    """Mean distance of served calls when each cell has an order of units."""
    merged: dict[tuple[int, int], float] = {}
    for order, part in zip(orders, SHARE, strict=True):
        merged[order] = merged.get(order, 0.0) + load * part
    chain = exact.Hypercube(merged, queue=False)
    total = 0.0
    for (east, north), order, part in zip(CELLS, orders, SHARE, strict=True):
        for unit, (x, y) in enumerate(STATIONS):
            distance = exact.over_square(1000.0, lambda a, b, e=east - x, n=north - y: np.hypot(a + e, b + n))
            total += part * chain.dispatches(order, unit) * distance
    return total


def test_nearest_unit_is_not_always_best_for_the_system(tmp_path):
    nearest, otherwise = mean_route([(0, 1), (0, 1)]), mean_route([(0, 1), (1, 0)])
    assert otherwise < 0.96 * nearest
    runs = simulate(
        *reduced_model.region(tmp_path, CELLS, STATIONS, [700, 300]),
        f"demand.calls_per_year={LOAD * YEAR_S / SERVICE_S}",
        "forces.professional.classes.class1={crew: 6, vehicles: {engine: 1}}",
        "replications=12",
    )
    routes = [run.dispatches["route_m"].mean() for run in runs]
    assert agrees(routes, nearest, widest=0.03)
    mean, half = reduced_model.interval(routes)
    assert mean - half > otherwise  # what the model does is clearly not the best that could be done


def test_nearest_unit_is_best_at_light_load():
    """The boundary of the example: with hardly any calls nothing is gained by sparing a unit."""
    assert mean_route([(0, 1), (0, 1)], load=0.05) < mean_route([(0, 1), (1, 0)], load=0.05)
