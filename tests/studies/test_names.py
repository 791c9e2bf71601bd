"""Names are labels: two of one name are told apart, and what a name holds does no harm in any table, picture or page."""

from __future__ import annotations

import csv
import json
import shutil
import xml.etree.ElementTree as ET
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from helpers import named_region
from helpers.chromium import Page, found
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import cli
from sim.config.compose import compose
from sim.config.fields import FORMULA
from sim.config.schema import read
from sim.config.text import plain
from sim.errors import SimError
from sim.plots.maps.basemap import read_basemap
from sim.simulation import replication
from sim.storage import run_folder
from sim.studies.run_selection import find_runs
from sim.world import region_tables, regions
from sim.world.tables import DECIMAL, Row

TWINS = ["鹿门街道", "鹿门街道", "鹿门街道", "<!--<script>"]
COUNTIES = ["柯城区", "衢江区"]
TOLD_APART = ["鹿门街道（柯城区）（1）", "鹿门街道（衢江区）", "鹿门街道（柯城区）（3）", "<!--<script>"]
STATIONS = ["$x^", "[/red]", "_\"&'</script>", "NA"]
PIECES = (
    "<!--", "<script>", "</script>", "$x^", "$", "\\frac", '"', "'", "&amp;", "[red]", "[/]", "{0}", "%s", "%{text}",
    ",", "NA", "nan", "None", "_", "#", "`", "；", "县", "a", "1", "（", "）", "=", "+", "@", "-",
)  # fmt: skip
HARMFUL = ["=1+1", "+1", "-a", "@a", "＝1", "a\x1b[31m", "a\u202eb", "a\x00b"]


def harmful(folder: Path) -> list[str]:
    """Return the cells of all CSV files that a spreadsheet would compute."""
    cells = []
    for path in folder.rglob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            cells += [cell for row in csv.reader(file) for cell in row]
    return [cell for cell in cells if cell.startswith((*FORMULA, "\t", "\r")) and not DECIMAL.fullmatch(cell)]


