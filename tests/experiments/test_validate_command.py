"""python -m experiments.validation: its output, its exit status, and the page it writes."""

from __future__ import annotations

import math

import pytest

from experiments.mutation import BY_BASELINE, KNOWN, SURVIVED, Mutant
from experiments.validation import command, page
from experiments.validation.check import Check
from experiments.verification import queues, theory
from experiments.verification.proof import by_chi_square, by_interval

GOOD = by_interval("Law, one", "thing", "by hand", 1.0, [0.9, 1.0, 1.1], "nonsense", 9.0)
COUNTS = by_chi_square("Law, one", "counts", "Pearson", (4.0, 10.0), "others", (90.0, 10.0), 3)
BLIND = by_interval("Law, two", "vague thing", "by hand", 1.0, [0.0, 1.0, 2.0], "nonsense", 1.1)
MET = Check("fact 1", "calls", 1.0, 2.0, "/yr", "statistics", 1.5, 1.4, 1.6, seconds=2.5)
MISSED = Check("fact 2", "deaths", 1.0, 2.0, "/yr", "statistics", 3.0, why="the book says so")
UNEXPLAINED = Check("fact 3", "loss", 1.0, 2.0, "/yr", "statistics", 3.0)
MUTANTS = [
    Mutant("sim/a.py", 1, 0, "f", "AddNot", 0, "if a | b:", KNOWN, 1.0),
    Mutant("sim/a.py", 2, 0, "f", "AddNot", 1, "if b:", BY_BASELINE, 1.0),
    Mutant("sim/b.py", 3, 0, "g", "NumberReplacer", 2, "return 3", SURVIVED, 1.0, "as good as 2"),
    Mutant("sim/b.py", 4, 0, "g", "NumberReplacer", 3, "return 4", SURVIVED, 1.0),
]


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """One quick case of theory, no simulation of the city, a page elsewhere."""
    cases = {"quick": lambda: iter([GOOD, COUNTS])}
    monkeypatch.setattr(theory, "CASES", cases)
    monkeypatch.setattr(command, "city", lambda replications, workers: [MET, MISSED])
    monkeypatch.setattr(command, "PAGE", tmp_path / "verification.md")
    monkeypatch.setattr(command, "read_mutants", lambda: MUTANTS)
    return cases


def test_every_check_is_printed_with_its_verdict(quick, capsys):
    assert command.main([]) == 0  # what is missed is explained
    out, err = capsys.readouterr()
    for word in (
        "Law, one",
        "thing",
        "refused",
        "chi-square",
        "calls",
        "MISSED",
        "3 of 4 checks met",
        "the book says so",
    ):
        assert word in out, word
    assert err == "quick\n"


def test_rest_renews_only_sections_without_simulation(quick, capsys, monkeypatch):
    assert command.main(["write"]) == 0
    before = command.PAGE.read_text(encoding="utf-8")
    monkeypatch.setattr(theory, "CASES", {})
    monkeypatch.setattr(command, "read_mutants", lambda: MUTANTS[:1])
    assert command.main(["rest"]) == 0
    after = command.PAGE.read_text(encoding="utf-8")
    simulated = before.partition("## 3.")[0]
    assert after.startswith(simulated)
    assert "put 4 small mistakes" in before
    assert "put 1 small mistakes" in after
    assert "Sections 3 to 7" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("page_text", "words"), [(None, "is missing"), ("# Another page\n", "has no section '## 3. Invariants'")]
)
def test_rest_refuses_a_missing_or_foreign_page(quick, capsys, page_text, words):
    if page_text is not None:
        command.PAGE.write_text(page_text, encoding="utf-8")
    assert command.main(["rest"]) == 2
    assert words in capsys.readouterr().err


def test_theory_or_city_runs_one_half_of_the_checks(quick, capsys):
    assert command.main(["theory"]) == 0
    assert "2 of 2 checks met" in capsys.readouterr().out
    assert command.main(["city"]) == 0
    out, err = capsys.readouterr()
    assert "1 of 2 checks met" in out
    assert "thing" not in out
    assert err == ""


def test_unexplained_miss_fails(quick, monkeypatch, capsys):
    monkeypatch.setattr(command, "city", lambda replications, workers: [MET, UNEXPLAINED])
    assert command.main(["city"]) == 1
    assert "not explained yet" in capsys.readouterr().out


def test_undetected_deliberate_mistake_fails(quick, capsys):
    quick["blind"] = lambda: iter([BLIND])
    assert BLIND.met
    assert command.main(["theory"]) == 1
    assert "Law, two, vague thing: a mistake is not seen" in capsys.readouterr().out


def test_broken_law_fails(quick, capsys):
    quick["broken"] = lambda: iter(
        [by_interval("Law, three", "thing", "by hand", 7.0, [0.9, 1.0, 1.1], "none", 9.0)]
    )
    assert command.main(["theory"]) == 1
    assert "Law, three, thing: the law is broken" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fast"], ["unknown option fast", "theory, city", "replications=N"]),
        (["replications=many"], ["replications=many"]),
        (["theory", "write"], ["whole page"]),
    ],
)
def test_wrong_argument_gives_one_line_and_status_2(quick, capsys, arguments, words):
    assert command.main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.splitlines()) == 1
    assert all(word in err for word in words)


def test_page_contains_every_section(quick):
    assert command.main(["write", "replications=7"]) == 0
    text = command.PAGE.read_text(encoding="utf-8")
    assert "2 of 2 statements met, 2 of 2 mistakes refused" in text
    assert "7 replications" in text
    assert "| fact 2 | deaths | 1 – 2 | 3 |  | /yr | MISSED |  | statistics |" in text
    assert "- **fact 2, deaths**: the book says so." in text
    assert "no unit in two places" in text
    assert "adding a stream changes no other draw" in text
    assert "region tables" in text
    assert "**50.0% were killed**, 25.0% by tests that know what is right" in text
    assert "`return 3`" in text
    assert "as good as 2" in text
    assert "not explained yet" in text
    assert "if a / b" not in text, "killed ones are not listed"
    sections = [line for line in text.splitlines() if line.startswith("## ")]
    assert [line[3] for line in sections] == list("1234567")


def test_every_table_row_has_as_many_cells_as_its_header():
    """Every row has as many cells as its header, whatever stands in them."""
    text = page.write([GOOD, COUNTS, BLIND], [MET, MISSED, UNEXPLAINED], MUTANTS, 20)
    header = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            header = 0
            continue
        cells = line.count("|") - 1
        header = header or cells
        assert cells == header, line


def test_page_without_mutants_states_it():
    assert "Not run yet" in page.write([GOOD], [MET], [], 20)


def test_numbers_are_shown_with_significant_digits():
    assert page.show(1234.5) == "1,234"
    assert page.show(0.12345) == "0.123"
    assert page.show(math.nan) == "-"
    assert page.close(0.2105263) == "0.21053"
    assert page.close(123456.7) == "123,457"


def test_theory_case_returns_proofs_with_seconds():
    (proof,) = theory.timed(lambda: queues.erlang_b(2, 3, "exponential", 4))
    assert proof.exact == pytest.approx(0.210526, abs=5e-7)
    assert proof.met
    assert proof.seconds > 0
    assert proof.replications == 4
