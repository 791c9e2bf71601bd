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


def nest_sites(region: Region, per_brigade: int, radius_m: float) -> Iterator[tuple[str, int, float, float]]:
    """Yield (brigade, number, x, y) of drone nests, placed for reach within `radius_m`.

    A nest stands at a station of its brigade, or at the seat of a township that is nearer to it than to any other
    brigade. In each round every brigade gets one: next that place of all which brings most residents within reach of a
    first nest (greedy maximal covering, Church and ReVelle 1974); ties go to the earlier brigade and place.
    """
    standing = [site for site in region.sites if not (site.planned or site.added)]
    if not standing or per_brigade < 1:
        return  # no station, no brigade
    places: dict[str, dict[tuple[float, float], None]] = {brigade: {} for brigade in region.brigades}
    for site in standing:
        places[site.brigade][site.x, site.y] = None
    for brigade, seats in _seats_by_brigade(region, standing).items():
        places[brigade] |= dict.fromkeys(seats)  # a station can stand at the seat itself
    owner = [brigade for brigade, own in places.items() for _ in own]
    sites = [place for own in places.values() for place in own]
    cells = cKDTree(np.column_stack([region.cells.x, region.cells.y]))
    near = [np.array(found, dtype=np.int64) for found in cells.query_ball_point(np.array(sites), radius_m)]
    unreached, free = region.cells.population.astype(np.float64), set(range(len(sites)))
    for number in range(1, per_brigade + 1):
        # What a place brings only falls: the highest old bound that is still true is the best (Minoux 1978).
        heap = [(-float(unreached[near[place]].sum()), place) for place in sorted(free)]
        heapq.heapify(heap)
        served: set[str] = set()
        while heap:
            bound, place = heapq.heappop(heap)
            if owner[place] in served:
                continue
            brings = -float(unreached[near[place]].sum())
            if brings > bound:
                heapq.heappush(heap, (brings, place))
                continue
            served.add(owner[place])
            free.remove(place)
            unreached[near[place]] = 0.0
            yield owner[place], number, *sites[place]


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
