"""The page for another city: its own places, the command line's numbers, and no word of the plan."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.chromium import Page, found
from helpers.command_line import sim
from helpers.made_up_city import tables, write
from test_server import Tab, get

from sim import cli
from sim.app.city import CityQuestions, CityStudy
from sim.app.server import HOST, Server

BROWSER = found()
WORDS = ["add=New 1@4500/4500:engine", "close=S00", "replications=3"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    raw = tmp_path_factory.mktemp("raw")
    file = write(raw, tables(7, 300))
    home = raw.parent / "gridton"
    assert cli.main(["city", "import", str(file), str(raw), f"out={home}"]) == 0
    assert cli.main(["city", "fit", str(home)]) == 0
    return home


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Server]:
    with Server(0, CityQuestions(home), "en", CityStudy) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def test_the_answer_of_a_city_is_the_command_lines(server: Server, home: Path, tmp_path: Path) -> None:
    tab = Tab(server)
    assert "problem" not in tab.ask("/start", words=WORDS)
    found = tab.over()
    assert (found["problem"], found["done"]) == ("", 3)
    assert len(found["answer"]["map"]) == len(server.questions.facts("en")["map"]["towns"])
    saved = tab.ask("/save", words=WORDS)["text"]
    assert tab.ask("/open", text=saved)["words"] == WORDS
    (tmp_path / "mine.txt").write_text(saved, encoding="utf-8")
    assert f"whatif {home} file=" in saved
    assert cli.main(["city", "whatif", str(home), f"file={tmp_path / 'mine.txt'}", f"out={tmp_path}"]) == 0
    assert get(server, f"/comparison.csv?tab={tab.secret}")[1] == (tmp_path / "whatif.csv").read_bytes()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([], "nothing is changed"),
        (["close=S99"], "close names S99, which is no station or vehicle"),
        (["close=S00", "out=/tmp/x"], "out cannot be changed on the page"),
        (["scenario=2027"], "scenario cannot be changed on the page"),
        (["add=New@4500/4500:boat"], "boat is no kind of the city"),
    ],
)
def test_what_a_city_does_not_allow_is_one_sentence(server: Server, words: list[str], problem: str) -> None:
    assert problem in Tab(server).ask("/start", words=words)["problem"]


def test_a_key_of_the_plan_has_no_meaning_with_a_city(home: Path) -> None:
    told = sim("app", f"city={home}", "plan.career.enabled=false")
    assert told.stderr.startswith("error: plan.career.enabled has no meaning with city")
    assert (told.returncode, told.stderr.count("\n")) == (2, 1)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: apt-get install chromium")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_city_is_changed_on_the_map_and_no_word_of_the_plan_is_seen(
    server: Server, language: str, tmp_path: Path
) -> None:
    page = Page(str(BROWSER), tmp_path / "profile")
    try:
        page.send("Page.navigate", url=f"http://{HOST}:{server.server_port}/?lang={language}")
        page.until("document.body?.dataset.ready === 'yes'")
        page.evaluate(
            "document.getElementById('years').value = 3; document.getElementById('add').click();"
            "for (const [name, key] of [['S11', 'ArrowUp'], ['S22', 'Delete']])"
            " { document.querySelector(`#sites [title=${name}]`).dispatchEvent(new KeyboardEvent('keydown', { key })); }"
            "document.getElementById('run').click()"
        )
        page.until("!document.getElementById('files').hidden")
        assert page.evaluate("document.querySelectorAll('#panel-times tbody tr').length") == 5
        assert page.evaluate("document.getElementById('changes').children.length") == 3
        page.evaluate("document.getElementById('tab-times').click()")
        seen = page.evaluate("document.body.innerText") + page.evaluate(
            "[...document.querySelectorAll('[title], [aria-label]')].map((one) => one.title + one.ariaLabel).join()"
        )
        plan = r"(?i)\bplan\b|measure|drone|119|patrol|township|capable|规划|措施|机巢|无人机|巡逻|专职|乡镇|有效力量"
        assert re.findall(plan, seen) == []
        assert page.complaints() == []
        assert {url.split("/")[2] for url in page.requests()} == {f"{HOST}:{server.server_port}"}
    finally:
        page.close()
