"""docs/configuration.md is generated from the schema and the shipped values."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from experiments.reference import configuration_reference as reference
from sim.config.compose import compose, config_folder
from sim.config.schema import Config

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def page() -> str:
    return (ROOT / reference.PAGE).read_text(encoding="utf-8")


def test_committed_page_equals_the_generated_page(page: str) -> None:
    assert page == reference.render(compose()), "run python -m experiments.reference.configuration_reference"


def test_page_lists_every_group_and_key(page: str) -> None:
    for field in dataclasses.fields(Config):
        assert f"## {field.name}\n" in page or f"| `{field.name}` |" in page, field.name


def test_page_names_every_file_of_a_group(page: str) -> None:
    groups = {field.name for field in dataclasses.fields(Config)}
    for file in config_folder().glob("*/*.yaml"):
        if file.parent.name in groups:
            assert f"`{file.parent.name}={file.stem}`" in page


def test_row_gives_value_unit_range_meaning_source_and_confidence(page: str) -> None:
    assert (
        "| `dispatch.centre.seats` | 4 | seats | whole 1..10000 | seats that answer calls | `m_seats` | assumption |"
        in page
    )
    assert (
        "| `travel.acceleration_ms2` | 0.4 | m/s2 | 0..10 | effective acceleration; 0 means cruise from the start "
        "| `a_eff` | literature |"
    ) in page
    assert "| `forces.professional.turnout` | lognormal 55 s, sd_log 0.3 |" in page


def test_every_row_has_as_many_cells_as_the_header(page: str) -> None:
    lines = [line for line in page.splitlines() if line.startswith("|")]
    assert len(lines) > 200
    assert {line.replace("\\|", "").count("|") for line in lines} == {len(reference.HEADINGS) + 1}


def test_every_key_has_a_meaning_and_every_number_a_range() -> None:
    for entry in reference.entries(compose()):
        assert entry.meaning, entry.key
        assert entry.allowed, entry.key


def test_page_shows_a_changed_value() -> None:
    before = reference.render(compose())
    after = reference.render(compose(["dispatch.centre.seats=7"]))
    assert after == before.replace("| `dispatch.centre.seats` | 4 |", "| `dispatch.centre.seats` | 7 |")


def test_command_writes_to_the_given_file(
    tmp_path: Path, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reference.main([f"out={tmp_path / 'page.md'}"]) == 0
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page
    assert "page.md" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["page.md"], ["out="], ["out=a", "out=b"], ["out=/dev/null/page.md"]])
def test_wrong_arguments_are_refused_in_one_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert reference.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
