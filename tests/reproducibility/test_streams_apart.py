"""Random streams are independent: adding a stream or switching a mechanism off changes no other draw."""

import hashlib

import numpy as np
import pytest

from sim.config.compose import compose
from sim.demand import workload
from sim.demand.streams import Streams
from sim.errors import SimError
from sim.simulation import replication, result_tables


def drawn():
    world = replication.build_world(compose(["scenario=2025", "days=30"]))
    return replication.workload_of(world, 0)


def test_adding_a_stream_changes_no_other_draw(monkeypatch):
    before = drawn()
    monkeypatch.setattr(workload, "UNIFORM", ("something_new", *workload.UNIFORM))
    monkeypatch.setattr(workload, "NORMAL", ("another", *workload.NORMAL))
    after = drawn()
    assert set(after.draws) - set(before.draws) == {"something_new", "another"}
    for name, column in before.draws.items():
        np.testing.assert_array_equal(column, after.draws[name], strict=True)
    for name in ("onset_s", "kind", "cell", "x", "y", "severity", "reported", "repeats", "roster", "weather"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name), strict=True)
    assert not np.array_equal(after.draws["something_new"], after.draws["thin"])


@pytest.mark.parametrize(
    "off",
    [
        # cover moves for nothing that lasts less than ten hours: none at all
        ["dispatch.move_up.policy=nearest", "dispatch.move_up.least_min=600"],
        # teams outside the platform are told at once, but there are none outside
        ["plan.unified_dispatch.phase.2025=1.0", "plan.unified_dispatch.phase.2026=1.0", "dispatch.relay.delay.scale=1"],
        # lanes are never blocked, so how long a blocked one delays is without effect
        ["fireground.access.obstructed={urban: 0, town: 0, plain: 0, mountain: 0}", "fireground.access.delay.scale=9"],
    ],
    ids=["cover moves", "relay", "lanes"],
)  # fmt: skip
def test_switching_a_mechanism_off_changes_no_draw(off):
    *setting, _last = off
    with_it, without = (
        result_tables.tables(world, replication.simulate(world, 0))
        for world in (
            replication.build_world(compose(["scenario=2025", "days=30", *arguments]))
            for arguments in (off, off[1:] if off[0].startswith("dispatch.move_up") else setting)
        )
    )
    for one, other in zip(with_it, without, strict=True):
        assert one.equals(other)


def test_duplicate_stream_name_is_an_error():
    streams = Streams(1, 0)
    streams.get("travel")
    with pytest.raises(SimError, match="must differ"):
        streams.get("travel")


def test_equal_stream_seeds_are_an_error(monkeypatch):
    """Two names whose digests begin alike: as good as impossible, and refused all the same."""

    class Alike:
        def digest(self):
            return bytes(32)

    monkeypatch.setattr(hashlib, "sha256", lambda name: Alike())
    streams = Streams(1, 0)
    streams.get("travel")
    with pytest.raises(SimError, match="'turnout' has the seed of 'travel'"):
        streams.get("turnout")


def test_streams_differ_by_root_replication_and_name():
    first = Streams(1, 0).get("travel").random(8)
    for other in (Streams(2, 0).get("travel"), Streams(1, 1).get("travel"), Streams(1, 0).get("Travel")):
        assert not np.isin(other.random(8), first).any()
    np.testing.assert_array_equal(Streams(1, 0).get("travel").random(8), first)
