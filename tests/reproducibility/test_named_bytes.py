"""A result names exactly the bytes that it was made from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.nasty import put_odd_file

from sim import cli, loaded
from sim.config.compose import compose
from sim.errors import SimError
from sim.runs import execute
from sim.storage import provenance
from sim.sweeps import job

ROOT = Path(__file__).resolve().parents[2]
SMALL = ("replications=1", "days=1", "workers=1", "figures=none")
LOOK = """
import json, os, sys
from functools import cache
from pathlib import Path
opened = []
sys.addaudithook(lambda event, given: event == "open" and isinstance(given[0], str) and opened.append(given[0]))
import sim
from sim import loaded
from sim.config.compose import compose
from sim.runs import execute
from sim.storage import provenance
execute.in_memory(compose(sys.argv[1:]))
home = loaded.PACKAGE
used = {Path(module.__file__) for name, module in sys.modules.items() if name.split(".")[0] == "sim"}
used |= {Path(file) for file in opened if Path(file).is_relative_to(home) and not file.endswith(".pyc")}
used = sorted(file for file in used if file.is_file() and file.is_relative_to(home))
first = loaded.edited()
provenance.forget()
before, same, noticed = provenance.code_digest(), [], 0
hide = loaded.edited
read = cache(lambda file, time, whole=provenance._sha256: whole(file))
provenance._sha256 = lambda file: read(file, file.stat().st_mtime_ns)
for file in used:
    text, times = file.read_bytes(), file.stat()
    file.write_bytes(text + b"\\n")
    noticed += hide() == file.relative_to(home).as_posix()
    loaded.edited = lambda: ""
    provenance.forget()
    if provenance.code_digest() == before:
        same.append(str(file.relative_to(home)))
    file.write_bytes(text)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
print(json.dumps({"first": first, "used": len(used), "same": same, "noticed": noticed}))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program that can be edited."""
    for name in ("sim", "configs"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "_compiled", "*.otf")
        )
    return tmp_path


def python(script: str, *arguments: str, at: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(at)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_an_editors_link_to_nowhere_is_no_file_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.py").write_text("x = 1\n")
    (tmp_path / ".#model.py").symlink_to("somebody@host.1:2")
    monkeypatch.setattr(loaded, "PACKAGE", tmp_path)
    assert list(loaded.files()) == ["model.py"]


def test_a_compiled_module_is_part_of_the_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "_compiled").mkdir()
    module = tmp_path / "_compiled" / "sim.simulation.model.cpython-311-x86_64-linux-gnu.so"
    monkeypatch.setattr(loaded, "PACKAGE", tmp_path)
    digests = []
    for content in (b"machine code", b"other machine code"):
        module.write_bytes(content)
        monkeypatch.setattr(loaded, "_BEGAN", loaded._stats())
        provenance.forget()
        digests.append(provenance.code_digest())
    assert digests[0] != digests[1]
    module.write_bytes(b"edited while a run is under way")
    assert loaded.edited() == f"_compiled/{module.name}"
    provenance.forget()


@pytest.mark.slow
def test_a_change_of_each_file_that_a_run_loads_changes_the_digest(copy: Path) -> None:
    done = python(LOOK, *SMALL, at=copy)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["used"] > 100
    assert (found["first"], found["same"]) == ("", [])
    assert found["noticed"] > 100  # code files; tables are read by each run


EDIT = """
import sys
from pathlib import Path
import sim
from sim.runs import execute, replications
from sim.config.compose import compose
whole = replications.run
def edited(world):
    path = Path(sys.argv[1])  # the world is read, the work begins
    path.write_bytes(path.read_bytes() + b"\\n")
    yield from whole(world)
execute.replicate.run = edited
try:
    execute.on_disk(compose(sys.argv[2:]))
except sim.SimError as refusal:
    print(refusal)
