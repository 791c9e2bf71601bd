"""Place the stations without a known address, by rules that depend on the population alone. All are assumptions."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial import cKDTree

from sim.world.region import Region, Site

CLOSE = 8  # stations compared exactly for the nearest; more than that do not stand at one distance


def micro_posts(region: Region, counts: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Yield (township, cell, number) of micro stations, `counts` by township.

    Within a township, each further station goes to the cell with most residents per station already there
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
            _, cell, divisor = heap[0]
            heapq.heapreplace(heap, (-float(population[cell]) / (divisor + 1), cell, divisor + 1))
            yield township, cell, number


def nest_sites(region: Region, per_brigade: int) -> Iterator[tuple[str, int, float, float]]:
    """Yield (brigade, number, x, y) of drone nests.

    A brigade's nests stand at its stations in the order of the table, further ones at the seats of the most
    populous townships that are nearer to it than to any other brigade.
    """
    standing = [site for site in region.sites if not site.planned]
    if not standing:
        return  # no station, no brigade
    stations: dict[str, list[tuple[float, float]]] = {}
    for site in standing:
        stations.setdefault(site.brigade, []).append((site.x, site.y))
    too_few = any(len(set(positions)) < per_brigade for positions in stations.values())
    further = _seats_by_brigade(region, standing) if too_few else {}
    for brigade in region.brigades:
        # dict.fromkeys: a station can stand at the seat itself
        positions = list(dict.fromkeys([*stations[brigade], *further.get(brigade, ())]))
        for number, (x, y) in enumerate(positions[:per_brigade], 1):
            yield brigade, number, x, y


def nearest_brigade(region: Region, x: float, y: float) -> str:
    """Return the brigade of the standing station nearest to a point."""
    standing = [site for site in region.sites if not site.planned]
    return min(standing, key=lambda site: (site.x - x) ** 2 + (site.y - y) ** 2).brigade


def _seats_by_brigade(region: Region, standing: Sequence[Site]) -> dict[str, list[tuple[float, float]]]:
    """Return the seats nearest to a station of each brigade, the most populous first; ties to the first station."""
    population = np.bincount(region.cells.township, region.cells.population, minlength=len(region.townships))
    seats = np.array([(township.x, township.y) for township in region.townships])
    sites = np.array([(site.x, site.y) for site in standing])
    _, near = cKDTree(sites).query(seats, k=np.arange(1, min(CLOSE, len(sites)) + 1))
    near = np.sort(near, axis=1)  # among equals argmin takes the first
    squared_m2 = ((sites[near] - seats[:, None, :]) ** 2).sum(axis=2)
    closest = near[np.arange(len(seats)), squared_m2.argmin(axis=1)]
    seats_of: dict[str, list[tuple[float, float]]] = {}
    for index in np.argsort(-population, kind="stable").tolist():
        township = region.townships[index]
        seats_of.setdefault(standing[closest[index]].brigade, []).append((township.x, township.y))
    return seats_of
