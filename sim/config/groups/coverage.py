"""Schema of the group `coverage`: when a place counts as covered. The policy promises shares but defines no term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sim.config.fields import fraction, number, refuse_missing, refuse_unknown, value
from sim.errors import SimError
from sim.terms import STATION_CLASSES


@dataclass(frozen=True)
class CoverageConfig:
    """Three definitions of station coverage of the main urban area, and the norm for townships."""

    area_km2: dict[str, float] = number(
        "standard jurisdiction of a station by its class; 0 where the class has none", "km2", 0, 1000, "A_st1"
    )
    travel_s: float = number(
        "expected travel time within which a station covers a place, turnout apart", "s", 1, 7200, "t_tr_std"
    )
    reach_classes: tuple[str, ...] = value(
        "classes of station whose travel time counts", "t_tr_std", names=STATION_CLASSES
    )
    demand: Literal["calls", "fires"] = value("incidents that weigh a place in demand-weighted coverage")
    township_travel_min: float = number(
        "expected travel time within which a township team or patrol car covers a place", "min", 0.1, 240,
        "t_rur",
    )  # fmt: skip
    target: dict[str, float] = fraction(
        "share of the main urban area to be covered at the end of a year", "kpi_cov27"
    )

    def check(self, path: str) -> None:
        """Refuse a class of station left out or unknown, and years out of range."""
        why = ": the jurisdiction of this class of station"
        refuse_missing(f"{path}.area_km2", self.area_km2, STATION_CLASSES, why)
        refuse_unknown(f"{path}.area_km2", self.area_km2, STATION_CLASSES)
        for year in self.target:
            if not (year.isdigit() and 2023 <= int(year) <= 2050):
                raise SimError(f"{path}.target has the year {year}; allowed: 2023..2050.")
