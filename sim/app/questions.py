"""What may be asked on the page: its words, checked by the same schema as those of the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.movements import KM_PER_DEGREE, flat
from sim.config import costs as money
from sim.config import out_of_range
from sim.config.book import book, walk
from sim.config.compose import compose, options
from sim.config.groups.plan import measures
from sim.config.schema import Config
from sim.errors import SimError
from sim.plots.labels import of_place
from sim.reports.report_runs import Language, catalogue, entry, said
from sim.studies import whatif
from sim.world import plan, regions
from sim.world.region import CELL_M, Region

ALLOWED = ("scenario", "replications", "days", "seed", "delivery", "add", "close", "move", "alike")
KINDS = ("station", "nest", "team", "car")  # that a click adds, called as in the page's words
DECIMALS = 4  # of a degree: ten metres


class Questions:
    """The questions about one region; `base` are the words that hold for all of them.

    Without `costs` they are those of Quzhou's levers, for Quzhou alone.
    """

    def __init__(self, base: Sequence[str], costs: Path | None = None) -> None:
        self.base = tuple(base)
        self.standard = compose(self.base)
        if self.standard.region.synthetic is not None:
            raise SimError(
                "region is synthetic, which has no tables to change; allowed: a region with tables."
            )
        self.costs = money.read(costs) if costs or self.standard.region.shipped else None

    @property
    def tabs(self) -> tuple[str, ...]:
        """The parts of the answer."""
        return ("map", "times", "outcomes", "who", *(["money"] if self.costs else []), "day")

    @property
    def land(self) -> Region:
        """The region."""
        return regions.load(self.standard.region)

    def pair(self, words: Sequence[str], out: Path) -> tuple[Config, Config]:
        """Return both configurations of a question; SimError for one that the page may not ask."""
        for word in words:
            key, _, value = word.partition("=")
            switch = key.startswith("plan.") and key.endswith(".enabled") and value in ("true", "false")
            if key not in ALLOWED and not switch and not self._number(key, value):
                raise SimError(f"{key} cannot be changed on the page; use python -m sim whatif.")
        asked = whatif.USAGE.parse([*self.base, *words, f"out={out}"])
        configs = whatif.pair(asked)
        for config in configs:
            if config.replications == "auto":
                raise SimError("replications is auto; allowed on the page: a number.")
            if notes := out_of_range.notes(out_of_range.values(config)):
                raise SimError(f"{notes[0]}.")
        before, after = (replace(config, keep="kpis") for config in configs)
        return before, after

    def _number(self, key: str, value: str) -> bool:
        bounds = {item.key for item in self._bounds()}
        try:
            return key in bounds and math.isfinite(float(value))
        except ValueError:
            return False

    def _bounds(self) -> tuple[out_of_range.Bounds, ...]:
        return out_of_range.ranges(self.standard.scenario.year, made_up=False)

    def facts(self, language: Language) -> dict[str, Any]:
        """Return what the page offers: years, measures, values with ranges, and the map."""
        config = self.standard
        named = catalogue("zh")["assumptions"]
        shipped = {leaf.key: leaf for leaf in walk(config)}
        values = []
        for item in self._bounds():
            leaf = shipped.get(item.key)
            if leaf is None or (item.key in out_of_range.ABSOLUTE and not config.region.shipped):
                continue
            main = item.symbol if item.symbol in named else item.key
            name = entry("assumptions", main, language)
            if name == main:
                name = book().get(item.symbol, {}).get("name") or leaf.meaning
            values.append(
                {"key": item.key, "name": name, "value": leaf.value, "low": item.low, "high": item.high,
                 "unit": "" if item.unit in ("-", "x") else item.unit, "whole": leaf.whole, "main": main in named,
                 "symbol": main if main in named else ""}
            )  # fmt: skip
        order = [*named, ""]
        values.sort(key=lambda item: order.index(item.pop("symbol")))
        return {
            "years": [int(name) for name in options("scenario")],
            "year": config.scenario.year,
            "replications": config.replications_at_most,
            "base": list(self.base),
            "measures": [
                {"key": f"plan.{key}.enabled", "name": entry("measures", key, language), "on": item.enabled,
                 "since": _since(config, key)}
                for key, item in measures(config.plan)
            ],
            "values": values,
            "map": _map(self.land),
            "kinds": dict.fromkeys(KINDS),
            "of_city": False,
            "city": said(of_place(self.land.name), language),
        }  # fmt: skip


def _since(config: Config, key: str) -> int:
    """Return the first year with a part of the measure."""
    years = (int(name) for name in options("scenario"))
    return next((year for year in years if plan.shares(config.plan, year)[key] > 0), 9999)


def _map(land: Region) -> dict[str, Any]:
    """Return cells in kilometres from the map's middle, with what turns them into degrees."""
    cells = land.cells
    middle = float(cells.lon.mean()), float(cells.lat.mean())
    place = (flat(cells.lon, cells.lat, middle) / 1000).round(2)
    people = np.bincount(cells.township, cells.population, len(land.townships))
    towns = [np.flatnonzero(cells.township == row) for row in range(len(land.townships))]
    county = {name: row for row, name in enumerate(land.counties)}
    sites = [site for site in land.sites if not site.planned]
    lon, lat = land.projection.degrees(np.array([s.x for s in sites]), np.array([s.y for s in sites]))
    return {
        "middle": middle,
        "step": 1,  # kilometres that an arrow key moves a place
        "digits": 5,
        "example": f"{middle[0]:.2f}/{middle[1]:.2f}",
        "km": [KM_PER_DEGREE * math.cos(math.radians(middle[1])), KM_PER_DEGREE],
        "cell": CELL_M / 1000,
        "x": place[:, 0].tolist(),
        "y": place[:, 1].tolist(),
        "town": cells.township.tolist(),
        "shade": np.clip(np.log10(cells.population + 1) / 4, 0, 1).round(2).tolist(),
        "towns": [
            {"name": town.name, "county": county[town.county], "people": round(float(people[row])),
             "seat": _seat(land, own)}
            for row, (town, own) in enumerate(zip(land.townships, towns, strict=True))
        ],
        "counties": list(land.counties),
        "stations": [
            {"name": site.name, "lon": round(float(x), 5), "lat": round(float(y), 5)}
            for site, x, y in zip(sites, lon, lat, strict=True)
        ],
    }  # fmt: skip


def _seat(land: Region, own: Any) -> list[float]:
    """Return longitude and latitude of the cell of a township with the most people."""
    if not len(own):
        return []
    most = own[int(np.argmax(land.cells.population[own]))]
    return [round(float(land.cells.lon[most]), DECIMALS), round(float(land.cells.lat[most]), DECIMALS)]
