"""A road network from GraphML and from OpenStreetMap's XML and PBF: the same edges as in two tables."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import pytest
from helpers.small_world import shipped

from sim.errors import SimError
from sim.world.projection import Projection
from sim.world.travel import roads

TRAVEL = shipped("travel=network").travel
PLANE = Projection(118.7, 28.9)
# Two ways to drive, one way only, against the order of its nodes, on foot, a roundabout, and the outline of a house.
XML = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6" generator="test">
 <node id="1" lat="28.90" lon="118.70" version="1"/><node id="2" lat="28.90" lon="118.71" version="1"/>
 <node id="3" lat="28.91" lon="118.71" version="1"/><node id="4" lat="28.91" lon="118.70" version="1"/>
 <node id="5" lat="28.92" lon="118.70" version="1"/><node id="6" lat="28.92" lon="118.71" version="1"/>
 <way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>
 <way id="11" version="1"><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/><tag k="oneway" v="yes"/></way>
 <way id="12" version="1"><nd ref="1"/><nd ref="4"/><tag k="highway" v="service"/><tag k="oneway" v="-1"/></way>
 <way id="13" version="1"><nd ref="4"/><nd ref="5"/><tag k="highway" v="footway"/></way>
 <way id="14" version="1"><nd ref="5"/><nd ref="6"/><nd ref="3"/><nd ref="5"/>
  <tag k="highway" v="tertiary"/><tag k="junction" v="roundabout"/></way>
 <way id="15" version="1"><nd ref="1"/><nd ref="2"/><nd ref="5"/><nd ref="1"/><tag k="building" v="yes"/></way>
</osm>
"""
PBF = base64.b64decode(  # of the same, by osmium
    "AAAADQoJT1NNSGVhZGVyGDsQLxo3eJxT4vMvzg1OzkjNTdQNM9AzU+JySc0rTvXLT0ktbmIUyMlMyi/OzSzN1TfSMzLWMwQAX2cO"
    "kwAAAAsKB09TTURhdGEYSxBmGkd4nONi4WLgYhCKE4rhYmMCAy0NLjZGMBBiYwADKSitBKW12JjAtBNfw8pzk5kYDsziAWMvgYbd"
    "jW84QMz9EKEgqA4A+FAPUgAAAAwKB09TTURhdGEYxQEQnAIavwF4nFWNOw7CMBBE402Ilw0/pYIVBaKioeAK3CQQE4zARo4Dyom4"
    "Jg5UbufNvKEnJSSvurm+q57k0+lH5fqQ5daoISqcanWtjNfVndJetSRb5V76rAj2B5IXa/3Qw1tnzl5bQ+iVC+1gIWc7U1cn23nC"
    "U6fvtTZN+RG8QiqFYAFbQrFIlskm2aXHFACYsShBZAyjPIKQD2zyZxJjBjkvcfpTjmOCwGuchRUxFJOIZQSjLDjnpZiyiN+yoJRf"
    "dP0uTg=="
)
# (from, to, class), all that a car may drive
DRIVEN = {
    ("1", "2", "primary"), ("2", "1", "primary"), ("2", "3", "primary"), ("3", "2", "primary"),
    ("3", "4", "residential"), ("4", "1", "service"),
    ("5", "6", "tertiary"), ("6", "3", "tertiary"), ("3", "5", "tertiary"),
}  # fmt: skip
PLACES = {  # degrees
    "1": (118.70, 28.90), "2": (118.71, 28.90), "3": (118.71, 28.91), "4": (118.70, 28.91), "5": (118.70, 28.92),
    "6": (118.71, 28.92),
}  # fmt: skip


def read(file: Path) -> set[tuple[str, str, str]]:
    """Return the edges of a file by the names of nodes and classes, both known again by where and how quick they are."""
    found = roads.read(file, TRAVEL, PLANE)
    names = {}
    for name, (lon, lat) in PLACES.items():
        x, y = PLANE.metres(lon, lat)
        away_m = ((found.xy - (x, y)) ** 2).sum(axis=1) ** 0.5
        if away_m.min() < 0.01:
            names[int(away_m.argmin())] = name
    kinds = {
        round(kmh): kind for kind, kmh in TRAVEL.class_kmh.items() if kind in {kind for *_, kind in DRIVEN}
    }
    edges = set()
    for start, end, seconds, metres in zip(*map(list, found[1:5]), strict=True):
        a, b = names[start], names[end]
        straight_m = ((found.xy[start] - found.xy[end]) ** 2).sum() ** 0.5
        assert metres == pytest.approx(straight_m, rel=1e-4)
        edges.add((a, b, kinds[round(metres / seconds * 3.6)]))
    assert found.notes == []
    return edges


def test_osm_xml_has_the_roads_that_a_car_may_drive_in_their_direction(tmp_path: Path) -> None:
    pytest.importorskip("osmnx", exc_type=ImportError)
    (tmp_path / "town.osm").write_text(XML)
    assert read(tmp_path / "town.osm") == DRIVEN


def test_graphml_of_osmnx_has_the_same_roads(tmp_path: Path) -> None:
    osmnx = pytest.importorskip("osmnx", exc_type=ImportError)
    (tmp_path / "town.osm").write_text(XML)
    graph = osmnx.graph_from_xml(tmp_path / "town.osm", simplify=False, retain_all=True)
    graph.remove_edges_from([(a, b) for a, b, way in graph.edges(data="highway") if way is None])
    osmnx.save_graphml(graph, tmp_path / "town.graphml")
    assert read(tmp_path / "town.graphml") == DRIVEN
    osmnx.save_graphml(osmnx.project_graph(graph), tmp_path / "metres.graphml")
    with pytest.raises(SimError, match=r"(?i)metres\.graphml is in epsg:32650; allowed: epsg:4326"):
        read(tmp_path / "metres.graphml")


def test_osm_pbf_has_the_same_roads(tmp_path: Path) -> None:
    pytest.importorskip("pyrosm", exc_type=ImportError)
    (tmp_path / "town.osm.pbf").write_bytes(PBF)
    assert read(tmp_path / "town.osm.pbf") == DRIVEN


@pytest.mark.parametrize("name", ["town.osm", "town.graphml", "town.osm.pbf"])
def test_a_file_of_another_kind_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    pytest.importorskip("pyrosm" if name.endswith("pbf") else "osmnx", exc_type=ImportError)
    for content in (b"", b"station,cell\n", b"\0" * 1000, XML.encode()[:700]):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SimError, match=name) as refused:
            roads.read(tmp_path / name, TRAVEL, PLANE)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "library"), [("a.osm", "osmnx"), ("a.graphml", "osmnx"), ("a.osm.pbf", "pyrosm")]
)
def test_without_the_library_a_sentence_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    (tmp_path / name).write_text(XML)
    with pytest.raises(SimError, match=rf"{name} needs {library}: pip install '\.\[roads\]' in a checkout"):
        roads.read(tmp_path / name, TRAVEL, PLANE)
