"""The first page of a report: what changed and how sure it is, in sentences and three numbers, all from the tables.

It speaks of one run, the last that is not the baseline, against the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from os.path import commonprefix
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.analysis.targets import CHANCE
from sim.config.book import book
from sim.config.groups.plan import MECHANISM
from sim.config.groups.region import DEFAULT
from sim.plots.figures.indicators import KEY_TIMES
from sim.plots.labels import Label, label, number, of_place, shown
from sim.reports.report_runs import ReportRuns, catalogue, entry
from sim.terms import TIERS

Key = tuple[str, str, str]  # kpi, by, group
LIFE_RISK = ("risk", "life_risk")
CAPABLE, WATER, FORCE, BRIGADE = ((kpi, *LIFE_RISK) for kpi in KEY_TIMES)
WITHIN = ("first_capable_within_10", *LIFE_RISK)
LEAST_MIN = 0.05  # a change below three seconds is too small to notice
LEAST_SHARE = 0.01  # of its value, so much a change is noticed at least
WATER_WITHIN = ("first_water_within_10", "all", "all")
WORSE = {  # what is told apart if it becomes worse, with its words
    ("first_arrival_mean", "all", "all"): "worse_arrival", ("first_water_mean", "all", "all"): "worse_water",
    WATER_WITHIN: "worse_water_within", ("deaths_a", "all", "all"): "worse_deaths",
    ("loss", "all", "all"): "worse_loss",
}  # fmt: skip
VERDICTS = ("met", "not_met", "cannot_be_told")
SLOWEST, MISSED, MOVERS = 3, 3, 3  # so many are named
SENSITIVITY = (
    Path(__file__).parents[2] / "docs" / "sensitivity"
)  # of a checkout; it was made with the shipped region


class FirstPage:
    """The words of the first page."""

    def __init__(self, report: ReportRuns) -> None:
        self.report = report
        others = [name for name in report.results if name != report.baseline]
        self.run = others[-1] if others else report.baseline
        self.alone = not others
        info, before = report.results[self.run].info, report.results[report.baseline].info
        self.year, self.years = int(info["scenario"]), len({info["scenario"], before["scenario"]})
        self.names: dict[str, object] = {}
        self.names = {"now": self._named(self.run), "before": self._named(report.baseline), "year": self.year}

    def _named(self, run: str) -> str:
        """Name a run by its year where that tells it apart."""
        if self.years == 1:
            return self.report.short[run]
        return self.text("year", year=self.report.results[run].info["scenario"])

    def text(self, key: str, **values: object) -> str:
        """Return a sentence of the catalogue about the two runs."""
        return self.report.text(f"first_{key}", **{**self.names, **values})

    @property
    def title(self) -> str:
        """City and years."""
        city = of_place(str(self.report.data.region.get("name", "")))
        return self.report.text("title", city=self.report.say(city), years=self.report.data.years)

    @property
    def dated(self) -> str:
        """Say which study it is and when the page was written."""
        return self.text("dated", name=self.report.name, date=f"{datetime.now().astimezone():%Y-%m-%d}")

    def row(self, key: Key, run: str | None = None) -> Any:
        """Return the summary of an indicator in a run; None where it has none."""
        kpis = self.report.kpis[run or self.run]
        row = kpis.loc[key] if key in kpis.index else None
        return None if row is None or np.isnan(row["mean"]) else row

    def change(self, key: Key) -> Any:
        """Return the row of the comparison with the baseline; None where there is none."""
        table = self.report.comparison
        if self.alone or table.empty:
            return None
        found = table[
            (table["scenario"] == self.run)
            & (table["kpi"] == key[0])
            & (table["by"] == key[1])
            & (table["group"] == key[2])
        ]
        return None if found.empty or np.isnan(found.iloc[0]["difference"]) else found.iloc[0]

    def _not_known(self, key: Key) -> Any:
        """Return the change over all that is not known; None where nobody asked, or the study has none."""
        study, (run, before) = self.report.not_known, (self.run, self.report.baseline)
        years = (int(self.report.results[name].info["scenario"]) for name in (run, before))
        return None if study is None else study.row(key, *years)

    def told(self, key: Key) -> str:
        """Say the change of a time in minutes, if it is large enough to notice and more than chance."""
        row = self.change(key)
        if row is None:
            return ""
        if not _clear(row):
            return self.text("no_change")
        words = "sooner" if row["difference"] < 0 else "later"
        return self.text(words, minutes=f"{abs(row['difference']):.1f}")

    @cached_property
    def _values(self) -> dict[str, pd.DataFrame]:
        return {run: self.report.results[run].values for run in (self.run, self.report.baseline)}  # noqa: PD011

    def years_with(self, key: Key, *, fewer: bool) -> str:
        """Say in how many of the simulated years it was better than in the baseline; empty where they do not pair."""
        row = self.change(key)
        if row is None or "paired" not in str(row["method"]):
            return ""
        sides = []
        for values in self._values.values():
            own = values[(values["kpi"] == key[0]) & (values["by"] == key[1]) & (values["group"] == key[2])]
            sides.append(own.set_index("replication")["value"])
        gain = (sides[0] - sides[1]).dropna()
        better = int(((gain < 0) if fewer else (gain > 0)).sum())
        if (gain == 0).all():
            return self.text("same", all=len(gain))
        return self.text("of_years", better=better, all=len(gain))

    def numbers(self) -> list[dict[str, str]]:
        """Return three numbers, each with its change, how sure it is, and what it is."""
        found = []
        for key, kind in ((CAPABLE, "capable"), (WITHIN, "within")):
            row, change = self.row(key), self.change(key)
            if row is None:
                continue
            unit, factor = shown(self.report.stored_unit(*key))
            digits = 0 if unit == "%" else 1
            value = f"{factor * row['mean']:.{digits}f} {self.report.unit(unit)}"
            lines = ["", ""]
            if change is not None:
                points = self.text("points" if unit == "%" else "minutes")
                for words, found_row, middle in (
                    ("not_known", self._not_known(key), "middle"),
                    ("against", change, "difference"),
                ):
                    if found_row is not None:
                        values = zip(("change", "low", "high"), (middle, "low", "high"), strict=True)
                        shown_ones = {name: _signed(factor * found_row[of], digits) for name, of in values}
                        lines[0] += self.text(words, **shown_ones, unit=points)
                lines[1] = self.years_with(key, fewer=unit != "%")
            elif not np.isnan(row["low"]):
                lines[0] = self.text(
                    "between",
                    low=f"{factor * row['low']:.{digits}f}",
                    high=f"{factor * row['high']:.{digits}f}",
                )
            found.append(
                {"value": value, "told": self.text(f"number_{kind}"), "change": lines[0], "sure": lines[1]}
            )
        return [*found, *self._third()][:3]

    def _third(self) -> list[dict[str, str]]:
        """Return the chance of the plan's death rate, else the time until the whole force is there."""
        for line in self._targets():
            if line["verdict"] == CHANCE:
                low, high = (f"{100 * line[key]:.0f}" for key in ("chance_low", "chance_high"))
                goal = number(float(line["target"]))
                return [
                    {"value": f"{100 * line['chance']:.0f} %", "told": self.text("number_deaths", goal=goal),
                     "change": self.text("deaths_between", low=low, high=high), "sure": self.text("deaths_sure")}
                ]  # fmt: skip
        row = self.row(FORCE)
        if row is None:
            return []
        return [
            {"value": f"{row['mean']:.1f} {self.report.unit('min')}", "told": self.text("number_force"),
             "change": self.told(FORCE), "sure": self.years_with(FORCE, fewer=True)}
        ]  # fmt: skip

    def _targets(self) -> list[dict[Any, Any]]:
        table = self.report.results[self.run].table("targets")
        return [] if table is None or "verdict" not in table else table.to_dict("records")

    def sentences(self) -> list[str]:
        """Return what the runs say, in five sentences at most."""
        found = []
        if (row := self.row(CAPABLE)) is not None:
            before = self.row(CAPABLE, self.report.baseline)
            values = {
                "time": f"{row['mean']:.1f}",
                "was": f"{before['mean']:.1f}" if before is not None else "–",
            }
            found.append(
                self.text("alone_capable" if self.alone else "capable", change=self.told(CAPABLE), **values)
            )
        if (water := self.row(WATER)) is not None and (force := self.row(FORCE)) is not None:
            values = {"water": f"{water['mean']:.1f}", "force": f"{force['mean']:.1f}"}
            key = "alone_water" if self.alone else "water"
            found.append(
                self.text(key, water_change=self.told(WATER), force_change=self.told(FORCE), **values)
            )
        if worse := self._worse():
            found.append(worse)
        if first := self._first():
            found.append(self.text("who", list=first))
        if judged := self._judged():
            found.append(judged)
        if slow := self._slowest():
            found.append(
                self.text("slowest", list=self._list(f"{name} ({minutes:.0f})" for name, minutes in slow))
            )
        return found

    def _first(self) -> str:
        """Return of 100 calls the tiers that arrive first, the most frequent first, with the baseline's number."""
        rows = [(tier, self.row(("arrived_first", "tier", tier))) for tier in TIERS]
        shares = sorted(
            ((row["mean"], tier) for tier, row in rows if row is not None and self._often(tier)),
            reverse=True,
        )
        told = []
        for share, tier in shares:
            before = self.row(("arrived_first", "tier", tier), self.report.baseline)
            was = "" if self.alone or before is None else self.text("was", was=f"{100 * before['mean']:.0f}")
            told.append(f"{self.report.say(label(tier))} {100 * share:.0f}{was}")
        return self._list(told)

    def _often(self, tier: str) -> bool:
        """Tell whether a tier is first at one call of 100, now or before."""
        both = (self.row(("arrived_first", "tier", tier), run) for run in (self.run, self.report.baseline))
        return any(row is not None and row["mean"] >= 0.01 for row in both)

    def _worse(self) -> str:
        """Name what clearly becomes worse, beside what the first sentences tell."""
        told = []
        for key, words in WORSE.items():
            row = self.change(key)
            if row is None or not _clear(row, LEAST_SHARE * abs(row["baseline_mean"])):
                continue
            worse = row["difference"] < 0 if key == WATER_WITHIN else row["difference"] > 0
            if worse:
                unit, factor = shown(self.report.stored_unit(*key))
                digits = 0 if unit == "%" else 1 if unit == "min" else 2
                points = self.text("points") if unit == "%" else f" {self.report.unit(unit)}"
                change = f"{_signed(factor * row['difference'], digits)}{points}"
                told.append(f"{self.text(words)} {change}")
        return self.text("worse", list=self._list(told)) if told else ""

    @cached_property
    def _promises(self) -> dict[str, list[dict[Any, Any]]]:
        """The lines of each of the plan's numbers, deaths apart; several where it may be defined in several ways."""
        found: dict[str, list[dict[Any, Any]]] = {}
        for line in self._targets():
            if line["verdict"] != CHANCE:
                found.setdefault(str(line["key"]), []).append(line)
        return found

    def _judged(self) -> str:
        """Say how many of the plan's numbers are met; one whose definitions disagree cannot be told."""
        count: dict[str, int] = {}
        for lines in self._promises.values():
            verdicts = {str(line["verdict"]) for line in lines}
            verdict = verdicts.pop() if len(verdicts) == 1 else "cannot_be_told"
            count[verdict] = count.get(verdict, 0) + 1
        told = [self.text(verdict, count=count[verdict]) for verdict in VERDICTS if verdict in count]
        return self.text("targets", all=len(self._promises), list=self._list(told)) if told else ""

    def _slowest(self) -> list[tuple[str, float]]:
        kpis = self.report.kpis[self.run]
        key = ("first_capable_mean", "township")
        if key not in kpis.index.droplevel(2):
            return []
        mean = kpis.loc[key]["mean"].dropna().nlargest(SLOWEST)
        return [(str(name), float(value)) for name, value in mean.items()]

    def next_steps(self) -> list[str]:
        """Return what to do next: gaps to the plan, the slowest places, and which questions to ask before paying."""
        found = []
        missed = [
            lines for lines in self._promises.values() if {line["verdict"] for line in lines} == {"not_met"}
        ]
        for lines in missed[:MISSED]:
            unit, factor = shown("" if pd.isna(lines[0]["unit"]) else str(lines[0]["unit"]))
            names = [self._called(line) for line in lines]
            ends = dict.fromkeys(
                number(factor * end(float(line["mean"]) for line in lines)) for end in (min, max)
            )
            ending = f"{' ' * (unit != '')}{self.report.unit(unit)}"
            values = {
                "found": f"{'–'.join(ends)}{ending}",
                "goal": f"{number(factor * float(lines[0]['target']))}{ending}",
            }
            found.append(self.text("gap", name=_shared(names), **values))
        if slow := self._slowest():
            found.append(
                self.text("look", list=self._list(name for name, _ in slow), minutes=f"{slow[-1][1]:.0f}")
            )
        return [*found, self.text("attribution"), self.text("siting")]

    def _called(self, line: Mapping[Any, Any]) -> str:
        chinese = line.get("name_zh")
        if self.report.language == "zh" and isinstance(chinese, str):
            return chinese
        return self.report.say(label(str(line["name"])))

    def what_changes_it(self) -> list[str]:
        """Return what would change the answer: typed-in effects, assumptions that move it, readings, what chance is."""
        found = [self.text("chance_only")]
        table = self.report.results[self.run].table("in_force")
        lines = (
            [] if table is None else [line for line in table.to_dict("records") if float(line["share"]) > 0]
        )
        if typed := [str(line["measure"]) for line in lines if line["effect"] != MECHANISM]:
            names = [entry("measures", measure, self.report.language) for measure in typed]
            found.append(self.text("assumed", list=self._list(names)))
        if any(str(line["measure"]).startswith("stations.") for line in lines):
            found.append(self.report.text("works_note"))
        found += self._movers()
        if not lines:
            return found
        reading = self.report.results[self.run].info["reading"]
        return [*found, self.text("reading", reading=reading)]

    def _movers(self) -> list[str]:
        """Name the assumptions that move the change most, by the sensitivity study of the shipped region."""
        region: Mapping[str, Any] = self.report.data.region
        tables = [SENSITIVITY / f"{name}.csv" for name in ("spread", "tornado", "parameters")]
        if (
            self.years == 1  # the study is about two years
            or (region.get("folder") or DEFAULT) != DEFAULT
            or region.get("synthetic")
            or not all(map(Path.is_file, tables))
        ):
            return [self.text("sensitivity")]
        spread, tornado, names = (pd.read_csv(path) for path in tables)
        output = "first_capable_mean:change"
        ends = spread[spread["output"] == output].iloc[0]
        own = tornado[tornado["output"] == output]
        most = own.loc[(own["high"] - own["low"]).abs().nlargest(MOVERS).index, "parameter"]
        called = names.set_index("parameter")["name"]
        own = catalogue(self.report.language)["assumptions"]
        chinese = {symbol: row["name_zh"] for symbol, row in book().items()}
        listed = self._list(
            own.get(key) or self.report.say(Label(called[key], chinese.get(key, ""))) for key in most
        )
        return [
            self.text("movers", least=_signed(ends["least"], 1), most=_signed(ends["most"], 1), list=listed)
        ]

    def _list(self, items: Any) -> str:
        return self.report.text("and").join(map(str, items))


def _shared(names: list[str]) -> str:
    """Return what several names begin with; a single one as a whole."""
    return names[0] if len(names) == 1 else commonprefix(names).rstrip(" ,（(")  # noqa: RUF071 -- letters, no paths


def _clear(row: Any, least: float = LEAST_MIN) -> bool:
    """Tell whether a change is large enough to notice, and more than chance."""
    return abs(row["difference"]) >= least and bool(row["low"] > 0 or row["high"] < 0)


def _signed(value: float, digits: int) -> str:
    text = f"{value:+.{digits}f}"
    return f"{value:.{digits}f}".lstrip("-") if float(text) == 0 else text.replace("-", "−")
