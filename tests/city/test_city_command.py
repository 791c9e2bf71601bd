"""`python -m sim city` from raw files to a page: the words of a new user, right and wrong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from helpers.made_up_city import tables, write

from sim import cli


def city(*words: object) -> int:
    """Return the exit status of a command."""
    return cli.main(["city", *map(str, words)])


def test_from_raw_files_to_a_page_about_incidents_that_the_fit_has_not_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    raw = tables(21, 500)
    log = raw["log"].assign(
        what=lambda rows: ["fire" if number % 3 else "rescue" for number in rows["number"]]
    )
    half = log["number"] % 2 == 0
    file = write(tmp_path / "raw", raw | {"log": log[half]})
    log[~half].replace({"what": {"rescue": "a type that the fit has not seen"}}).to_csv(
        tmp_path / "others.csv", index=False
    )
    home, others = tmp_path / "city", tmp_path / "others"
    assert city("import", file, tmp_path / "raw", f"out={home}") == 0
    assert city("import", file, tmp_path / "raw", f"log={tmp_path / 'others.csv'}", f"out={others}") == 0
    assert city("check", home) == 0
    assert city("fit", home) == 0
    asked = ("replay", home, f"log={others / 'log.csv'}", "replications=3", "workers=1")
    assert city(*asked, f"out={tmp_path / 'page'}") == 0
    assert "where stations stand" in capsys.readouterr().out
    found = pd.read_csv(tmp_path / "page" / "validation.csv").set_index("quantity")
    assert found.loc["first unit, median", "met"]
    names = {path.name for path in (tmp_path / "page").iterdir()}
    assert names == {"validation.md", "validation.csv", "validation.png", "validation.svg", "fit.json"}
    assert city("replay", home, f"log={home / 'log.csv'}") == 2
    assert "has no incident that" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("chek", "x"), "city chek is no action (did you mean check?)"),
        (("import", "san_francisco", "raw"), "out is missing"),
        (
            ("import", "sanfrancisco", "raw", "out=x"),
            "there is no map sanfrancisco (did you mean san_francisco?)",
        ),
        (("check", "x", "share=0.5"), "share has no meaning with city check; its options: none"),
        (("fit", "x", "y"), "city fit has 2 words after it; allowed: fit FOLDER"),
        (("check", "nowhere"), "nowhere is no folder"),
        (
            ("import", "san_francisco", "nowhere", "out=x"),
            "there is no folder nowhere: give the folder that holds calls",
        ),
    ],
)
def test_words_that_do_not_fit_are_refused_in_a_sentence(
    words: tuple[str, ...],
    problem: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert city(*words) == 2
    assert problem in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_what_if_repeats_what_the_validation_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "city"
    file = write(tmp_path / "raw", tables(21, 400))
    assert city("import", file, tmp_path / "raw", f"out={home}") == 0
    assert city("fit", home) == 0
    asked = ("whatif", home, "close=S11", "replications=2", "workers=1")
    assert city(*asked) == 0
    told = capsys.readouterr().out
    assert "not known yet: python -m sim city validate" in told
    assert "Nothing of this was kept" in told
    assert city("validate", home, "replications=2", "workers=1") == 0
    assert city(*asked, f"out={tmp_path / 'kept'}") == 0
    told = capsys.readouterr().out
    assert "for where stations stand, and how many, " in told
    assert str(tmp_path / "city-validation" / "validation.md") in told
