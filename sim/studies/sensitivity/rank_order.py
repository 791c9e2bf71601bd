"""Check whether the rank order of the measures, by effect, holds under other assumptions."""

from __future__ import annotations

import numpy as np
import pandas as pd

EFFECTS = ("point", "kpi", "group", "effect")
GROUPS = ("kpi", "group", "nominal", "least", "middle", "most", "rank", "same_rank", "ranked")
ORDERS = ("kpi", "points", "groups", "same_order", "same_first", "tau_mean", "tau_least")
OF_NOTE = 0.02  # a measure below this share of the largest one's effect is not ranked: its place is chance


def benefit(kpi: str, with_all: float, without: float) -> float:
    """Return what a measure does, counted as good: time, losses or lives saved, or the share gained."""
    better = with_all - without if "_within_" in kpi else without - with_all
    return float(better)


def groups(effects: pd.DataFrame) -> pd.DataFrame:
    """Return, by indicator and group of measures, its effect and rank, and how often it keeps the rank.

    `effects` has the columns point (0: as shipped), kpi, group and effect (a benefit). nominal is the effect as
    shipped; least, middle (the median) and most are over the other points; rank 1 is the largest. Ranked are the
    groups whose effect as shipped is at least 2 % of the largest; the others have no rank (NaN).
    """
    parts = []
    for kpi, table in _tables(effects).items():
        nominal, others = table.iloc[0], table.iloc[1:]
        kept = ranked(nominal)
        ranks = table[kept].rank(axis=1, ascending=False)
        same = (ranks.loc[others.index] == ranks.loc[0]).mean()
        columns = (nominal, others.min(), others.median(), others.max(), ranks.loc[0], same)
        part = pd.DataFrame(dict(zip(GROUPS[2:-1], columns, strict=True)), index=nominal.index)
        part = part.assign(kpi=kpi, ranked=part.index.isin(kept)).rename_axis("group").reset_index()
        parts.append(part.sort_values("nominal", ascending=False, kind="stable")[list(GROUPS)])
    return pd.concat(parts, ignore_index=True)


def orders(effects: pd.DataFrame) -> pd.DataFrame:
    """Return, by indicator, how well the order of the ranked groups holds over the points.

    same_order and same_first are shares of the points with the whole order and with the first place as shipped; tau
    is Kendall's rank correlation (tau-b) of the effects at a point with those as shipped.
    """
    from scipy.stats import kendalltau

    rows = []
    for kpi, table in _tables(effects).items():
        nominal, others = table.iloc[0], table.iloc[1:]
        kept = ranked(nominal)
        ranks = table[kept].rank(axis=1, ascending=False)
        same = (ranks.loc[others.index] == ranks.loc[0]).all(axis=1)
        first = table[kept].idxmax(axis=1)
        rest = others[kept] if len(kept) > 1 else others.iloc[:0]  # one group has no order
        taus = [kendalltau(nominal[kept], row).statistic for _, row in rest.iterrows()]
        known = np.array([tau for tau in taus if np.isfinite(tau)])  # none of one group, or of equal effects
        mean, least = (float(known.mean()), float(known.min())) if len(known) else (np.nan, np.nan)
        held = float(same.mean()), float((first[others.index] == first[0]).mean())
        rows.append((kpi, len(others), len(kept), *held, mean, least))
    return pd.DataFrame(rows, columns=list(ORDERS))


def ranked(nominal: pd.Series) -> list[str]:
    """Return the groups that are ranked, the largest effect first."""
    ordered = nominal.sort_values(ascending=False, kind="stable")
    largest = float(ordered.abs().max())
    return [str(group) for group in ordered.index if largest > 0 and abs(ordered[group]) >= OF_NOTE * largest]


def _tables(effects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return, by indicator, the effects as points × groups."""
    return {
        str(kpi): part.pivot_table("effect", "point", "group", "first", sort=False).sort_index()
        for kpi, part in effects.groupby("kpi", sort=False)
    }
