"""Erlang's formulas: one station, n engines, calls lost or waiting. Intervals at reduced.LEVEL, 99.9 %.

The listed numbers at close intervals, log-normal service too, are in test_every_proof.py.
"""

import pytest

from experiments.verification import exact
from experiments.verification.queues import SERVICE_S, lost, queue, waits
from experiments.verification.reduced_model import agrees


def test_loss_share_follows_erlang_b():
    found = lost(queue(2, 3))
    assert agrees(found, 0.210526, widest=0.06)
    for wrong in (exact.erlang_b(2, 4), exact.erlang_c(2, 3)):  # an engine more; a queue
        assert not agrees(found, wrong, widest=0.2)


def test_waiting_share_follows_erlang_c():
    found = waits(queue(1.5, 3, kind="wait"))
    assert agrees([(wait > 1e-3).mean() for wait in found], 0.236842, widest=0.12)
    assert agrees([wait.mean() for wait in found], exact.mean_wait(1.5, 3) * SERVICE_S, widest=0.24)


def test_mean_wait_equals_the_textbook_example():
    assert exact.mean_wait(1.5, 3) == pytest.approx(0.157895, abs=5e-7)
