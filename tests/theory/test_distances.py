"""Distance to the nearest station: the square-root law of Kolesar and Blum, and travel times by integration.

The Manhattan metric, manned stations alone and the n - busy form are in test_every_proof.py.
"""

import numpy as np
import pytest
from helpers.small_world import Place, region

from experiments.verification import exact
from experiments.verification.reduced_model import agrees, configure
from experiments.verification.square_root_law import DENSITY, routes
from experiments.verification.travel_and_fire import (
    ACCELERATION,
    CRUISE,
    DETOUR,
    LOCAL_M,
    TRAVEL,
    seconds,
    travel_expected,
    travel_seen,
)
from sim.world.travel.law import TravelLaw
from sim.world.travel.model import Destinations


@pytest.mark.parametrize(("metric", "first", "second"), [("euclid", 0.5, 0.75), ("manhattan", 0.627, 0.940)])
def test_square_root_law_has_its_published_constants(metric, first, second):
    assert exact.nearest(1.0, 1, metric) == pytest.approx(first, abs=5e-4)
    assert exact.nearest(1.0, 2, metric) == pytest.approx(second, abs=5e-4)


def test_mean_distance_follows_the_square_root_law(tmp_path):
    found = routes(tmp_path, "euclid")
    assert agrees(found[:, 0], exact.nearest(DENSITY, 1, "euclid"), widest=0.05)
    assert agrees(found[:, 1], exact.nearest(DENSITY, 2, "euclid"), widest=0.05)
    assert not agrees(found[:, 0], exact.nearest(DENSITY, 1, "manhattan"), widest=0.1), (
        "the other metric must fail"
    )


def test_every_trip_follows_the_travel_law():
    """Speeding up all the way, reaching cruise speed, on to the trunk road: each branch and where they meet."""
    land = region((Place("甲乡", setting="plain"),))
    law = TravelLaw(configure(*TRAVEL).travel, land)
    reach_m = CRUISE**2 / ACCELERATION / DETOUR
    distance = np.concatenate(
        [np.linspace(1, 4000, 500), reach_m + np.array([-1.0, 0.0, 1.0]), [LOCAL_M / DETOUR]]
    )
    to = Destinations(
        np.column_stack([distance, np.zeros(len(distance))]), np.zeros(len(distance), dtype=int)
    )
    assert (distance < reach_m).sum() > 20
    assert (distance > LOCAL_M / DETOUR).sum() > 20
    np.testing.assert_allclose(law.trips(np.zeros(2), to).drive_s, seconds(distance), rtol=1e-12)
    single = [law.trip(0.0, 0.0, metres, 0.0, 0)[0] for metres in distance.tolist()]
    np.testing.assert_allclose(single, seconds(distance), rtol=1e-12)


@pytest.mark.parametrize(
    ("metric", "noise"), [pytest.param("euclid", 0.0, marks=pytest.mark.slow), ("manhattan", 0.25)]
)
def test_travel_times_on_a_line_agree_with_integration(tmp_path, metric, noise):
    means = travel_seen(tmp_path, metric, noise)
    assert agrees(means, travel_expected(metric), widest=0.04)
    assert not agrees(means, travel_expected(metric, acceleration=1e9), widest=0.04), (
        "no acceleration must fail"
    )
