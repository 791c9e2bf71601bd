"""Compare scenarios with one baseline. Runs that share their workloads, as they normally do, are paired."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis import statistics
from sim.analysis.statistics import Difference, FloatArray, IntArray
from sim.errors import SimError

log = logging.getLogger(__name__)

VALUE_COLUMNS = ("replication", "kpi", "by", "group", "unit", "value")
REQUIRED_INFO = ("status", "name", "seed", "replications", "days", "workload_digest")
PAIRED, WELCH = "paired t", "Welch t"

# One run: its kpi_values (one row per replication and indicator) and its run.json.
Run = tuple[pd.DataFrame, Mapping[str, Any]]


@dataclass(frozen=True)
class Pairing:
    """How one scenario is compared with the baseline.

    `scenario_replications` and `baseline_replications` are the replication numbers used on either side: the
    same ones if the method is "paired t". The notes are sentences that a reader of the result must see.
    """

    scenario: str
    baseline: str
    method: str
    scenario_replications: IntArray
    baseline_replications: IntArray
    notes: tuple[str, ...]


def compare(runs: Mapping[str, Run], baseline: str, *, unpaired: bool = False) -> pd.DataFrame:
    """Difference of every indicator of every run from the baseline run, one row per scenario and indicator.

    Columns: scenario, baseline, kpi, by, group, unit; baseline_mean, mean and difference (scenario minus
    baseline) over the replications in which both have a value; low and high, the 95 % Student interval of the
    difference; low_simultaneous and high_simultaneous, wide enough (Bonferroni) that the intervals of one
    indicator hold for all scenarios at once with 95 %; p, and p_adjusted (Holm) over the scenarios of one
    indicator; relative_difference, to the size of baseline_mean; n replications behind the row;
    variance_reduction by pairing; baseline_n, and method ("paired t" or "Welch t"). The family of the
    adjustment is one indicator's comparisons with the baseline: across indicators nothing is adjusted.

    Runs pair if seed, days and workload digest agree, on the replications that both have. Others are refused
    (SimError), or with `unpaired` compared by Welch's interval. An indicator that one of the two runs lacks
    keeps its row, with n = 0 and NaN.
    """
    plan = pairings(runs, baseline, unpaired=unpaired)
    for pairing in plan:
        for note in pairing.notes:
            log.info(note)
    tables = {name: _text_keys(values) for name, (values, _) in runs.items()}
    indicators = _indicators(tables)
    differences = []
    for pairing in plan:
        scenario = _matrix(tables[pairing.scenario], indicators, pairing.scenario_replications)
        base = _matrix(tables[baseline], indicators, pairing.baseline_replications)
        differences.append(
            (statistics.paired if pairing.method == PAIRED else statistics.welch)(scenario, base)
        )
    p = np.stack([difference.p for difference in differences])
    p_adjusted = statistics.holm(p)
    simultaneous = statistics.bonferroni_level(statistics.family_size(p))
    found = [
        _rows(*of_run, indicators, simultaneous) for of_run in zip(plan, differences, p_adjusted, strict=True)
    ]
    return pd.concat(found, ignore_index=True)


def pairings(runs: Mapping[str, Run], baseline: str, *, unpaired: bool = False) -> list[Pairing]:
    """How each run but the baseline will be compared with it; SimError if they share no workloads."""
    if baseline not in runs:
        raise SimError(f"baseline: {baseline!r} is not among the runs; they are {_listed(runs)}")
    if len(runs) < 2:
        raise SimError(f"compare: there is only {baseline!r}; a comparison needs a baseline and another run")
    for name, (values, info) in runs.items():
        check_run(name, values, info)
    return [_pairing(name, baseline, runs, unpaired=unpaired) for name in runs if name != baseline]


def check_run(name: str, values: pd.DataFrame, info: Mapping[str, Any]) -> None:
    """Refuse (SimError) a run that is not complete or whose indicator values are not what run.json says."""
    absent = [key for key in REQUIRED_INFO if key not in info]
    if absent:
        raise SimError(f"{name}: run.json lacks {_listed(absent)}")
    if info["status"] != "complete":
        raise SimError(f'{name}: run.json has status {info["status"]!r}; only a "complete" run can be read')
    missing = [column for column in VALUE_COLUMNS if column not in values.columns]
    if missing:
        raise SimError(f"{name}: kpi_values lacks the column(s) {_listed(missing)}")
    if not pd.api.types.is_integer_dtype(values["replication"]):
        raise SimError(
            f"{name}: kpi_values has {values['replication'].dtype} as replication, not whole numbers"
        )
    if not pd.api.types.is_numeric_dtype(values["value"]):
        raise SimError(f"{name}: kpi_values has {values['value'].dtype} as value, not numbers")
    if np.isinf(values["value"].to_numpy(dtype=np.float64, na_value=np.nan)).any():
        raise SimError(f"{name}: kpi_values has an infinite value; a value that does not exist must be empty")
    found = values["replication"].nunique()
    if not found or found != info["replications"]:
        raise SimError(f"{name}: run.json says {info['replications']} replications, kpi_values has {found}")
    twice = values.duplicated(["replication", "kpi", "by", "group"])
    if twice.any():
        row = values.loc[twice].iloc[0]
        where = f"{row['kpi']} by {row['by']} {row['group']} in replication {row['replication']}"
        raise SimError(f"{name}: kpi_values has more than one value of {where}")


def _pairing(name: str, baseline: str, runs: Mapping[str, Run], *, unpaired: bool) -> Pairing:
    (values, info), (baseline_values, baseline_info) = runs[name], runs[baseline]
    own, base = (np.unique(table["replication"].to_numpy(np.int64)) for table in (values, baseline_values))
    differing = _differing(name, info, baseline, baseline_info)
    common = np.intersect1d(own, base)
    if not differing and not len(common):
        differing = [f"the replications ({_numbers(base)} in {baseline}, {_numbers(own)} in {name})"]
    if differing:
        what = " and ".join(differing)
        if not unpaired:
            raise SimError(
                f"{baseline} and {name} did not meet the same workloads, they differ in {what}: repeat one "
                "with the other's seed, days, demand and region, or ask for an unpaired comparison"
            )
        note = (
            f"{name} is compared with {baseline} unpaired (Welch's interval), since they differ in {what}: "
            "what days, demand or region do to an indicator is part of the difference"
        )
        return Pairing(name, baseline, WELCH, own, base, (note,))
    notes = []
    if len(common) < max(len(own), len(base)):
        notes.append(
            f"{name} has {len(own)} replications and {baseline} {len(base)}: they are paired on the "
            f"{len(common)} in common ({_numbers(common)})"
        )
    if len(common) < 2:
        notes.append(f"{name} and {baseline} have one replication in common: no interval can be given")
    return Pairing(name, baseline, PAIRED, common, common, tuple(notes))


def _differing(name: str, info: Mapping[str, Any], baseline: str, base: Mapping[str, Any]) -> list[str]:
    """Say what keeps two runs from sharing workloads; nothing if they share them."""
    differing = [
        f"{what} ({base[key]} in {baseline}, {info[key]} in {name})"
        for key, what in (("seed", "the seed"), ("days", "the days"))
        if info[key] != base[key]
    ]
    # The digest may cover seed and days as well, so it says more than they do only when they agree.
    if not differing and info["workload_digest"] != base["workload_digest"]:
        digests = [str(run["workload_digest"])[:12] for run in (base, info)]
        differing.append(
            f"the demand or the region (workload {digests[0]} in {baseline}, {digests[1]} in {name})"
        )
    return differing


def _text_keys(values: pd.DataFrame) -> pd.DataFrame:
    """Copy with plain text keys: categories, numbers and empty groups of different runs meet as text."""
    columns = VALUE_COLUMNS[1:5]
    return values.assign(**{key: values[key].astype("string").fillna("").astype(object) for key in columns})


def _indicators(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """All indicators of all runs, one row each, in order of appearance; SimError if runs differ in a unit."""
    keys = pd.concat([table[["kpi", "by", "group", "unit"]].drop_duplicates() for table in tables.values()])
    indicators = keys.drop_duplicates(ignore_index=True)
    clash = indicators.duplicated(["kpi", "by", "group"], keep=False)
    if clash.any():
        first = indicators.loc[clash].iloc[0]
        same = indicators[["kpi", "by", "group"]].eq(first[["kpi", "by", "group"]]).all(axis=1)
        units = _listed(indicators.loc[same, "unit"])
        where = f"{first['kpi']} by {first['by']} {first['group']}".rstrip()
        raise SimError(f"{where}: the runs {_listed(tables)} give it in different units ({units})")
    return indicators


def _matrix(values: pd.DataFrame, indicators: pd.DataFrame, replications: IntArray) -> FloatArray:
    """Values as (indicators, replications); NaN where the run or the replication has none."""
    used = values.loc[values["replication"].isin(replications)]
    keys = ["kpi", "by", "group"]
    row = pd.MultiIndex.from_frame(indicators[keys]).get_indexer(pd.MultiIndex.from_frame(used[keys]))
    column = np.searchsorted(replications, used["replication"].to_numpy(dtype=np.int64))
    matrix = np.full((len(indicators), len(replications)), np.nan)
    matrix[row, column] = used["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    return matrix


def _rows(
    pairing: Pairing, found: Difference, p_adjusted: FloatArray, indicators: pd.DataFrame, level: FloatArray
) -> pd.DataFrame:
    columns: dict[str, Any] = {"scenario": pairing.scenario, "baseline": pairing.baseline}
    columns |= {column: indicators[column] for column in VALUE_COLUMNS[1:5]}
    columns |= {name: getattr(found, name) for name in ("baseline_mean", "mean", "difference")}
    columns["low"], columns["high"] = found.interval()
    columns["low_simultaneous"], columns["high_simultaneous"] = found.interval(level)
    columns |= {"p": found.p, "p_adjusted": p_adjusted}
    size = np.abs(found.baseline_mean)
    nothing = np.full_like(size, np.nan)  # a relative difference to nothing is no number
    columns["relative_difference"] = np.divide(found.difference, size, out=nothing, where=size > 0)
    columns |= {name: getattr(found, name) for name in ("n", "variance_reduction", "baseline_n")}
    return pd.DataFrame({**columns, "method": pairing.method})


def _numbers(replications: Sequence[int] | IntArray) -> str:
    """Replication numbers as a reader would say them: "0–19", or "0, 1, 5" if short, else the two ends."""
    first, last, count = int(replications[0]), int(replications[-1]), len(replications)
    if count == 1:
        return str(first)
    if last - first + 1 == count:
        return f"{first}–{last}"
    return _listed(replications) if count <= 5 else f"{count} numbers in {first}–{last}"


def _listed(names: Any) -> str:
    return ", ".join(str(name) for name in names)
