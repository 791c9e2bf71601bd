"""Boxes of draws in which something happens: a known box is found, chance is not."""

from __future__ import annotations

import numpy as np
import pytest

from sim.studies.uncertainty import prim


@pytest.mark.parametrize("seed", range(5))
def test_a_known_box_is_found_among_150_inputs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.random((300, 150))
    inside = (x[:, 4] < 0.5) & (x[:, 90] > 0.4)
    cases = inside ^ (rng.random(300) < 0.05)
    box = prim.find(x, cases)
    assert box is not None
    assert sorted(box.inputs) == [4, 90]
    assert box.bounds[4] == pytest.approx([-np.inf, 0.5], abs=0.08)
    assert box.bounds[90] == pytest.approx([0.4, np.inf], abs=0.08)
    assert box.density > 0.8
    assert box.coverage > 0.75
    assert box.p[box.inputs].max() < prim.SURE


def test_coverage_and_density_are_those_of_the_draws_inside() -> None:
    x = np.arange(200.0)[:, None]
    box = prim.find(x, x[:, 0] < 50)
    assert box is not None
    inside = int(np.floor(box.bounds[0, 1])) + 1
    assert box.draws == inside
    assert box.coverage == pytest.approx(min(inside, 50) / 50)
    assert box.density == pytest.approx(min(inside, 50) / inside)


def test_chance_makes_no_box() -> None:
    rng = np.random.default_rng(8)
    found = [prim.find(rng.random((180, 150)), rng.random(180) < 0.3) for _ in range(20)]
    assert sum(box is not None for box in found) <= 2


def test_too_few_cases_make_no_box() -> None:
    x = np.arange(200.0)[:, None]
    assert prim.find(x, x[:, 0] < prim.FEWEST - 1) is None
