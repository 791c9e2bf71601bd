"""Seeded nonsense that a hurried or hostile hand might leave in a file, and a guard for each try."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from sim.errors import SimError

LONGEST_S = 20  # for one input; more is a hang

NUMBERS = (
    "nan", "inf", "-inf", "Infinity", "1e400", "-1e400", "1e308", "1e-320", "-0.0", "-1", "0", "1.5", "1_000",
    "１２", "٣",
    "0x10", "1,5", "1 000", "1e3", "+7", "--1", "", " ", "many", "True", "None", "9" * 400, "1e", ".", "½", "2 460.22",
)  # fmt: skip
WORDS = (
    "", " ", "\t", "衢州", "é", "e\u0301", "\u200b", "\ufeff", "\x00", "\x07", "a\nb", 'a"b', "a,b", "'", "../x", "=1+1",
    "<script>", "x" * 5000, "NULL", "true", "\U0001f692", "\u202eabc",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**63, 10**400, -(10**400), 0.0, -0.0, 1.5, 1e-320, 1e308, float("nan"),
    float("inf"),
    float("-inf"), "", "5", "nan", "1e3", "衢州", "x" * 5000, [], [None], [1, "2"], [float("nan")] * 24, {}, {"a": 1},
    {1: 2}, {None: 1}, [[1]], b"5", (1, 2), 1 + 2j, {"law": "constant"},
    {"law": "lognormal", "scale": 1e5, "sd_log": True},
)  # fmt: skip


@contextmanager
def bounded() -> Iterator[None]:
    """Turn a hang into an error."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not done after {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def attempt(work: Callable[[], Any], shown: object) -> Any:
    """Return what `work` gives, or the SimError that refuses it; anything else is a failure that shows the input."""
    try:
        with bounded():
            return work()
    except SimError as refusal:
        text = str(refusal)
        assert text.strip(), shown
        assert "Traceback" not in text, (shown, text)
        assert len(text) < 6000, (shown, len(text))
        return refusal
    except Exception as problem:
        raise AssertionError(f"{type(problem).__name__}: {problem}\nof the input {shown!r}") from problem


def spoilt(content: bytes, random: Random) -> bytes:
    """Return a file with something wrong in its bytes: encodings, line ends, cuts, flips, doubles."""
    return random.choice(SPOILERS)(content, random)


def _flip(content: bytes, random: Random) -> bytes:
    data = bytearray(content)
    for _ in range(random.randint(1, 4)):
        if data:
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return bytes(data)


def _cut(content: bytes, random: Random) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def _insert(content: bytes, random: Random) -> bytes:
    place = random.randrange(len(content) + 1)
    piece = random.choice(
        [*NUMBERS, *WORDS, "\n", "\r", ",", '"', ":", "- ", "{", "}", "&a ", "*a", "!!python/none "]
    )
    return content[:place] + piece.encode() + content[place:]


def _double_line(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    place = random.randrange(len(lines))
    return b"\n".join([*lines[: place + 1], *lines[place:]])


def _drop_line(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    del lines[random.randrange(len(lines))]
    return b"\n".join(lines)


def _swap_lines(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    random.shuffle(lines)
    return b"\n".join(lines)


def _encoded(content: bytes, random: Random) -> bytes:
    text = content.decode(errors="replace")
    return text.encode(
        random.choice(["utf-16", "utf-16-le", "utf-32", "gb18030", "utf-8-sig"]), errors="replace"
    )


SPOILERS: tuple[Callable[[bytes, Random], bytes], ...] = (
    _flip, _cut, _insert, _double_line, _drop_line, _swap_lines, _encoded,
    lambda content, _: content.replace(b"\n", b"\r\n"),
    lambda content, _: content.replace(b"\n", b"\r"),
    lambda content, _: content.replace(b",", b";"),
    lambda content, _: content + b"\x00" * 64,
    lambda content, _: b"",
    lambda content, _: b"\n\n",
    lambda content, random: random.randbytes(300),
    lambda content, _: content + content,
    lambda content, _: content.rstrip(b"\n"),
)  # fmt: skip


def tally(found: Counter[str], least: int) -> None:
    """Both must happen, refusals and acceptances, or the fuzzing says nothing; pytest shows the counts."""
    print(dict(found))  # noqa: T201 -- shown with a failure
    assert found["refused"] >= least, found
    assert found["accepted"] >= least, found


def put_odd_file(path: Path, kind: str) -> None:
    """Put at `path` what is no regular file of a sensible size: a pipe, a device, a link to itself, a huge file."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "huge":
        with path.open("wb") as file:
            file.truncate(2**40)
    else:
        path.symlink_to({"self-link": path, "device": Path("/dev/zero")}[kind])
