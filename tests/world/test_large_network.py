"""300 stations, 100,000 cells and a network of 160,000 nodes: made once in little memory, then read at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import roads as made
from helpers.small_world import shipped

ROOT = Path(__file__).resolve().parents[2]
STATIONS, CELLS, WIDE = 300, 100_000, 400  # nodes in a row, 800 m apart
MEASURED = "import json; from test_large_network import measured; print(json.dumps(measured({!r})))"


def measured(folder: str) -> tuple[float, int, list[float]]:
    """Return the seconds that the model takes to build, the process's memory in bytes at most, and some trips."""
    import resource
    from time import perf_counter

    from sim.world import regions
    from sim.world.region import Cells, Site
    from sim.world.travel.network import TravelNetwork

    config = shipped("region=grid", "plan=off", "travel=network", f"travel.file={folder}")
    x, y = (axis.ravel()[:CELLS] * 1000.0 for axis in np.meshgrid(np.arange(317), np.arange(317)))
    zero, whole = np.zeros(CELLS), np.zeros(CELLS, dtype=np.bool_)
    cells = Cells(x, y, zero, zero, zero.astype(np.int32), zero + 1, zero.astype(np.int8), whole, whole)
    places = np.random.default_rng(2).choice(CELLS, STATIONS, replace=False)
    sites = tuple(
        Site(f"s{row}", "b", "class1", False, float(x[row]) + 1, float(y[row])) for row in places.tolist()
    )
    land = replace(regions.load(config.region), cells=cells, sites=sites, townships=())
    began = perf_counter()
    model = TravelNetwork(config.travel, land)
    took = perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return (
        took,
        memory,
        [model.trip(sites[0].x, sites[0].y, x[row], y[row], row)[0] for row in range(0, CELLS, 997)],
    )


@pytest.mark.slow  # half a minute: the size is what is tested
def test_a_large_table_is_made_in_two_gigabytes_and_then_read_in_a_fraction_of_the_time(
    tmp_path: Path,
) -> None:
    """In processes of their own, as memory at most is that of a process. Figures: docs/performance.md."""
    draw = np.random.default_rng(1)
    nodes, edges = made.lattice(WIDE, WIDE, 800.0)
    edges["class"] = draw.choice(["primary", "secondary", "residential"], len(edges))
    edges["length_m"] *= draw.uniform(1, 1.4, len(edges))
    edges["oneway"] = draw.choice(["yes", "no", "no", "no"], len(edges))
    folder = made.write(tmp_path / "roads", nodes, edges)
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests", Path(__file__).parent)))
    environment = {**os.environ, "PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path)}
    made_first, read_then = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", MEASURED.format(folder)], env=environment, capture_output=True, text=True,
                check=True,
            ).stdout
        )
        for _ in range(2)
    )  # fmt: skip
    print(made_first[:2], read_then[:2])  # noqa: T201 -- for docs/performance.md, with -s
    assert made_first[2] == read_then[2]
    assert made_first[1] < 2e9
    assert read_then[0] < made_first[0] / 10
