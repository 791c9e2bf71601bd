"""Only one process writes a folder at a time; the second is told who holds the lock, and dead processes hold none."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sim.errors import SimError
from sim.files import write_text
from sim.locks import FileLock, Lock, is_held

ROOT = Path(__file__).resolve().parents[1]

HOLDER = """
import os, signal, sys, time
from pathlib import Path
from sim.locks import Lock
with Lock(Path(sys.argv[1])):
    if "with a worker" in sys.argv:
        read, write = os.pipe()
        if (worker := os.fork()) == 0:
            os.write(write, b"up")
            time.sleep(60)
            os._exit(0)
        os.read(read, 2)
        print(worker, flush=True)
    print("locked", flush=True)
    sys.stdin.read()
"""
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def holder(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, *map(str, arguments)]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield holder
    for process in started:
        process.kill()
        process.communicate()


def test_second_process_is_refused_with_the_name_of_the_first(tmp_path: Path, start: Start) -> None:
    folder = tmp_path / "absent" / "study"
    first = start(folder)
    assert first.stdout.readline() == "locked\n"
    with pytest.raises(
        SimError, match=rf"study is in use by process {first.pid} on {socket.gethostname()} since 2"
    ) as caught:
        Lock(folder).__enter__()
    assert str(caught.value).endswith("wait until it ends, stop it, or choose another folder with out=...")
    first.communicate("")
    assert first.returncode == 0
    with Lock(folder):
        pass


def test_lock_of_a_dead_process_is_taken_over(tmp_path: Path, start: Start) -> None:
    first = start(tmp_path / "study")
    assert first.stdout.readline() == "locked\n"
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert str(first.pid) in (tmp_path / ".study.lock").read_text()
    with Lock(tmp_path / "study"):
        text = (tmp_path / ".study.lock").read_text()
        assert f'"pid": {os.getpid()},' in text
        assert text.endswith("}")


def test_surviving_worker_does_not_hold_its_parents_lock(tmp_path: Path, start: Start) -> None:
    first = start(tmp_path / "study", "with a worker")
    worker = int(first.stdout.readline())
    assert first.stdout.readline() == "locked\n"
    try:
        first.send_signal(signal.SIGKILL)
        first.wait()
        os.kill(worker, 0)  # it lives
        with Lock(tmp_path / "study"):
            pass
    finally:
        os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_refused_and_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def without(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", without)
    for writing in (lambda: Lock(tmp_path / "a").__enter__(), lambda: write_text(tmp_path / "b.txt", "b")):
        with pytest.raises(SimError) as refusal:
            writing()
        assert "the file system has no file locks (flock)" in str(refusal.value)
        assert "choose another folder with out=..." in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


FORKED = """
import os, sys
from pathlib import Path
from sim.locks import Lock
with Lock(Path(sys.argv[1])) as lock:
    child = os.fork()
    if child == 0:
        lock.__exit__(None, None, None)  # as when a worker ends by an exception
        os._exit(0)
    os.waitpid(child, 0)
    print(Path(sys.argv[1]).with_name(".study.lock").exists())
"""


def test_forked_worker_does_not_release_its_parents_lock(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FORKED, str(tmp_path / "study")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True\n"


def test_second_lock_in_the_same_process_is_refused(tmp_path: Path) -> None:
    with Lock(tmp_path), pytest.raises(SimError, match=f"by process {os.getpid()} "), Lock(tmp_path):
        pytest.fail("both hold the lock")
    with Lock(tmp_path), Lock(tmp_path / "study"):
        assert list(tmp_path.iterdir()) == [tmp_path / ".study.lock"]
    assert list(tmp_path.iterdir()) == []
    assert not tmp_path.with_name(f".{tmp_path.name}.lock").exists()


def test_lock_works_whatever_its_file_contains(tmp_path: Path) -> None:
    (tmp_path / ".study.lock").write_text("what is this? " * 50)
    with Lock(tmp_path / "study"):
        assert set(json.loads((tmp_path / ".study.lock").read_text())) == {"host", "pid", "since"}
        (tmp_path / ".study.lock").write_text("what is this?")
        with pytest.raises(SimError, match="in use by another process"), Lock(tmp_path / "study"):
            pytest.fail("both hold the lock")


def test_exception_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Lock(tmp_path / "study"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_locked_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(SimError, match=r"cannot lock .*file/study: a file stands where a folder is needed"):
        Lock(tmp_path / "file" / "study").__enter__()


def test_removed_lock_file_is_not_trusted(tmp_path: Path) -> None:
    first, second, third = (FileLock(tmp_path / "lock") for _ in range(3))
    assert first.acquire()
    (tmp_path / "lock").unlink()  # by somebody who knows better
    assert second.acquire()
    first.release()  # must not remove the file of the second
    assert not third.acquire()
    second.release()
    assert third.acquire(wait_s=1.0)
    third.release()


def test_lock_file_removed_while_locking_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, calls = os.open, []

    def late(path: Path, *args: int) -> int:
        fd = opened(path, *args)
        calls.append(path)
        if len(calls) == 1:
            path.unlink()  # its holder lets go just now
        return fd

    monkeypatch.setattr(os, "open", late)
    lock = FileLock(tmp_path / "lock")
    assert lock.acquire(wait_s=1.0)
    assert len(calls) == 2
    assert is_held(lock.path)
    lock.release()


def test_checking_a_lock_does_not_take_it(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert not is_held(lock.path)
    assert lock.acquire()
    assert is_held(lock.path)
    lock.release()
    lock.path.write_text("of a dead process")
    assert not is_held(lock.path)
    assert lock.acquire()
    lock.release()
