"""The exact values used in proofs agree with published figures, recursions and limits."""

import numpy as np
import pytest

from experiments.verification import exact


@pytest.mark.parametrize(
    ("load", "servers", "chance"), [(2, 3, 0.210526), (5, 10, 0.018385), (10, 10, 0.214582)]
)
def test_erlang_b_equals_its_recursion(load, servers, chance):
    recursive = 1.0
    for count in range(1, servers + 1):
        recursive = load * recursive / (count + load * recursive)
    assert exact.erlang_b(load, servers) == pytest.approx(recursive)
    assert recursive == pytest.approx(chance, abs=5e-7)


@pytest.mark.parametrize(("load", "servers", "chance"), [(1.5, 3, 0.236842), (5, 8, 0.167267)])
def test_erlang_c_equals_its_birth_death_chain(load, servers, chance):
    levels = 400  # waiting calls beyond this have no weight
    found = exact.stationary(0, lambda n: _births_and_deaths(n, load, servers, levels))
    assert exact.erlang_c(load, servers) == pytest.approx(
        sum(p for n, p in found.items() if n >= servers), rel=1e-6
    )
    assert exact.erlang_c(load, servers) == pytest.approx(chance, abs=5e-7)
    waiting = sum(p * max(n - servers, 0) for n, p in found.items())
    assert exact.mean_wait(load, servers) == pytest.approx(waiting / load, rel=1e-6)  # Little


def _births_and_deaths(n, load, servers, levels):
    moves = {n - 1: float(min(n, servers))} if n else {}
    return moves | ({n + 1: load} if n < levels else {})


def test_count_distributions_sum_to_one():
    negative = exact.daily(10, 3, 2000)
    assert negative.sum() == pytest.approx(1)
    assert negative @ np.arange(2000) == pytest.approx(10)
    assert negative @ np.arange(2000) ** 2 - 100 == pytest.approx(10 + 100 / 3)
    assert exact.poisson(10, 2000).sum() == pytest.approx(1)
    assert exact.daily(10, 1e7, 8)[7] == pytest.approx(exact.poisson(10, 8)[7], rel=1e-4)


def test_busy_servers_at_a_constant_rate_equal_the_load():
    def survives(hours):
        return np.exp(-hours / 2.5)

    assert exact.busy_at(7.3, [1.2] * 24, survives) == pytest.approx(1.2 * 2.5, rel=1e-4)


def test_busy_servers_after_a_burst_decay_exponentially():
    rates = [24.0] + [0.0] * 23  # all calls between midnight and one
    found = exact.busy_at(3.0, rates, lambda hours: (hours < 4).astype(float))
    assert found == pytest.approx(24.0, rel=1e-2)
    assert exact.busy_at(6.0, rates, lambda hours: (hours < 4).astype(float)) == pytest.approx(0.0, abs=0.5)


def test_mean_distances_over_a_square_equal_published_values():
    assert exact.over_square(1.0, np.hypot) == pytest.approx((2**0.5 + np.log(1 + 2**0.5)) / 6, rel=1e-5)
    assert exact.over_square(2.0, lambda x, y: x**2 + y**2) == pytest.approx(2 / 3, rel=1e-5)


def test_nearest_point_distances_agree_with_simulation():
    draw = np.random.default_rng(5)
    distance = []
    for _ in range(4000):
        points = draw.uniform(-6, 6, (draw.poisson(144), 2))
        distance.append(np.sort(np.hypot(*points.T))[:2])
    first, second = np.mean(distance, axis=0)
    assert first == pytest.approx(exact.nearest(1.0, 1, "euclid"), rel=0.03)
    assert second == pytest.approx(exact.nearest(1.0, 2, "euclid"), rel=0.03)


def test_unstable_queue_is_refused():
    with pytest.raises(ValueError, match="below the number of units"):
        exact.Hypercube({(0, 1): 2.0}, queue=True)


def test_nearest_free_of_two_agrees_with_the_chain():
    """The loop that the n - busy law is held against: two units, one area at the first one's door."""
    stations = np.array([[0.0, 0.0], [30.0, 0.0]])
    found = exact.nearest_free(stations, 1.0, 1.0, 0.3, 20_000, np.random.default_rng(3))
    chain = exact.Hypercube({(0, 1): 0.6}, queue=False)
    near, far = exact.over_square(1.0, np.hypot), exact.over_square(1.0, lambda x, y: np.hypot(x - 30, y))
    expected = chain.dispatches((0, 1), 0) * near + chain.dispatches((0, 1), 1) * far
    assert found == pytest.approx(expected, rel=0.05)
