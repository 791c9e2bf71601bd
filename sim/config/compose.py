"""Compose the configuration with Hydra, and rewrite Hydra's errors as plain sentences."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override
from hydra.errors import ConfigCompositionException, HydraException, OverrideParseException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from sim.config import city_file, tree_cache
from sim.config.hydra_state import HYDRA_VERSION, own_hydra
from sim.config.schema import Config, read
from sim.config.text import read_keys
from sim.errors import SimError, did_you_mean, was_interrupted

# ${sim.times:a,b} in a file of configs/: a number that goes with another, as calls with counties.
OmegaConf.register_new_resolver("sim.times", lambda *factors: math.prod(factors), replace=True)
# ${sim.since:2025,${scenario.year},5}: a target that there is from a year on, for a reading that moves its date.
OmegaConf.register_new_resolver(
    "sim.since", lambda first, year, target: target if year >= first else None, replace=True
)
# ${sim.city:${region.folder},name}: what city.yaml in the region's folder says.
OmegaConf.register_new_resolver("sim.city", city_file.fact, replace=True)
_RESOLVERS = ("sim.times", "sim.since", "sim.city")
READINGS = "plan/readings"  # the one group in the folder of another
PORTFOLIO = "portfolio"  # a file of keys and values


def config_folder() -> Path:
    """Return where the configuration files are: next to the package in a checkout, inside it when installed."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "configs", package.parent / "configs"):
        if (folder / "config.yaml").is_file():
            return folder
    raise SimError(
        f"the configuration files are missing: neither {package / 'configs'} nor {package.parent / 'configs'}."
    )


def options(group: str) -> list[str]:
    """Return the names of the files of a configuration group, those in its folders as folder/name."""
    folder = config_folder() / group
    names = sorted(path.relative_to(folder).with_suffix("").as_posix() for path in folder.rglob("*.yaml"))
    return [name for name in names if not f"{group}/{name}".startswith(f"{READINGS}/") or group == READINGS]


def written(keys: Mapping[str, Any]) -> list[str]:
    """Return dotted keys and their values as arguments."""
    return [f"{key}={json.dumps(item, ensure_ascii=False)}" for key, item in keys.items()]


