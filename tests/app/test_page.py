"""The page in a real browser: from a click to the paired answer, by mouse, keyboard and on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.chromium import Page, found
from helpers.command_line import sim

from sim.app.questions import Questions
from sim.app.server import HOST, Server
from sim.app.study import warm_up

BROWSER = found()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium"),
]
PLACED = "[...document.querySelectorAll('#changes input')].map((one) => one.value).join()"
SHORT = "document.getElementById('years').value = 3"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    warm_up()
    with Server(0, Questions(["days=30"]), "en") as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture(params=["en", "zh"])
def page(request: pytest.FixtureRequest, server: Server, tmp_path: Path) -> Iterator[Page]:
    assert BROWSER
    page = Page(BROWSER, tmp_path / "profile")
    try:
        opened(page, server, request.param)
        yield page
        assert page.complaints() == []
        assert {url.split("/")[2] for url in page.requests()} == {f"{HOST}:{server.server_port}"}
    finally:
        page.close()


def opened(page: Page, server: Server, language: str) -> None:
    page.send("Page.navigate", url=f"http://{HOST}:{server.server_port}/?lang={language}")
    page.until("document.body?.dataset.ready === 'yes'")


def click(page: Page, x: float, y: float) -> None:
    for kind in ("mousePressed", "mouseReleased"):
        page.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)


def press(page: Page, key: str) -> None:
    text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
    code = {"Enter": 13, " ": 32, "Tab": 9}.get(key, 0)
    for kind in ("keyDown", "keyUp"):
        page.send("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)


def test_a_click_on_the_map_leads_to_an_answer_that_the_command_line_gives_too(
    page: Page, server: Server, tmp_path: Path
) -> None:
    page.evaluate(f"{SHORT}; document.querySelector('input[value=nest]').click()")
    x, y = page.evaluate(
        "(() => { const b = document.getElementById('map').getBoundingClientRect();"
        " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
    )
    click(page, x, y)
    assert page.evaluate("document.querySelectorAll('#sites .new').length") == 1
    page.evaluate("document.getElementById('run').click()")
    page.until("!document.getElementById('files').hidden")
    assert page.evaluate("document.getElementById('headline').textContent.length") > 10
    assert page.evaluate("document.querySelectorAll('#panel-times tbody tr').length") == 8
    page.evaluate("document.getElementById('save').click()")
    page.until("document.body.dataset.saved")
    file = tmp_path / "mine.txt"
    file.write_text(page.evaluate("document.body.dataset.saved"), encoding="utf-8")
    told = sim("whatif", f"file={file}", "figures=none", f"out={tmp_path / 'w'}")
    assert told.returncode == 0, told.stderr
    table = page.evaluate("fetch(document.getElementById('table').href).then((found) => found.text())")
    assert table == (tmp_path / "w" / "comparison.csv").read_text(encoding="utf-8")
    page.evaluate("document.querySelector('#changes button').click()")
    assert page.evaluate("document.querySelectorAll('#sites .new').length") == 0
    assert not page.evaluate("document.getElementById('stale').hidden")


def test_the_page_is_used_by_keyboard_alone_and_a_run_is_cancelled(page: Page) -> None:
    page.evaluate("document.querySelector('input[name=tool]').focus()")
    reached = [press(page, "Tab") or page.evaluate("document.activeElement.id") for _ in range(3)]
    assert reached == ["town", "typed", "add"]
    press(page, "Enter")
    before = page.evaluate(PLACED)
    assert page.evaluate("document.activeElement.className") == "new"
    press(page, "ArrowUp")
    assert page.evaluate(PLACED) != before
    page.evaluate("document.querySelector('#sites [title=府东街站]').focus()")
    press(page, "Delete")
    assert page.evaluate("document.querySelectorAll('#sites .closed').length") == 1
    page.evaluate("document.getElementById('years').value = 400; document.getElementById('run').focus()")
    press(page, "Enter")
    page.until("Number(document.body.dataset.seen) >= 1")
    page.evaluate("document.getElementById('cancel').focus()")
    press(page, " ")
    page.until("!document.getElementById('files').hidden")
    assert page.evaluate("document.getElementById('progress').value") < 1
    page.evaluate("document.getElementById('tab-map').focus()")
    press(page, "ArrowRight")
    assert page.evaluate("document.activeElement.id") == "tab-times"
    assert not page.evaluate("document.getElementById('panel-times').hidden")


def test_nothing_is_cut_on_a_phone_and_every_control_has_a_name(page: Page) -> None:
    page.send("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True)
    page.evaluate(
        f"{SHORT}; document.querySelector('#measures input').click(); document.getElementById('run').click()"
    )
    page.until("!document.getElementById('files').hidden")
    for tab in ("map", "times", "outcomes", "who", "money", "day"):
        page.evaluate(f"document.getElementById('tab-{tab}').click()")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    nameless = (
        "[...document.querySelectorAll('button, select, input:not([type=file])')].filter((one) =>"
        " !(one.ariaLabel || one.textContent.trim() || one.labels?.length)).map((one) => one.outerHTML)"
    )
    assert page.evaluate(nameless) == []
    page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 28)"


def test_a_day_of_the_answer_is_watched_with_and_without_the_changes(page: Page) -> None:
    page.evaluate(
        f"{SHORT}; document.querySelector('#measures input').click(); document.getElementById('run').click()"
    )
    page.until("!document.getElementById('files').hidden")
    page.evaluate("document.getElementById('tab-day').click()")
    player = "document.getElementById('player')"
    page.until(f"{player}.contentWindow.watch !== undefined")
    inside = f"{player}.contentDocument"
    title = page.evaluate(f"{inside}.querySelector('h1').textContent")
    page.evaluate(f"{player}.contentWindow.watch.seek(0); {inside}.getElementById('worst').click()")
    assert page.evaluate(f"{player}.contentWindow.watch.time()") % 300 == 0
    for field, value in (("side", "before"), ("date", "2025-01-05")):
        page.evaluate(
            f"{player}.contentWindow.old = 1; document.getElementById('{field}').value = '{value}';"
            f"document.getElementById('{field}').dispatchEvent(new Event('change', {{ bubbles: true }}))"
        )
        page.until(f"!{player}.contentWindow.old && {player}.contentWindow.watch !== undefined")
        assert page.evaluate(f"{inside}.querySelector('h1').textContent") != title
        title = page.evaluate(f"{inside}.querySelector('h1').textContent")
    page.evaluate(
        "(() => { const date = document.getElementById('date'); date.value = '2025-03-05';"
        " date.dispatchEvent(new Event('change')); })()"
    )
    page.until(f"{inside}.body.textContent.includes('1..30')")


def test_coordinates_are_typed_for_a_new_place_and_for_one_that_is_there(page: Page) -> None:
    page.evaluate("document.getElementById('typed').focus()")
    page.send("Input.insertText", text="118.6， 28.7")
    press(page, "Enter")
    assert page.evaluate(PLACED) == "118.60000/28.70000"
    page.evaluate("document.querySelector('#sites [title=府东街站]').click()")
    page.evaluate(
        "document.querySelector('#changes input').focus(); document.querySelector('#changes input').select()"
    )
    page.send("Input.insertText", text="118.85/28.95")
    press(page, "Tab")
    assert "118.85000/28.95000" in page.evaluate(PLACED)
    assert page.evaluate("document.querySelectorAll('#sites .moved').length") == 1
    for wrong in ("north", "118.6", "1/2/3"):
        page.evaluate("document.getElementById('typed').focus(); document.getElementById('typed').select()")
        page.send("Input.insertText", text=wrong)
        press(page, "Enter")
        assert wrong in page.evaluate("document.getElementById('told').textContent")
    assert page.evaluate("document.querySelectorAll('#sites .new').length") == 1
    page.evaluate("document.getElementById('map').scrollIntoView()")
    x, y = page.evaluate(
        "(() => { const b = document.getElementById('map').getBoundingClientRect(); return [b.x + 30, b.y + 30]; })()"
    )
    page.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    page.until("/1[0-9]{2}[.][0-9]{5}/.test(document.getElementById('town-told').textContent)")
