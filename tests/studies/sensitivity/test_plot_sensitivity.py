"""Pictures of a sensitivity study: bars, intervals and marks stand where the table says."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from sim.plots import sensitivity as plot
from sim.plots.style import new_figure, use_style

ORDER = ["b", "a"]  # from the top


@pytest.fixture
def axes() -> Iterator[Axes]:
    with use_style():
        yield new_figure(5, 4).subplots()


def bars(axes: Axes) -> dict[tuple[str, float], tuple[float, float]]:
    """Return, by colour and row, where a bar begins and ends."""
    found = {}
    for patch in axes.patches:
        assert isinstance(patch, Rectangle)
        row = patch.get_y() + patch.get_height() / 2
        if np.isfinite(row):
            colour = "low" if patch.get_hatch() else "high"
            start = float(patch.get_x())
            found[colour, round(float(row), 6)] = (start, round(start + float(patch.get_width()), 9))
    return found


def test_tornado_bars_go_from_the_shipped_value_to_both_ends(axes: Axes) -> None:
    rows = [("a", 10.0, 9.0, 12.0), ("b", 10.0, 10.0, 10.5)]
    plot.tornado(pd.DataFrame(rows, columns=["parameter", "nominal", "low", "high"]), axes, ORDER)
    assert bars(axes) == {
        ("low", 1): (10, 9), ("high", 1): (10, 12), ("low", 0): (10, 10), ("high", 0): (10, 10.5),
    }  # fmt: skip
    assert axes.get_ylim() == (1.5, -0.5)
    assert axes.get_legend_handles_labels()[1] == ["at its low end", "at its high end"]


def test_of_two_bars_on_one_side_the_shorter_one_lies_in_front(axes: Axes) -> None:
    table = pd.DataFrame([("a", 10.0, 11.0, 13.0)], columns=["parameter", "nominal", "low", "high"])
    plot.tornado(table, axes, ["a"])
    depth = {patch.get_hatch(): patch.get_zorder() for patch in axes.patches if np.isfinite(patch.get_y())}
    assert depth["///"] > depth[""] if "" in depth else depth["///"] > depth[None]


def test_screening_shows_size_interval_and_spread(axes: Axes) -> None:
    rows = [("a", 3.0, 0.5, 1.0), ("b", 0.2, 0.4, 0.3)]
    plot.screening(pd.DataFrame(rows, columns=["parameter", "mu_star", "mu_star_conf", "sigma"]), axes, ORDER)
    widths = {round(bar.get_y() + bar.get_height() / 2, 6): bar.get_width() for bar in axes.patches}
    assert widths == {0: 0.2, 1: 3.0}
    ends = sorted(tuple(np.round(line[:, 0], 9)) for line in axes.collections[0].get_segments())
    assert ends == [(0.0, 0.6), (2.5, 3.5)]  # a size is never below zero
    marks = next(line for line in axes.lines if line.get_marker() == "D")
    assert list(zip(marks.get_xdata(), marks.get_ydata(), strict=True)) == [(0.3, 0), (1.0, 1)]


def test_indices_stand_in_pairs_with_their_intervals(axes: Axes) -> None:
    columns = ["parameter", "s1", "s1_conf", "st", "st_conf"]
    plot.sobol(
        pd.DataFrame([("a", 0.6, 0.1, 0.7, 0.2), ("b", 0.1, 0.2, 0.3, 0.1)], columns=columns), axes, ORDER
    )
    assert {key: end for key, (_, end) in bars(axes).items()} == {
        ("low", -0.2): 0.1, ("high", 0.2): 0.3, ("low", 0.8): 0.6, ("high", 1.2): 0.7,
    }  # fmt: skip
    first, total = (
        [tuple(np.round(line[:, 0], 9)) for line in item.get_segments()] for item in axes.collections
    )
    assert first == [(-0.1, 0.3), (0.5, 0.7)]
    assert total == [(0.2, 0.4), (0.5, 0.9)]
    assert axes.get_xlim() == pytest.approx((-0.13, 1.1))  # both limits and every interval


def test_measures_as_shipped_and_at_the_other_points(axes: Axes) -> None:
    rows = [
        (0, "cars", 2.0),
        (1, "cars", 3.0),
        (2, "cars", 1.0),
        (0, "nests", 0.0),
        (1, "nests", 0.5),
        (2, "nests", 0.1),
    ]
    table = pd.DataFrame(rows, columns=["point", "group", "effect"])
    plot.measures(table, axes, ["cars", "nests"], {"cars": "Patrol cars"})
    drawn = {
        (line.get_marker(), int(line.get_ydata()[0])): list(line.get_xdata())
        for line in axes.lines
        if line.get_marker() in ("o", "D")
    }
    assert drawn == {("o", 0): [3.0, 1.0], ("D", 0): [2.0], ("o", 1): [0.5, 0.1], ("D", 1): [0.0]}
    assert [text.get_text() for text in axes.get_yticklabels()] == ["Patrol cars", "nests"]


def test_a_result_that_does_not_vary_says_so(axes: Axes) -> None:
    columns = ["parameter", "s1", "s1_conf", "st", "st_conf"]
    plot.sobol(pd.DataFrame([("a", *[np.nan] * 4)], columns=columns), axes, ["a"])
    assert "No data" in axes.texts[0].get_text()


def test_names_stand_beside_the_left_panel_only(axes: Axes) -> None:
    table = pd.DataFrame([("a", 1.0, 0.0, 2.0)], columns=["parameter", "nominal", "low", "high"])
    plot.tornado(table, axes, ["a"])
    plot.share_names(axes, ["speed\nv_mtn"])
    assert [text.get_text() for text in axes.get_yticklabels()] == ["speed\nv_mtn"]
    plot.share_names(axes, None)
    assert [text.get_text() for text in axes.get_yticklabels()] == [""]
