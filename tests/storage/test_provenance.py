"""Provenance of a result: digests that depend on content only, versions, commits."""

import json
import os
import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.storage import provenance as module
from sim.storage.provenance import digest, plain, provenance

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
TREES = st.recursive(
    SCALARS, lambda t: st.lists(t, max_size=4) | st.dictionaries(st.text(), t, max_size=4), max_leaves=12
)


def backwards(tree):
    if isinstance(tree, dict):
        return {key: backwards(tree[key]) for key in reversed(tree)}
    return [backwards(item) for item in tree] if isinstance(tree, list) else tree


@given(TREES)
def test_digest_ignores_the_order_of_keys(tree) -> None:
    assert digest(tree) == digest(backwards(tree))


@given(TREES, TREES)
def test_different_trees_have_different_digests(one, other) -> None:
    assert (digest(one) == digest(other)) == (
        json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def test_digest_does_not_depend_on_the_machine() -> None:
    # SHA-256 of {"name":"衢州","speed_kmh":60.0,"years":[2023,2030]} in UTF-8, first 16 digits (sha256sum)
    tree = {"years": (2023, 2030), "speed_kmh": 60.0, "name": "衢州"}
    assert digest(tree) == "3087e9a6988f6572"


def test_numpy_numbers_have_the_digest_of_python_numbers() -> None:
    assert digest({"a": np.float64(0.1), "b": np.int64(3), "c": np.bool_(True)}) == digest(
        {"a": 0.1, "b": 3, "c": True}
    )
    assert digest(0.1 + 0.2) != digest(0.3)
    assert digest(1) != digest(1.0)
    assert digest({2023: "a"}) == digest({"2023": "a"})


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"plan": {"when": Path("a")}}, r"value\.plan\.when is a PosixPath; allowed are dict, list"),
        ([1, {2}], r"value\[1\] is a set"),
        ({"a": {None: 1}}, r"value\.a has the key None"),
        ({True: 1}, "value has the key True"),
    ],
)
def test_value_that_json_cannot_hold_is_refused_by_key(tree, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        digest(tree)


def test_non_finite_numbers_become_null() -> None:
    assert plain([float("inf"), float("nan"), 1.5], strict=True) == [None, None, 1.5]
    assert plain(float("inf")) == float("inf")


def test_provenance_lists_the_versions() -> None:
    facts = provenance()
    assert facts["python"] == f"{platform.python_implementation()} {platform.python_version()}"
    assert facts["packages"]["pandas"] == metadata.version("pandas")
    assert facts["packages"]["simpy"] == metadata.version("simpy")
    assert json.loads(json.dumps(facts)) == facts


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    (tmp_path / "sim").mkdir()
    (tmp_path / "sim" / "model.py").write_text("A = 1\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "first")
    return tmp_path


def git(root: Path, *words: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(["git", "-C", root, *words], env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_provenance_gives_the_commit_and_local_changes(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")  # as inside a hook of another repository
    head = git(checkout, "rev-parse", "HEAD")
    (checkout / "results").mkdir()
    (checkout / "results" / "kpis.csv").write_text("no code")
    assert module._git(checkout) == (head, False)
    (checkout / "sim" / "new.py").write_text("B = 2\n")
    assert module._git(checkout) == (head, True)
    (checkout / "sim" / "new.py").unlink()
    (checkout / "sim" / "model.py").write_text("A = 2\n")
    assert module._git(checkout) == (head, True)


def test_package_inside_another_checkout_has_no_commit(checkout: Path) -> None:
    (checkout / "site-packages").mkdir()
    assert module._git(checkout / "site-packages") == (None, None)


def test_provenance_never_raises(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("git", 10)

    def damaged(_: str) -> str:
        raise KeyError

    monkeypatch.setattr(subprocess, "run", broken)
    monkeypatch.setattr(metadata, "version", damaged)
    monkeypatch.setattr(module, "_version", module._version.__wrapped__)  # it remembers
    assert module._git(checkout) == (None, None)
    assert set(provenance()["packages"].values()) == {None}
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert module._git(checkout) == (None, None)
    assert provenance()["git_commit"] is None
