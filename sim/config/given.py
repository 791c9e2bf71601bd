"""Schema of a given incident: the file of `python -m sim replay`. It is no group of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sim.calendar import DAY_S, HOUR_S, MONTH_DAYS
from sim.config.fields import number, optional, value
from sim.config.text import from_file
from sim.errors import SimError, did_you_mean
from sim.terms import FIRE_TYPES, TYPES

TIME = "%Y-%m-%d %H:%M"


@dataclass(frozen=True)
class Course:
    """What is given of a fire's course; what is left out is drawn, or follows from the severity."""

    growth: Literal["slow", "medium", "fast", "ultrafast"] | None = optional(value("growth class"))
    self_limiting: bool | None = optional(value("the fire stays small by itself"))
    doubling_s: float | None = optional(number("doubling time of the area after flashover", "s", 1, 86_400))
    cap_m2: float | None = optional(number("largest area", "m2", 0.1, 1e6))
    incubation_s: float | None = optional(number("ignition to the start of t² growth", "s", 0, 86_400))


@dataclass(frozen=True)
class Known:
    """What is known of the real incident; it is shown beside what the model tells, and never used by it."""

    vehicles_first: int | None = optional(number("vehicles of the first turnout", "vehicles", 0, 100_000))
    persons_first: int | None = optional(number("persons of the first turnout", "persons", 0, 1_000_000))
    vehicles: int | None = optional(number("vehicles in all", "vehicles", 0, 100_000))
    persons: int | None = optional(number("persons in all", "persons", 0, 1_000_000))
    hours: float | None = optional(number("call to control", "h", 0, 10_000))


@dataclass(frozen=True)
class GivenIncident:
    """One incident, as a file tells it."""

    name: str = value("its name")
    what: str = value("what happened, and where that is known from")
    time: str = value("when it began (ignition of a fire), such as 2020-11-09 11:17; the year is told only")
    lon: float = number("longitude (WGS-84)", "°", -180, 180)
    lat: float = number("latitude (WGS-84)", "°", -90, 90)
    type: str = value("type of incident")
    severity: int = number("true severity: 1 small, 2 serious, 3 major", "-", 1, 3)
    reported: int = number("severity that the caller's account suggested", "-", 1, 3)
    course: Course = optional(value("what is given of a fire's course"), Course())
    known: Known = optional(value("what is known of the real incident"), Known())

    def check(self, path: str) -> None:
        """Refuse an unknown type, a course of what does not burn, and a time that the model's year has not."""
        if self.type not in TYPES:
            hint = did_you_mean(self.type, TYPES)
            raise SimError(f"type is {self.type!r}{hint}; allowed: {', '.join(TYPES)}.")
        if self.type not in FIRE_TYPES and self.course != Course():
            raise SimError(f"course has no meaning for type {self.type}: nothing burns; leave it out.")
        try:
            time = self._time
        except ValueError:
            raise SimError(
                f"time is {self.time!r}; allowed: a day and a time such as 2020-11-09 11:17."
            ) from None
        if (time.month, time.day) == (2, 29):
            raise SimError(
                f"time is {self.time}; allowed: another day, as the model's year has no 29 February."
            )

    @property
    def _time(self) -> datetime:
        return datetime.strptime(self.time, TIME)  # noqa: DTZ007 -- a day of the model's calendar

    @property
    def onset_s(self) -> float:
        """When it begins, in seconds of the year."""
        day = sum(MONTH_DAYS[: self._time.month - 1]) + self._time.day - 1
        return day * DAY_S + self._time.hour * HOUR_S + self._time.minute * 60.0


def read(file: Path) -> GivenIncident:
    """Return the incident of a YAML file; SimError names the file, the key, what was found and what is allowed."""
    return from_file(GivenIncident, file, "the incident")
