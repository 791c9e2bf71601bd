"""The page's server: who is answered, what may be asked, and that the answer is the command line's."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pytest
from helpers.command_line import sim

from sim.app import answer
from sim.app import server as serving
from sim.app.questions import Questions
from sim.app.server import HOST, MOST_TABS, Server
from sim.app.study import Study

NEST = ["scenario=2027", "days=3", "replications=2", "add=nest@118.6/28.7", "plan.patrol_cars.enabled=false"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(0, Questions([]), "en") as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


def get(server: Server, path: str, **headers: str) -> tuple[int, bytes, Any]:
    connection = HTTPConnection(HOST, server.server_port)
    connection.request("GET", path, headers=headers)
    found = connection.getresponse()
    status, content, told = found.status, found.read(), found.headers
    connection.close()
    return status, content, told


class Tab:
    def __init__(self, server: Server) -> None:
        self.server = server
        match = re.search(rb'data-tab="([^"]+)"', get(server, "/")[1])
        assert match
        self.secret = match[1].decode()

    def post(self, path: str, content: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
        connection = HTTPConnection(HOST, self.server.server_port)
        own = {"X-Tab": self.secret, **headers}
        connection.request("POST", path, json.dumps(content or {}), own)
        found = connection.getresponse()
        text = found.read()
        connection.close()
        return found.status, json.loads(text) if text else None

    def ask(self, path: str, **content: Any) -> Any:
        status, found = self.post(path, content)
        assert status == 200
        return found

    def over(self) -> Any:
        while (found := self.ask("/state"))["state"] != "over":
            time.sleep(0.05)
        return found


def test_the_answer_and_the_saved_file_are_those_of_the_command_line(server: Server, tmp_path: Path) -> None:
    tab = Tab(server)
    assert "problem" not in tab.ask("/start", words=NEST)
    found = tab.over()
    assert (found["problem"], found["done"]) == ("", 2)
    file = tmp_path / "mine.txt"
    file.write_text(tab.ask("/save", words=NEST)["text"], encoding="utf-8")
    assert tab.ask("/open", text=file.read_text(encoding="utf-8"))["words"] == [
        *(word for word in NEST if not word.startswith("replications")),
        "replications=2",
    ]
    told = sim("whatif", f"file={file}", "figures=none", f"out={tmp_path / 'w'}", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    table = get(server, f"/comparison.csv?tab={tab.secret}")[1]
    assert table == (tmp_path / "w" / "comparison.csv").read_bytes()
    row = (
        pd.read_csv(tmp_path / "w" / "comparison.csv")
        .set_index(["kpi", "by"])
        .loc[("first_capable_mean", "all")]
    )
    shown = found["answer"]["headline"]["change"].replace("−", "-")
    decimals = len(shown.partition(".")[2])
    assert float(shown) == pytest.approx(row["difference"], abs=0.51 * 10**-decimals)


@pytest.mark.slow
def test_the_archive_holds_report_tables_and_pictures_of_the_answer_shown(server: Server) -> None:
    pytest.importorskip("plotly", reason="the extra `report` is not installed")
    tab = Tab(server)
    tab.ask("/start", words=NEST, language="zh")
    tab.over()
    tab.ask("/write", language="zh")
    found = tab.over()
    assert (found["problem"], found["packed"]) == ("", True)
    with ZipFile(BytesIO(get(server, f"/what-if.zip?tab={tab.secret}")[1])) as archive:
        names = archive.namelist()
        table = archive.read("comparison.csv")
    assert {"what-if.txt", "report.zh.html", "without/run.json", "with/run.json"} <= set(names)
    assert any(name.startswith("figures/") and name.endswith(".png") for name in names)
    assert table == get(server, f"/comparison.csv?tab={tab.secret}")[1]


def test_a_tab_is_not_disturbed_by_another_that_cancels(server: Server) -> None:
    first, second = Tab(server), Tab(server)
    first.ask("/start", words=["days=20", "replications=500", "plan.drone_nests.enabled=false"])
    second.ask("/start", words=NEST)
    first.ask("/cancel")
    assert second.over()["done"] == 2
    assert first.over()["done"] < 500


def test_a_study_that_takes_long_is_told_beforehand_and_not_begun(server: Server) -> None:
    tab = Tab(server)
    assert tab.ask("/start", words=["replications=100000", "plan.drone_nests.enabled=false"])["long"] > 60
    assert tab.ask("/state") == {"state": "over", "done": 0}


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("dispatch.policy=evil:Class", "dispatch.policy cannot be changed on the page"),
        ("region.folder=/etc", "region.folder cannot be changed on the page"),
        ("out=/tmp/elsewhere", "out cannot be changed"),
        ("travel.night_factor=1.9", "outside the parameter book's range"),
        ("travel.night_factor=nan", "cannot be changed on the page"),
        ("scenario=1999", "scenario is '1999'"),
        ("replications=auto", "replications is auto"),
        ("add=nest@10/10", "allowed: a place in the region"),
        ("close=nowhere", "region.closed holds 'nowhere'"),
    ],
)
def test_what_the_schema_or_the_page_does_not_allow_is_one_sentence(
    server: Server, word: str, problem: str
) -> None:
    found = Tab(server).ask("/start", words=["plan.drone_nests.enabled=false", word])
    assert problem in found["problem"]
    assert "\n" not in found["problem"]


def test_another_site_or_a_request_without_the_tabs_secret_gets_nothing(server: Server) -> None:
    tab, port = Tab(server), server.server_port
    assert server.server_address[0] == "127.0.0.1"
    assert get(server, "/", Host=f"evil.example:{port}")[0] == 403
    for kind in ("script", "iframe"):
        assert get(server, "/", **{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": kind})[0] == 403
    assert tab.post("/start", {"words": NEST}, Origin="http://evil.example")[0] == 403
    assert tab.post("/start", {"words": NEST}, **{"X-Tab": "guessed"})[0] == 403
    assert get(server, "/comparison.csv?tab=guessed")[0] == 404
    assert get(server, "/../pyproject.toml")[0] == 404
    _, page, headers = get(server, "/?lang=zh")
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert not re.findall(rb"""(?:src|href)=["'](?:https?:)?//""", page)


