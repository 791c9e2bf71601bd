"""A report in headless Chromium: no error, no request, the controls change the map, and it prints."""

import re

import pytest

pytest.importorskip("plotly", reason="the extra `report` is not installed")

from helpers.chromium import Page, found

from sim import cli

BROWSER = found()
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no Chromium on this machine: apt-get install chromium"
)

SHOWN = "JSON.stringify(document.getElementById('map-picture').data[0].z)"
HOVER = "document.getElementById('map-picture').data[0].text.flat().filter((t) => t).join('|')"
STATIONS = "JSON.stringify(document.getElementById('map-picture').data[3].marker.symbol)"


def choose(page: Page, control: str, value: str) -> None:
    """Set a control as a user does, and wait until the map is drawn again."""
    page.evaluate(
        "new Promise((done) => { const map = document.getElementById('map-picture');"
        " map.once('plotly_afterplot', () => setTimeout(done, 200));"
        f" const it = document.getElementById('{control}'); it.value = '{value}';"
        " it.dispatchEvent(new Event('input', { bubbles: true })); })"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("browser") / "rollout"
    for year in (2023, 2025):
        small = ["replications=2", "days=6", "workers=1", "figures=none", f"out={out}"]
        assert cli.main([f"scenario={year}", *small]) == 0
    return out


@pytest.fixture
def page(folder):
    assert cli.main(["report", str(folder)]) == 0
    page = Page(BROWSER, folder.parent / "profile")
    try:
        page.open(folder / "report.html")
        page.until("document.getElementById('map-picture').dataset.ready === 'yes'")
        yield page
    finally:
        page.close()


def test_the_report_opens_works_and_prints(page):
    last = page.evaluate(SHOWN)
    assert page.evaluate("document.getElementById('map-title').textContent").startswith("2025")
    stations = page.evaluate(STATIONS)
    assert "智慧新城二级站" in page.evaluate("document.getElementById('map-picture').data[3].text.join()")

    choose(page, "map-scenario", "0")
    first = page.evaluate(SHOWN)
    assert first != last
    assert page.evaluate(STATIONS) != stations
    assert page.evaluate("document.getElementById('map-title').textContent").startswith("2023")
    assert "荷花街道" in page.evaluate(HOVER)

    choose(page, "map-indicator", "first_arrival_mean")
    assert page.evaluate(SHOWN) != first

    choose(page, "map-scenario", "1")
    value = page.evaluate(SHOWN)
    choose(page, "map-shows", "change")
    change = page.evaluate(SHOWN)
    assert change != value
    assert "-" in change  # patrol cars: sooner somewhere

    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 4
    assert not page.evaluate("document.querySelector('details').open")  # folded again after printing

    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for width, media in ((390, "screen"), (703, "print")):  # a phone, and A4 between its margins
        page.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=True
        )
        page.send("Emulation.setEmulatedMedia", media=media)
        page.until(
            "[...document.querySelectorAll('#map-picture .main-svg, figure img')]"
            f".every((item) => item.getBoundingClientRect().right <= {width})"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 25, 29)"

    assert page.complaints() == []
    asked = page.requests()
    assert len(asked) == 1
    assert asked[0].startswith("file:")
    assert asked[0].endswith("report.html")
