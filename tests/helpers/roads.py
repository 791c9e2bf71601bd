"""Road networks for `travel=network`: made-up ones, and that of the JEMSS project, as tables of nodes and edges."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
MANHATTAN = SHARED / "roads" / "jemss_manhattan.zip"
DAY_S = 86_400


def lattice(
    wide: int, high: int, spacing_m: float, *, x0: float = 0.0, y0: float = 0.0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a lattice of two-way streets, its lower left corner at (x0, y0); node names are `column-row`."""
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(wide), np.arange(high), indexing="ij"))
    number = column * high + row
    names = np.array([f"{i}-{j}" for i, j in zip(column.tolist(), row.tolist(), strict=True)])
    nodes = pd.DataFrame({"node": names, "x": x0 + column * spacing_m, "y": y0 + row * spacing_m})
    start = np.concatenate([number[column < wide - 1], number[row < high - 1]])
    end = np.concatenate([number[column < wide - 1] + high, number[row < high - 1] + 1])
    edges = pd.DataFrame({"from_node": names[start], "to_node": names[end], "length_m": spacing_m})
    return nodes, edges


def write(folder: Path, nodes: pd.DataFrame, edges: pd.DataFrame) -> str:
    """Write the tables into a folder, and return it as travel.file takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes.to_csv(folder / "nodes.csv", index=False)
    edges.to_csv(folder / "edges.csv", index=False)
    return str(folder)


def manhattan() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the network of JEMSS: one-way arcs with the seconds of its first mode, lengths in a straight line."""
    with zipfile.ZipFile(MANHATTAN) as archive:
        nodes, arcs = (_jemss(archive, name) for name in ("nodes.csv", "arcs.csv"))
    nodes["node"], arcs["from_node"], arcs["to_node"] = (
        column.astype(int).astype(str) for column in (nodes["index"], arcs["fromNode"], arcs["toNode"])
    )
    place = nodes.set_index("node")[["x", "y"]]
    start, end = (np.radians(place.loc[arcs[name]].to_numpy()) for name in ("from_node", "to_node"))
    north = (start + end)[:, 1] / 2
    metres = 6_371_008.8 * np.hypot((start - end)[:, 0] * np.cos(north), (start - end)[:, 1])
    edges = arcs.assign(length_m=metres, seconds=arcs["mode_1"] * DAY_S, oneway="yes")
    columns = ["from_node", "to_node", "length_m", "seconds", "oneway"]
    return nodes.rename(columns={"x": "lon", "y": "lat"})[["node", "lon", "lat"]], edges[columns]


def _jemss(archive: zipfile.ZipFile, name: str) -> pd.DataFrame:
    """Return the table of a JEMSS file that begins with `index`."""
    lines: Iterable[list[str]] = csv.reader(io.TextIOWrapper(archive.open(name), encoding="utf-8"))
    rows = list(lines)
    header = next(number for number, row in enumerate(rows) if row[:1] == ["index"])
    names = [word for word in rows[header] if word]
    return pd.DataFrame(
        [row[: len(names)] for row in rows[header + 1 :] if row and row[0]], columns=names
    ).astype(float)
