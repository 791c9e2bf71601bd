"""The notebooks of the documentation run, cell by cell, and show what they say they show."""

from pathlib import Path

import pytest

from experiments.reference import notebooks


def stored(file: Path) -> list[str]:
    return [
        "".join("".join(output["data"]["text/plain"]) for output in cell.get("outputs", ()))
        for cell in notebooks.cells(file)
    ]


def test_there_are_two_notebooks_with_their_output() -> None:
    assert len(notebooks.FILES) == 2
    for file in notebooks.FILES:
        assert sum(bool(text) for text in stored(file)) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("file", notebooks.FILES, ids=lambda file: file.stem)
def test_a_notebook_shows_what_it_gives_today(file: Path) -> None:
    shown = [cell.get("text/plain", "") for cell in notebooks.executed(file)]
    assert shown == stored(file), "run python -m experiments.reference.notebooks"
