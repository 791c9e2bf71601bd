"""Drones: sorties, observations before the first crew arrives, and unnecessary runs avoided by their report."""

from __future__ import annotations

import numpy as np

from sim.analysis.indicators.registry import Floats, Indicator, Observed, Truths, mean, share

SORTIES = "incidents with a drone over them"


def _there(seen: Observed) -> Truths:
    return np.asarray(np.isfinite(seen.column("drone_s")))


def _ahead_min(seen: Observed) -> Floats:
    """Return by how much each drone was there before the first crew."""
    crew = np.fmin(seen.column("first_professional_s"), seen.column("first_capable_s"))
    return np.asarray((crew - seen.column("drone_s"))[_there(seen)] / 60)


def _settled(seen: Observed) -> Truths:
    return (seen.incidents["size_up_tier"] == "drone").to_numpy()


def _size_up_gain(seen: Observed) -> float:
    gain = seen.column("size_up_gain_s")
    return mean(gain[_settled(seen) & np.isfinite(gain)] / 60)


INDICATORS = (
    Indicator("drone_sorties", "/yr", SORTIES, "their number", lambda seen: seen.yearly(_there(seen).sum())),
    Indicator(
        "drone_first", "share", SORTIES, "share at which it is there before the first crew",
        lambda seen: share(_ahead_min(seen) > 0),
    ),
    Indicator(
        "drone_minutes_gained", "min", SORTIES, "how long before the first crew; 0 where it is later",
        lambda seen: mean(np.maximum(_ahead_min(seen), 0.0)),
    ),
    Indicator(
        "drone_size_ups", "/yr", "all calls", "incidents whose true severity a drone reports",
        lambda seen: seen.yearly(_settled(seen).sum()),
    ),
    Indicator(
        "drone_size_up_gain", "min", "incidents whose true severity a drone reports",
        "how much later the first crew would have reported", _size_up_gain,
    ),
    Indicator(
        "drone_runs_saved", "/yr", "dispatches", "units recalled that would have arrived before the first crew's report",
        lambda seen: seen.yearly(seen.incidents["runs_saved"].sum()),
    ),
)  # fmt: skip
