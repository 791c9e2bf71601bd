"""Draws made at first use equal those of their stream, whatever the order of requests and the part of the year."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.config.compose import compose
from sim.demand import workload
from sim.demand.streams import Streams
from sim.demand.workload import Workload
from sim.world import regions
from sim.world.forces import SLOTS

CONFIG = compose(["scenario=2025"])
LAND = regions.load(CONFIG.region)
ALL = (*workload.NORMAL, *workload.UNIFORM)
BY_UNIT = (*workload.NORMAL_BY_UNIT, *workload.UNIFORM_BY_UNIT)


def year() -> Workload:
    return workload.generate(CONFIG.demand, LAND, 7, 3)


def expected(name: str, total: int) -> np.ndarray:
    """Return a column straight from its stream, at once."""
    streams = Streams(7, 3)
    if name in workload.NORMAL:
        return streams.get(f"z.{name}").standard_normal(total)
    if name in workload.UNIFORM:
        return streams.get(f"u.{name}").random(total)
    generator = streams.get(f"unit.{name}")
    if name in workload.NORMAL_BY_UNIT:
        return generator.standard_normal((total, SLOTS), dtype=np.float32)
    return generator.random((total, SLOTS), dtype=np.float32)


def column(work: Workload, name: str) -> np.ndarray:
    return np.asarray(work.draws[name] if name in ALL else work.unit_draws[name])


@pytest.mark.parametrize(
    "names", [(*ALL, *BY_UNIT), (*BY_UNIT[::-1], *ALL[::-1])], ids=["in order", "reversed"]
)
def test_draws_do_not_depend_on_the_order_of_requests(names: tuple[str, ...]) -> None:
    work = year()
    for name in names:
        np.testing.assert_array_equal(column(work, name), expected(name, len(work)), strict=True)


def test_column_is_drawn_once_and_kept() -> None:
    work = year()
    assert work.draws["call"] is work.draws["call"]
    assert set(work.draws) == set(ALL)
    assert len(work.unit_draws) == len(BY_UNIT)


def test_column_that_is_not_kept_is_drawn_equal_again() -> None:
    work = year()
    np.testing.assert_array_equal(work.draws.once("relay"), work.draws["relay"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("drawn_before", [False, True])
@pytest.mark.parametrize("name", ["handling", "thin", "turnout", "heard"])
def test_part_has_the_draws_of_its_incidents(name: str, *, drawn_before: bool) -> None:
    work = year()
    if drawn_before:
        column(work, name)
    chosen = np.arange(len(work)) % 3 == 1
    fewer = work.keep(chosen)
    fewest = fewer.keep(fewer.kind == fewer.kind[5])
    rows = np.flatnonzero(chosen)[fewer.kind == fewer.kind[5]]
    np.testing.assert_array_equal(column(fewest, name), expected(name, len(work))[rows], strict=True)
    np.testing.assert_array_equal(fewest.number, rows)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=8), st.permutations(["z", "u", "n", "m"]))
def test_consecutive_parts_make_up_the_whole(sizes: list[int], order: list[str]) -> None:
    names = {"z": "tank", "u": "floor", "n": "travel", "m": "position"}
    work = year().between(100, 3000)
    cuts = np.cumsum([0, *sizes])
    parts = [work.between(int(a), int(b)) for a, b in pairwise(cuts)]
    for key in order:
        name = names[key]
        together = np.concatenate([column(part, name) for part in parts])
        np.testing.assert_array_equal(together, expected(name, 3500)[100 : 100 + cuts[-1]])


def test_earlier_part_can_be_drawn_again() -> None:
    work = year()
    later, earlier = work.between(2000, 2100), work.between(10, 20)
    column(later, "present")
    np.testing.assert_array_equal(column(earlier, "present"), expected("present", len(work))[10:20])


def test_empty_part_has_no_draws() -> None:
    none = year().keep(np.zeros(len(year()), dtype=np.bool_))
    assert len(none) == 0
    assert column(none, "call").shape == (0,)
    assert column(none, "travel").shape == (0, SLOTS)
