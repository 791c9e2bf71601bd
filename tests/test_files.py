"""Files and folders are written whole or not at all, and what killed writers leave is removed."""

import errno
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from helpers.nasty import put_odd_file

from sim import files
from sim.errors import SimError
from sim.files import only, publish_file, publish_files, publish_folder, write_table, write_text

ROOT = Path(__file__).resolve().parents[1]

# A process that is killed while it writes: nothing of Python runs after SIGKILL.
KILLED = """
import os, signal, sys
from pathlib import Path
from sim.files import publish_file, publish_folder
with {function}(Path(sys.argv[1])) as new:
    (new / "table" if new.is_dir() else new).write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def kill_while_writing(function: str, target: Path) -> None:
    command = [sys.executable, "-c", KILLED.format(function=function), str(target)]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def fail_in(block: object) -> None:
    with block as new:
        (new / "table" if new.is_dir() else new).write_text("half")
        raise KeyboardInterrupt


def test_a_file_is_published_with_its_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "page.md", "衢州\n")
    write_table(pd.DataFrame({"a": [1]}), tmp_path / "new" / "table.csv")
    assert (tmp_path / "new" / "page.md").read_bytes() == "衢州\n".encode()
    assert (tmp_path / "new" / "table.csv").read_bytes() == b"a\n1\n"
    assert names(tmp_path / "new") == {"page.md", "table.csv"}


def test_an_interrupted_file_leaves_the_old_one(tmp_path: Path) -> None:
    write_text(tmp_path / "page.md", "old")
    with pytest.raises(KeyboardInterrupt):
        fail_in(publish_file(tmp_path / "page.md"))
    assert (tmp_path / "page.md").read_text() == "old"
    assert names(tmp_path) == {"page.md"}


def test_a_file_left_by_a_killed_writer_is_replaced_by_the_next(tmp_path: Path) -> None:
    write_text(tmp_path / "page.md", "old")
    kill_while_writing("publish_file", tmp_path / "page.md")
    assert names(tmp_path) == {"page.md", ".page.md.partial"}
    assert (tmp_path / "page.md").read_text() == "old"
    write_text(tmp_path / "page.md", "new")
    assert (tmp_path / "page.md").read_text() == "new"
    assert names(tmp_path) == {"page.md"}


def test_a_second_writer_of_a_file_waits_for_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WAIT_S", 0.1)
    with publish_file(tmp_path / "page.md") as new:
        new.write_text("first")
        with pytest.raises(SimError, match=r"page\.md is being written by another process"):
            write_text(tmp_path / "page.md", "second")
    assert (tmp_path / "page.md").read_text() == "first"


def test_a_file_is_on_the_disk_before_its_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, rename = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("sync"), sync(fd)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("rename"), rename(a, b)))
    write_text(tmp_path / "page.md", "new")
    assert done == ["sync", "rename"]


@pytest.mark.parametrize(
    ("number", "cause"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "the file system is read-only")]
)
def test_what_the_disk_refuses_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, cause: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(SimError, match=rf"^cannot write {tmp_path / 'page.md'}: {cause}; .* out=\.\.\.$"):
        write_text(tmp_path / "page.md", "new")
    assert names(tmp_path) == set()


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "page.md").mkdir()
    with pytest.raises(SimError, match=r"cannot write .*page\.md: a folder stands where a file is needed"):
        write_text(tmp_path / "page.md", "new")
    assert names(tmp_path) == {"page.md"}


def test_a_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for number in (1, 2):
        with publish_folder(tmp_path / "study") as new:
            (new / f"table{number}.csv").write_text("whole")
    assert names(tmp_path / "study") == {"table2.csv"}
    assert names(tmp_path) == {"study"}


def test_an_interrupted_folder_leaves_the_old_one(tmp_path: Path) -> None:
    write_text(tmp_path / "study" / "table.csv", "old")
    with pytest.raises(KeyboardInterrupt):
        fail_in(publish_folder(tmp_path / "study"))
    assert (tmp_path / "study" / "table.csv").read_text() == "old"
    assert names(tmp_path) == {"study"}


def test_a_folder_left_by_a_killed_writer_is_removed_by_the_next(tmp_path: Path) -> None:
    kill_while_writing("publish_folder", tmp_path / "study")
    (left,) = names(tmp_path)
    assert left.startswith(".study.partial-")
    with publish_folder(tmp_path / "study") as new:
        assert left not in names(tmp_path)
        (new / "table.csv").write_text("whole")
    assert names(tmp_path) == {"study"}


def test_a_folder_that_must_stay_is_refused_before_the_work(tmp_path: Path) -> None:
    def refuse(target: Path) -> None:
        raise SimError(f"{target.name} is mine")

    with pytest.raises(SimError, match="study is mine"), publish_folder(tmp_path / "study", refuse):
        pytest.fail("the work began")
    assert names(tmp_path) == set()


def test_files_are_added_to_a_folder_together(tmp_path: Path) -> None:
    write_text(tmp_path / "figures" / "mine.png", "mine")
    write_text(tmp_path / "figures" / "map.png", "old")
    with pytest.raises(KeyboardInterrupt):
        fail_in(publish_files(tmp_path / "figures", "map.png"))
    with publish_files(tmp_path / "figures", "map.png") as new:
        for name in ("map.png", "map.svg"):
            (new / name).write_text("new")
    assert names(tmp_path / "figures") == {"mine.png", "map.png", "map.svg"}
    assert (tmp_path / "figures" / "map.png").read_text() == "new"
    assert names(tmp_path) == {"figures"}


def added(folder: Path, words: str) -> None:
    with publish_files(folder, "table.csv") as new:
        (new / "figures").mkdir()
        for name in ("figures/map.png", "figures/map.svg", "table.csv"):
            (new / name).write_text(words)


def replaced(folder: Path, words: str) -> None:
    names = ("table.csv", "map.png", "map.svg")
    with publish_folder(folder, only(names, "study", "table.csv")) as new:
        for name in names:
            (new / name).write_text(words)


@pytest.mark.parametrize("publish", [added, replaced])
def test_a_kill_at_any_step_of_publishing_leaves_one_version_or_none(tmp_path: Path, publish) -> None:
    """The process dies at its N-th change of the folder, for every N: no table stands beside another's pictures."""
    changes = ("replace", "unlink", "mkdir", "rmdir")
    for step in range(1, 60):
        folder = tmp_path / str(step) / "study"
        publish(folder, "old")
        child = os.fork()
        if not child:
            left = [step]

            def dying(do, left=left):
                def act(*given, **named):
                    left[0] -= 1
                    if not left[0]:
                        os._exit(9)
                    return do(*given, **named)

                return act

            for name in changes:
                setattr(os, name, dying(getattr(os, name)))
            publish(folder, "new")
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        files.put_back(folder)
        if (folder / "table.csv").exists():
            found = [path for path in folder.rglob("*") if path.is_file() and ".partial" not in str(path)]
            assert len({path.read_text() for path in found if not path.name.startswith(".")}) == 1, step
            assert len(found) >= 3
        publish(folder, "again")
        hidden = [path for path in tmp_path.rglob(".*") if path.name != ".owner"]
        assert not hidden, step
        assert {path.read_text() for path in folder.rglob("*") if path.is_file()} == {"again"}
        if not status:
            return
    pytest.fail("more steps than expected")


