"""Files are read once for each choice of files; the configuration is the one that Hydra composes from all arguments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from omegaconf import OmegaConf

from sim.config import compose
from sim.config.hydra_state import own_hydra
from sim.errors import SimError

PLAIN = yaml.SafeLoader


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["scenario=2030", "plan=off", "days=30"],
        ["experiment=theory/queue", "scenario=2023"],
        [
            "region=synthetic",
            "demand=national",
            "region.synthetic.counties=7",
        ],  # the calls follow the counties
        ["+plan.slips.measure=12", "days=3", "days=4"],
        ["~dispatch.move_up.table", "+dispatch.move_up.table={}", "++seed=7"],
        ["travel.local_kmh.mountain=18", "demand=quzhou", "name='a b'", "out=衢州"],
        ["launch=laptop", "launch.jobs=2"],
        ["days=1,2"],
        ["seed=range(3)", "days=3"],
    ],
)
def test_composition_equals_that_of_hydra(arguments: list[str]) -> None:
    assert outcome(lambda: compose.raw(arguments)) == outcome(
        lambda: OmegaConf.to_container(
            compose._composed(compose.quoted(arguments), hydra=False), resolve=True
        )
    )


def outcome(work: Callable[[], object]) -> object:
    """Return what comes out, or the sentence about what does not fit."""
    try:
        return work()
    except SimError as problem:
        return str(problem)
    except Exception as problem:
        return compose.explain(problem)


def test_an_edited_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "configs"
    shutil.copytree(compose.config_folder(), folder)
    monkeypatch.setattr(compose, "config_folder", lambda: folder)
    (folder / "scenario" / ".#2025.yaml").symlink_to("somebody@host.1:2")  # an editor's mark of unsaved edits
    assert compose.raw([])["seed"] == 2024
    file = folder / "config.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("seed: 2024 ", "seed: 77 "), encoding="utf-8")
    assert compose.raw([])["seed"] == 77


def test_a_change_of_one_composition_is_not_seen_by_the_next() -> None:
    compose.raw(["seed=1"])["travel"].clear()
    assert compose.raw([])["seed"] == 2024
    assert compose.raw([])["travel"]


def test_files_are_read_as_by_the_parser_in_python() -> None:
    with own_hydra():
        here = compose._composed((), hydra=True)
        assert yaml.SafeLoader is not PLAIN or not yaml.__with_libyaml__
        yaml.SafeLoader = PLAIN
        assert compose._composed((), hydra=True) == here
    assert yaml.SafeLoader is PLAIN
