"""The composed files are kept in the user's cache, and nothing of another state of them is believed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from sim.config import city_file, compose


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Configuration files and a cache of this test alone."""
    folder = tmp_path / "configs"
    shutil.copytree(compose.config_folder(), folder)
    monkeypatch.setattr(compose, "config_folder", lambda: folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compose._read_files.cache_clear()
    return folder


@pytest.fixture
def own_cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "fire-response-sim"


def another_process() -> None:
    """Forget what this process has read."""
    compose._read_files.cache_clear()


def test_what_comes_from_the_cache_is_what_the_files_make(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = compose.raw(["scenario=2030", "demand.calls_per_year=4000"])
    assert len(list(own_cache.iterdir())) == 1
    monkeypatch.setattr(compose, "_composed", lambda *_, **__: pytest.fail("composed again"))
    another_process()
    assert compose.raw(["scenario=2030", "demand.calls_per_year=4000"]) == made
    assert compose.raw(["scenario=2030", "demand.calls_per_year=4100"]) != made


def test_a_key_that_does_not_exist_is_refused_from_the_cache_too() -> None:
    for _ in range(2):
        with pytest.raises(compose.SimError, match="unknown key nonsense"):
            compose.raw(["scenario=2030", "nonsense=1"])
        another_process()


def test_an_edited_file_is_read_again(folder: Path) -> None:
    before = compose.raw(["scenario=2030"])["dispatch"]["centre"]["seats"]
    file = folder / "dispatch" / "standard.yaml"
    text = file.read_text(encoding="utf-8").replace(f"seats: {before}", "seats: 7")
    file.write_text(text, encoding="utf-8")
    another_process()
    assert compose.raw(["scenario=2030"])["dispatch"]["centre"]["seats"] == 7 != before


def test_an_edited_city_file_is_read_again(tmp_path: Path, folder: Path) -> None:
    region = tmp_path / "mine"
    shutil.copytree(city_file.tables_folder(None), region)
    file = folder / "region" / "quzhou.yaml"
    text = re.sub(r"(?m)^folder: null", f"folder: {region}", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")
    assert compose.raw([])["region"]["name"] == compose.raw(["days=3"])["region"]["name"] == "Quzhou 衢州"
    city = region / city_file.CITY
    city.write_text(
        city.read_text(encoding="utf-8").replace("name: Quzhou 衢州", "name: Mine"), encoding="utf-8"
    )
    for _ in range(2):
        assert compose.raw(["days=4"])["region"]["name"] == "Mine"
        another_process()


@pytest.mark.parametrize("harm", ["", "{}", "a\nb", "seal"])
def test_a_damaged_file_of_the_cache_is_made_again(own_cache: Path, harm: str) -> None:
    made = compose.raw(["scenario=2030"])
    (file,) = own_cache.iterdir()
    whole = file.read_text(encoding="utf-8")
    file.write_text(whole.replace("2030", "2031") if harm == "seal" else harm, encoding="utf-8")
    another_process()
    assert compose.raw(["scenario=2030"]) == made
    assert file.read_text(encoding="utf-8") == whole


def test_a_cache_that_cannot_be_written_costs_time_alone(own_cache: Path) -> None:
    own_cache.parent.write_text("a file where the folder would be", encoding="utf-8")
    assert compose.raw(["scenario=2030"])["scenario"]["year"] == 2030


def test_the_cache_keeps_a_limited_number(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.config.tree_cache.KEPT", 2)
    for year in (2023, 2024, 2025, 2030):
        compose.raw([f"scenario={year}"])
    assert len(list(own_cache.iterdir())) == 2
