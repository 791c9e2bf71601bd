"""python -m sim watch: the units move as the two tables say, in a browser, on any region; what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers import named_region
from helpers.chromium import Page, found
from test_names import COUNTIES, STATIONS, TWINS, Scripts

from sim import cli
from sim.analysis import movements
from sim.analysis.movements import AT_SCENE, ON_THE_WAY, RETURNING, TURNOUT
from sim.config.compose import compose
from sim.simulation import replication
from sim.storage import run_folder
from sim.storage.run_folder import Result

BROWSER = found()
in_a_browser = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium on this machine: apt-get install chromium"
)
# so many calls that units are diverted, needs wait and hundreds of units are out
BUSY = [
    "scenario=2025",
    "demand.calls_per_year=180000",
    "replications=2",
    "days=2",
    "workers=1",
    "figures=none",
]
HOUR_S, DAY_S = 3600, 86_400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("watched")
    assert cli.main([*BUSY, f"out={out}", "name=busy"]) == 0
    return out / "busy"


@pytest.fixture(scope="module")
def result(folder: Path) -> Result:
    return run_folder.load(folder)


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    assert cli.main(["watch", str(folder), "day=2025-01-02", "replication=1"]) == 0
    page = Page(str(BROWSER), folder.parent / "profile")
    try:
        page.open(folder.parent / "busy-day2.html")
        page.until("window.watch !== undefined")
        yield page
    finally:
        page.close()


def facts(path: Path) -> dict[str, Any]:
    found = Scripts(path.read_text(encoding="utf-8"))
    assert "<" not in found.scripts["facts"]
    return dict(json.loads(found.scripts["facts"]))


def sent(result: Result, number: int) -> pd.DataFrame:
    own = result.incidents[result.incidents["replication"] == number]
    return movements.with_times(own, result.dispatches[result.dispatches["replication"] == number])


@in_a_browser
def test_units_stand_where_the_table_says(page: Page, result: Result) -> None:
    """Worked out anew for every unit that went from its station and arrived: the straight line of its trip."""
    world = replication.build_world(compose(BUSY))
    homes = dict(zip(world.forces.station_names, world.forces.xy, strict=True))
    trips = sent(result, 1)
    plain = trips[(trips["turned_out_s"] > trips["dispatched_s"]) & trips["arrived_s"].notna()]
    middle = float(world.region.cells.lon.mean()), float(world.region.cells.lat.mean())
    corner = movements.flat(world.region.cells.lon, world.region.cells.lat, middle).min(axis=0)
    seen = dict.fromkeys((TURNOUT, ON_THE_WAY, AT_SCENE), 0)
    for time_s in range(DAY_S, 2 * DAY_S, 4 * HOUR_S):
        shown = page.evaluate(f"watch.at({time_s - DAY_S})")
        out = trips[(trips["dispatched_s"] <= time_s) & (time_s < trips["ready_s"])]
        assert set(shown) == set(out["unit"])
        for row in plain[(plain["dispatched_s"] <= time_s) & (time_s < plain["released_s"])].itertuples():
            lon, lat = world.region.projection.degrees(*np.reshape(homes[row.station], (2, 1)))
            home, scene = movements.flat([*lon, row.lon], [*lat, row.lat], middle) - corner
            share = np.clip((time_s - row.turned_out_s) / (row.arrived_s - row.turned_out_s), 0, 1)
            assert shown[row.unit][:2] == pytest.approx(home + (scene - home) * share, abs=10)
            seen[shown[row.unit][2]] += 1
    assert min(seen.values()) > 2


@in_a_browser
def test_the_clock_moves_vehicles_and_the_page_says_what_is_open(page: Page, result: Result) -> None:
    own = result.incidents[result.incidents["replication"] == 1]
    call, closed = own["time_s"], own["time_s"] + own["closed_s"]
    page.evaluate("watch.seek(36000)")
    page.until("document.getElementById('clock').textContent === '10:00:00'")
    now = DAY_S + 36_000
    open_now = int(((call <= now) & ~(closed <= now)).sum())
    assert open_now > 5
    page.until(f"document.getElementById('open-count').textContent === '({open_now})'")
    before = page.evaluate("document.getElementById('map').toDataURL()")
    page.evaluate("document.getElementById('play').click()")
    page.until("watch.time() > 36120")
    assert page.evaluate("document.getElementById('map').toDataURL()") != before
    page.evaluate("document.getElementById('play').click()")
    stopped = page.evaluate("watch.time()")

    def press(key: str) -> None:
        page.evaluate(
            f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: {key!r}, bubbles: true}}))"
        )

    press("ArrowRight")
    assert page.evaluate("watch.time()") == pytest.approx(stopped + 60)
    press("Home")
    assert page.evaluate("watch.time()") == 0
    press(" ")
    page.until("watch.time() > 0")
    press(" ")
    worst = page.evaluate("document.getElementById('worst').click(); watch.time()")
    trips = sent(result, 1)

    def out(begin: float) -> float:
        moments = DAY_S + begin + np.arange(0, HOUR_S, 300)
        return float(sum(((trips["dispatched_s"] <= t) & (t < trips["ready_s"])).sum() for t in moments))

    assert out(worst) == max(out(begin) for begin in range(0, 23 * HOUR_S + 1, 300))
    assert out(worst) / 12 > 100  # units out at once
    assert page.complaints() == []
    assert [url.partition("busy")[0][:5] for url in page.requests()] == ["file:"]


@in_a_browser
def test_a_click_on_an_incident_shows_its_timeline_with_every_unit(page: Page, result: Result) -> None:
    page.evaluate("watch.seek(43200)")
    page.until("document.getElementById('clock').textContent === '12:00:00'")
    page.until("document.querySelector('#list [data-row]') !== null")
    row = int(page.evaluate("document.querySelector('#list [data-row]').dataset.row"))
    page.evaluate("watch.choose(-1)")
    spot = page.evaluate(
        "(() => { const map = document.getElementById('map'); map.scrollIntoView();"
        f" const box = map.getBoundingClientRect(), at = watch.pixel({row}); return [box.x + at[0], box.y + at[1]]; }})()"
    )
    for kind in ("mousePressed", "mouseReleased"):
        page.send("Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=1)
    page.until("watch.chosen() >= 0")  # this one, or one beside it
    page.evaluate(f"watch.choose({row})")
    page.until(f"document.getElementById('story').dataset.of === '{row}'")
    story = page.evaluate("document.getElementById('story').textContent")
    number = int(story.partition("incident ")[2].partition(",")[0])
    units = result.dispatches.query(f"replication == 1 and incident == {number}")["unit"]
    assert len(units)
    assert page.evaluate("document.querySelectorAll('#story .bar').length") == units.nunique()
    assert all(unit in story for unit in units)


@in_a_browser
@pytest.mark.parametrize(
    ("width", "language"), [(390, "zh"), pytest.param(1280, "en", marks=pytest.mark.slow)]
)
def test_it_fits_a_phone_and_a_screen_in_both_languages(
    folder: Path, tmp_path: Path, width: int, language: str
) -> None:
    assert cli.main(["watch", str(folder), f"lang={language}", f"out={tmp_path / 'day.html'}"]) == 0
    page = Page(str(BROWSER), tmp_path / "profile")
    try:
        page.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=True
        )
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        page.send("Emulation.setEmulatedMedia", features=dark)
        page.open(tmp_path / "day.html")
        page.until("window.watch !== undefined")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"
        words = page.evaluate("document.body.innerText")
        assert ("最忙一小时" in words) == (language == "zh")
        assert "undefined" not in words
        assert page.complaints() == []
    finally:
        page.close()


def test_a_diverted_and_a_recalled_unit_turn_where_their_times_say() -> None:
    """Recalled 50 s after it left, diverted half-way home; the pace is that of the trips that arrived."""
    times = {
        "dispatched_s": [0.0, 1000.0, 1125.0], "turned_out_s": [0.0, 1050.0, 1125.0],
        "arrived_s": [100.0, np.nan, 1200.0],
        "released_s": [200.0, 1100.0, 1300.0], "ready_s": [300.0, 1125.0, 1400.0],
    }  # fmt: skip
    trips = pd.DataFrame(
        {"unit": "u", "station": "s", "tier": "t", "incident": [0, 1, 2], "route_m": [1000.0] * 3, **times}
    )
    scenes = np.array([[1000.0, 0.0], [1000.0, 0.0], [0.0, 800.0]])
    legs = movements.legs(trips, scenes, {"s": (0.0, 0.0)})["u"]
    where = {
        time_s: movements.position(legs, time_s) for time_s in (50, 150, 250, 350, 1075, 1125, 1350, 1500)
    }
    pace = 0.0875  # s/m, the middle of 100 s and 75 s for 1 km
    turned = 1000 * 50 / (pace * 1000)
    diverted = turned * (1 - 25 / 50)
    assert where == {
        50: pytest.approx((500, 0, ON_THE_WAY)), 150: pytest.approx((1000, 0, AT_SCENE)),
        250: pytest.approx((500, 0, RETURNING)), 350: None, 1075: pytest.approx((turned / 2, 0, ON_THE_WAY)),
        1125: pytest.approx((diverted, 0, ON_THE_WAY)), 1350: pytest.approx((0, 400, RETURNING)), 1500: None,
    }  # fmt: skip


def test_units_are_diverted_and_needs_wait_on_a_busy_day(
    folder: Path, result: Result, tmp_path: Path
) -> None:
    assert cli.main(["watch", str(folder), f"out={tmp_path / 'day.html'}"]) == 0
    shown = facts(tmp_path / "day.html")
    legs = [leg for unit in shown["units"] for leg in zip(unit["legs"], unit["legs"][1:], strict=False)]
    for before, after in legs:  # no unit leaps
        assert before[4:6] == after[2:4]
        assert before[1] <= after[0] + 0.1
    assert any(after[6] == ON_THE_WAY and before[6] == RETURNING for before, after in legs)
    day = (result.incidents["time_s"] // DAY_S).astype(int)
    calls = result.incidents.groupby(["replication", day]).size()
    opened = [one for one in shown["incidents"] if 0 <= one["call"] < DAY_S]
    assert len(opened) == calls[calls.index.get_level_values(1) < 2].max()
    late = result.dispatches.query("waited_s > 0")
    assert 0 < len(shown["waits"]) <= len(late)


def test_names_that_hold_markup_do_no_harm(tmp_path: Path) -> None:
    given = named_region.write(tmp_path / "tables", TWINS, COUNTIES, STATIONS)
    assert cli.main([*given, "figures=none", f"out={tmp_path}", "name=odd"]) == 0
    assert cli.main(["watch", str(tmp_path / "odd"), f"out={tmp_path / 'day.html'}"]) == 0
    shown = facts(tmp_path / "day.html")
    assert {"red", "svg", "i"}.isdisjoint(Scripts((tmp_path / "day.html").read_text(encoding="utf-8")).tags)
    assert set(STATIONS) <= {home["name"] for home in shown["stations"]}
    assert "innerHTML = shape" in (tmp_path / "day.html").read_text(
        encoding="utf-8"
    )  # of the page's own alone
    if BROWSER:
        page = Page(BROWSER, tmp_path / "profile")
        try:
            page.open(tmp_path / "day.html")
            page.until("window.watch !== undefined")
            assert page.complaints() == []
        finally:
            page.close()


def test_a_region_that_is_made_up_can_be_watched_too(tmp_path: Path) -> None:
    small = ["replications=1", "days=2", "workers=1", "figures=none", "name=made", f"out={tmp_path}"]
    assert cli.main(["region=synthetic", "region.synthetic.counties=3", *small]) == 0
    assert cli.main(["watch", str(tmp_path / "made"), "day=1"]) == 0
    shown = facts(tmp_path / "made-day1.html")
    assert len(shown["units"]) > 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["day=3"], "day is 3; the run has the days 1..2, 1 January to 2 January."),
        (["day=0"], "day is 0; the run has the days 1..2"),
        (
            ["day=2025-02-29"],
            "day is '2025-02-29'; allowed: a day of the year in 1..2, or a date such as 2025-01-28.",
        ),
        (["day=tomorrow"], "day is 'tomorrow'; allowed"),
        (["day=2024-01-02"], "day is 2024-01-02; the run is of the year 2025."),
        (["replication=2"], "replication is 2; "),
        (["lang=fr"], "lang is 'fr'; allowed: en, zh."),
        (["out=/dev/null/there.html"], "cannot write /dev/null/there.html"),
    ],
)
def test_mistakes_are_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert cli.main(["watch", str(folder), *options]) == 2
    told = capsys.readouterr()
    assert told.err.startswith("error: ")
    assert sentence in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""


def test_a_run_without_tables_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        cli.main(
            [
                "replications=1",
                "days=1",
                "workers=1",
                "figures=none",
                "keep=kpis",
                "name=a",
                f"out={tmp_path}",
            ]
        )
        == 0
    )
    capsys.readouterr()
    assert cli.main(["watch", str(tmp_path / "a")]) == 2
    assert "it was made with keep=kpis" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
