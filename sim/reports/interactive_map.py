"""The interactive map: townships coloured by an indicator, stations, and a slider for the runs.

The region's tables have no township outlines. So the map draws the grid of 1-km cells, colours every cell by its
township, and adds the borders of townships and counties. The grid is slightly rotated and bent relative to the
meridians; the map shows its columns and rows upright.
"""

from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from numpy.typing import NDArray

from sim.errors import SimError
from sim.plots.data import stations_open
from sim.plots.figures.response_maps import Scale, change_scale, time_scale
from sim.plots.labels import label, shown
from sim.plots.maps.basemap import Basemap
from sim.reports.report_runs import ReportRuns
from sim.world.plan import LAGGED

INDICATORS = (
    "first_capable_p90", "first_capable_mean", "first_capable_median", "first_arrival_p90", "first_arrival_mean",
    "first_professional_mean", "first_capable_within_10", "first_capable_within_15", "first_arrival_within_5",
    "first_arrival_within_10",
)  # fmt: skip
SHARE_STOPS = ("#430A2C", "#B3202F", "#EE7430", "#F9A540", "#FFD569")  # the dark of late for the lowest share
CHANGE_STOPS = ("#7C0C1F", "#D8735A", "#F7F7F7", "#5B9BC9", "#0B3C6F")  # of shares: blue is better
HOLLOW = "triangle-up-open"
HIGHEST = 0.98  # quantile of the values at which a colour scale ends
WORDS = ("value", "change", "interval", "people", "none", "population")  # shown by the page's script


class Grid:
    """The cells as a matrix of townships (rows of their table, -1 for none), and degrees as positions in it."""

    def __init__(self, basemap: Basemap) -> None:
        steps = basemap.steps
        column, row = steps.T
        self.township = np.full((row.max() + 1, column.max() + 1), -1)
        self.township[row, column] = basemap.township_of
        cells = basemap.cells[["lon", "lat"]].to_numpy(float)
        self._middle = cells.mean(axis=0)
        self._coefficients = np.linalg.lstsq(self._terms(cells), steps.astype(float), rcond=None)[0]

    def position(self, lon: Any, lat: Any) -> NDArray[np.float64]:
        """Return (points, 2) columns and rows, between cells too; the grid's bend is of second order."""
        degrees = np.column_stack([np.asarray(lon, float), np.asarray(lat, float)])
        return np.asarray(self._terms(degrees) @ self._coefficients)

    def _terms(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (degrees - self._middle).T
        return np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])

    def borders(self, of: NDArray[Any]) -> tuple[list[float | None], list[float | None]]:
        """One broken line along every side between cells of different labels (-1: outside)."""
        padded = np.pad(of, 1, constant_values=-1)
        x: list[float | None] = []
        y: list[float | None] = []
        for row, column in np.argwhere(padded[:, 1:] != padded[:, :-1]).tolist():
            x += [column - 0.5, column - 0.5, None]
            y += [row - 1.5, row - 0.5, None]
        for row, column in np.argwhere(padded[1:] != padded[:-1]).tolist():
            x += [column - 1.5, column - 0.5, None]
            y += [row - 0.5, row - 0.5, None]
        return x, y


def data(report: ReportRuns) -> dict[str, Any]:
    """Return everything the map shows, as plain values: townships, runs, values, changes, stations."""
    basemap = report.data.basemap_with_proposals
    grid = Grid(basemap)
    runs = list(report.results)
    indicators, values, changes = [], {}, {}
    for kpi in INDICATORS:
        key = (kpi, "township")
        if not any(key in kpis.index for kpis in report.kpis.values()):
            continue
        unit, factor = shown(report.stored_unit(*key))
        name, lower = report.say(label(kpi)), "within" not in kpi
        indicators.append({"key": kpi, "name": name, "unit": report.unit(unit), "lower": lower})
        values[kpi] = [_values(_mean(report, run, key), "mean", basemap, factor) for run in runs]
        changes[kpi] = [_values(_change(report, run, kpi), "difference", basemap, factor) for run in runs]
    return {
        "townships": _townships(basemap.townships),
        "grid": grid.township.tolist(),
        "runs": [report.short[run] for run in runs],
        "sizes": [_size(report, run) for run in runs],
        "baseline": runs.index(report.baseline),
        "indicators": indicators,
        "values": values,
        "changes": changes,
        "stations": _stations(report, basemap, grid),
        "times": _steps(time_scale()),  # as in the pictures
        "changes_of_times": _steps(change_scale()),
        "shareStops": _scale(SHARE_STOPS),
        "changeStops": _scale(CHANGE_STOPS),
        "highest": HIGHEST,
        "words": {key: report.text(f"map_{key}") for key in WORDS},
    }  # fmt: skip


def _size(report: ReportRuns, run: str) -> str:
    """Say the year of a run and the calls of a replication; the title of a static picture says them of its fires."""
    info = report.results[run].info
    calls = info.get("incidents", 0) / max(int(info["replications"]), 1)
    return report.text("map_size", year=info["scenario"], days=info["days"], calls=f"{calls:,.0f}")


