"""Write a file or folder completely or not at all: first under a temporary name in the same folder, then one rename.

While a process writes `name`, or after the writer was killed, the same folder may also contain:

    .name.partial                  a file being written; it is locked while its writer runs
    .name.partial-<pid>-<random>   a folder being written; its `.owner` file is locked while its writer runs
    .name.old-<pid>-<random>       the previous folder, between the two renames of the exchange
    .name.gone-<pid>-<random>      a folder being removed
    .name.swap                     the lock for these renames and for the clean-up

The next writer of `name` removes the remains of a killed one.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING

from sim.errors import SimError, explain
from sim.locks import FileLock, is_held

if TYPE_CHECKING:
    import pandas as pd

OWNER = ".owner"
WAIT_S = 60.0  # an exchange is two renames and the removal of an old folder
LEFTOVER = re.compile(r"\.(?P<name>.+)\.(?P<kind>partial|old|gone)-\d+-[0-9a-f]{8}")
Check = Callable[[Path], None]


def cache_folder() -> Path:
    """Return where the user keeps what can be made again: $XDG_CACHE_HOME/fire-response-sim or that in ~/.cache."""
    home = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME") or gettempdir(), ".cache")
    return Path(home) / "fire-response-sim"


@contextmanager
def publish_file(path: Path) -> Iterator[Path]:
    """Yield the temporary name of a file that becomes `path` when the block ends; SimError if the disk refuses.

    An exception in the block leaves `path` as it was.
    """
    path = Path(path)
    with explain(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.partial"))
        if not lock.acquire(WAIT_S):
            raise SimError(f"{path} is being written by {lock.holder()}; stop that process or wait for it")
        try:
            yield lock.path
            sync(lock.path)
            lock.path.replace(path)
        finally:
            lock.release()


def write_text(path: Path, text: str) -> None:
    """Write a text file (UTF-8, line feeds) whole or not at all."""
    with publish_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, without its index, whole or not at all."""
    with publish_file(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8", lineterminator="\n")


class NewFolder:
    """A folder that is filled at `path` and then replaces `target`; the previous folder is removed.

    `check` raises SimError when something stands at `target` that must stay. OSError from the disk.
    """

    def __init__(self, target: Path, check: Check = lambda target: None) -> None:
        self.target = target.resolve()
        self._check = check
        self.path = self.target.with_name(f".{self.target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
        self._owner = FileLock(self.path / OWNER)

    def open(self) -> None:
        """Clear up after killed writers and make the temporary folder."""
        self.target.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(self.target):
            recover(self.target)
            self._check(self.target)  # now, not after hours of work
            self.path.mkdir()
            # Nobody else takes this lock, but who lists runs tries it for an instant.
            if not self._owner.acquire(WAIT_S):
                raise SimError(
                    f"cannot lock {self._owner.path}: {self._owner.holder()} holds it; stop that process or wait for it"
                )

    def files(self) -> list[Path]:
        """Return the files in it, in the order of their relative names."""
        return [path for path in files_below(self.path) if path.name != OWNER]

    def publish(self) -> None:
        """Wait until everything is on the disk, then take the place of `target`."""
        for path in (*self.files(), *(path for path in self.path.rglob("*") if path.is_dir())):
            sync(path)
        with exclusive(self.target):
            self._check(self.target)
            self._owner.path.unlink()  # or fail: with this file in it the folder could not be replaced
            self._owner.release()
            sync(self.path)
            _swap_in(self.path, self.target)

    def discard(self) -> None:
        """Remove the temporary folder; nothing after `publish`."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._owner.release()


@contextmanager
def publish_folder(folder: Path, check: Check = lambda target: None) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder` when the block ends; see NewFolder."""
    with _filled(folder, check) as new:
        yield new.path
        new.publish()


@contextmanager
def publish_files(folder: Path, last: str) -> Iterator[Path]:
    """Yield an empty folder whose files move into `folder` when the block ends; others stay there.

    All are on the disk before the first moves. The file `last` goes away first and comes last: where it stands, the
    files beside it are those made with it.
    """
    folder = not_a_run(folder).resolve()
    with _filled(folder / last) as new:  # inside: what is beside the folder may be another disk, or not ours
        yield new.path
        files = sorted(new.files(), key=lambda path: path.name == last)
        for path in files:
            sync(path)
        with exclusive(folder / last):
            if len(files) > 1:
                (folder / last).unlink(missing_ok=True)
            for path in files:
                place = folder / path.relative_to(new.path)
                place.parent.mkdir(exist_ok=True)
                path.replace(place)
            sync(folder)


def not_a_run(folder: Path) -> Path:
    """Return a folder that results may be put into; SimError for a file, and for a run, whose files belong together."""
    if folder.is_file():
        raise SimError(f"{folder} is a file; allowed: a folder for the results.")
    if (folder / "run.json").exists():
        raise SimError(f"{folder} is a run; allowed: a folder that is none, such as {folder}-results.")
    return folder


def a_page(path: Path) -> Path:
    """Return a place for a page: a folder or a file that ends in .html; SimError for another file."""
    if path.suffix.lower() not in (".html", ".htm") and (path.suffix or path.is_file()) and not path.is_dir():
        raise SimError(f"out is {path}; allowed: a folder, or a file that ends in .html.")
    return path


def only(names: Collection[str], what: str, key: str) -> Check:
    """Return a check that lets a folder be replaced if it holds the file `key` and none but files of these names."""

    def check(target: Path) -> None:
        if not os.path.lexists(target):
            return
        found = {path.name for path in target.iterdir()} if target.is_dir() else {"a file of that name"}
        if strange := sorted(found if key not in found else found - set(names)):
            raise SimError(
                f"{target} holds {strange[0]}, which is no {what}, and is left alone; choose another out=..."
            )

    return check


def open_regular(path: Path, most: int = 2**40) -> BufferedReader:
    """Open a file for reading at once; SimError for a pipe or a device, which may never end, or too many bytes."""
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode) and status.st_size <= most:
        return os.fdopen(fd, "rb")
    os.close(fd)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(status.st_mode):
        raise SimError(f"{path} is a pipe or a device; allowed: a regular file: move it away.")
    raise SimError(f"{path} has {status.st_size / 1e6:,.0f} MB; allowed: at most {most / 1e6:,.0f} MB.")


def read_regular(path: Path, most: int) -> bytes:
    """Return the bytes of a regular file of at most `most` bytes; see `open_regular`."""
    with open_regular(path, most) as file:
        return file.read()


@contextmanager
def _filled(folder: Path, check: Check = lambda target: None) -> Iterator[NewFolder]:
    new = NewFolder(folder, check)
    with explain(folder):
        try:
            new.open()
            yield new
        finally:
            new.discard()


@contextmanager
def exclusive(target: Path) -> Iterator[None]:
    """Be the only process that exchanges or clears up `target` and its temporary names."""
    lock = FileLock(target.with_name(f".{target.name}.swap"))
    if not lock.acquire(WAIT_S):
        raise SimError(f"{target} is being exchanged by {lock.holder()}; stop that process or wait for it")
    try:
        yield
    finally:
        lock.release()


def recover(target: Path) -> None:
    """Clear up after writers of `target` that were killed; call it inside `exclusive(target)`.

    An old folder comes back when its successor never took its place. Temporary folders of living writers stay.
    """
    for old in leftovers(target, "old"):
        if target.exists():
            _remove(old)
        else:
            old.replace(target)
    for rest in (*leftovers(target, "gone"), *leftovers(target, "partial")):
        if not is_held(rest / OWNER):
            shutil.rmtree(rest, ignore_errors=True)


def clear_up(folder: Path, names: Iterable[str]) -> None:
    """Remove what killed writers of these names left in a folder, as the lock of an exchange that had come to its end."""
    rests = [path.name for path in folder.glob(".*")]
    for name in names:
        if any(rest.startswith(f".{name}.") for rest in rests):
            with exclusive(folder / name):
                recover(folder / name)


def put_back(target: Path) -> None:
    """Bring an old folder back before `target` is read, when its exchange was cut off and `target` is absent."""
    target = target.resolve()
    if not target.exists() and leftovers(target, "old"):
        with suppress(OSError), exclusive(target):  # on a read-only disk the reader says what is missing
            recover(target)


def leftovers(target: Path, kind: str) -> list[Path]:
    """Return the folders of `kind` (partial, old, gone) next to `target`, the youngest first."""
    if not target.parent.is_dir():
        return []
    matches = {path: LEFTOVER.fullmatch(path.name) for path in target.parent.iterdir()}
    rests = [
        path for path, rest in matches.items() if rest and rest.group("name", "kind") == (target.name, kind)
        and path.is_dir() and not path.is_symlink()  # a link of that name is somebody else's, and so is its target
    ]  # fmt: skip
    return sorted(rests, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def files_below(folder: Path) -> list[Path]:
    """Return every file below `folder`, in the order of their relative names."""
    return sorted(
        (p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.relative_to(folder).as_posix()
    )


def sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk itself."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        # Some network file systems cannot sync a folder and say EINVAL; nothing more can be done there.
        if error.errno != errno.EINVAL or not path.is_dir():
            raise
    finally:
        os.close(fd)


def _swap_in(new: Path, target: Path) -> None:
    old = target.with_name(new.name.replace(".partial-", ".old-"))
    try:
        if target.exists():
            target.replace(old)
        new.replace(target)
    except BaseException:
        if old.exists() and not target.exists():
            old.replace(target)
        raise
    sync(target.parent)
    if old.exists():
        _remove(old)


def _remove(old: Path) -> None:
    # Under another name first, so that half a folder is never taken for one that must come back.
    gone = old.with_name(old.name.replace(".old-", ".gone-"))
    with suppress(OSError):
        old.replace(gone)
    shutil.rmtree(gone, ignore_errors=True)
