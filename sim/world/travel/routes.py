"""The quickest routes over a road network from the places of a region to every node, kept on disk.

A table of seconds and metres, nodes x places, is made once by Dijkstra's algorithm and kept in the user's cache
($XDG_CACHE_HOME/fire-response-sim, ~/.cache/fire-response-sim) under a digest of all that it was made from: the files,
the speeds, the places, the program. A damaged or changed file is made again. The table is of four-byte numbers: true to
6e-8 of each value.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from sim.config.groups.travel import TravelConfig
from sim.errors import SimError
from sim.files import cache_folder, publish_folder
from sim.locks import FileLock
from sim.storage.provenance import code_digest, digest, tables_digest
from sim.world.projection import Plane
from sim.world.travel import roads
from sim.world.travel.model import Floats, Whole
from sim.world.travel.roads import Roads

MADE_FROM = ("class_kmh", "default_kmh")  # keys of the configuration that the routes depend on
SEAL = "seal.json"
KEPT = 8  # networks in the cache: the oldest goes
WAIT_S = 600.0  # while another process makes the same routes
LARGEST = 8 * 2**30  # bytes of a table
AT_ONCE = 16  # places


class Routes(NamedTuple):
    """Routes over the main part of a network, where each node is reached from each other."""

    xy: Floats  # (nodes, 2) metres
    origin: Whole  # (rows,) the node of each row
    table: NDArray[np.float32]  # (2, nodes, rows): seconds and metres from the row's node
    cut_off: Floats  # (nodes left out, 2) metres
    fastest_ms: Floats  # (1,) of an edge, in a straight line
    notes: list[str]


def between(config: TravelConfig, plane: Plane, places: Floats) -> Routes:
    """Return the routes from the nodes nearest to places, (places, 2)."""
    if config.file is None:
        raise SimError(
            f"travel.file is nothing; allowed: the road network of travel.model=network, {roads.FORMS}."
        )
    file = Path(config.file)
    speeds = [getattr(config, key) for key in MADE_FROM]
    made_from = [code_digest(), before := tables_digest(file), speeds, repr(plane), places.tolist()]
    key = digest(made_from)
    folder = cache_folder() / f"roads-{key}"
    if kept := _kept(folder, key):
        return kept
    with _alone(folder):
        if kept := _kept(folder, key):
            return kept
        made = _made(roads.read(file, config, plane), file, places)
        if tables_digest(file) != before:
            raise SimError(f"travel.file {file} was changed while it was read: run it again.")
        with suppress(SimError, OSError):  # a cache that cannot be written costs time alone
            _keep(made, folder, key)
    return made


def _made(network: Roads, file: Path, places: Floats) -> Routes:
    count = len(network.xy)
    graph = csr_matrix((network.seconds, (network.start, network.end)), shape=(count, count))
    _, part = connected_components(graph, connection="strong")
    main = np.bincount(part).argmax()
    inside = part == main
    _, island = connected_components(graph, directed=False)
    joined = island == island[inside.argmax()]
    reasons = (
        (~joined, "that no road joins to the others"),
        (joined & ~inside, "with one-way roads only to or from them"),
    )
    left_out = [f"{int(nodes.sum())} {why}" for nodes, why in reasons if nodes.any()]
    notes = [*network.notes, *[f"of {count} nodes are left out: {'; '.join(left_out)}"][: len(left_out)]]
    number = np.cumsum(inside) - 1
    used = inside[network.start] & inside[network.end]
    start, end = number[network.start[used]], number[network.end[used]]
    seconds, metres, xy = network.seconds[used], network.metres[used], network.xy[inside]
    origin = np.unique(cKDTree(xy).query(places)[1])
    if (size := 8 * len(xy) * len(origin)) > LARGEST:
        raise SimError(
            f"travel.file {file} has {len(xy):,} nodes and the region {len(origin):,} stations, posts and townships: "
            f"a table of {size / 2**30:.0f} GiB; allowed: {LARGEST / 2**30:.0f} GiB. Leave out nodes between crossings."
        )
    table = _table(csr_matrix((seconds, (start, end)), shape=(len(xy), len(xy))), start, end, metres, origin)
    straight_ms = np.hypot(*(xy[start] - xy[end]).T) / seconds
    return Routes(xy, origin, table, network.xy[~inside], straight_ms.max(initial=0.0, keepdims=True), notes)


def _table(graph: Any, start: Whole, end: Whole, metres: Floats, origin: Whole) -> NDArray[np.float32]:
    """Return seconds and metres from each origin to every node; edges are sorted by start and end."""
    nodes = graph.shape[0]
    table = np.empty((2, nodes, len(origin)), dtype=np.float32)
    edge = start * nodes + end
    itself = np.arange(nodes)
    for first in range(0, len(origin), AT_ONCE):
        rows = slice(first, first + AT_ONCE)
        seconds, before = dijkstra(graph, indices=origin[rows], return_predecessors=True)
        table[0, :, rows] = seconds.T
        way = np.empty_like(seconds)
        for row, previous in enumerate(before.astype(np.int64)):
            root = int(origin[first + row])
            previous[root] = root
            at = np.minimum(np.searchsorted(edge, previous * nodes + itself), len(edge) - 1)
            total = np.where(itself == root, 0.0, metres[at] if len(edge) else 0.0)
            while (previous != root).any():  # each time twice as far back
                total += total[previous]
                previous = previous[previous]
            way[row] = total
        table[1, :, rows] = way.T
    return table


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process make the routes while others wait for it; where there are no locks, all make them."""
    with ExitStack() as end:
        with suppress(SimError, OSError):
            folder.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder.with_name(f".{folder.name}.making"))
            end.callback(lock.release)
            lock.acquire(WAIT_S)
        yield


def _keep(made: Routes, folder: Path, key: str) -> None:
    arrays = {name: item for name, item in made._asdict().items() if name != "notes"}
    with publish_folder(folder) as new:
        for name, item in arrays.items():
            np.save(new / f"{name}.npy", item)
        sums = {name: _sum(item) for name, item in arrays.items()}
        seal = {"key": key, "notes": made.notes, "sums": sums}
        (new / SEAL).write_text(json.dumps({**seal, "seal": digest(seal)}), encoding="utf-8")
    others = sorted(folder.parent.glob("roads-*"), key=lambda other: other.stat().st_mtime)
    for old in others[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def _kept(folder: Path, key: str) -> Routes | None:
    """Return the routes in a folder of the cache; None unless they are those of the key, as they were written."""
    try:
        seal = json.loads((folder / SEAL).read_bytes())
        if seal["key"] != key or seal.pop("seal") != digest(seal):
            return None
        arrays = {name: np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in seal["sums"]}
        if any(_sum(item) != seal["sums"][name] for name, item in arrays.items()):
            return None
        return Routes(**arrays, notes=seal["notes"])
    except Exception:  # whatever it is that lies there
        return None


def _sum(item: NDArray[Any]) -> int:
    """Return a checksum: four times as fast as SHA-256, against damage and not against somebody."""
    return crc32(np.ascontiguousarray(item).data if item.size else b"", crc32(str(item.shape).encode()))
