"""Wrong values, plan files and arguments are refused, or give a valid configuration that runs."""

from __future__ import annotations

import copy
import dataclasses
import math
import shutil
import typing
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from helpers import nasty

from experiments.validation.page import FUZZ
from sim.config import compose as door
from sim.config.fields import build
from sim.config.schema import Config, read
from sim.config.text import from_yaml, to_yaml
from sim.errors import SimError
from sim.simulation import replication, result_tables

PLAN = "plan/quzhou_2024.yaml"
GROUPS = {
    field.name: typing.get_type_hints(Config)[field.name]
    for field in dataclasses.fields(Config)
    if dataclasses.is_dataclass(typing.get_type_hints(Config)[field.name])
}
SMALL = {"days": 1, "replications": 1, "workers": 1, "figures": "none"}
RUN_EVERY = 40  # accepted configurations of which one is run
MOST_UNITS = 50_000  # of a world worth running in a test


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return door.raw(["scenario=2025", *(f"{key}={value}" for key, value in SMALL.items())])


def leaves(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value, groups included."""
    found = [path] if path else []
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        found += leaves(value, (*path, key))
    return found


def put(tree: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


def take(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def sound(item: Any, where: str = "") -> None:
    """Assert that every number is one, finite and in its range, and every group of its type."""
    hints = typing.get_type_hints(type(item))
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        _sound(hints[field.name], value, field.metadata, f"{where}.{field.name}")


def _sound(hint: Any, value: Any, metadata: Any, where: str) -> None:
    if dataclasses.is_dataclass(value):
        sound(value, where)
    elif isinstance(value, dict):
        for key, inner in value.items():
            assert isinstance(key, str), where
            _sound(None, inner, metadata, f"{where}.{key}")
    elif isinstance(value, tuple):
        for inner in value:
            _sound(None, inner, metadata, where)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        assert hint is not bool, where
        assert math.isfinite(value), where
        if "low" in metadata:
            assert metadata["low"] <= value <= metadata["high"], where
    elif isinstance(value, bool):
        assert hint in (bool, None), f"{where} is {value}"
        assert "low" not in metadata, f"{where} is {value}, which is no number"
    else:
        assert value is None or isinstance(value, str), f"{where} is {value!r}"


def changed(tree: dict[str, Any], random: Random) -> tuple[dict[str, Any], object]:
    """Return the tree with a value replaced, taken away, put in twice under another name, or swapped with another."""
    found = copy.deepcopy(tree)
    paths = leaves(found)
    path = random.choice(paths)
    kind = random.random()
    if kind < 0.7:
        value = copy.deepcopy(random.choice(nasty.VALUES))
        put(found, path, value)
        return found, (path, value)
    holder = take(found, path[:-1])
    if kind < 0.8:
        del holder[path[-1]]
        return found, (path, "gone")
    if kind < 0.9 and isinstance(holder, dict):
        key = random.choice([*nasty.WORDS, *nasty.NUMBERS, str(path[-1]).upper(), 7, None, True])
        holder[key] = copy.deepcopy(holder[path[-1]])
        return found, (path, "again as", key)
    other = random.choice(paths)
    value = copy.deepcopy(take(tree, other))
    put(found, path, value)
    return found, (path, "as", other)


def runs(config: Config) -> None:
    """Build the world of a configuration and run a day of it, where it is not larger than a test can bear."""
    config = dataclasses.replace(config, days=1, replications=1, workers=1)
    world = replication.build_world(config)
    if config.demand.calls_per_year > 1e6 or len(world.forces.units) > MOST_UNITS:
        return
    incidents, _ = result_tables.tables(world, replication.simulate(world, 0))
    assert not (incidents["time_s"] == math.inf).any()


def fuzz_values(shipped: dict[str, Any], count: int, seed: int) -> Counter[str]:
    found: Counter[str] = Counter()
    random = Random(seed)
    for _ in range(count):
        if random.random() < 0.15:
            tree, shown = changed(shipped, random)
            config = nasty.attempt(lambda tree=tree: read(tree), shown)
        else:
            group = random.choice(sorted(GROUPS))
            tree, shown = changed(shipped[group], random)
            config = nasty.attempt(
                lambda tree=tree, group=group: build(GROUPS[group], tree, group), (group, shown)
            )
        if isinstance(config, SimError):
            assert "\n" not in str(config), shown
            assert str(config).endswith("."), (shown, config)
            found["refused"] += 1
            continue
        found["accepted"] += 1
        sound(config)
        if isinstance(config, Config):
            found["whole"] += 1
            assert nasty.attempt(lambda config=config: read(from_yaml(to_yaml(config))), shown) == config
            if found["whole"] % RUN_EVERY == 1:
                nasty.attempt(lambda config=config: runs(config), shown)
                found["run"] += 1
    return found


def test_values_are_refused_or_sound(shipped):
    nasty.tally(fuzz_values(shipped, FUZZ["configuration values"][0], seed=1), least=15)  # a tenth


@pytest.mark.slow
def test_many_values_are_refused_or_sound(shipped):
    nasty.tally(fuzz_values(shipped, FUZZ["configuration values"][1], seed=2), least=200)  # a tenth


# -- plan files ---------------------------------------------------------------------------------------------------


def fuzz_plans(shipped: dict[str, Any], count: int, seed: int) -> Counter[str]:
    """Try the text of the plan as a file with something wrong."""
    found: Counter[str] = Counter()
    random = Random(seed)
    text = to_yaml_of(shipped["plan"]).encode()
    for _ in range(count):
        content = nasty.spoilt(text, random)

        def work(content: bytes = content) -> Any:
            return build(GROUPS["plan"], from_yaml(content.decode("utf-8", errors="replace")), "plan")

        plan = nasty.attempt(work, content[:300])
        if isinstance(plan, SimError):
            found["refused"] += 1
        else:
            found["accepted"] += 1
            sound(plan)
    return found


def to_yaml_of(group: dict[str, Any]) -> str:
    from omegaconf import OmegaConf

    return OmegaConf.to_yaml(OmegaConf.create(group))


def test_spoilt_plans_are_refused_or_sound(shipped):
    nasty.tally(fuzz_plans(shipped, FUZZ["plan files"][0], seed=1), least=5)


@pytest.mark.slow
def test_many_spoilt_plans_are_refused_or_sound(shipped):
    nasty.tally(fuzz_plans(shipped, FUZZ["plan files"][1], seed=2), least=30)  # a tenth


def fuzz_files(folder: Path, count: int, seed: int) -> Counter[str]:
    """Try the same through Hydra: a file of the folder of configurations with something wrong."""
    found: Counter[str] = Counter()
    random = Random(seed)
    files = sorted(
        path for path in folder.glob("*/*.yaml") if path.parent.name not in ("experiment", "launch", "costs")
    )
    used = [path for path in files if path.name in ("2025.yaml", "quzhou.yaml", "quzhou_2024.yaml", "standard.yaml",
                                                    "distance.yaml", "zhejiang.yaml")]  # fmt: skip
    for _ in range(count):
        path = random.choice(used)
        clean = path.read_bytes()
        content = nasty.spoilt(clean, random)
        path.write_bytes(content)
        config = nasty.attempt(lambda: door.compose(["scenario=2025"]), (path.name, content[:400]))
        path.write_bytes(clean)
        if isinstance(config, SimError):
            found["refused"] += 1
        else:
            found["accepted"] += 1
            sound(config)
    return found


@pytest.fixture
def configs(tmp_path, monkeypatch) -> Path:
    """A folder of configurations of the user's own."""
    shutil.copytree(door.config_folder(), tmp_path / "configs")
    monkeypatch.setattr(door, "config_folder", lambda: tmp_path / "configs")
    return tmp_path / "configs"


def test_spoilt_configuration_files_are_refused_or_sound(configs):
    nasty.tally(fuzz_files(configs, FUZZ["configuration files through Hydra"][0], seed=1), least=1)


@pytest.mark.slow
def test_many_spoilt_configuration_files_are_refused_or_sound(configs):
    nasty.tally(fuzz_files(configs, FUZZ["configuration files through Hydra"][1], seed=2), least=20)


# -- arguments ----------------------------------------------------------------------------------------------------


def argument(keys: list[str], shipped: dict[str, Any], random: Random) -> str:
    """Return an option as it might be typed: a key, perhaps misspelt, and a value, now and then the right one."""
    key = random.choice(keys)
    if random.random() < 0.25:
        right = take(shipped, tuple(key.split("."))) if key.split(".")[0] in shipped else None
        if isinstance(right, bool | int | float):
            return f"{key}={str(right).lower()}"
    if random.random() < 0.1:
        key = key.replace(random.choice(key), random.choice(["", "x", ".", " ", "é"]), 1)
    value = random.choice(
        [
            *nasty.NUMBERS, *nasty.WORDS, "[]", "{}", "[1,2]", "{a: 1}", "{a: {b: c}}", "null", "true", "yes",
            "choice(1,2)",
            "range(1,3)", "glob(*)", "${seed}", "${foo}", "${oc.env:HOME}", "1,2", "'5'", '"5"', "\\", "$", "int(5)",
            "str(1)",
            "3:4", "0b1", "0o7", "1e5", "@x", "a=b", "sort(3,1)", "extend_list(1)", "!!python/object:os.system",
        ]
    )  # fmt: skip
    sign = random.choice(["", "", "", "", "+", "++", "~"])
    return f"{sign}{key}" if sign == "~" and random.random() < 0.5 else f"{sign}{key}={value}"


def fuzz_arguments(shipped: dict[str, Any], count: int, seed: int) -> Counter[str]:
    found: Counter[str] = Counter()
    random = Random(seed)
    keys = [".".join(map(str, path)) for path in leaves(shipped) if not any(isinstance(p, int) for p in path)]
    keys += [*GROUPS, "experiment", "launch", "hydra.sweep.dir", "hydra/launcher"]
    for _ in range(count):
        options = [argument(keys, shipped, random) for _ in range(random.choice([1, 1, 2]))]
        config = nasty.attempt(lambda options=options: door.compose(options), options)
        if isinstance(config, SimError):
            assert len(str(config).splitlines()) == 1, (options, config)
            found["refused"] += 1
        else:
            found["accepted"] += 1
            sound(config)
    return found


def test_arguments_are_refused_or_sound(shipped):
    nasty.tally(fuzz_arguments(shipped, FUZZ["command-line arguments"][0], seed=2), least=1)


@pytest.mark.slow
def test_many_arguments_are_refused_or_sound(shipped):
    nasty.tally(fuzz_arguments(shipped, FUZZ["command-line arguments"][1], seed=1), least=10)
