"""Settings for all tests: hypothesis tries the same examples every time, and configurations are composed once."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from omegaconf import OmegaConf

from sim.config import compose

settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

# Composing takes a quarter of a second, and the tests do it some thousand times. The same YAML text is parsed once,
# and the same arguments are composed once in a process: only for the shipped files, and each caller gets its own copy.
SHIPPED = compose.config_folder()
_parse, _compose = OmegaConf.load, compose._compose
_parsed: dict[str, bytes] = {}
_composed: dict[tuple[tuple[str, ...], bool], dict[str, Any]] = {}


def _parse_once(source: Any) -> Any:
    if not hasattr(source, "read"):
        return _parse(source)
    text = source.read()
    if text not in _parsed:
        source.seek(0)
        _parsed[text] = pickle.dumps(_parse(source))
    return pickle.loads(_parsed[text])  # five times as fast as a deep copy


def _compose_once(arguments: Sequence[str], *, hydra: bool) -> dict[str, Any]:
    if compose.config_folder() != SHIPPED or any("${" in argument for argument in arguments):
        return _compose(arguments, hydra=hydra)
    key = tuple(arguments), hydra
    if key not in _composed:
        _composed[key] = _compose(arguments, hydra=hydra)
    return copy.deepcopy(_composed[key])


OmegaConf.load = staticmethod(_parse_once)
compose._compose = _compose_once