"""


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ("sim/terms.py", "sim/terms.py was changed since the program began"),
        ("mine/cells.csv", "version of the region's tables was changed while the run was under way"),
        ("sim/data/parameters.csv", "version of this program or its libraries was changed while the run"),
    ],
)
def test_what_is_edited_while_a_run_is_under_way_leaves_no_result(copy: Path, edited: str, said: str) -> None:
    shutil.copytree(copy / "sim" / "data" / "quzhou", copy / "mine")
    options = [*SMALL, "name=a", "out=results", "region.folder=mine"]
    done = python(EDIT, edited, *options, at=copy)
    assert said in done.stdout, done.stderr
    assert list((copy / "results").iterdir()) == []


def test_a_job_does_not_begin_what_its_sweep_did_not_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*SMALL, f"out={tmp_path}", "launch=array"]
    assert cli.main(["-m", "scenario=2025", *given]) == 0
    monkeypatch.setattr(execute, "code_digest", lambda: "edited")
    monkeypatch.setattr(job.execute, "on_disk", lambda config: pytest.fail("the work began"))
    assert cli.main(["array", str(tmp_path), "job=0"]) == 1
    assert "was changed since the sweep" in capsys.readouterr().err


def test_a_policy_of_ones_own_is_part_of_what_a_run_is_made_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    policy = tmp_path / "own_move_up.py"
    policy.write_text("class Mine: pass\n")
    config = compose(SMALL)
    rules = replace(config.dispatch, move_up=replace(config.dispatch.move_up, policy="own_move_up:Mine"))
    config = replace(config, dispatch=rules)
    before = execute.facts(config)
    policy.write_text("class Mine: more = 1\n")
    assert execute.facts(config)["policy_digest"] != before["policy_digest"]
    assert "policy_digest" not in execute.facts(compose(SMALL))


def test_a_finished_run_of_another_configuration_is_replaced_only_if_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [*SMALL, "name=a", f"out={tmp_path}"]
    assert cli.main(["scenario=2025", *given]) == 0
    before = (tmp_path / "a" / "run.json").read_bytes()
    assert cli.main(["scenario=2023", *given]) == 2
    assert (
        "holds a finished run of another configuration (scenario 2025); overwrite=true"
        in capsys.readouterr().err
    )
    assert (tmp_path / "a" / "run.json").read_bytes() == before
    assert cli.main(["-m", "scenario=2023", *given]) == 2  # a sweep takes the place of its own runs only
    assert "overwrite=true" in capsys.readouterr().err
    assert cli.main(["scenario=2025", *given]) == 0  # the same again
    assert cli.main(["scenario=2023", *given, "overwrite=true"]) == 0
    assert json.loads((tmp_path / "a" / "run.json").read_bytes())["scenario"] == 2023


@pytest.mark.parametrize("value", ["${oc.env:TOKEN}", "a${oc.env:TOKEN}", "${oc.decode:1}", "${now:%S}"])
def test_nothing_from_outside_the_configuration_reaches_a_result(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "secret")
    with pytest.raises(SimError, match="would come from outside the configuration") as refusal:
        compose([f"region.name={value}"])
    assert "secret" not in str(refusal.value)
    assert compose(["demand.growth=${sim.times:0,2}", "region.name=${delivery}"]).region.name == "promised"


@pytest.mark.parametrize("what", ["pipe", "self-link", "device", "huge"])
def test_a_table_that_is_no_regular_file_is_refused_at_once(tmp_path: Path, what: str) -> None:
    shutil.copytree(ROOT / "sim" / "data" / "quzhou", tmp_path / "mine")
    path = tmp_path / "mine" / "cells.csv"
    path.unlink()
    put_odd_file(path, what)
    provenance.forget()
    with pytest.raises(SimError, match="mine"):
        execute.in_memory(compose([*SMALL, f"region.folder={tmp_path / 'mine'}"]))
    travel = tmp_path / "travel.csv"
    put_odd_file(travel, "pipe")
    with pytest.raises(SimError, match="is a pipe or a device"):
        execute.in_memory(compose([*SMALL, "travel=matrix", f"travel.file={travel}"]))
