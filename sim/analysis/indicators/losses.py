"""Losses: burnt area, direct loss, and expected deaths by risk curve."""

from __future__ import annotations

from functools import partial

import numpy as np

from sim.analysis.indicators.registry import Indicator, Observed, mean


def _total(seen: Observed, column: str) -> float:
    return float(np.nansum(seen.column(column))) * seen.per_year


def _death_rate(seen: Observed, curve: str) -> float:
    return _total(seen, f"deaths_{curve}") / seen.facts.population * 1e5


INDICATORS = (
    Indicator(
        "burnt_area_mean", "m2", "fires", "burnt area of a fire",
        lambda seen: mean(seen.column("burnt_m2")[seen.fires]),
    ),
    Indicator("burnt_area", "m2/yr", "fires", "burnt area", partial(_total, column="burnt_m2")),
    Indicator("loss", "CNY/yr", "fires", "direct loss", partial(_total, column="loss_cny")),
    Indicator(
        "loss_mean", "CNY", "fires", "direct loss of a fire", lambda seen: mean(seen.column("loss_cny")[seen.fires])
    ),
    *(
        indicator
        for curve in ("a", "b", "c")
        for indicator in (
            Indicator(
                f"deaths_{curve}", "/yr", "fires", f"expected deaths, risk curve {curve.upper()}",
                partial(_total, column=f"deaths_{curve}"),
            ),
            Indicator(
                f"death_rate_{curve}", "/100k/yr", "fires", f"the same per 100,000 residents, risk curve {curve.upper()}",
                partial(_death_rate, curve=curve),
            ),
        )
    ),
)  # fmt: skip
