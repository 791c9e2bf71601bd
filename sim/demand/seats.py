"""The seats of a call centre: each call, first come first served, waits for the next free seat."""

from __future__ import annotations

import heapq
import math


def answered(times: list[float], holds: list[float], seats: int) -> list[float]:
    """Return when each call is answered. `times` are in order; a seat is held for `holds` seconds from then on."""
    free = [-math.inf] * seats
    found: list[float] = []
    for time, hold in zip(times, holds, strict=True):
        first = free[0]
        start = time if time > first else first
        heapq.heapreplace(free, start + hold)
        found.append(start)
    return found
