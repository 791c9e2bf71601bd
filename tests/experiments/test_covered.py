"""The table of coverage by room: sums by hand, and one sentence for wrong input."""

from __future__ import annotations

import json

import pytest

from experiments.verification import coverage_table


def report(*files: tuple[str, int, int, int, int]) -> dict[str, object]:
    names = ("num_statements", "covered_lines", "num_branches", "covered_branches")
    return {"files": {name: {"summary": dict(zip(names, counts, strict=True))} for name, *counts in files}}


def test_room_is_the_sum_of_its_files(tmp_path, monkeypatch, capsys):
    file, table = tmp_path / "coverage.json", tmp_path / "coverage.csv"
    monkeypatch.setattr(coverage_table, "TABLE", table)
    found = report(
        ("sim/cli.py", 10, 9, 4, 3),
        ("sim/world/a.py", 20, 20, 6, 5),
        ("sim/world/deep/b.py", 5, 5, 2, 2),
    )
    file.write_text(json.dumps(found), encoding="utf-8")
    assert coverage_table.main([str(file)]) == 0
    assert coverage_table.read().to_numpy().tolist() == [
        ["sim", 10, 9, 4, 3],
        ["sim/world", 25, 25, 8, 7],
        ["all", 35, 34, 12, 10],
    ]
    assert "83.3% of branches, 97.1% of statements" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read: No such file"),
        ("{}", "is no JSON report of coverage.py"),
        ("no", "is no JSON report"),
    ],
)
def test_file_that_is_no_report_is_refused_in_one_sentence(tmp_path, capsys, content, words):
    file = tmp_path / "coverage.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    assert coverage_table.main([str(file)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.splitlines()) == 1


def test_missing_argument_is_refused(capsys):
    assert coverage_table.main([]) == 2
    assert "give one file" in capsys.readouterr().err
