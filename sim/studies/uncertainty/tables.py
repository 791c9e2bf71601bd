"""The tables of the study: what the anchors rule out, and what the draws that are left say about each claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np
import pandas as pd

from sim.analysis.anchors import ANCHORS
from sim.studies.uncertainty import prim, sample, statistics
from sim.studies.uncertainty.claims import Claim, Claims, Key, Point, Terms
from sim.studies.uncertainty.draws import Floats
from sim.studies.uncertainty.ensemble import Ensemble
from sim.studies.uncertainty.statistics import CUT, LEVEL, OPEN, Split, split

DECIDING, SURE = 2, 0.05  # inputs that are named for a claim, where chance alone would not find them
LEFT_OUT = (
    "left_out_held",
    "left_out_against",
)  # shares of the draws that interval and sentence are not made of
FEWEST = 3  # draws with a value, below which a claim says nothing
BELIEVED = "face validity"  # a band that this project believes, not a published number
ASKED = 3  # inputs whose records are looked at
BEST = 10  # inputs of a decision that are listed


@dataclass(frozen=True)
class Ruled:
    """What the anchors say of every draw, (draws, replications, anchors) and (draws, anchors)."""

    found: Floats
    off: Floats

    @classmethod
    def of(cls, first: Floats) -> Self:
        """Judge what was measured of the year before the plan."""
        found = first[:, :, : len(ANCHORS)]
        return cls(found, statistics.implausibility(found, ANCHORS))

    @property
    def failed(self) -> np.ndarray:
        """Which draws could not be run."""
        return np.asarray(np.isnan(self.off).all(axis=1))

    @property
    def left(self) -> np.ndarray:
        """The draws that are not ruled out, in order; an anchor without a value rules nothing out."""
        return np.flatnonzero(~self.failed & ~(self.off > CUT).any(axis=1))

    def table(self, ensemble: Ensemble) -> pd.DataFrame:
        """Return a row a draw: its state, how far it is off and from what, and its values."""
        state = np.where(self.failed, "failed", np.where((self.off > CUT).any(axis=1), "ruled_out", "left"))
        off = np.where(np.isnan(self.off), -1.0, self.off)
        worst = [ANCHORS[place].symbol for place in off.argmax(axis=1)]
        values = pd.DataFrame(ensemble.drawn, columns=[parameter.symbol for parameter in ensemble.parameters])
        values.insert(0, "state", state)
        values.insert(1, "implausibility", np.where(self.failed, np.nan, off.max(axis=1)))
        values.insert(2, "anchor", np.where(self.failed, "", worst))
        return values.rename_axis("draw").reset_index()

    def anchors(self, left: np.ndarray) -> pd.DataFrame:
        """Return a row an anchor: what is published, what the draws make of it before and after, what it rules out."""
        rows = []
        out, errors = self.off > CUT, statistics.error(self.found)
        for place, anchor in enumerate(ANCHORS):
            means = self.found[:, :, place].mean(axis=1)
            known = np.isfinite(means)
            alone = out[:, place] & (out.sum(axis=1) == 1)
            ends = [
                np.quantile(values, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2]) if len(values) else [np.nan] * 3
                for values in (means[known], means[left][np.isfinite(means[left])])
            ]
            rows.append((
                anchor.symbol, anchor.name, anchor.zh, anchor.unit, anchor.value, anchor.low, anchor.high,
                *np.concatenate(ends).tolist(), float(errors[place]), float(out[:, place].mean()), float(alone.mean()),
                anchor.source if anchor.fitted else f"{BELIEVED}: {anchor.source}",
            ))  # fmt: skip
        return pd.DataFrame(rows, columns=[
            "anchor", "name", "name_zh", "unit", "published", "low", "high", "drawn_low", "drawn", "drawn_high",
            "left_low", "left", "left_high", "monte_carlo_sd", "ruled_out", "ruled_out_alone", "source",
        ])  # fmt: skip


@dataclass(frozen=True)
class Results:
    """What the draws that are left make of every world: (draws, replications, columns) by point."""

    ensemble: Ensemble
    left: np.ndarray
    worlds: Mapping[Point, Floats]
    shares: Floats  # of all draws
    units: Mapping[Key, str]

    def runs(self, key: Key, terms: Terms) -> Floats:
        """Return a sum of values of an indicator, (draws, replications)."""
        column = self.ensemble.columns.index("/".join(key))
        return np.asarray(sum(factor * self.worlds[point][:, :, column] for factor, point in terms))

    def split(self, key: Key, terms: Terms) -> tuple[Split | None, np.ndarray]:
        """Return a sum split into chance and what is not known, and the draws in which it has a value."""
        runs = self.runs(key, terms)
        known = np.asarray(np.isfinite(runs).all(axis=1))
        return (split(runs[known]) if known.sum() >= FEWEST else None), known

    def table(self) -> pd.DataFrame:
        """Return a row a draw and world with its mean over the replications."""
        rows = [
            (int(draw), point.label, *values)
            for point, found in self.worlds.items()
            for draw, values in zip(self.left, found.mean(axis=1).tolist(), strict=True)
        ]
        return pd.DataFrame(rows, columns=["draw", "point", *self.ensemble.columns])

    def years(self, years: Sequence[int]) -> pd.DataFrame:
        """Return, by indicator and year, the middle draw and between what half and 90 % of the draws lie.

        So too for the change from each year `before`.
        """
        rows = []
        spans = [(None, year) for year in years] + list(combinations(years, 2))
        for key in self.ensemble.keys:
            for before, year in spans:
                terms = ((1.0, Point(year)), *([] if before is None else [(-1.0, Point(before))]))
                found, _ = self.split(key, terms)
                if found is not None:
                    (middle, low, high), half = (
                        found.interval,
                        np.quantile(found.draws, [0.25, 0.75]).tolist(),
                    )
                    sds = np.sqrt([found.not_known, found.chance]).tolist()
                    rows.append(
                        (*key, self.units[key], before, year, low, half[0], middle, half[1], high, *sds)
                    )
        names = ["low", "lower", "middle", "upper", "high", "not_known_sd", "monte_carlo_sd"]
        table = pd.DataFrame(rows, columns=["kpi", "by", "group", "unit", "before", "year", *names])
        return table.astype({"before": "Int64"})

    def claims(self, claims: Claims) -> pd.DataFrame:
        """Return a row a claim: chance, interval in its two parts, verdict, and the inputs that decide it."""
        rows = [self._claim(name, claim) for name, claim in claims.claims.items()]
        return pd.DataFrame(rows)

    def _claim(self, name: str, claim: Claim) -> dict[str, Any]:
        found, known = self.split(claim.key, claim.terms)
        unit = self.units[claim.key]
        told = {f"{which}_{lang}": claim.told(lang, unit, holds=which == "claim")
                for lang in ("en", "zh") for which in ("claim", "opposite")}  # fmt: skip
        row: dict[str, Any] = {"name": name, **told, "kpi": claim.kpi, "calls": claim.calls, "unit": unit}
        if found is None:
            nothing = dict.fromkeys(
                ("estimate", "low", "high", "bound", "chance", "chance_low", "chance_high", *LEFT_OUT), np.nan
            )
            return row | nothing | {"draws": int(known.sum()), "verdict": OPEN} | self._deciding(None, known)
        middle, low, high = found.interval
        closed = claim.at_most is not None or claim.at_least is not None
        holds = found.holds(claim.bound, above=claim.above, closed=closed)
        share, least, most = statistics.chance(holds)
        tried = statistics.left_out(self.runs(claim.key, claim.terms)[known], claim.bound, above=claim.above)
        return row | {
            "estimate": middle, "low": low, "high": high, "bound": claim.bound, "chance": share, "chance_low": least,
            "chance_high": most, "draws": int(known.sum()), "verdict": statistics.verdict(share),
            **dict(zip(LEFT_OUT, tried, strict=True)),
        } | self._deciding(found, known)  # fmt: skip

    def _deciding(self, found: Split | None, known: np.ndarray) -> dict[str, Any]:
        row: dict[str, Any] = {"monte_carlo_sd": np.nan, "not_known_sd": np.nan, "monte_carlo_share": np.nan}
        row |= {f"{what}_{place}": item for place in range(1, DECIDING + 1) for what, item in
                (("input", ""), ("share", np.nan))}  # fmt: skip
        if found is None:
            return row
        row |= {
            "monte_carlo_sd": float(np.sqrt(found.chance)), "not_known_sd": float(np.sqrt(found.not_known)),
            "monte_carlo_share": found.chance_share,
        }  # fmt: skip
        table = statistics.first_order(self._names, self.shares[self.left[known]], found.draws)
        for place, item in enumerate(table[table["p"] < SURE].head(DECIDING).to_dict("records"), 1):
            row |= {f"input_{place}": item["parameter"], f"share_{place}": item["share"]}
        return row

    def boxes(self, claims: Claims) -> pd.DataFrame:
        """Return a row a restriction of the box of draws in which a claim does not hold (of one that fails: holds)."""
        rows = []
        for name, claim in claims.claims.items():
            found, known = self.split(claim.key, claim.terms)
            if found is None:
                continue
            holds = found.draws > claim.bound if claim.above else found.draws < claim.bound
            rare = bool(holds.mean() <= 1 - LEVEL)
            cases = holds if rare else ~holds
            box = prim.find(self.shares[self.left[known]], cases)
            if box is None:
                continue
            for place in box.inputs:
                parameter = self.ensemble.parameters[place]
                low, high = (
                    parameter.at(end) if 0 <= end <= 1 else np.nan for end in box.bounds[place].tolist()
                )
                rows.append((name, rare, parameter.symbol, parameter.unit, low, high, box.p[place],
                             box.draws, box.coverage, box.density, float(cases.mean())))  # fmt: skip
        return pd.DataFrame(rows, columns=[
            "name", "holds", "parameter", "unit", "low", "high", "p", "draws", "coverage", "density", "of_all",
        ])  # fmt: skip

    @property
    def _names(self) -> list[str]:
        return [parameter.symbol for parameter in self.ensemble.parameters]

    def decisions(self, claims: Claims, seed: int) -> dict[str, pd.DataFrame]:
        """Return the tables of the decisions: what speaks for each option, and what is worth knowing before."""
        tables = list(self._decisions(claims, seed))
        if not tables:
            return {}
        return {
            name: pd.concat(found, ignore_index=True)
            for name, found in zip(("choices", "worth", "records"), zip(*tables, strict=True), strict=True)
        }

    def _records(self, worth: pd.DataFrame, benefit: Mapping[str, Floats], seed: int) -> pd.DataFrame:
        """Return what weeks of records of the inputs most worth knowing bring."""
        a_week = self.ensemble.shipped.demand.calls_per_year / sample.YEAR_WEEKS
        parts, matrix = [], np.array(list(benefit.values())).T
        for row in worth[worth["worth"] > 0].head(ASKED).to_dict("records"):
            place = self._names.index(row["parameter"])
            curves = statistics.curves(self.shares[self.left, place], matrix)
            part = sample.table(self.ensemble.parameters[place], curves, a_week, seed)
            part.insert(0, "parameter", row["parameter"])
            parts.append(part.assign(worth=part["share"] * row["worth"]))
        empty = pd.DataFrame(columns=["parameter", "weeks", "records", "share", "worth"])
        return pd.concat(parts, ignore_index=True) if parts else empty

    def _decisions(self, claims: Claims, seed: int) -> Iterator[tuple[pd.DataFrame, ...]]:
        for name, decision in (claims.decisions or {}).items():
            kinds = {"first": decision.options, "pair": decision.pairs, "order": decision.orders}
            sums = [terms for options in kinds.values() for terms in options.values()]
            if len(self.left) < FEWEST or not all(self.split(decision.key, terms)[1].all() for terms in sums):
                continue
            found = {kind: self._benefit(decision.key, options) for kind, options in kinds.items() if options}
            choices = [statistics.choices(benefit).assign(kind=kind) for kind, benefit in found.items()]
            worth = statistics.worth(self._names, self.shares[self.left], found["first"], seed).head(BEST)
            tables = (
                pd.concat(choices, ignore_index=True),
                worth,
                self._records(worth, found["first"], seed),
            )
            for table in tables:
                table.insert(0, "decision", name)
                table["unit"] = self.units[decision.key]
                table["kpi"], table["calls"], table["year"] = decision.kpi, decision.calls, decision.year
            yield tables

    def _benefit(self, key: Key, options: Mapping[str, Terms]) -> dict[str, Floats]:
        parts = {option: self.split(key, terms)[0] for option, terms in options.items()}
        return {option: found.draws for option, found in parts.items() if found is not None}
