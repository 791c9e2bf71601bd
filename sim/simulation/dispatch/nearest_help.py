"""Free units on the dispatcher's list, and how near help is at the order."""

from __future__ import annotations


class Candidate:
    """A free unit at its station that could be sent."""

    __slots__ = ("crew", "drive_s", "expected_s", "route_m", "station", "unit")

    def __init__(
        self, expected_s: float, unit: int, station: int, crew: int, drive_s: float, route_m: float
    ) -> None:
        self.expected_s = expected_s
        self.unit = unit
        self.station = station
        self.crew = crew
        self.drive_s = drive_s
        self.route_m = route_m


class NearestHelp:
    """How near help is at the order, according to the dispatcher's list; infinite where there is none."""

    __slots__ = ("capability", "first", "free_s", "free_travel_s", "nearest_s")

    def __init__(
        self, capability: str, nearest_s: float, free_s: float, free_travel_s: float, first: Candidate | None
    ) -> None:
        self.capability = capability
        self.nearest_s = nearest_s  # expected seconds to the nearest capable station, free or not
        self.free_travel_s = free_travel_s  # travel alone of the nearest one that is free and professional
        self.first = first  # the brigade's nearest that is free, which need not be looked for again
        self.free_s = free_s
