"""Composing the configuration with Hydra, and turning its complaints into sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import ConfigCompositionException, HydraException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from sim.config.schema import Config, read
from sim.errors import SimError

HYDRA_VERSION = "1.3"


def config_folder() -> Path:
    """Return where the configuration files are: beside the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / "config.yaml").is_file():
            return folder
    raise SimError(
        f"the configuration files are missing: neither {package / 'configs'} nor {package.parent / 'configs'}."
    )


def options(group: str) -> list[str]:
    """Return the names of the files of a configuration group."""
    return sorted(path.stem for path in (config_folder() / group).glob("*.yaml"))


def quoted(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with bare years of `scenario=` quoted, which Hydra would otherwise take for numbers."""
    return [_quote(argument) for argument in arguments]


def _quote(argument: str) -> str:
    match = re.fullmatch(r"(\+?\+?scenario)=(.*)", argument)
    if not match:
        return argument
    key, value = match.groups()
    if not re.fullmatch(r"[\w.,' \"-]*", value):
        return argument  # a choice(...), range(...) or the like: Hydra's own syntax
    years = [part.strip().strip("'\"") for part in value.split(",")]
    return f"{key}=" + ",".join(f"'{year}'" for year in years)


def compose(arguments: Sequence[str] = ()) -> Config:
    """Return the checked configuration for arguments such as `scenario=2025`; SimError says what does not fit."""
    return read(raw(arguments))


def raw(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the composed configuration as nested plain values, not yet checked against the schema."""
    arguments = quoted(arguments)
    _check_years(arguments)
    known = GlobalHydra.instance()
    before = known.hydra
    known.hydra = None
    try:
        with initialize_config_dir(str(config_folder()), version_base=HYDRA_VERSION):
            tree = hydra_compose("config", overrides=list(arguments))
        found = OmegaConf.to_container(tree, resolve=True)
    except (HydraException, OmegaConfBaseException) as problem:
        raise SimError(explain(problem)) from None
    finally:
        known.hydra = before
    assert isinstance(found, dict)
    return {str(key): item for key, item in found.items()}


def _check_years(arguments: Sequence[str]) -> None:
    allowed = options("scenario")
    for argument in arguments:
        match = re.fullmatch(r"\+*scenario='([^',]*)'", argument)
        if match and match.group(1) not in allowed:
            raise SimError(f"scenario is {match.group(1)!r}; allowed: {', '.join(allowed)}.")


def explain(problem: Exception) -> str:
    """Return one sentence for what Hydra or OmegaConf refuses."""
    text = str(problem)
    if isinstance(problem, OverrideParseException):
        return f"the option {problem.override!r} is not of the form key=value: {text.splitlines()[0]}."
    if match := re.search(r"Could not override '([^']+)'", text):
        return f"unknown key {match.group(1)}: see docs/configuration.md for the keys there are."
    if match := re.search(r"Could not find '([^'/]+)/([^']*)'", text):
        group, choice = match.groups()
        return f"{group} is {choice!r}; allowed: {', '.join(options(group)) or 'nothing'}."
    if match := re.search(r"Could not append to config.*'([^']+)'", text):
        return f"the key {match.group(1)} is there already: change it with {match.group(1)}=value, without a plus."
    if isinstance(problem, ConfigCompositionException) and problem.__cause__ is not None:
        text = f"{text} {problem.__cause__}"
    return " ".join(text.split()).rstrip(".") + "."
