"""The runs of a report: baseline, differences, names, and its words: `languages/en.yaml` and `languages/zh.yaml`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Literal

import numpy as np
import pandas as pd

from sim.analysis.not_known import NotKnown
from sim.config.book import book
from sim.config.naming import changes
from sim.config.out_of_range import ranges
from sim.config.schema import Config, read
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.plots.data import ComparisonData
from sim.plots.labels import Label
from sim.storage.run_folder import Result

Language = Literal["en", "zh"]
_KEY = re.compile(r"\b[a-z]\w*(?:\.\w+)+", re.ASCII)  # of the configuration


@cache
def catalogue(language: Language) -> dict[str, Any]:
    """Return the catalogue of a language: words, method and measures; Chinese also translates table entries."""
    file = resources.files("sim.reports") / "languages" / f"{language}.yaml"
    return from_yaml(file.read_text(encoding="utf-8"))


def entry(part: str, key: str, language: Language) -> str:
    """Return the words for a key in a part of the catalogue; a key that it does not hold stays as it is."""
    return str(catalogue(language).get(part, {}).get(key, key))


def translated(part: str, words: str, language: Language) -> str:
    """Replace the patterns of a part of the catalogue (`levels`, `notes`); other words stay as they are."""
    for pattern, replacement in catalogue(language).get(part, {}).items():
        words = re.sub(pattern, replacement, words)
    return words


def said(label: Label, language: Language) -> str:
    """Give a name in a language; a name without a Chinese one stays English."""
    return label.zh or label.en if language == "zh" else label.en


def unit_said(shown: str, language: Language) -> str:
    """Give a unit in a language; some come with both."""
    english, _, chinese = shown.rpartition(" ")
    if english and not chinese.isascii():
        return english if language == "en" else chinese
    return shown if language == "en" else entry("units", shown, language)


@dataclass(frozen=True)
class ReportRuns:
    """Runs side by side, in one language."""

    name: str
    results: Mapping[str, Result]
    baseline: str
    language: Language
    not_known: NotKnown | None = None

    @cached_property
    def data(self) -> ComparisonData:
        """What the pictures are drawn from, and the short names."""
        return ComparisonData(self.results, self.baseline)

    @cached_property
    def short(self) -> dict[str, str]:
        """Short name of each run; the two of a what-if have words."""
        words = catalogue(self.language)["runs"]
        return {run: words.get(name, name) for run, name in self.data.names.items()}

    @property
    def opened_proposals(self) -> bool:
        """Whether a run opens sites that the model itself proposes."""
        stations = self.data.basemap_with_proposals.stations
        return "status" in stations and bool((stations["status"] == "proposed").any())

    @cached_property
    def comparison(self) -> Any:
        """Every run against the baseline; empty where there is but one run."""
        return self.data.comparison if len(self.results) > 1 else pd.DataFrame()

    @cached_property
    def kpis(self) -> dict[str, Any]:
        """Indicator summaries (tables) by run, indexed by (kpi, by, group)."""
        return {
            name: result.kpis.set_index(["kpi", "by", "group"]).sort_index()
            for name, result in self.results.items()
        }

    @cached_property
    def raw_configs(self) -> dict[str, dict[str, Any]]:
        """Configuration by run as nested plain values, as its file has it."""
        return {name: from_yaml(result.config) for name, result in self.results.items()}

    @cached_property
    def configs(self) -> dict[str, Config | None]:
        """Configuration by run; None where it is that of another version and can no longer be read."""
        found: dict[str, Config | None] = {}
        for name, raw in self.raw_configs.items():
            try:
                found[name] = read(raw)
            except SimError:
                found[name] = None
        return found

    def stored_unit(self, *key: str) -> str:
        """Return the unit of an indicator, given by kpi, by and perhaps group."""
        return next(
            str(np.ravel(kpis.loc[key, "unit"])[0]) for kpis in self.kpis.values() if key in kpis.index
        )

    def overrides(self, name: str) -> list[str] | None:
        """Arguments that make a run from the configuration as shipped; None if the configuration is unknown."""
        config = self.configs[name]
        if config is None:
            return None
        changed, gone = changes(config)
        words = [f"{key}={_argument(item)}" for key, item in changed.items()]
        return [f"scenario={config.scenario.year}", *words, *(f"~{key}" for key in gone)]

    def say(self, label: Label) -> str:
        """Give a name in the report's language."""
        return said(label, self.language)

    def text(self, key: str, **values: object) -> str:
        """Return a sentence of the catalogue in the report's language."""
        return str(catalogue(self.language)["words"][key]).format(**values)

    def named(self, words: str) -> str:
        """Put before each key of the configuration its Chinese name, in a Chinese report."""
        return words if self.language == "en" else _KEY.sub(lambda found: self._with_name(found[0]), words)

    def _with_name(self, key: str) -> str:
        year = int(next(iter(self.results.values())).info["scenario"])
        own = {bounds.key: book()[bounds.symbol]["name_zh"] for bounds in ranges(year, made_up=False)}
        first, _, rest = key.removeprefix("plan.").partition(".")
        measures = catalogue("zh")["measures"]
        name = own.get(key) or measures.get(f"{first}.{rest.partition('.')[0]}") or measures.get(first)
        return f"{name}（{key}）" if name else key

    def unit(self, shown: str) -> str:
        """Give a unit in the report's language."""
        return unit_said(shown, self.language)


def _argument(item: Any) -> str:
    """Write a value as the command line takes it."""
    if isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, list):
        return f"[{','.join(map(_argument, item))}]"
    return "null" if item is None else str(item)