def _of_files(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the arguments, those that a portfolio's file holds in the place of portfolio=FILE.

    Before them come the options of the region's own city.yaml whose keys are not given.
    """
    given = {argument.partition("=")[0].lstrip("+") for argument in arguments}
    for argument in arguments:
        key, _, file = argument.partition("=")
        if key == "region.folder":
            for option in city_file.options(file.strip("'\"")):
                if option.partition("=")[0].lstrip("+") not in given:
                    yield option
    for argument in arguments:
        key, _, file = argument.partition("=")
        if key == PORTFOLIO:
            yield from written(read_keys(Path(file)))
        else:
            yield argument


def quoted(arguments: Sequence[str]) -> list[str]:
    """Return the arguments as Hydra needs them: quotes about bare years and Chinese texts, a plus before a study.

    No experiment is in the defaults, so that one is always added. portfolio=FILE stands for the keys in the file.
    """
    given = [
        f"+{argument}" if argument.startswith("experiment=") else argument
        for argument in _of_files(arguments)
    ]
    return [_quote_years(argument) or _quote_letters(argument) for argument in given]


def _quote_years(argument: str) -> str | None:
    """Return `scenario=` with its years as texts, which Hydra would otherwise take for numbers and refuse."""
    match = re.fullmatch(r"(\+{0,2}scenario)=(.*)", argument)
    if not match:
        return None
    key, value = match.groups()
    if re.fullmatch(r"[\w.,' \"-]*", value):
        years = [part.strip().strip("'\"") for part in value.split(",")]
    else:
        years = _swept_years(argument)
    return f"{key}=" + ",".join(f"'{year}'" for year in years)


def _swept_years(argument: str) -> list[str]:
    """Return the years of a sweep in Hydra's own syntax: choice(...), range(...), glob(...)."""
    override = _parse(argument)
    sweep = override.value()
    if isinstance(sweep, Glob):
        return list(sweep.filter(options("scenario")))
    if not override.is_sweep_override():
        raise SimError(f"scenario is {sweep}; allowed: {', '.join(options('scenario'))}.")
    return [str(year).strip("'\"") for year in override.sweep_string_iterator()]


@lru_cache(maxsize=4096)
def _parse(argument: str) -> Override:
    try:
        return OverridesParser.create().parse_overrides([argument])[0]
    except HydraException as problem:
        raise SimError(explain(problem)) from None


def _quote_letters(argument: str) -> str:
    """Return `key=衢州` as `key='衢州'`: Hydra's own grammar knows no letters beyond ASCII outside quotes."""
    match = re.fullmatch(r"([^=]+)=([^'\"\[\]{}()$\\]+)", argument)
    if not match or match.group(2).isascii():
        return argument
    key, value = match.groups()
    return f"{key}=" + ",".join(part if part.isascii() else f"'{part}'" for part in value.split(","))


def compose(arguments: Sequence[str] = ()) -> Config:
    """Return the checked configuration for arguments such as `scenario=2025`; SimError says what does not fit."""
    return read(raw(arguments))


@own_hydra()
def raw(arguments: Sequence[str]) -> dict[str, Any]:
    """Return the composed configuration as nested plain values, not yet checked against the schema."""
    arguments = quoted(arguments)
    _check_choices(arguments)
    return _compose(arguments, hydra=False)


@cache
def known_keys() -> tuple[str, ...]:
    """Return the keys of the configuration as shipped, groups and dotted keys, and the groups of files."""
    found: dict[str, None] = {"experiment": None, READINGS: None, PORTFOLIO: None}

    def walk(item: Any, path: str) -> None:
        for key, inner in item.items() if isinstance(item, dict) else ():
            name = f"{path}.{key}" if path else str(key)
            found[name] = None
            walk(inner, name)

    walk(raw(()), "")
    return tuple(found)


@own_hydra()
def sweep_params(arguments: Sequence[str]) -> list[str]:
    """Return what the experiment file named in the arguments sweeps, as arguments; nothing without one."""
    arguments = quoted(arguments)
    studies = [argument for argument in arguments if _STUDY.match(argument)]
    if not studies:
        return []
    name = studies[-1].partition("=")[2]
    if len(studies) > 1 or name not in options("experiment"):
        found = ", ".join(study.partition("=")[2] for study in studies)
        hint = did_you_mean(found, options("experiment"))
        raise SimError(f"experiment is {found!r}{hint}; allowed: one of {', '.join(options('experiment'))}.")
    given = [
        argument for argument in arguments if _STUDY.match(argument) or argument.startswith("hydra.sweeper.")
    ]
    params = _compose(given, hydra=True)["hydra"]["sweeper"].get("params") or {}
    return quoted([f"{key}={item}" for key, item in params.items()])


_STUDY = re.compile(r"\+?\+?experiment=")


def _compose(arguments: Sequence[str], *, hydra: bool) -> dict[str, Any]:
    try:
        if hydra:  # without its values about a running job, which there are none of here
            sweeper = _composed(arguments, hydra=True).hydra.sweeper
            return {"hydra": {"sweeper": OmegaConf.to_container(sweeper, resolve=False)}}
        # Reading the files takes nine tenths of the time, so it is done once for each choice of files. The values of
        # the arguments are then set as Hydra itself does it, in plain values where that is the same.
        files = tuple(argument for argument in arguments if _chooses_files(argument))
        values = [_parse(item) for item in arguments if item not in files]
        ConfigLoaderImpl.validate_sweep_overrides_legal(values, RunMode.RUN, from_shell=False)
        composed = _read_files(files, _fingerprint())
        if not any(item.is_add() or item.is_delete() for item in values):
            plain = composed.with_values([(item.key_or_group, item.value()) for item in values])
            if plain is not None:
                return plain
        tree = composed.tree()
        ConfigLoaderImpl._apply_overrides_to_config(values, tree)
        # The files were looked through when they were read.
        if any("$" in argument for argument in arguments):
            _refuse_outside(OmegaConf.to_container(tree, resolve=False))
        found = OmegaConf.to_container(tree, resolve=True)
    except SimError:
        raise
    except Exception as problem:  # Hydra meets what it does not expect with assertions and type errors, too
        if was_interrupted(problem):
            raise KeyboardInterrupt from None
        if own := _refusal(problem):
            raise own from None
        raise SimError(explain(problem)) from None
    assert isinstance(found, dict)
    return {str(key): item for key, item in found.items()}


def _refusal(problem: BaseException) -> SimError | None:
    """Return the refusal of a resolver of our own that OmegaConf has wrapped in errors of its own."""
    seen: list[BaseException] = []  # causes and contexts may lead in a circle
    cause: BaseException | None = problem
    while cause is not None and cause not in seen:
        if isinstance(cause, SimError):
            return cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return None


def _refuse_outside(item: Any, key: str = "") -> None:
    """Refuse values from outside the configuration, such as ${oc.env:TOKEN}: results would show them."""
    if isinstance(item, dict | list):
        inner = item.items() if isinstance(item, dict) else enumerate(item)
        for name, value in inner:
            _refuse_outside(value, f"{key}.{name}".lstrip("."))
    elif isinstance(item, str):
        for start in _REFERENCE.finditer(item):
            ending, function = start["ending"], start["name"].strip()
            if ending in ("${", "") or (ending == ":" and function not in _RESOLVERS):
                raise SimError(
                    f"{key} is {item!r}: its value would come from outside the configuration and be written into the "
                    "results; allowed: the value itself, ${another.key}, or ${sim.times:a,b}."
                )


_REFERENCE = re.compile(r"\$\{(?P<name>[^:}$]*)(?P<ending>:|\}|\$\{|)")


def _chooses_files(argument: str) -> bool:
    key = _parse(argument).key_or_group
    return key == "hydra" or key.startswith(("hydra.", "hydra/")) or bool(options(key))


def _fingerprint() -> tuple[tuple[str, int, int], ...]:
    """Return the configuration files with their sizes and times: an edited file is read again."""
    stats = [(path, path.stat()) for path in sorted(config_folder().rglob("*.yaml")) if path.is_file()]
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)


