"""The registry of figures. A new figure is one file in `sim/plots/figures` with a function under `@figure`.

One rule sets the population of a figure. Figures of times and places, drawn from incidents, show fires. Figures
of indicators and of the load show all calls, as the tables do. The registry passes only the incidents of this
population to the figure, and writes population, year and number of incidents into its title.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

from matplotlib.figure import Figure

from sim.analysis.incident_tables import need, of_types
from sim.plots.labels import Label, of_place
from sim.plots.maps.basemap import has_map
from sim.plots.style import new_figure, save, use_style
from sim.terms import FIRE_TYPES, LIFE_RISK

FIGURES = "sim.plots.figures"  # by its name: its files import this one
SMALLEST_TITLE = 4  # points
DataKind = Literal["run", "comparison"]
Draw = TypeVar("Draw", bound=Callable[..., object])


# The incidents that a figure shows: their name and types (None: all).
POPULATIONS: dict[str, tuple[Label, tuple[str, ...] | None]] = {
    "fires": (Label("Fires", "火灾"), FIRE_TYPES),
    "life risk": (Label("Building fires, rescues of persons", "建筑火灾和人身救援"), LIFE_RISK),
    "all calls": (Label("All calls", "全部警情"), None),
}


class FigureData:
    """What the data of a run and of a comparison share; figures use their tables too.

    Both have `years`, those of the scenarios, and `sizes`: incidents, replications and days of each run.
    """

    incidents: Any  # a table, or one for each run by its short name
    region: Mapping[str, Any]  # its part of a configuration

    @property
    def has_map(self) -> bool:
        """Whether the region is a real place, not a synthetic one."""
        return has_map(self.region)

    def of(self, types: Sequence[str] | None) -> Self:
        """Keep the incidents of some types; None keeps all."""
        chosen, tables = copy(self), self.incidents
        chosen.__dict__["incidents"] = (
            {name: of_types(table, types) for name, table in tables.items()}
            if isinstance(tables, dict)
            else of_types(tables, types)
        )
        return chosen


@dataclass(frozen=True)
class FigureSpec:
    """What a figure declares.

    `needs` names tables and their columns. `size` is in inches. `possible` tells whether the data allow the figure.
    Figures of the set "main" are drawn by default, those of "all" on request. `order` is that of a report.
    """

    name: str
    kind: DataKind
    title: Label
    population: str
    needs: Mapping[str, Sequence[str]]
    size: tuple[float, float] | Callable[[Any], tuple[float, float]]
    draw: Callable[[Any, Figure], object]
    which: Literal["main", "all"] = "main"
    possible: Callable[[Any], bool] = lambda _: True
    order: int = 100

    def make(self, data: Any) -> Figure:
        """Draw the figure; SimError names a column that is missing."""
        for name, columns in self.needs.items():
            value = getattr(data, name)
            tables = {f"{name} of {run}": table for run, table in value.items()} if isinstance(value, Mapping) else {
                name: value
            }  # fmt: skip
            for what, table in tables.items():
                need(table, columns, f"figure {self.name}: {what}")
        with use_style():
            picture = new_figure(*(self.size(data) if callable(self.size) else self.size))
            self.draw(data.of(POPULATIONS[self.population][1]), picture)
            _write_title(picture, [self.title, self.subtitle(data)])
        return picture

    def subtitle(self, data: Any) -> Label:
        """Say population, region, year and the mean number of incidents in a replication, by language."""
        name, types = POPULATIONS[self.population]
        counts = [len(of_types(table, types)) / max(count, 1) for table, count, _ in data.sizes]
        number = "–".join(dict.fromkeys(f"{n:,.0f}" for n in (min(counts), max(counts))))
        days = {length for _, _, length in data.sizes}
        period = Label("a replication", "每次重复")
        if len(days) == 1:
            period = (
                Label("a year", "每年") if days == {365} else Label(f"in {min(days)} days", f"{min(days)}天")
            )
        region = of_place(str(data.region.get("name", "")))
        return Label(
            f"{name.en}, {region.en} {data.years} (n = {number} {period.en})",
            f"{name.zh}，{region.zh}{data.years}年（{period.zh}n = {number}）",
        )


_REGISTRY: dict[tuple[DataKind, str], FigureSpec] = {}


def figure(name: str, *, kind: DataKind, **declared: Any) -> Callable[[Draw], Draw]:
    """Register the function below as a figure; the keywords are the fields of `FigureSpec`."""

    def register(draw: Draw) -> Draw:
        _REGISTRY[kind, name] = FigureSpec(name=name, kind=kind, draw=draw, **declared)
        return draw

    return register


def figures_of(kind: DataKind, which: str = "all") -> list[FigureSpec]:
    """Return the figures of a run or of a comparison in order: none, the main ones, or all."""
    for module in pkgutil.iter_modules(importlib.import_module(FIGURES).__path__):
        importlib.import_module(f"{FIGURES}.{module.name}")
    chosen = [spec for spec in _REGISTRY.values() if spec.kind == kind and which in ("all", spec.which)]
    return sorted(chosen, key=lambda spec: (spec.order, spec.name))


def draw_figures(
    folder: Path, data: Any, kind: DataKind, which: str, share: tuple[int, int] = (0, 1)
) -> list[str]:
    """Draw the figures that the data allow into an existing folder, PNG and SVG, and return their names.

    `share` is one of several shares, counted from 0, and how many there are: dealt there and back, because the first
    figures take longest.
    """
    part, parts = share
    names = []
    for place, spec in enumerate(spec for spec in figures_of(kind, which) if spec.possible(data)):
        turn, dealt = divmod(place, parts)
        if part == (parts - 1 - dealt if turn % 2 else dealt):
            save(spec.make(data), folder, spec.name)
            names.append(spec.name)
    return names


def _write_title(picture: Figure, lines: Sequence[Label]) -> None:
    """Write the title at the left: each line in both languages, or one below the other where it would be cut."""
    title = picture.suptitle("", x=0.01, ha="left", fontsize=11, linespacing=1.35)
    room = 0.98 * picture.bbox.width

    def width(text: str) -> float:
        title.set_text(text)
        renderer = picture.canvas.get_renderer()  # type: ignore[attr-defined]
        return float(title.get_window_extent(renderer).width)

    text = "\n".join(str(line) if width(str(line)) <= room else line.stacked for line in lines)
    size = 11.0
    while width(text) > room and size > SMALLEST_TITLE:
        size -= 0.5
        title.set_fontsize(size)
