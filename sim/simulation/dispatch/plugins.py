"""Load policies by name: the built-in ones, and a user's own as `module:Class`."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from sim.config.schema import Config
from sim.errors import SimError

NONE = "none"
HERE = __name__.rpartition(".")[0]
# By key: the names of the policies that come with the simulator, and where they are. None is built into the model.
BUILT_IN: dict[str, dict[str, str | None]] = {
    "dispatch.policy": {"nearest": None},
    "dispatch.alarms.policy": {NONE: None, "standard": f"{HERE}.alarms:StandardAlarms"},
    "dispatch.move_up.policy": {
        NONE: None,
        "nearest": f"{HERE}.move_up.nearest:NearestMoveUp",
        "compliance_table": f"{HERE}.move_up.compliance_table:ComplianceTable",
        "dmexclp": f"{HERE}.move_up.dmexclp:Dmexclp",
    },
}
METHOD = {
    "dispatch.policy": "choose",
    "dispatch.alarms.policy": "further",
    "dispatch.move_up.policy": "decide",
}
ARGUMENTS = {"choose": 2, "further": 1, "decide": 1}  # without self
PARTS = {
    "dispatch.policy": 2,
    "dispatch.alarms.policy": 1,
    "dispatch.move_up.policy": 1,
}  # of the constructor


def chosen(config: Config) -> dict[str, str]:
    """Return the policy of each key."""
    rules = config.dispatch
    return {
        "dispatch.policy": rules.policy,
        "dispatch.alarms.policy": rules.alarms.policy,
        "dispatch.move_up.policy": rules.move_up.policy,
    }


def check(config: Config) -> None:
    """Refuse policies that cannot be loaded, in one sentence."""
    for key in BUILT_IN:
        load(key, config)


def own_files(config: Config) -> list[Path]:
    """Return the files of the policies that are not built in."""
    own = {key: policy for key, policy in chosen(config).items() if policy not in BUILT_IN[key]}
    found = [
        _imported(key, policy, policy.partition(":")[0]).__file__
        for key, policy in own.items()
        if ":" in policy
    ]
    return [Path(file) for file in found if file]


def load(key: str, config: Config) -> Any:
    """Return the class of the policy at a key; None where the model needs no class for it."""
    policy, names = chosen(config)[key], BUILT_IN[key]
    if policy in names and names[policy] is None:
        return None
    module_name, colon, class_name = (names.get(policy) or policy).partition(":")
    if not (colon and class_name and all(part.isidentifier() for part in module_name.split("."))):
        raise SimError(
            f"{key} is {policy}; allowed: {', '.join(names)}, or a class of your own as module:Class."
        )
    module = _imported(key, policy, module_name)
    found = getattr(module, class_name, None)
    if not inspect.isclass(found):
        raise SimError(f"{key} is {policy}: {module_name} has no class {class_name}.")
    if policy in names:
        return found
    _check_call(found, PARTS[key], f"{key} is {policy}: {class_name}(...)")
    name = METHOD[key]
    method = getattr(found, name, None)
    if not callable(method):
        raise SimError(f"{key} is {policy}: the class {class_name} has no method {name}.")
    _check_call(method, ARGUMENTS[name] + 1, f"{key} is {policy}: {class_name}.{name}(self, ...)")
    return found


def _imported(key: str, policy: str, name: str) -> Any:
    """Return a module: search the installed ones first, then the current folder."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise SimError(f"{key} is {policy}: there is no module {name} in {here} or installed.") from error
        raise SimError(f"{key} is {policy}: {name} cannot be imported: {error}.") from error
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise SimError(f"{key} is {policy}: {name} cannot be imported: {reason}.") from error


def _check_call(function: Any, count: int, what: str) -> None:
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError) as error:
        wanted = count - what.endswith("(self, ...)")
        raise SimError(f"{what} must take {wanted} argument{'s' * (wanted > 1)}: {error}.") from error
