"""Compiled modules are used only where they fit the source, and give the same tables as pure Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from test_floors import imported

import compile_model
from sim import compiled

ROOT = Path(__file__).resolve().parents[1]


def manifest(folder: Path, package: Path, **changes: object) -> None:
    sources = {"model.py": compiled.digest(package / "model.py")}
    text = json.dumps({"suffix": compiled.SUFFIX, "sources": sources, "modules": {}, **changes})
    (folder / compiled.MANIFEST).write_text(text, encoding="utf-8")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "model.py").write_text("x = 1\n", encoding="utf-8")
    return tmp_path


def test_modules_that_fit_their_source_are_used(package: Path) -> None:
    manifest(package, package)
    assert compiled.unfit(package, package) == ""


def test_edited_source_is_never_hidden_by_its_compiled_module(package: Path) -> None:
    manifest(package, package)
    (package / "model.py").write_text("x = 2\n", encoding="utf-8")
    assert "sim/model.py has changed since it was compiled" in compiled.unfit(package, package)


def test_removed_source_is_noticed(package: Path) -> None:
    manifest(package, package)
    (package / "model.py").unlink()
    assert "sim/model.py has changed" in compiled.unfit(package, package)


def test_extension_that_was_changed_is_not_used(package: Path) -> None:
    (package / "model.so").write_bytes(b"machine code")
    manifest(package, package, modules={"model.so": compiled.digest(package / "model.so")})
    assert compiled.unfit(package, package) == ""
    (package / "model.so").write_bytes(b"other machine code")
    assert "model.so is not as it was compiled" in compiled.unfit(package, package)


def test_edit_of_a_file_whose_types_are_compiled_in_counts_too() -> None:
    rooms = {name.split("/")[0] for name in compile_model.COMPILED}
    used = {module.split(".")[1] for name in compile_model.COMPILED
            for module, _ in imported(ROOT / "sim" / name) if module.startswith("sim.")}  # fmt: skip
    assert rooms | used <= {name.removesuffix(".py") for name in compile_model.FOLLOWED}


def test_without_a_compiler_nothing_is_compiled_and_the_sentence_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SIM_COMPILED", raising=False)
    monkeypatch.setattr(compiled, "FOLDER", Path("nowhere"))
    monkeypatch.setattr(compile_model, "usable", lambda: False)
    monkeypatch.setenv("CC", "no-such-compiler")
    assert compile_model.compile_all() == (
        "not compiled: there is no C compiler; the program runs in pure Python"
    )


def test_switch_forbids_compiling_and_using_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIM_COMPILED", "0")
    assert compile_model.compile_all() == "not compiled: SIM_COMPILED=0"
    assert not compile_model.usable()


def test_modules_of_another_python_are_not_used(package: Path) -> None:
    manifest(package, package, suffix=".cpython-27.so")
    assert "compiled for another Python" in compiled.unfit(package, package)


@pytest.mark.parametrize(
    "text", [None, "", "[]", "{}", '{"suffix": 1, "sources": 2}', '{"suffix": "", "sources": {}}']
)
def test_folder_without_a_sound_manifest_counts_as_not_compiled(package: Path, text: str | None) -> None:
    if text is not None:
        (package / compiled.MANIFEST).write_text(text, encoding="utf-8")
    assert compiled.unfit(package, package) == "not compiled"


@pytest.mark.slow
@pytest.mark.skipif(
    not (shutil.which("cc") and find_spec("mypyc") and int(version("setuptools").split(".")[0]) >= 75),
    reason="compiling needs a C compiler, mypy and setuptools 75 or newer",
)
def test_compiled_and_pure_runs_give_the_same_tables(tmp_path: Path) -> None:
    for name in ("sim", "configs"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("_compiled", "__pycache__")
        )
    for name in ("compile_model.py", "hatch_build.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copyfile(ROOT / name, tmp_path / name)
    env = {key: value for key, value in os.environ.items() if key != "SIM_COMPILED"} | {
        "PYTHONPATH": str(tmp_path)
    }

    def call(*words: str, **more: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=env | more,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def wheel() -> list[str]:
        folder = tmp_path / "wheel"
        call("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
        (file,) = folder.glob("*.whl")
        with zipfile.ZipFile(file) as archive:
            names = [file.name, *(name for name in archive.namelist() if "_compiled" in name)]
        file.unlink()
        return names

    said = call("compile_model.py")
    assert said.startswith("compiled "), said
    assert call("compile_model.py") == "compiled already\n"
    assert "event model compiled" in call("-m", "sim", "--version")
    name, *modules = wheel()
    assert not name.endswith("-none-any.whl")
    assert any(compiled.SUFFIX in module for module in modules)
    for arguments in (
        ["scenario=2023"], ["scenario=2025"], ["scenario=2030"], ["scenario=2026", "delivery=partial"],
        ["scenario=2025", "dispatch.move_up.policy=none"], ["scenario=2023", "region=grid", "plan=off"],
    ):  # fmt: skip
        digests = []
        for switch in ("1", "0"):
            words = [
                *arguments,
                "days=30",
                "replications=1",
                "workers=1",
                "figures=none",
                "name=run",
                f"out={switch}",
            ]
            call("-m", "sim", *words, SIM_COMPILED=switch)
            info = json.loads((tmp_path / switch / "run" / "run.json").read_text(encoding="utf-8"))
            assert info["event_model"].startswith("compiled" if switch == "1" else "pure Python")
            digests.append([compiled.digest(tmp_path / switch / "run" / f"{table}.parquet")
                            for table in ("incidents", "dispatches", "kpi_values")])  # fmt: skip
            shutil.rmtree(tmp_path / switch)
        assert digests[0] == digests[1], arguments
    with (tmp_path / "sim" / "terms.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert "sim/terms.py has changed since it was compiled" in call("-m", "sim", "--version")
    env["CC"] = "no-such-compiler"
    (name,) = wheel()
    assert name.endswith("-py3-none-any.whl")