def figure(report: ReportRuns, facts: dict[str, Any], family: str) -> str:
    """Return the map as plotly's JSON: an empty heat map, borders, stations; the page's script fills it in.

    It may stand inside a script element: it holds no "<".
    """
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise SimError("the report's map needs plotly, which is not installed: pip install plotly") from None
    basemap = report.data.basemap_with_proposals
    grid = Grid(basemap)
    rows, columns = grid.township.shape
    picture = go.Figure()
    heat = {"z": [[None]], "x0": 0, "y0": 0, "dx": 1, "dy": 1, "hoverongaps": False}
    picture.add_trace(
        go.Heatmap(**heat, hovertemplate="%{text}<extra></extra>", colorbar={"thickness": 14, "len": 0.9})
    )
    county = pd.factorize(basemap.townships["county"])[0]
    counties = np.where(grid.township < 0, -1, county[grid.township])
    for of, colour, width in ((grid.township, "rgba(255,255,255,0.75)", 0.7), (counties, "#262626", 1.3)):
        x, y = grid.borders(of)
        line = {"color": colour, "width": width}
        picture.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    stations = facts["stations"]
    picture.add_trace(
        go.Scatter(
            x=[station["x"] for station in stations], y=[station["y"] for station in stations], mode="markers",
            marker={"symbol": "triangle-up", "size": 11, "opacity": 1, "color": "#0B3C6F",
                    "line": {"color": "white", "width": 1}},
            text=[escape(station["name"], quote=False) for station in stations], hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )  # fmt: skip
    places = basemap.places(0)
    spots = grid.position([place.lon for place in places], [place.lat for place in places])
    picture.add_trace(
        go.Scatter(
            x=spots[:, 0].round(2).tolist(), y=(spots[:, 1] + 4).round(2).tolist(), mode="text",
            text=[f"<b>{escape(place.text, quote=False)}</b>" for place in places], hoverinfo="skip", showlegend=False,
            textfont={"size": 13, "color": "#111111"},
        )
    )  # fmt: skip
    axis = {"visible": False, "fixedrange": False, "constrain": "domain"}
    picture.update_layout(
        template="none", margin={"l": 4, "r": 4, "t": 8, "b": 4}, height=680, dragmode="pan",
        paper_bgcolor="white", plot_bgcolor="white", hoverlabel={"align": "left"},
        font={"family": family},
        xaxis={**axis, "range": [-2, columns + 1]},
        yaxis={**axis, "range": [-2, rows + 1], "scaleanchor": "x", "scaleratio": 1},
    )  # fmt: skip
    return str(picture.to_json()).replace("<", "\\u003c")


def _scale(stops: tuple[str, ...]) -> list[list[Any]]:
    return [[i / (len(stops) - 1), colour] for i, colour in enumerate(stops)]


def _steps(scale: Scale) -> dict[str, Any]:
    """Return the steps of a picture's scale: colours between the ends of the bins, and one beyond each open end."""
    colours, norm = scale
    bounds = [float(bound) for bound in norm.boundaries]
    step = bounds[-1] - bounds[-2]
    ends = [bounds[0] - step] * (bounds[0] < 0) + bounds + [bounds[-1] + step]
    stops: list[list[Any]] = []
    for index, (low, high) in enumerate(pairwise(ends)):
        colour = to_hex(colours(index))
        stops += [[(end - ends[0]) / (ends[-1] - ends[0]), colour] for end in (low, high)]
    return {"stops": stops, "low": ends[0], "high": ends[-1], "ticks": bounds}


def _mean(report: ReportRuns, run: str, key: tuple[str, str]) -> Any:
    """Return the rows of an indicator by township; None where the run has no such indicator."""
    kpis = report.kpis[run]
    return kpis.loc[key] if key in kpis.index else None


def _change(report: ReportRuns, run: str, kpi: str) -> Any:
    """Return the rows of the differences from the baseline by township; None for the baseline itself."""
    if run == report.baseline or report.comparison.empty:
        return None
    table = report.comparison
    rows = table[(table["scenario"] == run) & (table["kpi"] == kpi) & (table["by"] == "township")]
    return rows.set_index("group")


def _values(rows: Any, middle: str, basemap: Basemap, factor: float) -> list[list[float | None]] | None:
    """Return the middle, low and high by row of the townships; None without rows."""
    if rows is None:
        return None
    values = np.full((len(basemap.townships), 3), np.nan)
    values[basemap.township_rows(rows.index)] = rows[[middle, "low", "high"]].to_numpy(float)
    return [[None if np.isnan(x) else round(float(x) * factor, 2) for x in row] for row in values]


def _townships(table: Any) -> list[dict[str, Any]]:
    latin = table["pinyin"] if "pinyin" in table else [""] * len(table)
    columns = zip(table["name"], latin, table["county"], table["population"], strict=True)
    return [
        {"name": str(name), "latin": str(other), "county": str(county), "people": int(people)}
        for name, other, county, people in columns
    ]


def _stations(report: ReportRuns, basemap: Basemap, grid: Grid) -> list[dict[str, Any]]:
    """Return the stations with their symbol and words in each run; a station with an empty symbol is not shown."""
    table = basemap.stations
    spots = grid.position(table["lon"], table["lat"]).round(2)
    status = table["status"] if "status" in table else ["existing"] * len(table)
    runs = [
        (stations_open(report.results[name]), report.raw_configs[name].get("delivery") == LAGGED)
        for name in report.results
    ]
    stations = []
    for name, kind, (x, y) in zip(table["name"], status, spots, strict=True):
        symbols, keys = zip(
            *(_shown_as(str(kind), name in names, lagged) for names, lagged in runs), strict=True
        )
        place = {"name": str(name), "x": float(x), "y": float(y)}
        opened = [symbol not in ("", HOLLOW) for symbol in symbols]
        says = [report.text(key) if key else "" for key in keys]
        stations.append({**place, "open": opened, "symbol": list(symbols), "says": says})
    return stations


def _shown_as(status: str, opened: bool, lagged: bool) -> tuple[str, str]:
    """Return the symbol of a station and the key of its words; planned and proposed stations have their own."""
    if status == "proposed":
        return ("diamond", "map_proposed") if opened else ("", "")
    if status != "planned":
        return "triangle-up", "map_open"
    if not opened:
        return HOLLOW, "map_planned"
    return "triangle-up", "map_lagged" if lagged else "map_counted"
