"""Tables for the figures, computed from incidents and dispatches by pure functions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sim.errors import SimError
from sim.terms import TIERS

_NEVER_S = 1e9  # means "no unit came" in a quantile: longer than any run


def need(table: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise SimError when a table lacks a column."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        found = ", ".join(map(str, table.columns)) or "none"
        raise SimError(f"{what}: column {', '.join(missing)} is missing; the table has {found}")


def of_types(incidents: pd.DataFrame, types: Iterable[str] | None) -> pd.DataFrame:
    """Keep the incidents of some types; None keeps all."""
    if types is None:
        return incidents
    return incidents[incidents["type"].isin(list(types))]


def first_by_tier(dispatches: pd.DataFrame, incidents: pd.DataFrame) -> pd.DataFrame:
    """First arrival of each tier at each incident: `replication, incident, tier, arrived_s`.

    A tier that did not reach an incident has no row.
    """
    keys = ["replication", "incident"]
    arrived = dispatches.loc[dispatches["arrived_s"].notna(), [*keys, "tier", "arrived_s"]]
    rows = arrived.merge(incidents[keys], on=keys)
    return rows.groupby([*keys, "tier"], observed=True)["arrived_s"].min().reset_index()


def first_tier_shares(runs: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Who arrives first: `scenario, tier, share`, a scenario's shares summing to one; `none`: no unit arrived."""
    parts = []
    for scenario, incidents in runs.items():
        first = incidents["first_arrival_tier"].astype("object")
        names = first.where(first.notna() & (first != ""), "none")
        counts = names.value_counts().reindex([*TIERS, "none"], fill_value=0)
        share = counts.to_numpy() / max(len(first), 1)
        parts.append(pd.DataFrame({"scenario": scenario, "tier": counts.index, "share": share}))
    return pd.concat(parts, ignore_index=True)


def open_at_once(incidents: pd.DataFrame, duration_s: float) -> pd.DataFrame:
    """Simultaneous demand: `open_incidents, share`, the share of the time with so many incidents open.

    An incident is open from the call to `closed_s`; one that never closed stays open to the end of the run.
    Replications, each `duration_s` long, are pooled.
    """
    if incidents.empty:
        return pd.DataFrame({"open_incidents": [], "share": []})
    start = np.minimum(incidents["time_s"].to_numpy(float), duration_s)
    end = np.minimum(start + incidents["closed_s"].fillna(np.inf).to_numpy(float), duration_s)
    replication = pd.factorize(incidents["replication"])[0]
    # replications are put end to end on one time line: one sorted sweep counts them all
    offset = replication * duration_s
    moments = np.concatenate([start + offset, end + offset])
    steps = np.concatenate([np.ones(len(start), int), -np.ones(len(end), int)])
    order = np.argsort(moments, kind="stable")
    length_s = (replication.max() + 1) * duration_s
    edges = np.concatenate([[0.0], moments[order], [length_s]])
    count = np.concatenate([[0], np.cumsum(steps[order])])
    # trailing counts that last no time, where one incident ends as another begins, are trimmed
    share = np.trim_zeros(np.bincount(count, weights=np.diff(edges)), "b") / length_s
    return pd.DataFrame({"open_incidents": np.arange(len(share)), "share": share})


def minutes_by(
    incidents: pd.DataFrame, column: str, statistic: str, by: str, *, least: int = 1
) -> "pd.Series[Any]":
    """Median or a percentile (`p90`) of a time column (seconds) over each place's incidents, in minutes.

    An incident that nobody reached counts as later than all others: the value is infinite where such an
    incident decides it. A place with fewer than `least` incidents is left out.
    """
    level = 0.5 if statistic == "median" else float(statistic.removeprefix("p")) / 100
    grouped = incidents[column].astype(float).fillna(_NEVER_S).groupby(incidents[by], observed=True)
    value = grouped.quantile(level)[grouped.size() >= least]
    return value.where(value < _NEVER_S / 1e3, np.inf) / 60
