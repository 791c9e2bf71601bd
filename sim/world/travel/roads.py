"""Read a road network: two tables in a folder, GraphML as OSMnx writes it, or OpenStreetMap's XML or PBF.

    nodes.csv  node, and lon, lat in degrees or x, y in metres on the region's plane
    edges.csv  from_node, to_node, length_m; optional: class, speed_kmh, oneway (yes, no or -1), seconds

An edge takes its `seconds`; without them its length at its `speed_kmh`; without that at the speed of its class in
`travel.class_kmh`, else at `travel.default_kmh`. Of a file of OpenStreetMap the roads that a car may drive count.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sim.config.groups.travel import TravelConfig
from sim.errors import SimError
from sim.files import open_regular
from sim.world.projection import Plane, Projection
from sim.world.travel.lines import FAR_M, FASTEST_KMH, Lines, load
from sim.world.travel.model import Floats, Whole

if TYPE_CHECKING:
    import pandas as pd

FORMS = "a folder with nodes.csv and edges.csv, or a file .graphml, .osm, .osm.pbf"
SLOWEST_KMH = 1.0
LONGEST_M, LONGEST_S = 1e6, 86_400.0
SHORTEST_M = 0.1  # two nodes at one place
CHECKED_M = 100.0  # from here on, a speed is checked: shorter edges have rounded times
ONEWAY = {
    **dict.fromkeys(("", "no", "false", "0", "nan", "none"), 0), **dict.fromkeys(("yes", "true", "1"), 1), "-1": -1,
}  # fmt: skip
NOT_DRIVEN = {
    "abandoned", "bridleway", "bus_guideway", "construction", "corridor", "cycleway", "elevator", "escalator", "footway",
    "no", "path", "pedestrian", "planned", "platform", "proposed", "raceway", "razed", "steps", "via_ferrata",
}  # fmt: skip
NAMED, LONGEST_NAME = 5, 30  # classes in a note, and signs of each


class Roads(NamedTuple):
    """Edges from node to node, each in one direction: of parallel ones the quickest."""

    xy: Floats  # (nodes, 2) metres
    start: Whole  # these by edge, sorted by start and end
    end: Whole
    seconds: Floats
    metres: Floats
    notes: list[str]


def read(file: Path, config: TravelConfig, plane: Plane) -> Roads:
    """Return the network of a file; SimError names file, line and column of what cannot be."""
    if file.is_dir():
        nodes, edges = load(file / "nodes.csv"), load(file / "edges.csv")
    else:
        reader = next((reader for ending, reader in READERS.items() if file.name.endswith(ending)), None)
        if reader is None:
            there = "" if file.exists() else ", which is not there"
            raise SimError(f"travel.file is {file}{there}; allowed: {FORMS}.")
        nodes, edges = (Lines(file, table) for table in _by_library(reader, file))
    names, xy = _nodes(nodes, plane)
    return _edges(edges, names, xy, config)


def _nodes(lines: Lines, plane: Plane) -> tuple[pd.Index[str], Floats]:
    import pandas as pd

    names = pd.Index(lines.column("node").astype(str))
    lines.refuse("node", names.duplicated(), "stands there a second time")
    if "lon" not in lines.table:
        return names, np.column_stack([lines.numbers(axis, 1e8, -1e8) for axis in ("x", "y")])
    if not isinstance(plane, Projection):
        raise SimError(
            f"{lines.file}, column lon: a made-up region has no degrees; allowed: columns x, y in metres."
        )
    return names, np.column_stack(
        plane.metres(lines.numbers("lon", 180, -180), lines.numbers("lat", 89, -89))
    )


def _edges(lines: Lines, names: pd.Index[str], xy: Floats, config: TravelConfig) -> Roads:
    import pandas as pd

    ends: list[Whole] = []
    for column in ("from_node", "to_node"):
        ends.append(names.get_indexer(pd.Index(lines.column(column).astype(str))))
        lines.refuse(column, ends[-1] < 0, "is none of the nodes")
    start, end = ends
    metres = lines.numbers("length_m", LONGEST_M)
    straight_m = np.hypot(*(xy[start] - xy[end]).T)
    short = (straight_m >= FAR_M) & (metres < straight_m / 2)
    lines.refuse("length_m", short, "is less than half the straight line; metres are needed, not kilometres")
    notes = []
    if zero := int((metres == 0).sum()):
        notes.append(f"edges of length 0, which count as {SHORTEST_M:g} m: {zero}")
        metres = np.maximum(metres, SHORTEST_M)
    kmh = np.full(len(metres), config.default_kmh)
    if "class" in lines.table:
        classes = lines.table["class"].astype(str)
        known = classes.map(config.class_kmh)
        kmh = known.fillna(config.default_kmh).to_numpy(dtype=np.float64)
        other = classes[known.isna() & (classes != "")]
        if len(other):
            kinds = sorted(other.unique())
            more = f" and {len(kinds) - NAMED} more" if len(kinds) > NAMED else ""
            notes.append(
                f"edges of a class that travel.class_kmh has not, at travel.default_kmh: {len(other)} "
                f"({', '.join(repr(kind[:LONGEST_NAME]) for kind in kinds[:NAMED])}{more})"
            )
    if "speed_kmh" in lines.table:
        own = lines.numbers("speed_kmh", FASTEST_KMH, SLOWEST_KMH, blank=True)
        kmh = np.where(np.isnan(own), kmh, own)
    seconds = metres / (kmh / 3.6)
    if "seconds" in lines.table:
        own = lines.numbers("seconds", LONGEST_S, blank=True)
        fast = (metres >= CHECKED_M) & (metres > own * (FASTEST_KMH / 3.6))
        lines.refuse(
            "seconds", fast, f"is faster than {FASTEST_KMH:g} km/h; seconds are needed, not minutes or hours"
        )
        slow = (metres >= CHECKED_M) & (metres < own * (SLOWEST_KMH / 3.6))
        lines.refuse("seconds", slow, f"is slower than {SLOWEST_KMH:g} km/h")
        seconds = np.where(np.isnan(own), seconds, np.maximum(own, 1e-3))  # 0 would be no edge
    ways: Any = np.zeros(len(metres))
    if "oneway" in lines.table:
        found = lines.table["oneway"].astype(str).str.lower().map(ONEWAY)
        lines.refuse(
            "oneway", found.isna().to_numpy(), "is none of yes, no, -1 (against the order of the nodes)"
        )
        ways = found.to_numpy()
    there, back = (ways >= 0) & (start != end), (ways <= 0) & (start != end)  # a loop leads nowhere
    both: list[Any] = [
        np.concatenate([one[there], other[back]])
        for one, other in ((start, end), (end, start), (seconds, seconds), (metres, metres))
    ]
    order = np.lexsort(both[::-1])  # by start, end, seconds, metres
    both = [column[order] for column in both]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(both[0]) != 0) | (np.diff(both[1]) != 0)
    start, end, seconds, metres = (column[first] for column in both)
    return Roads(xy, start, end, seconds, metres, notes)


def _by_library(reader: Reader, file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of nodes and edges that a reader makes of a file."""
    try:
        open_regular(file).close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries about each other
            return reader(file)
    except ImportError as missing:
        raise SimError(
            f"travel.file {file} needs {missing.name}: pip install '.[roads]' in a checkout, elsewhere "
            "pip install osmnx pyrosm; nodes.csv and edges.csv need neither."
        ) from None
    except OSError as problem:
        raise SimError(f"travel.file {file} cannot be read: {problem.strerror or problem}.") from None
    except SimError:
        raise
    except Exception as problem:  # whatever a library says about a file that is none of its kind
        told = " ".join(str(problem).split()).rstrip(".") or type(problem).__name__
        raise SimError(f"travel.file {file} is no road network: {told[:200]}.") from None