def test_parts_of_the_page_come_in_the_tabs_language_and_nothing_else_does(server: Server) -> None:
    assert get(server, "/app.js?lang=zh")[0] == get(server, "/app.css?lang=zh")[0] == 200
    assert get(server, "/?lang=xx")[0] == 404
    tab = Tab(server)
    assert tab.ask("/cancel") == {}
    assert tab.ask("/write")["problem"] == "there is no answer yet: run first."
    assert "words is no list" in tab.ask("/start", words="scenario=2027")["problem"]
    assert "words is no list" in tab.ask("/start", words=["a\x1b"])["problem"]
    connection = HTTPConnection(HOST, server.server_port)
    connection.request("POST", "/state", "{", {"X-Tab": tab.secret})
    assert "not one of the page's" in json.loads(connection.getresponse().read())["problem"]
    connection.close()
    for path, text in (
        ("/state", '{"seen": 1e999}'),
        ("/open", '{"text": "\\ud800=3"}'),
        ("/state", "[" * 50_000),
    ):
        connection = HTTPConnection(HOST, server.server_port)
        connection.request("POST", path, text, {"X-Tab": tab.secret})
        assert connection.getresponse().status == 200
        connection.close()
    assert tab.post("/state", {"seen": "x"})[1] == {"state": "over", "done": 0}
    assert tab.post("/nothing")[0] == 403


def test_a_day_of_the_answer_is_a_page_and_a_day_that_is_none_a_sentence(server: Server) -> None:
    tab = Tab(server)
    assert tab.ask("/open", text="# mine\nadd=nest@118.6/28.7\n")["words"] == ["add=nest@118.6/28.7"]
    tab.ask("/start", words=NEST)
    assert tab.over()["done"] == 2
    assert tab.ask("/state", seen=0, language="zh")["answer"]
    assert tab.ask("/save", words=NEST)["text"].count("add=nest@118.6/28.7") == 1
    assert (
        "scenario=2030" in tab.ask("/save", words=["scenario=2030", "plan.drone_nests.enabled=false"])["text"]
    )
    for side in ("before", "after"):
        status, page, _ = get(server, f"/day.html?tab={tab.secret}&side={side}&lang=zh")
        assert status == 200
        assert page.startswith(b"<!doctype html>")
    status, told, _ = get(server, f"/day.html?tab={tab.secret}&day=2030-13-01")
    assert status == 200
    assert b"day is" in told
    assert b"<" not in told


def test_too_many_studies_wait_and_those_of_silent_tabs_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MOST_RUNNING", 1)
    long = ["days=365", "replications=300", "plan.drone_nests.enabled=false"]
    with Server(0, Questions([]), "en") as made:
        first, second = (made.tabs[made.opened()] for _ in range(2))
        assert "expected" in made.start(first, {"words": long, "long": True})
        assert made.start(second, {"words": long, "long": True}) == {"busy": 1}
        assert second.study is None
        monkeypatch.setattr(serving, "SILENT_S", 0.0)
        assert made.running() == 1
        assert first.study
        assert first.study.cancelled.is_set()
        monkeypatch.setattr(serving, "SILENT_S", 180.0)
        for _ in range(MOST_TABS):
            made.opened()
        assert len(made.tabs) == MOST_TABS
        assert first not in made.tabs.values()  # the one that was silent longest
        assert not first.study.folder.exists()


def test_a_study_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Study) -> Iterator[Any]:
        raise MemoryError
        yield

    monkeypatch.setattr(Study, "_results", fail)
    with Server(0, Questions([]), "en") as made:
        tab = made.tabs[made.opened()]
        made.start(tab, {"words": NEST})
        while (told := made.told(tab, {}))["state"] != "over":
            time.sleep(0.01)
        assert "memory" in told["problem"]
        assert told["done"] == 0


def test_a_port_in_use_is_refused_in_one_sentence(server: Server, tmp_path: Path) -> None:
    told = sim("app", f"port={server.server_port}", cwd=tmp_path)
    assert told.returncode == 2
    assert told.stderr.startswith(f"error: port is {server.server_port}, which cannot be used")
    assert told.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "half", "text"),
    [(11.0836, 0.43, "11.1"), (11.0836, 0.23, "11.08"), (1004.2, 170, "1,000"),
     (11.0836, 4.0, "11"), (8602541, 300000, "8,600,000"),
     (-0.004, 0.02, "0.00"),
     (2.0659, 0.0, "2.1"), (float("nan"), 1.0, "–"), (12.3, float("nan"), "12")],
)  # fmt: skip
def test_no_digit_is_shown_that_is_not_known(value: float, half: float, text: str) -> None:
    assert answer.digits(value, half) == text
