"""No serious finding of axe-core on the app's page, on a report and on a watched day, in both languages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers import axe
from helpers.chromium import Page, found

from sim import cli
from sim.app.questions import Questions
from sim.app.server import HOST, Server
from sim.app.study import warm_up

BROWSER = found()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium"),
    pytest.mark.skipif(
        not axe.FILE.is_file(), reason="no axe-core: npm pack axe-core, and AXE=FOLDER/package/axe.min.js"
    ),
]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    for year in (2023, 2025):
        small = ["replications=2", "days=6", "workers=1", "figures=none", f"out={out}", f"name={year}"]
        assert cli.main([f"scenario={year}", *small]) == 0
    return out


@pytest.fixture(params=[(1280, "light"), (390, "dark")], ids=["wide", "phone in the dark"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    page = Page(str(BROWSER), tmp_path / "profile")
    width, scheme = request.param
    page.send(
        "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 500
    )
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    try:
        yield page
    finally:
        page.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_of_what_ifs_has_no_serious_finding_on_any_tab(page: Page, language: str) -> None:
    warm_up()
    with Server(0, Questions(["days=30"]), "en") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page.send("Page.navigate", url=f"http://{HOST}:{server.server_port}/?lang={language}")
        page.until("document.body?.dataset.ready === 'yes'")
        page.evaluate(
            "document.getElementById('years').value = 3; document.getElementById('add').click();"
            "document.querySelectorAll('details').forEach((one) => { one.open = true; });"
            "document.querySelector('#sites [title=府东街站]').click(); document.getElementById('run').click()"
        )
        page.until("!document.getElementById('files').hidden")
        for tab in server.questions.tabs:
            page.evaluate(f"document.getElementById('tab-{tab}').click()")
            assert axe.findings(page) == [], tab
        server.shutdown()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "words", [["watch", "2025"], ["report", "2023", "2025", "baseline=2023"]], ids=lambda w: w[0]
)
def test_a_page_that_a_command_writes_has_no_serious_finding(
    page: Page, runs: Path, words: list[str], language: str, tmp_path: Path
) -> None:
    if words[0] == "report":
        pytest.importorskip("plotly", reason="the extra `report` is not installed")
    file = tmp_path / "page.html"
    asked = [str(runs / word) if word.isdigit() else word for word in words]
    assert cli.main([*asked, f"lang={language}", f"out={file}"]) == 0
    page.open(file)
    page.until("document.readyState === 'complete'")
    assert axe.findings(page) == []