@lru_cache(maxsize=64)
def _read_files(
    arguments: tuple[str, ...], fingerprint: tuple[tuple[str, int, int], ...]
) -> tree_cache.Composed:
    """Return the configuration of the chosen files."""

    def make() -> DictConfig:
        tree = _composed(arguments, hydra=False)
        _refuse_outside(OmegaConf.to_container(tree, resolve=False))
        return tree

    if any(argument.lstrip("+~").startswith("hydra") for argument in arguments):
        return tree_cache.Composed.of(make())  # it may name files elsewhere
    files = [
        (Path(name).relative_to(config_folder()).as_posix(), Path(name).read_bytes())
        for name, *_ in fingerprint
    ]
    made_from = [2, version("hydra-core"), version("omegaconf"), arguments, files]
    return tree_cache.kept(repr(made_from).encode(), make)


def _composed(arguments: Sequence[str], *, hydra: bool) -> DictConfig:
    with initialize_config_dir(str(config_folder()), version_base=HYDRA_VERSION):
        tree: DictConfig = hydra_compose("config", overrides=list(arguments), return_hydra_config=hydra)
        return tree


def _check_choices(arguments: Sequence[str]) -> None:
    """Refuse options without a key, and files that a configuration group does not have."""
    for argument in arguments:
        override = _parse(argument)
        key, chosen = override.key_or_group, override.value()
        if not key or override.package is not None:
            raise SimError(
                f"the option {argument!r} names no key of the configuration: options are of the form key=value."
            )
        allowed = options(key)
        if not allowed or override.is_delete() or override.is_sweep_override():
            continue
        several = key == READINGS and isinstance(chosen, list)
        for item in chosen if several else [chosen]:
            name = getattr(item, "text", item)  # a quoted text or a bare word
            if name not in allowed:
                hint = did_you_mean(str(name), allowed)
                raise SimError(f"{key} is {name!r}{hint}; allowed: {', '.join(allowed)}.")


def explain(problem: Exception) -> str:
    """Return one sentence for what Hydra or OmegaConf refuses."""
    text = " ".join(str(problem).split())
    if isinstance(problem, OverrideParseException):
        return (
            f"the option {problem.override!r} is not of the form key=value; a value with brackets, quotes or "
            "other special signs needs quotes of its own, as in name=\"'a (b)'\"."
        )
    if match := re.search(r"Could not override '([^']+)'", text):
        key = match.group(1)
        if f"full_key: {key}." in str(problem.__cause__):
            return (
                f"the table {key} cannot be replaced as a whole: change an entry with {key}.entry=value, "
                f"add one with +{key}.entry=value, take one away with ~{key}.entry."
            )
        return (
            f"unknown key {key}{did_you_mean(key, known_keys())}: see docs/configuration.md for the keys there are; "
            f"a new entry of a table is added with +{key}=value."
        )
    if match := re.search(r"Could not delete (?:from config\. )?'([^']*)'", text):
        key = match.group(1)
        return f"unknown key {key}{did_you_mean(key, known_keys())}: there is nothing to take away."
    if match := re.search(r"Could not (?:find|load) '([^']+)/([^'/]*)'", text):
        group, choice = match.groups()
        if choice == "submitit_slurm":
            return "launch=slurm needs a library: pip install hydra-submitit-launcher."
        listed = re.search(r"Available options in '[^']*': (.*?) Config search path", text)
        allowed = options(group) or (listed.group(1).split() if listed else ["nothing"])
        return f"{group} is {choice!r}{did_you_mean(choice, allowed)}; allowed: {', '.join(allowed)}."
    if match := re.search(r"Could not append to config.*?'([^']+)'", text):
        key = match.group(1)
        return f"the key {key} is there already: change it with {key}=value, without a plus."
    if match := re.search(r"Multiple values for ([^ ]+)\.", text):
        key = match.group(1)
        return f"a file for {key} is chosen already: choose another with {key}=name, without a plus."
    if match := re.search(r"Ambiguous value for argument '(.*?)' 1\.", text):
        return (
            f"{match.group(1)} has several values: add -m to run each of them, or quote a text with commas."
        )
    if match := re.search(r"trying to access ([\w.]+):.* full_key: ([\w.]+)", text):
        missing, key = match.groups()
        return f"{key} goes with {missing}, which there is none of here: set it with {key}=value."
    if isinstance(problem, ConfigCompositionException) and problem.__cause__ is not None:
        text = f"{text} {problem.__cause__}"
    return " ".join(text.split()).rstrip(".") + "."
