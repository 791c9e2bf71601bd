"""The interactive map: townships coloured by an indicator, stations, a slider over the runs.

Townships have no outlines in the region's tables, so the map is the grid of 1-km cells, every cell in the colour
of its township, with the borders between townships and counties drawn over it. The grid is turned a little
against the meridians; the map is drawn upright in grid coordinates (km east and north of its corner).
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import SimError
from sim.findings.plot.ground import Ground
from sim.findings.plot.labels import label, shown
from sim.findings.report.study import Study
from sim.findings.report.words import text

INDICATORS = (
    "first_capable_p90", "first_capable_mean", "first_capable_median", "first_arrival_p90", "first_arrival_mean",
    "first_professional_mean", "first_capable_within_10", "first_capable_within_15", "first_arrival_within_5",
    "first_arrival_within_10",
)  # fmt: skip
TIME_STOPS = (
    "#FFD569",
    "#F9A540",
    "#EE7430",
    "#D8452A",
    "#B3202F",
    "#7C0C36",
    "#430A2C",
)  # that of the pictures
CHANGE_STOPS = ("#0B3C6F", "#5B9BC9", "#F7F7F7", "#D8735A", "#7C0C1F")  # blue is better, whatever the sign
HIGHEST = 0.98  # quantile of the values at which a colour scale ends


WORDS = ("value", "change", "interval", "people", "none", "open", "planned")  # that the page's script shows


class Grid:
    """The cells as a matrix, and degrees as kilometres in it."""

    def __init__(self, ground: Ground) -> None:
        squares = ground.squares
        centre = squares.mean(axis=1)
        east = (squares[:, 0] - squares[:, 3]).mean(axis=0)
        north = (squares[:, 1] - squares[:, 0]).mean(axis=0)
        self._inverse = np.linalg.inv(np.column_stack([east, north]))
        place = centre @ self._inverse.T
        self._origin = place.min(axis=0)
        column, row = np.rint(place - self._origin).astype(int).T
        self.township = np.full((row.max() + 1, column.max() + 1), -1)
        self.township[row, column] = ground.township_of

    def place(self, lon: Any, lat: Any) -> NDArray[np.float64]:
        """Return (points, 2) km east and north of the corner cell's centre."""
        degrees = np.column_stack([np.asarray(lon, float), np.asarray(lat, float)])
        return np.asarray(degrees @ self._inverse.T - self._origin)


def data(study: Study) -> dict[str, Any]:
    """Return everything the map shows, as plain values: townships, runs, values, changes, stations."""
    ground = study.gallery.ground
    grid = Grid(ground)
    runs = list(study.results)
    indicators, values, changes = [], {}, {}
    for kpi in INDICATORS:
        tables = [_by_township(study.kpis[run], kpi, ground) for run in runs]
        if all(table is None for table in tables):
            continue
        unit, factor = shown(_unit(study, kpi))
        indicators.append(
            {"key": kpi, "name": study.say(label(kpi)), "unit": unit, "lower": "within" not in kpi}
        )
        values[kpi] = [_rounded(table, factor) for table in tables]
        changes[kpi] = [_rounded(_change(study, run, kpi, ground), factor) for run in runs]
    return {
        "townships": _townships(ground.townships),
        "grid": grid.township.tolist(),
        "runs": [study.short[run] for run in runs],
        "baseline": runs.index(study.baseline),
        "indicators": indicators,
        "values": values,
        "changes": changes,
        "stations": _stations(study, ground, grid),
        "words": {key: text(f"map_{key}", study.language) for key in WORDS},
    }  # fmt: skip


