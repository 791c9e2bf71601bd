"""Where the units of some days were, from the two result tables: straight lines between stations and scenes.

The tables hold times and stations, no routes. So a unit moves at one speed on a straight line. Where a unit was turned
back or diverted is worked out from how long it had been on its way. A move to another station, to stand in there or to
come home again, is in no table either. It is shown just before the next order from there. If the time is too short for
the way home and the move, the unit goes straight there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.analysis.timeline import UNIT_TIMES

TURNOUT, ON_THE_WAY, AT_SCENE, RETURNING = range(4)
KEYS = ["replication", "incident"]
SAME_S = 1e-3  # two times that are one: the order that diverts a unit ends its turn
KM_PER_DEGREE = 111.2
Point = tuple[float, float]


class Leg(NamedTuple):
    """What a unit does from one time to another, and between which points."""

    begin_s: float
    end_s: float
    start: Point
    end: Point
    doing: int
    incident: int


def flat(lon: Any, lat: Any, middle: Point) -> NDArray[np.float64]:
    """Return (points, 2) metres to the east and north of a point in degrees."""
    shape = math.cos(math.radians(middle[1]))
    away = np.column_stack([(np.asarray(lon, float) - middle[0]) * shape, np.asarray(lat, float) - middle[1]])
    return np.asarray(away * KM_PER_DEGREE * 1000)


def with_times(incidents: pd.DataFrame, dispatches: pd.DataFrame) -> pd.DataFrame:
    """Return the dispatches of these incidents, each with its scene and with times in seconds of the year.

    A unit that was not yet ready when the run ended never is.
    """
    scenes = incidents[[*KEYS, "time_s", "lon", "lat"]]
    sent = dispatches.merge(scenes, on=KEYS)
    for column in UNIT_TIMES:
        sent[column] += sent["time_s"]
    sent["ready_s"] = sent["ready_s"].fillna(np.inf)
    sent["released_s"] = sent["released_s"].fillna(np.inf)
    return sent.sort_values(["dispatched_s", "incident"]).reset_index(drop=True)


def legs(sent: pd.DataFrame, scenes: NDArray[Any], homes: Mapping[str, Point]) -> dict[str, list[Leg]]:
    """Return the legs of each unit in order of time; `sent` is of one replication and has times of the year."""
    trips = sent.assign(x=scenes[:, 0], y=scenes[:, 1])
    pace = (trips["arrived_s"] - trips["turned_out_s"]) / trips["route_m"]
    pace_of = pace.where(trips["route_m"] > 0).groupby(trips["tier"]).median()
    return {
        str(unit): list(_of_unit(rows.to_dict("records"), homes, pace_of))
        for unit, rows in trips.groupby("unit", sort=False)
    }


def _of_unit(
    rows: list[dict[Any, Any]], homes: Mapping[str, Point], pace_of: pd.Series[float]
) -> Iterator[Leg]:
    diverted_at: Point | None = None
    for row, later in zip(rows, [*rows[1:], None], strict=True):
        home, scene = homes[row["station"]], (row["x"], row["y"])
        start = home if diverted_at is None else diverted_at
        ordered, left, arrived, released, ready = (row[name] for name in UNIT_TIMES)
        number = int(row["incident"])
        left = min(left, released) if left == left else released  # turned back before it left
        yield Leg(ordered, left, start, start, TURNOUT, number)
        there = arrived == arrived
        if there:
            turn, out_s = scene, arrived - left
            yield Leg(left, arrived, start, scene, ON_THE_WAY, number)
            yield Leg(arrived, released, scene, scene, AT_SCENE, number)
        else:
            out_s = released - left
            whole_s = row["route_m"] * pace_of.get(row["tier"], math.nan)
            turn = _between(start, scene, out_s / whole_s if whole_s > 0 else 0.5)
            yield Leg(left, released, start, turn, ON_THE_WAY, number)
        diverted = later is not None and max(later["turned_out_s"], later["dispatched_s"]) <= ready + SAME_S
        diverted_at = _between(turn, home, (ready - released) / max(out_s, 1.0)) if diverted else None
        end, base = diverted_at or home, home if later is None or diverted else homes[later["station"]]
        drive_s = math.dist(home, base) * pace_of.get(row["tier"], math.nan)
        leaves = math.nan if later is None else later["dispatched_s"] - drive_s
        moves = base != home and leaves > ready
        yield Leg(released, ready, turn, base if base != home and not moves else end, RETURNING, number)
        if moves:
            yield Leg(leaves, leaves + drive_s, home, base, RETURNING, number)


def _between(start: Point, end: Point, share: float) -> Point:
    share = min(max(share, 0.0), 1.0)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def position(legs_of_unit: list[Leg], time_s: float) -> tuple[float, float, int] | None:
    """Return where a unit is and what it does; None while it is ready at its station."""
    for leg in legs_of_unit:
        if leg.begin_s <= time_s < leg.end_s:
            share = (time_s - leg.begin_s) / (leg.end_s - leg.begin_s) if math.isfinite(leg.end_s) else 0.0
            return (*_between(leg.start, leg.end, share), leg.doing)
    return None


def out_at(sent: pd.DataFrame, times: NDArray[Any]) -> NDArray[np.int64]:
    """Return how many units were out, from the order until they were ready again, at each of the times."""
    began, ended = np.sort(sent["dispatched_s"].to_numpy()), np.sort(sent["ready_s"].to_numpy())
    return np.searchsorted(began, times, "right") - np.searchsorted(ended, times, "right")
