"""Where the forces without an address are put: rules that depend on the population alone. Assumptions, all."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np

from sim.world.region import Region


def micro_posts(region: Region, counts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (township, cell, number) of micro stations, `counts` by township.

    Within a township each next station goes to the cell with most residents per station already there
    (the highest-averages rule of D'Hondt); ties go to the earlier cell.
    """
    order = np.argsort(region.cells.township, kind="stable")
    edges = np.searchsorted(region.cells.township[order], np.arange(len(counts) + 1))
    population = region.cells.population
    for township, count in enumerate(counts):
        cells = order[edges[township] : edges[township + 1]].tolist()
        heap = [(-float(population[cell]), cell, 1) for cell in cells]
        heapq.heapify(heap)
        for number in range(1, count + 1):
            if not heap:
                break
            _, cell, here = heap[0]
            heapq.heapreplace(heap, (-float(population[cell]) / (here + 1), cell, here + 1))
            yield township, cell, number


def nest_sites(region: Region, per_brigade: int) -> Iterator[tuple[str, int, float, float]]:
    """Yield (brigade, number, x, y) of drone nests.

    A brigade's nests stand at its stations in the order of the table, further ones at the seats of the most
    populous townships that are nearer to it than to any other brigade.
    """
    standing = [site for site in region.sites if not site.planned]
    if not standing:
        return  # no station, no brigade
    population = np.bincount(region.cells.township, region.cells.population, minlength=len(region.townships))
    nearest: dict[str, list[int]] = {brigade: [] for brigade in region.brigades}
    for index in np.argsort(-population, kind="stable").tolist():
        place = region.townships[index]
        closest = min(standing, key=lambda site: (site.x - place.x) ** 2 + (site.y - place.y) ** 2)
        nearest[closest.brigade].append(index)
    for brigade in region.brigades:
        places = [(site.x, site.y) for site in standing if site.brigade == brigade]
        places += [(region.townships[index].x, region.townships[index].y) for index in nearest[brigade]]
        apart = list(dict.fromkeys(places))  # a station can stand at the seat itself
        for number, (x, y) in enumerate(apart[:per_brigade], 1):
            yield brigade, number, x, y
