"""Travel over a road network: routes as another library finds them, the cache, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import roads as made
from helpers.small_world import Call, Place, build, play, region, shipped, station_class

import sim
from sim.config.groups.travel import TravelConfig
from sim.errors import SimError
from sim.runs.execute import facts
from sim.world.projection import Plane, Projection
from sim.world.region import Region
from sim.world.travel import routes
from sim.world.travel.model import Destinations, Places
from sim.world.travel.network import TravelNetwork

Tables = tuple[pd.DataFrame, pd.DataFrame]
Change = Callable[[pd.DataFrame], pd.DataFrame]
# Two stations on a lattice of streets every 500 m, 10 km by 4 km, all places at crossings.
TOWN = region(
    (Place("西区", km=(-4.0, 0.0)), Place("东区", km=(4.0, 0.0)), Place("北区", km=(0.0, 1.5))),
    (("西站", "small", -4.0, 0.0), ("东站", "small", 4.0, 0.0)),
)
LATTICE = made.lattice(21, 9, 500.0, x0=-5000.0, y0=-2000.0)
TRAVEL = replace(shipped("travel=network").travel, default_kmh=36.0, off_road_kmh=18.0)  # 10 m/s and 5 m/s
GRID = ("region=grid", "plan=off", "days=3", "replications=2", "figures=none", "travel=network")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "fire-response-sim"


def network(
    tmp_path: Path, tables: Tables = LATTICE, land: Region = TOWN, travel: TravelConfig = TRAVEL
) -> TravelNetwork:
    return TravelNetwork(replace(travel, file=made.write(tmp_path / "roads", *tables)), land)


def put(row: int, column: str, value: object) -> Change:
    """Return the change of one value of a table."""
    return lambda table: table.astype(object).assign(
        **{column: [*table[column][:row], value, *table[column][row + 1 :]]}
    )


# -- routes -------------------------------------------------------------------------------------------------------


def tangle() -> Tables:
    """Return a made-up network of 2,500 nodes: streets of any length, some one-way, of three classes, and shortcuts."""
    draw = np.random.default_rng(7)
    nodes, edges = made.lattice(50, 50, 400.0)
    nodes[["x", "y"]] += draw.normal(0, 60, (len(nodes), 2))
    some = draw.integers(0, len(nodes), (300, 2))
    more = pd.DataFrame(
        {"from_node": nodes["node"].to_numpy()[some[:, 0]], "to_node": nodes["node"].to_numpy()[some[:, 1]]}
    )
    edges = pd.concat([edges, more], ignore_index=True)
    place = nodes.set_index("node")
    away = place.loc[edges["from_node"]].to_numpy() - place.loc[edges["to_node"]].to_numpy()
    edges["length_m"] = (np.hypot(*away.T) + 1) * draw.uniform(1, 1.5, len(edges))
    edges["class"] = draw.choice(["primary", "residential", "lane"], len(edges))
    edges["oneway"] = draw.choice(["yes", "no", "-1"], len(edges), p=[0.2, 0.7, 0.1])
    return nodes, edges


def seconds_of(edges: pd.DataFrame) -> pd.Series[float]:
    if "seconds" in edges:
        return edges["seconds"]
    kmh = edges["class"].map(TRAVEL.class_kmh).fillna(TRAVEL.default_kmh)
    return edges["length_m"] / (kmh / 3.6)


@pytest.mark.parametrize("which", ["made up", "Manhattan"])
def test_routes_are_those_that_networkx_finds(tmp_path: Path, which: str) -> None:
    """1,000 random pairs, from 5 places. Twice: as they are made, and as they come from the cache."""
    graphs = pytest.importorskip("networkx")
    if which == "Manhattan" and not made.MANHATTAN.is_file():
        pytest.skip(f"{made.MANHATTAN} is absent: the network of JEMSS is not part of this repository")
    nodes, edges = tangle() if which == "made up" else made.manhattan()
    plane: Plane = Projection(-73.97, 40.78)
    if which == "made up":
        xy = nodes[["x", "y"]].to_numpy()
    else:
        xy = np.column_stack(
            Projection(-73.97, 40.78).metres(nodes["lon"].to_numpy(), nodes["lat"].to_numpy())
        )
    graph = graphs.DiGraph()
    ways = edges.get("oneway", pd.Series("no", edges.index))
    rows = zip(edges["from_node"], edges["to_node"], seconds_of(edges), edges["length_m"], ways, strict=True)
    for start, end, seconds, metres, way in rows:
        for a, b, there in ((start, end, way != "-1"), (end, start, way != "yes")):
            if there and not (graph.has_edge(a, b) and graph[a][b]["seconds"] <= seconds):
                graph.add_edge(a, b, seconds=seconds, metres=metres)
    main = max(graphs.strongly_connected_components(graph), key=len)
    names = nodes["node"][nodes["node"].isin(main)].to_numpy()
    at = dict(zip(nodes["node"], xy, strict=True))
    draw = np.random.default_rng(11)
    origins, targets = draw.choice(names, 5, replace=False), draw.choice(names, (5, 200))
    seconds, metres = np.empty((2, 5, 200))
    for row, origin in enumerate(origins):
        times, paths = graphs.single_source_dijkstra(graph, origin, weight="seconds")
        seconds[row] = [times[name] for name in targets[row]]
        metres[row] = [sum(graph[a][b]["metres"] for a, b in pairwise(paths[name])) for name in targets[row]]
    travel = replace(TRAVEL, file=made.write(tmp_path / "roads", nodes, edges))
    for _ in range(2):
        found = routes.between(travel, plane, np.array([at[name] for name in origins]))
        node_of = {tuple(place): number for number, place in enumerate(found.xy.tolist())}
        row_of = {node: row for row, node in enumerate(found.origin.tolist())}
        assert len(found.xy) == len(main)
        rows = [row_of[node_of[tuple(at[name].tolist())]] for name in origins]
        here = [[node_of[tuple(at[name].tolist())] for name in row] for row in targets]
        np.testing.assert_allclose(found.table[0, here, np.array(rows)[:, None]], seconds, rtol=1e-6)
        np.testing.assert_allclose(found.table[1, here, np.array(rows)[:, None]], metres, rtol=1e-6)


def test_on_a_lattice_trips_take_what_the_streets_take(tmp_path: Path) -> None:
    """500 m of street in 50 s; off the road 5 m/s on the way to the crossing."""
    model = network(tmp_path)
    assert model.trip(-4000.0, 0.0, 0.0, 1500.0, 2) == (550.0, 5500.0)
    assert model.trip(-4000.0, 0.0, 0.0, 1600.0, 2) == (550.0 + 20.0, 5600.0)
    assert model.trip(-4000.0, 0.0, -4030.0, 40.0, 0) == (10.0, 50.0)  # one crossing: the straight way
    assert model.home_s(0.0, 1600.0, 4000.0, 0.0, 2) == 570.0
    to = Destinations(np.array([[0.0, 1600.0], [4000.0, 0.0]]), np.array([2, 1]))
    places = Places(np.array([[-4000.0, 0.0], [4000.0, 0.0]]))
    found, trips = model.nearest(places, to, 2)
    assert found.tolist() == [[0, 1], [1, 0]]
    assert trips.drive_s.tolist() == [[570.0, 570.0], [0.0, 800.0]]
    assert model.ranked(places.xy, 4000.0, 500.0, 1).tolist() == [1, 0]
    assert model.trips(places.xy[0], to).route_m.tolist() == [5600.0, 8000.0]


def test_time_on_the_roads_is_scaled_and_shifted(tmp_path: Path) -> None:
    fitted = replace(TRAVEL, network_factor=0.9, network_extra_s=100.0)
    assert network(tmp_path, travel=fitted).trip(-4000.0, 0.0, 0.0, 1600.0, 2)[0] == pytest.approx(
        100 + 0.9 * 550 + 20
    )


def test_speed_of_an_edge_comes_from_its_seconds_then_its_own_speed_then_its_class(tmp_path: Path) -> None:
    nodes, edges = made.lattice(5, 1, 1000.0, x0=-4000.0)
    edges = edges.assign(
        seconds=[77.0, "", "", ""], speed_kmh=[10, 18, "", ""], **{"class": ["", "", "primary", "lane"]}
    )
    primary = 1000 / (TRAVEL.class_kmh["primary"] / 3.6)
    model = network(
        tmp_path, (nodes, edges), region((Place("西区", km=(-4.0, 0.0)),), (("西站", "small", -4.0, 0.0),))
    )
    times = [model.trip(-4000.0, 0.0, x, 0.0, 0)[0] for x in (-3000.0, -2000.0, -1000.0, 0.0)]
    assert times == pytest.approx([77.0, 277.0, 277.0 + primary, 377.0 + primary])
    (note,) = model.notes
    assert (
        note
        == "Road network: edges of a class that travel.class_kmh has not, at travel.default_kmh: 1 ('lane')."
    )


def test_one_way_streets_are_driven_one_way_only(tmp_path: Path) -> None:
    """A ring of one-way streets: 1 km there, 3 km back."""
    nodes, edges = made.lattice(2, 2, 1000.0)
    edges["oneway"] = ["yes", "-1", "-1", "yes"]  # 0-0 > 1-0 > 1-1 > 0-1 > 0-0
    land = region((Place("甲", km=(0.0, 0.0)),), (("甲站", "small", 0.0, 0.0), ("乙站", "small", 1.0, 0.0)))
    model = network(tmp_path, (nodes, edges), land)
    assert model.trip(0.0, 0.0, 1000.0, 0.0, 0)[1] == 1000.0
    assert model.trip(1000.0, 0.0, 0.0, 0.0, 0)[1] == 3000.0


def test_of_parallel_edges_the_quickest_counts_with_its_own_length(tmp_path: Path) -> None:
    nodes, edges = LATTICE
    motorway = pd.DataFrame(
        {"from_node": ["2-4"], "to_node": ["18-4"], "length_m": [9000.0], "class": ["motorway"]}
    )
    slow = motorway.assign(**{"class": "track"})
    edges = pd.concat([slow, edges.assign(**{"class": "lane"}), motorway, slow])
    assert network(tmp_path, (nodes, edges)).trip(-4000.0, 0.0, 4000.0, 0.0, 1) == pytest.approx(
        (405.0, 9000.0)
    )


# -- trips from places without a row ------------------------------------------------------------------------------


def test_estimates_are_near_the_routes_and_nobody_beyond_reach_comes_in_time(tmp_path: Path) -> None:
    nodes, edges = tangle()
    draw = np.random.default_rng(3)
    stations = tuple((f"站{i}", "small", *draw.uniform(1, 19, 2)) for i in range(20))
    land = region((Place("城", km=(10.0, 10.0)),), stations)
    model, ends = network(tmp_path, (nodes, edges), land), draw.uniform(0, 19_600, (2, 400, 2))
    exact = routes.between(replace(TRAVEL, file=str(tmp_path / "roads")), land.projection, ends[0])
    row_of = {node: row for row, node in enumerate(exact.origin.tolist())}
    (start_gap, start), (end_gap, end) = (model._find_all(points) for points in ends)
    true = exact.table[0, end, [row_of[node] for node in start.tolist()]]
    true = np.asarray(true, dtype=np.float64) + (start_gap + end_gap) / 5
    found = model.trips(ends[0], Destinations(ends[1], np.zeros(400, dtype=np.int64)))
    error = np.abs(found.drive_s / true - 1)[start != end]
    assert error.mean() < 0.1
    away_m = np.hypot(*(ends[0] - ends[1]).T)
    assert (found.route_m >= away_m * (1 - 1e-9)).all()
    assert all(
        model.reach_m(time, 0) >= m * (1 - 1e-6) for time, m in zip(found.drive_s, away_m, strict=True)
    )
    for number in range(20):
        one = model.trip(*ends[0][number].tolist(), *ends[1][number].tolist(), 0)
        assert one == pytest.approx((found.drive_s[number], found.route_m[number]), rel=1e-12)
    # many places without rows are compared where they are near
    many, to = Places(ends[0]), Destinations(ends[1][:30], np.zeros(30, dtype=np.int64))
    near, trips = model.nearest(many, to, 3)
    np.testing.assert_array_equal(model.trips(many.xy[near], to.column).drive_s, trips.drive_s)
    everyone = model.trips(many.xy, to.column).drive_s.min(axis=1)
    np.testing.assert_array_equal(trips.drive_s[:, 0], everyone)


# -- the event model ----------------------------------------------------------------------------------------------


def test_a_cut_bridge_makes_the_nearest_station_far_and_another_is_sent(tmp_path: Path) -> None:
    """Streets between columns 0 and 1 km are cut but for one in the far north: 西站 must drive around."""
    nodes, edges = made.lattice(21, 41, 500.0, x0=-5000.0, y0=-2000.0)
    column = edges["from_node"].str.split("-").str[0]
    across = (column == "10") & edges["to_node"].str.startswith("11-") & (edges["from_node"] != "10-40")
    engine = station_class("small", 6, engine=1)
    call = Call("social_assistance", km=(0.5, 0.0), cell=1)
    land = replace(TOWN, sites=(replace(TOWN.sites[0], x=-1000.0), TOWN.sites[1]))
    for tables, station in (((nodes, edges), "西站"), ((nodes, edges[~across]), "东站")):
        file = made.write(tmp_path / station, *tables)
        options = {
            "travel.model": "network",
            "travel.file": file,
            "travel.default_kmh": 36.0,
            "travel.class_kmh": {},
        }
        sent = play(build(land, {**engine, **options}), call).sent()
        assert sent["station"].tolist() == [station]
        assert (sent["arrived_s"] - sent["turned_out_s"]).tolist() == pytest.approx(
            [150.0 if station == "西站" else 350.0]
        )


def test_tables_are_the_same_for_any_number_of_workers_and_name_the_network(tmp_path: Path) -> None:
    """Two processes at once read what one of them makes; a changed network is another run."""
    nodes, edges = made.lattice(41, 41, 250.0, x0=-5000.0, y0=-5000.0)
    lonely = pd.DataFrame({"node": ["a", "b"], "x": [20_000.0, 20_500.0], "y": 0.0})
    edges = pd.concat([edges, pd.DataFrame({"from_node": ["a"], "to_node": ["b"], "length_m": [500.0]})])
    file = made.write(tmp_path / "roads", pd.concat([nodes, lonely]), edges)
    given = (*GRID, f"travel.file={file}", f"out={tmp_path}")
    two, one = (sim.run(*given, f"workers={count}", f"name={count}") for count in (2, 1))
    pd.testing.assert_frame_equal(two.incidents, one.incidents)
    pd.testing.assert_frame_equal(two.dispatches, one.dispatches)
    assert one.info["region_notes"][-1:] == [
        "Road network: of 1683 nodes are left out: 2 that no road joins to the others."
    ]
    before = one.info["travel_digest"]
    assert before == facts(shipped(*given))["travel_digest"]
    edges.assign(class_="x").to_csv(tmp_path / "roads" / "edges.csv", index=False)
    assert facts(shipped(*given))["travel_digest"] != before


# -- the cache ----------------------------------------------------------------------------------------------------


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("roads-*"))


def test_what_is_kept_on_disk_is_what_was_made_and_read_without_the_network(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = network(tmp_path)._routes
    assert len(kept(own_cache)) == 1
    monkeypatch.setattr(routes.roads, "read", None)  # who reads the network again fails
    again = network(tmp_path)._routes
    for one, other in zip(fresh, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_routes_are_kept_for_each_network_speed_and_set_of_places(tmp_path: Path, own_cache: Path) -> None:
    first = network(tmp_path)
    faster = network(tmp_path, travel=replace(TRAVEL, default_kmh=72.0))
    network(tmp_path, travel=replace(TRAVEL, network_factor=2.0, off_road_kmh=9.0))  # scales what is kept
    assert len(kept(own_cache)) == 2
    assert faster.trip(-4000.0, 0.0, 4000.0, 0.0, 1)[0] == first.trip(-4000.0, 0.0, 4000.0, 0.0, 1)[0] / 2
    network(tmp_path, land=replace(TOWN, sites=TOWN.sites[:1], townships=()))
    nodes, edges = LATTICE
    network(tmp_path, (nodes, edges.assign(length_m=501.0)))
    assert len(kept(own_cache)) == 4
    for kmh in range(20, 29):
        network(tmp_path, travel=replace(TRAVEL, default_kmh=float(kmh)))
    assert len(kept(own_cache)) == routes.KEPT


def test_a_damaged_or_foreign_cache_is_made_again(tmp_path: Path, own_cache: Path) -> None:
    fresh = network(tmp_path)._routes.table.copy()
    (folder,) = kept(own_cache)
    intact = {file.name: file.read_bytes() for file in folder.iterdir()}
    seal = json.loads(intact["seal.json"])
    for name, content in intact.items():
        for damaged in (content[:-1] + bytes([content[-1] ^ 1]), content[: len(content) // 2], b"", None):
            (folder / name).unlink() if damaged is None else (folder / name).write_bytes(damaged)
            np.testing.assert_array_equal(network(tmp_path)._routes.table, fresh)
            assert (folder / name).read_bytes() == content
    for foreign in ({**seal, "key": "0" * 16}, {**seal, "notes": ["all is well"]}, [], None):
        (folder / "seal.json").write_text(json.dumps(foreign))
        np.testing.assert_array_equal(network(tmp_path)._routes.table, fresh)
        assert json.loads((folder / "seal.json").read_text()) == seal


def test_without_a_cache_that_can_be_written_routes_are_made_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert network(tmp_path).trip(-4000.0, 0.0, 0.0, 1500.0, 2) == (550.0, 5500.0)


# -- what is counted and what is refused --------------------------------------------------------------------------


def test_disconnected_parts_traps_and_edges_without_length_are_counted(tmp_path: Path) -> None:
    nodes, edges = LATTICE
    nodes = pd.concat(
        [nodes, pd.DataFrame({"node": ["trap", "far", "off"], "x": [200.0, 9e3, 9e3], "y": [0.0, 0.0, 50.0]})]
    )
    more = pd.DataFrame(
        {
            "from_node": ["10-4", "far"],
            "to_node": ["trap", "off"],
            "length_m": [200.0, 0.0],
            "oneway": ["yes", ""],
        }
    )
    model = network(tmp_path, (nodes, pd.concat([edges.assign(oneway=""), more])))
    assert model.notes == [
        "Road network: edges of length 0, which count as 0.1 m: 1.",
        (
            "Road network: of 192 nodes are left out: 2 that no road joins to the others; "
            "1 with one-way roads only to or from them."
        ),
    ]
    assert model.trip(-4000.0, 0.0, 200.0, 0.0, 1) == (400.0 + 40.0, 4200.0)  # not into the trap


def hamlet(population: float, km: tuple[float, float]) -> Region:
    return region(
        (Place("城", km=(-4.0, 0.0), population=100_000), Place("村", km=km, population=population)),
        (("站", "small", -4.0, 0.0),),
    )


def test_a_place_far_from_the_roads_is_counted_and_refused_when_many_live_there(tmp_path: Path) -> None:
    (note,) = network(tmp_path, land=hamlet(100, (0.0, 9.0))).notes
    assert note.startswith(
        "Road network: 1 cells with 0.10% of the residents are farther than travel.off_road_m"
    )
    with pytest.raises(
        SimError, match=r"roads: cell 1 is 7,000 m from .* and 9\.1% of the residents .* allowed: 5,000 m"
    ):
        network(tmp_path, land=hamlet(10_000, (0.0, 9.0)))
    assert not network(
        tmp_path, land=hamlet(10_000, (0.0, 9.0)), travel=replace(TRAVEL, off_road_m=7000.0)
    ).notes


def test_a_part_of_the_area_that_no_road_joins_to_the_rest_is_refused(tmp_path: Path) -> None:
    """The bridges are missing: the east is less than 5 km away, but its own streets lead nowhere."""
    nodes, edges = LATTICE
    cut = edges["from_node"].str.startswith("13-") & edges["to_node"].str.startswith("14-")
    with pytest.raises(SimError, match=r"cell 1 is 2,500 m from the nearest road that leads there and back"):
        network(tmp_path, (nodes, edges[~cut]), hamlet(10_000, (4.0, 0.0)))
    with pytest.raises(SimError, match=r"东站 is 2,500 m from"):
        network(tmp_path, (nodes, edges[~cut]))
    notes = network(tmp_path, (nodes, edges[~cut]), hamlet(100, (4.0, 0.0))).notes
    assert notes[0] == "Road network: of 189 nodes are left out: 63 that no road joins to the others."
    assert "1 cells with 0.10% of the residents" in notes[-1]


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("edges", put(3, "length_m", -5), "line 5, column length_m: '-5.0' is outside what is allowed: 0..1000"),
        ("edges", put(3, "length_m", "long"), "edges.csv, line 5, column length_m: 'long' is not a number"),
        ("edges", put(3, "length_m", ""), "edges.csv, line 5, column length_m: '' is not a number"),
        ("edges", put(3, "from_node", "elsewhere"), "line 5, column from_node: 'elsewhere' is none of the nodes"),
        ("edges", put(3, "to_node", "22-0"), "edges.csv, line 5, column to_node: '22-0' is none of the nodes"),
        ("edges", lambda t: t.assign(speed_kmh=0), "line 2, column speed_kmh: '0' is outside what is allowed: 1..200"),
        ("edges", lambda t: t.assign(speed_kmh=300), "line 2, column speed_kmh: '300' is outside"),
        ("edges", lambda t: t.assign(seconds=1), "line 2, column seconds: '1' is faster than 200 km/h"),
        ("edges", lambda t: t.assign(seconds=-1), "line 2, column seconds: '-1' is outside"),
        ("edges", lambda t: t.assign(seconds=5000), "line 2, column seconds: '5000' is slower than 1 km/h"),
        ("edges", lambda t: t.assign(oneway="maybe"), "line 2, column oneway: 'maybe' is none of yes, no, -1"),
        ("edges", lambda t: t.drop(columns="to_node"), "edges.csv, line 1: column to_node is missing"),
        ("edges", lambda t: t.head(0), "edges.csv has no rows"),
        ("nodes", lambda t: t.assign(x=t["x"] * 4), "column length_m: '500.0' is less than half the straight line"),
        ("nodes", put(3, "node", "0-0"), "nodes.csv, line 5, column node: '0-0' stands there a second time"),
        ("nodes", put(3, "x", "east"), "nodes.csv, line 5, column x: 'east' is not a number"),
        ("nodes", lambda t: t.rename(columns={"x": "lat", "y": "lon"}), "column lon: '-2000.0' is outside"),
        ("nodes", lambda t: t.drop(columns="y"), "nodes.csv, line 1: column y is missing"),
    ],
)  # fmt: skip
def test_a_network_that_cannot_be_is_refused_by_file_line_and_column(
    tmp_path: Path, own_cache: Path, table: str, change: Change, words: str
) -> None:
    nodes, edges = LATTICE
    tables = (change(nodes), edges) if table == "nodes" else (nodes, change(edges))
    with pytest.raises(SimError) as refused:
        network(tmp_path, tables)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)
    assert kept(own_cache) == []


def test_a_file_that_is_no_network_is_refused(tmp_path: Path) -> None:
    for name, words in (
        (None, "travel.file is nothing; allowed: the road network"),
        ("none", "none, which is not there; allowed: a folder with nodes.csv and edges.csv"),
        ("roads.txt", "roads.txt; allowed: a folder"),
        ("empty", "nodes.csv cannot be read: No such file"),
        ("none.graphml", "none.graphml cannot be read: No such file"),
    ):
        (tmp_path / "empty").mkdir(exist_ok=True)
        (tmp_path / "roads.txt").touch()
        with pytest.raises(SimError, match=words):
            TravelNetwork(replace(TRAVEL, file=None if name is None else str(tmp_path / name)), TOWN)


def test_a_made_up_region_has_no_degrees(tmp_path: Path) -> None:
    country = shipped("region=synthetic", "region.synthetic.counties=3")
    nodes, edges = LATTICE
    file = made.write(tmp_path / "roads", nodes.assign(lon=0.0, lat=0.0), edges)
    world = replace(country, travel=replace(TRAVEL, file=file))
    with pytest.raises(
        SimError, match=r"column lon: a made-up region has no degrees; allowed: columns x, y in metres"
    ):
        sim.simulation.replication.build_world(world)


def test_a_table_larger_than_any_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "LARGEST", 1000)
    with pytest.raises(
        SimError, match=r"roads has 189 nodes and the region 3 stations, posts and townships: a table of"
    ):
        network(tmp_path)
