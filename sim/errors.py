"""Errors that a user can correct: one exception, a sentence for disk errors, and the "did you mean" suggestion."""

from __future__ import annotations

import difflib
import errno
import re
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

_LIMITS = {  # of the system, that any command may meet anywhere
    errno.EMFILE: "too many files are open: raise the limit (ulimit -n) or use fewer workers",
    errno.ENFILE: "too many files are open on this machine: use fewer workers",
    errno.ENOMEM: "memory ran out: use fewer workers, or raise the limit (ulimit -v)",
    errno.EAGAIN: "no more processes are allowed: raise the limit (ulimit -u) or use fewer workers",
}
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # as different file systems say it
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_CAUSES = {
    errno.ENOSPC: ("the disk is full", "free space there"),
    errno.EDQUOT: ("the disk quota is used up", "free space there"),
    errno.EFBIG: ("the file would be larger than the limit (see ulimit -f)", "raise the limit"),
    errno.EROFS: ("the file system is read-only", "make it writable"),
    errno.EACCES: ("permission is denied", "ask for permission"),
    errno.EPERM: ("permission is denied", "ask for permission"),
    errno.EISDIR: ("a folder stands where a file is needed", "move that folder away"),
    errno.ENOTDIR: ("a file stands where a folder is needed", "move that file away"),
    errno.EEXIST: ("a file stands where a folder is needed", "move that file away"),
    errno.ELOOP: ("a link stands where a file is needed, or it leads to itself", "remove that link"),
    errno.ENAMETOOLONG: ("the name is too long", "use a shorter one"),
    **dict.fromkeys(NO_LOCKS, ("the file system has no file locks (flock)", "have it mounted with them")),
}


OTHER_FOLDER = "choose another folder with out=..."


class SimError(Exception):
    """A mistake that the user can correct; the user sees its message."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the sentence, without the calls that led to it."""
        return [f"{type(self).__name__}: {self}"]


@contextmanager
def explain(path: Path, doing: str = "write", instead: str = OTHER_FOLDER) -> Iterator[None]:
    """Turn an OSError inside into a SimError that says which path, what is wrong and what to do."""
    try:
        yield
    except OSError as error:
        raise SimError(sentence(error, path, doing, instead)) from error


def sentence(error: OSError, path: Path, doing: str = "write", instead: str = OTHER_FOLDER) -> str:
    """Say for the user why `path` cannot be written (or read), and how to get on."""
    if error.errno in _LIMITS:  # no fault of the path
        return beyond_a_limit(error)
    cause, remedy = _CAUSES.get(error.errno or 0, (error.strerror or str(error), "check the disk"))
    culprit = error.filename if isinstance(error.filename, str) else ""
    where = f" ({culprit})" if culprit and Path(culprit) != path else ""
    return f"cannot {doing} {path}: {cause}{where}; {remedy} or {instead}"


def beyond_a_limit(problem: BaseException) -> str:
    """Say which limit of the system is behind an exception, and what to do; empty for any other exception."""
    text, number = str(problem), problem.errno if isinstance(problem, OSError) else None
    if "start new thread" in text:
        number = errno.EAGAIN
    elif isinstance(problem, MemoryError) or re.search(
        "map segment|cannot allocate memory", text, re.IGNORECASE
    ):
        number = errno.ENOMEM
    if number in _LIMITS:
        return f"{_LIMITS[number]} ({text or 'no more is given'})."
    if "No usable temporary directory" in text:
        return (
            "no folder for temporary files can be written: free space in /tmp, or name another one in TMPDIR."
        )
    if isinstance(problem, OSError) and number in _CAUSES:
        cause, remedy = _CAUSES[number]
        return f"{problem.filename or 'a file'}: {cause}; {remedy}."
    return ""


def pasteable(*words: object) -> str:
    """Return a command of the program as a shell takes it, whatever signs the names of folders have."""
    return f"python -m sim {shlex.join(map(str, words))}"


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """Return ` (did you mean X?)` for the known word most like the one found; empty where none is alike.

    Of dotted keys the last part is enough: `seats` finds dispatch.centre.seats if no other key ends so.
    """
    if found.isdecimal():  # a number like another is no slip of the pen
        return ""
    words = list(dict.fromkeys(known))
    endings = [word for word in words if word.endswith(f".{found}")]
    close = endings or difflib.get_close_matches(found, words, n=1)
    return f" (did you mean {close[0]}?)" if len(close) == 1 and close[0] != found else ""


def was_interrupted(problem: BaseException) -> bool:
    """Whether Ctrl-C is behind an exception: a clean-up that it cut short may have raised another one."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [problem]
    while waiting:
        item = waiting.pop()
        if item is not None and item not in seen:
            seen.append(item)
            waiting += [item.__cause__, item.__context__]
    return any(isinstance(item, KeyboardInterrupt) for item in seen)
