"""Erlang's formulas: one station, n engines, calls lost or waiting. Levels of the intervals: reduced.LEVEL."""

import exact
import pytest
import reduced
from reduced import agrees, simulate

SERVICE_S = 14_400.0
# There and back: the mean distance from the centre of a square kilometre is 0.38260 km.
TRIP_S = 2 * exact.over_square(1000.0, lambda x, y: (x**2 + y**2) ** 0.5) / reduced.SPEED_MS
SD_LOG = 0.8
LAWS = {
    "exponential": "{law: exponential, scale: %.6f, sd_log: 0}",
    # the median that gives the same mean
    "lognormal": "{law: lognormal, scale: %.6f, sd_log: 0.8}",
}


def queue(load, servers, law="exponential", *, replications=20, days=182, kind="loss", service_s=SERVICE_S):
    median = (service_s - TRIP_S) * (1 if law == "exponential" else 2.718281828459045 ** (-(SD_LOG**2) / 2))
    return simulate(
        f"demand.calls_per_year={load * reduced.YEAR_S / service_s:.6f}",
        f"forces.professional.classes.class1.vehicles.engine={servers}",
        f"fireground.on_scene.others.social_assistance={LAWS[law] % median}",
        f"dispatch.queue={kind}",
        f"replications={replications}",
        f"days={days}",
    )


def lost(runs):
    return [float((run.incidents["units"] == 0).mean()) for run in runs]


def waits(runs):
    return [(run.incidents["first_arrival_s"] - _travel(run)).to_numpy() for run in runs]


def _travel(run):
    there = run.dispatches.set_index("incident")
    return (there["arrived_s"] - there["dispatched_s"]).reindex(run.incidents.index)


@pytest.mark.parametrize("law", ["exponential", pytest.param("lognormal", marks=pytest.mark.slow)])
def test_erlang_b(law):
    assert agrees(lost(queue(2, 3, law)), 0.210526, widest=0.06)


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize(
    ("load", "servers", "chance", "replications", "widest"),
    [(2, 3, 0.210526, 60, 0.02), (5, 10, 0.018385, 40, 0.06), (10, 10, 0.214582, 20, 0.02)],
)
def test_erlang_b_closely(load, servers, chance, law, replications, widest):
    assert exact.erlang_b(load, servers) == pytest.approx(chance, abs=5e-7)
    runs = queue(load, servers, law, replications=replications, days=365)
    assert agrees(lost(runs), chance, widest=widest)


def judge_waits(found, load, servers, chance, widest):
    assert agrees([(wait > 1e-3).mean() for wait in found], chance, widest=widest)
    expected = exact.mean_wait(load, servers) * SERVICE_S
    assert agrees([wait.mean() for wait in found], expected, widest=2 * widest)


def test_erlang_c():
    judge_waits(waits(queue(1.5, 3, kind="wait")), 1.5, 3, 0.236842, 0.12)


@pytest.mark.slow
@pytest.mark.parametrize(("load", "servers", "chance"), [(1.5, 3, 0.236842), (5, 8, 0.167267)])
def test_erlang_c_closely(load, servers, chance):
    assert exact.erlang_c(load, servers) == pytest.approx(chance, abs=5e-7)
    found = waits(queue(load, servers, replications=40, days=365, kind="wait"))
    judge_waits(found, load, servers, chance, 0.04)


def test_the_mean_wait_of_the_textbook_example():
    assert exact.mean_wait(1.5, 3) == pytest.approx(0.157895, abs=5e-7)


@pytest.mark.parametrize(
    ("load", "servers"),
    [
        pytest.param(2, 4, id="an engine more"),
        pytest.param(2.2, 3, id="a tenth more calls", marks=pytest.mark.slow),
    ],
)
def test_a_wrong_queue_is_refused(load, servers):
    assert not agrees(lost(queue(load, servers)), exact.erlang_b(2, 3), widest=0.06)


def test_a_loss_system_is_not_taken_for_a_queue():
    found = lost(queue(1.5, 3))
    assert not agrees(found, exact.erlang_c(1.5, 3), widest=0.08)
