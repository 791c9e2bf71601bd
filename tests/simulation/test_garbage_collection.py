"""The garbage collector looks more rarely while a replication runs, and is as before afterwards."""

from __future__ import annotations

import gc

import pytest

from sim.simulation.model import RARELY
from sim.simulation.model import _rare_garbage_collections as rare_collections


def test_it_looks_rarely_and_then_as_before():
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold() == RARELY
        assert gc.isenabled()
    assert gc.get_threshold() == before


def test_after_a_mistake_it_is_as_before_too():
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), rare_collections():
        _ = 1 / 0
    assert gc.get_threshold() == before


def test_one_that_never_looks_is_left_alone():
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with rare_collections():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
