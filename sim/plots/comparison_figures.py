"""The pictures of a study: runs side by side. How each is drawn stands in `sim.plots`."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sim.analysis import incident_tables
from sim.analysis.compare import compare
from sim.analysis.kpi import HEADLINE
from sim.config.text import from_yaml
from sim.plots import bars, curves, trends
from sim.plots.differences import differences
from sim.plots.maps import response_maps
from sim.plots.maps.basemap import Ground
from sim.plots.run_figures import ground_at, has_map
from sim.plots.style import new_figure, save, use_style
from sim.storage.files import explain
from sim.storage.run_folder import Result

PERCENTILES = ("first_arrival", "first_capable", "first_professional")
LEAST_INCIDENTS = 5  # a township's 90th percentile of fewer fires is left out of a map
ROOM = 48  # letters under an axis, blanks included, from which the names of scenarios are slanted


class Gallery:
    """The runs of a study, ready to be drawn."""

    def __init__(self, results: Mapping[str, Result], baseline: str) -> None:
        self.results = results
        self.names = short_names(list(results))
        self.baseline = baseline
        self._incidents: dict[str, pd.DataFrame] = {}

    @property
    def incidents(self) -> dict[str, pd.DataFrame]:
        """Incidents by short name; only the columns that are drawn are kept."""
        if not self._incidents:
            columns = [
                "type", "cell", "township", "first_arrival_s", "first_arrival_tier", "first_capable_s",
                "first_professional_s",
            ]  # fmt: skip
            for name, result in self.results.items():
                table = result.incidents
                incident_tables.need(table, columns, f"incidents of {name}")
                self._incidents[self.names[name]] = table[columns].copy()
                result.__dict__.pop("incidents", None)  # read again if ever asked for; not kept in memory
        return self._incidents

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
    def ground(self) -> Ground:
        """The ground of the baseline's region."""
        return ground_at(self.region)

    @cached_property
    def region(self) -> dict[str, Any]:
        """The region's part of the baseline's configuration."""
        found: dict[str, Any] = from_yaml(self.results[self.baseline].config).get("region", {})
        return found

    @cached_property
    def ground_with_proposals(self) -> Ground:
        """The ground with the sites of the model's own that some run opens; which run has which is not in it."""
        opened: set[str] = set()
        for result in self.results.values():
            opened |= set(result.info.get("levels", {}).get("stations_open", ()))
        return ground_at(self.region, opened)

    def percentiles(self) -> Figure:
        """Mean, median and 90th percentile of three milestones by scenario, with intervals."""
        figure = new_figure(14, 4.6)
        for name, axes in zip(PERCENTILES, figure.subplots(1, 3), strict=True):
            trends.by_scenario(self.kpis, axes, [f"{name}_{s}" for s in ("mean", "median", "p90")], "all")
            handles, names = axes.get_legend_handles_labels()
            if axes.get_legend():
                axes.get_legend().remove()
            self._slant(axes)
        shown = [name.replace("\n", " ") for name in names]
        figure.legend(handles, shown, loc="outside lower center", ncols=3)
        return figure

    def response_curves(self) -> Figure:
        """Share of fires reached by time, first arrival and first capable arrival, one curve a scenario."""
        figure = new_figure(13, 5.2)
        for column, axes in zip(("first_arrival_s", "first_capable_s"), figure.subplots(1, 2), strict=True):
            curves.by_scenario(self.incidents, axes, column)
        return figure

    def who_arrives_first(self) -> Figure:
        """Who arrives first at fires, by scenario."""
        figure = new_figure(max(7.5, 2.5 + 0.85 * len(self.names)), 5)
        axes = figure.subplots()
        bars.who_arrives_first(incident_tables.first_tier_shares(self.incidents), axes)
        self._slant(axes)
        return figure

    def map_p90(self) -> Figure:
        """First capable arrival at fires, 90th percentile by township, one map a scenario."""
        return self._maps(None)

    def map_p90_change(self) -> Figure:
        """Draw the same as a change against the baseline."""
        return self._maps(self.names[self.baseline])

    def _maps(self, baseline: str | None) -> Figure:
        count = len(self.names) - (baseline is not None)
        columns = 3 if count <= 9 else 4
        rows = -(-count // columns)
        figure = new_figure(4.4 * min(columns, count) + 1.2, 4.0 * rows + 0.7)
        view = response_maps.View(statistic="p90", by="township", least=LEAST_INCIDENTS)
        response_maps.small_multiples(figure, self.incidents, self.ground, view, baseline, columns)
        return figure

    def differences(self) -> Figure:
        """Headline indicators: difference from the baseline with its interval."""
        count = len(HEADLINE)
        figure = new_figure(9.5, 1.2 + count * max(0.42, 0.115 * len(self.names)))
        differences(self.comparison, figure.subplots(), HEADLINE, self.names)
        return figure

    def settings(self) -> Figure:
        """Mean time to the first capable arrival by setting and scenario: all incidents, and fires."""
        figure = new_figure(12, 4.8)
        for by, axes in zip(("setting", "category"), figure.subplots(1, 2), strict=True):
            trends.by_scenario(self.kpis, axes, ["first_capable_mean"], by)
            self._slant(axes)
        return figure

    def professional_curves(self) -> Figure:
        """Share of all incidents reached by a professional unit by time."""
        figure = new_figure(7.5, 5)
        curves.by_scenario(self.incidents, figure.subplots(), "first_professional_s", None)
        return figure

    @property
    def _crowded(self) -> bool:
        longest = max(map(len, self.names.values()))
        return len(self.names) * (longest + 1) > ROOM or longest > 12

    def _slant(self, axes: object) -> None:
        if self._crowded:
            axes.tick_params(axis="x", labelrotation=35, labelsize=7.5)  # type: ignore[attr-defined]
            for text in axes.get_xticklabels():  # type: ignore[attr-defined]
                text.set(ha="right", rotation_mode="anchor")


MAIN = ("percentiles", "response_curves", "who_arrives_first", "map_p90", "map_p90_change", "differences")
REST = ("settings", "professional_curves")
NEED_BASELINE = ("map_p90_change", "differences")
MAPS = ("map_p90", "map_p90_change")  # of a region that is no place there are none


def draw(folder: Path, results: Mapping[str, Result], baseline: str, *, which: str = "main") -> list[Path]:
    """Draw the pictures of a study into `folder` (PNG and SVG) and return the PNG files.

    `which` is main or all. All are drawn before any takes its place, so an interruption leaves the old ones.
    """
    gallery = Gallery(results, baseline)
    names = [
        name
        for name in (*MAIN, *(REST if which == "all" else ()))
        if (len(results) > 1 or name not in NEED_BASELINE) and (has_map(gallery.region) or name not in MAPS)
    ]
    with (
        explain(folder),
        tempfile.TemporaryDirectory(dir=_made(folder.parent), prefix=".figures-") as scratch,
    ):
        for name in names:
            with use_style():
                figure: Callable[[], Figure] = getattr(gallery, name)
                save(figure(), Path(scratch), name)
        _made(folder)
        for path in sorted(Path(scratch).iterdir()):
            shutil.move(path, folder / path.name)
    return [folder / f"{name}.png" for name in names]


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return readable names for pictures: without what all runs share, and keys by their last word.

    `2025,days=30` and `2030,days=30` are `2025` and `2030`; names that would become equal stay as they are.
    """
    parts = [name.split(",") for name in names]
    shared = set(parts[0]).intersection(*parts) if parts else set()
    found = {}
    for name, words in zip(names, parts, strict=True):
        own = [word.rsplit("=", 1)[0].rsplit(".", 1)[-1] + word[word.rfind("=") :] if "=" in word else word
               for word in words if word not in shared]  # fmt: skip
        found[name] = ", ".join(own) or words[0]
    if len(set(found.values())) < len(names):
        return {name: name for name in names}
    return found
