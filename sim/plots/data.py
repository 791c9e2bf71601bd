"""The data for figures: the tables of one run, or of several runs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from sim.analysis.compare import compare
from sim.config.schema import Config
from sim.config.text import from_yaml
from sim.plots.maps.basemap import Basemap, read_basemap
from sim.plots.registry import FigureData, figures_of
from sim.storage.run_folder import Result


@dataclass(frozen=True)
class RunData(FigureData):
    """A run: configuration, stations of the plan that are open, and tables."""

    config: Config
    stations_open: Collection[str]
    incidents: pd.DataFrame
    dispatches: pd.DataFrame
    kpis: pd.DataFrame
    targets: pd.DataFrame

    @property
    def years(self) -> str:
        """The scenario's year."""
        return str(self.config.scenario.year)

    @cached_property
    def region(self) -> dict[str, Any]:  # type: ignore[override]
        """The region's part of the configuration."""
        return asdict(self.config.region)

    @cached_property
    def basemap(self) -> Basemap:
        """The region with the stations that are open; SimError for a synthetic region."""
        return read_basemap(self.region, self.stations_open)

    @property
    def sizes(self) -> list[tuple[pd.DataFrame, int, int]]:
        """Incidents, replications and days."""
        return [(self.incidents, self.incidents["replication"].nunique(), self.config.days)]


class ComparisonData(FigureData):
    """Runs side by side; tables and keys carry their short names."""

    def __init__(self, results: Mapping[str, Result], baseline: str) -> None:
        self.results = results
        self.names = short_names(list(results))
        self.baseline = baseline

    @property
    def years(self) -> str:
        """The scenario's year, or the first and the last."""
        years = sorted({int(result.info["scenario"]) for result in self.results.values()})
        return "–".join(map(str, dict.fromkeys((years[0], years[-1]))))

    @property
    def sizes(self) -> list[tuple[pd.DataFrame, int, int]]:
        """Incidents, replications and days of each run."""
        return [
            (self.incidents[self.names[name]], int(result.info["replications"]), int(result.info["days"]))
            for name, result in self.results.items()
        ]

    @cached_property
    def incidents(self) -> dict[str, pd.DataFrame]:
        """Incidents by short name; only the columns that figures need are kept."""
        needed = dict.fromkeys(
            column for spec in figures_of("comparison") for column in spec.needs.get("incidents", ())
        )
        tables = {}
        for name, result in self.results.items():
            table = result.incidents
            tables[self.names[name]] = table[[column for column in needed if column in table]].copy()
            result.__dict__.pop("incidents", None)  # read again if ever asked for; not kept in memory
        return tables

    @cached_property
    def kpis(self) -> pd.DataFrame:
        """Indicator summaries of all runs with the short name in `scenario`."""
        parts = [result.kpis.assign(scenario=self.names[name]) for name, result in self.results.items()]
        return pd.concat(parts, ignore_index=True)

    @cached_property
    def comparison(self) -> pd.DataFrame:
        """Every run against the baseline, paired where it can be; workloads that differ by Welch's interval."""
        runs = {name: (result.values, result.info) for name, result in self.results.items()}  # noqa: PD011
        return compare(runs, self.baseline, unpaired=True)

    @cached_property
    def region(self) -> dict[str, Any]:  # type: ignore[override]
        """The region's part of the baseline's configuration."""
        region: dict[str, Any] = from_yaml(self.results[self.baseline].config).get("region", {})
        return region

    @cached_property
    def basemap(self) -> Basemap:
        """The baseline's region; SimError for a synthetic one."""
        return read_basemap(self.region)

    @cached_property
    def basemap_with_proposals(self) -> Basemap:
        """The region with the sites of the model's own that some run opens; SimError for a synthetic region."""
        return read_basemap(self.region, set().union(*map(stations_open, self.results.values())))

    def slant_if_crowded(self, axes: Any) -> None:
        """Slant the names of scenarios under an axis where they would run into one another."""
        longest = max(map(len, self.names.values()))
        if len(self.names) * (longest + 1) > ROOM or longest > 12:
            axes.tick_params(axis="x", labelrotation=35, labelsize=7.5)
            for text in axes.get_xticklabels():
                text.set(ha="right", rotation_mode="anchor")


def stations_open(result: Result) -> set[str]:
    """Return the stations that a run has open, by its run.json."""
    return set(result.info.get("levels", {}).get("stations_open", ()))


ROOM = 48  # letters under an axis, blanks included, from which the names of scenarios are slanted


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return readable names for pictures: without what all runs share, and keys by their last word.

    `2025,days=30` and `2030,days=30` are `2025` and `2030`; names that would become equal stay as they are.
    """
    parts = [name.split(",") for name in names]
    shared = set(parts[0]).intersection(*parts) if parts else set()
    short = {}
    for name, words in zip(names, parts, strict=True):
        own = [word.rsplit("=", 1)[0].rsplit(".", 1)[-1] + word[word.rfind("=") :] if "=" in word else word
               for word in words if word not in shared]  # fmt: skip
        short[name] = ", ".join(own) or words[0]
    chosen = short if len(set(short.values())) == len(names) else {name: name for name in names}
    # matplotlib leaves what begins with an underscore out of a key
    return {name: f" {text}" if text.startswith("_") else text for name, text in chosen.items()}
