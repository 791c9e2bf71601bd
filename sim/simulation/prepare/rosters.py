"""Staffing: the persons of each shift's roster who are present."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from sim.calendar import DAY_S, HOUR_S, is_weekend
from sim.config.groups.forces import ForcesConfig
from sim.config.schema import Config
from sim.simulation.shared import shared
from sim.terms import RUN_CARD_TIERS, TIER, TIER_TABLE
from sim.world.forces import Forces, Station

Floats = NDArray[np.float64]
ROSTERED = tuple(tier.name for tier in TIER_TABLE if tier.manning in ("crews", "team", "posts"))

# Size of the roster, places of its stations, their slots in the roster, and the steps by kind of shift.
Class = tuple[int, NDArray[np.int64], NDArray[np.int64], tuple[Floats, ...]]


class OnDuty(NamedTuple):
    """Persons on duty at the times of some incidents: row `row[k]` of the table, (shifts, stations)."""

    row: NDArray[np.int64]
    table: NDArray[np.int16]
    told: list[list[int]]  # by incident, up to the last professional or township station; one list a shift


class Rosters:
    """The persons of each station's roster present in each shift; even shifts are nights.

    Presence is binomial: each person on the roster is there with the station's chance (vacancy, leave, turnover).
    """

    def __init__(self, roster: Floats, forces: Forces, config: Config) -> None:
        self._roster, self._forces, self._rules = roster, forces, config.forces
        self._known: dict[int, tuple[NDArray[np.int16], list[int]]] = {}
        # Stations whose crews the dispatcher asks about as events come; they stand before all others.
        asked = np.concatenate([forces.by_tier[tier] for tier in ROSTERED if tier in RUN_CARD_TIERS])
        self._commanded = int(asked.max(initial=-1)) + 1

    def shifts(self, at: Floats) -> NDArray[np.int64]:
        """Return the shift at each time."""
        rules = self._rules
        since, within = np.divmod(at - rules.day_from_h * HOUR_S, DAY_S)
        by_day = within < (rules.night_from_h - rules.day_from_h) * HOUR_S
        shift = np.clip(2 * since + np.where(by_day, 1, 2), 0, len(self._roster) - 1)
        return np.asarray(shift.astype(np.int64))

    def of(self, at: Floats) -> OnDuty:
        """Return who is on duty at each time."""
        shifts, row = np.unique(self.shifts(at), return_inverse=True)
        new = [shift for shift in shifts.tolist() if shift not in self._known]
        made = self._persons(np.array(new, dtype=np.int64))
        told = made[:, : self._commanded].tolist()
        self._known = {shift: self._known[shift] for shift in shifts.tolist() if shift in self._known} | dict(
            zip(new, zip(made, told, strict=True), strict=True)
        )
        known = [self._known[shift] for shift in shifts.tolist()]
        table = np.stack([persons for persons, _ in known]) if known else made
        return OnDuty(row, table, [known[place][1] for place in row.tolist()])

    def _persons(self, shifts: NDArray[np.int64]) -> NDArray[np.int16]:
        """Return the persons on duty by shift and station."""
        present = np.zeros((len(shifts), len(self._forces.stations)), dtype=np.int16)
        kind = shifts % 2 + 2 * is_weekend((shifts - 1) // 2)  # night, day, and both at the weekend
        for _, places, slots, by_kind in shared(_classes, self._forces, self._rules):
            for which, steps in enumerate(by_kind):
                chosen = np.flatnonzero(kind == which)
                marks = self._roster[np.ix_(shifts[chosen], slots)]
                present[np.ix_(chosen, places)] = np.searchsorted(steps, marks, side="right")
        return present


def _classes(forces: Forces, rules: ForcesConfig) -> list[Class]:
    """Return the stations with the same roster, presence and rules."""
    found: dict[tuple[str, int, float], list[Station]] = {}
    for tier in ROSTERED:
        for index in forces.by_tier[tier].tolist():
            station = forces.stations[index]
            found.setdefault((tier, station.roster, station.presence), []).append(station)
    classes = []
    for (tier, size, presence), stations in found.items():
        by_night = rules.township.night_factor if TIER[tier].manning == "team" else 1.0
        weekend = rules.patrol.weekend_factor if TIER[tier].manning == "posts" else 1.0
        steps = tuple(
            np.asarray(bdtr(np.arange(size), size, presence * factor))
            for factor in (by_night, 1.0, by_night * weekend, weekend)
        )
        places = np.array([station.index for station in stations])
        slots = np.array([station.roster_slot for station in stations])
        classes.append((size, places, slots, steps))
    return classes
