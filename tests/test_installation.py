"""`pip install .` puts one package there, `sim`, and it works whatever lies in the user's own folder."""

import importlib.util
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

import sim

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed: pip install '.[dev]'")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    pure = os.environ | {"SIM_COMPILED": "0"}  # compiling takes its time, and tests/test_compiled.py does it
    subprocess.run(command, cwd=ROOT, env=pure, check=True, capture_output=True, timeout=120)
    (file,) = folder.glob("*.whl")
    return file


def test_wheel_holds_one_package_with_every_file_that_it_needs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        files = set(archive.namelist())
    packages = {name.split("/")[0] for name in files}
    assert packages - {name for name in packages if name.endswith(".dist-info")} == {"sim"}
    left_out = {"__pycache__", "_compiled"}
    code = [file for file in (ROOT / "sim").rglob("*") if file.is_file() and not left_out & {*file.parts}]
    configs = [file for file in (ROOT / "configs").rglob("*") if file.is_file()]
    needed = {file.relative_to(ROOT).as_posix() for file in code}
    needed |= {f"sim/{file.relative_to(ROOT).as_posix()}" for file in configs}
    assert {name for name in files if name.startswith("sim/")} == needed


@pytest.mark.slow
def test_installed_program_ignores_what_lies_in_the_users_folder(wheel: Path, tmp_path: Path) -> None:
    site, folder = tmp_path / "site", tmp_path / "mine"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(site)]
    subprocess.run([*install, str(wheel)], check=True, timeout=120)
    for name in ("experiments", "configs", "tests", "results"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise RuntimeError('a folder of the user was read')\n")
        (folder / name / "config.yaml").write_text("scenario: [\n")
    options = ["scenario=2025", "replications=2", "days=2", "seed=5"]
    command = [sys.executable, "-m", "sim", *options, "workers=2", "figures=none", "out=runs", "name=mine"]
    env = {**os.environ, "PYTHONPATH": str(site)}
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert (
        json.loads((folder / "runs" / "mine" / "run.json").read_text())["git_commit"] is None
    )  # of no checkout
    expected = sim.run(*options).incidents
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "runs" / "mine" / "incidents.parquet"), expected)
