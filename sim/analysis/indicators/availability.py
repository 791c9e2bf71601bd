"""Availability: the share of incidents for which the nearest free capable unit is expected in time.

Incidents are a sample of the demand in time and place. So a share of incidents weights places and hours by demand.
"""

from __future__ import annotations

from sim.analysis import coverage
from sim.analysis.indicators.registry import Indicator, Observed, share


def _lived(seen: Observed) -> list[tuple[str, float]]:
    travel_s = seen.column("free_travel_s")[seen.main_urban]
    return [(coverage.MAIN_URBAN, coverage.lived(travel_s, seen.facts.coverage.travel_s))]


INDICATORS = (
    Indicator(
        "nearest_busy", "share", "all calls", "share of which the nearest capable unit was not free",
        lambda seen: share(~(seen.column("free_min") <= seen.column("nearest_min") + 1e-9)),
    ),
    Indicator(
        "cover_free_{limit:g}", "share", "all calls", "share with a free capable unit expected within the limit",
        lambda seen, limit: share(seen.column("free_min") <= limit),
    ),
    Indicator(
        "cover_static_{limit:g}", "share", "all calls", "the same had every unit been free",
        lambda seen, limit: share(seen.column("nearest_min") <= limit),
    ),
    Indicator(
        "coverage_lived", "share", "calls in the main urban area", "share with a free professional unit within reach",
        _lived, by="area",
    ),
)  # fmt: skip
