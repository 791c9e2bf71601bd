"""Maps of response time by 1-km cell or township: one run, several runs, or differences from a baseline."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PolyCollection
from matplotlib.colors import BoundaryNorm, Colormap, ListedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.analysis.incident_tables import minutes_by
from sim.analysis.statistics import student
from sim.calendar import HOUR_S
from sim.errors import SimError
from sim.plots.data import ComparisonData, RunData
from sim.plots.labels import TERMS, Label, label
from sim.plots.maps.basemap import Basemap, MarkerKind, draw_markers, fill_cells, outline, scale_bar
from sim.plots.maps.place_names import PlaceNames
from sim.plots.registry import figure
from sim.plots.style import FAINT, NO_DATA, note

BINS_MIN = (0, 5, 10, 15, 20, 30, 45)
CHANGE_BINS_MIN = (-15, -10, -5, -2, -0.5, 0.5, 2, 5, 10, 15)
# CIE lightness falls evenly from 87 to 13, darker than the grey of "no incident" (96) throughout
TIME_COLOURS = ("#FFD569", "#F9A540", "#EE7430", "#D8452A", "#B3202F", "#7C0C36", "#430A2C")
_STATION = "#0B3C6F"
MINUTES = Label("min", "分钟")
TOWNS = 30  # names of towns that are offered

Scale = tuple[Colormap, BoundaryNorm]


@dataclass(frozen=True)
class View:
    """What a map shows.

    `column` is a time column of the incidents (seconds), `statistic` median or a percentile (p90), `by` the
    places, `least` the fewest incidents for a colour.
    """

    column: str = "first_capable_s"
    statistic: str = "median"
    by: Literal["cell", "township"] = "cell"
    least: int = 1

    @property
    def grey(self) -> Label:
        """What a place without a colour has."""
        return TERMS["no_incident"] if self.least == 1 else TERMS["few_fires"]

    @property
    def name(self) -> Label:
        """Name of the quantity."""
        return label(f"{self.column}_{self.statistic}")


FEW = 5
MEDIAN = View(least=FEW)
FIRST_ARRIVAL_P90 = View(column="first_arrival_s", statistic="p90", by="township", least=FEW)
FIRST_CAPABLE_P90 = View(statistic="p90", by="township", least=FEW)
POOLED = (", cells of few fires with their neighbours", "，火灾少的网格并入相邻网格")


def _title(view: View, english: str = "", chinese: str = "") -> Label:
    name, by = view.name, label(f"by_{view.by}")
    return Label(f"{name.en}, {by.en}{english}", f"{name.zh}，{by.zh}{chinese}")


def _declared(view: View) -> dict[str, Any]:
    return {
        "population": "fires",
        "needs": {"incidents": ["type", "replication", view.by, view.column], "basemap": []},
        "possible": lambda data: data.has_map,
    }


@figure(
    "map_first_capable",
    kind="run",
    title=_title(MEDIAN, *POOLED),
    size=(9.5, 8.4),
    order=20,
    **_declared(MEDIAN),
)
def first_capable(data: RunData, picture: Figure) -> None:
    """Median time to the first capable arrival by cell."""
    response_map(data.incidents, data.basemap, picture.subplots(), MEDIAN)


@figure(
    "map_first_arrival_p90", kind="run", title=_title(FIRST_ARRIVAL_P90), size=(9.5, 8.4), order=50, which="all",
    **_declared(FIRST_ARRIVAL_P90),
)  # fmt: skip
def first_arrival_p90(data: RunData, picture: Figure) -> None:
    """90th percentile of the first arrival by township."""
    response_map(data.incidents, data.basemap, picture.subplots(), FIRST_ARRIVAL_P90)


def _columns(panels: int) -> int:
    return 3 if panels <= 9 else 4


def _size(panels: int) -> tuple[float, float]:
    columns = _columns(panels)
    return 4.4 * min(columns, panels) + 1.2, 4.0 * -(-panels // columns) + 1.1


@figure(
    "map_p90", kind="comparison", title=_title(FIRST_CAPABLE_P90), order=40,
    size=lambda data: _size(len(data.names)), **_declared(FIRST_CAPABLE_P90),
)  # fmt: skip
def by_scenario(data: ComparisonData, picture: Figure) -> None:
    """90th percentile of the first capable arrival by township: one map a scenario."""
    small_multiples(picture, data.incidents, data.basemap, FIRST_CAPABLE_P90)


@figure(
    "map_p90_change", kind="comparison", order=50, size=lambda data: _size(len(data.names) - 1),
    title=_title(FIRST_CAPABLE_P90, ": change against the baseline", "：较基准的变化"),
    **_declared(FIRST_CAPABLE_P90) | {"possible": lambda data: len(data.names) > 1 and data.has_map},
)  # fmt: skip
def change(data: ComparisonData, picture: Figure) -> None:
    """Change of the same against the baseline."""
    small_multiples(
        picture, data.incidents, data.basemap, FIRST_CAPABLE_P90, baseline=data.names[data.baseline]
    )


def time_scale() -> Scale:
    """Colours and bins of a time in minutes; times beyond the last bound have their own colour."""
    colours = ListedColormap(list(TIME_COLOURS)).with_extremes(bad=NO_DATA)
    return colours, BoundaryNorm(BINS_MIN, colours.N, extend="max")


def change_scale() -> Scale:
    """Colours and bins of a change in minutes: blue is earlier, red later, white about the same."""
    count = len(CHANGE_BINS_MIN) + 1
    colours = matplotlib.colormaps["RdBu_r"](np.linspace(0.03, 0.97, count))
    colours[count // 2] = (1, 1, 1, 1)
    # white says "no change" here, so "no incident" needs a grey that is clearly not white
    scale = ListedColormap(colours).with_extremes(bad="#D2D2D2")
    return scale, BoundaryNorm(CHANGE_BINS_MIN, count, extend="both")


def cell_minutes(incidents: pd.DataFrame, basemap: Basemap, view: View) -> NDArray[Any]:
    """Value of every cell in minutes, NaN of fewer than `least` incidents: (cells,). A township's cells share one.

    A cell of fewer takes those of its eight neighbours in.
    """
    value = minutes_by(incidents, view.column, view.statistic, view.by, least=view.least)
    if view.by == "township":
        of_township = np.full(len(basemap.townships), np.nan)
        of_township[basemap.township_rows(value.index)] = value.to_numpy()
        return np.asarray(of_township[basemap.township_of])
    result = np.full(len(basemap.cells), np.nan)
    numbers = incidents["cell"].to_numpy()
    outside = numbers[(numbers < 0) | (numbers >= len(result))]
    if len(outside):
        raise SimError(f"incidents: cell {outside[0]} found; the region has cells 0 to {len(result) - 1}")
    if view.least > 1:
        around = incidents.loc[incidents.index.repeat(9), [view.column]]
        around["cell"] = basemap.around[numbers.astype(int)].ravel()
        pooled = minutes_by(
            around[around["cell"] >= 0], view.column, view.statistic, "cell", least=view.least
        )
        result[pooled.index.to_numpy(int)] = pooled.to_numpy()
    result[value.index.to_numpy(int)] = value.to_numpy()
    return result


def cell_change(
    incidents: pd.DataFrame, baseline: pd.DataFrame, basemap: Basemap, view: View
) -> NDArray[Any]:
    """Change of every cell's value against a baseline, minutes: (cells,). Never reached in both is 0."""
    now, before = (cell_minutes(table, basemap, view) for table in (incidents, baseline))
    with np.errstate(invalid="ignore"):
        return np.where(np.isinf(now) & np.isinf(before), 0.0, now - before)


