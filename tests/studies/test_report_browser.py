"""A report of each language in headless Chromium: no error, request or empty box; the controls work; it prints."""

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

# Signs that the page writes and draws as an empty box: each in its element's font against a sign that no font has.
EMPTY_BOXES = """(() => {
  const pen = Object.assign(document.createElement('canvas'), { width: 40, height: 40 })
    .getContext('2d', { willReadFrequently: true });
  const drawn = (sign, font) => { pen.clearRect(0, 0, 40, 40); pen.font = `24px ${font}`; pen.fillText(sign, 4, 30);
    return pen.getImageData(0, 0, 40, 40).data.join(); };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const boxes = {}, seen = new Set(), found = new Set();
  for (let node; (node = walk.nextNode());) {
    if (['SCRIPT', 'STYLE'].includes(node.parentElement.tagName)) continue;
    const font = getComputedStyle(node.parentElement).fontFamily;
    boxes[font] ??= drawn('\\u{10FFFD}', font);
    for (const sign of node.data) {
      if (sign.trim() === '' || seen.has(sign + font)) continue;
      seen.add(sign + font);
      if (drawn(sign, font) === boxes[font]) found.add(sign);
    }
  }
  return [...found].join(''); })()"""
MAP_PX = "document.querySelector('#map-picture .main-svg').getBoundingClientRect().width"
PAPER_PX = round((297 - 28) / 25.4 * 96)  # the height of A4 between the margins of @page
CUT = (
    "[...document.querySelectorAll('figure, #map-picture')].filter((item) => item.getBoundingClientRect().height > "
    f"{PAPER_PX} || getComputedStyle(item).breakInside !== 'avoid').length"
)


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


@pytest.fixture(params=["en", pytest.param("zh", marks=pytest.mark.slow)])
def page(folder, request):
    assert cli.main(["report", str(folder), f"lang={request.param}"]) == 0
    page = Page(BROWSER, folder.parent / f"profile-{request.param}")
    try:
        page.open(folder / {"en": "report.html", "zh": "report.zh.html"}[request.param])
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

    wide = page.evaluate(MAP_PX)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(MAP_PX) <= 703 < wide  # printed from a wide window it is not cut
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.until(f"{MAP_PX} === {wide}")
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 4
    assert not page.evaluate("document.querySelector('details').open")  # folded again after printing

    assert page.evaluate(EMPTY_BOXES) == ""
    page.evaluate("document.body.append('\\u{f1234}')")
    assert page.evaluate(EMPTY_BOXES) == "\U000f1234"  # it can fail
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    for width, media in ((390, "screen"), (703, "print")):  # a phone, and A4 between its margins
        page.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=media == "screen",
        )
        page.send("Emulation.setEmulatedMedia", media=media)
        page.until(
            "[...document.querySelectorAll('#map-picture .main-svg, figure img')]"
            f".every((item) => item.getBoundingClientRect().right <= {width})"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT) == 0  # no picture and no map over two sheets
    assert page.evaluate("document.getElementById('first').offsetHeight") <= PAPER_PX
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 25, 29)"

    assert page.complaints() == []
    asked = page.requests()
    assert len(asked) == 1
    assert asked[0].startswith("file:")
    assert asked[0].endswith(("report.html", "report.zh.html"))
