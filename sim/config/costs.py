"""Schema of a file of costs, what levers cost a year, and when it is paid. It is no group of the configuration.

A bought thing costs its annuity over its lifetime and its running. Money is in yuan of `price_year`, without inflation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sim.config.compose import config_folder
from sim.config.fields import fraction, number, value
from sim.config.text import from_file
from sim.errors import SimError

SHIPPED = "quzhou"
ITEMS = (
    "station_small", "station_class2", "team", "team_person", "career", "volunteer", "patrol_car", "patrol_hour",
    "nest", "hydrant", "intake_point", "home_alarm", "platform", "turnout", "move_up",
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """What one of something costs."""

    unit: str = value("what is counted")
    capital: float = number("to build or buy one", "CNY", 0, 1e12)
    running: float = number("one a year", "CNY", 0, 1e12)
    lifetime: int = number("years until it is bought again", "years", 1, 200)
    year: int = number("year of these prices", "year", 1990, 2100)
    low: float = number("least factor on them that is believable", "x", 0, 1)
    high: float = number("greatest factor", "x", 0, 1000)
    index: Literal["price", "wage"] = value("what brings them to price_year")
    book: str = value("symbol of the parameter book, or where the figure is from")

    def check(self, path: str) -> None:
        """Refuse a range the wrong way round, or one without the figure itself."""
        if not self.low <= 1 <= self.high:
            raise SimError(
                f"{path} has low {self.low:g} and high {self.high:g}; allowed: factors of which low is 1 or less and "
                "high is 1 or more."
            )


@dataclass(frozen=True)
class Inflation:
    """How much dearer things become."""

    price: float = number("of goods and works", "a year", -0.2, 0.5)
    wage: float = number("of wages", "a year", -0.2, 0.5)


@dataclass(frozen=True)
class Counts:
    """How many of something there are in the region that no table of it counts."""

    hydrants: float = number("municipal hydrants that the built-up area needs", "hydrants", 0, 1e8)
    elderly_homes: float = number("homes of the elderly", "homes", 0, 1e9)
    large_villages: float = number("villages above 1,000 people", "villages", 0, 1e7)


@dataclass(frozen=True)
class Costs:
    """A file of costs."""

    currency: Literal["CNY"] = value("currency; another one is not converted")
    price_year: int = number("year to whose prices all is brought", "year", 1990, 2100)
    discount_rate: float = fraction("social discount rate a year")
    inflation: Inflation = value("how prices rise")
    counts: Counts = value("numbers that no table holds")
    items: dict[str, Item] = value("what the levers cost", names=ITEMS)

    def check(self, path: str) -> None:
        """Refuse costs that leave an item out."""
        del path
        for name in ITEMS:
            if name not in self.items:
                raise SimError(f"key items.{name} is missing: what one costs.")

    def indexed(self, name: str) -> Item:
        """Return an item in yuan of the price year."""
        item = self.items[name]
        factor = (1 + getattr(self.inflation, item.index)) ** (self.price_year - item.year)
        return replace(
            item, capital=item.capital * factor, running=item.running * factor, year=self.price_year
        )

    def drawn(self, shares: NDArray[np.float64]) -> Costs:
        """Return costs at these shares (0..1) of the items' ranges, each even in the logarithm below and above 1."""
        drawn = {}
        for (name, item), u in zip(self.items.items(), shares.tolist(), strict=True):
            factor = item.low ** (1 - 2 * u) if u < 0.5 and item.low > 0 else item.high ** max(2 * u - 1, 0.0)
            drawn[name] = replace(item, capital=item.capital * factor, running=item.running * factor)
        return replace(self, items=drawn)


Quantities = Mapping[str, float]  # how many of each item


def annual(costs: Costs, quantities: Quantities) -> float:
    """Return what things cost a year: annuity and running."""
    return sum(each_year(costs, quantities).values())


def each_year(costs: Costs, quantities: Quantities) -> dict[str, float]:
    """Return what the things of each item cost a year."""
    return {
        name: count * (item.capital * _annuity(costs.discount_rate, item.lifetime) + item.running)
        for name, count in quantities.items()
        for item in [costs.indexed(name)]
    }


def _annuity(rate: float, years: int) -> float:
    """Return what is paid at the end of each year for one yuan lent at the beginning."""
    return rate / (1 - (1 + rate) ** -years) if rate > 0 else 1 / years


def cash_flow(costs: Costs, quantities: Quantities, years: int) -> dict[str, NDArray[np.float64]]:
    """Return capital and running that are paid in each of so many years, (2, years) by item.

    A thing is bought at the beginning of the first year and when it is worn out; it is run until each year's end.
    """
    flows = {}
    for name, count in quantities.items():
        item = costs.indexed(name)
        flow = np.array([np.zeros(years), np.full(years, item.running)])
        flow[0, :: item.lifetime] = item.capital
        flows[name] = count * flow
    return flows


def worth(costs: Costs, flow: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what capital and running of a cash flow are worth at the beginning of the first year, (2,)."""
    years = np.arange(flow.shape[1])
    return np.asarray((flow * (1 + costs.discount_rate) ** -np.array([years, years + 1.0])).sum(axis=1))


def read(file: Path | None) -> Costs:
    """Return the costs of a file, without one those shipped; SimError says what does not fit."""
    return from_file(Costs, file or config_folder() / "costs" / f"{SHIPPED}.yaml", "the costs")
