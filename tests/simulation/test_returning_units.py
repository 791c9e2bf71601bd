"""Units on their way home can be sent again until they are home, whoever else is told to drive home later."""

from __future__ import annotations

from sim.config.compose import compose
from sim.simulation import replication
from sim.simulation.dispatch.returning_units import FEW, ReturningUnits
from sim.simulation.records import Dispatch


def dispatch(unit: int) -> Dispatch:
    """Return a dispatch of a unit to (0, 0)."""
    return Dispatch(unit, 0, "professional", "engine", "run_card", 6, 0.0, 0.0, 10.0, 100.0)


def test_a_unit_on_the_road_stays_listed_beside_many_that_leave_later() -> None:
    """A unit that is still on its way to a closed incident turns round there: it leaves for home later than now."""
    units = ReturningUnits(replication.build_world(compose([])).forces)
    units.add(0, now=0.0, left_s=0.0, home_s=900.0, x=0.0, y=0.0, dispatch=dispatch(0))
    for unit in range(1, 2 * FEW + 2):
        units.add(unit % 2, now=0.0, left_s=1000.0, home_s=1900.0, x=0.0, y=0.0, dispatch=dispatch(unit))
    (there,) = units.near(0.0, 0.0, 1.0, now=500.0)
    assert there.home_s == 900.0
    units.remove(there)
    assert units.near(0.0, 0.0, 1.0, now=500.0) == []
