"""docs/policy-register.md is generated from the plan, and the command writes it whole or not at all."""

from pathlib import Path

import pytest

import sim
from experiments.reference import policy_register
from sim.config.compose import compose

COMMITTED = Path(sim.__file__).parents[1] / "docs" / "policy-register.md"


@pytest.fixture(scope="module")
def page():
    return policy_register.page()


def test_committed_page_equals_the_generated_page(page):
    assert COMMITTED.read_text(encoding="utf-8") == page, (
        "run python -m experiments.reference.policy_register"
    )


def test_page_quotes_every_clause(page):
    register = compose(["scenario=2025"]).plan.register
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    for number, clause in register.items():
        row = next(line for line in rows if line.startswith(f"| {number} |"))
        assert all(quote in row for quote in clause.quotes)
        assert clause.commitment in row
        assert clause.outside in row
        assert all(f"`{key}`" in row for key in clause.sets)


def test_page_states_that_stations_are_starts_of_works(page):
    for line in page.splitlines():
        if "开工建设" in line and line.startswith("| 七(二)"):
            assert "START of works" in line
    assert "promise the *start of works*" in page
    assert "| 智慧新城二级站 | 七(二)b | 2024 | 9 | 18 | 2026.2 | 2024 |" in page


def test_command_writes_to_the_given_file(tmp_path, page, capsys, monkeypatch):
    monkeypatch.setattr(policy_register, "page", lambda arguments: page)
    path = tmp_path / "new" / "register.md"
    assert policy_register.main([f"out={path}"]) == 0
    assert path.read_text(encoding="utf-8") == page
    assert str(path) in capsys.readouterr().out
    assert [item.name for item in path.parent.iterdir()] == ["register.md"]


def test_wrong_arguments_give_one_sentence_and_write_nothing(tmp_path, capsys, monkeypatch):
    path = tmp_path / "register.md"
    assert policy_register.main([f"out={path}", "plan.patrol_cars.share=2"]) == 2
    assert "plan.patrol_cars.share is 2" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(policy_register, "page", lambda arguments: "page")
    assert policy_register.main([f"out={tmp_path / 'file' / 'register.md'}"]) == 2
    assert "cannot write" in capsys.readouterr().err
    assert [item.name for item in tmp_path.iterdir()] == ["file"]
