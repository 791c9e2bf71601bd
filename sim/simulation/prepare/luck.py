"""Turnout and trip times of a unit of a city with a log: fitted quantiles, with random numbers that are partly shared."""

from __future__ import annotations

from typing import Final

from sim.service import STEPS_A_Z, STEPS_Z, Service
from sim.simulation.prepare.batch import Batch
from sim.world.forces import SLOTS, Forces

LEAST_TRIP_S: Final = 5.0
LAST: Final = 2 * STEPS_Z * STEPS_A_Z


class Luck:
    """Draws turnout and trip of single units."""

    def __init__(self, forces: Forces, service: Service) -> None:
        self._slot = [station.slot for station in forces.stations]
        self._slot_of = forces.slot_of
        self._mean: list[float] = service.turnout_s.tolist()
        self._turnout, self._noise = service.turnout.steps, service.noise.steps
        self._noise_s, self._noise_share = service.noise_s, service.noise_share
        self._trip_weights, self._turnout_weights = (
            service.trip_shared.weights,
            service.turnout_shared.weights,
        )

    def turnout_s(self, batch: Batch, row: int, unit: int, station: int) -> float:
        """Return the seconds from the order until the unit is on its way; less than nothing where only sums are known."""
        own = batch.service
        assert own is not None
        of_all, of_station, of_unit = self._turnout_weights
        z = (
            of_all * own.turnout_z[row]
            + of_station * own.station_turnout_z[row * SLOTS + self._slot[station]]
        )
        z += of_unit * batch.turnout_z[row * SLOTS + self._slot_of[unit]]
        return self._mean[station] * own.hour_factor[row] * at_step(self._turnout, z)

    def trip_s(self, batch: Batch, row: int, unit: int, station: int, expected_s: float) -> float:
        """Return the seconds of the trip."""
        own = batch.service
        assert own is not None
        of_all, of_station, of_unit = self._trip_weights
        z = of_all * own.trip_z[row] + of_station * own.station_trip_z[row * SLOTS + self._slot[station]]
        z += of_unit * batch.travel_noise[row * SLOTS + self._slot_of[unit]]
        off = (self._noise_s + self._noise_share * expected_s) * at_step(self._noise, z)
        return max(expected_s + off, LEAST_TRIP_S - min(self._mean[station], 0.0))


def at_step(steps: list[float], z: float) -> float:
    """Return the quantile of a table at a standard normal number (`Quantiles.steps`)."""
    place = min(max((z + STEPS_Z) * STEPS_A_Z, 0.0), LAST - 1e-9)
    low = int(place)
    return steps[low] + (steps[low + 1] - steps[low]) * (place - low)
