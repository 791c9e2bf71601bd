"""The server of the page: on the loopback alone, a study for each tab, every request checked for where it comes from."""

from __future__ import annotations

import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from sim.app import day, page
from sim.app.questions import Questions
from sim.app.study import OVER, RUNNING, Study
from sim.errors import SimError
from sim.options import lines
from sim.reports.report_runs import Language

HOST = "127.0.0.1"
MOST_BYTES = 100_000  # of what a tab sends
MOST_TABS, MOST_RUNNING = 32, 3
LONG_S = 600.0  # a tab is asked before a longer study begins
SILENT_S = 180.0  # a tab that has asked for nothing for so long is closed
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src data:; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Tab:
    """A page that is open in a browser."""

    def __init__(self) -> None:
        self.seen, self.study = time.monotonic(), None
        self.lock = threading.Lock()

    study: Study | None

    def close(self) -> None:
        """End what it runs."""
        if self.study:
            self.study.close()


class Server(ThreadingHTTPServer):
    """The pages of one process."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, port: int, questions: Questions, language: Language, study: type[Study] = Study
    ) -> None:
        self.tabs: dict[str, Tab] = {}
        self._lock = threading.Lock()
        super().__init__((HOST, port), Handler)
        self.questions, self.language, self.study = questions, language, study
        self.hosts = {f"{name}:{self.server_port}" for name in (HOST, "localhost")}
        self.pages: dict[str, page.Page] = {name: page.Page(questions, name) for name in page.LANGUAGES}

    def server_close(self) -> None:
        """End, and leave nothing of any tab behind."""
        super().server_close()
        for tab in self.tabs.values():
            tab.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that left while it was being answered."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def opened(self) -> str:
        """Return the secret of a new tab; the oldest go where there are too many, and those that are silent."""
        with self._lock:
            now = time.monotonic()
            old = sorted(self.tabs, key=lambda key: self.tabs[key].seen)
            spare = len(old) + 1 - MOST_TABS
            for row, key in enumerate(old):
                if row < spare or now - self.tabs[key].seen > SILENT_S:
                    self.tabs.pop(key).close()
            secret = secrets.token_urlsafe(16)
            self.tabs[secret] = Tab()
            return secret

    def running(self) -> int:
        """Count the studies under way; one whose tab is gone ends."""
        with self._lock:
            tabs = list(self.tabs.values())
        for tab in tabs:
            if tab.study and tab.study.state == RUNNING and time.monotonic() - tab.seen > SILENT_S:
                tab.study.cancel()
        return sum(tab.study is not None and tab.study.state != OVER for tab in tabs)

    def start(self, tab: Tab, asked: dict[str, Any]) -> dict[str, Any]:
        """Begin a study in place of the tab's last one; a long one only when it is meant."""
        with tab.lock:
            if tab.study:
                tab.study.cancel()
            study = self.study(self.questions, _words(asked))
            if tab.study:
                study.rate = tab.study.rate
            if study.expected_s > LONG_S and not asked.get("long"):
                study.close()
                return {"long": round(study.expected_s / 60)}
            if self.running() >= MOST_RUNNING:
                study.close()
                return {"busy": MOST_RUNNING}
            if tab.study:
                tab.study.close()
            tab.study = study
            study.start()
        return {"expected": round(study.expected_s)}

    def told(self, tab: Tab, asked: dict[str, Any]) -> dict[str, Any]:
        """Say how far the tab's study is; its answer where it has more than the tab has seen."""
        study = tab.study
        if study is None:
            return {"state": OVER, "done": 0}
        done, state = study.done, study.state
        found = {"state": state, "done": done, "wanted": study.wanted, "problem": study.problem,
                 "seconds": round(study.seconds, 1), "packed": study.packed.is_file()}  # fmt: skip
        if done > int(asked.get("seen", 0)):
            language = _language(asked)
            found["answer"] = study.answer(language, self.pages[language].words)
        return found

    def cancel(self, tab: Tab, asked: dict[str, Any]) -> dict[str, Any]:
        """End the tab's study."""
        del asked
        if tab.study:
            tab.study.cancel()
        return {}

    def write(self, tab: Tab, asked: dict[str, Any]) -> dict[str, Any]:
        """Make report, tables and pictures of the tab's study."""
        if tab.study is None or tab.study.state != OVER or not tab.study.done:
            raise SimError("there is no answer yet: run first.")
        tab.study.write(_language(asked))
        return {}

    def opened_file(self, tab: Tab, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the words of a saved file, checked."""
        del tab
        words = [word for word in lines(str(asked.get("text", ""))) if word not in self.questions.base]
        self.study(self.questions, words).close()
        return {"words": words}

    def saved(self, tab: Tab, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the file of a question; that of the answer, if the question is still the same."""
        words = _words(asked)
        study = tab.study
        if study is None or study.words != words:
            study = self.study(self.questions, words)
            study.close()
        return {"text": study.file()}


def _words(asked: dict[str, Any]) -> list[str]:
    words = asked.get("words")
    if not isinstance(words, list) or not all(isinstance(word, str) and word.isprintable() for word in words):
        raise SimError("words is no list; allowed: a list of texts such as scenario=2027.")
    return words


def _language(asked: dict[str, Any]) -> Language:
    return "zh" if asked.get("language") == "zh" else "en"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30
    POSTS: ClassVar[dict[str, Callable[[Server, Tab, dict[str, Any]], dict[str, Any]]]] = {
        "/start": Server.start, "/state": Server.told, "/cancel": Server.cancel, "/write": Server.write,
        "/open": Server.opened_file, "/save": Server.saved,
    }  # fmt: skip

    def do_GET(self) -> None:
        """Answer with the page, a part of it, or a file of a tab's study."""
        if not self._own():
            return
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        language = query.get("lang", self.server.language)
        shown = self.server.pages.get(language)
        if shown is None:
            self._send(HTTPStatus.NOT_FOUND, b"")
        elif parts.path == "/":
            self._send(HTTPStatus.OK, shown.html(self.server.opened()), "text/html; charset=utf-8")
        elif parts.path == "/app.js":
            self._send(HTTPStatus.OK, shown.script, "text/javascript; charset=utf-8")
        elif parts.path == "/app.css":
            self._send(HTTPStatus.OK, shown.style, "text/css; charset=utf-8")
        else:
            self._file(parts.path, self.server.tabs.get(query.get("tab", "")), shown, query)

    def _file(self, path: str, tab: Tab | None, shown: page.Page, query: dict[str, str]) -> None:
        study = tab.study if tab else None
        if study and path == "/comparison.csv" and study.done:
            self._send(HTTPStatus.OK, study.comparison(), "text/csv; charset=utf-8", "comparison.csv")
        elif study and path == "/day.html" and study.done:
            self._day(study, shown, query)
        elif study and path == "/what-if.zip" and study.packed.is_file():
            self._send(HTTPStatus.OK, study.packed.read_bytes(), "application/zip", "what-if.zip")
        else:
            self._send(HTTPStatus.NOT_FOUND, b"")

    def _day(self, study: Study, shown: page.Page, query: dict[str, str]) -> None:
        side = int(query.get("side") == "after")
        name = shown.words["after" if side else "before"]
        try:
            found = day.page(study, side, name, query.get("day", ""), shown.language)
        except SimError as problem:
            self._send(HTTPStatus.OK, str(problem).encode(), "text/plain; charset=utf-8", policy=day.POLICY)
        else:
            self._send(HTTPStatus.OK, found, "text/html; charset=utf-8", policy=day.POLICY)

    def do_POST(self) -> None:
        """Do what a tab asks for; a mistake is a sentence."""
        if not self._own():
            return
        size = self.headers.get("Content-Length", "")
        tab = self.server.tabs.get(self.headers.get("X-Tab", ""))
        do = self.POSTS.get(self.path)
        if tab is None or do is None or not (size.isascii() and size.isdigit()) or int(size) > MOST_BYTES:
            self.close_connection = True
            self._send(HTTPStatus.FORBIDDEN, b'{"gone": true}', "application/json")
            return
        tab.seen = time.monotonic()
        try:
            asked = json.loads(self.rfile.read(int(size)))
            found = do(self.server, tab, asked if isinstance(asked, dict) else {})
        except SimError as problem:
            found = {"problem": str(problem)}
        except (TypeError, ValueError, OverflowError, RecursionError):
            found = {"problem": "the request is not one of the page's."}
        self._send(
            HTTPStatus.OK, json.dumps(found, ensure_ascii=False).encode(errors="replace"), "application/json"
        )

    def _own(self) -> bool:
        """Whether the request comes from this page; another site, or a name that leads here, gets nothing."""
        headers = self.headers.get
        origin, host = headers("Origin"), headers("Host", "")
        own = host in self.server.hosts and origin in (None, f"http://{host}")
        strange = headers("Sec-Fetch-Site") == "cross-site" and headers("Sec-Fetch-Dest") != "document"
        if not own or strange:
            self.close_connection = True
            self._send(HTTPStatus.FORBIDDEN, b"")
            return False
        return True

    def _send(
        self,
        status: HTTPStatus,
        content: bytes,
        kind: str = "text/plain",
        name: str = "",
        policy: str = POLICY,
    ) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind, "Content-Length": str(len(content)), "Cache-Control": "no-store",
            "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
        }  # fmt: skip
        if name:
            headers["Content-Disposition"] = f'attachment; filename="{name}"'
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing: the terminal is the user's."""
