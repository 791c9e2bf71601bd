"""How many replications are enough: a sequential rule, the precision reached, and the gain from more replications.

The rule checks the replications in order and only after fixed numbers of them. So it stops at the same
replication whatever the number of workers. Repeated checks make a 95 % interval hold a little less often than
95 %. To keep this small, the first check is late (at least 10) and the others are `BATCH` apart.

With an uncertainty study (`not_known`) an indicator also counts as precise once its Monte Carlo variance is at most the
share `MOST` of the variance due to uncertain inputs: more replications would not make its true interval narrower.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.analysis.statistics import FloatArray, replications_needed, student
from sim.config.city_file import tables_folder
from sim.config.schema import Config
from sim.errors import SimError
from sim.storage.provenance import tables_digest

if TYPE_CHECKING:
    import pandas as pd

BATCH = 5  # replications between two decisions
MOST = 0.01  # of the variance of what is not known: chance then widens its interval by half a per cent
FINER = 2  # a fixed run is told what half its widest interval would take


class Precision:
    """The series of the indicators that must be precise, as replications come in."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._series: dict[str, list[float]] = {kpi: [] for kpi in config.precision_kpis}
        self._not_known = {} if config.not_known is None else _not_known(config, config.not_known)

    def add(self, values: pd.DataFrame) -> None:
        """Take in the indicator values of the next replication; SimError if one that is named is not there."""
        overall = values[values["by"] == "all"].set_index("kpi")["value"]
        for kpi, series in self._series.items():
            if kpi not in overall.index:
                some = ", ".join(dict.fromkeys(overall.index.astype(str)[:12:3]))
                raise SimError(
                    f"precision_kpis holds {kpi!r}; allowed: every indicator that kpis.csv has with by=all, "
                    f"such as {some}."
                )
            series.append(float(overall[kpi]))

    @property
    def done(self) -> int:
        """Replications taken in."""
        return len(next(iter(self._series.values())))

    def enough(self) -> bool:
        """Whether the run may stop here; never between two moments of decision, nor before the first."""
        least = self.config.least_replications
        if self.done >= self.config.replications_at_most:
            return True
        if self.config.replications != "auto" or self.done < least or (self.done - least) % BATCH:
            return False
        return self._met()

    def _met(self) -> bool:
        chance, limit = self._of_not_known(), self.config.precision
        return all(
            width <= limit or chance.get(kpi, math.inf) <= MOST for kpi, width in self._reached().items()
        )

    def _of_not_known(self) -> dict[str, float]:
        """Return the Monte Carlo variance of each mean as a share of the variance of what is not known."""
        means = {
            kpi: np.var(self._series[kpi], ddof=1) / self.done for kpi in self._not_known if self.done > 1
        }
        return {kpi: float(found) / self._not_known[kpi] ** 2 for kpi, found in means.items()}

    def _reached(self) -> dict[str, float]:
        """Return the relative half-width of each indicator; infinite where it has none."""
        widths = {}
        for kpi, series in self._series.items():
            interval = student(np.array(series))
            # An indicator that is always zero is known exactly.
            width = 0.0 if float(interval.half_width) == 0 else float(interval.relative_half_width)
            widths[kpi] = width if math.isfinite(width) else math.inf
        return widths

    def report(self) -> dict[str, Any]:
        """Return what was asked and reached, for run.json; a width that does not exist is None."""
        reached = self._reached()
        aim = self.config.precision if self.config.replications == "auto" else _finer(reached)
        return {
            "asked": self.config.precision if self.config.replications == "auto" else None,
            "met": self._met(),
            "reached": {kpi: width if math.isfinite(width) else None for kpi, width in reached.items()},
            **({"of_not_known": self._of_not_known()} if self._not_known else {}),
            "aim": aim,
            "replications_for_aim": None if aim is None else needed(self._arrays(), aim),
        }

    def _arrays(self) -> dict[str, FloatArray]:
        return {kpi: np.array(series) for kpi, series in self._series.items()}


def _not_known(config: Config, folder: str) -> dict[str, float]:
    """Return the standard deviation of what is not known of each indicator; SimError where the study has none."""
    from sim.analysis.not_known import (
        NotKnown,
    )  # here: most runs have no study, and pandas takes long to start

    study, year = NotKnown.read(Path(folder)), config.scenario.year
    info = {"scenario": year, "region_digest": tables_digest(tables_folder(config.region.folder))}
    study.refuse_other("this run", info, config)
    rows = {kpi: study.row((kpi, "all", "all"), year) for kpi in config.precision_kpis}
    if lacking := [kpi for kpi, row in rows.items() if row is None]:
        raise SimError(
            f"precision_kpis holds {lacking[0]!r}, which the study in not_known={folder} does not have."
        )
    return {
        kpi: float(row["not_known_sd"])
        for kpi, row in rows.items()
        if row is not None and row["not_known_sd"] > 0
    }


def _finer(reached: Mapping[str, float]) -> float | None:
    widest = max(reached.values())
    return widest / FINER if 0 < widest < math.inf else None


def needed(series: Mapping[str, FloatArray], precision: float) -> int | None:
    """Return the replications in total that would bring every series to `precision`; None if that is unknown."""
    counts = [replications_needed(values[~np.isnan(values)], precision) for values in series.values()]
    known = [count for count in counts if count is not None]
    return max(known) if len(known) == len(counts) and known else None


def _percent(share: float) -> str:
    """Write a share with two digits, and never with a power of ten."""
    return f"{100 * share:.2g} %" if share < 0.995 else f"{100 * share:.0f} %"


def sentence(info: Mapping[str, Any]) -> str:
    """Return one line on the precision of a run: what was reached, and what more replications would bring."""
    found, count = info["precision"], info["replications"]
    replications = f"{count} replication{'s' if count > 1 else ''}"
    if any(width is None for width in found["reached"].values()):
        return f"Precision: no interval from {replications}; replications=20 or replications=auto gives one."
    widths = ", ".join(f"{kpi} ±{_percent(width)}" for kpi, width in found["reached"].items())
    more = found["replications_for_aim"]
    if found["asked"] is None:
        brings = "" if more is None else f"; about {more:,} would bring all to ±{_percent(found['aim'])}"
        return f"Precision: {widths} with {replications}{brings}."
    if found["met"]:
        shares = found.get("of_not_known") or {}
        if shares and any(width > found["asked"] for width in found["reached"].values()):
            told = ", ".join(f"{kpi} {_percent(share)}" for kpi, share in shares.items())
            return (
                f"Precision: {widths} after {replications}: more would not help, as chance is next to nothing of the "
                f"variance that is not known ({told})."
            )
        return f"Precision: ±{_percent(found['asked'])} reached after {replications}: {widths}."
    would = "" if more is None else f"; about {more:,} would reach it (most_replications={more})"
    return f"Precision: ±{_percent(found['asked'])} not reached with the bound of {replications}: {widths}{would}."
