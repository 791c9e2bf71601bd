"""Burnt areas in closed form: the square of time, then doubling, then growth against insufficient flow."""

import math

import pytest

from experiments.verification.reduced_model import agrees, simulate
from experiments.verification.travel_and_fire import ALPHA, DISCOVERY_S, PER_AREA, fire_area, fire_runs

FLASHOVER_KW, DOUBLING_S, HELD_M2 = 1000.0, 360.0, 2 * 2500 / PER_AREA
LATE = [
    "fireground.discovery.attended={law: constant, scale: 1200}",
    f"fireground.growth.flashover_kw={FLASHOVER_KW}",
    "demand.calls_per_year=200",
    "replications=1",
]


@pytest.fixture(scope="module")
def runs():
    return fire_runs()


def test_burnt_area_is_proportional_to_time_squared(runs):
    for run in runs:
        age = run.incidents["first_water_s"] - run.incidents["ignition_s"]
        assert run.incidents["burnt_m2"].to_numpy() == pytest.approx((ALPHA * age**2 / PER_AREA).to_numpy())
        assert (run.incidents["control_s"] == run.incidents["first_water_s"]).all()


def test_mean_burnt_area_equals_its_closed_form(runs):
    means = [run.incidents["burnt_m2"].mean() for run in runs]
    assert agrees(means, fire_area(DISCOVERY_S), widest=0.06)
    assert not agrees(means, fire_area(1.1 * DISCOVERY_S), widest=0.06), (
        "discovery later by a tenth must fail"
    )


def age_and_area(run):
    """Return each fire's age at first water and the area it has then, past flashover."""
    age = (run.incidents["first_water_s"] - run.incidents["ignition_s"]).to_numpy()
    flashover = math.sqrt(FLASHOVER_KW / ALPHA)
    return age, FLASHOVER_KW / PER_AREA * 2 ** ((age - flashover) / DOUBLING_S)


def test_fire_past_flashover_doubles(runs):
    (run,) = simulate(*LATE, experiment="theory/fire")
    _, area = age_and_area(run)
    assert run.incidents["burnt_m2"].to_numpy() == pytest.approx(area, rel=1e-5)
    assert area.min() > 30


def test_fire_grows_against_insufficient_flow():
    cap, burn_out_s = 1000.0, 60.0
    (run,) = simulate(
        *LATE,
        f"fireground.growth.cap_m2.residential_fire={cap}",
        "fireground.growth.burn_out_min=1",
        "fireground.water.held_m2=10",
        experiment="theory/fire",
    )
    age, area = age_and_area(run)
    flashover = math.sqrt(FLASHOVER_KW / ALPHA)
    end = flashover + DOUBLING_S * math.log2(cap * PER_AREA / FLASHOVER_KW) + burn_out_s
    final = HELD_M2 + (area - HELD_M2) * 2 ** ((end - age) / DOUBLING_S)
    assert final.max() < cap
    assert run.incidents["burnt_m2"].to_numpy() == pytest.approx(final, rel=1e-4)
    assert (run.incidents["control_s"] - run.incidents["ignition_s"]).to_numpy() == pytest.approx(
        end, rel=1e-6
    )
