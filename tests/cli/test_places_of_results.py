"""Results are put where they do no harm, files of words hold words, and a mistake of the program is one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim import cli
from sim.config.text import read_keys
from sim.errors import SimError
from sim.options import lines

ROOT = Path(sim.__file__).parents[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results")
    short = ("days=1", "replications=1", "workers=1", "figures=none", "name=run", f"out={out}")
    assert cli.main(["scenario=2025", *short]) == 0
    return out / "run"


@pytest.mark.parametrize(
    "words",
    ["export RUN out=RUN", "incident RUN out=RUN", "compare RUN RUN out=RUN", "watch RUN out=RUN/run.json",
     "watch RUN out=TABLE", "report RUN out=RUN/kpis.csv", "export RUN out=TABLE"],
)  # fmt: skip
def test_no_command_puts_its_results_over_a_run_or_a_table(
    run: Path, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "stations.csv"
    table.write_text("station\n")
    before = {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()}
    asked = [word.replace("RUN", str(run)).replace("TABLE", str(table)) for word in words.split()]
    assert cli.main(asked) == 2
    assert ": allowed: " in capsys.readouterr().err.replace(";", ":").replace("runs", "run")
    assert {path.name: path.read_bytes() for path in run.iterdir() if path.is_file()} == before
    assert table.read_text() == "station\n"


@pytest.mark.parametrize("line", ["close = 35", "hello", "file=other.txt", "\x00a=1"])
def test_a_line_that_is_no_word_is_refused_with_its_number(line: str) -> None:
    with pytest.raises(SimError, match=r"words.txt, line 3: .* is not of the form key=value"):
        lines(f"# words\nadd=nest@118.6/28.7\n{line}\n", "words.txt")


def test_words_in_another_encoding_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes("close=府东街站\n".encode("gbk"))
    assert cli.main(["whatif", f"file={file}"]) == 2
    assert "words.txt is not UTF-8 text; save it as UTF-8." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &a [1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n", r"refers to a part of itself \(\*name\)"),
        ("a: 1\nb:\n\t- 2\n", r"line 3: found character '\\t'"),
        ("a: [1, 2\n", "line 2: expected ',' or ']'"),
        ("a: 1\na: 2\n", "line 2: found duplicate key"),
    ],
)
def test_a_mistake_of_yaml_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SimError, match=problem):
        read_keys(file)


def test_a_mistake_of_the_program_is_one_sentence_and_its_traceback_a_file(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['sim', 'collect', 'x']\n"
        "import sim.__main__ as m\n"
        "def fail(): raise IndexError('on purpose\\nand more')\n"
        "m.main = fail\n"
        "m.run()\n"
    )
    surroundings = os.environ | {"XDG_CACHE_HOME": str(tmp_path)}
    failed = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    file = tmp_path / "fire-response-sim" / "failed.txt"
    assert failed.stderr.startswith(
        "error: the program itself failed (IndexError: on purpose); please report it"
    )
    assert str(file) in failed.stderr
    assert failed.stderr.count("\n") == 1
    assert "Traceback" in file.read_text(encoding="utf-8")


def test_an_interrupted_command_ends_though_what_ends_at_its_exit_waits_for_ever() -> None:
    code = (
        "import sys, threading, time; sys.argv = ['sim', 'app']\n"
        "import sim.__main__ as m\n"
        "from multiprocessing import util\n"
        "m.GRACE_S = 0.3\n"
        "util.Finalize(None, time.sleep, args=(100,), exitpriority=1)\n"
        "threading.Thread(target=time.sleep, args=(100,)).start()\n"
        "m.main = lambda: m.INTERRUPTED\n"
        "m.run()\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=30, check=False)
    assert ended.returncode == 130
