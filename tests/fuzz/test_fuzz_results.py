"""Damaged result folders are refused in a sentence, or read exactly as they were written."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from helpers import nasty

from experiments.validation.page import FUZZ
from sim.config.compose import compose
from sim.config.text import from_yaml
from sim.errors import SimError
from sim.runs import execute
from sim.storage import run_folder
from sim.storage.files import INFO
from sim.studies.run_selection import find_runs

FEW, MANY = FUZZ["result folders"]
TABLES = ("incidents", "dispatches", "kpis", "values")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A small run on disk."""
    out = tmp_path_factory.mktemp("made")
    options = [
        "region=grid",
        "plan=off",
        "scenario=2023",
        "days=2",
        "replications=2",
        "workers=1",
        "figures=none",
    ]
    return execute.on_disk(compose([*options, "name=run", f"out={out}"]))


@pytest.fixture
def folder(made, tmp_path) -> Path:
    """A copy of it that can be spoilt."""
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def open_all(folder: Path, *, verify: bool) -> dict[str, Any]:
    """Return everything that a run on disk holds."""
    result = run_folder.load(folder, verify=verify)
    found: dict[str, Any] = {name: getattr(result, name) for name in TABLES}
    found["config"] = from_yaml(result.config)
    found["info"] = result.info
    find_runs([folder])
    return found


def spoil_info(info: dict[str, Any], random: Random) -> bytes:
    """Return run.json with a key replaced, taken away or put in."""
    found = json.loads(json.dumps(info))
    holder = found
    key = random.choice(sorted(found))
    if isinstance(found[key], dict) and found[key] and random.random() < 0.6:
        holder = found[key]
        key = random.choice(sorted(holder))
    value = random.choice(
        [None, True, -1, 0, 10**30, 1.5, float("nan"), "", "x", [], {}, {"bytes": "1"}, "../../etc"]
    )
    if random.random() < 0.2:
        del holder[key]
    else:
        holder[key] = value
    return json.dumps(found).encode()


def fuzz(folder: Path, count: int, seed: int) -> Counter[str]:
    found: Counter[str] = Counter()
    random = Random(seed)
    clean = open_all(folder, verify=True)
    files = sorted(path for path in folder.iterdir() if path.is_file())
    for _ in range(count):
        path = random.choice(files)
        before = path.read_bytes()
        if path.name == INFO and random.random() < 0.7:
            content = spoil_info(json.loads(before), random)
        elif random.random() < 0.5:  # of the same length: only a checksum, or the format itself, can tell
            content = bytearray(before)
            content[random.randrange(len(content))] ^= 1 << random.randrange(8)
            content = bytes(content)
        else:
            content = nasty.spoilt(before, random)
        path.write_bytes(content)
        shown = (path.name, content[:200])
        verify = random.random() < 0.7
        read = nasty.attempt(lambda verify=verify: open_all(folder, verify=verify), shown)
        nasty.attempt(
            lambda: (
                run_folder.is_complete(folder),
                run_folder.runs_in(folder.parent),
                run_folder.problems_in(folder.parent),
            ),
            shown,
        )
        path.write_bytes(before)
        if isinstance(read, SimError):
            found["refused"] += 1
            continue
        found["accepted"] += 1
        if verify and path.name in clean["info"]["files"] and content != before:
            raise AssertionError(f"{shown} was changed, and verified")
        if verify and path.name == INFO:
            same(read, clean, shown)
    return found


def same(read: dict[str, Any], clean: dict[str, Any], shown: object) -> None:
    """Assert that tables are those that were written, whatever stands in run.json beside their checksums."""
    for name in TABLES:
        pd.testing.assert_frame_equal(read[name], clean[name], obj=f"{name} of {shown}")
    assert read["config"] == clean["config"], shown


def test_spoilt_results_are_refused_or_whole(folder):
    nasty.tally(fuzz(folder, FEW, seed=1), least=1)


@pytest.mark.slow
def test_many_spoilt_results_are_refused_or_whole(folder):
    nasty.tally(fuzz(folder, MANY, seed=2), least=40)
