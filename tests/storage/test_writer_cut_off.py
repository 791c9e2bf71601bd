"""Writing that is killed or interrupted leaves a whole run or none."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from helpers import store_samples as sample
from helpers.store_samples import names_in, run_python, seed_of, write_and_fail

from sim.storage.run_folder import is_complete, load, problems_in, runs_in

# A process that is killed (SIGKILL: no handler, no clean-up) at its nth call of one function of os.
DYING = """
import os, signal, sys
from pathlib import Path
from store_samples import write_run
name, nth, when, folder, seed = sys.argv[1:]
original, calls = getattr(os, name), 0
def dying(*args, **kwargs):
    global calls
    calls += 1
    if (calls, when) == (int(nth), "before"):
        os.kill(os.getpid(), signal.SIGKILL)
    result = original(*args, **kwargs)
    if (calls, when) == (int(nth), "after"):
        os.kill(os.getpid(), signal.SIGKILL)
    return result
setattr(os, name, dying)
write_run(Path(folder), int(seed))
"""

# Between add and finish: in the middle of the body of the `with`.
DYING_IN_THE_BODY = """
import os, signal, sys
from pathlib import Path
import store_samples as sample
with sample.writer_for(Path(sys.argv[1])) as writer:
    sample.fill(writer, seed=int(sys.argv[2]), replications=2)
    os.kill(os.getpid(), signal.SIGKILL)
"""

# Over an old run: two renames, then the new run stands and the old one goes.
MOMENTS_OVER_AN_OLD_RUN = [
    ("mkdir", 2, "after", 1),  # the temporary folder exists, its owner is not yet known
    ("fsync", 1, "before", 1),  # tables closed, nothing on the disk for sure
    ("fsync", 7, "after", 1),
    ("replace", 1, "before", 1),  # the new run is complete and has not moved
    ("replace", 1, "after", 1),  # the old run has stepped aside
    ("replace", 2, "before", 1),
    ("replace", 2, "after", 2),
    ("rmdir", 1, "before", 2),  # in the middle of removing the old run
]


@pytest.mark.parametrize(("name", "nth", "when", "survivor"), MOMENTS_OVER_AN_OLD_RUN)
def test_kill_while_replacing_a_run_leaves_a_whole_run(
    tmp_path: Path, name: str, nth: int, when: str, survivor: int
) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    done = run_python(DYING, name, nth, when, run, 2)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert names_in(tmp_path) != {"run"}  # it was killed in the middle of something
    assert is_complete(run)
    assert runs_in(tmp_path) == [run]
    assert seed_of(run) == survivor
    sample.write_run(run, seed=3)
    assert seed_of(run) == 3
    assert names_in(tmp_path) == {"run"}


@pytest.mark.parametrize(
    ("name", "nth", "when", "there"),
    [("fsync", 1, "before", False), ("replace", 1, "before", False), ("replace", 1, "after", True)],
)
def test_kill_while_writing_the_first_run_leaves_a_whole_run_or_none(
    tmp_path: Path, name: str, nth: int, when: str, there: bool
) -> None:
    run = tmp_path / "run"
    done = run_python(DYING, name, nth, when, run, 2)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert run.exists() == there
    assert is_complete(run) == there
    sample.write_run(run, seed=3)
    assert seed_of(run) == 3
    assert names_in(tmp_path) == {"run"}


@pytest.mark.parametrize("old", [True, False])
def test_kill_between_add_and_finish_leaves_the_old_run_or_none(tmp_path: Path, old: bool) -> None:
    run = tmp_path / "run"
    if old:
        sample.write_run(run, seed=1)
    done = run_python(DYING_IN_THE_BODY, run, 2)
    assert done.returncode == -signal.SIGKILL, done.stderr
    (left,) = [p for p in tmp_path.iterdir() if ".partial-" in p.name]
    assert is_complete(run) == old
    assert not is_complete(left)
    with sample.writer_for(run) as writer:
        assert not left.exists()
        sample.fill(writer, seed=3)
        writer.finish(sample.info(3), sample.CONFIG, sample.kpis(3))
    assert seed_of(run) == 3


@pytest.mark.parametrize(
    "look", [load, is_complete, lambda run: runs_in(run.parent), lambda run: problems_in(run.parent)]
)
def test_first_reader_restores_a_run_that_was_moved_aside(tmp_path: Path, look) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    run.rename(tmp_path / ".run.old-1-0123abcd")  # as left by a kill between the two renames
    assert look(run) is not False
    assert run.exists()
    assert seed_of(run) == 1
    assert names_in(tmp_path) == {"run"}


def test_writer_restores_the_old_run_even_if_writing_fails(tmp_path: Path) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    assert run_python(DYING, "replace", 1, "after", run, 2).returncode == -signal.SIGKILL
    assert not run.exists()
    with pytest.raises(ZeroDivisionError), sample.writer_for(run):
        raise ZeroDivisionError
    assert seed_of(run) == 1
    assert names_in(tmp_path) == {"run"}


def test_incomplete_old_run_is_not_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # cut off before it removed the old run
        sample.write_run(run, seed=2)
    assert len(names_in(tmp_path)) == 2
    shutil.rmtree(run)  # by the user, who wants it gone
    assert not is_complete(run)
    assert not run.exists()
    with pytest.raises(ZeroDivisionError):
        write_and_fail(run, ZeroDivisionError)
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize("failure", [KeyboardInterrupt, SystemExit, ValueError])
def test_exception_while_writing_changes_nothing(tmp_path: Path, failure: type) -> None:
    sample.write_run(tmp_path / "run", seed=1)
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    for name in ("run", "new"):
        with pytest.raises(failure):
            write_and_fail(tmp_path / name, failure)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("nth", [1, 2])
def test_interrupt_between_the_renames_restores_the_old_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    run = tmp_path / "run"
    sample.write_run(run, seed=1)
    rename, calls = os.replace, []

    def interrupted(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == nth:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sample.write_run(run, seed=2)
    assert len(calls) >= nth
    assert run.exists()  # at once, not only when somebody reads it
    assert seed_of(run) == 1
    assert names_in(tmp_path) == {"run"}


def test_closing_without_finish_is_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match=r"left without finish\(\)"),
        sample.writer_for(tmp_path / "run") as writer,
    ):
        sample.fill(writer, seed=1)
    assert names_in(tmp_path) == set()


def test_exception_after_finish_keeps_the_run(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and_fail(tmp_path / "run", ZeroDivisionError, finish=True)
    assert seed_of(tmp_path / "run") == 2