def figure(study: Study, facts: dict[str, Any], family: str) -> str:
    """Return the map as plotly's JSON: an empty heat map, borders, stations; the page's script fills it in."""
    try:
        import plotly.graph_objects as go
    except ImportError:
        raise SimError(
            "the report's map needs plotly, which is not installed: pip install 'fire-response-sim[report]'"
        ) from None
    ground = study.gallery.ground
    grid = Grid(ground)
    rows, columns = grid.township.shape
    picture = go.Figure()
    heat = {"z": [[None]], "x0": 0, "y0": 0, "dx": 1, "dy": 1, "hoverongaps": False}
    picture.add_trace(
        go.Heatmap(**heat, hovertemplate="%{text}<extra></extra>", colorbar={"thickness": 14, "len": 0.9})
    )
    for sides, colour, width in (
        (ground.borders(ground.township_of), "rgba(255,255,255,0.75)", 0.7),
        (ground.county_borders(), "#262626", 1.3),
    ):
        x, y = _broken(grid, sides)
        line = {"color": colour, "width": width}
        picture.add_trace(go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    stations = facts["stations"]
    picture.add_trace(
        go.Scatter(
            x=[station["x"] for station in stations], y=[station["y"] for station in stations], mode="markers",
            marker={"symbol": "triangle-up", "size": 11, "color": "#0B3C6F", "line": {"color": "white", "width": 1}},
            text=[station["name"] for station in stations], hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )
    )  # fmt: skip
    places = ground.places(0)
    spots = grid.place([place.lon for place in places], [place.lat for place in places])
    picture.add_trace(
        go.Scatter(
            x=spots[:, 0].round(2).tolist(), y=(spots[:, 1] + 4).round(2).tolist(), mode="text",
            text=[f"<b>{place.text}</b>" for place in places], hoverinfo="skip", showlegend=False,
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
    return str(picture.to_json())


def script_data(facts: dict[str, Any]) -> str:
    """Return the facts as JSON that may stand inside a script element."""
    extra = {"timeStops": _scale(TIME_STOPS), "changeStops": _scale(CHANGE_STOPS), "highest": HIGHEST}
    return json.dumps(facts | extra, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def _scale(stops: tuple[str, ...]) -> list[list[Any]]:
    return [[i / (len(stops) - 1), colour] for i, colour in enumerate(stops)]


def _by_township(kpis: Any, kpi: str, ground: Ground) -> NDArray[np.float64] | None:
    """Mean, low and high by row of the townships: (townships, 3); None where the run has no such indicator."""
    try:
        rows = kpis.loc[(kpi, "township")]
    except KeyError:
        return None
    found = np.full((len(ground.townships), 3), np.nan)
    found[ground.township_rows(rows.index)] = rows[["mean", "low", "high"]].to_numpy(float)
    return found


def _change(study: Study, run: str, kpi: str, ground: Ground) -> NDArray[np.float64] | None:
    """Difference, low and high against the baseline by row of the townships; None for the baseline itself."""
    if run == study.baseline or study.comparison.empty:
        return None
    table = study.comparison
    rows = table[(table["scenario"] == run) & (table["kpi"] == kpi) & (table["by"] == "township")]
    found = np.full((len(ground.townships), 3), np.nan)
    found[ground.township_rows(pd.Index(rows["group"]))] = rows[["difference", "low", "high"]].to_numpy(float)
    return found


def _unit(study: Study, kpi: str) -> str:
    for kpis in study.kpis.values():
        if (kpi, "township") in kpis.index.droplevel("group"):
            return str(kpis.loc[(kpi, "township")]["unit"].iloc[0])
    return ""


def _rounded(table: NDArray[np.float64] | None, factor: float) -> list[list[float | None]] | None:
    if table is None:
        return None
    return [[None if np.isnan(x) else round(float(x) * factor, 2) for x in row] for row in table]


def _broken(grid: Grid, sides: NDArray[Any]) -> tuple[list[float | None], list[float | None]]:
    """One line through all sides with gaps between them."""
    points = grid.place(sides[..., 0].ravel(), sides[..., 1].ravel()).reshape(-1, 2, 2).round(2)
    x: list[float | None] = []
    y: list[float | None] = []
    for first, second in points:
        x += [float(first[0]), float(second[0]), None]
        y += [float(first[1]), float(second[1]), None]
    return x, y


def _townships(table: Any) -> list[dict[str, Any]]:
    latin = table["pinyin"] if "pinyin" in table else [""] * len(table)
    columns = zip(table["name"], latin, table["county"], table["population"], strict=True)
    return [
        {"name": str(name), "latin": str(other), "county": str(county), "people": int(people)}
        for name, other, county, people in columns
    ]


def _stations(study: Study, ground: Ground, grid: Grid) -> list[dict[str, Any]]:
    """Stations with the runs in which each is open."""
    table = ground.stations
    spots = grid.place(table["lon"], table["lat"]).round(2)
    planned = table["status"].eq("planned").to_numpy() if "status" in table else np.zeros(len(table), bool)
    opened = [
        set(result.info.get("levels", {}).get("stations_open", ())) for result in study.results.values()
    ]
    return [
        {
            "name": str(name),
            "x": float(x),
            "y": float(y),
            "open": [not late or name in names for names in opened],
        }
        for name, late, (x, y) in zip(table["name"], planned, spots, strict=True)
    ]
