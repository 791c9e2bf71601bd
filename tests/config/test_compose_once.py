"""Files are read once for each choice of files; the configuration is the one that Hydra composes from all arguments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from sim.config import compose, tree_cache
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


LEAVES = [
    key for key in compose.known_keys() if key not in ("experiment", compose.READINGS, compose.PORTFOLIO)
]
# Tables, and keys at and in references.
SPECIAL = (
    "dispatch.move_up.table", "travel.local_kmh", "plan.unified_dispatch.phase", "plan.unified_dispatch.enabled",
    "plan.call_handling.phase", "region", "region.folder", "region.name", "region.neighbours", "region.synthetic",
    "region.synthetic.counties", "dispatch.centre", "dispatch.centre.seats", "demand.calls_per_year",
)  # fmt: skip
VALUES = (
    "3",
    "0.25",
    "-1e-3",
    "true",
    "null",
    "text",
    "'a b'",
    "衢州",
    "[]",
    "[a,1,0.5]",
    "{}",
    "${seed}",
    "???",
    "''",
)


@settings(max_examples=60)
@given(
    files=st.sampled_from(
        [(), ("region=grid", "plan=off"), ("region=synthetic", "demand=national"), ("scenario=2030",)]
    ),
    keys=st.lists(
        st.tuples(
            st.sampled_from(("", "", "", "++", "+", "~")), st.sampled_from(SPECIAL) | st.sampled_from(LEAVES)
        ),
        max_size=4,
    ),
    data=st.data(),
)
def test_values_set_plainly_are_those_that_hydra_sets(
    files: tuple[str, ...], keys: list[tuple[str, str]], data: st.DataObject
) -> None:
    words = [
        f"{sign}{key}" + ("" if sign == "~" else f"={data.draw(st.sampled_from(VALUES))}")
        for sign, key in keys
    ]
    given = [*files, *words]
    plainly = outcome(lambda: compose.raw(given))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tree_cache.Composed, "with_values", lambda *_: None)
        patch.setattr(
            compose, "_compose", compose._compose.__globals__["_compose"]
        )  # not what this process has kept
        assert outcome(lambda: compose.raw(given)) == plainly


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
