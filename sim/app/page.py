"""The page in one language: its words, style and script, all from here."""

from __future__ import annotations

from importlib import resources
from typing import Any, Final

from jinja2 import PackageLoader

from sim.app.questions import Questions
from sim.config.text import from_yaml
from sim.plots.labels import LABELS, shown
from sim.reports.page import environment, font_face
from sim.reports.report_runs import Language, catalogue

CITY = "city_"
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")


class Page:
    """What a browser is sent."""

    def __init__(self, questions: Questions, language: Language) -> None:
        texts = from_yaml(_file("words.yaml"))
        self.language = language
        facts: dict[str, Any] = questions.facts(language)
        self.words = words = {key: text[language] for key, text in texts.items()}
        if facts["of_city"]:  # a city has no plan to be set against
            words |= {key.removeprefix(CITY): text for key, text in words.items() if key.startswith(CITY)}
        facts |= {"words": words, "language": language}
        templates = environment()
        templates.loader = PackageLoader("sim.app", ".")
        self._template = templates.get_template("app.html")
        self._values = {
            "t": words,
            "facts": facts,
            "language": language,
            "tabs": questions.tabs,
            "title": f"{words['title']} · {facts['city']}",
        }
        said = (
            "".join(label.zh for label in LABELS.values())
            + str(catalogue("zh")["units"])
            + shown("CNY/yr")[0]
        )  # in answers
        self.style = (_file("app.css") + font_face(self._rendered("") + said)).encode()
        self.script = _file("app.js").encode()

    def _rendered(self, tab: str) -> str:
        return self._template.render(self._values, tab=tab)

    def html(self, tab: str) -> bytes:
        """Return the page of a tab."""
        return self._rendered(tab).encode()


def _file(name: str) -> str:
    return (resources.files("sim.app") / name).read_text(encoding="utf-8")
