"""The incidents of a batch, prepared before they begin, and the batches in use.

Batches are computed as arrays and kept as plain lists, which the event model reads one by one. Row `k` of a table of
width `w` is the slice `k * w : (k + 1) * w`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass

BATCH_SIZE = 4096  # incidents prepared at once


@dataclass(frozen=True)
class CandidateLists:
    """Stations that could send to each incident of a batch, by expected arrival: row k has first[k] .. stop[k]."""

    first: list[int]
    stop: list[int]
    station: array[int]
    expected_s: array[float]
    drive_s: array[float]
    route_m: array[float]


@dataclass(frozen=True)
class FirstResponders:
    """Stations whose units respond to each incident of a batch in addition to the run card, if free."""

    anybody: list[bool]  # any of those below
    rung_up: list[int]  # teams asked for by telephone, whether or not they hear
    told: CandidateLists  # those of them that hear
    patrol: CandidateLists  # the first that is free comes
    beside: dict[str, CandidateLists]  # tiers that come from their bases, by name
    mobile: list[bool]  # patrol cars on the move, and where all of them are: in step with patrol.station
    x: array[float]
    y: array[float]


@dataclass(frozen=True)
class Scenes:
    """Scene conditions of each incident: lists by incident, in seconds unless named otherwise."""

    access: list[float]  # blocked lane and stairs, heavy vehicles
    access_light: list[float]  # the same for light vehicles and crews on foot
    tank: list[float]  # access to water from the tank with a crew of four
    supply: list[float]  # first water to a lasting supply
    source: list[int]  # index into scenes.WATER_SOURCES
    alpha: list[float]  # kW/s2
    limited_kw: list[float]  # heat release that is never exceeded; infinite for fires that grow
    rate: list[float]  # growth rate of the area after flashover, 1/s
    cap_m2: list[float]
    liquid: list[bool]  # burning liquids: foam is needed
    first_aid: list[bool]  # first aid would put it out while small
    mop_up: list[float]  # control to release at a small fire
    work: list[float]  # time on scene where nothing burns


@dataclass(frozen=True)
class ServiceRows:
    """What the fit to a city's log says of each incident of a batch; arrays of width SLOTS."""

    needs: list[dict[str, int]]
    hour_factor: list[float]  # on the turnout
    turnout_z: list[float]  # luck that all units there share
    trip_z: list[float]
    station_turnout_z: array[float]  # luck that the units of a station share, at the station's slot
    station_trip_z: array[float]
    stay_s: array[float]  # at the scene
    cancelled: array[float]  # uniform mark
    turns_back: array[float]  # share of the way after which a cancelled unit turns back


@dataclass(frozen=True)
class Batch:
    """Incidents, and all their data that do not depend on which units are free."""

    kind: list[int]
    severity: list[int]
    reported: list[int]
    flaming_s: list[float]  # ignition and incubation
    ordered_s: list[float]
    appliances: CandidateLists  # professional, and other tiers on the platform
    list_ends_s: dict[str, list[float]]  # by tier: no station off the list is expected before this
    list_end_s: list[float]  # the first of these
    first_responders: FirstResponders  # in addition to the run card
    speed: list[float]  # speed factor at the time of the order
    cell: list[int]
    township: list[int]
    x: list[float]
    y: list[float]
    travel_noise: array[float]  # trip noise by slot, mean 1; width SLOTS, as the two below
    turnout_z: array[float]
    present: array[float]
    persons: list[list[int]]  # on duty in the shift, by station: one list for all incidents of a shift
    night: list[bool]
    relay_s: list[float]
    report_s: list[float]
    column_s: list[float]  # seconds a metre of the way of a column from outside
    recovery_s: list[float]
    scenes: Scenes
    service: ServiceRows | None = None


class Batches:
    """The batches of a replication, prepared when they are asked for."""

    def __init__(self, prepare: Callable[[int, int], Batch]) -> None:
        self.prepare = prepare  # from the rows of the workload
        self._next = 0  # number of the next batch
        self._batches: dict[int, Batch] = {}
        self._rows_given: dict[int, int] = {}  # rows of the open batches that were handed out

    def batch_of(self, row: int) -> tuple[Batch, int]:
        """Return the batch that holds a row of the workload, and the row within it. Ask for each row once.

        Batches are prepared in order, because ready draws are read from their streams in order. A batch is dropped
        when all its rows have been handed out.
        """
        number, row_in_batch = divmod(row, BATCH_SIZE)
        while number >= self._next:
            self._batches[self._next] = self.prepare(self._next * BATCH_SIZE, (self._next + 1) * BATCH_SIZE)
            self._rows_given[self._next] = 0
            self._next += 1
        batch = self._batches[number]
        given = self._rows_given[number] = self._rows_given[number] + 1
        if given == len(batch.kind):
            del self._batches[number], self._rows_given[number]
        return batch, row_in_batch
