"""Write the resolved configuration as YAML text, and read it back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import yaml
from omegaconf import OmegaConf
from omegaconf._utils import get_omega_conf_dumper

from sim.config.fields import build
from sim.config.schema import Config
from sim.errors import SimError, explain
from sim.files import read_regular

MOST_BYTES = 1_000_000  # of a user's file
T = TypeVar("T")

# Writes as OmegaConf does, from the parser's side in C where PyYAML has it: a sweep writes thousands.
_DUMPER: Any = type("_Dumper", (getattr(yaml, "CDumper", yaml.Dumper),), {})
_DUMPER.add_representer(str, get_omega_conf_dumper().str_representer)


def plain(item: Any) -> Any:
    """Return nested lists and dictionaries only."""
    if isinstance(item, dict):
        return {str(key): plain(inner) for key, inner in item.items()}
    return [plain(inner) for inner in item] if isinstance(item, list | tuple) else item


def to_yaml(config: Config) -> str:
    """Return the resolved configuration as YAML; `read` of its content gives the same configuration."""
    content = plain(asdict(config))
    text: str = yaml.dump(
        content, Dumper=_DUMPER, default_flow_style=False, allow_unicode=True, sort_keys=False
    )
    return text


def from_yaml(text: str, what: str = "the configuration") -> dict[str, Any]:
    """Return the nested plain values of a text such as `to_yaml` writes; SimError for a text that has none."""
    try:
        # A few lines of references to references would make millions of values.
        if "*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text)):
            raise SimError(f"{what} refers to a part of itself (*name); write the part out.")
        found = OmegaConf.to_container(OmegaConf.create(text))
    except SimError:
        raise
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise SimError(
            f"{what} is not readable as YAML: {line}{problem.problem or problem.context}."
        ) from None
    except Exception as problem:  # OmegaConf's, and what Python says to odd keys and numbers
        first = str(problem).splitlines() or [type(problem).__name__]
        raise SimError(f"{what} is not readable as YAML: {first[0].rstrip('.')}.") from None
    if not isinstance(found, dict):
        raise SimError(f"{what} is not a table: it needs keys and their values.")
    return {str(key): item for key, item in found.items()}


def read_keys(file: Path, what: str = "the file") -> dict[str, Any]:
    """Return the keys of a user's YAML file with their values; SimError names the file."""
    with explain(file, "read", "name another file"):
        content = read_regular(file, MOST_BYTES)
    try:
        return from_yaml(content.decode("utf-8-sig"), what)
    except UnicodeDecodeError:
        raise SimError(f"{file} is not UTF-8 text; save it as UTF-8.") from None
    except SimError as problem:
        raise SimError(f"{file}: {problem}") from None


def from_file(cls: type[T], file: Path, what: str) -> T:
    """Return what a user's YAML file describes; SimError names the file, the key, what was found and what is allowed."""
    found = read_keys(file, what)
    try:
        return build(cls, found)
    except SimError as problem:
        raise SimError(f"{file}: {problem}") from None
