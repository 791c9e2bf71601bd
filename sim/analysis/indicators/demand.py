"""Demand: calls and fires a year, by time and place."""

from __future__ import annotations

import numpy as np

from sim.analysis.indicators.registry import Indicator, Observed, share
from sim.terms import TYPES

WINTER, SUMMER = (11, 0, 1), (5, 6, 7)  # months from 0


def _by_type(seen: Observed) -> list[tuple[str, float]]:
    counts = seen.incidents["type"].value_counts()
    return [(kind, float(counts.get(kind, 0)) * seen.per_year) for kind in TYPES]


INDICATORS = (
    Indicator("calls", "/yr", "all calls", "calls a year", lambda seen: seen.yearly(len(seen.incidents))),
    Indicator("fires", "/yr", "fires", "fires a year", lambda seen: seen.yearly(seen.fires.sum())),
    Indicator(
        "fires_rural", "share", "fires", "share of the fires outside urban cells",
        lambda seen: share(~seen.facts.urban_cell[seen.column("cell")][seen.fires]),
    ),
    Indicator(
        "fires_0_6h", "share", "fires", "share of the fires called between 0 and 6 o'clock",
        lambda seen: share(seen.hour[seen.fires] < 6),
    ),
    Indicator(
        "fires_10_20h", "share", "fires", "share of the fires called between 10 and 20 o'clock",
        lambda seen: share((seen.hour[seen.fires] >= 10) & (seen.hour[seen.fires] < 20)),
    ),
    Indicator(
        "fires_dec_feb", "share", "fires", "share of the fires from December to February",
        lambda seen: share(np.isin(seen.month[seen.fires], WINTER)),
    ),
    Indicator(
        "social_jun_aug", "share", "calls for social assistance", "share of them from June to August",
        lambda seen: share(
            np.isin(seen.month, SUMMER)[seen.column("type") == "social_assistance"]
        ),
    ),
    Indicator("calls", "/yr", "all calls", "calls a year by type", _by_type, by="type"),
)  # fmt: skip
