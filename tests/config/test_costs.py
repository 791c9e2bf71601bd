"""Costs: annuity and running by hand, the cash flow year by year, and files that are refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from sim.config import costs
from sim.config.book import book
from sim.config.compose import config_folder
from sim.errors import SimError

FILE = config_folder() / "costs" / "quzhou.yaml"


def changed(tmp_path: Path, key: str, item: object) -> Path:
    """Return a copy of the shipped file with a dotted key changed, or taken away by None."""
    table = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    inner, names = table, key.split(".")
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = item
    if item is None:
        del inner[names[-1]]
    (tmp_path / "costs.yaml").write_text(yaml.safe_dump(table), encoding="utf-8")
    return tmp_path / "costs.yaml"


def test_a_year_costs_the_annuity_and_the_running(tmp_path: Path) -> None:
    car = {
        "unit": "car",
        "capital": 100_000,
        "running": 30_000,
        "lifetime": 2,
        "year": 2022,
        "low": 1,
        "high": 1,
    }
    found = costs.read(changed(tmp_path, "items.patrol_car", {**car, "index": "price", "book": "own"}))
    # two years of 2 % make 104,040 and 31,212; at 4 % 1 yuan over 2 years is 0.04 / (1 - 1.04**-2) = 0.530196 a year
    assert costs.annual(found, {"patrol_car": 2}) == pytest.approx(
        2 * (104_040 * 0.5301961 + 31_212), abs=0.1
    )
    flow = costs.cash_flow(found, {"patrol_car": 2}, 4)["patrol_car"]
    assert flow == pytest.approx(np.array([[208_080, 0, 208_080, 0], [62_424] * 4]))


def test_the_annuity_and_the_cash_flow_are_worth_the_same() -> None:
    found = costs.read(None)
    years = int(np.lcm.reduce([item.lifetime for item in found.items.values()]))  # all is worn out at the end
    for name in costs.ITEMS:
        worth = costs.worth(found, costs.cash_flow(found, {name: 1}, years)[name])
        even = costs.annual(found, {name: 1}) * (1.04 ** -np.arange(1, years + 1)).sum()
        assert worth.sum() == pytest.approx(even, rel=1e-9)


def test_every_shipped_cost_has_its_row_in_the_book() -> None:
    assert {item.book for item in costs.read(None).items.values()} <= set(book())


def test_a_draw_in_the_middle_is_the_figure_and_the_ends_are_its_range() -> None:
    found = costs.read(None)
    for u, end in ((0.0, "low"), (0.5, None), (1.0, "high")):
        drawn = found.drawn(np.full(len(costs.ITEMS), u))
        for name, item in found.items.items():
            factor = getattr(item, end) if end else 1.0
            assert drawn.items[name].running == pytest.approx(item.running * factor)


@pytest.mark.parametrize(
    ("key", "item", "said"),
    [
        ("items.nest.capital", -1, "items.nest.capital is -1 CNY; allowed: 0.."),
        ("items.nest.year", None, "key items.nest.year is missing"),
        ("currency", "USD", "currency is 'USD'; allowed: CNY"),
        (
            "items.nest.high",
            0.5,
            "items.nest has low 0.4 and high 0.5; allowed: factors of which low is 1 or less",
        ),
        ("items.nets", {}, "unknown key items.nets"),
        ("items.nest", None, "key items.nest is missing"),
        ("items.nest.lifetime", 0, "items.nest.lifetime is 0 years; allowed: 1..200"),
    ],
)
def test_costs_that_cannot_be_are_refused_in_a_sentence(
    key: str, item: object, said: str, tmp_path: Path
) -> None:
    file = changed(tmp_path, key, item)
    with pytest.raises(SimError) as refusal:
        costs.read(file)
    assert str(refusal.value).startswith(f"{file}: {said}")
    assert "\n" not in str(refusal.value)
