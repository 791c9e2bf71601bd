"""Keys that change no result are marked in the schema, and everything that leaves them out follows the mark."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest

from sim.config import fields
from sim.config.compose import compose
from sim.config.naming import run_name
from sim.config.schema import RESULT_FREE, Config, is_parameter
from sim.runs.execute import config_digest

Path = tuple[str, ...]


def flip(item: Any) -> Any:
    """Return another value of the same kind, allowed or not."""
    if isinstance(item, bool):
        return not item
    if isinstance(item, int | float):
        return item + 1
    if isinstance(item, tuple):
        return (*item, "x")
    return {"x": 1} if isinstance(item, dict) else f"{item}x"


def leaves(item: Any, marked: bool = False, path: Path = ()) -> Iterator[tuple[Path, bool]]:
    """Yield every key of a configuration with whether it, or a group that it is in, is marked."""
    if dataclasses.is_dataclass(item):
        for field in dataclasses.fields(item):
            free = marked or field.metadata.get("result_free", False)
            yield from leaves(getattr(item, field.name), free, (*path, field.name))
    elif isinstance(item, dict) and item:
        for key, inner in item.items():
            yield from leaves(inner, marked, (*path, key))
    else:
        yield path, marked


def flipped(item: Any, path: Path) -> Any:
    """Return a copy with the value of one key flipped."""
    if not path:
        return flip(item)
    first, rest = path[0], path[1:]
    if isinstance(item, dict):
        return {**item, first: flipped(item[first], rest)}
    return dataclasses.replace(item, **{first: flipped(getattr(item, first), rest)})


@pytest.fixture(scope="module")
def config() -> Config:
    config = compose(["region=synthetic", "launch=slurm"])
    register = dict([*config.plan.register.items()][:1])  # one clause is as good as forty
    return dataclasses.replace(config, plan=dataclasses.replace(config.plan, register=register))


def test_digest_changes_with_every_key_but_the_result_free_ones(config: Config) -> None:
    before = config_digest(config)
    keys = dict(leaves(config))
    assert sum(keys.values()) > len(RESULT_FREE)  # those of the group launch among them
    assert len(keys) > 500
    wrong = [path for path, free in keys.items() if (config_digest(flipped(config, path)) == before) != free]
    assert not wrong


def test_name_of_a_run_tells_every_key_but_the_result_free_ones_and_the_year() -> None:
    assert (
        run_name(compose(["workers=3", "max_memory=5", "launch=laptop", "figures=none", "out=x"])) == "2025"
    )
    assert not any(map(is_parameter, (*RESULT_FREE, "launch.jobs", "scenario.title")))
    assert all(map(is_parameter, ("seed", "days", "replications", "travel.metric", "outx")))


def test_a_new_key_that_is_marked_is_left_out_everywhere() -> None:
    """The list is made from the marks: nobody keeps it by hand."""
    unmarked, marked = fields.value("a key"), fields.value("a key", result_free=True)
    assert (unmarked.metadata["result_free"], marked.metadata["result_free"]) == (False, True)
    found = {field.name for field in dataclasses.fields(Config) if field.metadata["result_free"]}
    assert (
        set(RESULT_FREE)
        == found
        == {"workers", "out", "name", "overwrite", "strict", "figures", "keep", "max_memory", "launch"}
    )