class Scripts(HTMLParser):
    """Collects the scripts of a page with their ids, and every tag of it, as a browser reads them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: dict[str, str] = {}
        self.tags: set[str] = set()
        self._id: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._id = str(dict(attrs).get("id")) if tag == "script" else None

    def handle_data(self, data: str) -> None:
        if self._id is not None:
            self.scripts[self._id] = self.scripts.get(self._id, "") + data

    def handle_endtag(self, tag: str) -> None:
        self._id = None


def facts(report: Path) -> dict[str, object]:
    """Return what the page's map is drawn from; it must be safe inside its script."""
    page = Scripts(report.read_text(encoding="utf-8"))
    assert not [text for name, text in page.scripts.items() if name != "None" and "<" in text]
    found = json.loads(page.scripts["map-data"])
    json.loads(page.scripts["map-figure"])
    assert {"red", "svg"}.isdisjoint(page.tags)
    return dict(found)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of a region with three townships of one name, and the report about them."""
    out = tmp_path_factory.mktemp("names")
    given = named_region.write(out / "tables", TWINS, COUNTIES, STATIONS)
    for name in ("_$x^ [red]", "b"):
        more = ["figures=none", f"out={out / 'study'}", f'name="{name}"', f"seed={len(name)}"]
        assert cli.main([*given, *more]) == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.reports.page._pictures", lambda report: [])
        assert cli.main(["report", str(out / "study"), "unpaired=true"]) == 0
    return out / "study"


def test_townships_of_one_name_have_their_county_or_code_in_tables_and_on_maps(study: Path) -> None:
    run = run_folder.load(study / "b")
    rows = run.kpis[(run.kpis["kpi"] == "first_arrival_mean") & (run.kpis["by"] == "township")]
    assert set(rows["group"]) == set(run.incidents["township"]) == set(TOLD_APART)
    config = compose([*named_region.SMALL, f"region.folder={study.parent / 'tables'}"])
    assert read_basemap({"folder": config.region.folder}).townships["name"].tolist() == TOLD_APART
    shown = facts(study / "report.html")
    assert [town["name"] for town in shown["townships"]] == TOLD_APART
    for by_run in shown["values"].values():
        assert all(row[0] is not None for values in by_run for row in values)


def test_stations_and_units_are_one_name_each(study: Path) -> None:
    world = replication.build_world(
        compose([*named_region.SMALL, f"region.folder={study.parent / 'tables'}"])
    )
    for things in (world.forces.stations, world.forces.units):
        names = [thing.name for thing in things]
        assert len(set(names)) == len(names)
    assert len(world.forces.by_tier["township"]) == 4
    sent = run_folder.load(study / "b").dispatches
    assert set(sent["station"]) <= {home.name for home in world.forces.stations}


def test_a_post_with_the_name_of_a_team_that_the_model_places_is_refused(tmp_path: Path) -> None:
    given = named_region.write(tmp_path, ["A", "B", "C", "D"])
    (tmp_path / "further_posts.csv").write_text("name,tier,lon,lat\nA专职队,township,0,0\n", encoding="utf-8")
    with pytest.raises(SimError, match=r"two stations are called A专职队.*further_posts\.csv something else"):
        replication.build_world(compose(given))


def test_two_counties_of_one_name_are_refused_with_the_remedy(tmp_path: Path) -> None:
    given = named_region.write(tmp_path, ["A", "B", "C", "D"], ["鼓楼区", "鼓楼区"])
    with pytest.raises(
        SimError, match=r"counties\.csv, line 3, column county: 鼓楼区 stands already.*city's name"
    ):
        regions.load(compose(given).region)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.lists(
        st.sampled_from(["A", "A（K）", "A（K）（1）", "A（1）", "A（K）（2）", "B"]), min_size=1, max_size=7
    ),
    st.randoms(),
)
def test_township_names_are_unique_and_do_not_hang_on_the_order(names: list[str], random: Random) -> None:
    rows = [Row(Path("t"), n) for n in range(len(names))]
    for n, name in enumerate(names):
        rows[n].update(name=name, county="KL"[n % 2], code=str(n))
    first = dict(zip((row["code"] for row in rows), region_tables.unique_names(rows), strict=True))
    assert len(set(first.values())) == len(rows)
    if len(set(names)) == len(names):
        assert list(first.values()) == names
    random.shuffle(rows)
    assert dict(zip((row["code"] for row in rows), region_tables.unique_names(rows), strict=True)) == first


@pytest.mark.parametrize("place", ["townships", "counties", "stations", "codes"])
def test_region_tables_refuse_names_that_a_spreadsheet_or_a_terminal_would_obey(
    tmp_path: Path, place: str
) -> None:
    region = compose(named_region.SMALL).region
    for text in HARMFUL:
        names = {"townships": list("ABCD"), place: [text, "B", "C", "D"][: 2 if place == "counties" else 4]}
        named_region.write(tmp_path, **names)
        with pytest.raises(SimError, match=r"line 2, column .* (spreadsheet|cannot be printed)") as refused:
            regions.load(replace(region, folder=str(tmp_path)))
        assert text.isprintable() or text not in str(refused.value)


@pytest.mark.parametrize(
    "key", ["name", "region.name", "plan.name", "plan.stations.zhihui_small.name", "plan.register.八.title"]
)
def test_the_configuration_refuses_such_texts_and_keys_too(key: str) -> None:
    raw, (*groups, last) = plain(asdict(compose([]))), key.split(".")
    read(raw)
    inner = raw
    for group in groups:
        inner = inner[group]
    for text in (*HARMFUL, -7):  # a number that stands for a text is one, too
        inner[last] = text
        with pytest.raises(SimError, match=f"{key} is .* (spreadsheet|cannot be printed)"):
            read(raw)
    inner[last] = "x"
    raw["plan"]["stations"]["=1"] = raw["plan"]["stations"]["zhihui_small"]
    with pytest.raises(SimError, match=r"a key of plan\.stations is '=1', which begins with '='"):
        read(raw)


def test_a_refusal_never_steers_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = named_region.write(tmp_path, list("ABCD"))
    (tmp_path / "stations.csv").write_text("a\x1b[31m\n", encoding="utf-8")
    assert cli.main([*given, f"out={tmp_path / 'out'}"]) == 2
    told = capsys.readouterr().err
    assert "\\x1b[31m" in told
    assert told.rstrip("\n").isprintable()


def test_a_run_whose_folder_was_renamed_brings_no_formula_into_a_table(study: Path, tmp_path: Path) -> None:
    for parent in ("=x", "y"):
        shutil.copytree(study / "b", tmp_path / parent / "b")
    with pytest.raises(SimError, match=r"the run is called '=x/b', which begins with '='.* rename"):
        find_runs([tmp_path / "=x", tmp_path / "y"])


def test_tables_of_a_comparison_and_a_run_hold_no_formula(study: Path) -> None:
    assert (
        cli.main(["compare", str(study), "figures=none", "unpaired=true", "by=all,township,county,station"])
        == 0
    )
    assert harmful(study) == []


@pytest.mark.skipif(found() is None, reason="no Chromium on this machine: apt-get install chromium")
def test_a_browser_draws_the_map_of_such_names(study: Path) -> None:
    page = Page(str(found()), study.parent / "profile")
    try:
        page.open(study / "report.html")
        page.until("document.getElementById('map-picture').dataset.ready === 'yes'")
        hover = page.evaluate("document.getElementById('map-picture').data[0].text.flat().join('|')")
        assert "&lt;!--&lt;script>" in hover
        assert page.complaints() == []
    finally:
        page.close()


def some_names(random: Random, count: int) -> list[str]:
    """Return random names that pass the door."""
    names: list[str] = []
    while len(names) < count:
        name = "".join(random.choices(PIECES, k=random.randint(1, 5))).strip()
        if not name.startswith(FORMULA) and name not in names:
            names.append(name)
    return names


# Two runs with all pictures, a comparison with its own, a page and a study of sites: 40 s each.
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_random_names_do_no_harm_in_any_output(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    townships = some_names(random, 4)
    townships[3] = townships[0]
    counties, stations, runs = some_names(random, 2), some_names(random, 4), ("_$x^{", "[b]%s")
    given, out = named_region.write(tmp_path / "tables", townships, counties, stations), tmp_path / "study"
    for name, more in zip(
        runs, (["figures=all"], ["figures=none", "forces.professional.availability=0.5"]), strict=True
    ):
        assert cli.main([*given, *more, f"out={out}", f'name="{name}"']) == 0
    assert cli.main(["compare", str(out), "figures=all", "by=all,township,county,station,unit"]) == 0
    assert cli.main(["report", str(out)]) == 0
    assert cli.main(["incident", str(out / runs[0]), "worst=2", f"out={tmp_path / 'incidents'}"]) == 0
    assert (
        cli.main(["siting", *given, "what=nests", "sites=1", "replications=2", f"out={tmp_path / 'sites'}"])
        == 0
    )
    assert harmful(tmp_path) == []
    pictures = list(tmp_path.rglob("*.svg"))
    assert len(pictures) > 10
    for picture in pictures:
        ET.parse(picture)
    shown = facts(out / "report.html")
    assert len({town["name"] for town in shown["townships"]}) == 4
    table = pd.read_csv(out / "comparison.csv", keep_default_na=False)
    assert set(table.loc[table["by"] == "county", "group"]) == set(counties)