@pytest.mark.parametrize("publish", [added, replaced])
def test_a_change_that_fails_at_any_step_of_publishing_leaves_what_can_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publish
) -> None:
    for step in range(1, 60):
        folder, left = tmp_path / str(step) / "study", [step]

        def failing(do, left=left):
            def act(*given, **named):
                left[0] -= 1
                if not left[0]:
                    raise OSError(errno.EIO, os.strerror(errno.EIO))
                return do(*given, **named)

            return act

        publish(folder, "old")
        with monkeypatch.context() as patch:
            for name in ("replace", "unlink", "mkdir", "rmdir", "fsync"):
                patch.setattr(os, name, failing(getattr(os, name)))
            with suppress(SimError):
                publish(folder, "new")
        if (folder / "table.csv").exists():
            shown = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
            assert len({path.read_text() for path in shown}) == 1, step
        publish(folder, "again")
        assert {path.read_text() for path in folder.rglob("*") if path.is_file()} == {"again"}
        if left[0] > 0:
            return
    pytest.fail("more steps than expected")


@pytest.mark.parametrize("publish", [added, replaced])
def test_many_who_publish_at_once_leave_one_whole_version(tmp_path: Path, publish) -> None:
    children = []
    for number in range(4):
        child = os.fork()
        if not child:
            for _ in range(5):
                publish(tmp_path / "study", f"{number}" * 10_000)
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    assert len({path.read_text() for path in (tmp_path / "study").rglob("*") if path.is_file()}) == 1
    assert not list(tmp_path.rglob(".*"))


def test_tables_collected_at_once_are_each_whole(tmp_path: Path) -> None:
    """As two `collect` do: the table is written piece by piece, and many write it."""
    children = []
    for number in range(4):
        child = os.fork()
        if not child:
            for _ in range(10):
                with publish_file(tmp_path / "collected.csv") as temporary, temporary.open("w") as file:
                    for _ in range(50):
                        file.write(f"{number}\n" * 100)
                        file.flush()
                assert len((tmp_path / "collected.csv").read_text()) == 10_000
            os._exit(0)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4
    lines = (tmp_path / "collected.csv").read_text().splitlines()
    assert (len(lines), len(set(lines))) == (5000, 1)
    assert names(tmp_path) == {"collected.csv"}


@pytest.mark.parametrize("kind", ["pipe", "device", "huge", "self-link"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    put_odd_file(path, kind)
    with pytest.raises(OSError if kind == "self-link" else SimError):
        files.read_regular(path, 1000)
