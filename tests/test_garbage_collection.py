"""The garbage collector runs more rarely during a replication and is restored afterwards."""

from __future__ import annotations

import gc

import pytest

from sim.garbage_collection import RARELY
from sim.garbage_collection import rare_garbage_collections as rare_collections


def test_collection_thresholds_are_raised_and_restored():
    before = gc.get_threshold()
    with rare_collections():
        assert gc.get_threshold() == RARELY
        assert gc.isenabled()
    assert gc.get_threshold() == before


def test_collection_thresholds_are_restored_after_an_exception():
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), rare_collections():
        _ = 1 / 0
    assert gc.get_threshold() == before


def test_disabled_collection_stays_disabled():
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with rare_collections():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)
