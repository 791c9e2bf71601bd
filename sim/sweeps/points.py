"""Make many runs from a program: points of a design, run through the launchers of a sweep.

folders = points.run([["dispatch.centre.seats=2", "name=p0001"], ...], ["launch=laptop", "out=results/mine"])
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.errors import SimError
from sim.sweeps import run as sweep


def run(points: Sequence[Sequence[str]], given: Sequence[str] = ()) -> list[Path]:
    """Run every point that is not complete, and return the folders of all points in their order.

    A point holds the arguments of one run, such as ["scenario=2025", "dispatch.centre.seats=2", "name=p0001"];
    `given` holds those common to all, launch=... and out=... among them. Arguments of a point win. Points are
    those of one sweep: started again, complete ones stay, a changed one is run again. SimError, before anything
    runs, for a point that is refused or has the name of another; and afterwards when a point is not complete,
    with which and why. Then the same call again does only those.
    """
    if not points:
        return []
    found, complaint = sweep.run([[*given, *point] for point in points])
    if any(item.status != "complete" for item in found):
        raise SimError(sweep.summary(found, complaint))
    return [item.folder for item in found]
