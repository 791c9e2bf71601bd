"""Trials of changed files: each published file of a sweep in each way, at random places, against each reader.

A reader must refuse the changed file, or show and write exactly what it did before; then it does not open that file.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

from experiments.faults import forks
from experiments.faults.commands import SWEEP, Files, visible
from sim.errors import SimError

READERS: dict[str, tuple[str, ...]] = {  # {at}: a folder that holds the study; {out}: an empty one
    "compare": ("compare", "{at}/s", "out={out}", "figures=none"),
    "report": ("report", "{at}/s", "out={out}/report.html"),
    "collect": ("collect", "{at}/s", "out={out}/table.csv", "values=true"),
    "incident": ("incident", "{at}/s/2025,replications=1,days=1", "number=0", "out={out}"),
    "array": ("array", "{at}/s", "missing=true"),
}
Random = np.random.Generator


def _flip(content: bytes, random: Random) -> bytes:
    place = int(random.integers(len(content)))
    return content[:place] + bytes([content[place] ^ 1 << int(random.integers(8))]) + content[place + 1 :]


def _insert(content: bytes, random: Random) -> bytes:
    place = int(random.integers(len(content)))
    return content[:place] + bytes([int(random.integers(256))]) + content[place:]


def _cut(content: bytes, random: Random) -> bytes:
    return content[: int(random.integers(len(content)))]


def _digit(content: bytes, random: Random) -> bytes:
    digits = [place for place, byte in enumerate(content) if 48 <= byte < 57]
    place = int(random.choice(digits)) if digits else 0
    return content[:place] + bytes([content[place] + 1]) + content[place + 1 :]


def _line(content: bytes, random: Random) -> bytes:
    lines = content.split(b"\n")
    place = int(random.integers(len(lines)))
    return b"\n".join([*lines[:place], *lines[place:][:1] * 2, *lines[place + 1 :]])


def _block(content: bytes, random: Random) -> bytes:
    place = int(random.integers(len(content)))
    return content[:place] + bytes(64) + content[place + 64 :]


WAYS: dict[str, Callable[[bytes, Random], bytes]] = {
    "a bit flipped": _flip,
    "a byte added": _insert,
    "cut short": _cut,
    "a digit raised": _digit,
    "a line doubled": _line,
    "64 bytes of zeros": _block,
    "emptied": lambda content, random: b"",
}  # fmt: skip
COLUMNS = (
    "reader", "changes", "refused", "shown as before", "shown otherwise", "files that it does not open",
)  # fmt: skip


def trials(scratch: Path, least: int, seed: int) -> tuple[list[list[str]], bool]:
    """Return a row for each reader with what at least so many changes of files showed, and whether all went well."""
    random, whole, at = np.random.default_rng(seed), scratch / "whole", scratch / "at"
    words = [word.format(out=whole / "s") for word in (*SWEEP, "figures=main")]
    whole.mkdir()
    if forks.call(words, scratch, scratch / "sweep.log"):
        raise SimError("the sweep that is to be changed was not made.")
    shutil.copytree(whole, at)
    clean = {name: _shown(scratch, name) for name in READERS}
    run = "s/2025,replications=1,days=1"
    files = [f"{run}/{path.name}" for path in sorted((whole / run).iterdir()) if path.is_file()]
    files += [f"{run}/figures/response_curves.png", "s/sweep.json", f"s/.sweep/configs/{Path(run).name}.json"]
    ways = [(file, way) for file in files for way in WAYS]
    seen: Counter[tuple[str, str]] = Counter()
    noticed: set[tuple[str, str]] = set()
    for file, way in ways * -(-least // len(ways)):
        before = (whole / file).read_bytes()
        (at / file).write_bytes(WAYS[way](before, random))
        for reader in READERS:
            status, said, left = _shown(scratch, reader)
            listed = reader == "array" and bool(said.strip())  # it names the run to be made anew
            if status or listed or "skipped: " in said:
                answer = "refused"
                noticed.add((reader, Path(file).name))
            else:
                answer = "before" if (status, said, left) == clean[reader] else "otherwise"
            if answer == "otherwise" or "Traceback" in said:
                answer = "otherwise"
                print(f"{reader}: {file}, {way}: {status} {said[-500:]}", flush=True)
            seen[reader, answer] += 1
        (at / file).write_bytes(before)
    rows = []
    for reader in READERS:
        counts = [seen[reader, answer] for answer in ("refused", "before", "otherwise")]
        unread = [
            name for name in dict.fromkeys(Path(file).name for file in files) if (reader, name) not in noticed
        ]
        rows.append([reader, *map(str, [sum(counts), *counts]), ", ".join(unread) or "–"])
    return rows, not any(answer == "otherwise" for _, answer in seen)


def _shown(scratch: Path, reader: str) -> tuple[int, str, Files]:
    """Return exit status, what is printed, and what is written."""
    out, log = scratch / "out", scratch / "reader.log"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    words = [word.format(at=scratch / "at", out=out) for word in READERS[reader]]
    status = forks.call(words, scratch, log)
    return status, re.sub(r"[0-9.]+ s", "", log.read_text(errors="replace")), visible(out)