def within_chance(
    incidents: pd.DataFrame, baseline: pd.DataFrame, basemap: Basemap, view: View
) -> NDArray[np.bool_]:
    """Tell of which cells the change may be chance: a township's 95 % interval of its replications' changes holds 0."""
    level = float(view.statistic.removeprefix("p")) / 100
    by_replication = [
        table[view.column].fillna(HOUR_S).groupby([table["replication"], table["township"]]).quantile(level)
        for table in (incidents, baseline)
    ]
    change = (by_replication[0] - by_replication[1]).unstack("township")  # noqa: PD010 -- a series has no pivot_table
    found = student(change.to_numpy(float).T)
    chance = np.ones(len(basemap.townships), bool)
    chance[basemap.township_rows(change.columns)] = ~((found.low > 0) | (found.high < 0))
    return np.asarray(chance[basemap.township_of])


def response_map(incidents: pd.DataFrame, basemap: Basemap, axes: Axes, view: View) -> Axes:
    """Draw a map of a response time, with names, stations, scale, key and colour bar."""
    scale = time_scale()
    _paint(cell_minutes(incidents, basemap, view), basemap, axes, view, scale)
    right, upper = basemap.free_corners()[0]
    where = f"{'upper' if upper else 'lower'} {'right' if right else 'left'}"
    _furnish(basemap, axes, view, scale, marker=6, names=11, key=where)
    axes.set(xlabel=f"{TERMS['longitude']} (°)", ylabel=f"{TERMS['latitude']} (°)")
    _colour_bar(axes.figure, axes, scale, str(MINUTES))
    return axes


