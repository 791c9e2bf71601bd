"""More calls than the forces can serve: the model skips what cannot be served, and ends with a reason."""

from __future__ import annotations

import pytest

from sim import compiled
from sim.config.compose import compose
from sim.errors import SimError
from sim.simulation import replication, result_tables
from sim.simulation.dispatch import pending_needs
from sim.simulation.dispatch.dispatcher import Dispatcher


def world(*options: str) -> replication.World:
    return replication.build_world(
        compose(["scenario=2025", "days=3", "demand.calls_per_year=100000", *options])
    )


@pytest.mark.skipif(compiled.status() == "compiled", reason="no method of a compiled class can be replaced")
def test_needs_that_nobody_can_meet_are_not_tried_one_by_one_and_nothing_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = {"skipped": 0, "all": 0}
    how = "skipped"
    send = Dispatcher.send_needs

    def counted(self, incident, needs, now, reason, reach=None):
        tried[how] += reason == "waited"
        self.own_policy = how == "all"  # of a policy of the user's own nothing is taken for granted
        return send(self, incident, needs, now, reason, reach)

    monkeypatch.setattr(Dispatcher, "send_needs", counted)
    crowded, found = world(), []
    for how in tried:  # noqa: B007 - read by `counted`
        found.append(result_tables.tables(crowded, replication.simulate(crowded, 0)))
    for one, other in zip(*found, strict=True):
        assert one.equals(other)
    assert (found[0][1]["reason"] == "waited").any()
    assert tried["skipped"] < tried["all"] / 2


def test_more_waiting_needs_than_the_bound_end_the_run_with_the_key_to_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pending_needs, "MOST_WAITING", 0)
    crowded = world("demand.calls_per_year=2e6")
    with pytest.raises(
        SimError, match=r"needs wait for a free unit on day \d: .*demand\.calls_per_year.*queue=loss"
    ):
        replication.simulate(crowded, 0)
