"""python -m experiments.mutation: how mutants are sampled, judged and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

import experiments.mutation as command
from experiments.mutation import BY_BASELINE, KNOWN, SURVIVED, Mutant

pytest.importorskip("cosmic_ray", reason="cosmic-ray is not installed: pip install '.[mutation]'")

SOURCE = '''\
"""A module."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    """Two numbers."""

    first: int | None = 3


def double(number: float | None) -> float | int:
    """Return twice the number."""
    return number * 2


def positive(number: float) -> bool:
    """Tell whether it is."""
    return number > 0


def unused(number: float) -> float:
    """Return it."""
    return number + 1
'''
TESTS = """\
from sim.simulation import workload


def test_double():
    assert workload.double(3) == 6
    assert workload.double(-1.5) == -3
"""
BASELINE = """\
from sim.simulation import workload


def test_positive():
    assert [workload.positive(number) for number in (-1, 0, 0.5, 1, 2)] == [False, False, True, True, True]
    assert workload.Pair().first == 3
"""


LONG = "def test_nothing():\n    pass\n"


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of one module, with tests that know a part of it and a baseline that knows another."""
    root = tmp_path / "checkout"
    for path, text in {
        "sim/__init__.py": "", "sim/simulation/__init__.py": "", "sim/simulation/workload.py": SOURCE,
        "tests/test_known.py": TESTS, "tests/test_long.py": LONG, "tests/test_before.py": BASELINE,
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    (root / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\nmarkers = ["slow: long"]\n', encoding="utf-8"
    )
    monkeypatch.setattr(command, "ROOT", root)
    monkeypatch.setattr(command, "TESTS", {"*": (("tests/test_known.py",), ("tests/test_long.py",))})
    monkeypatch.setattr(command, "BASELINE", ("tests/test_before.py",))
    monkeypatch.setattr(command, "TABLE", tmp_path / "mutation.csv")
    return root


def test_sample_is_seeded_and_excludes_annotations(checkout):
    mutants, places = command.chosen(checkout, ["sim/simulation/*.py"], 100, seed=1)
    assert len(mutants) == places
    assert mutants == command.chosen(checkout, ["sim/simulation/*.py"], 100, seed=1)[0]
    sources = {mutant.source for mutant in mutants}
    assert sources == {"first: int | None = 3", "return number * 2", "return number > 0", "return number + 1"}
    assert {m.operator for m in mutants if m.source.startswith("first")} == {"NumberReplacer"}, "not the type"
    few, _ = command.chosen(checkout, ["sim/simulation/*.py"], 2, seed=3)
    assert len(few) == 2
    assert set(few) <= {
        mutant for seed in range(40) for mutant in command.chosen(checkout, ["sim/**/*.py"], 9, seed)[0]
    }


def test_missing_files_are_refused(checkout):
    with pytest.raises(command.SimError, match="no such files"):
        command.chosen(checkout, ["sim/simulation/nothing*.py"], 9, 1)


@pytest.mark.slow
def test_verdict_names_the_tests_that_killed_the_mutant(checkout, capsys):
    assert command.main(["sample=50", "workers=1", "files=sim/simulation/workload.py", "write"]) == 0
    found = {mutant.source: mutant.verdict for mutant in command.read(command.TABLE)}
    assert found["return number * 2"] == KNOWN
    assert found["return number > 0"] == BY_BASELINE
    assert found["return number + 1"] == SURVIVED
    out = capsys.readouterr().out
    assert "killed" in out
    assert SURVIVED in out
    assert (checkout / "sim/simulation/workload.py").read_text(encoding="utf-8") == SOURCE, (
        "the checkout is left alone"
    )


def test_failing_tests_on_unmutated_code_are_refused(checkout, capsys):
    (checkout / "tests/test_known.py").write_text("def test_it():\n    assert False\n", encoding="utf-8")
    assert command.main(["sample=1", "files=sim/simulation/workload.py"]) == 2
    assert "fail before anything is mutated" in capsys.readouterr().err


@pytest.mark.slow
def test_survivors_are_tried_on_the_long_tests_last(checkout, capsys):
    text = "from sim.simulation import workload\n\n\ndef test_it():\n    assert workload.unused(1) == 2\n"
    (checkout / "tests/test_long.py").write_text(text, encoding="utf-8")
    assert command.main(["sample=50", "workers=2", "files=sim/simulation/workload.py", "write"]) == 0
    found = {mutant.source: mutant.verdict for mutant in command.read(command.TABLE)}
    assert found["return number + 1"] == KNOWN
    lines = [line for line in capsys.readouterr().out.splitlines() if "return number + 1" in line]
    half = len(lines) // 2
    assert half
    assert [SURVIVED in line for line in lines] == [True] * half + [False] * half


@pytest.mark.slow
def test_again_retries_the_survivors(checkout, capsys):
    assert command.main(["again"]) == 2
    assert "holds no mutants" in capsys.readouterr().err
    assert command.main(["sample=50", "workers=2", "files=sim/simulation/workload.py", "write"]) == 0
    before = command.read(command.TABLE)
    text = "from sim.simulation import workload\n\n\ndef test_it():\n    assert workload.unused(1) == 2\n"
    (checkout / "tests/test_long.py").write_text(text, encoding="utf-8")
    assert command.main(["again", "workers=2", "write"]) == 0
    after = command.read(command.TABLE)
    assert len(after) == len(before)
    assert {mutant.source for mutant in before if mutant.verdict == SURVIVED} == {"return number + 1"}
    assert not [mutant for mutant in after if mutant.verdict == SURVIVED]
    module = checkout / "sim/simulation/workload.py"
    module.write_text(SOURCE.replace("number + 1", "number + 2"), encoding="utf-8")
    command.keep(before, command.TABLE)
    assert command.main(["again"]) == 2
    assert "has changed since the table was kept" in capsys.readouterr().err


def test_no_mutant_starts_after_the_time_limit(checkout, capsys):
    assert command.main(["sample=3", "minutes=0", "files=sim/simulation/workload.py"]) == 0
    assert "0 mutants" in capsys.readouterr().out


def test_hanging_mutant_counts_as_killed(checkout, tmp_path):
    bench = command.Bench(tmp_path / "bench")
    assert bench.uses_itself()
    (bench.folder / "tests/test_known.py").write_text("import time\n\n\ndef test_it():\n    time.sleep(60)\n")
    assert not bench.passes(("tests/test_known.py",), 3.0)


def test_explanations_of_survivors_are_kept(tmp_path):
    one = Mutant("sim/a.py", 5, 0, "f", "AddNot", 0, "if a, b:", SURVIVED, 1.5)
    other = replace(one, line=9, source="if c:")
    file = tmp_path / "mutation.csv"
    command.keep([other, one], file)
    assert command.read(file) == [one, other]
    file.write_text(file.read_text().replace("1.5,\n", "1.5,equivalent\n", 1))
    command.keep([replace(one, line=7), other], file)  # the line has moved
    assert [(mutant.line, mutant.why) for mutant in command.read(file)] == [(7, "equivalent"), (9, "")]
    assert command.read(tmp_path / "nothing.csv") == []


def test_score_counts_with_and_without_the_baseline():
    one = Mutant("sim/a.py", 5, 0, "f", "AddNot", 0, "if a:", KNOWN)
    found = [one, one, replace(one, verdict=BY_BASELINE), replace(one, verdict=SURVIVED)]
    assert command.score(found) == (0.75, 0.5)
    assert command.score([]) == (0.0, 0.0)


@pytest.mark.parametrize("item", ["fast", "sample=many", "files=", "seed=-1"])
def test_wrong_option_is_refused(item, capsys):
    assert command.main([item]) == 2
    err = capsys.readouterr().err
    assert item in err
    assert len(err.splitlines()) == 1


def test_files_of_the_event_model_exist_and_have_tests():
    for pattern in command.FILES:
        assert list(command.ROOT.glob(pattern)), pattern
    for tests in [*(part for pair in command.TESTS.values() for part in pair), command.BASELINE]:
        for test in tests:
            assert (command.ROOT / test.removeprefix("--ignore=")).exists(), test