def small_multiples(
    picture: Figure,
    tables: Mapping[str, pd.DataFrame],
    basemap: Basemap,
    view: View,
    baseline: str | None = None,
) -> NDArray[Any]:
    """Draw one map per table (incidents by scenario) under one colour bar; give the axes in that order.

    With the name of a `baseline` among the tables, the other panels show the change against it.
    """
    names = [name for name in tables if name != baseline]
    columns = _columns(len(names))
    rows = -(-len(names) // columns)
    grid = picture.subplots(rows, min(columns, len(names)), sharex=True, sharey=True, squeeze=False).ravel()
    panels, spare = grid[: len(names)], grid[len(names) :]
    scale = time_scale() if baseline is None else change_scale()
    handles: list[Any] = []
    for name, axes in zip(names, panels, strict=True):
        if baseline is None:
            values = cell_minutes(tables[name], basemap, view)
        else:
            values = cell_change(tables[name], tables[baseline], basemap, view)
        _paint(values, basemap, axes, view, scale)
        handles = _furnish(basemap, axes, view, scale, marker=3.5, names=7.5)
        if baseline is not None and view.by == "township":
            chance = within_chance(tables[name], tables[baseline], basemap, view) & np.isfinite(values)
            look: dict[str, Any] = {"facecolor": "none", "hatch": "////", "linewidth": 0}
            with matplotlib.rc_context({"hatch.color": FAINT}):
                squares = PolyCollection(list(basemap.squares[chance]), **look, zorder=2)
                handles.append(Patch(label=TERMS["maybe_chance"].stacked, **look))
            axes.add_collection(squares, autolim=False)
        axes.set_title(name)
    for axes in spare:
        axes.remove()
    for index, axes in enumerate(panels):
        # a panel above a removed one keeps its own degrees
        axes.tick_params(labelbottom=index + columns >= len(names), labelleft=index % columns == 0)
    title = view.name
    if baseline is not None:
        title = Label(f"{title.en}: change against {baseline}", f"{title.zh}：较{baseline}的变化")
    _colour_bar(picture, list(panels), scale, Label(f"{title.en} (min)", f"{title.zh}（分钟）").stacked)
    picture.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), handlelength=1.5, markerscale=1.5
    )
    return np.asarray(panels)


def _paint(values: NDArray[Any], basemap: Basemap, axes: Axes, view: View, scale: Scale) -> None:
    colours, norm = scale
    # an infinite value belongs to the outermost colour, and a masked one would turn to "no data"
    shown = np.ma.masked_invalid(np.clip(values, -1e6, 1e6))
    fill_cells(basemap, axes, array=shown, cmap=colours, norm=norm, edgecolors="face")
    signed = norm.boundaries[0] < 0
    outline(basemap, axes, ("#BDBDBD" if signed else "white") if view.by == "township" else None)
    if np.ma.getmaskarray(shown).all():
        note(axes, view.grey.stacked)


def _furnish(
    basemap: Basemap,
    axes: Axes,
    view: View,
    scale: Scale,
    *,
    marker: float,
    names: float,
    key: str | None = None,
) -> list[Any]:
    """Add stations, scale, names and, in the corner `key`, a key; give its entries. Sizes in points.

    A map with a key has room for the names of towns, too.
    """
    stations = basemap.stations
    points = stations[["lon", "lat"]].to_numpy(float)
    status = stations["status"] if "status" in stations else pd.Series("existing", index=stations.index)
    planned, proposed = (status == "planned").to_numpy(), (status == "proposed").to_numpy()
    kinds = [
        MarkerKind("station", points[~planned & ~proposed], "^", _STATION, "white"),
        MarkerKind("planned", points[planned], "^", "white", _STATION),
        MarkerKind("own_proposal", points[proposed], "D", "white", _STATION),
    ]
    handles, avoid = draw_markers(axes, kinds, marker)
    grey: dict[str, Any] = {"facecolor": scale[0].get_bad(), "edgecolor": FAINT, "linewidth": 0.5}
    handles.append(Patch(label=view.grey.stacked, **grey))
    keep_clear: list[Any] = [*avoid]
    if key is not None:
        keep_clear.append(axes.legend(handles=handles, loc=key, handlelength=1.5, frameon=False))
    scale_bar(axes, basemap.free_corners()[1])
    PlaceNames(axes, basemap.places(0 if key is None else TOWNS, size=names), keep_clear)
    return handles


def _colour_bar(figure: Figure | SubFigure, axes: Axes | Iterable[Axes], scale: Scale, title: str) -> None:
    colours, norm = scale
    signed = norm.boundaries[0] < 0
    bar = figure.colorbar(
        ScalarMappable(norm, colours), ax=axes, spacing="uniform", ticks=norm.boundaries, shrink=0.75,
        aspect=28, pad=0.015, format=(lambda x, _: f"{x:+g}".replace("-", "−")) if signed else "{x:g}",
    )  # fmt: skip
    bar.set_label(title)
    bar.ax.tick_params(length=0)
    bar.ax.grid(visible=False)
