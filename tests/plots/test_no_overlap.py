"""Words of a picture lie apart, off every marker and inside the canvas: boxes as they are drawn, in every language."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

import sim
from sim.config.compose import compose
from sim.plots.data import ComparisonData, RunData, stations_open
from sim.plots.labels import in_language
from sim.plots.registry import FigureSpec, figures_of
from sim.plots.style import new_figure, use_style

SLACK = 1.0  # pixels: letters do not fill their boxes
LANGUAGES = ("", "en", "zh")  # empty: both
FEW = ("differences", "who_arrives_first", "key_times")


Box = tuple[float, float, float, float]


def overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > SLACK and min(a[3], b[3]) - max(a[1], b[1]) > SLACK


def markers(figure: Figure) -> Iterator[Box]:
    """Yield the box of each marker of lines and scattered points, as far as it lies in its panel."""
    pixels = figure.dpi / 72
    for artist in figure.findobj(lambda a: isinstance(a, Line2D | PathCollection) and a.get_visible()):
        if artist.axes is None:  # a tick's
            continue
        if isinstance(artist, PathCollection):
            points = artist.get_offset_transform().transform(artist.get_offsets())
            sizes = np.sqrt(np.broadcast_to(artist.get_sizes(), len(points))) if len(points) else np.zeros(0)
        elif artist.get_marker() in ("None", "none", "", " ", None):
            continue
        else:
            xy = np.asarray(artist.get_xydata(), dtype=float)
            every = artist.get_markevery()
            points = artist.get_transform().transform(xy[:: every if isinstance(every, int) else 1])
            sizes = np.full(len(points), artist.get_markersize())
        panel = artist.axes.bbox if artist.get_clip_on() else figure.bbox
        for (x, y), half in zip(points, sizes * pixels / 2, strict=True):
            if np.isfinite([x, y]).all() and panel.contains(x, y):
                yield x - half, y - half, x + half, y + half


def faults(figure: Figure) -> list[str]:
    """Return every text that lies over another one or over a marker, or leaves the canvas."""
    found: list[tuple[str, Box]] = []
    draw = Text.draw

    def noted(text: Text, renderer: object, *more: object) -> None:
        draw(text, renderer, *more)
        if text.get_visible() and text.get_text().strip():  # ticks outside the axes are never drawn
            found.append((text.get_text(), text.get_window_extent(renderer).extents))

    with use_style(), pytest.MonkeyPatch.context() as patch:
        for _ in range(3):  # the layout settles, as when it is saved
            figure.draw_without_rendering()
        figure.set_layout_engine("none")
        patch.setattr(Text, "draw", noted)
        figure.canvas.draw()
    width, height = figure.bbox.width, figure.bbox.height
    told = [
        f"{words!r} leaves the canvas"
        for words, (left, low, right, high) in found
        if min(left, low, width - right, height - high) < -SLACK
    ]
    for (words, a), (others, b) in combinations(found, 2):
        if overlap(a, b):
            told.append(f"{words!r} lies over {others!r}")
    marks = list(markers(figure))
    told += [
        f"{words!r} lies over a marker" for words, box in found if any(overlap(box, mark) for mark in marks)
    ]
    return told


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("overlap")


def comparison(folder: Path, years: tuple[int, ...], days: int) -> ComparisonData:
    runs = sim.sweep(
        scenario=list(years), replications=2, days=days, workers=1, figures="none", out=folder / str(days)
    )
    return ComparisonData({name.split(",")[0]: run for name, run in runs.items()}, str(years[0]))


def every(data: ComparisonData) -> Iterator[tuple[FigureSpec, object]]:
    yield from ((spec, data) for spec in figures_of("comparison"))
    for year, run in data.results.items():
        config = compose([f"scenario={year}", f"days={run.info['days']}", "replications=2"])
        tables = run.incidents, run.dispatches, run.kpis, run.table("targets")
        yield from ((spec, RunData(config, stations_open(run), *tables)) for spec in figures_of("run"))


def test_the_check_sees_overlap_and_what_leaves_the_canvas() -> None:
    with use_style():
        figure = new_figure(4, 3)
        for x, words in ((0.4, "hello"), (0.42, "there"), (0.99, "outside")):
            figure.text(x, 0.5, words)
        panel = figure.add_subplot()
        panel.plot([0, 1], [0, 1], marker="o")
        panel.scatter([0.5], [0.9])
        for x, y, words in ((1, 1, "line"), (0.5, 0.9, "point"), (0.1, 0.8, "nothing")):
            panel.text(x, y, words)
    told = faults(figure)
    assert told[:2] == ["'outside' leaves the canvas", "'hello' lies over 'there'"]
    assert told[2:] == ["'line' lies over a marker", "'point' lies over a marker"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_of_a_few_pictures_lie_apart(folder: Path, language: str) -> None:
    data = comparison(folder, (2023, 2030), 3)
    with in_language(language):
        for spec in figures_of("comparison"):
            if spec.name in FEW:
                assert faults(spec.make(data)) == [], spec.name


@pytest.mark.slow  # 24 pictures of a year in three ways
def test_words_of_all_pictures_lie_apart(folder: Path) -> None:
    found = []
    for language, (spec, data) in product(
        LANGUAGES, list(every(comparison(folder, (2023, 2027, 2030), 365)))
    ):
        with in_language(language):
            if spec.possible(data):
                found += [f"{language or 'both'}, {spec.name}: {fault}" for fault in faults(spec.make(data))]
    assert found == []
