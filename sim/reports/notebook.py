"""Show runs in a notebook: tables of the headline indicators, in plain text and in HTML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

import pandas as pd

from sim.analysis.indicators import HEADLINE
from sim.storage.run_folder import Result


class ShownResult(Result):
    """A run that shows its headline indicators."""

    def __repr__(self) -> str:
        return f"{super().__repr__()}\n{_text(self._headline())}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(super().__repr__())}</p>{_html(self._headline())}"

    def _headline(self) -> pd.DataFrame:
        return headline(self.kpis)[["unit", "mean", "low", "high"]]


class Runs(Mapping[str, ShownResult]):
    """The runs of a sweep by name; they show the means of their headline indicators side by side."""

    def __init__(self, results: Mapping[str, Result]) -> None:
        self._results = {name: ShownResult.of(**vars(result)) for name, result in results.items()}

    def __getitem__(self, name: str) -> ShownResult:
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def __repr__(self) -> str:
        return f"<{len(self)} runs>\n{_text(self._table())}"

    def _repr_html_(self) -> str:
        return f"<p>{len(self)} runs</p>{_html(self._table())}"

    def _table(self) -> pd.DataFrame:
        tables = {name: headline(result.kpis) for name, result in self.items()}
        units = next(iter(tables.values()))["unit"]
        return pd.DataFrame({"unit": units, **{name: table["mean"] for name, table in tables.items()}})


def headline(kpis: pd.DataFrame) -> pd.DataFrame:
    """Return the headline indicators of the whole region, indexed by their names."""
    rows = kpis[(kpis["by"] == "all") & kpis["kpi"].isin(HEADLINE)]
    return rows.set_index("kpi").reindex([name for name in HEADLINE if name in set(rows["kpi"])])


WHOLE = 10_000  # from here on numbers are written without decimals, never as powers of ten


def _number(value: float) -> str:
    short = f"{value:.4g}"
    return f"{float(short):,.0f}" if abs(value) >= WHOLE else short


def _text(table: pd.DataFrame) -> str:
    return table.to_string(float_format=_number, index_names=False)


def _html(table: pd.DataFrame) -> str:
    return table.to_html(float_format=_number, index_names=False, na_rep="–")
