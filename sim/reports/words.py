"""The sentences of a report: one catalogue per language, `languages/en.yaml` and `languages/zh.yaml`."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, Literal

from sim.config.text import from_yaml

Language = Literal["en", "zh"]


@cache
def catalogue(language: Language) -> dict[str, Any]:
    """Return the catalogue of a language: words, method and measures; Chinese also translates table entries."""
    file = resources.files("sim.reports") / "languages" / f"{language}.yaml"
    return from_yaml(file.read_text(encoding="utf-8"))


def text(key: str, language: Language, **values: object) -> str:
    """Return a sentence in a language with its values put in."""
    return str(catalogue(language)["words"][key]).format(**values)


def entry(part: str, key: str, language: Language) -> str:
    """Return the words for a key in a part of the catalogue; a key that it does not hold stays as it is."""
    return str(catalogue(language).get(part, {}).get(key, key))


def translated(part: str, words: str, language: Language) -> str:
    """Replace the patterns of a part of the catalogue (`levels`, `notes`); other words stay as they are."""
    for pattern, replacement in catalogue(language).get(part, {}).items():
        words = re.sub(pattern, replacement, words)
    return words
