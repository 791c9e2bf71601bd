"""The intervals of an uncertainty study for indicators and their changes by year, for whatever shows the same years."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from sim.config.schema import RESULT_FREE, Config
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.storage.provenance import digest

FOLDER, SETTINGS, TABLE = "uncertainty", "study.json", "years.csv"
KEYS = ["kpi", "by", "group", "before", "year"]
SIZE = (
    "seed",
    "replications",
    "least_replications",
    "most_replications",
    "precision",
    "precision_kpis",
    "not_known",
)
Row = Mapping[Any, Any]


def world(config: Config | str) -> str:
    """Return a digest of a configuration, or of its text, without how much of it is run and where."""
    parts = from_yaml(config) if isinstance(config, str) else asdict(config)
    return digest({key: item for key, item in parts.items() if key not in (*RESULT_FREE, *SIZE)})


@dataclass(frozen=True)
class NotKnown:
    """The table of a study: a row an indicator and year, or change from the year `before`."""

    folder: Path
    settings: Mapping[str, Any]
    table: pd.DataFrame

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the study in a folder, or in uncertainty/ there; SimError if there is none."""
        place = folder / FOLDER if (folder / FOLDER / SETTINGS).is_file() else folder
        try:
            settings = json.loads((place / SETTINGS).read_text(encoding="utf-8"))
            table = pd.read_csv(place / TABLE, keep_default_na=False, na_values={"before": [""]})
            lacking = sorted({*KEYS, "not_known_sd"} - {*table.columns}) + sorted(
                {"worlds", "region_digest"} - {*settings}
            )
            if lacking:
                raise ValueError(f"it lacks {', '.join(lacking)}")
        except (OSError, ValueError, TypeError) as problem:
            raise SimError(
                f"{folder} holds no uncertainty study that can be read ({problem}); "
                "make one with python -m sim uncertainty out=FOLDER."
            ) from None
        return cls(place, settings, table)

    def refuse_other(self, name: str, info: Mapping[str, Any], config: Config | str) -> None:
        """Refuse (SimError) a run that is not one of the study's years as they were there."""
        year, worlds = str(info["scenario"]), self.settings["worlds"]
        why = ""
        if info["region_digest"] != self.settings["region_digest"]:
            why = "another region's"
        elif year not in worlds:
            why = f"of {year}; the study has {', '.join(worlds)}"
        elif world(config) != worlds[year]:
            why = f"not {year} with the options of the study"
        if why:
            raise SimError(
                f"uncertainty={self.folder} does not speak of {name}, which is {why}: "
                "leave it out, or make a study with the run's own options."
            )

    @cached_property
    def _rows(self) -> dict[tuple[Any, ...], Row]:
        rows = self.table.fillna({"before": 0}).astype({"before": int, "year": int})
        return {tuple(row[key] for key in KEYS): row for row in rows.to_dict("records")}

    def row(self, key: tuple[str, str, str], year: int, before: int = 0) -> Row | None:
        """Return low, middle, high of an indicator (kpi, by, group) in a year, or of its change; None if not asked."""
        if before <= year:
            return self._rows.get((*key, before, year))
        row = self._rows.get((*key, year, before))
        return row and {**row, "low": -row["high"], "middle": -row["middle"], "high": -row["low"]}

    def beside(self, comparison: pd.DataFrame, years: Mapping[str, int]) -> pd.DataFrame:
        """Return a comparison of runs with the columns not_known, not_known_low and not_known_high of each change."""
        rows = [
            self.row((row["kpi"], row["by"], row["group"]), years[row["scenario"]], years[row["baseline"]])
            or {}
            for row in comparison.to_dict("records")
        ]
        found = comparison.copy()
        for name, end in (("not_known", "middle"), ("not_known_low", "low"), ("not_known_high", "high")):
            found[name] = np.array([row.get(end, np.nan) for row in rows], dtype=float)
        return found