def _graphml(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    import osmnx

    return _tables(osmnx.load_graphml(file), file)


def _xml(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    import osmnx

    graph = osmnx.graph_from_xml(file, simplify=False, retain_all=True)
    nodes, edges = _tables(graph, file)
    return nodes, edges[edges["class"] != ""]  # not the outlines of houses


def _tables(graph: Any, file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of a graph of OSMnx, whose edges have one direction each."""
    import pandas as pd

    if str(graph.graph.get("crs")).lower() != "epsg:4326":
        crs = graph.graph.get("crs")
        raise SimError(f"{file} is in {crs}; allowed: epsg:4326, degrees as in OpenStreetMap.")
    nodes = pd.DataFrame([(str(name), at["x"], at["y"]) for name, at in graph.nodes(data=True)])
    rows = []
    for start, end, road in graph.edges(data=True):
        kind = road.get("highway", "")
        kind = kind if isinstance(kind, str) else next(iter(kind))
        rows.append((str(start), str(end), road.get("length", ""), kind, road.get("speed_kph", ""), "yes"))
    edges = pd.DataFrame(rows, columns=["from_node", "to_node", "length_m", "class", "speed_kmh", "oneway"])
    return nodes.set_axis(["node", "lon", "lat"], axis=1), edges[~edges["class"].isin(NOT_DRIVEN)]


def _pbf(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    import pandas as pd
    import pyrosm

    found = pyrosm.OSM(str(file)).get_network("all", nodes=True)
    if found is None:
        raise SimError(f"{file} has no roads; allowed: at least one.")
    nodes, edges = found
    edges = edges[~edges["highway"].isin(NOT_DRIVEN)].copy()
    oneway = edges["oneway"] if "oneway" in edges else pd.Series("no", edges.index)
    oneway = oneway.where(oneway.isin(["yes", "-1", "true", "1"]), "no")  # such as reversible
    if "junction" in edges:  # a roundabout is one-way without saying so
        oneway = oneway.mask((oneway == "no") & (edges["junction"] == "roundabout"), "yes")
    edges["oneway"] = oneway
    columns = {"u": "from_node", "v": "to_node", "length": "length_m", "highway": "class", "oneway": "oneway"}
    return nodes.rename(columns={"id": "node"}), edges[list(columns)].rename(columns=columns)


Reader = Callable[[Path], "tuple[pd.DataFrame, pd.DataFrame]"]
READERS: dict[str, Reader] = {".graphml": _graphml, ".osm": _xml, ".xml": _xml, ".pbf": _pbf}
